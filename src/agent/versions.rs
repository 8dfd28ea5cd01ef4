//! Versions of the install's software, from the programs themselves. A version that cannot be determined is left out.

use crate::system::command::output_within;
use callback_collector::facts::Versions;
use callback_collector::text::Text;
use serde::Deserialize;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// Timeout for a program that prints its version.
const PROGRAM_TIMEOUT: Duration = Duration::from_secs(5);

/// Versions set in the configuration, for software that runs elsewhere. An empty string leaves a version out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Override {
    /// Database server, for example `MariaDB 10.11.6`.
    pub database: Option<String>,
    /// PHP.
    pub php: Option<String>,
    /// Python.
    pub python: Option<String>,
    /// RRDtool.
    pub rrdtool: Option<String>,
    /// Net-SNMP.
    pub netsnmp: Option<String>,
    /// Distribution and version.
    pub os: Option<String>,
    /// LibreNMS: `master`, or a release.
    pub librenms: Option<String>,
}

/// Finds the versions on this host, and adds those of the database and of LibreNMS as read from the install.
pub(crate) fn find(given: &Override, database: Option<String>, librenms: Option<String>) -> Versions<'static> {
    fn choose(given: Option<&String>, found: impl FnOnce() -> Option<String>) -> Option<Text<'static>> {
        match given {
            Some(given) => Some(given.clone()).filter(|version| !version.is_empty()).map(Text::from),
            None => found().map(Text::from),
        }
    }
    std::thread::scope(|scope| {
        // Run all programs at the same time: each takes tens of milliseconds to start.
        let ask = |given: &'_ Option<String>, program: &'static str, argument: &'static str, label: &'static str| {
            let given = given.clone();
            scope.spawn(move || choose(given.as_ref(), || version_printed_by(program, &[argument], label)))
        };
        let php = ask(&given.php, "php", "-v", "PHP ");
        let python = ask(&given.python, "python3", "--version", "Python ");
        let rrdtool = ask(&given.rrdtool, "rrdtool", "--version", "RRDtool ");
        let netsnmp = ask(&given.netsnmp, "snmpget", "-V", "NET-SNMP version: ");
        Versions {
            database: choose(given.database.as_ref(), || database),
            php: php.join().ok().flatten(),
            python: python.join().ok().flatten(),
            rrdtool: rrdtool.join().ok().flatten(),
            netsnmp: netsnmp.join().ok().flatten(),
            os: choose(given.os.as_ref(), || distribution(Path::new("/etc/os-release"))),
            librenms: choose(given.librenms.as_ref(), || librenms),
        }
    })
}

/// The word after `label` in a program's output.
fn version_printed_by(program: &str, arguments: &[&str], label: &str) -> Option<String> {
    let mut command = Command::new(program);
    command.args(arguments).env("LC_ALL", "C");
    let output = output_within(PROGRAM_TIMEOUT, command)?;
    version_in(&String::from_utf8_lossy(&output.stdout), label)
        .or_else(|| version_in(&String::from_utf8_lossy(&output.stderr), label))
}

/// The version after a label at the start of a line. PHP may first print warnings that start with the same label.
fn version_in(printed: &str, label: &str) -> Option<String> {
    printed.lines().find_map(|line| {
        let word = line.strip_prefix(label)?.split_whitespace().next()?;
        word.starts_with(|c: char| c.is_ascii_digit()).then(|| word.to_owned())
    })
}

/// Name and version of the distribution, from os-release(5).
fn distribution(path: &Path) -> Option<String> {
    let text = crate::files::read_text(path, crate::files::MAX_SETTINGS).ok()?;
    let value = |key: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('='))?;
        Some(line.trim().trim_matches(['"', '\'']).to_owned()).filter(|value| !value.is_empty())
    };
    let name = value("NAME")?;
    Some(value("VERSION_ID").map_or(name.clone(), |version| format!("{name} {version}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_from_what_programs_print() {
        assert_eq!(version_in("PHP 8.2.29 (cli) (built: Jul)", "PHP ").as_deref(), Some("8.2.29"));
        assert_eq!(version_in("RRDtool 1.7.2  Copyright", "RRDtool ").as_deref(), Some("1.7.2"));
        assert_eq!(version_in("NET-SNMP version: 5.9.3\n", "NET-SNMP version: ").as_deref(), Some("5.9.3"));
        assert_eq!(version_in("PHP Warning: something\nNo PHP 8.1 here", "PHP "), None);
    }

    #[test]
    fn warnings_before_the_version_are_skipped() {
        let printed = "\nWarning: PHP Startup: Unable to load dynamic library 'ldap.so' (PHP 7.4 needed) in Unknown on line 0\n\
                       PHP Warning:  PHP Startup: Unable to load dynamic library 'ldap.so' in Unknown on line 0\n\
                       PHP 8.2.36 (cli) (built: Aug  3 2026 20:00:00) (NTS)\nCopyright (c) The PHP Group\n";
        assert_eq!(version_in(printed, "PHP ").as_deref(), Some("8.2.36"));
    }

    #[test]
    fn missing_programs_are_left_out() {
        assert_eq!(version_printed_by("no-such-program-here", &[], "x"), None);
        assert_eq!(distribution(Path::new("/no/such/file")), None);
    }

    #[test]
    fn configured_versions_override_and_an_empty_one_leaves_out() {
        let given = Override { python: Some(String::new()), php: Some("8.3.1".into()), ..Override::default() };
        let found = find(&given, Some("SQLite 3".into()), None);
        assert_eq!((found.python, found.php), (None, Some(Text::from("8.3.1"))));
        assert_eq!((found.database, found.librenms), (Some(Text::from("SQLite 3")), None));
    }

    #[test]
    fn a_distribution_has_a_name_and_a_version() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("os-release");
        std::fs::write(&file, "PRETTY_NAME=\"x\"\nNAME=\"Debian GNU/Linux\"\nVERSION_ID=\"12\"\n").unwrap();
        assert_eq!(distribution(&file).as_deref(), Some("Debian GNU/Linux 12"));
        std::fs::write(&file, "NAME=Arch\n").unwrap();
        assert_eq!(distribution(&file).as_deref(), Some("Arch"));
    }
}
