//! One report on its way: ready, locked, built, recorded, delivered, settled.
//!
//! The order is what makes it safe. The lock comes first. The receiver that may hold data is recorded before anything is
//! sent, and so is the payload. The settings are read again just before each attempt.

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

/// Start of the message about a receipt whose signature is refused; [`ReceiptCheck::description`] follows.
const REFUSED: &str = "the receiver accepted the report, but its receipt is";

/// Why a run has nothing to do although this state's ledger has no report of the day.
fn elsewhere() -> Reason {
    Reason::new(Code::SentElsewhere, "another poller of this LibreNMS sent it")
}

/// Message if the day cannot be written into table `callback`.
const HINDERED: &str = "nothing was sent: cannot write table `callback` of LibreNMS's database, which tells the other \
                        pollers; it may be locked or the server gone; the next run tries again";

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
            RunOutcome::Cleared(cleared) => Self::Cleared { code: trust::binding::code(&cleared).into(), cleared },
        }
    }
}

/// What a stage comes to.
type Stage<T> = std::result::Result<T, Stop>;

/// Why the pipeline ended before the report was delivered.
enum Stop {
    /// There is nothing to do, or a dry run has done it.
    Done(RunOutcome),
    /// It failed.
    Failed(Error),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

/// Builds and sends the report of today.
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

/// A run that is to send a report.
struct Run<'a> {
    context: RunContext<'a>,
    module: &'a Module,
    state: &'a mut State,
    options: &'a Options,
    today: Date,
    known: RunState,
}

/// The lock that keeps the other pollers of this install from sending; it holds as long as this lives.
struct Locked(#[expect(dead_code, reason = "held for its lock")] Connection);

/// A report that may be sent.
struct Built {
    report: Report,
    uuid: String,
}

/// A report that is in the ledger, with the receiver that may hold it from now on.
struct Recorded {
    entry: i64,
    started: AttemptStarted,
    holder: DataHolder,
    report: Report,
}

/// A report that was sent, or that could not be.
struct Delivered {
    findings: Findings,
    ended: AttemptOutcome,
}

impl Run<'_> {
    /// All stages up to the delivery, with the error that ended it.
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
            recover::free_day(self.context.location, self.state, &self.today.to_string()).await?;
        }
        ledger::end(self.state, entry, &delivered.ended).await?;
        reached(Point::Ended);
        Ok((delivered, failed))
    }

    /// Settles what earlier runs left open, and stops if today's report was sent or the receiver must be left alone.
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

    /// Locks out the other pollers of this install.
    async fn lock(&mut self) -> Stage<Locked> {
        let timeout = query_timeout(self.context.config);
        let mut pollers = Connection::open(self.context.location, timeout).await?;
        if !pollers.lock().await? {
            let message = "another poller of this LibreNMS is sending; nothing was done";
            return Err(Error::new(Code::OtherPoller, message).into());
        }
        // One may have sent between the first look and the lock.
        if !self.options.dry_run && !self.options.again {
            let mut now = read_settings(self.context.location, timeout).await?;
            self.state.sync(&self.known.install, &mut now).await?;
            if let Some(from) = sent_on(self.state, self.today, &now).await? {
                return Err(Stop::Done(RunOutcome::AlreadySent(self.today, from)));
            }
        }
        Ok(Locked(pollers))
    }

    /// Builds the report, and reads all settings again: building takes time.
    async fn build(&mut self) -> Stage<Built> {
        let Self { context, module, state, options, known, .. } = self;
        let sandbox = sandbox(module, state.folder())?;
        let (facts, uuid) = match &options.exactly {
            Some(exactly) => {
                if state.sync(&known.install, &mut known.settings).await?.uuid.as_ref() != Some(&exactly.uuid) {
                    return Err(Error::new(
                        Code::PreviewOutdated,
                        "nothing was sent: the random ID is not the one of the preview any more; reload the preview",
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
                "nothing was sent: the report built now differs from the one shown (other SHA-256); reload the preview",
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

    /// Records who may hold the report, the report itself, and its day for the other pollers.
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
        // A SQLite file has no lock for pollers: who writes the day first sends.
        let noted = write(self.context.location, Change::Day(&self.today.to_string())).await?;
        reached(Point::DayWritten);
        let reason = match noted {
            WriteOutcome::Before if !self.options.again => elsewhere(),
            // A poller that should tell the others and cannot does not know what they do.
            WriteOutcome::Hindered => Reason::new(Code::DayNotRecorded, HINDERED),
            WriteOutcome::Made | WriteOutcome::Before | WriteOutcome::Refused => {
                return Ok(Recorded { entry, started, holder, report });
            }
        };
        let ended = ledger::outcome_without_receipt(Outcome::NotSent, None, 0, reason.clone());
        ledger::end(self.state, entry, &ended).await?;
        Err(match noted {
            WriteOutcome::Hindered => Stop::Failed(reason.into()),
            _ => Stop::Done(RunOutcome::AlreadySent(self.today, reason)),
        })
    }

    /// Verifies the receipt of a receiver that signs.
    async fn check_receipt(&mut self, ended: &mut AttemptOutcome) -> Result<()> {
        let RunState { receiver, settings, .. } = &self.known;
        let (Kind::CallbackStats, Some(receipt)) = (receiver.kind, &ended.receipt) else { return Ok(()) };
        let check = trust::check(self.state, receiver, receipt, Some(settings)).await?;
        ended.proof = Some(check);
        if check.is_refused() {
            ended.code = Some(Code::ReceiptNotVerified.into());
            ended.said = format!(
                "{REFUSED} {}; nothing more is sent until you settle this, see `callback-agent key show`",
                check.description()
            );
        }
        Ok(())
    }

    /// Prunes the ledger, looks at the receiver's policy, and says how the run went.
    async fn settle(&mut self, delivered: Delivered, failed: Option<Error>) -> Result<RunOutcome> {
        let Delivered { findings, ended } = delivered;
        let ledger = &self.context.config.ledger;
        let limits = prune::Limits { entries: ledger.entries, days: ledger.days };
        prune::prune(self.state, limits, clock::now()).await?;
        if ended.outcome == Outcome::Sent {
            let RunState { receiver, settings, .. } = &self.known;
            receiver_policy::remember(self.state, receiver, settings, false).await?;
            trust::binding::remember(self.state, receiver, settings).await?;
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

    /// The report of this run.
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
