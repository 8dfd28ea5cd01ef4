//! Answers the preview page's requests through the same use cases as the commands. Each request opens the state, since
//! other runs of the agent use it, too.

use super::snapshots::{Snapshot, Snapshots};
use crate::app::clear;
use crate::app::disable::disable;
use crate::app::enable::{OptIn, Seen, enable};
use crate::app::status::{Status, status};
use crate::app::submit::submit;
use crate::clock;
use crate::code::Code;
use crate::config::Config;
use crate::error::{Error, Reason, Result};
use crate::librenms::write::{Change, write};
use crate::librenms::{Location, StockSender};
use crate::policy::publication::{TEXT_VERSION, text};
use crate::progress::Progress;
use crate::receiver::ReceiverOverride;
use crate::report::{gather, sandbox};
use crate::sandbox::module::Module;
use crate::store::State;
use crate::store::consent::{Choices, Consent};
use crate::store::holders::Secret;
use crate::store::ledger::{self, payloads};
use crate::store::pending_clear::Pending;
use crate::submit::{Options, PreviewedReport, RunContext, RunState, held_up, load_run_state, next_run, random_delay};
use callback_collector::dictionary::{self, Category};
use callback_collector::digest::sha256_hex;
use callback_collector::facts::Facts;
use callback_collector::text::Text;
use callback_protocol::agent_api::{
    self, ClearCancelled, ClearRequest, EnableRequest, ModuleInfo, PendingClear, SendRequest, SendResult,
};
use serde::Serialize;
use serde_json::Value;
use std::cell::RefCell;
use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

/// Maximum length of the name of the person who opts in, in bytes; a longer name is not recorded.
const MAX_NAME: usize = 200;

/// A job for the service.
pub(crate) type Job = Box<dyn FnOnce(Rc<PreviewService>) -> Pin<Box<dyn Future<Output = ()>>> + Send>;

/// Maximum number of words, of labels, and of characters in each.
const MAX_CHOICES: usize = 10_000;

pub(crate) enum Answer {
    Json(Value),
    /// Bytes with their content type.
    Bytes(&'static str, Arc<[u8]>),
    /// It has expired or was deleted.
    Gone(Reason),
}

/// The service: one install, one module, and the current snapshots.
pub(crate) struct PreviewService {
    config: Config,
    directory: PathBuf,
    location: Location,
    named: ReceiverOverride,
    progress: Progress,
    module: Arc<Module>,
    snapshots: RefCell<Snapshots>,
}

/// The answer for a snapshot that has expired.
fn expired() -> Answer {
    let message = "this preview has expired; reload it. Nothing was sent or changed";
    Answer::Gone(Reason::new(Code::PreviewExpired, message))
}

impl PreviewService {
    /// A service for an install. Snapshots are kept in memory for a time.
    pub(crate) fn new(config: Config, location: Location, named: ReceiverOverride, keep: Duration) -> Result<Self> {
        let module = Arc::new(Module::load(&config)?);
        Ok(Self {
            directory: config.state_directory()?,
            config,
            location,
            named,
            progress: Progress::new(true),
            module,
            snapshots: RefCell::new(Snapshots::new(keep)),
        })
    }

    /// The module that builds the reports.
    pub(crate) fn module(&self) -> Arc<Module> {
        Arc::clone(&self.module)
    }

    const fn context(&self) -> RunContext<'_> {
        RunContext { config: &self.config, location: &self.location, named: &self.named, progress: &self.progress }
    }

    fn kept(&self, id: &str) -> Option<Snapshot> {
        self.snapshots.borrow_mut().get(id)
    }

