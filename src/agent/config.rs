//! The configuration: one TOML file, every key optional, unknown keys refused.

use crate::error::{Error, Result};
use crate::versions::Override;
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// Where the configuration is looked for when no file is named.
pub const DEFAULT_PATH: &str = "/etc/callback-agent.toml";

/// The configuration.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// The install: a LibreNMS folder, a `mysql://` or `mariadb://` URL, or a SQLite file.
    pub install: Option<String>,
    /// Folder of the agent's own files; made private if it is not there.
    pub state: Option<PathBuf>,
    /// Where reports go; without it, where LibreNMS's `callback_post` says.
    pub receiver: Option<Receiver>,
    /// A module other than the embedded one.
    pub module: Option<ModuleFile>,
    /// Versions of software that runs elsewhere or cannot be found.
    pub versions: Override,
    /// The admin's own words, removed wherever they stand.
    pub terms: Vec<String>,
}

/// Where reports go.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Receiver {
    /// Its address, up to and including `/log.php`.
    pub url: String,
}

/// A module in a file.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModuleFile {
    /// The `.wasm` file.
    pub path: PathBuf,
    /// The SHA-256 that it must have, hexadecimal.
    pub sha256: String,
}

impl Config {
    /// Reads the file that is named, or the default one if there is one.
    ///
    /// # Errors
    /// [`Error::Config`] for a file that cannot be read or has a key or value that is not expected.
    pub fn load(path: Option<&Path>) -> Result<Self> {
        let (path, must_exist) = match path {
            Some(path) => (path, true),
            None => (Path::new(DEFAULT_PATH), false),
        };
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && !must_exist => return Ok(Self::default()),
            Err(error) => {
                return Err(Error::Config(format!("{} cannot be read ({})", path.display(), error.kind())));
            }
        };
        Self::parse(&text).map_err(|what| Error::Config(format!("{}: {what}", path.display())))
    }

    /// Reads the text; the error names the place and what was expected, never the value.
    fn parse(text: &str) -> std::result::Result<Self, String> {
        toml::from_str(text).map_err(|error: toml::de::Error| {
            let line = error.span().map_or(1, |span| text[..span.start.min(text.len())].matches('\n').count() + 1);
            let message = error.message();
            // toml's message for a wrong type quotes the value before ", expected"; the rest is ours.
            let what = match message.rsplit_once("expected ") {
                Some((before, expected)) if before.starts_with("unknown field") => {
                    format!("unknown key, expected {expected}")
                }
                Some((_, expected)) => format!("expected {expected}"),
                None => "no valid TOML".to_owned(),
            };
            format!("line {line}: {}", what.lines().next().unwrap_or_default())
        })
    }

    /// The folder of the agent's own files.
    ///
    /// # Errors
    /// [`Error::Config`] where there is neither a setting nor a home folder.
    pub fn state_folder(&self) -> Result<PathBuf> {
        if let Some(folder) = &self.state {
            return Ok(folder.clone());
        }
        let variable = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        variable("STATE_DIRECTORY")
            .or_else(|| variable("XDG_STATE_HOME").map(|folder| folder.join("callback-agent")))
            .or_else(|| variable("HOME").map(|home| home.join(".local/state/callback-agent")))
            .ok_or_else(|| {
                Error::Config("there is no home folder to keep the agent's state in; set `state` or --state".into())
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_is_optional() {
        assert_eq!(Config::parse("").unwrap(), Config::default());
    }

    #[test]
    fn a_whole_file_is_read() {
        let config = Config::parse(
            "install = '/opt/librenms'\nterms = ['Acme']\n[receiver]\nurl = 'https://stats.example/log.php'\n[versions]\nphp = '8.2.7'\n",
        )
        .unwrap();
        assert_eq!(config.install.as_deref(), Some("/opt/librenms"));
        assert_eq!(config.versions.php.as_deref(), Some("8.2.7"));
        assert_eq!(config.receiver.unwrap().url, "https://stats.example/log.php");
    }

    #[test]
    fn unknown_keys_and_wrong_types_are_named_by_line_without_their_values() {
        let unknown = Config::parse("install = 'x'\n[versions]\nhp = '8'\n").unwrap_err();
        assert!(unknown.starts_with("line 3: unknown key, expected"), "{unknown}");
        let wrong = Config::parse("terms = 'expected hunter2'").unwrap_err();
        assert!(wrong.starts_with("line 1: expected") && !wrong.contains("hunter2"), "{wrong}");
        let broken = Config::parse("install = mysql://user:hunter2@db").unwrap_err();
        assert!(broken.starts_with("line 1: ") && !broken.contains("hunter2"), "{broken}");
    }
}
