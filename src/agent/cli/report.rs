//! The commands that build a report and send nothing: preview, facts.

use super::args::PreviewArgs;
use super::{Context, explain, output, readable, share};
use crate::code::Code;
use crate::error::{Error, Result};
use crate::files::write_private;
use crate::librenms::Location;
use crate::report::{Gathered, build, gather, sandbox};
use crate::sandbox::module::Module;
use crate::store::State;
use crate::store::consent::{Choices, Consent};
use callback_collector::Report;
use std::path::Path;

/// A report with everything that commands need to show it.
pub(super) struct BuiltReport {
    pub(super) module: Module,
    pub(super) gathered: Gathered,
    pub(super) report: Report,
    pub(super) consent: Consent,
}

/// Builds a report with the recorded choices, or with `choices`.
pub(super) async fn make(
    context: &Context,
    location: &Location,
    state: &mut State,
    choices: Option<(&Choices, u32)>,
) -> Result<BuiltReport> {
    let module = Module::load(&context.config)?;
    let sandbox = sandbox(&module, state.directory())?;
    let mut instance = sandbox.instance()?;
    let consent = Consent::load(state).await?;
    let before = consent.given().map(|given| given.choices.clone()).unwrap_or_default();
    let how = choices.unwrap_or((&before, consent.payload_schema()));
    let gathered = gather(&context.config, location, state, &mut instance, how, &context.progress).await?;
    let report = build(&sandbox, &gathered.facts)?;
    Ok(BuiltReport { module, gathered, report, consent })
}

pub(super) async fn preview(context: &Context, arguments: &PreviewArgs) -> Result<()> {
    let location = context.location()?;
    let mut state = context.state_for_reading().await?;
    let made = make(context, &location, &mut state, None).await?;
    state.close().await?;
    let (payload, findings) = (&made.report.payload, &made.report.findings);
    if arguments.raw {
        return output::bytes(payload);
    }
    if arguments.explain {
        let filter = &arguments.filter;
        return match (arguments.json, filter.is_set()) {
            (true, _) => output::json(&filter.limited_part_of(findings.clone())?),
            (false, true) => output::lines(&explain::selected(&filter.part_of(findings.clone())?, filter.limit)),
            (false, false) => output::lines(&explain::findings(findings)),
        };
    }
    if arguments.json {
        return output::bytes(&pretty(payload)?);
    }
    if let Some(file) = &arguments.share {
        let page = share::page(payload, findings, &made.module.sha256)?;
        if file.as_os_str() == "-" {
            return output::bytes(page.as_bytes());
        }
        write_private(file, page.as_bytes()).map_err(|error| or_redirect(&error))?;
        return output::line(&format!(
            "Written to {}, with redacted text blacked out. Review it before you share it: the sanitiser may have missed something.",
            file.display()
        ));
    }
    let mut lines = explain::summary(findings);
    if made.gathered.is_new_uuid {
        lines.push("uuid      an example, different on each run; `enable` generates the one that is sent".into());
    }
    if let Some(given) = made.consent.given().filter(|given| given.choices != Choices::default()) {
        lines.extend(explain::choices(&given.choices));
    }
    lines.extend(
        explain::changes(&made.consent, &made.module).into_iter().map(|change| format!("warning   {}", change.text)),
    );
    lines.push(String::new());
    lines.extend(readable::report(payload, arguments.all)?);
    lines.push(String::new());
    lines.push("Nothing was sent. See also: --all (every label and device description), --explain (what was redacted, and why), --json, --raw (exact bytes)".into());
    output::lines(&lines)
}

/// The payload, indented. Keys stay in the order in which they are sent.
fn pretty(payload: &[u8]) -> Result<Vec<u8>> {
    let unreadable = || Error::new(Code::ModuleOutput, "the module's payload is not JSON; it was not sent");
    let mut text = Vec::new();
    let mut reader = serde_json::Deserializer::from_slice(payload);
    let mut writer = serde_json::Serializer::pretty(&mut text);
    serde_transcode::transcode(&mut reader, &mut writer).map_err(|_| unreadable())?;
    text.push(b'\n');
    Ok(text)
}

pub(super) async fn facts(context: &Context, out: Option<&Path>) -> Result<()> {
    let location = context.location()?;
    let mut state = context.state_for_reading().await?;
    let mut facts = make(context, &location, &mut state, None).await?.gathered.facts;
    state.close().await?;
    facts.push(b'\n');
    match out {
        Some(file) if file.as_os_str() != "-" => write_private(file, &facts).map_err(|error| or_redirect(&error)),
        _ => output::bytes(&facts),
    }
}

/// An error of writing a file, with a workaround: the shell opens files as the user who typed the command.
fn or_redirect(error: &Error) -> Error {
    let advice = if error.code() == Code::FileNotWritten { "; or write to - and redirect it: - > FILE" } else { "" };
    Error::new(error.code(), format!("{}{advice}", error.message()))
}
