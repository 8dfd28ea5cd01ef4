//! Sends one report: ready, lock, build, record, deliver, settle.
//!
//! The order makes it safe. The lock comes first. The receiver that may hold the report, and the payload, are recorded
//! before anything is sent. The settings are read again just before each attempt.

use super::attempts::{self, Attempt};
use super::{RunContext, RunState, held_up, offline, recover, still_allowed};
use crate::clock;
use crate::code::Code;
use crate::error::{Error, Reason, Result};
use crate::failpoint::{Point, reached};
use crate::librenms::connection::Connection;
use crate::librenms::write::{Change, WriteOutcome, write};
use crate::librenms::{Settings, read_settings};
use crate::receiver::{Kind, Receiver};
use crate::report::{build, gather, query_timeout, sandbox};
use crate::sandbox::module::Module;
use crate::store::State;
use crate::store::consent::Choices;
use crate::store::holders::DataHolder;
use crate::store::ledger::{self, AttemptOutcome, AttemptStarted, Outcome, Subject, prune};
use crate::trust::{self, ReceiptCheck, policy as receiver_policy};
use callback_collector::{Findings, Report};
use callback_protocol::agent_api::{ClearResult, SendResult, SentReport};
use jiff::civil::Date;
use std::path::PathBuf;

/// Start of the message about a rejected receipt; [`ReceiptCheck::description`] follows.
const REFUSED: &str = "the receiver accepted the report, but its receipt is";

/// Why there is nothing to send although this state's ledger has no report for the day.
fn sent_elsewhere() -> Reason {
    Reason::new(Code::SentElsewhere, "another poller of this LibreNMS sent it")
}

/// The message if the day cannot be written into table `callback`.
const DAY_NOT_WRITTEN: &str = "nothing was sent: cannot write table `callback` of LibreNMS's database, which coordinates \
                        the pollers; it may be locked, or the server down; the next run tries again";

#[derive(Debug, Clone, Default)]
pub(crate) struct Options {
    /// Send even if today's report has been sent. A callback-receiver replaces that one.
    pub again: bool,
    /// Do everything except sending and recording.
    pub dry_run: bool,
    /// Write the report into this file instead of sending it.
    pub out: Option<PathBuf>,
    /// Send the previewed report, or nothing.
    pub exactly: Option<PreviewedReport>,
}

/// A previewed report. It is rebuilt from the same facts, and sent only if its bytes are identical.
#[derive(Debug, Clone)]
pub(crate) struct PreviewedReport {
    /// The facts document.
    pub facts: Vec<u8>,
    /// The uuid in it.
    pub uuid: String,
    /// SHA-256 of the payload that was shown.
    pub payload_sha256: String,
}

/// What a run did with its report.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Submitted {
    /// The outcome; `None` for a dry run.
    pub ended: Option<AttemptOutcome>,
    /// The findings about the payload.
    pub findings: Findings,
    /// SHA-256 of the module that built it.
    pub module_sha256: String,
    /// The receiver.
    pub receiver: Receiver,
    /// The day of the report.
    pub day: Date,
}

impl Submitted {
    pub(crate) fn code(&self) -> Code {
        self.ended.as_ref().map_or(Code::DryRun, |ended| ledger::reason_of(ended).code)
    }
}

/// What a run did.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum RunOutcome {
    /// A report was sent, or with a dry run would have been.
    Report(Box<Submitted>),
    /// Today's report has already been sent; the reason says how that is known.
    AlreadySent(Date, Reason),
    /// All receivers confirmed the deletion.
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
                    receiver: receiver.shown().to_owned(),
                    payload_sha256: findings.payload_sha256,
                    bytes: findings.payload_bytes as u64,
                    module_sha256,
                    proof,
                })
            }
            RunOutcome::AlreadySent(day, Reason { code, text }) => {
                Self::AlreadySent { code: code.into(), already_sent: day, said: text }
            }
            RunOutcome::Cleared(cleared) => Self::Cleared { code: trust::binding::code(&cleared).into(), cleared },
        }
    }
}

/// The result of a stage.
type Stage<T> = std::result::Result<T, Stop>;

/// Why the pipeline ended before the report was delivered.
enum Stop {
    /// There is nothing to do, or the dry run is complete.
    Done(RunOutcome),
    Failed(Error),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

/// Builds and sends today's report.
pub(crate) async fn report(
    context: RunContext<'_>,
    module: &Module,
    state: &mut State,
    options: &Options,
    run: RunState,
) -> Result<RunOutcome> {
    let mut run = Run { context, module, state, options, today: clock::today(), known: run };
    match run.deliver().await {
        Ok((delivered, failed)) => run.settle(delivered, failed).await,
        Err(Stop::Done(outcome)) => Ok(outcome),
        Err(Stop::Failed(error)) => Err(error),
    }
}

/// A run that sends a report.
struct Run<'a> {
    context: RunContext<'a>,
    module: &'a Module,
    state: &'a mut State,
    options: &'a Options,
    today: Date,
    known: RunState,
}

