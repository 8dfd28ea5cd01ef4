//! The receiver in effect, and which setting names it.

use crate::code::Code;
use crate::error::{Error, Result};
use crate::librenms::Settings;
use crate::receiver::{Receiver, ReceiverOverride, ReceiverSettings};

/// The places where a receiver may be named.
pub(crate) struct ReceiverSources<'a> {
    /// For this command.
    pub named: &'a ReceiverOverride,
    /// The option or variable that names it.
    pub named_in: &'a str,
    /// In the configuration.
    pub configured: Option<&'a ReceiverSettings>,
    /// The configuration file.
    pub config_file: String,
}

/// The receiver of reports, and the setting that names it. An error if only LibreNMS's settings can name it and they
/// are incomplete.
pub(crate) fn effective_receiver(
    sources: &ReceiverSources<'_>,
    settings: &Settings,
    is_complete: bool,
) -> Result<(Receiver, String)> {
    const SETTING: &str = "callback_post";
    let receiver = Receiver::choose(sources.named, sources.configured, settings)?;
    let from = if sources.named.url.is_some() {
        sources.named_in.to_owned()
    } else if sources.configured.is_some() {
        format!("receiver.url in {}", sources.config_file)
    } else if settings.by_name.get(SETTING).is_some_and(|url| !url.is_empty()) {
        format!("LibreNMS's {SETTING} in {}", origin(settings, SETTING))
    } else if is_complete {
        "LibreNMS's default".to_owned()
    } else {
        return Err(Error::new(
            Code::ReceiverNotDetermined,
            format!("LibreNMS's settings cannot be read, and its {SETTING} may name the receiver"),
        ));
    };
    Ok((receiver, from))
}

/// Where one of LibreNMS's settings is set.
pub(crate) fn origin(settings: &Settings, name: &'static str) -> &'static str {
    match settings.in_config_php.contains(name) || settings.unreadable.contains(name) {
        true => "config.php",
        false => "table `config`",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_setting_that_names_the_receiver_is_shown() {
        let named = ReceiverOverride { url: Some("https://n.example/log.php".into()), kind: None };
        let configured = ReceiverSettings {
            url: "https://c.example/log.php".into(),
            kind: crate::receiver::Kind::Stock,
            clear_url: None,
            allow_http: false,
        };
        let mut settings = Settings::default();
        let from = |named: &ReceiverOverride, configured, settings: &Settings, is_complete| {
            let config_file = "/etc/x.toml".to_owned();
            let sources = ReceiverSources { named, named_in: "--receiver", configured, config_file };
            effective_receiver(&sources, settings, is_complete).map(|(_, from)| from).map_err(|error| error.code())
        };
        let none = ReceiverOverride::default();
        assert_eq!(from(&named, Some(&configured), &settings, false), Ok("--receiver".to_owned()));
        assert_eq!(from(&none, Some(&configured), &settings, false), Ok("receiver.url in /etc/x.toml".to_owned()));
        assert_eq!(from(&none, None, &settings, true), Ok("LibreNMS's default".to_owned()));
        assert_eq!(from(&none, None, &settings, false), Err(Code::ReceiverNotDetermined));
        settings.by_name.insert("callback_post".into(), "https://l.example/log.php".into());
        assert_eq!(from(&none, None, &settings, false), Ok("LibreNMS's callback_post in table `config`".to_owned()));
        settings.in_config_php.insert("callback_post");
        assert_eq!(from(&none, None, &settings, false), Ok("LibreNMS's callback_post in config.php".to_owned()));
    }
}
