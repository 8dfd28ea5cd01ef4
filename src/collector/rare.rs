//! Rare labels: labels of a single device that contain a word outside their group's vocabulary.
//!
//! LibreNMS composes some labels from device data, and a name or serial number in them may occur nowhere else in its
//! database: Aruba Instant's memory pools are named `<AP name> [<AP serial>]`. No sanitiser rule can know such a name.
//! It differs from `Slot 1 Management Memory` only because its words occur on no other device and in no list.
//!
//! A word is vocabulary if it is in [`WORDS`] or technical, if labels of several devices have it, or if it occurs in
//! `hardware`, which is sent anyway. Numbers, units and short codes (`0/RP0`, `48x10GE`, `EX4200-24T`) are accepted by
//! form, and so is a component's name next to a word or position for one (`Slot 0 K703PQFD`, `Tdu40even:1:12`).

use crate::facts::Count;
use crate::number::Whole;
use crate::payload::{Entries, Label, Totals, total};
use crate::sanitise::guard::is_technical;
use alloc::borrow::ToOwned;

/// Words for memory and storage, as MIBs and agents write them, in addition to the guard's technical words. Lower
/// case, sorted.
const WORDS: &str = "\
    allocated alt archive available backplane bootflash buffer buffers builtin bulk bus cache cached cer cmd \
    complex compressed cortex critical crypto current dataplane dataset dbm ddr degraded descriptor descriptors \
    dimm disc disks dma dram dsk ecb ecbs ecc emmc exception expander extension fan fant feb filesystem floppy for \
    forwarding fpc fwlt ghz gib gzip hard heap heapcache hrfsberkeleyffs hrfsntfs hswa inactive jfs kec lfpu \
    linecard logical lpu lsmpi mass mbuf mem mempool message metrics mhz mib mirror mpc mpu msglyr multibus nand \
    netengine netiron noncache npc npu nvram offline online packets paged paging partition peak pfe physical pic \
    private processors proxysg psu raid random read removable reserve rsp scratch sdram segment sfb sfu slab slave \
    snort solid space spc spu sram sru ssd subslot swap table tcam temporary tfeb thread tier tmm tmp tmpfs total \
    transmit ucd upper usage used utilisation utilization var vram waste write zfs zpool zvol";

/// Words for places. The name of a component may follow one.
const PLACES: &[&str] = &["blade", "board", "card", "fpc", "frame", "linecard", "module", "shelf", "slot", "subslot"];

/// Longest name of a component after one of [`PLACES`], in bytes. Serial numbers are usually longer.
const MAX_PART: usize = 8;

/// Longest name of a component before its position, in bytes.
const MAX_POSITIONED_PART: usize = 12;

/// Most digits of a number that is a count or index.
const MAX_DIGITS: usize = 5;

/// Most letters in a row that do not count as a word.
const MAX_LETTERS: usize = 2;

/// Most characters of a word outside the vocabulary, in at most [`MAX_PIECES`] pieces.
const MAX_CODE: usize = 6;

/// Most pieces of a word outside the vocabulary: `EX4200` has two. Serial numbers alternate between letters and
/// digits more often.
const MAX_PIECES: usize = 3;

/// Most characters outside the vocabulary between two blanks.
const MAX_LOOSE: usize = 10;

/// The same after a square bracket, where LibreNMS puts what distinguishes one item from the next.
const MAX_LOOSE_IN_BRACKETS: usize = 4;

// The holder of a label or word is a number, in the same map type as totals: another type would instantiate another map.

/// Several devices.
const SEVERAL: u64 = u64::MAX;

/// One device, unknown which.
const SOME_DEVICE: u64 = 1;

/// Adds the holder of a count's rows. If the device is unknown, each row may belong to a different device.
pub(crate) fn hold(holders: &mut Totals, label: &Label, count: &Count<'_>, rows: u64) {
    let holder = match count.device {
        Some(Whole::Safe(device)) => (SOME_DEVICE + 1).wrapping_add_signed(device) % SEVERAL,
        Some(Whole::OutOfRange) => SOME_DEVICE,
        None if rows <= 1 => SOME_DEVICE,
        None => SEVERAL,
    };
    add(holders, label.clone(), holder);
}

