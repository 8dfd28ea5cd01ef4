//! Simulated installs: realistic reports, determined by a seed. Labels are distributed like real ones: a few are
//! everywhere, many are rare, and some belong to a single install.

use callback_collector::dictionary::{GROUPS, Kind, Source};
use callback_collector::install_id;
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::{Map, Value, json};

/// The size of an install, as measured on generated installs with 50, 1,000 and 20,000 devices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    /// 18 kB.
    Small,
    /// 120 kB.
    Medium,
    /// 1 MB.
    Large,
}

impl Size {
    /// The size of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "small" => Some(Self::Small),
            "medium" => Some(Self::Medium),
            "large" => Some(Self::Large),
            _ => None,
        }
    }

    /// Most labels of a group, most labels of a free-text group, pairs.
    const fn counts(self) -> (u32, u32, u32) {
        match self {
            Self::Small => (12, 40, 47),
            Self::Medium => (40, 190, 510),
            Self::Large => (60, 600, 6_100),
        }
    }
}

/// A random uuid.
pub fn uuid(random: &mut impl Rng) -> String {
    install_id::from_entropy(random.random())
}

/// A generator for a seed.
#[must_use]
pub fn seeded(seed: u64) -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(seed)
}

/// A number below `most`; small numbers are far more frequent.
fn skewed(random: &mut impl Rng, most: u32) -> u32 {
    let at: f64 = random.random();
    (f64::from(most).powf(at) as u32).saturating_sub(1).min(most - 1)
}

/// A payload in the stock format. The uuid comes first, in bytes 9 to 45.
pub fn payload(random: &mut impl Rng, uuid: &str, size: Size) -> String {
    let (words, texts, pairs) = size.counts();
    let mut data = Map::new();
    for group in GROUPS {
        let mut entries = Vec::new();
        match (group.label, group.kind, group.source) {
            (None, ..) => entries.push(json!({"total": random.random_range(0..5000)})),
            (Some(key), _, Source::Version(_) | Source::RowsAsLabel(_)) => {
                let version = format!("{}.{}", random.random_range(5..9), random.random_range(0..20));
                let label =
                    if group.name == "dbschema" { json!(random.random_range(250..330)) } else { json!(version) };
                entries.push(json!({"total": 1, key: label}));
            }
            (Some(key), kind, _) => {
                let most = if kind == Kind::FreeText { texts } else { words };
                let pool = if kind == Kind::FreeText { 20_000 } else { 2 * most };
                let mut chosen: Vec<u32> = (0..most).map(|_| skewed(random, pool)).collect();
                chosen.sort_unstable();
                chosen.dedup();
                for n in chosen {
                    let label = match group.name {
                        "port_ifspeed" => json!((n * 10).to_string()),
                        "port_assoc" => json!(n % 5),
                        _ if kind == Kind::FreeText => json!(format!("Model {n} Series {}", n % 17)),
                        name => json!(format!("{name}-{}", word(n))),
                    };
                    entries.push(json!({"total": random.random_range(1..900), key: label}));
                }
            }
        }
        data.insert(group.name.into(), Value::Array(entries));
    }
    let info: Vec<Value> = (0..pairs).map(|_| pair(random)).collect();
    let data = serde_json::to_string(&data).unwrap_or_default();
    let info = serde_json::to_string(&info).unwrap_or_default();
    format!("{{\"uuid\":\"{uuid}\",\"data\":{data},\"info\":{info}}}")
}

fn pair(random: &mut impl Rng) -> Value {
    // Two in a hundred belong to no other install.
    let n = if random.random_ratio(1, 50) { random.random::<u32>() } else { skewed(random, 60_000) };
    let (major, minor) = (n % 19, n % 31);
    let description = match n % 3 {
        0 => format!("Linux hostname {major}.{minor}.0-{}-amd64 #1 SMP Debian x86_64", n / 7),
        1 => format!(
            "Vendor OS Software, C{n} Software (C{n}-UNIVERSALK9-M), Version {major}.{minor}, RELEASE SOFTWARE (fc2)"
        ),
        _ => format!("Switch model {} revision {major}.{minor} ROM K.{}", word(n), n % 97),
    };
    json!({
        "count": random.random_range(1..40),
        "os": format!("os-{}", word(n % 400)),
        "sysDescr": description,
        "sysObjectID": format!(".1.3.6.1.4.1.{}.{}", n % 9000, n),
    })
}

/// A number as a word of letters.
fn word(mut n: u32) -> String {
    let mut word = String::new();
    loop {
        word.push(char::from(b'a' + (n % 26) as u8));
        n /= 26;
        if n == 0 {
            return word;
        }
    }
}

/// The payload of another install with the same content.
#[must_use]
pub fn of_install(payload: &str, uuid: &str) -> String {
    format!("{}{uuid}{}", &payload[..9], &payload[45..])
}
