//! The command `config check`, and where settings were named.

use super::{Context, FORMER_LIBRENMS, LIBRENMS, environment, output};
use crate::app::config_check::{ConfigRequest, config_check};
use crate::config::DEFAULT_PATH;
use crate::error::Result;
use crate::receiver::ReceiverOverride;
use crate::system::Job;
use callback_common::display::counted;
use callback_protocol::agent_api::{ConfigReport, DatabasePlace};
use std::path::Path;

impl Context {
    /// The configuration file.
    pub(super) fn config_path(&self) -> &Path {
        self.config_file.as_deref().unwrap_or(Path::new(DEFAULT_PATH))
    }

    /// Where the name in [`Context::location`] comes from.
    pub(super) fn named_in(&self) -> String {
        if self.named.is_some() {
            return "--librenms".to_owned();
        }
        if let Some(name) = [LIBRENMS, FORMER_LIBRENMS].into_iter().find(|name| environment(name).is_some()) {
            return format!("{name} in the environment");
        }
        if self.config.install.is_some() {
            return format!("librenms in {}", self.config_path().display());
        }
        match Job::installed(Path::new("/")).and_then(|job| job.install) {
            Some(_) => "the installed schedule".to_owned(),
            None => "default".to_owned(),
        }
    }
}

/// The receiver named in the environment.
fn named_receiver() -> ReceiverOverride {
    let kind = environment("CALLBACK_RECEIVER_KIND");
    let kind = kind.and_then(|kind| <crate::receiver::Kind as clap::ValueEnum>::from_str(&kind, false).ok());
    ReceiverOverride { url: environment("CALLBACK_RECEIVER"), kind }
}

pub(super) async fn check(context: &Context, json: bool) -> Result<()> {
    let location = context.location();
    let named = named_receiver();
    let request = ConfigRequest {
        config: &context.config,
        file: context.config_path(),
        location: &location,
        named_in: context.named_in(),
        named: &named,
    };
    let report = config_check(&request).await?;
    if json {
        output::json(&report)?;
    } else {
        output::lines(&in_words(&report))?;
    }
    location.map(drop)
}

fn in_words(report: &ConfigReport) -> Vec<String> {
    let visible = output::visible;
    let file = report.file.as_deref().map_or_else(|| "none; the defaults are used".to_owned(), visible);
    let install = match &report.librenms {
        Some(path) => visible(path),
        None => report.install.clone(),
    };
    let mut lines = vec![format!("file      {file}"), format!("librenms  {install} ({})", visible(&report.named_in))];
    lines.push(match &report.database {
        Some(DatabasePlace { server, name, user, from }) => {
            let name = name.as_ref().map(|name| format!(", database {}", visible(name))).unwrap_or_default();
            let user = user.as_ref().map(|user| format!(", user {}", visible(user))).unwrap_or_default();
            format!("database  {}{name}{user} ({})", visible(server), visible(from))
        }
        None => "database  unknown".to_owned(),
    });
    lines.push(format!("state     {}", visible(&report.state)));
    lines.push(match &report.receiver {
        Some(found) => {
            let (url, kind) = (output::address(&found.receiver.url), found.receiver.kind.name());
            format!("receiver  {url} ({kind}; {})", visible(&found.from))
        }
        None => "receiver  unknown".to_owned(),
    });
    lines.push(format!("redacts   {}, {}", counted(report.terms, "term"), counted(report.patterns, "pattern")));
    lines.extend(report.notices.iter().map(|notice| format!("warning   {}", visible(&notice.message))));
    lines
}
