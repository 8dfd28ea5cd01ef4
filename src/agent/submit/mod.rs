//! A run: finds out what a run before left open, asks every switch, and sends a report, has everything cleared, or
//! does nothing.
//!
//! The order is what makes it safe. The lock comes first. What receivers may hold is recorded before anything is sent,
//! and so is the payload. The switches are asked again just before each try.

pub(crate) mod attempts;
pub(crate) mod offline;
pub(crate) mod random_delay;
pub(crate) mod recover;

use crate::app::build::{build, gather, query_timeout, sandbox};
use crate::app::clear;
use crate::clock;
use crate::code::Code;
use crate::config::Config;
use crate::error::{Error, Reason, Result};
use crate::failpoint::{Point, reached};
use crate::librenms::connection::Connection;
use crate::librenms::write::{Change, WriteOutcome, write};
use crate::librenms::{Location, Settings, StockSender, read_settings};
use crate::policy::{PolicyInputs, PolicyVerdict, Verdict, denied_by_environment, verdict};
use crate::progress::Progress;
use crate::receiver::{Kind, Receiver, ReceiverOverride};
use crate::sandbox::module::Module;
use crate::store::State;
use crate::store::consent::{Choices, Consent};
use crate::store::ledger::{self, AttemptOutcome, AttemptStarted, Outcome, Subject, prune};
use crate::store::lock::RunLock;
use crate::store::pending_clear::{AskedBy, Pending};
use crate::trust::policy as receiver_policy;
use crate::trust::{self, ReceiptCheck};
use attempts::Attempt;
use callback_collector::Findings;
use callback_protocol::agent_api::{ClearResult, SendResult, SentReport};
use jiff::civil::Date;
use std::path::PathBuf;

/// What is said of a receipt whose signature is refused, before [`ReceiptCheck::description`].
const REFUSED: &str = "the receiver accepted the report, but its receipt is";

/// Why a run has nothing to do although this state's ledger has no report of the day.
fn elsewhere() -> Reason {
    Reason::new(Code::SentElsewhere, "another poller of this LibreNMS sent it")
}

/// Why nothing was sent where the day could not be written into table `callback`.
const HINDERED: &str = "nothing was sent: cannot write table `callback` of LibreNMS's database, which tells the other \
                        pollers; it may be locked or the server gone; the next run tries again";

/// What a run works on.
#[derive(Clone, Copy)]
pub(crate) struct RunContext<'a> {
    /// The configuration.
    pub config: &'a Config,
    /// The install.
    pub location: &'a Location,
    /// A receiver that was named for this run.
    pub named: &'a ReceiverOverride,
    /// Where to show progress.
    pub progress: &'a Progress,
}

/// How a run differs from the usual one.
#[derive(Debug, Clone, Default)]
pub(crate) struct Options {
    /// Send although there is a report of today already; a receiver of ours replaces that one.
    pub again: bool,
    /// Do everything but send and record.
    pub dry_run: bool,
    /// Write the report into this file instead of sending it.
    pub out: Option<PathBuf>,
    /// Send what was previewed, or nothing.
    pub exactly: Option<PreviewedReport>,
}

/// A report that was previewed: it is built again from the same facts, and sent only if its bytes are the same.
#[derive(Debug, Clone)]
pub(crate) struct PreviewedReport {
    /// The facts document.
    pub facts: Vec<u8>,
    /// The pseudonym in it.
    pub uuid: String,
    /// SHA-256 of the payload that was shown.
    pub payload_sha256: String,
}

/// A report of a run.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Submitted {
    /// What came of it; nothing for a dry run.
    pub ended: Option<AttemptOutcome>,
    /// What is said of the payload.
    pub findings: Findings,
    /// SHA-256 of the module that made it.
    pub module_sha256: String,
    /// Where it went, or would go.
    pub receiver: Receiver,
    /// The day that it counts for.
    pub day: Date,
}

impl Submitted {
    /// What came of it.
    pub(crate) fn code(&self) -> Code {
        self.ended.as_ref().map_or(Code::DryRun, |ended| ledger::reason_of(ended).code)
    }
}

