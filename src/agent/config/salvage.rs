//! A configuration with mistakes, key by key: everything that is wrong, and what can still be used.

use super::Config;
use serde::Deserialize;
use std::collections::BTreeSet;
use toml::de::DeTable;
use toml::{Table, Value};

/// Required keys of tables, with a value for checking the other keys.
const REQUIRED: [(&str, &str, &str); 3] = [
    ("receiver", "url", "https://receiver.example/log.php"),
    ("module", "path", "/module.wasm"),
    ("module", "sha256", "0000000000000000000000000000000000000000000000000000000000000000"),
];

/// The result of checking a text.
#[derive(Debug, Default)]
pub(super) struct Examined {
    /// The valid keys; `None` if the text is not TOML.
    pub(super) config: Option<Config>,
    /// What is wrong, by line.
    pub(super) mistakes: Vec<String>,
}

/// Checks each key separately.
pub(super) fn examine(text: &str) -> Examined {
    let whole: Table = match toml::from_str(text) {
        Ok(whole) => whole,
        Err(error) => return Examined { mistakes: vec![syntax(text, &error)], ..Examined::default() },
    };
    let mut found = Found { text, places: DeTable::parse(text).ok(), right: Table::new(), wrong: Vec::new() };
    for (key, value) in whole {
        match value {
            Value::Table(table) => found.table(&key, table),
            value => found.value(key, value),
        }
    }
    found.examined()
}

/// What has been found so far.
struct Found<'t> {
    text: &'t str,
    places: Option<toml::Spanned<DeTable<'t>>>,
    right: Table,
    /// Line, key of the file, what is wrong.
    wrong: Vec<(usize, String, String)>,
}

impl Found<'_> {
    fn value(&mut self, key: String, value: Value) {
        match tried(Table::from_iter([(key.clone(), value.clone())]), Some(&key)) {
            Ok(()) => drop(self.right.insert(key, value)),
            Err(what) => self.add(&key, None, what),
        }
    }

    fn table(&mut self, key: &str, table: Table) {
        let required = || REQUIRED.iter().filter(|(table, ..)| *table == key);
        let with = |inner: Option<(&str, &Value)>| {
            let mut table: Table =
                required().map(|(_, name, value)| ((*name).to_owned(), Value::String((*value).to_owned()))).collect();
            table.extend(inner.map(|(name, value)| (name.to_owned(), value.clone())));
            Table::from_iter([(key.to_owned(), Value::Table(table))])
        };
        if let Err(what) = tried(with(None), Some(key)) {
            return self.add(key, None, what);
        }
        for (_, name, _) in required().filter(|(_, name, _)| !table.contains_key(*name)) {
            self.add(key, None, format!("expected a key `{name}` in [{key}]"));
        }
        let mut right = Table::new();
        for (name, value) in table {
            match tried(with(Some((&name, &value))), Some(&format!("{key}.{name}"))) {
                Ok(()) => drop(right.insert(name, value)),
                Err(what) => self.add(key, Some(&name), what),
            }
        }
        if required().all(|(_, name, _)| right.contains_key(*name)) {
            self.right.insert(key.to_owned(), Value::Table(right));
        }
    }

    fn add(&mut self, key: &str, inner: Option<&str>, what: String) {
        let line = self.line_of(key, inner).unwrap_or(1);
        self.wrong.push((line, key.to_owned(), what));
    }

    /// The line of a key.
    fn line_of(&self, key: &str, inner: Option<&str>) -> Option<usize> {
        let table = self.places.as_ref()?.get_ref();
        let (mut place, value) = table.iter().find(|(name, _)| name.get_ref() == key)?;
        if let Some(inner) = inner {
            (place, _) = value.get_ref().as_table()?.iter().find(|(name, _)| name.get_ref() == inner)?;
        }
        Some(line_at(self.text, place.span().start))
    }

    fn examined(mut self) -> Examined {
        let config = match tried(self.right.clone(), None) {
            Ok(()) => Config::deserialize(self.right).ok(),
            // Keys that are valid separately, but not together.
            Err(what) => {
                self.wrong.push((1, String::new(), what));
                None
            }
        };
        self.wrong.sort();
        let lost: BTreeSet<String> = self.wrong.iter().map(|(_, key, _)| key.clone()).collect();
        Examined {
            config: config.map(|config| Config { lost, ..config }),
            mistakes: self.wrong.iter().map(|(line, _, what)| format!("line {line}: {what}")).collect(),
        }
    }
}

/// Whether a configuration can be used; `key` is the key that is being checked.
fn tried(table: Table, key: Option<&str>) -> Result<(), String> {
    match Config::deserialize(table) {
        Ok(config) => config.check(),
        Err(error) => {
            let what = what_is_wrong(error.message());
            let names_key = key.is_none() || error.message().starts_with("unknown field");
            Err(match key {
                Some(key) if !names_key => format!("`{}`: {what}", key.escape_debug()),
                _ => what,
            })
        }
    }
}

