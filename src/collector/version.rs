//! Extracts the version from a text. The rules for descriptions keep names and numbers that may be versions, so version
//! fields have a stricter grammar: what matches is sent, and the rest is cut.
//!
//! A version is at most two product names, then a number with its suffixes; or the name of a branch (`master`):
//!
//! | part | is |
//! |---|---|
//! | name | a word of [`NAMES`] |
//! | number | atoms joined by dots, the first of which begins with a digit, after a `v` or not |
//! | suffix | `-`, `+`, `~`, `_` or `:`, then atoms joined by dots; before a `:` only one number of up to two digits (a Debian epoch) |
//! | atom | up to eight digits, words of [`WORDS`], and at most one single letter; or `g`, `git` or `gbp` with a commit's hexadecimal digits |
//!
//! At most three suffixes in a row have no word of two letters or more (`-00-1a-2b-3c` is a MAC address), and none is four
//! numbers that can be an address. Anything else ends the version before it.

use crate::sanitise::word_list::is_one_of;
use alloc::string::String;

/// Names of the software whose versions are reported, and of branches, lower case.
const NAMES: &str = "\
    db develop main mariadb master mysql net-snmp netsnmp percona php postgresql python release rrdtool server snmp \
    sqlite stable version";

/// Words of versions: stages of a release, distributions and builds, lower case.
const WORDS: &str = "\
    alma alpha alpine amzn arch aurora azure beta bionic bookworm bpo build bullseye buster cll cloud cluster \
    community deb debian debug dev dfsg el embedded enterprise esm fc final focal fpm ga galera git google hotfix \
    jammy log lp lts lve maria mariadb mysql nightly nmu noble ol openssl org patch percona pl post ppa pre ps rc \
    rds rel release remi rev rhel rocky server sid sles snapshot sp stable standard suse sury svn tidb trixie ubu \
    ubuntu wsrep xenial";

/// Most digits of a number, enough for a date. Longer ones are serial and telephone numbers.
const MAX_DIGITS: usize = 8;

/// Most suffixes without a word in a row. More are a MAC address.
const MAX_BARE_SUFFIXES: usize = 3;

/// The part of a text that fits the grammar, and the part that it was read from: all words up to the number. Both are empty
/// if there is no version. Words are separated by single blanks.
pub(crate) fn version_in(text: &str) -> (String, &str) {
    let (mut version, mut read) = (String::new(), 0);
    for (names, whole) in text.split_whitespace().take(3).enumerate() {
        let number = whole.trim_start_matches('v').starts_with(|c: char| c.is_ascii_digit());
        let word = if number { &whole[..number_length(whole)] } else { whole };
        if word.is_empty() || (!number && (names >= 2 || !is_name(word))) {
            break;
        }
        if !version.is_empty() {
            version.push(' ');
        }
        version.push_str(word);
        read += text[read..].find(whole).unwrap_or_default() + whole.len();
        if number {
            break;
        }
    }
    (version, &text[..read])
}

fn is_name(word: &str) -> bool {
    word.len() <= 16 && is_one_of(NAMES, &word.to_ascii_lowercase())
}

/// Length of the number and suffixes at the beginning of a word.
fn number_length(word: &str) -> usize {
    let marks = |c: char| matches!(c, '-' | '+' | '~' | '_');
    let number = &word[..word.find(marks).unwrap_or(word.len())];
    let atoms = number.split('.').take_while(|atom| is_atom(atom));
    let mut length = atoms.map(|atom| atom.len() + 1).sum::<usize>().saturating_sub(1);
    if length < number.len() {
        return length;
    }
    // Where suffixes without a word began, and how many there were since.
    let mut bare = (length, 0);
    while let Some(after) = word[length..].strip_prefix(marks) {
        let suffix = &after[..after.find(marks).unwrap_or(after.len())];
        if !is_suffix(suffix) {
            break;
        }
        length += 1 + suffix.len();
        let worded = suffix.as_bytes().windows(2).any(|two| two.iter().all(u8::is_ascii_alphabetic));
        bare = if worded { (length, 0) } else { (bare.0, bare.1 + 1) };
        if bare.1 > MAX_BARE_SUFFIXES {
            return bare.0;
        }
    }
    // Python appends a plus if it was built from newer sources.
    length + usize::from(word[length..] == *"+")
}