/// What a run did.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum RunOutcome {
    /// A report, or what would be one.
    Report(Box<Submitted>),
    /// Nothing: there is a report of that day already; in words, from where that is known.
    AlreadySent(Date, Reason),
    /// Everything is cleared.
    Cleared(Vec<ClearResult>),
}

impl From<RunOutcome> for SendResult {
    fn from(outcome: RunOutcome) -> Self {
        match outcome {
            RunOutcome::Report(report) => {
                let code = report.code().into();
                let Submitted { ended, findings, module_sha256, receiver, day } = *report;
                let (outcome, said, receipt, proof) = match ended {
                    Some(ended) => (Some(ended.outcome), Some(ended.said), ended.receipt, ended.proof),
                    None => (None, None, None, None),
                };
                Self::Report(SentReport {
                    code,
                    outcome,
                    said,
                    receipt,
                    day,
                    receiver: receiver.url,
                    payload_sha256: findings.payload_sha256,
                    bytes: findings.payload_bytes as u64,
                    module_sha256,
                    proof,
                })
            }
            RunOutcome::AlreadySent(day, Reason { code, text }) => {
                Self::AlreadySent { code: code.into(), already_sent: day, said: text }
            }
            RunOutcome::Cleared(cleared) => Self::Cleared { code: Code::Cleared.into(), cleared },
        }
    }
}

/// What is known of the install when the switches are asked.
pub(crate) struct RunState {
    /// LibreNMS's settings.
    pub settings: Settings,
    /// SHA-256 of where the database is.
    pub install: String,
    /// The receiver of a report.
    pub receiver: Receiver,
    /// What the admin said.
    pub consent: Consent,
    /// What all switches come to.
    pub verdict: PolicyVerdict,
}

/// Asks every switch, here and in LibreNMS, as they are now.
pub(crate) async fn load_run_state(work: RunContext<'_>, state: &mut State) -> Result<RunState> {
    let mut settings = read_settings(work.location, query_timeout(work.config)).await?;
    let install = work.location.fingerprint()?;
    state.look(&install, &mut settings).await?;
    let receiver = Receiver::choose(work.named, work.config, &settings)?;
    let pending = Pending::load(state).await?;
    let consent = Consent::load(state).await?;
    let verdict = verdict(&PolicyInputs {
        environment: denied_by_environment(),
        pending: pending.as_ref(),
        consent: &consent,
        target: Some((&install, &receiver)),
        settings: Some(&settings),
    });
    Ok(RunState { settings, install, receiver, consent, verdict })
}

/// Runs once.
pub(crate) async fn run(
    work: RunContext<'_>,
    module: &Module,
    state: &mut State,
    options: &Options,
) -> Result<RunOutcome> {
    let lock = RunLock::take(state)?;
    let load_run_state = match load_run_state(work, state).await {
        Ok(load_run_state) => load_run_state,
        // Off is off, whether or not the database can be asked; and a clear needs no database.
        Err(error) => return without_database(work, state, error, &lock).await,
    };
    match &load_run_state.verdict.decision {
        Verdict::Nothing(reason) => Err(reason.nothing_sent()),
        Verdict::Clear if options.dry_run => Err(Error::new(
            Code::ClearPending,
            "nothing was sent: a clear is pending, and the next run sends the delete request",
        )),
        Verdict::Clear => {
            if load_run_state.settings.stock_sender == StockSender::ClearPending {
                let uuid: Vec<String> = load_run_state.settings.uuid.iter().cloned().collect();
                Pending::ask(state, AskedBy::LibreNmsSwitch, &uuid).await?;
            }
            clear::run(work.config, state, Some((work.location, &load_run_state)), &lock).await.map(RunOutcome::Cleared)
        }
        Verdict::Report => report(work, module, state, options, load_run_state).await,
    }
}

/// What all switches come to where nothing of an install can be read.
pub(crate) async fn verdict_without_install(state: &mut State) -> Result<PolicyVerdict> {
    let (pending, consent) = (Pending::load(state).await?, Consent::load(state).await?);
    Ok(verdict(&PolicyInputs {
        environment: denied_by_environment(),
        pending: pending.as_ref(),
        consent: &consent,
        target: None,
        settings: None,
    }))
}

