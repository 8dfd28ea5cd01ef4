//! The output of `uname -a`: system, nodename, release. The nodename is everything between the system and the release.

use crate::sanitise::guard;
use crate::sanitise::hashing;
use crate::sanitise::scan::{Scan, Traits, Word};
use crate::sanitise::word_list::{Bits, WordList};

/// Systems that print their name, then the nodename; lower case, without hyphens.
static SYSTEMS: WordList = WordList::new(&[
    "aix",
    "cygwin_nt",
    "darwin",
    "dragonfly",
    "dragonflybsd",
    "dynix/ptx",
    "esxi",
    "freebsd",
    "freenas",
    "gnu",
    "haiku",
    "hpux",
    "interix",
    "ipso",
    "irix",
    "irix64",
    "linux",
    "midnightbsd",
    "mingw32_nt",
    "mingw64_nt",
    "minix",
    "msys_nt",
    "nas4free",
    "netbsd",
    "onefs",
    "openbsd",
    "opnsense",
    "osf1",
    "pfsense",
    "qnx",
    "reliantunix",
    "sco_sv",
    "sinix",
    "sunos",
    "truenas",
    "ultrix",
    "unix_sv",
    "unixware",
    "vmkernel",
    "windows",
    "xigmanas",
]);

/// A text is searched only if it has one of these words: first words of systems, and machine families.
pub const TRIGGERS: &[&str] = &[
    "aix",
    "alphaserver",
    "alphastation",
    "cygwin",
    "darwin",
    "dragonfly",
    "dragonflybsd",
    "dynix",
    "esxi",
    "freebsd",
    "freenas",
    "gnu",
    "haiku",
    "interix",
    "ipso",
    "irix",
    "irix64",
    "isilon",
    "kfreebsd",
    "linux",
    "midnightbsd",
    "mingw32",
    "mingw64",
    "minix",
    "msys",
    "nas4free",
    "netbsd",
    "onefs",
    "openbsd",
    "opnsense",
    "osf1",
    "pfsense",
    "qnx",
    "reliantunix",
    "sco",
    "sinix",
    "sunos",
    "truenas",
    "ultrix",
    "unix",
    "unixware",
    "ux",
    "vmkernel",
    "windows",
    "xigmanas",
];

/// The set of these words' hashes.
static BEGINNINGS: Bits<64> = {
    let (mut bits, mut at) = (Bits::NONE, 0);
    while at < TRIGGERS.len() {
        bits.add(hashing::hash(TRIGGERS[at]));
        at += 1;
    }
    bits
};

/// Systems that are also products, so that technical words after their name are not a nodename (`Windows Server`).
static PRODUCTS: WordList = WordList::new(&[
    "esxi", "freenas", "ipso", "nas4free", "opnsense", "pfsense", "truenas", "vmkernel", "windows", "xigmanas",
]);

/// Words in the nodename's position that are not a host name: placeholders, words before a release, and distributions and
/// vendors, whose images use them as nodename.
static NOBODY: WordList = WordList::new(&[
    "alpine",
    "android",
    "arch",
    "armbian",
    "asuswrt",
    "bootloader",
    "buildroot",
    "centos",
    "coreos",
    "cumulus",
    "dd-wrt",
    "debian",
    "diskstation",
    "draytek",
    "fedora",
    "firmware",
    "freebsd",
    "generic",
    "gentoo",
    "grandstream",
    "hostname",
    "kernel",
    "lede",
    "localdomain",
    "localhost",
    "mellanox",
    "merlin",
    "mikrotik",
    "mint",
    "netbsd",
    "nexenta",
    "none",
    "omnios",
    "openbsd",
    "openindiana",
    "opensuse",
    "openwrt",
    "oracle",
    "qnap",
    "rackstation",
    "raspberrypi",
    "raspbian",
    "redhat",
    "release",
    "rhel",
    "rocky",
    "running",
    "slackware",
    "smartos",
    "solaris",
    "sonic",
    "sophos",
    "suse",
    "synology",
    "teltonika",
    "ubnt",
    "ubuntu",
    "unknown",
    "version",
    "vyos",
    "yocto",
]);