    /// Whether reports are sent and why, what the next run does and when, and what to know before opting in.
    pub(crate) async fn state(&self) -> Result<Answer> {
        let mut state = State::open(&self.directory).await?;
        let status = status(Ok(self.context()), &mut state).await?;
        let seed = random_delay::known_seed(&mut state).await?;
        state.close().await?;
        let (word, because) = status.verdict.summary();
        let last_run = status.last_run().cloned().map(ledger::printable);
        let Status { verdict, receiver, unread, consent, pending, entries, holders, .. } = status;
        let receiver = receiver.or_else(|| consent.given().map(|given| given.receiver.clone()));
        let sent_today = ledger::sent_on(&entries, clock::today()).is_some();
        json(agent_api::State {
            status: word,
            code: because.code.into(),
            because: because.text,
            consent: consent.state(),
            given: consent.given().map(Into::into),
            pending: pending.map(|it| PendingClear { asked: it.asked, by: it.by.words().to_owned() }),
            switches: verdict.settings,
            unread: unread.map(|error| error.to_string()),
            publication: receiver.as_ref().map(|receiver| text(receiver.kind).to_owned()),
            receiver: receiver.as_ref().map(Into::into),
            text_version: TEXT_VERSION,
            payload_schema: callback_collector::PAYLOAD_SCHEMA,
            module: ModuleInfo { sha256: self.module.sha256.clone(), bytes: self.module.bytes.len() as u64 },
            agent: env!("CARGO_PKG_VERSION").to_owned(),
            last_run,
            sent_today,
            held: !holders.is_empty(),
            next_run: next_run(seed.as_deref(), sent_today),
        })
    }

    /// Reads the install, and keeps the facts as a snapshot.
    pub(crate) async fn snapshot(&self) -> Result<Answer> {
        let mut state = State::open(&self.directory).await?;
        let consent = Consent::load(&mut state).await?;
        let choices = consent.given().map(|given| given.choices.clone()).unwrap_or_default();
        let mut instance = sandbox(&self.module, &self.directory)?.instance()?;
        let how = (&choices, consent.payload_schema());
        let gathered = gather(&self.config, &self.location, &mut state, &mut instance, how, &self.progress).await?;
        state.close().await?;
        let (id, sha256) = (Secret::new()?.reveal().to_owned(), sha256_hex(&gathered.facts));
        let mut snapshots = self.snapshots.borrow_mut();
        let snapshot = snapshots.add(id, gathered.facts, sha256, gathered.uuid);
        json(agent_api::Snapshot {
            snapshot: snapshot.id,
            sha256: snapshot.sha256,
            bytes: snapshot.facts.len() as u64,
            made: clock::now(),
            seconds: snapshots.keep().as_secs(),
            choices: (&choices).into(),
            fixed_terms: self.config.terms.clone(),
        })
    }

    pub(crate) fn facts(&self, id: &str) -> Answer {
        self.kept(id).map_or_else(expired, |kept| Answer::Bytes("application/json", kept.facts))
    }

    pub(crate) async fn ledger(&self) -> Result<Answer> {
        let mut state = State::open(&self.directory).await?;
        let entries = ledger::entries(&mut state).await?;
        state.close().await?;
        json(entries.into_iter().map(ledger::printable).collect::<Vec<_>>())
    }

    /// The exact bytes of an entry's payload.
    pub(crate) async fn payload(&self, id: i64) -> Result<Answer> {
        let mut state = State::open(&self.directory).await?;
        let payload = payloads::read(&mut state, id).await?;
        state.close().await?;
        Ok(match payload {
            Some(payload) => Answer::Bytes("application/json", payload.into()),
            None => Answer::Gone(Reason::new(
                Code::NoPayload,
                "this entry has no payload: it is not a report, or its payload was deleted or has expired",
            )),
        })
    }

