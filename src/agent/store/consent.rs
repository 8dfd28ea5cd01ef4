//! The record of consent: who opted in or out, when, and to what exactly.

use crate::clock;
use crate::code::Code;
use crate::error::{Error, Result};
use crate::receiver::Receiver;
use crate::store::ledger::{self, EntryKind};
use crate::store::{State, state_error};
use callback_collector::dictionary::Category;
use callback_collector::facts::{Consent as ConsentFacts, LabelChoice};
use callback_collector::text::Text;
use callback_protocol::agent_api::{self, ConsentState};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Version of the record. A record that has a different version or cannot be read counts as "never asked".
const VERSION: u32 = 1;

/// The recorded consent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Consent {
    /// Neither opted in nor out; also if the record cannot be read.
    NeverAsked,
    On(Given),
    /// Opted out, with the previous opt-in, if any.
    Off(Option<Given>),
}

/// What the admin opted in to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Given {
    /// Time of the opt-in.
    pub at: Timestamp,
    /// Name of the admin, if known.
    pub who: Option<String>,
    /// The newest payload schema of the shown report.
    pub payload_schema: u32,
    /// The module that built the shown report.
    pub module_sha256: String,
    /// The version of the publication text that was shown.
    pub text_version: u32,
    /// The install: SHA-256 of its database's location.
    pub install: String,
    /// The receiver.
    pub receiver: Receiver,
    /// What is sent and what is left out.
    pub choices: Choices,
}

/// What the admin chose.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Choices {
    /// Categories that are sent; without a list, all of them.
    pub categories: Option<Vec<Category>>,
    /// Labels that are withheld: group and label.
    pub withheld: Vec<(String, String)>,
    /// Rare labels that are sent: group and label. Older records lack it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub included: Vec<(String, String)>,
    /// The admin's own words to redact, in addition to those of the configuration.
    pub terms: Vec<String>,
}

/// The stored record.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Record {
    version: u32,
    on: bool,
    changed: Timestamp,
    given: Option<Given>,
}

impl Consent {
    /// Reads the consent.
    pub async fn load(state: &mut State) -> Result<Self> {
        Ok(match Self::recorded(state).await? {
            Some(Record { on: true, given: Some(given), .. }) if !state.has_own_off_file() => Self::On(given),
            Some(Record { given, .. }) => Self::Off(given),
            None if state.has_own_off_file() => Self::Off(None),
            None => Self::NeverAsked,
        })
    }

    /// The record, if this version of the agent understands it. The file `off` overrides it.
    async fn recorded(state: &mut State) -> Result<Option<Record>> {
        let record: Option<String> = sqlx::query_scalar("SELECT record FROM consent")
            .fetch_optional(state.connection())
            .await
            .map_err(|error| state_error(&error))?;
        let record = record.and_then(|text| serde_json::from_str::<Record>(&text).ok());
        // A newer schema has fields that nobody has seen, so there is no consent to it.
        let known = 1..=callback_collector::PAYLOAD_SCHEMA;
        let is_possible =
            |record: &Record| record.given.as_ref().is_none_or(|given| known.contains(&given.payload_schema));
        Ok(record.filter(|record| record.version == VERSION && is_possible(record)))
    }

    /// Records an opt-in.
    pub async fn allow(state: &mut State, given: &Given) -> Result<()> {
        state.check_off_file()?;
        Self::record(state, true, Some(given.clone()), given.who.as_deref()).await?;
        // Delete requests for what this receiver already holds use the URL of this opt-in, too.
        state.set_clear_url(&given.receiver).await?;
        // Last, so that reports stay off until the file is gone.
        state.remove_off_file()
    }

    /// Records an opt-out once, and keeps the choices for the next opt-in.
    pub async fn withdraw(state: &mut State, who: Option<&str>) -> Result<()> {
        let recorded = Self::recorded(state).await?;
        if recorded.as_ref().is_none_or(|record| record.on) {
            Self::record(state, false, recorded.and_then(|record| record.given), who).await?;
        }
        state.remove_off_file()
    }