/// The lock that keeps other pollers of this install from sending. It is held until this is dropped.
struct Locked(#[expect(dead_code, reason = "held for its lock")] Connection);

/// A report that may be sent.
struct Built {
    report: Report,
    uuid: String,
}

/// A report in the ledger, with the receiver that may hold it from now on.
struct Recorded {
    entry: i64,
    started: AttemptStarted,
    holder: DataHolder,
    report: Report,
}

/// A report after delivery, successful or not.
struct Delivered {
    findings: Findings,
    ended: AttemptOutcome,
}

impl Run<'_> {
    /// Runs all stages up to the delivery. Returns the error that ended it.
    async fn deliver(&mut self) -> Stage<(Delivered, Option<Error>)> {
        self.ready().await?;
        let _locked = self.lock().await?;
        let built = self.build().await?;
        let Recorded { entry, started, holder, report } = self.record(built).await?;
        let attempt = Attempt { begun: &started, held: &holder, payload: &report.payload };
        let (ended, failed) = match &self.options.out {
            Some(file) => (offline::write_out(&attempt, file), None),
            None => {
                let RunState { settings, consent, .. } = &self.known;
                attempts::send(self.context, self.state, &attempt, settings, consent).await?
            }
        };
        let mut delivered = Delivered { findings: report.findings, ended };
        self.check_receipt(&mut delivered.ended).await?;
        reached(Point::Checked);
        // Before the lock is released: another poller may send today if this one did not.
        if !delivered.ended.outcome.counts_for_the_day() {
            recover::remove_day(self.context.location, self.state, &self.today.to_string()).await?;
        }
        ledger::end(self.state, entry, &delivered.ended).await?;
        reached(Point::Ended);
        Ok((delivered, failed))
    }

    /// Settles earlier runs that are open. Stops if today's report was sent, or if the receiver asked to wait.
    async fn ready(&mut self) -> Stage<()> {
        if self.options.dry_run {
            return Ok(());
        }
        let RunState { receiver, settings, .. } = &mut self.known;
        recover::open_runs(self.context, self.state, receiver, settings).await?;
        if !self.options.again
            && let Some(from) = sent_on(self.state, self.today, settings).await?
        {
            return Err(Stop::Done(RunOutcome::AlreadySent(self.today, from)));
        }
        match held_up(self.state, receiver).await? {
            Some(reason) => Err(reason.nothing_sent().into()),
            None => Ok(()),
        }
    }

    /// Takes the lock against other pollers of this install.
    async fn lock(&mut self) -> Stage<Locked> {
        let timeout = query_timeout(self.context.config);
        let mut pollers = Connection::open(self.context.location, timeout).await?;
        if !pollers.lock().await? {
            let message = "another poller of this LibreNMS is sending; nothing was done";
            return Err(Error::new(Code::OtherPoller, message).into());
        }
        // Another poller may have sent between the first check and the lock.
        if !self.options.dry_run && !self.options.again {
            let mut now = read_settings(self.context.location, timeout).await?;
            self.state.sync(&self.known.install, &mut now).await?;
            if let Some(from) = sent_on(self.state, self.today, &now).await? {
                return Err(Stop::Done(RunOutcome::AlreadySent(self.today, from)));
            }
        }
        Ok(Locked(pollers))
    }

    /// Builds the report, and reads all settings again, since building takes time.
    async fn build(&mut self) -> Stage<Built> {
        let Self { context, module, state, options, known, .. } = self;
        let sandbox = sandbox(module, state.directory())?;
        let (facts, uuid) = match &options.exactly {
            Some(exactly) => {
                if state.sync(&known.install, &mut known.settings).await?.uuid.as_ref() != Some(&exactly.uuid) {
                    return Err(Error::new(
                        Code::PreviewOutdated,
                        "nothing was sent: the random ID has changed since the preview; reload the preview",
                    )
                    .into());
                }
                (exactly.facts.clone(), exactly.uuid.clone())
            }
            None => {
                let choices = known.consent.given().map_or_else(Choices::default, |given| given.choices.clone());
                let mut instance = sandbox.instance()?;
                let how = (&choices, known.consent.payload_schema());
                let gathered =
                    gather(context.config, context.location, state, &mut instance, how, context.progress).await?;
                (gathered.facts, gathered.uuid)
            }
        };
        let report = build(&sandbox, &facts)?;
        if let Some(exactly) = &options.exactly
            && exactly.payload_sha256 != report.findings.payload_sha256
        {
            return Err(Error::new(
                Code::ReportDiffers,
                "nothing was sent: the report built now differs from the one shown (different SHA-256); reload the \
                 preview",
            )
            .into());
        }
        reached(Point::Built);
        still_allowed(*context, state, &known.consent).await?;
        if options.dry_run {
            return Err(Stop::Done(self.submitted(None, report.findings)));
        }
        Ok(Built { report, uuid })
    }

    /// Records the receiver, the payload, and the day for other pollers.
    async fn record(&mut self, Built { report, uuid }: Built) -> Stage<Recorded> {
        let RunState { receiver, consent, .. } = &self.known;
        let holder = self.state.hold(receiver, &uuid, self.today).await?;
        self.state.sent_to(&holder, self.today).await?;
        reached(Point::Held);
        let started = AttemptStarted {
            subject: if self.options.out.is_some() { Subject::File } else { Subject::Report },
            day: self.today,
            receiver: receiver.url.clone(),
            kind: receiver.kind,
            payload_sha256: Some(report.findings.payload_sha256.clone()),
            payload_bytes: Some(report.payload.len() as u64),
            payload_schema: Some(consent.payload_schema()),
            module_sha256: Some(self.module.sha256.clone()),
            request_hmac: None,
        };
        let entry = ledger::begin(self.state, &started, Some((&report.payload, &uuid))).await?;
        reached(Point::Begun);
        // SQLite has no lock that pollers share; the first to write the day sends.
        let noted = write(self.context.location, Change::Day(&self.today.to_string())).await?;
        reached(Point::DayWritten);
        let reason = match noted {
            WriteOutcome::Unchanged if !self.options.again => sent_elsewhere(),
            // Without the record, another poller might send today's report, too.
            WriteOutcome::Failed => Reason::new(Code::DayNotRecorded, DAY_NOT_WRITTEN),
            WriteOutcome::Made | WriteOutcome::Unchanged | WriteOutcome::Denied => {
                return Ok(Recorded { entry, started, holder, report });
            }
        };
        let ended = ledger::outcome_without_receipt(Outcome::NotSent, None, 0, reason.clone());
        ledger::end(self.state, entry, &ended).await?;
        Err(match noted {
            WriteOutcome::Failed => Stop::Failed(reason.into()),
            _ => Stop::Done(RunOutcome::AlreadySent(self.today, reason)),
        })
    }

    /// Verifies the receipt of a receiver that signs receipts.
    async fn check_receipt(&mut self, ended: &mut AttemptOutcome) -> Result<()> {
        let RunState { receiver, settings, .. } = &self.known;
        let (Kind::CallbackStats, Some(receipt)) = (receiver.kind, &ended.receipt) else { return Ok(()) };
        let check = trust::check(self.state, receiver, receipt, Some(settings)).await?;
        ended.proof = Some(check);
        if check.is_refused() {
            ended.code = Some(Code::ReceiptNotVerified.into());
            ended.said = format!(
                "{REFUSED} {}; nothing more is sent until you accept a key; see `callback-agent key show`",
                check.description()
            );
        }
        Ok(())
    }

    /// Prunes the ledger, checks the receiver's policy, and returns how the run went.
    async fn settle(&mut self, delivered: Delivered, failed: Option<Error>) -> Result<RunOutcome> {
        let Delivered { findings, ended } = delivered;
        let ledger = &self.context.config.ledger;
        let limits = prune::Limits { entries: ledger.entries, days: ledger.days };
        prune::prune(self.state, limits, clock::now()).await?;
        if ended.outcome == Outcome::Sent {
            let RunState { receiver, settings, .. } = &self.known;
            receiver_policy::fetch_and_record(self.state, receiver, settings, false).await?;
            trust::binding::fetch_and_record(self.state, receiver, settings).await?;
        }
        if let Some(error) = failed {
            return Err(error);
        }
        let refused = ended.proof.is_some_and(ReceiptCheck::is_refused);
        match ended.outcome {
            Outcome::Sent | Outcome::Written | Outcome::Cleared if !(refused && ended.outcome == Outcome::Sent) => {
                Ok(self.submitted(Some(ended), findings))
            }
            _ => Err(ledger::reason_of(&ended).into()),
        }
    }

    /// What this run did with the report.
    fn submitted(&self, ended: Option<AttemptOutcome>, findings: Findings) -> RunOutcome {
        RunOutcome::Report(Box::new(Submitted {
            ended,
            findings,
            module_sha256: self.module.sha256.clone(),
            receiver: self.known.receiver.clone(),
            day: self.today,
        }))
    }
}

/// Whether the report of a day has already been sent, and how that is known.
async fn sent_on(state: &mut State, day: Date, settings: &Settings) -> Result<Option<Reason>> {
    Ok(match ledger::sent_on(&ledger::entries(state).await?, day) {
        Some(Outcome::Unknown) => {
            Some(Reason::new(Code::MaybeSent, "it may have arrived, see `callback-agent history`"))
        }
        Some(Outcome::Written) => Some(Reason::new(Code::AlreadyWritten, "it was written to a file")),
        Some(_) => Some(Reason::new(Code::AlreadySent, "see `callback-agent history`")),
        None => (settings.agent_day.as_deref() == Some(day.to_string().as_str())).then(sent_elsewhere),
    })
}