    /// Records an opt-in to exactly what the page showed.
    pub(crate) async fn enable(&self, request: EnableRequest) -> Result<Answer> {
        let Some(snapshot) = self.kept(&request.snapshot) else { return Ok(expired()) };
        let choices = checked(request.choices.try_into()?)?;
        let mut state = State::open(&self.directory).await?;
        let RunState { settings, receiver, consent, verdict, .. } = load_run_state(self.context(), &mut state).await?;
        let held_up = match consent.given() {
            Some(given) => held_up(&mut state, &given.receiver).await?,
            None => None,
        };
        if request.state != verdict.held_up(held_up).summary().1.code.as_str() {
            return Err(Error::new(
                Code::PageOutdated,
                "nothing was changed: whether reports are sent has changed since the page was loaded; reload it",
            ));
        }
        if (request.receiver.as_str(), request.kind) != (receiver.shown(), receiver.kind)
            || request.text_version != TEXT_VERSION
            || request.module_sha256 != self.module.sha256
            || request.payload_schema != callback_collector::PAYLOAD_SCHEMA
        {
            return Err(Error::new(
                Code::PageOutdated,
                "nothing was changed: the receiver, module or terms have changed since the page was loaded; reload it",
            ));
        }
        let who = request.who.map(|who| who.trim().to_owned());
        let opt_in = OptIn {
            location: &self.location,
            settings: &settings,
            uuid: &snapshot.uuid,
            module: &self.module,
            receiver,
            choices,
            who: who.filter(|who| !who.is_empty() && who.len() <= MAX_NAME),
            seen: Seen::now(&mut state, &self.location, &settings).await?,
            take_over: request.take_over,
        };
        let (enabled, _) = enable(&mut state, opt_in).await?;
        state.close().await?;
        json(enabled)
    }

    pub(crate) async fn disable(&self) -> Result<Answer> {
        json(disable(&self.directory, None).await?)
    }

    /// Requests a deletion, and sends the request if the page asks for that.
    pub(crate) async fn clear(&self, request: ClearRequest) -> Result<Answer> {
        let mut state = State::open(&self.directory).await?;
        // A deletion must work without the install. Then it covers only what this host sent.
        let found = load_run_state(self.context(), &mut state).await.ok();
        let install = found.as_ref().map(|found| (self.context(), found));
        let answer = clear::clear(&self.config, &mut state, install, request.now).await?;
        state.close().await?;
        json(answer)
    }

    /// Cancels a deletion that is not confirmed yet.
    pub(crate) async fn cancel_clear(&self) -> Result<Answer> {
        let mut state = State::open(&self.directory).await?;
        let run = load_run_state(self.context(), &mut state).await;
        if Pending::load(&mut state).await?.is_some() {
            clear::cancel(&mut state, None).await?;
        }
        state.close().await?;
        if run.is_ok_and(|run| run.settings.stock_sender == StockSender::ClearPending)
            && !write(&self.location, Change::StockSenderOff).await?.is_done()
        {
            return Err(Error::new(
                Code::LibrenmsClearPending,
                "LibreNMS's own delete request could not be cancelled; run in its database: UPDATE callback SET value = 0 \
                 WHERE name = 'enabled'",
            ));
        }
        json(ClearCancelled { code: Code::NothingToClear.into(), pending: false })
    }

    /// Sends exactly the bytes that were shown, or nothing.
    pub(crate) async fn send(&self, request: SendRequest) -> Result<Answer> {
        let Some(snapshot) = self.kept(&request.snapshot) else { return Ok(expired()) };
        let choices = checked(request.choices.try_into()?)?;
        let mut state = State::open(&self.directory).await?;
        let Consent::On(given) = Consent::load(&mut state).await? else {
            return Err(Error::new(Code::OptedOut, "nothing was sent: you have not opted in"));
        };
        if given.at != request.consent {
            return Err(Error::new(
                Code::ConsentChanged,
                "nothing was sent: your consent has changed since the page was loaded; reload it",
            ));
        }
        if !leaves_out_at_least(&choices, &given.choices) {
            return Err(Error::new(
                Code::ExceedsConsent,
                "nothing was sent: this report contains more than you opted in to; opt in to it first",
            ));
        }
        let facts = self.chosen(&snapshot, &choices, given.payload_schema)?;
        let exactly = PreviewedReport { facts, uuid: snapshot.uuid, payload_sha256: request.payload_sha256 };
        let options = Options { again: request.again, exactly: Some(exactly), ..Options::default() };
        let done = submit(self.context(), &self.module, &mut state, &options).await;
        state.close().await?;
        json(SendResult::from(done?))
    }

    /// The facts of a snapshot with other choices.
    fn chosen(&self, snapshot: &Snapshot, choices: &Choices, schema: u32) -> Result<Vec<u8>> {
        let unreadable = || Error::new(Code::Internal, "nothing was sent: cannot read the facts of the preview");
        let mut facts: Facts<'_> = serde_json::from_slice(&snapshot.facts).map_err(|_| unreadable())?;
        facts.terms = self.config.terms.iter().chain(&choices.terms).map(|term| Text::from(term.as_str())).collect();
        facts.consent = choices.facts(schema);
        serde_json::to_vec(&facts).map_err(|_| unreadable())
    }
}

