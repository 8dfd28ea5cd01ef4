//! Rare labels: those that only one device has and that hold a word which is no vocabulary of their group.
//!
//! LibreNMS composes some labels out of what a device says of itself, and a name or serial that it puts there stands
//! nowhere else in its database: Aruba Instant's memory pools read `<AP name> [<AP serial>]`. No rule of the sanitiser can
//! know such a name. What tells it from `Slot 1 Management Memory` is that no other device and no list has its words.
//!
//! A word is vocabulary if it is in [`WORDS`] or technical, if labels of several devices have it, or if it stands in
//! `hardware`, which is sent anyway. Numbers, units and short codes (`0/RP0`, `48x10GE`, `EX4200-24T`) pass by their form, and the name
//! of a part passes where a part stands (`Slot 0 K703PQFD`, `Tdu40even:1:12`).

use crate::facts::Count;
use crate::number::Whole;
use crate::sanitise::guard::is_technical;
use alloc::string::String;
use foldhash::fast::FixedState;
use hashbrown::HashMap;

/// Words of memory and storage, as MIBs and agents write them, besides the technical words of the sanitiser's guard; lower
/// case, sorted.
const WORDS: &str = "\
    allocated alt archive asic atom available backplane bootflash buffer buffers builtin bulk bus cache cached ccpu \
    cmd commit committed complex compressed cortex critical crypto current dataplane dataset dbm ddr degraded \
    descriptor descriptors dimm disc disks dma dpu dram dsk ecb ecbs ecc eeprom emmc eprom exception expander \
    extension failed fan fant feb ffs filesystem floppy for forwarding fpc fpu fru fwlt ghz gib gzip hard hdd heap \
    heapcache hrfsberkeleyffs hrfsntfs hswa inactive instance ipu jfs kib lfpu linecard logical lpu lsmpi lun mass \
    mbuf mcu mem mempool message metrics mfs mhz mib mirror mpc mpu msglyr multibus nand netengine netiron noncache \
    normal npc npu ntfs nvme nvram offline online optane packets paged pages paging parity partition pcie pcimem \
    peak pfe physical pic pim pmem private processors proxysg psu qfp raid random read removable reserve rsp sas \
    scratch sdram segment sfb sfu simm slab slave solid space spc spu sram sru ssd store subslot swap table tcam \
    temporary tfeb thread tier tmm tmp tmpfs total transmit ucd upper usage used utilisation utilization var vram \
    waste write xfpu zfs zpool zvol";

/// Words for places that hold a part.
const PLACES: &[&str] = &["blade", "board", "card", "fpc", "frame", "linecard", "module", "shelf", "slot", "subslot"];

/// Longest name of a part that stands beside one of [`PLACES`], in bytes; serials are longer as a rule.
const MAX_PART: usize = 8;

/// Longest name of a part that its position follows, in bytes.
const MAX_POSITIONED_PART: usize = 12;

/// Most digits of a number that counts something.
const MAX_DIGITS: usize = 5;

/// Most characters of a word that are no vocabulary, in at most [`MAX_PIECES`] pieces.
const MAX_CODE: usize = 6;

/// Most pieces of a word that are no vocabulary: `EX4200` has two. Serials change between letters and digits more often.
const MAX_PIECES: usize = 3;

/// Most characters between two blanks that are no vocabulary.
const MAX_LOOSE: usize = 10;

/// The same in square brackets, where LibreNMS puts what tells one thing from the next.
const MAX_LOOSE_IN_BRACKETS: usize = 4;

/// The devices that have a label or a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Holders {
    /// One device; which one, where that is known.
    One(Option<Whole>),
    /// Several devices.
    Several,
}

impl Holders {
    /// Who has the rows of a count. Where nobody says, each row may be another device's.
    pub(crate) fn of(count: &Count<'_>, rows: u64) -> Self {
        if count.device.is_some() || rows <= 1 { Self::One(count.device) } else { Self::Several }
    }

    /// Adds the devices of another label or word. Two that are not known to differ may be one.
    pub(crate) fn add(&mut self, other: Self) {
        *self = match (*self, other) {
            (Self::One(one), Self::One(other)) if one.is_none() || other.is_none() || one == other => {
                Self::One(one.or(other))
            }
            _ => Self::Several,
        };
    }
}

/// The words of a group's labels, in lower case, with the devices that have them.
pub(crate) struct Vocabulary(HashMap<String, Holders, FixedState>);

impl Default for Vocabulary {
    fn default() -> Self {
        let mut shipped = Self(HashMap::default());
        shipped.read(WORDS, Holders::Several);
        shipped
    }
}

