//! Air-gapped sites: `upload` sends a file from a connected host, `receipt` imports the answer. Both handle reports and
//! delete requests.

use super::clear::{print_answer, print_cleared};
use super::output::{Confirmation, Otherwise};
use super::receipt::check_line;
use super::{Context, output};
use crate::app::clear::file as clear_file;
use crate::code::Code;
use crate::error::{Error, Reason, Result};
use crate::policy::Verdict;
use crate::receiver::{Receiver, ReceiverOverride};
use crate::store::consent::Consent;
use crate::store::pending_clear::Pending;
use crate::store::{State, ledger};
use crate::submit::{load_run_state, offline, read_run_state};
use callback_protocol::agent_api::{AttemptOutcome, ClearAnswer, Imported};
use std::path::Path;

/// How a file is sent.
#[derive(Clone, Copy)]
pub(super) struct UploadOptions {
    /// Send even if the file has already been uploaded.
    pub(super) again: bool,
    pub(super) yes: bool,
    pub(super) json: bool,
}

impl UploadOptions {
    /// Shows what is sent to whom, and asks for confirmation.
    fn confirm(self, lines: &[String]) -> Result<()> {
        let confirmation = Confirmation { yes: self.yes, json: self.json, otherwise: Otherwise::Unsent };
        confirmation.show(lines)?;
        confirmation.ask("Send it?")
    }
}

pub(super) async fn upload(context: &Context, file: &Path, options: UploadOptions) -> Result<()> {
    match offline::format_of(file)?.as_str() {
        clear_file::REQUEST => upload_clear(context, file, options).await,
        offline::REPORT => upload_report(context, file, options).await,
        format => {
            let is_answer = matches!(format, clear_file::ANSWER | offline::ANSWER);
            Err(not_to_upload(file, is_answer))
        }
    }
}

/// The error for a file that is neither a report nor a delete request.
fn not_to_upload(file: &Path, is_answer: bool) -> Error {
    let file = file.display();
    let message = match is_answer {
        true => format!("nothing was sent: {file} is an answer; import it with: callback-agent receipt FILE"),
        false => format!("nothing was sent: {file} is not a file that `submit --out` or `clear --out` wrote"),
    };
    Error::new(Code::FileInvalid, message)
}

/// The command that imports an answer. The file is copied to another host, so only its name is known.
fn import_command(answer: &Path) -> String {
    let name = answer.file_name().unwrap_or(answer.as_os_str());
    format!("callback-agent receipt {}", output::visible(&name.to_string_lossy()))
}

async fn upload_report(context: &Context, file: &Path, options: UploadOptions) -> Result<()> {
    let upload = offline::Upload::read(file, options.again)?;
    upload.must_be_allowed(allowed_here(context).await?.as_ref())?;
    let lines =
        [format!("receiver  {}", output::address(&upload.receiver.url)), format!("report    of {}", upload.day())];
    options.confirm(&lines)?;
    let (answer, answer_file) = upload.send(&context.config).await?;
    if options.json {
        let mut document = serde_json::to_value(&answer)
            .map_err(|error| Error::new(Code::Internal, "cannot write the answer as JSON").caused_by(error))?;
        document["code"] = Code::Sent.as_str().into();
        return output::json(&document);
    }
    output::line(&format!("Sent: {}.", answer.said))?;
    output::line(&format!(
        "Copy {} back to the host that wrote the report, and run there: {}",
        answer_file.display(),
        import_command(&answer_file)
    ))
}

async fn upload_clear(context: &Context, file: &Path, options: UploadOptions) -> Result<()> {
    let upload = clear_file::Upload::read(file, options.again)?;
    let directory = context.state_directory()?;
    if State::exists(&directory) {
        let mut state = State::open_for_reading(&directory).await?;
        let is_pending = upload.must_be_pending(&mut state).await;
        state.close().await?;
        is_pending?;
    }
    let mut lines: Vec<String> = upload.receivers().map(|url| format!("receiver  {}", output::address(url))).collect();
    lines.push("The file asks to delete all reports of the LibreNMS that wrote it.".to_owned());
    options.confirm(&lines)?;
    let uploaded = upload.send(&context.config).await?;
    if options.json {
        return output::json(&uploaded);
    }
    uploaded.answers.iter().try_for_each(|one| print_answer(one, false))?;
    output::line(&format!(
        "Copy {} back to the host that wrote the request, and run there: {}. It verifies the receipts. Then delete both \
         files here.",
        uploaded.answer,
        import_command(Path::new(&uploaded.answer))
    ))
}