/// An answer in JSON.
fn json(document: impl Serialize) -> Result<Answer> {
    serde_json::to_value(document)
        .map(Answer::Json)
        .map_err(|error| Error::new(Code::Internal, "cannot write the answer as JSON").caused_by(error))
}

/// Validates choices: with invalid ones, the module would reject every report.
fn checked(mut choices: Choices) -> Result<Choices> {
    choices.terms = choices.terms.iter().map(|term| term.trim().to_owned()).filter(|term| !term.is_empty()).collect();
    let known = |group: &str| group == dictionary::INFO || dictionary::group(group).is_some();
    let (mut labels, lengths) = (
        choices.withheld.iter().chain(&choices.included),
        [choices.withheld.len(), choices.included.len(), choices.terms.len()],
    );
    let fits = labels.all(|(group, label)| known(group) && label.len() <= MAX_CHOICES)
        && choices.terms.iter().all(|term| term.len() <= MAX_CHOICES)
        && lengths.into_iter().all(|length| length <= MAX_CHOICES);
    if fits { Ok(choices) } else { Err(Error::new(Code::ChoicesInvalid, "unknown group, or too many choices")) }
}

/// Whether a report with `choices` leaves out everything that one with `allowed` does.
fn leaves_out_at_least(choices: &Choices, allowed: &Choices) -> bool {
    let all = |categories: &Option<Vec<Category>>| categories.clone().unwrap_or_else(|| Category::ALL.to_vec());
    let allowed_categories = all(&allowed.categories);
    all(&choices.categories).iter().all(|category| allowed_categories.contains(category))
        && allowed.withheld.iter().all(|label| choices.withheld.contains(label))
        && choices.included.iter().all(|label| allowed.included.contains(label))
        && allowed.terms.iter().all(|term| choices.terms.contains(term))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choices(categories: Option<Vec<Category>>, withheld: &[&str], terms: &[&str]) -> Choices {
        Choices {
            categories,
            withheld: withheld.iter().map(|&label| ("os".to_owned(), label.to_owned())).collect(),
            terms: terms.iter().map(|&term| term.to_owned()).collect(),
            ..Choices::default()
        }
    }

    #[test]
    fn a_report_may_leave_out_more_than_the_consent_but_not_less() {
        let allowed = choices(Some(vec![Category::Software, Category::Pairs]), &["linux"], &["Acme"]);
        assert!(leaves_out_at_least(&allowed, &allowed));
        let more = choices(Some(vec![Category::Software]), &["linux", "ios"], &["Acme", "Harbour"]);
        assert!(leaves_out_at_least(&more, &allowed));
        for less in [
            choices(None, &["linux"], &["Acme"]),
            choices(Some(vec![Category::Software, Category::Usage]), &["linux"], &["Acme"]),
            choices(Some(vec![Category::Software]), &[], &["Acme"]),
            choices(Some(vec![Category::Software]), &["linux"], &[]),
        ] {
            assert!(!leaves_out_at_least(&less, &allowed), "{less:?}");
        }
        let rare = Choices { included: vec![("mempool".into(), "AP 1 [CN0489813]".into())], ..allowed.clone() };
        assert!(!leaves_out_at_least(&rare, &allowed));
        assert!(leaves_out_at_least(&allowed, &rare) && leaves_out_at_least(&rare, &rare));
    }

    #[test]
    fn choices_that_the_module_would_reject_are_rejected() {
        assert_eq!(checked(choices(None, &["linux"], &[" Acme ", ""])).unwrap(), choices(None, &["linux"], &["Acme"]));
        let unknown = Choices { withheld: vec![("everything".into(), "x".into())], ..Choices::default() };
        assert!(checked(unknown).is_err());
        let unknown = Choices { included: vec![("everything".into(), "x".into())], ..Choices::default() };
        assert!(checked(unknown).is_err());
    }
}