    async fn record(state: &mut State, on: bool, given: Option<Given>, who: Option<&str>) -> Result<()> {
        let event = serde_json::json!({
            "who": who,
            "payload_schema": given.as_ref().map(|given| given.payload_schema),
            "module_sha256": given.as_ref().map(|given| &given.module_sha256),
            "text_version": given.as_ref().map(|given| given.text_version),
            "receiver": given.as_ref().map(|given| &given.receiver.url),
            "receiver_kind": given.as_ref().map(|given| given.receiver.kind),
            "categories": given.as_ref().and_then(|given| given.choices.categories.as_ref()),
            "withheld": given.as_ref().map(|given| in_words(&given.choices.withheld)),
            "included": given.as_ref().map(|given| in_words(&given.choices.included)),
            "terms": given.as_ref().map(|given| &given.choices.terms),
        });
        let record = Record { version: VERSION, on, changed: clock::now(), given };
        let text = serde_json::to_string(&record).map_err(|error| {
            Error::new(Code::Internal, "cannot write the consent as JSON; nothing was changed").caused_by(error)
        })?;
        sqlx::query("INSERT OR REPLACE INTO consent (only_row, record) VALUES (1, ?)")
            .bind(text)
            .execute(state.connection())
            .await
            .map_err(|error| state_error(&error))?;
        ledger::note(state, if on { EntryKind::ConsentOn } else { EntryKind::ConsentOff }, &event).await
    }

    /// The last opt-in, even if it was withdrawn.
    pub const fn given(&self) -> Option<&Given> {
        match self {
            Self::On(given) | Self::Off(Some(given)) => Some(given),
            Self::NeverAsked | Self::Off(None) => None,
        }
    }

    /// The payload schema of reports: that of the opt-in; without an opt-in, the newest.
    pub const fn payload_schema(&self) -> u32 {
        match self {
            Self::On(given) => given.payload_schema,
            Self::NeverAsked | Self::Off(_) => callback_collector::PAYLOAD_SCHEMA,
        }
    }

    /// The state, without what was opted in to.
    pub const fn state(&self) -> ConsentState {
        match self {
            Self::NeverAsked => ConsentState::NeverAsked,
            Self::On(_) => ConsentState::On,
            Self::Off(_) => ConsentState::Off,
        }
    }
}

/// Labels as the options of `enable` have them.
fn in_words(labels: &[(String, String)]) -> Vec<String> {
    labels.iter().map(|(group, label)| format!("{group}={label}")).collect()
}

/// The name of a category, as in the facts document.
pub(crate) fn category_name(category: Category) -> String {
    serde_json::to_value(category).ok().and_then(|name| name.as_str().map(str::to_owned)).unwrap_or_default()
}

/// The category with a name.
pub(crate) fn category_named(name: &str) -> Option<Category> {
    serde_json::from_value(name.into()).ok()
}

impl From<&Given> for agent_api::Given {
    fn from(given: &Given) -> Self {
        Self {
            at: given.at,
            who: given.who.clone(),
            payload_schema: given.payload_schema,
            module_sha256: given.module_sha256.clone(),
            text_version: given.text_version,
            install: given.install.clone(),
            receiver: (&given.receiver).into(),
            choices: (&given.choices).into(),
        }
    }
}

impl From<&Choices> for agent_api::Choices {
    fn from(choices: &Choices) -> Self {
        let names = |categories: &Vec<Category>| categories.iter().copied().map(category_name).collect();
        Self {
            categories: choices.categories.as_ref().map(names),
            withheld: choices.withheld.clone(),
            included: choices.included.clone(),
            terms: choices.terms.clone(),
        }
    }
}

impl TryFrom<agent_api::Choices> for Choices {
    type Error = Error;

    fn try_from(choices: agent_api::Choices) -> Result<Self> {
        let unknown = || Error::new(Code::ChoicesInvalid, "unknown category");
        let category = |name: &String| category_named(name).ok_or_else(unknown);
        let categories =
            choices.categories.map(|names| names.iter().map(category).collect::<Result<_>>()).transpose()?;
        Ok(Self { categories, withheld: choices.withheld, included: choices.included, terms: choices.terms })
    }
}

impl Choices {
    /// Whether a category is sent. Some are part of every report.
    pub(crate) fn sends(&self, category: Category) -> bool {
        category == Category::Envelope
            || self.categories.as_ref().is_none_or(|categories| categories.contains(&category))
    }