/// Machines whose name follows the nodename.
const MACHINES: &[&str] = &["alphaserver", "alphastation"];

/// Longest nodename, in words. Some people put blanks in names.
const MAX_NODENAME_WORDS: usize = 6;

/// Marks the nodename in quoted `uname -a` output: after a system's name that begins a line or follows a separator, and
/// before `FreeBSD`, as bsnmpd prints it, or a machine's name, as Tru64 does.
pub fn nodename(text: &Scan<'_>, mark: &mut dyn FnMut(usize, usize)) {
    let machines = MACHINES.iter().any(|machine| text.may_have(hashing::hash(machine)));
    for_each_line(text, |line, start, words| {
        for (after, system) in systems(text, words, line, start) {
            if let Some((from, to)) = between_system_and_release(&line[after..], system) {
                mark(start + after + from, start + after + to);
                return;
            }
        }
        let host = || if text.traits.include(Traits::NUMBER) { before_system(line) } else { None };
        let machine = || if machines { before_machine(line) } else { None };
        if let Some(host) = host().map(|(host, _)| host).or_else(machine) {
            mark(start + host.0 + product_before(&line[host.0..host.1]), start + host.1);
        }
    });
}

/// Length of the product at the beginning of a host name, with its separator. OS discovery needs it (`pfsense-main`).
fn product_before(host: &str) -> usize {
    let product = host.bytes().take_while(u8::is_ascii_alphabetic).count();
    let known = PRODUCTS.contains(&host[..product].to_ascii_lowercase());
    if known && host[product..].starts_with(['-', '_', '.']) { product + 1 } else { 0 }
}

/// Marks the machine ID that HP-UX and AIX print after the release.
pub fn machine_id(text: &Scan<'_>, mark: &mut dyn FnMut(usize, usize)) {
    for_each_line(text, |line, start, words| {
        for (after, system) in systems(text, words, line, start) {
            let is_id: fn(&str) -> bool = match system {
                "hpux" => |word| (6..=12).contains(&word.len()) && word.bytes().all(|b| b.is_ascii_digit()),
                "aix" => |word| word.len() == 12 && word.bytes().all(|b| b.is_ascii_hexdigit()),
                _ => continue,
            };
            // Nodename, release and machine precede it.
            for (from, to) in Words::new(&line[after..]).skip(3) {
                if is_id(&line[after + from..after + to]) {
                    mark(start + after + from, start + after + to);
                }
            }
        }
    });
}

/// The systems in a line where `uname -a` output may begin, with the index after each. `words` are the line's.
fn systems<'t>(
    text: &'t Scan<'_>,
    words: &'t [Word],
    line: &'t str,
    start: usize,
) -> impl Iterator<Item = (usize, &'static str)> + 't {
    let mut seen = 0;
    let may_begin =
        |word: &Word| BEGINNINGS.may_have(word.hash) || (word.letters != 0 && BEGINNINGS.may_have(word.letters));
    words.iter().filter(move |word| may_begin(word)).filter_map(move |word| {
        let at = text.folded.origin(word.start as usize, word.end as usize).0 - start;
        if at < seen {
            return None;
        }
        let from = line[..at].rfind(is_blank).map_or(0, |blank| blank + 1);
        let to = line[at..].find(is_blank).map_or(line.len(), |blank| at + blank);
        seen = to;
        if begins(&line[..from]) { system(&line[from..to]).map(|system| (to, system)) } else { None }
    })
}

/// Whether `uname -a` output may begin after this part of a line, which must be empty or end with a separator.
fn begins(before: &str) -> bool {
    let before = before.trim_end_matches(is_blank);
    let last = &before[before.rfind(is_blank).map_or(0, |blank| blank + 1)..];
    last.is_empty()
        || last.ends_with([',', ';', ':', '|'])
        || matches!(last, "-" | "running")
        // `Isilon OneFS` is one system of two words.
        || (last.eq_ignore_ascii_case("isilon") && begins(&before[..before.len() - last.len()]))
}

const fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t')
}