/// A message of serde without the value that it quotes before ", expected".
pub(super) fn what_is_wrong(message: &str) -> String {
    let what = match message.rsplit_once("expected ") {
        Some((before, expected)) => match before.strip_prefix("unknown field `") {
            Some(key) => {
                let key = key.trim_end().trim_end_matches(',').trim_end_matches('`');
                // The former name of `librenms` still works, but nobody should start to use it.
                let expected = expected.replace("`install`, ", "");
                format!("unknown key `{}`, expected {expected}", key.escape_debug())
            }
            None => format!("expected {}", in_words(expected)),
        },
        // It names one of the agent's own keys.
        None if message.starts_with("missing field ") => message.replace("missing field", "expected a key"),
        None if message.starts_with("duplicate field ") => {
            "`librenms` and its former name `install` are both set".to_owned()
        }
        None if message.starts_with("duplicate key") => "a key is set twice".to_owned(),
        None => "not valid TOML".to_owned(),
    };
    what.lines().next().unwrap_or_default().to_owned()
}

/// A type as serde names it, in words.
fn in_words(expected: &str) -> &str {
    match expected {
        "u32" | "u64" | "usize" => "a whole number",
        "a sequence" => "a list",
        "a boolean" => "true or false",
        "a map" => "a table",
        _ if expected.starts_with("struct ") => "a table",
        _ => expected,
    }
}

/// What is wrong with a text that is not TOML, without quoting it.
fn syntax(text: &str, error: &toml::de::Error) -> String {
    let line = line_at(text, error.span().map_or(0, |span| span.start));
    let what = match lacks_quotes(text.lines().nth(line - 1).unwrap_or_default()) {
        true => "not valid TOML; put text in quotes".to_owned(),
        false => what_is_wrong(error.message()),
    };
    format!("line {line}: {what}")
}

/// Whether a line sets a key to text without quotes.
fn lacks_quotes(line: &str) -> bool {
    let Some((key, value)) = line.split_once('=') else { return false };
    let is_key = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
    let (key, value) = (key.trim(), value.trim());
    !key.is_empty()
        && key.chars().all(is_key)
        && value.starts_with(|c: char| c.is_ascii_alphanumeric() || "/~.".contains(c))
        && toml::from_str::<Table>(&format!("x = {value}")).is_err()
}

/// The line of a place in a text.
pub(super) fn line_at(text: &str, at: usize) -> usize {
    text.as_bytes()[..at.min(text.len())].iter().filter(|byte| **byte == b'\n').count() + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    const THREE: &str = "librenms = '/opt/x'\nterm = 1\n[receiver]\nurl = 'https://stats.example.org/log.php'\n\
                         kind = 'callback-hunter2'\n[submit]\nattempts = 'hunter2'\nwait_seconds = 7\n";

    #[test]
    fn every_mistake_is_named_by_line_and_key_and_the_other_keys_are_kept() {
        let Examined { config, mistakes } = examine(THREE);
        let starts = [
            "line 2: unknown key `term`, expected ",
            "line 5: `receiver.kind`: expected ",
            "line 7: `submit.attempts`: expected a whole number",
        ];
        assert_eq!(mistakes.len(), starts.len(), "{mistakes:?}");
        for (mistake, start) in mistakes.iter().zip(starts) {
            assert!(mistake.starts_with(start) && !mistake.contains("hunter2"), "{mistake}");
        }
        let config = config.unwrap();
        assert_eq!((config.install.as_deref(), config.submit.wait_seconds), (Some("/opt/x"), 7));
        assert_eq!(config.receiver.map(|receiver| receiver.url).as_deref(), Some("https://stats.example.org/log.php"));
        assert!(["term", "receiver", "submit"].iter().all(|key| config.lost.contains(*key)));
    }

    #[test]
    fn a_table_that_lacks_what_it_needs_is_not_used() {
        let mistakes = |text: &str| examine(text).mistakes;
        assert_eq!(mistakes("terms = []\n[receiver]\nkind = 'stock'"), ["line 2: expected a key `url` in [receiver]"]);
        let Examined { config, mistakes: wrong } = examine("[receiver]\nurl = 'ftp://x'\nkind = 'stock'");
        assert_eq!((wrong.len(), config.unwrap().receiver), (1, None), "{wrong:?}");
        assert_eq!(mistakes("[recever]\nurl = 'x'\nkind = 'y'").len(), 1);
        assert_eq!(mistakes("[[receiver]]\nurl = 'x'").len(), 1);
        assert_eq!(mistakes("terms = ['x']\n[submit]\nattempts = 0\n[ledger]\ndays = 0").len(), 2);
        assert_eq!(mistakes("librenms = '/a'\ninstall = '/b'").len(), 1);
    }

    #[test]
    fn a_former_name_is_not_suggested() {
        let message = examine("term = 1").mistakes.concat();
        assert!(message.contains("expected one of `librenms`") && !message.contains("`install`"), "{message}");
    }

    #[test]
    fn text_without_quotes_has_its_own_message() {
        for text in
            ["terms = []\nlibrenms = /opt", "[x]\nkind = stock # ours", "[receiver]\nurl = https://a.example/log.php"]
        {
            let mistakes = examine(text).mistakes;
            assert_eq!(mistakes, ["line 2: not valid TOML; put text in quotes"], "{text}");
        }
        for text in ["librenms = '/opt", "librenms '/opt'", "[receiver\nurl = 'x'"] {
            let mistakes = examine(text).mistakes;
            assert!(mistakes.len() == 1 && !mistakes[0].contains("quotes"), "{mistakes:?}");
        }
    }
}