impl Vocabulary {
    /// The vocabulary of labels that these devices have, where `said` is sent besides.
    pub(crate) fn of<'t>(
        labels: impl Iterator<Item = &'t str>,
        holders: &HashMap<String, Holders, FixedState>,
        said: impl Iterator<Item = &'t str>,
    ) -> Self {
        let mut vocabulary = Self::default();
        said.for_each(|text| vocabulary.read(text, Holders::Several));
        for label in labels {
            holders.get(label).into_iter().for_each(|holders| vocabulary.read(label, *holders));
        }
        vocabulary
    }

    /// Reads a text that these devices have.
    fn read(&mut self, text: &str, holders: Holders) {
        for word in words(text) {
            self.0.entry(word.to_ascii_lowercase()).and_modify(|known| known.add(holders)).or_insert(holders);
        }
    }

    /// Whether a label has nothing but vocabulary and what passes by its form.
    pub(crate) fn covers(&self, label: &str) -> bool {
        let is_place = |word: &str| {
            let word = word.trim_end_matches(|c: char| c.is_ascii_digit());
            PLACES.iter().any(|place| place.eq_ignore_ascii_case(word))
        };
        let positioned = is_positioned(label);
        let longest = match positioned {
            true => MAX_POSITIONED_PART,
            false if words(label).any(is_place) => MAX_PART,
            false => 0,
        };
        let mut parts = 0;
        for chunk in label.split_whitespace() {
            let bracketed = chunk.contains(['[', '(']);
            let mut loose = 0;
            for word in words(chunk) {
                if let Some(characters) = self.loose(word) {
                    loose += characters;
                } else if word.len() <= longest
                    && word.is_ascii()
                    && word.contains(|c: char| c.is_ascii_alphabetic())
                    && !bracketed
                    && (positioned || words(chunk).count() == 1)
                {
                    parts += 1;
                } else {
                    return false;
                }
            }
            if loose > if chunk.contains('[') { MAX_LOOSE_IN_BRACKETS } else { MAX_LOOSE } {
                return false;
            }
        }
        parts <= 1
    }

    fn knows(&self, word: &str) -> bool {
        is_technical(word) || self.0.get(word) == Some(&Holders::Several)
    }

    /// How many characters of a word are no vocabulary; nothing if it is neither vocabulary nor of a form that passes.
    fn loose(&self, word: &str) -> Option<usize> {
        let lower = word.to_ascii_lowercase();
        // What stands for a serial number is made of these.
        if self.knows(&lower) || lower.bytes().all(|b| matches!(b, b'0' | b'a')) {
            return Some(0);
        }
        let (mut characters, mut pieces) = (0, 0);
        let mut start = 0;
        while start < word.len() {
            let rest = &word.as_bytes()[start..];
            let end = start + if rest[0].is_ascii_digit() { number(rest) } else { letters(rest) };
            let loose = match rest[0].is_ascii_digit() {
                true => Some(word[start..end].bytes().filter(u8::is_ascii_digit).count()).filter(|n| *n <= MAX_DIGITS),
                false => self.loose_letters(&word[start..end], &lower[start..end]),
            }?;
            characters += loose;
            pieces += usize::from(loose > 0);
            start = end;
        }
        (characters <= MAX_CODE && pieces <= MAX_PIECES).then_some(characters)
    }

    /// The same of letters: a word, two letters, or words that are written together (`FlashMemory`).
    fn loose_letters(&self, letters: &str, lower: &str) -> Option<usize> {
        // Two letters beside a number are part of a code.
        if letters.len() <= 2 {
            return Some(letters.len());
        }
        if self.knows(lower) {
            return Some(0);
        }
        let bytes = letters.as_bytes();
        let (mut loose, mut known, mut start) = (0, false, 0);
        for end in 1..=bytes.len() {
            let small = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_lowercase);
            if end < bytes.len() && !(bytes[end].is_ascii_uppercase() && (small(end - 1) || small(end + 1))) {
                continue;
            }
            // Before an ASCII letter, and at the end, a character begins or ends.
            match end - start {
                short @ ..=2 => loose += short,
                _ if self.knows(&lower[start..end]) => known = true,
                _ => return None,
            }
            start = end;
        }
        known.then_some(loose)
    }
}

/// The words of a text: letters and digits in a row.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty())
}

/// Length of the number at the start, `48x10` being one.
fn number(bytes: &[u8]) -> usize {
    let digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let mut end = 0;
    while digit(end) || (bytes.get(end) == Some(&b'x') && digit(end + 1)) {
        end += 1;
    }
    end
}

/// Length of what comes before the next digit.
fn letters(bytes: &[u8]) -> usize {
    bytes.iter().position(u8::is_ascii_digit).unwrap_or(bytes.len())
}