/// Marks the number between a host and its system, as bsnmpd and Isilon print it.
pub fn host_id(text: &Scan<'_>, mark: &mut dyn FnMut(usize, usize)) {
    for_each_line(text, |line, start, _| {
        if let Some((_, id)) = before_system(line) {
            mark(start + id.0, start + id.1);
        }
    });
}

/// Calls `each` with every line that may be output of uname, its start, and its words.
fn for_each_line(text: &Scan<'_>, mut each: impl FnMut(&str, usize, &[Word])) {
    let original = text.folded.original;
    let (mut start, mut first) = (0, 0);
    for line in original.as_bytes().split_inclusive(|b| matches!(b, b'\n' | b'\r')).map(<[u8]>::len) {
        let end = start + line;
        let within = |word: &&Word| text.folded.origin(word.start as usize, word.end as usize).0 < end;
        let count = text.words[first..].iter().take_while(within).count();
        let trimmed = original[start..end].trim_end();
        if (8..=4096).contains(&trimmed.len()) {
            each(trimmed, start, &text.words[first..first + count]);
        }
        (start, first) = (end, first + count);
    }
}

/// Words of a line with their positions.
struct Words<'l> {
    line: &'l str,
    at: usize,
}

impl<'l> Words<'l> {
    const fn new(line: &'l str) -> Self {
        Self { line, at: 0 }
    }
}

impl Iterator for Words<'_> {
    type Item = (usize, usize);

    fn next(&mut self) -> Option<(usize, usize)> {
        let blank = |b: &u8| matches!(b, b' ' | b'\t');
        let start = self.at + self.line.as_bytes()[self.at..].iter().position(|b| !blank(b))?;
        let end = self.line.as_bytes()[start..].iter().position(blank).map_or(self.line.len(), |at| start + at);
        self.at = end;
        Some((start, end))
    }
}

/// Whether a word is the name of a system.
#[must_use]
pub fn is_system(word: &str) -> bool {
    system(word).is_some()
}

/// The system that a word stands for, as in the list of systems.
fn system(word: &str) -> Option<&'static str> {
    let mut name = [0_u8; 12];
    let mut length = 0;
    // `GNU/kFreeBSD` has the kernel after the slash, `CYGWIN_NT-10.0` its version after the hyphen.
    let word = word.split('/').next().filter(|first| !first.eq_ignore_ascii_case("dynix")).unwrap_or(word);
    let word = word
        .split_once('-')
        .filter(|(_, rest)| rest.starts_with(|c: char| c.is_ascii_digit()))
        .map_or(word, |(name, _)| name);
    let word = word.strip_suffix("-N").or_else(|| word.strip_suffix("-Y")).unwrap_or(word);
    for byte in word.bytes().filter(|b| *b != b'-') {
        if length == name.len() {
            return None;
        }
        name[length] = byte.to_ascii_lowercase();
        length += 1;
    }
    SYSTEMS.get(core::str::from_utf8(&name[..length]).ok()?)
}