/// What can be done where the install's database cannot be read.
async fn without_database(work: RunContext<'_>, state: &mut State, error: Error, lock: &RunLock) -> Result<RunOutcome> {
    match verdict_without_install(state).await?.decision {
        Verdict::Clear => clear::run(work.config, state, None, lock).await.map(RunOutcome::Cleared),
        Verdict::Nothing(reason) => Err(reason.nothing_sent()),
        Verdict::Report => Err(error),
    }
}

async fn report(
    work: RunContext<'_>,
    module: &Module,
    state: &mut State,
    options: &Options,
    load_run_state: RunState,
) -> Result<RunOutcome> {
    let RunState { mut settings, install, receiver, consent, .. } = load_run_state;
    let today = clock::today();
    if !options.dry_run {
        recover::open_runs(work, state, &receiver, &mut settings).await?;
        if !options.again
            && let Some(from) = sent_on(state, today, &settings).await?
        {
            return Ok(RunOutcome::AlreadySent(today, from));
        }
        trust::must_not_be_refused(state, &receiver).await?;
        attempts::not_before(state).await?;
    }
    // Held until the end: no other poller of this install sends meanwhile.
    let mut pollers = Connection::open(work.location, query_timeout(work.config)).await?;
    if !pollers.lock().await? {
        return Err(Error::new(Code::OtherPoller, "another poller of this LibreNMS is sending; nothing was done"));
    }
    // One may have sent between the first look and the lock.
    if !options.dry_run && !options.again {
        let mut now = read_settings(work.location, query_timeout(work.config)).await?;
        state.look(&install, &mut now).await?;
        if let Some(from) = sent_on(state, today, &now).await? {
            return Ok(RunOutcome::AlreadySent(today, from));
        }
    }

    let sandbox = sandbox(module, state.folder())?;
    let (facts, uuid) = match &options.exactly {
        Some(exactly) => {
            if state.look(&install, &mut settings).await?.uuid.as_ref() != Some(&exactly.uuid) {
                return Err(Error::new(
                    Code::PreviewOutdated,
                    "nothing was sent: the random ID is not the one of the preview any more; reload the preview",
                ));
            }
            (exactly.facts.clone(), exactly.uuid.clone())
        }
        None => {
            let choices = consent.given().map_or_else(Choices::default, |given| given.choices.clone());
            let mut instance = sandbox.instance()?;
            let how = (&choices, consent.payload_schema());
            let gathered = gather(work.config, work.location, state, &mut instance, how, work.progress).await?;
            (gathered.facts, gathered.uuid)
        }
    };
    let report = build(&sandbox, &facts)?;
    if let Some(exactly) = &options.exactly
        && exactly.payload_sha256 != report.findings.payload_sha256
    {
        return Err(Error::new(
            Code::ReportDiffers,
            "nothing was sent: the report built now differs from the one shown (other SHA-256); reload the preview",
        ));
    }
    reached(Point::Built);
    still_allowed(work, state, &consent).await?;
    let mut submitted = Submitted {
        ended: None,
        findings: report.findings,
        module_sha256: module.sha256.clone(),
        receiver,
        day: today,
    };
    if options.dry_run {
        return Ok(RunOutcome::Report(Box::new(submitted)));
    }

    let held = state.hold(&submitted.receiver, &uuid, today).await?;
    state.sent_to(&held, today).await?;
    reached(Point::Held);
    let begun = AttemptStarted {
        subject: if options.out.is_some() { Subject::File } else { Subject::Report },
        day: today,
        receiver: submitted.receiver.url.clone(),
        kind: submitted.receiver.kind,
        payload_sha256: Some(submitted.findings.payload_sha256.clone()),
        payload_bytes: Some(report.payload.len() as u64),
        payload_schema: Some(consent.payload_schema()),
        module_sha256: Some(module.sha256.clone()),
    };
    let entry = ledger::begin(state, &begun, Some((&report.payload, &uuid))).await?;
    let day = today.to_string();
    reached(Point::Begun);
    // A SQLite file has no lock for pollers: who writes the day first sends.
    let noted = write(work.location, Change::Day(&day)).await?;
    reached(Point::DayWritten);
    let not_sent =
        |code, text: &str| ledger::outcome_without_receipt(Outcome::NotSent, None, 0, Reason::new(code, text));
    match noted {
        WriteOutcome::Before if !options.again => {
            ledger::end(state, entry, &ledger::outcome_without_receipt(Outcome::NotSent, None, 0, elsewhere())).await?;
            return Ok(RunOutcome::AlreadySent(today, elsewhere()));
        }
        // Who cannot tell the others, and may be allowed to, does not know what they do.
        WriteOutcome::Hindered => {
            ledger::end(state, entry, &not_sent(Code::DayNotRecorded, HINDERED)).await?;
            return Err(Error::new(Code::DayNotRecorded, HINDERED));
        }
        WriteOutcome::Made | WriteOutcome::Before | WriteOutcome::Refused => {}
    }
    let sending = Attempt { begun: &begun, held: &held, payload: &report.payload };
    let (mut ended, because) = match &options.out {
        Some(file) => (offline::write_out(&sending, file), None),
        None => attempts::send(work, state, &sending, &settings, &consent).await?,
    };
    if let (Kind::CallbackStats, Some(receipt)) = (submitted.receiver.kind, &ended.receipt) {
        let proof = trust::check(state, &submitted.receiver, receipt, Some(&settings)).await?;
        ended.proof = Some(proof);
        if proof.is_refused() {
            ended.code = Some(Code::ReceiptNotVerified.into());
            ended.said = format!(
                "{REFUSED} {}; nothing more is sent until you settle this, see `callback-agent key show`",
                proof.description()
            );
        }
    }
    reached(Point::Checked);
    if !ended.outcome.counts_for_the_day() {
        recover::free_day(work.location, state, &day).await?;
    }
    ledger::end(state, entry, &ended).await?;
    reached(Point::Ended);
    let limits = prune::Limits { entries: work.config.ledger.entries, days: work.config.ledger.days };
    prune::prune(state, limits, clock::now()).await?;
    if ended.outcome == Outcome::Sent {
        receiver_policy::look(state, &submitted.receiver, &settings, false).await?;
    }
    if let Some(error) = because {
        return Err(error);
    }
    match ended.outcome {
        Outcome::Sent if ended.proof.is_some_and(ReceiptCheck::is_refused) => Err(ledger::reason_of(&ended).into()),
        Outcome::Sent | Outcome::Written | Outcome::Cleared => {
            submitted.ended = Some(ended);
            Ok(RunOutcome::Report(Box::new(submitted)))
        }
        Outcome::SwitchedOff | Outcome::NotSent | Outcome::Unknown => Err(ledger::reason_of(&ended).into()),
    }
}