    /// The choices as they appear in the facts document, for a payload schema.
    pub fn facts(&self, schema: u32) -> ConsentFacts<'static> {
        let labels = |choices: &[(String, String)]| -> Vec<LabelChoice<'static>> {
            let choices = choices.iter().cloned();
            choices.map(|(group, label)| LabelChoice { group: Text::from(group), label: Text::from(label) }).collect()
        };
        ConsentFacts {
            schema,
            categories: self.categories.clone(),
            withheld: labels(&self.withheld),
            included: labels(&self.included),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::receiver::Kind;

    pub(crate) fn given() -> Given {
        Given {
            at: "2026-11-24T03:00:00Z".parse().unwrap(),
            who: Some("mira".into()),
            payload_schema: 1,
            module_sha256: "ab".into(),
            text_version: 1,
            install: "here".into(),
            receiver: Receiver::new("https://a.example/log.php", Kind::Stock, None).unwrap(),
            choices: Choices { categories: Some(vec![Category::Software]), ..Choices::default() },
        }
    }

    #[tokio::test]
    async fn consent_is_stored_with_its_choices() {
        let directory = tempfile::tempdir().unwrap();
        let mut state = State::open(directory.path()).await.unwrap();
        assert_eq!(Consent::load(&mut state).await.unwrap(), Consent::NeverAsked);
        Consent::allow(&mut state, &given()).await.unwrap();
        assert_eq!(Consent::load(&mut state).await.unwrap(), Consent::On(given()));
        Consent::withdraw(&mut state, None).await.unwrap();
        assert_eq!(Consent::load(&mut state).await.unwrap(), Consent::Off(Some(given())));
    }

    #[tokio::test]
    async fn an_unreadable_or_future_record_counts_as_never_asked() {
        let directory = tempfile::tempdir().unwrap();
        let mut state = State::open(directory.path()).await.unwrap();
        Consent::allow(&mut state, &given()).await.unwrap();
        for change in [
            "UPDATE consent SET record = replace(record, '\"version\":1', '\"version\":2')",
            "UPDATE consent SET record = replace(record, '\"version\":2', '\"version\":1,\"more\":0')",
            "UPDATE consent SET record = 'noise'",
            "UPDATE consent SET record = ''",
            "DELETE FROM consent",
        ] {
            sqlx::query(change).execute(state.connection()).await.unwrap();
            assert_eq!(Consent::load(&mut state).await.unwrap(), Consent::NeverAsked, "{change}");
        }
    }

    #[tokio::test]
    async fn a_record_without_included_labels_is_accepted() {
        let directory = tempfile::tempdir().unwrap();
        let mut state = State::open(directory.path()).await.unwrap();
        Consent::allow(&mut state, &given()).await.unwrap();
        let change = "UPDATE consent SET record = replace(record, '\"included\":[],', '')";
        assert_eq!(sqlx::query(change).execute(state.connection()).await.unwrap().rows_affected(), 1);
        let record: String =
            sqlx::query_scalar("SELECT record FROM consent").fetch_one(state.connection()).await.unwrap();
        assert!(!record.contains("included"));
        assert_eq!(Consent::load(&mut state).await.unwrap(), Consent::On(given()));
    }

    #[tokio::test]
    async fn the_file_off_overrides_the_record_until_the_next_opt_in() {
        let directory = tempfile::tempdir().unwrap();
        let mut state = State::open(directory.path()).await.unwrap();
        State::create_off_file(directory.path()).unwrap();
        assert_eq!(Consent::load(&mut state).await.unwrap(), Consent::Off(None));
        Consent::allow(&mut state, &given()).await.unwrap();
        assert_eq!(Consent::load(&mut state).await.unwrap(), Consent::On(given()));
        State::create_off_file(directory.path()).unwrap();
        assert_eq!(Consent::load(&mut state).await.unwrap(), Consent::Off(Some(given())));
    }

    #[tokio::test]
    async fn anything_named_off_blocks_reports() {
        let directory = tempfile::tempdir().unwrap();
        let mark = directory.path().join("off");
        let mut state = State::open(directory.path()).await.unwrap();
        Consent::allow(&mut state, &given()).await.unwrap();
        std::os::unix::fs::symlink("/no/such/file", &mark).unwrap();
        assert!(State::has_off_file(directory.path()));
        assert_eq!(Consent::load(&mut state).await.unwrap(), Consent::Off(Some(given())));
        State::create_off_file(directory.path()).unwrap();
        Consent::allow(&mut state, &given()).await.unwrap();
        assert_eq!(Consent::load(&mut state).await.unwrap(), Consent::On(given()));
        Consent::withdraw(&mut state, None).await.unwrap();
        // One that cannot be removed: nothing is recorded.
        std::fs::create_dir(&mark).unwrap();
        let entries = ledger::entries(&mut state).await.unwrap().len();
        assert_eq!(Consent::allow(&mut state, &given()).await.unwrap_err().code(), Code::StateNotUsable);
        assert_eq!(ledger::entries(&mut state).await.unwrap().len(), entries);
        std::fs::remove_dir(&mark).unwrap();
        assert_eq!(Consent::load(&mut state).await.unwrap(), Consent::Off(Some(given())));
    }
}