/// The receiver that this host's consent names, or `None` if this host does not build reports. An opt-out on this host
/// blocks uploads, too.
async fn allowed_here(context: &Context) -> Result<Option<Receiver>> {
    let directory = context.state_directory()?;
    if !State::exists(&directory) {
        return Ok(None);
    }
    let mut state = State::open_for_reading(&directory).await?;
    let consent = Consent::load(&mut state).await?;
    let pending = Pending::load(&mut state).await?.is_some();
    let decision = match (&consent, context.location()) {
        _ if pending => Some(Verdict::Nothing(Reason::new(Code::ClearPending, "a deletion is pending"))),
        (Consent::NeverAsked, _) => None,
        (Consent::Off(_), _) => Some(Verdict::Nothing(Reason::new(Code::OptedOut, "you opted out on this host"))),
        (Consent::On(_), Err(_)) => Some(Verdict::Report),
        (Consent::On(_), Ok(location)) => Some(
            read_run_state(context.work(&location, &ReceiverOverride::default()), &mut state).await?.verdict.decision,
        ),
    };
    state.close().await?;
    match decision {
        Some(Verdict::Nothing(reason)) => Err(reason.nothing_sent()),
        Some(Verdict::Clear) => {
            Err(Error::new(Code::ClearPending, "nothing was sent: a deletion is pending in LibreNMS"))
        }
        Some(Verdict::Report) => Ok(consent.given().map(|given| given.receiver.clone())),
        None => Ok(None),
    }
}

pub(super) async fn receipt(context: &Context, file: &Path, json: bool) -> Result<()> {
    match offline::format_of(file)?.as_str() {
        clear_file::ANSWER => import_clear(context, file, json).await,
        _ => import_report(context, file, json).await,
    }
}

async fn import_report(context: &Context, file: &Path, json: bool) -> Result<()> {
    let mut state = context.state().await?;
    let location = context.location().ok();
    let before = ledger::entries(&mut state).await?;
    let imported = offline::import_answer(&mut state, location.as_ref(), file).await;
    state.close().await?;
    let (entry, ended) = imported?;
    if json {
        let code = ledger::reason_of(&ended).code.into();
        let (outcome, receipt, proof) = (ended.outcome, ended.receipt, ended.proof);
        return output::json(&Imported { code, entry, outcome, receipt, proof });
    }
    // The check is printed below, and may have a new result.
    let is_same = |was: &AttemptOutcome| {
        (&was.code, was.outcome, &was.said, &was.receipt) == (&ended.code, ended.outcome, &ended.said, &ended.receipt)
    };
    let is_known = before.iter().any(|it| it.id == entry && it.ended.as_ref().is_some_and(is_same));
    let again = if is_known { ", as imported before" } else { "" };
    output::line(&format!("Entry {entry}: {}{again}.", ended.said))?;
    ended.proof.map_or(Ok(()), |proof| output::line(&check_line(proof)))
}

async fn import_clear(context: &Context, file: &Path, json: bool) -> Result<()> {
    let named = ReceiverOverride::default();
    let mut state = context.state().await?;
    let location = context.location().ok();
    let found = match &location {
        Some(location) => load_run_state(context.work(location, &named), &mut state).await.ok(),
        None => None,
    };
    let imported = clear_file::import(&mut state, location.as_ref().zip(found.as_ref()), file).await;
    state.close().await?;
    let imported = imported?;
    if json {
        return output::json(&imported);
    }
    let ClearAnswer { pending, cleared, .. } = imported;
    if pending {
        cleared.iter().try_for_each(|one| print_answer(one, false))?;
        return output::line("Imported. Other receivers have not confirmed yet, so the deletion stays pending.");
    }
    match cleared.is_empty() {
        true => output::line("Already imported; nothing was changed."),
        false => print_cleared(&cleared, false),
    }
}
