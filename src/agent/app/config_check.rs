//! `config check`: which LibreNMS, database and receiver the configuration selects, and warnings about it.

use super::effective_receiver::{ReceiverSources, effective_receiver};
use crate::code::Code;
use crate::config::{Config, SYSTEM_STATE};
use crate::error::{Error, Reason, Result};
use crate::librenms::{Location, Settings, read_settings};
use crate::receiver::{Receiver, ReceiverOverride, without_query};
use crate::report::query_timeout;
use callback_protocol::agent_api::{ConfigReport, EffectiveReceiver};
use std::path::{Path, PathBuf};

/// What to check, and where each part was named.
pub(crate) struct ConfigRequest<'a> {
    /// The configuration.
    pub config: &'a Config,
    /// The configuration file.
    pub file: &'a Path,
    /// LibreNMS.
    pub location: &'a Result<Location>,
    /// Where it was named.
    pub named_in: String,
    /// The receiver named by `CALLBACK_RECEIVER` and `CALLBACK_RECEIVER_KIND`.
    pub named: &'a ReceiverOverride,
}

/// Checks a parsed configuration. Reads LibreNMS's settings if it can.
pub(crate) async fn config_check(request: &ConfigRequest<'_>) -> Result<ConfigReport> {
    let ConfigRequest { config, file, location, .. } = request;
    config.check_receiver()?;
    let mut notices = config.warnings(Some(file))?;
    let (install, librenms, problem) = match location {
        Ok(Location::LibreNms(directory)) => {
            ("a LibreNMS directory", Some(directory.path().display().to_string()), None)
        }
        Ok(Location::Database(_)) => ("a database", None, None),
        Err(error) => ("none", None, Some(error.to_string())),
    };
    let place = location.as_ref().ok().map(|location| location.place(&request.named_in)).transpose();
    notices.extend(place.as_ref().err().map(reason));
    let receiver = receiver(request, &mut notices).await?;
    let state = config.state_directory().unwrap_or_else(|error| {
        notices.push(reason(&error));
        // Where `install` creates one.
        PathBuf::from(SYSTEM_STATE)
    });
    let code = location.as_ref().map_or_else(Error::code, |_| Code::ConfigValid);
    Ok(ConfigReport {
        code: code.into(),
        file: file.exists().then(|| file.display().to_string()),
        install: install.to_owned(),
        librenms,
        named_in: request.named_in.clone(),
        problem,
        database: place.ok().flatten(),
        state: state.display().to_string(),
        receiver,
        terms: config.terms.len() as u64,
        patterns: config.patterns.len() as u64,
        notices: notices.into_iter().map(Into::into).collect(),
    })
}

fn reason(error: &Error) -> Reason {
    Reason::new(error.code(), error.message())
}

/// The receiver of the next report.
async fn receiver(request: &ConfigRequest<'_>, notices: &mut Vec<Reason>) -> Result<Option<EffectiveReceiver>> {
    let (settings, is_complete) = match request.location {
        Ok(location) => match read_settings(location, query_timeout(request.config)).await {
            Ok(settings) => (settings, true),
            Err(error) => {
                notices.push(reason(&error));
                (in_config_php(location), false)
            }
        },
        Err(_) => (Settings::default(), false),
    };
    let sources = ReceiverSources {
        named: request.named,
        named_in: "CALLBACK_RECEIVER in the environment",
        configured: request.config.receiver.as_ref(),
        config_file: request.file.display().to_string(),
    };
    let (receiver, from) = match effective_receiver(&sources, &settings, is_complete) {
        Ok(found) => found,
        // A receiver URL that cannot be used is an error, wherever it is set.
        Err(error) if error.code() != Code::ReceiverNotDetermined => return Err(error),
        Err(error) => {
            notices.push(reason(&error));
            return Ok(None);
        }
    };
    notices.extend(unencrypted(&receiver));
    Ok(Some(EffectiveReceiver { receiver: (&receiver).into(), from }))
}

fn in_config_php(location: &Location) -> Settings {
    let mut settings = Settings::default();
    if let Location::LibreNms(directory) = location {
        directory.override_settings(&mut settings);
    }
    settings
}

/// A warning about plain HTTP to another host.
fn unencrypted(receiver: &Receiver) -> Option<Reason> {
    receiver.unencrypted_url().map(|url| {
        let url = without_query(url);
        Reason::new(
            Code::ReceiverNotEncrypted,
            format!(
                "{url} uses plain http: data sent there can be read in transit; use https:// if the receiver \
                     supports it"
            ),
        )
    })
}