/// The nodename after the system's name: up to a word that looks like a release.
fn between_system_and_release(rest: &str, system: &'static str) -> Option<(usize, usize)> {
    let words = Words::new(rest);
    let (mut start, mut end) = (None, 0);
    for (count, (from, to)) in words.take(MAX_NODENAME_WORDS + 1).enumerate() {
        let word = &rest[from..to];
        let next = || rest[to..].trim_start();
        // SecurePlatform prints the build before the release.
        let build = word.starts_with('#') && next().split(' ').next().is_some_and(is_release);
        if count > 0
            && (build
                || is_release(word)
                || (system == "aix" && is_aix_release(word, next()))
                || (system == "haiku" && next().starts_with("hrev")))
        {
            let start = start?;
            let node = &rest[start..end];
            // "Linux 4.19.0-25 6.1" has no nodename; "Linux 3.4-acme 4.19.9 #1" has one: only a nodename that begins
            // like a release needs the build number after the release.
            let certain = !is_release(node.split(' ').next().unwrap_or_default())
                || node.parse::<core::net::Ipv4Addr>().is_ok()
                || next().starts_with('#');
            return (certain && names_a_host(node, system, word, next())).then_some((start, end));
        }
        if matches!(word.as_bytes()[0], b'#' | b'|' | b',' | b';')
            || word.ends_with([',', ';'])
            || (count == 0 && is_plain_release(word) && word.parse::<core::net::Ipv4Addr>().is_err())
        {
            return None;
        }
        start.get_or_insert(from);
        end = to;
    }
    None
}

/// Whether a word in the nodename's position is not the name of a particular host.
#[must_use]
pub fn names_nobody(word: &str) -> bool {
    NOBODY.contains(word)
}

/// Whether the words between a system and its release are a host name.
fn names_a_host(node: &str, system: &str, release: &str, after: &str) -> bool {
    let lower = node.to_ascii_lowercase();
    let words = || lower.split([' ', '.']);
    if words().all(|word| NOBODY.contains(word))
        || (node.contains(' ') && words().any(|word| self::system(word).is_some()))
    {
        return false;
    }
    if PRODUCTS.contains(system) {
        let edition = words().all(|word| guard::is_technical(word) || word.bytes().all(|b| b.is_ascii_digit()));
        return !edition && (system != "windows" || is_plain_release(release));
    }
    // Several words with technical ones among them are a product (`Darwin Streaming Server 5.5`), unless a build follows the
    // release, or the system's name again.
    let again = || self::system(after.split(' ').next().unwrap_or_default()).is_some();
    if node.contains(' ') && !after.starts_with('#') && !again() && words().any(guard::is_technical) {
        return false;
    }
    // A distribution's name and release precede the kernel's: "Linux Mint 20.2 Linux 5.4.0".
    !after.split(' ').next().is_some_and(|next| system == "linux" && self::system(next) == Some("linux"))
}

/// `3 5` and the machine's number, as AIX prints them.
fn is_aix_release(word: &str, after: &str) -> bool {
    let digits = |word: &str| !word.is_empty() && word.len() <= 2 && word.bytes().all(|b| b.is_ascii_digit());
    digits(word) && after.split(' ').next().is_some_and(digits)
}

/// `4.19.0-25-amd64`, `v7.1`, `B.11.31`, `5.11`.
fn is_release(word: &str) -> bool {
    let bytes = word.as_bytes();
    let start = bytes.iter().take_while(|b| matches!(b, b'v' | b'V')).count();
    let digits = bytes[start..].iter().take_while(|b| b.is_ascii_digit()).count();
    let letter = digits == 0 && bytes.get(start).is_some_and(u8::is_ascii_uppercase);
    let dot = start + digits + usize::from(letter);
    (digits > 0 || letter) && bytes.get(dot) == Some(&b'.') && bytes.get(dot + 1).is_some_and(u8::is_ascii_digit)
}

/// Three numbers or more: a kernel release, not a name that begins like one.
fn is_plain_release(word: &str) -> bool {
    is_release(word) && word.bytes().filter(|b| *b == b'.').count() >= 2
}

