//! What the page asks, answered: with the functions that the commands use, and a state that is opened for each question,
//! since other runs of the agent work on it too.

use super::snapshots::{Snapshot, Snapshots};
use crate::app::build::{gather, sandbox};
use crate::app::clear;
use crate::app::consent as change;
use crate::clock;
use crate::code::Code;
use crate::config::Config;
use crate::error::{Error, Reason, Result};
use crate::librenms::write::{Change, write};
use crate::librenms::{Location, StockSender};
use crate::policy::publication::{TEXT_VERSION, text};
use crate::progress::Progress;
use crate::receiver::{Kind, ReceiverOverride};
use crate::sandbox::module::Module;
use crate::store::State;
use crate::store::consent::{Choices, Consent, Given};
use crate::store::holders::Secret;
use crate::store::ledger::{self, payloads};
use crate::store::pending_clear::Pending;
use crate::submit::{self, Options, PreviewedReport, RunContext, RunOutcome, RunState, random_delay};
use crate::system;
use crate::trust::KeyCheck;
use callback_collector::dictionary::{self, Category};
use callback_collector::digest::sha256_hex;
use callback_collector::facts::Facts;
use callback_collector::text::Text;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};
use std::cell::RefCell;
use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

/// Something to do at the desk.
pub(crate) type Job = Box<dyn FnOnce(Rc<PreviewService>) -> Pin<Box<dyn Future<Output = ()>>> + Send>;

/// Most words, labels and characters of either that an admin may choose; more is a mistake.
const MOST_CHOICES: usize = 10_000;

/// An answer.
pub(crate) enum Asked {
    /// A JSON document.
    Json(Value),
    /// Bytes of a kind.
    Bytes(&'static str, Arc<[u8]>),
    /// It was there, and is not any more.
    Gone(Reason),
}

/// What answers: one install, one module, and what was previewed of it.
pub(crate) struct PreviewService {
    config: Config,
    folder: PathBuf,
    location: Location,
    named: ReceiverOverride,
    progress: Progress,
    module: Arc<Module>,
    snapshots: RefCell<Snapshots>,
}

/// A yes, to what the page showed.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Yes {
    snapshot: String,
    receiver: String,
    kind: Kind,
    text_version: u32,
    module_sha256: String,
    payload_schema: u32,
    choices: Choices,
    #[serde(default)]
    who: Option<String>,
    #[serde(default)]
    take_over: bool,
}

/// A report to send, exactly as it was shown.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct This {
    snapshot: String,
    /// The consent under which it was shown: when it was given.
    consent: Timestamp,
    choices: Choices,
    payload_sha256: String,
    #[serde(default)]
    again: bool,
}

/// How to clear.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct HowToClear {
    now: bool,
}

/// The answer for a snapshot that is not in memory any more.
fn expired() -> Asked {
    let message = "this preview has expired; reload it. Nothing was sent or changed";
    Asked::Gone(Reason::new(Code::PreviewExpired, message))
}

impl PreviewService {
    /// A desk for an install; what is previewed is kept in memory for a time.
    pub(crate) fn new(config: Config, location: Location, named: ReceiverOverride, keep: Duration) -> Result<Self> {
        let module = Arc::new(Module::load(&config)?);
        Ok(Self {
            folder: config.state_folder()?,
            config,
            location,
            named,
            progress: Progress::new(true),
            module,
            snapshots: RefCell::new(Snapshots::new(keep)),
        })
    }

    /// The module that this desk builds with.
    pub(crate) fn module(&self) -> Arc<Module> {
        Arc::clone(&self.module)
    }