/// Adds a holder of a label or word. Two holders may be the same device unless they are known to differ.
#[inline(never)]
fn add(holders: &mut Totals, label: Label, holder: u64) {
    let known = total(holders, label);
    *known = match *known {
        known if known <= SOME_DEVICE || holder <= SOME_DEVICE || known == holder => known.max(holder),
        _ => SEVERAL,
    };
}

/// The words of a group's labels, in lower case, with their holders.
pub(crate) struct Vocabulary(Totals);

impl Vocabulary {
    /// The words that are vocabulary everywhere.
    pub(crate) fn shipped() -> Self {
        let mut vocabulary = Self(Totals::new());
        vocabulary.read(WORDS, SEVERAL);
        vocabulary
    }

    /// Adds the words of texts that are sent anyway.
    pub(crate) fn read_sent(&mut self, entries: &Entries) {
        entries.texts().for_each(|text| self.read(text, SEVERAL));
    }

    /// Adds the words of a group's labels.
    pub(crate) fn read_labels(&mut self, entries: &mut Entries) {
        for label in entries.totals.keys() {
            if let Label::String(text) = label {
                self.read(text, *total(&mut entries.holders, label.clone()));
            }
        }
    }

    /// Adds the words of a text with these holders.
    #[inline(never)]
    fn read(&mut self, text: &str, holder: u64) {
        for_each_word(text, &mut |word, _| add(&mut self.0, Label::String(word.to_ascii_lowercase()), holder));
    }

    /// Whether a label with these holders is rare.
    pub(crate) fn finds_rare(&mut self, label: &Label, holders: &mut Totals) -> bool {
        match label {
            Label::String(text) => *total(holders, label.clone()) != SEVERAL && !self.covers(text),
            _ => false,
        }
    }

    /// Whether a label consists only of vocabulary and of words that are accepted by their form.
    fn covers(&mut self, label: &str) -> bool {
        let positioned = is_positioned(label);
        let mut room = if positioned { MAX_POSITIONED_PART } else { 0 };
        let (mut covered, mut loose, mut most) = (true, 0, MAX_LOOSE);
        for_each_word(label, &mut |word, [before, after]| {
            match before {
                b' ' => loose = 0,
                b'[' => (room, most) = (0, MAX_LOOSE_IN_BRACKETS),
                b'(' => room = 0,
                _ => {}
            }
            let lower = word.to_ascii_lowercase();
            match self.loose(word, &lower) {
                Some(characters) => loose += characters,
                // One component per label, and its name has a letter: a number is not a name.
                None if word.len() <= room
                    && word.is_ascii()
                    && word.bytes().any(|b| b.is_ascii_alphabetic())
                    && (positioned || (before == b' ' && after != b'-')) =>
                {
                    room = 0;
                }
                None => covered = false,
            }
            covered &= loose <= most;
            if PLACES.contains(&lower.as_str()) {
                room = MAX_PART;
            }
        });
        covered
    }

    fn knows(&mut self, word: &str) -> bool {
        is_technical(word) || *total(&mut self.0, Label::String(word.to_owned())) == SEVERAL
    }

    /// How many characters of a word are outside the vocabulary. `None` if the word is neither vocabulary nor accepted
    /// by its form.
    fn loose(&mut self, word: &str, lower: &str) -> Option<usize> {
        if self.knows(lower) {
            return Some(0);
        }
        let (mut characters, mut pieces, mut start) = (0, 0, 0);
        for end in 1..=word.len() {
            if end < word.len() && !begins_a_piece(word.as_bytes(), end) {
                continue;
            }
            let piece = lower.get(start..end)?;
            start = end;
            let digits = piece.bytes().filter(u8::is_ascii_digit).count();
            let (length, longest) = if digits > 0 { (digits, MAX_DIGITS) } else { (piece.len(), MAX_LETTERS) };
            // The placeholder of a serial number consists of `A`, `a` and `0`.
            if piece.bytes().all(|b| matches!(b, b'0' | b'a')) || (length > MAX_LETTERS && self.knows(piece)) {
                continue;
            }
            if length > longest {
                return None;
            }
            characters += length;
            pieces += 1;
        }
        (characters <= MAX_CODE && pieces <= MAX_PIECES).then_some(characters)
    }
}