/// `host 3603020406 FreeBSD 12.1-RELEASE`: the spans of host and number.
fn before_system(line: &str) -> Option<((usize, usize), (usize, usize))> {
    let mut words = Words::new(line);
    let (host, id, mut system) = (words.next()?, words.next()?, words.next()?);
    if id.1 - id.0 < 6 || !line[id.0..id.1].bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    if line[system.0..system.1].eq_ignore_ascii_case("isilon") {
        system = words.next()?;
    }
    let release = words.next()?;
    (self::system(&line[system.0..system.1]).is_some() && is_release(&line[release.0..release.1])).then_some((host, id))
}

/// `db4 AlphaServer ES40 833 MHz Compaq Tru64 UNIX V5.1A`: the span of the host.
fn before_machine(line: &str) -> Option<(usize, usize)> {
    let mut words = Words::new(line);
    let (host, machine) = (words.next()?, words.next()?);
    let is_machine = MACHINES.iter().any(|known| line[machine.0..machine.1].eq_ignore_ascii_case(known));
    let word = line[host.0..host.1].to_ascii_lowercase();
    (is_machine && line.contains("UNIX") && !guard::is_technical(&word) && !matches!(&*word, "compaq" | "digital"))
        .then_some(host)
}

/// Marks the name of a custom kernel configuration: in NetBSD's brackets, or at the end of a BSD build path.
pub fn kernel_config(text: &Scan<'_>, mark: &mut dyn FnMut(usize, usize)) {
    let original = text.folded.original;
    let capitals = |start: usize| {
        let name = original[start..]
            .bytes()
            .take_while(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || matches!(b, b'_' | b'-' | b'.'));
        start + name.count()
    };
    for (at, folder) in original.match_indices("/sys/").chain(original.match_indices("/compile/")) {
        let start = at + folder.len();
        let end = capitals(start);
        // The path is that of the kernel only after the user and host that built it.
        if end - start >= 4
            && original[..at].contains('@')
            && !original[end..].starts_with(|c: char| c.is_alphanumeric() || c == '/')
        {
            mark(start, end);
        }
    }
    for (at, _) in original.match_indices(" (") {
        let start = at + 2;
        let end = capitals(start);
        if end - start >= 4 && original[end..].starts_with(") #") {
            mark(start, end);
        }
    }
}

/// Parts of kernel releases that are not an organisation's name.
const FLAVOURS: &[&str] = &[
    "altera",
    "cloud",
    "default",
    "edge",
    "freescale",
    "generic",
    "lighthouse",
    "linaro",
    "liquorix",
    "lowlatency",
    "marvell",
    "meson",
    "netgear",
    "odroid",
    "preempt",
    "qoriq",
    "raspi",
    "raspberrypi",
    "realtime",
    "rockchip",
    "socfpga",
    "standard",
    "sunxi",
    "tegra",
    "virtual",
    "xanmod",
    "xilinx",
    "yocto",
    "zynq",
];

/// Suffixes of kernel releases that were built for a purpose.
pub const PURPOSES: &[&str] = &[
    "build",
    "custom",
    "dev",
    "edge",
    "lab",
    "lts",
    "prod",
    "production",
    "rt",
    "server",
    "stable",
    "staging",
    "test",
];

/// Marks an organisation's name in the release of a custom kernel: `4.19.152-acme-prod`.
pub fn local_version(text: &Scan<'_>, mark: &mut dyn FnMut(usize, usize)) {
    for_each_line(text, |line, start, _| {
        for (from, to) in Words::new(line).skip(1).take(MAX_NODENAME_WORDS + 1) {
            let release = &line[from..to];
            if !is_plain_release(release) || !release.contains('-') {
                continue;
            }
            let mut at = from;
            let mut parts = release.split('-').peekable();
            while let Some(part) = parts.next() {
                let named =
                    part.len() >= 5 && part.bytes().all(|b| b.is_ascii_lowercase()) && !FLAVOURS.contains(&part);
                if named && parts.peek().is_some_and(|next| PURPOSES.contains(next)) {
                    mark(start + at, start + at + part.len());
                }
                at += part.len() + 1;
            }
        }
    });
}