fn is_suffix(text: &str) -> bool {
    let after = match text.split_once(':') {
        Some((epoch, after)) if matches!(epoch.len(), 1..=2) && epoch.bytes().all(|b| b.is_ascii_digit()) => after,
        Some(_) => return false,
        None => text,
    };
    after.split('.').all(is_atom) && after.parse::<core::net::Ipv4Addr>().is_err()
}

/// Runs of digits and of letters that versions may have.
fn is_atom(atom: &str) -> bool {
    let commit = ["gbp", "git", "g"].iter().find_map(|kind| atom.strip_prefix(kind));
    if commit.is_some_and(|digits| {
        (6..=12).contains(&digits.len()) && digits.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
    }) {
        return true;
    }
    let (mut rest, mut letters) = (atom, 0);
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let word = rest[digits..].bytes().take_while(u8::is_ascii_alphabetic).count();
        let (number, name) = (&rest[..digits], &rest[digits..digits + word]);
        letters += usize::from(word == 1);
        let known = word <= 1 || is_one_of(WORDS, &name.to_ascii_lowercase());
        if digits + word == 0 || number.len() > MAX_DIGITS || !known || letters > 1 {
            return false;
        }
        rest = &rest[digits + word..];
    }
    !atom.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_unchanged() {
        for version in [
            "10.11.6-MariaDB-0+deb12u1",
            "8.2.7-1~deb12u1+b1",
            "8.0.36-0ubuntu0.22.04.1",
            "10.6.16-MariaDB-1:10.6.16+maria~ubu2204",
            "10.4.7-MariaDB-1:10.4.7+maria~bionic-log",
            "10.6.18-MariaDB-0ubuntu0.22.04.1-log",
            "5.5.68-MariaDB-cll-lve",
            "10.3.39-MariaDB-log-cll-lve",
            "8.0.36-28.1",
            "5.7.44-48-57-log",
            "8.0.11-TiDB-v7.5.0",
            "8.0.mysql_aurora.3.05.2",
            "5.9.4.pre1",
            "5.9.4.rc2",
            "5.0.11.2",
            "3.11.2",
            "3.13.0a4+",
            "3.12.0rc1",
            "2.7.18",
            "8.1.2-1+ubuntu22.04.1+deb.sury.org+1",
            "8.2.29-1+0~20250707.90+debian12~1.gbp5e6f5b",
            "8.0.30-1.el9_4",
            "7.4.33-3.fc38",
            "8.3.0-dev",
            "8.2.0RC3",
            "1.7.2",
            "1.4.9",
            "24.8.1-12-gabcdef123",
            "24.8.1",
            "v24.8.1",
            "master",
            "MariaDB 10.11.6",
            "Percona Server 8.0.36-28",
            "SQLite 3.45.1",
            "PostgreSQL 16.2",
            "10",
        ] {
            assert_eq!(version_in(version), (version.into(), version));
        }
    }

    #[test]
    fn everything_but_the_version_is_cut() {
        for (text, version) in [
            ("10.11.6-MariaDB-db01.corp.example", "10.11.6-MariaDB"),
            ("8.2.29-10.1.2.3", "8.2.29"),
            ("8.2.29-1:10.1.2.3", "8.2.29"),
            ("1.2-00:1a:2b:3c:4d:5e", "1.2"),
            ("1.2-001a.2b3c.4d5e", "1.2"),
            ("1.2-00-1a-2b-3c-4d-5e", "1.2"),
            ("1.2-log-00-1a-2b-3c-4d-5e", "1.2-log"),
            ("8.0.36-FOC1432X0AB", "8.0.36"),
            ("8.0.36-4A7B9C1D", "8.0.36"),
            ("8.2.29-JohnDoe", "8.2.29"),
            ("8.2.29_halden+log", "8.2.29"),
            ("8.2.29.halden7", "8.2.29"),
            ("8.2.29-4716170815", "8.2.29"),
            ("8.2.7 (built by root@build7 on 10.0.0.7)", "8.2.7"),
            ("8.2.7-", "8.2.7"),
            ("8.2.7-+", "8.2.7"),
            ("8.2.7-gabcdefghi", "8.2.7"),
            ("halden 10.2", ""),
            ("PHP halden 8", "PHP"),
            ("db01.corp.example", ""),
            ("haldenbranch", ""),
            ("(8.2)", ""),
            ("", ""),
        ] {
            assert_eq!(version_in(text).0, version, "{text}");
        }
    }
}
