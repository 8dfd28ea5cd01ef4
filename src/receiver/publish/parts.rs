//! What is counted for publication besides the groups of a report: families of versions, and sizes of installs. Each
//! is made of an install's own labels before any rule applies, so that the rules hold for it as for a group.

use callback_collector::dictionary::{GROUPS, INFO, Source};

/// Something that is counted: a group of the report, or one that is derived.
#[derive(Debug, Clone, Copy)]
pub enum Derived {
    /// A family of a group's labels: what a label belongs to, nothing if it belongs to none.
    Family(fn(&str) -> Option<String>),
    /// The group's whole, in ranges.
    Size,
}

/// A part that is derived from a group.
#[derive(Debug, Clone, Copy)]
pub struct Part {
    /// Its name.
    pub name: &'static str,
    /// The group that it is derived from.
    pub group: &'static str,
    /// How.
    pub derived: Derived,
}

/// All derived parts. Their names are no group's.
pub const DERIVED: &[Part] = &[
    family("php_family", "php_version", two_numbers),
    family("python_family", "python_version", two_numbers),
    family("database_family", "database_version", database),
    family("rrdtool_family", "rrdtool_version", two_numbers),
    family("netsnmp_family", "netsnmp_version", two_numbers),
    family("release_family", "librenms_release", release),
    family("distribution", "os_version", distribution),
    Part { name: "size_devices", group: "type", derived: Derived::Size },
    Part { name: "size_ports", group: "port_type", derived: Derived::Size },
];

const fn family(name: &'static str, group: &'static str, of: fn(&str) -> Option<String>) -> Part {
    Part { name, group, derived: Derived::Family(of) }
}

/// Whether each install has one label of a part, so that installs are all there is to count.
#[must_use]
pub fn counts_installs(part: &str) -> bool {
    GROUPS.iter().any(|group| group.name == part && !matches!(group.source, Source::Rows(_)))
        || DERIVED.iter().any(|derived| derived.name == part)
}

/// The group that a part's labels are of; nothing for derived parts.
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
    fn derived_parts_have_names_of_their_own_and_groups_that_are_there() {
        for part in DERIVED {
            assert!(group(part.name).is_none() && group(part.group).is_some(), "{}", part.name);
        }
        assert!(counts_installs("dbschema") && counts_installs("php_family") && !counts_installs("os"));
    }
}