    const fn work(&self) -> RunContext<'_> {
        RunContext { config: &self.config, location: &self.location, named: &self.named, progress: &self.progress }
    }

    fn kept(&self, id: &str) -> Option<Snapshot> {
        self.snapshots.borrow_mut().get(id)
    }

    /// What is on or off, what a run would do and when the next one is, and what there is to know before a yes.
    pub(crate) async fn state(&self) -> Result<Asked> {
        let mut state = State::open(&self.folder).await?;
        let (standing, receiver, unread) = match submit::load_run_state(self.work(), &mut state).await {
            Ok(RunState { standing, receiver, .. }) => (standing, Some(receiver), None),
            Err(error) => (submit::standing_without_install(&mut state).await?, None, Some(error.to_string())),
        };
        let consent = Consent::load(&mut state).await?;
        let pending = Pending::load(&mut state).await?;
        let seed = random_delay::seed(&mut state).await?;
        let entries = ledger::entries(&mut state).await?;
        let held = !state.held().await?.is_empty();
        state.close().await?;
        let (word, because) = standing.summary();
        let receiver = receiver.or_else(|| consent.given().map(|given| given.receiver.clone()));
        let runs = || entries.iter().rev().filter(|entry| entry.begun.is_some());
        let sent_today = ledger::sent_on(&entries, clock::today()).is_some();
        Ok(Asked::Json(json!({
            "status": word,
            "code": because.code,
            "because": because.text,
            "consent": consent.name(),
            "given": consent.given(),
            "pending": pending.map(|pending| json!({"asked": pending.asked, "by": pending.by.words()})),
            "switches": standing.switches,
            "unread": unread,
            "publication": receiver.as_ref().map(|receiver| text(receiver.kind)),
            "receiver": receiver,
            "text_version": TEXT_VERSION,
            "payload_schema": callback_collector::PAYLOAD_SCHEMA,
            "module": {"sha256": self.module.sha256, "bytes": self.module.bytes.len()},
            "agent": env!("CARGO_PKG_VERSION"),
            "last_run": runs().next(),
            "sent_today": sent_today,
            "held": held,
            "next_run": next_run(&seed, sent_today),
        })))
    }

    /// Reads the install, and keeps what was read under a name.
    pub(crate) async fn snapshot(&self) -> Result<Asked> {
        let mut state = State::open(&self.folder).await?;
        let consent = Consent::load(&mut state).await?;
        let choices = consent.given().map(|given| given.choices.clone()).unwrap_or_default();
        let mut instance = sandbox(&self.module, &self.folder)?.instance()?;
        let how = (&choices, consent.payload_schema());
        let gathered = gather(&self.config, &self.location, &mut state, &mut instance, how, &self.progress).await?;
        state.close().await?;
        let (id, sha256) = (Secret::new()?.reveal().to_owned(), sha256_hex(&gathered.facts));
        let mut snapshots = self.snapshots.borrow_mut();
        let snapshot = snapshots.add(id, gathered.facts, sha256, gathered.uuid);
        Ok(Asked::Json(json!({
            "snapshot": snapshot.id,
            "sha256": snapshot.sha256,
            "bytes": snapshot.facts.len(),
            "made": clock::now(),
            "seconds": snapshots.keep().as_secs(),
            "choices": choices,
            "fixed_terms": self.config.terms,
        })))
    }

    /// The facts of a snapshot.
    pub(crate) fn facts(&self, id: &str) -> Asked {
        self.kept(id).map_or_else(expired, |kept| Asked::Bytes("application/json", kept.facts))
    }

    /// Everything that was allowed, sent and cleared.
    pub(crate) async fn ledger(&self) -> Result<Asked> {
        let mut state = State::open(&self.folder).await?;
        let entries = ledger::entries(&mut state).await?;
        state.close().await?;
        Ok(Asked::Json(json!(entries)))
    }

    /// The payload of an entry, byte for byte.
    pub(crate) async fn payload(&self, id: i64) -> Result<Asked> {
        let mut state = State::open(&self.folder).await?;
        let payload = payloads::read(&mut state, id).await?;
        state.close().await?;
        Ok(match payload {
            Some(payload) => Asked::Bytes("application/json", payload.into()),
            None => Asked::Gone(Reason::new(
                Code::NoPayload,
                "this entry has no payload: it is not a report, or its payload was deleted or has expired",
            )),
        })
    }

    /// Records a yes.
    pub(crate) async fn allow(&self, yes: Yes) -> Result<Asked> {
        let Some(snapshot) = self.kept(&yes.snapshot) else { return Ok(expired()) };
        let choices = checked(yes.choices)?;
        let mut state = State::open(&self.folder).await?;
        let RunState { settings, receiver, install, .. } = submit::load_run_state(self.work(), &mut state).await?;
        if (yes.receiver.as_str(), yes.kind) != (receiver.url.as_str(), receiver.kind)
            || yes.text_version != TEXT_VERSION
            || yes.module_sha256 != self.module.sha256
            || yes.payload_schema != callback_collector::PAYLOAD_SCHEMA
        {
            return Err(Error::new(
                Code::PageOutdated,
                "nothing was changed: the receiver, module or terms changed since the page was loaded; reload it",
            ));
        }
        let given = Given {
            at: clock::now(),
            who: yes.who.map(|who| who.trim().to_owned()).filter(|who| !who.is_empty() && who.len() <= 200),
            payload_schema: callback_collector::PAYLOAD_SCHEMA,
            module_sha256: self.module.sha256.clone(),
            text_version: TEXT_VERSION,
            install,
            receiver,
            choices,
        };
        let to = (&settings, snapshot.uuid.as_str());
        let allowed = change::allow(&mut state, &self.location, to, &given, yes.take_over).await?;
        state.close().await?;
        Ok(Asked::Json(json!({
            "code": Code::OptedIn,
            "clear_cancelled": allowed.clear_cancelled,
            "librenms": allowed.librenms,
            "key": match allowed.key {
                KeyCheck::First(key) | KeyCheck::Known(key) | KeyCheck::Other(key) => Some(key.id()),
                KeyCheck::SignsNothing | KeyCheck::NotReached => None,
            },
        })))
    }

    /// Records a no.
    pub(crate) async fn withdraw(&self) -> Result<Asked> {
        let not_recorded = change::withdraw(&self.folder, None).await?;
        Ok(Asked::Json(json!({
            "code": Code::ConsentWithdrawn,
            "not_recorded": not_recorded.map(|error| error.to_string()),
        })))
    }

    /// Asks for a clear, or has everything cleared at once.
    pub(crate) async fn clear(&self, how: HowToClear) -> Result<Asked> {
        let mut state = State::open(&self.folder).await?;
        // A clear must be possible where the install is gone; then only what was sent from here is known.
        let found = submit::load_run_state(self.work(), &mut state).await.ok();
        let mut pending = clear::request(&mut state, found.as_ref()).await?;
        let mut cleared = Vec::new();
        if pending && how.now {
            let install = found.as_ref().map(|load_run_state| (self.work(), load_run_state));
            cleared = clear::now(install, &self.config, &mut state).await?;
            pending = false;
        }
        state.close().await?;
        let code = clear::code(pending, &cleared);
        Ok(Asked::Json(json!({"code": code, "pending": pending, "cleared": cleared})))
    }

    /// Cancels a clear that is not confirmed yet.
    pub(crate) async fn cancel_clear(&self) -> Result<Asked> {
        let mut state = State::open(&self.folder).await?;
        let load_run_state = submit::load_run_state(self.work(), &mut state).await;
        if Pending::load(&mut state).await?.is_some() {
            clear::cancel(&mut state, None).await?;
        }
        state.close().await?;
        if load_run_state.is_ok_and(|load_run_state| load_run_state.settings.stock_sender == StockSender::ClearPending)
            && !write(&self.location, Change::StockSenderOff).await?.is_done()
        {
            return Err(Error::new(
                Code::LibrenmsClearPending,
                "LibreNMS's own delete request could not be cancelled; run in its database: UPDATE callback SET value = 0 \
                 WHERE name = 'enabled'",
            ));
        }
        Ok(Asked::Json(json!({"code": Code::NothingToClear, "pending": false})))
    }

    /// Sends what was shown, byte for byte, or nothing.
    pub(crate) async fn send(&self, this: This) -> Result<Asked> {
        let Some(snapshot) = self.kept(&this.snapshot) else { return Ok(expired()) };
        let choices = checked(this.choices)?;
        let mut state = State::open(&self.folder).await?;
        let Consent::On(given) = Consent::load(&mut state).await? else {
            return Err(Error::new(Code::OptedOut, "nothing was sent: you have not opted in"));
        };
        if given.at != this.consent {
            return Err(Error::new(
                Code::ConsentChanged,
                "nothing was sent: your consent changed since the page was loaded; reload it",
            ));
        }
        if !keeps_back_at_least(&choices, &given.choices) {
            return Err(Error::new(
                Code::ExceedsConsent,
                "nothing was sent: this report holds more than you opted in to; opt in to it first",
            ));
        }
        let facts = self.chosen(&snapshot, &choices, given.payload_schema)?;
        let exactly = PreviewedReport { facts, uuid: snapshot.uuid, payload_sha256: this.payload_sha256 };
        let options = Options { again: this.again, exactly: Some(exactly), ..Options::default() };
        let done = submit::run(self.work(), &self.module, &mut state, &options).await;
        state.close().await?;
        Ok(Asked::Json(match done? {
            RunOutcome::Report(report) => json!({
                "code": report.code(),
                "outcome": report.ended.as_ref().map(|ended| ended.outcome),
                "said": report.ended.as_ref().map(|ended| &ended.said),
                "receipt": report.ended.as_ref().and_then(|ended| ended.receipt.as_ref()),
                "day": report.day,
                "receiver": report.receiver.url,
                "payload_sha256": report.findings.payload_sha256,
                "module_sha256": report.module_sha256,
            }),
            RunOutcome::AlreadySent(day, from) => json!({"code": from.code, "already_sent": day, "said": from.text}),
            RunOutcome::Cleared(cleared) => json!({"code": Code::Cleared, "cleared": cleared}),
        }))
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

/// Choices that the module takes; it would refuse every report of others.
fn checked(mut choices: Choices) -> Result<Choices> {
    choices.terms = choices.terms.iter().map(|term| term.trim().to_owned()).filter(|term| !term.is_empty()).collect();
    let known = |group: &str| group == dictionary::INFO || dictionary::group(group).is_some();
    let (mut labels, lengths) = (
        choices.withheld.iter().chain(&choices.included),
        [choices.withheld.len(), choices.included.len(), choices.terms.len()],
    );
    let fits = labels.all(|(group, label)| known(group) && label.len() <= MOST_CHOICES)
        && choices.terms.iter().all(|term| term.len() <= MOST_CHOICES)
        && lengths.into_iter().all(|length| length <= MOST_CHOICES);
    if fits { Ok(choices) } else { Err(Error::new(Code::ChoicesInvalid, "unknown group, or too many choices")) }
}

/// Whether a report with `choices` keeps back all that one with `allowed` does.
fn keeps_back_at_least(choices: &Choices, allowed: &Choices) -> bool {
    let all = |categories: &Option<Vec<Category>>| categories.clone().unwrap_or_else(|| Category::ALL.to_vec());
    let allowed_categories = all(&allowed.categories);
    all(&choices.categories).iter().all(|category| allowed_categories.contains(category))
        && allowed.withheld.iter().all(|label| choices.withheld.contains(label))
        && choices.included.iter().all(|label| allowed.included.contains(label))
        && allowed.terms.iter().all(|term| choices.terms.contains(term))
}

/// When the schedule of `callback-agent install` starts the next run; nothing where there is none.
fn next_run(seed: &str, sent_today: bool) -> Option<Timestamp> {
    if !system::is_scheduled() {
        return None;
    }
    let now = clock::now();
    let mut day = if sent_today { clock::today().tomorrow().ok()? } else { clock::today() };
    loop {
        let start = day.at(0, system::STARTS_AT_MINUTE, 0, 0).in_tz("UTC").ok()?.timestamp();
        let wait = SignedDuration::try_from(random_delay::wait(system::SPLAY, seed, day)).ok()?;
        let run = start.saturating_add(wait).ok()?;
        if run > now {
            return Some(run);
        }
        day = day.tomorrow().ok()?;
    }
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
    fn a_report_may_keep_back_more_than_was_allowed_and_never_less() {
        let allowed = choices(Some(vec![Category::Software, Category::Pairs]), &["linux"], &["Acme"]);
        assert!(keeps_back_at_least(&allowed, &allowed));
        let more = choices(Some(vec![Category::Software]), &["linux", "ios"], &["Acme", "Harbour"]);
        assert!(keeps_back_at_least(&more, &allowed));
        for less in [
            choices(None, &["linux"], &["Acme"]),
            choices(Some(vec![Category::Software, Category::Usage]), &["linux"], &["Acme"]),
            choices(Some(vec![Category::Software]), &[], &["Acme"]),
            choices(Some(vec![Category::Software]), &["linux"], &[]),
        ] {
            assert!(!keeps_back_at_least(&less, &allowed), "{less:?}");
        }
        let rare = Choices { included: vec![("mempool".into(), "AP 1 [CN0489813]".into())], ..allowed.clone() };
        assert!(!keeps_back_at_least(&rare, &allowed));
        assert!(keeps_back_at_least(&allowed, &rare) && keeps_back_at_least(&rare, &rare));
    }

    #[test]
    fn choices_that_the_module_would_refuse_are_refused() {
        assert_eq!(checked(choices(None, &["linux"], &[" Acme ", ""])).unwrap(), choices(None, &["linux"], &["Acme"]));
        let unknown = Choices { withheld: vec![("everything".into(), "x".into())], ..Choices::default() };
        assert!(checked(unknown).is_err());
        let unknown = Choices { included: vec![("everything".into(), "x".into())], ..Choices::default() };
        assert!(checked(unknown).is_err());
    }
}