/// Whether a report that was built by a consent may still be sent, by all switches and the consent as they are now.
pub(crate) async fn still_allowed(work: RunContext<'_>, state: &mut State, built_by: &Consent) -> Result<()> {
    let now = load_run_state(work, state).await?;
    let allows = |consent: &Consent| consent.given().map(|given| (given.choices.clone(), given.payload_schema));
    match now.verdict.decision {
        Verdict::Report if allows(&now.consent) != allows(built_by) => Err(Error::new(
            Code::ConsentChanged,
            "nothing was sent: consent changed while the report was being built; the next run uses the new settings",
        )),
        Verdict::Report => Ok(()),
        Verdict::Nothing(reason) => Err(reason.nothing_sent()),
        Verdict::Clear => Err(Error::new(Code::ClearPending, "nothing was sent: a clear was requested during the run")),
    }
}

/// Whether a report of a day was sent already, and from where that is known.
async fn sent_on(state: &mut State, day: Date, settings: &Settings) -> Result<Option<Reason>> {
    Ok(match ledger::sent_on(&ledger::entries(state).await?, day) {
        Some(Outcome::Unknown) => {
            Some(Reason::new(Code::MaybeSent, "it may have arrived, see `callback-agent history`"))
        }
        Some(Outcome::Written) => Some(Reason::new(Code::AlreadyWritten, "it was written to a file")),
        Some(_) => Some(Reason::new(Code::AlreadySent, "see `callback-agent history`")),
        None => (settings.agent_day.as_deref() == Some(day.to_string().as_str())).then(elsewhere),
    })
}