/// Whether a piece of a word begins here: a number, what follows one, or a word with a capital (`FlashMemory`).
fn begins_a_piece(word: &[u8], at: usize) -> bool {
    let digit = |at: usize| word.get(at).is_some_and(u8::is_ascii_digit);
    // `48x10` is one number.
    let number = |at: usize| digit(at) || (word[at] == b'x' && at > 0 && digit(at - 1) && digit(at + 1));
    number(at) != number(at - 1) || (word[at].is_ascii_uppercase() && word[at - 1].is_ascii_lowercase())
}

/// Calls `each` for each word of a text (letters and digits in a row), with the characters before and after it. Non-ASCII
/// characters count as letters.
#[inline(never)]
fn for_each_word(text: &str, each: &mut dyn FnMut(&str, [u8; 2])) {
    let (mut start, mut before) = (0, b' ');
    for at in 0..=text.len() {
        let sign = text.as_bytes().get(at).copied().unwrap_or(b' ');
        if sign.is_ascii() && !sign.is_ascii_alphanumeric() {
            if let Some(word) = text.get(start..at).filter(|word| !word.is_empty()) {
                each(word, [before, sign]);
                before = sign;
            } else if sign != b' ' || before != b'[' {
                before = sign;
            }
            start = at + 1;
        }
    }
}

/// Whether a label is one name and the position of a component: `Tdu40even:1:12`, `TXK-F (1.28)`.
fn is_positioned(label: &str) -> bool {
    let bytes = label.as_bytes();
    let name = bytes.iter().take_while(|b| !matches!(b, b' ' | b':')).count();
    let position = &bytes[name..];
    let marks = position.iter().filter(|b| matches!(b, b':' | b'.')).count();
    position.iter().all(|b| b.is_ascii_digit() || matches!(b, b':' | b'.' | b'(' | b')' | b' '))
        && marks == if position.starts_with(b":") { 2 } else { 1 }
        && (position.starts_with(b":") || position.starts_with(b" ("))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Collector;
    use crate::findings::{Findings, Reason};
    use alloc::string::String;
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
    fn the_built_in_words_are_sorted_and_not_technical_words_too() {
        let mut words = WORDS.split(' ');
        assert!(words.clone().is_sorted());
        assert_eq!(words.find(|word| is_technical(word)), None);
    }

    #[test]
    fn ordinary_labels_are_covered() {
        let mut vocabulary = Vocabulary::shipped();
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
        let mut vocabulary = Vocabulary::shipped();
        for label in [
            "KVR-Reception-L11-AP06 [PLVCKYJ2RR]",
            "AP 1 [CN0489813]",
            "ap [5CK7381K9R]",
            "AP 2 [7KX4521]",
            "AP [CN1234]",
            "AP [X CN1234]",
            "Memory [XOC1432X0AB]",
            "Slot 3 [XOC1432X]",
            "Module 3 XOC1432X0AB",
            "Slot 1 1234567",
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
    fn each_row_without_a_device_counts_as_a_different_device() {
        let (sent, _) = all(&json!([{"label": "Quorix", "rows": 2}, {"label": "Plumwick", "rows": 1}]));
        assert_eq!(sent, ["Quorix"]);
        let (sent, _) = all(&json!([{"label": "Quorix", "rows": 2, "device": 7}]));
        assert!(sent.is_empty());
        // Two unknown devices may be the same.
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
    fn words_of_hardware_are_vocabulary_if_hardware_is_sent() {
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
        // A label that is also withheld stays out.
        let (sent, findings) = report(&counts, &json!({"included": choice, "withheld": choice}));
        assert_eq!((sent.len(), findings.rare.len()), (1, 0));
    }

    #[test]
    fn included_labels_are_still_sanitised() {
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
    fn other_groups_keep_labels_of_one_device() {
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
