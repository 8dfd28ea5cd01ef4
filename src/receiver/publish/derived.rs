//! Groups that are derived from those of a report: families of versions, and sizes of installs. Each is made from an
//! install's own labels before any rule applies, so that the rules apply to it as to a group.

use callback_collector::dictionary::{GROUPS, INFO, Source};

/// How a group is derived.
#[derive(Debug, Clone, Copy)]
pub enum Derivation {
    /// The family of a label, such as a major version; nothing if it has none.
    Family(fn(&str) -> Option<String>),
    /// The group's total, in ranges.
    Size,
}

/// A derived group.
#[derive(Debug, Clone, Copy)]
pub struct DerivedGroup {
    /// Its name.
    pub name: &'static str,
    /// The group that it is derived from.
    pub group: &'static str,
    /// How it is derived.
    pub derivation: Derivation,
}

/// All derived groups. No group of a report has one of their names.
pub const DERIVED: &[DerivedGroup] = &[
    family("php_family", "php_version", two_numbers),
    family("python_family", "python_version", two_numbers),
    family("database_family", "database_version", database),
    family("rrdtool_family", "rrdtool_version", two_numbers),
    family("netsnmp_family", "netsnmp_version", two_numbers),
    family("release_family", "librenms_release", release),
    family("distribution", "os_version", distribution),
    DerivedGroup { name: "size_devices", group: "type", derivation: Derivation::Size },
    DerivedGroup { name: "size_ports", group: "port_type", derivation: Derivation::Size },
];

const fn family(name: &'static str, group: &'static str, of: fn(&str) -> Option<String>) -> DerivedGroup {
    DerivedGroup { name, group, derivation: Derivation::Family(of) }
}

/// Whether each install has one label of a part, so that only installs are counted.
#[must_use]
pub fn counts_installs(part: &str) -> bool {
    GROUPS.iter().any(|group| group.name == part && !matches!(group.source, Source::Rows(_)))
        || DERIVED.iter().any(|derived| derived.name == part)
}

/// The group of a report with this name; nothing for derived groups.
#[must_use]
pub fn group(part: &str) -> Option<&'static str> {
    GROUPS.iter().map(|group| group.name).chain([INFO]).find(|name| *name == part)
}

/// The first number of a text, and the one after its dot: `8.2` of `8.2.29-1+deb`.
fn two_numbers(text: &str) -> Option<String> {
    let from = text.find(|c: char| c.is_ascii_digit())?;
    let mut numbers = text[from..].split('.').map(|number| {
        let end = number.find(|c: char| !c.is_ascii_digit()).unwrap_or(number.len());
        (&number[..end], end == number.len())
    });
    let (major, whole) = numbers.next()?;
    if major.len() > 4 {
        return None;
    }
    match numbers.next().filter(|(minor, _)| whole && (1..=4).contains(&minor.len())) {
        Some((minor, _)) => Some(format!("{major}.{minor}")),
        None => Some(major.to_owned()),
    }
}

/// MariaDB and MySQL number their versions apart.
fn database(text: &str) -> Option<String> {
    let lower = text.to_ascii_lowercase();
    let product = [("mariadb", "MariaDB"), ("percona", "Percona"), ("postgres", "PostgreSQL"), ("sqlite", "SQLite")]
        .into_iter()
        .find(|(word, _)| lower.contains(word))
        .map_or("MySQL", |(_, product)| product);
    Some(format!("{product} {}", two_numbers(text)?))
}

/// `master` stays; a release is its month: `26.7` of `26.7.1`.
fn release(text: &str) -> Option<String> {
    let text = text.trim();
    if text.eq_ignore_ascii_case("master") {
        return Some("master".into());
    }
    two_numbers(text.strip_prefix('v').unwrap_or(text))
}

/// A distribution with its major version: `Debian 12` of `Debian GNU/Linux 12 (bookworm)`; Ubuntu's has two numbers.
fn distribution(text: &str) -> Option<String> {
    let lower = text.to_ascii_lowercase();
    const KNOWN: &[(&str, &str)] = &[
        ("debian", "Debian"),
        ("ubuntu", "Ubuntu"),
        ("almalinux", "AlmaLinux"),
        ("rocky", "Rocky Linux"),
        ("centos", "CentOS"),
        ("red hat", "Red Hat Enterprise Linux"),
        ("fedora", "Fedora"),
        ("alpine", "Alpine"),
        ("opensuse", "openSUSE"),
        ("suse", "SUSE Linux Enterprise"),
        ("oracle", "Oracle Linux"),
        ("raspbian", "Raspbian"),
        ("arch", "Arch Linux"),
        ("gentoo", "Gentoo"),
        ("freebsd", "FreeBSD"),
        ("nixos", "NixOS"),
    ];
    let (_, name) = KNOWN.iter().find(|(word, _)| lower.contains(word))?;
    let version = two_numbers(text).unwrap_or_default();
    let version = if *name == "Ubuntu" { &version } else { version.split('.').next().unwrap_or_default() };
    Some(format!("{name} {version}").trim_end().to_owned())
}

/// First sizes of the ranges; the last is open.
pub const SIZES: &[u64] = &[1, 10, 30, 100, 300, 1_000, 3_000, 10_000, 30_000, 100_000, 300_000, 1_000_000];

/// The range that a size is in: its place in [`SIZES`].
#[must_use]
pub fn size_range(size: u64) -> usize {
    SIZES.partition_point(|first| *first <= size).saturating_sub(1)
}

/// A range as text: `10–29`, `1,000,000 and more`.
#[must_use]
pub fn size_text(range: usize) -> String {
    let first = crate::text::number(SIZES[range]);
    match SIZES.get(range + 1) {
        Some(next) => format!("{first}–{}", crate::text::number(next - 1)),
        None => format!("{first} and more"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_belong_to_their_first_two_numbers() {
        let families: Vec<Option<String>> =
            ["8.2.29-1+deb", "Python 3.11.2", "1.7", "11", "none", "2024123112", "5.9.3rc1"].map(two_numbers).into();
        let expected = [Some("8.2"), Some("3.11"), Some("1.7"), Some("11"), None, None, Some("5.9")];
        assert_eq!(families, expected.map(|family| family.map(str::to_owned)));
        assert_eq!(database("MariaDB 10.11.19-MariaDB-0+deb12u1").unwrap(), "MariaDB 10.11");
        assert_eq!(database("8.0.36-0ubuntu0.22.04.1").unwrap(), "MySQL 8.0");
        assert_eq!((release("master"), release("26.7.1")), (Some("master".into()), Some("26.7".into())));
        assert_eq!(distribution("Debian GNU/Linux 12 (bookworm)").unwrap(), "Debian 12");
        assert_eq!(distribution("Ubuntu 24.04.1 LTS").unwrap(), "Ubuntu 24.04");
        assert_eq!(distribution("Homemade 1"), None);
    }

    #[test]
    fn sizes_fall_into_ranges_that_meet() {
        assert_eq!([1, 9, 10, 29, 30, 999_999, 5_000_000].map(size_range), [0, 0, 1, 1, 2, 10, 11]);
        assert_eq!([0, 5, 11].map(size_text), ["1–9", "1,000–2,999", "1,000,000 and more"]);
    }

    #[test]
    fn derived_groups_have_their_own_names_and_existing_groups() {
        for derived in DERIVED {
            assert!(group(derived.name).is_none() && group(derived.group).is_some(), "{}", derived.name);
        }
        assert!(counts_installs("dbschema") && counts_installs("php_family") && !counts_installs("os"));
    }
}
