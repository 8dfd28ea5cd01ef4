//! The commands that read an install: preview, facts, submit, enable.

use super::{Context, explain, output};
use callback_agent::consent::{Consent, denied_by_environment, may_send};
use callback_agent::error::{Error, Result};
use callback_agent::module::Module;
use callback_agent::report::{Gathered, build, gather};
use callback_agent::send::{STOCK_URL, Sent, send};
use callback_agent::source::Settings;
use callback_agent::state::State;
use callback_collector::{PAYLOAD_SCHEMA, Report};
use std::io::{BufRead, IsTerminal};

/// Everything that a command about one report needs.
struct Made {
    module: Module,
    gathered: Gathered,
    report: Report,
    state: State,
}

async fn make(context: &Context) -> Result<Made> {
    let location = context.location()?;
    let module = Module::load(&context.config)?;
    let sandbox = context.sandbox(&module)?;
    let mut state = context.state().await?;
    let mut instance = sandbox.instance()?;
    let gathered = gather(&context.config, &location, &mut state, &mut instance, &context.progress).await?;
    let report = build(&sandbox, &gathered.facts)?;
    Ok(Made { module, gathered, report, state })
}

pub(super) async fn preview(context: &Context, raw: bool, explain: bool, json: bool) -> Result<()> {
    let made = make(context).await?;
    made.state.close().await?;
    if raw {
        return output::bytes(&made.report.payload);
    }
    if explain {
        return if json { output::json(&made.report.findings) } else { explain::findings(&made.report.findings) };
    }
    if std::io::stderr().is_terminal() {
        for line in explain::summary(&made.report.findings) {
            eprintln!("{line}");
        }
    }
    output::bytes(&pretty(&made.report.payload)?)
}

/// The payload with line breaks, its keys in the order in which they are sent.
fn pretty(payload: &[u8]) -> Result<Vec<u8>> {
    let unreadable = || Error::Module("the module's payload is no JSON; it was not sent".into());
    let mut text = Vec::new();
    let mut reader = serde_json::Deserializer::from_slice(payload);
    let mut writer = serde_json::Serializer::pretty(&mut text);
    serde_transcode::transcode(&mut reader, &mut writer).map_err(|_| unreadable())?;
    text.push(b'\n');
    Ok(text)
}

pub(super) async fn facts(context: &Context) -> Result<()> {
    let made = make(context).await?;
    made.state.close().await?;
    output::bytes(&made.gathered.facts)?;
    output::bytes(b"\n")
}

pub(super) async fn submit(context: &Context, receiver: Option<String>, json: bool) -> Result<()> {
    let environment = denied_by_environment();
    let mut made = make(context).await?;
    let consent = Consent::load(&mut made.state).await?;
    may_send(environment, &consent, &made.gathered.settings)?;
    let url = receiver.map_or_else(|| receiver_url(context, &made.gathered.settings), Ok)?;
    let (payload, findings, module) = (made.report.payload, made.report.findings, made.module);
    let digest = findings.payload_sha256.clone();
    let sent = {
        let (digest, module) = (digest.clone(), module.sha256.clone());
        tokio::task::spawn_blocking(move || send(&url, &payload, &digest, &module))
            .await
            .map_err(|_| Error::Receiver("sending broke off; the next run tries again".into()))??
    };
    made.state.close().await?;
    let receipt = match &sent {
        Sent::Receipt(receipt) => Some(receipt),
        Sent::WithoutReceipt => None,
    };
    if json {
        return output::json(&serde_json::json!({
            "payload_sha256": digest,
            "module_sha256": module.sha256,
            "bytes": findings.payload_bytes,
            "receipt": receipt,
        }));
    }
    for line in explain::summary(&findings) {
        output::line(&line)?;
    }
    match receipt {
        Some(receipt) => output::line(&format!(
            "receipt   day {}, forgotten from {} on, SHA-256 {}",
            receipt.day, receipt.expires, receipt.payload_sha256
        )),
        None => output::line("receipt   none (this receiver gives none); it took the report"),
    }
}

/// Where reports go: as configured here, else where LibreNMS sends them.
fn receiver_url(context: &Context, settings: &Settings) -> Result<String> {
    if let Some(receiver) = &context.config.receiver {
        return Ok(receiver.url.clone());
    }
    if settings.unreadable.contains("callback_post") {
        return Err(Error::Config(
            "config.php sets callback_post in a way that cannot be read; name the receiver in the agent's configuration"
                .into(),
        ));
    }
    let librenms = settings.by_name.get("callback_post").cloned().filter(|url| !url.is_empty());
    Ok(librenms.unwrap_or_else(|| STOCK_URL.to_owned()))
}

pub(super) async fn enable(context: &Context, yes: bool) -> Result<()> {
    let mut made = make(context).await?;
    for line in explain::summary(&made.report.findings) {
        output::line(&line)?;
    }
    output::line(&format!("receiver  {}", output::visible(&receiver_url(context, &made.gathered.settings)?)))?;
    output::line(
        "Each `callback-agent submit` would send a report like this. See all of it with: callback-agent preview",
    )?;
    if !yes {
        if !std::io::stdin().is_terminal() {
            return Err(Error::NotAllowed("nothing was changed: there is nobody to ask; say yes with --yes".into()));
        }
        eprint!("Allow it? Type yes: ");
        let mut answer = String::new();
        output::checked(std::io::stdin().lock().read_line(&mut answer).map(drop))?;
        if answer.trim() != "yes" {
            return Err(Error::NotAllowed("nothing was changed: the answer was not yes".into()));
        }
    }
    Consent::record(&mut made.state, true, &made.module.sha256).await?;
    made.state.close().await?;
    let environment = denied_by_environment();
    let consent = Consent::On { payload_schema: PAYLOAD_SCHEMA, module_sha256: made.module.sha256 };
    match may_send(environment, &consent, &made.gathered.settings) {
        Ok(()) => output::line("Allowed. Nothing runs by itself: each `callback-agent submit` sends one report."),
        Err(switch) => output::line(&format!("Allowed here. Still, another switch says no: {switch}")),
    }
}