/// Whether a label is one name with the position of a part behind it: `Tdu40even:1:12`, `TXK-F (1.28)`.
fn is_positioned(label: &str) -> bool {
    label.split_once(" (").or_else(|| label.split_once(':')).is_some_and(|(name, position)| {
        let sign = |b: u8| b.is_ascii_digit() || matches!(b, b':' | b'.' | b')');
        !name.contains(' ') && position.bytes().all(sign) && position.contains([':', '.'])
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Collector;
    use crate::findings::{Findings, Reason};
    use alloc::vec::Vec;
    use serde_json::{Value, json};

    /// Payload and findings of counts of memory pools.
    fn report(counts: &Value, consent: &Value) -> (Vec<String>, Findings) {
        let facts = json!({
            "schema": 1,
            "uuid": "6f1c7d0e-9a53-4c5e-8d52-0a3b1d5f7e11",
            "counts": {"mempool": counts, "storage": [{"label": "hrStorageFixedDisk", "rows": 1}]},
            "consent": consent,
            "devices": [{"hardware": "Zephyr 9000"}],
        });
        let report = Collector::new().build(&serde_json::to_vec(&facts).unwrap()).unwrap();
        let payload: Value = serde_json::from_slice(&report.payload).unwrap();
        assert_eq!(payload["data"]["storage"], json!([{"total": 1, "storage_type": "hrStorageFixedDisk"}]));
        let labels = payload["data"]["mempool"].as_array().unwrap().iter();
        (labels.map(|entry| entry["mempool_descr"].as_str().unwrap_or("NULL").into()).collect(), report.findings)
    }

    fn all(counts: &Value) -> (Vec<String>, Findings) {
        report(counts, &json!({}))
    }

    fn left_out(findings: &Findings) -> Vec<(&str, Option<u64>)> {
        let rare = findings.left_out.iter().filter(|left_out| left_out.reason == Reason::Rare);
        rare.map(|left_out| (left_out.field.as_str(), left_out.entries)).collect()
    }

    #[test]
    fn the_shipped_words_are_sorted_and_not_technical_already() {
        let mut words = WORDS.split(' ');
        assert!(words.clone().is_sorted());
        assert_eq!(words.find(|word| is_technical(word)), None);
    }

    #[test]
    fn ordinary_labels_are_covered() {
        let vocabulary = Vocabulary::default();
        for label in [
            "",
            "Physical memory",
            "RAM (Cache)",
            "Swap space (total)",
            "/dev/hd6",
            "I/O",
            "Memory #1",
            "C:\\ Label:  Serial Number aa00aa00",
            "Module 0/RSP0/CPU0 - Reserved",
            "0/RP0-Virtual Processor For LC XR - Image",
            "Slot-1 Data Processor-0 Hardware Packet Buffers",
            "48x10GE + 4x40G Supervisor - Processor",
            "FPC: ZX4210-24T, 8 PoE @ 1/*/*",
            "Slot 0 K703PQFD",
            "Card GTXQ",
            "Tdu40even:1:12",
            "TXK-F (1.28)",
            "ARM Cortex-A9, 400MHz Memory",
            "MEMPOOL_DMA_ALT1",
            "hrStorageRamDisk",
            "cfCard",
            "usbFlashCard",
            "gzip-9",
            "hostname [AAAAAAA0AA]",
            "4354",
        ] {
            assert!(vocabulary.covers(label), "{label}");
        }
    }

    #[test]
    fn names_and_serials_are_not_covered() {
        let vocabulary = Vocabulary::default();
        for label in [
            "KVR-Reception-L11-AP06 [PLVCKYJ2RR]",
            "AP 1 [CN0489813]",
            "ap [5CK7381K9R]",
            "AP 2 [7KX4521]",
            "AP [CN1234]",
            "Memory [XOC1432X0AB]",
            "Slot 3 [XOC1432X]",
            "Module 3 XOC1432X0AB",
            "Module 1 sw-halden-01",
            "Slot 1 Halden Nordby",
            "Halden-Prod Memory",
            "nordby-03",
            "HaldenMemory",
            "Memory of Ingrid",
            "Zürich Memory",
            "東京 Memory",
            "/mnt/customer-nordby",
            "pool 12AB-34CD-56EF",
            "pool 0512-1234-5678",
            "123456",
        ] {
            assert!(!vocabulary.covers(label), "{label}");
        }
    }

    #[test]
    fn words_of_several_devices_are_vocabulary_and_those_of_one_are_not() {
        let row = |label: &str, device: u32| json!({"label": label, "rows": 1, "device": device});
        // The same word in labels of two devices, and in two labels of one.
        let (sent, _) = all(&json!([row("Quorix pool", 1), row("Quorix 2 pool", 2)]));
        assert_eq!(sent, ["Quorix 2 pool", "Quorix pool"]);
        let (sent, findings) = all(&json!([row("Quorix pool", 1), row("Quorix 2 pool", 1), row("Pool", 1)]));
        assert_eq!(sent, ["Pool"]);
        assert_eq!(left_out(&findings), [("mempool", Some(2))]);
        // A label that several devices have is sent, and its words count for others.
        let (sent, _) = all(&json!([{"label": "Quorix", "rows": 2}, row("Quorix 7", 1)]));
        assert_eq!(sent, ["Quorix", "Quorix 7"]);
    }

    #[test]
    fn rows_of_nobody_knows_whom_count_as_as_many_devices() {
        let (sent, _) = all(&json!([{"label": "Quorix", "rows": 2}, {"label": "Plumwick", "rows": 1}]));
        assert_eq!(sent, ["Quorix"]);
        let (sent, _) = all(&json!([{"label": "Quorix", "rows": 2, "device": 7}]));
        assert!(sent.is_empty());
        // Two that nobody knows may be one.
        let (sent, _) = all(&json!([{"label": "Quorix 1", "rows": 1}, {"label": "Quorix 2", "rows": 1}]));
        assert!(sent.is_empty());
        for device in [json!(1_u64 << 60), json!(-3)] {
            let (sent, _) = all(&json!([{"label": "Quorix", "rows": 9, "device": device}]));
            assert!(sent.is_empty());
        }
    }

    #[test]
    fn labels_that_become_equal_have_the_devices_of_both() {
        let serial = |serial: &str, device: u32| json!({"label": alloc::format!("Quorix S/N: {serial}"), "rows": 1, "device": device});
        let (sent, findings) = all(&json!([serial("XOC1432X0AB", 1), serial("XOC1977K5CD", 2)]));
        assert_eq!((sent.len(), findings.rare.len()), (1, 0), "{sent:?}");
        let (sent, findings) = all(&json!([serial("XOC1432X0AB", 1), serial("XOC1977K5CD", 1)]));
        assert_eq!((sent.len(), left_out(&findings)), (0, [("mempool", Some(1))].into()));
        assert_eq!(findings.rare[0].rows, 2);
    }

    #[test]
    fn words_of_hardware_are_sent_anyway_unless_it_is_not() {
        let counts = json!([{"label": "Zephyr 1", "rows": 1}]);
        assert_eq!(all(&counts).0, ["Zephyr 1"]);
        for consent in
            [json!({"categories": ["health"]}), json!({"withheld": [{"group": "hardware", "label": "Zephyr 9000"}]})]
        {
            assert!(report(&counts, &consent).0.is_empty(), "{consent}");
        }
    }

    #[test]
    fn rare_labels_are_shown_and_sent_once_they_are_included() {
        let counts =
            json!([{"label": "AP Quorix [CN0489813]", "rows": 1, "device": 4}, {"label": "Memory", "rows": 3}]);
        let (sent, findings) = all(&counts);
        assert_eq!((sent, left_out(&findings)), (["Memory".into()].into(), [("mempool", Some(1))].into()));
        let rare = &findings.rare[0];
        assert_eq!(
            (&*rare.field, &*rare.label, rare.rows, rare.included),
            ("mempool", "AP Quorix [CN0489813]", 1, false)
        );

        let choice = json!([{"group": "mempool", "label": "AP Quorix [CN0489813]"}]);
        let (sent, findings) = report(&counts, &json!({"included": choice}));
        assert_eq!((sent.len(), left_out(&findings).len(), findings.rare[0].included), (2, 0, true));
        // What is withheld as well stays out.
        let (sent, findings) = report(&counts, &json!({"included": choice, "withheld": choice}));
        assert_eq!((sent.len(), findings.rare.len()), (1, 0));
    }

    #[test]
    fn what_an_included_label_holds_is_sanitised_all_the_same() {
        let label = "Quorix S/N: XOC1432X0AB";
        let counts = json!([{"label": label, "rows": 1}]);
        let sanitised = all(&counts).1.rare[0].label.clone();
        assert!(!sanitised.contains("XOC1432X0AB"));
        for (choice, count) in [(label, 0), (sanitised.as_str(), 1)] {
            let (sent, _) = report(&counts, &json!({"included": [{"group": "mempool", "label": choice}]}));
            assert_eq!(sent.len(), count, "{choice}");
        }
    }

    #[test]
    fn other_groups_keep_what_one_device_has() {
        let facts = json!({
            "schema": 1,
            "uuid": "6f1c7d0e-9a53-4c5e-8d52-0a3b1d5f7e11",
            "counts": {"processors": [{"label": "quorix", "rows": 1, "device": 1}]},
            "devices": [{"hardware": "Quorix"}],
        });
        let report = Collector::new().build(&serde_json::to_vec(&facts).unwrap()).unwrap();
        assert_eq!(report.findings.rare, []);
        let payload: Value = serde_json::from_slice(&report.payload).unwrap();
        assert_eq!(payload["data"]["processors"][0]["processor_type"], "quorix");
        assert_eq!(payload["data"]["hardware"][0]["hardware"], "Quorix");
    }
}
