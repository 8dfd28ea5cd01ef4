//! Builds a report: reads the install, adds the agent's own data, and runs the module.

use crate::code::Code;
use crate::config::Config;
use crate::error::{Error, Result};
use crate::librenms::{Location, Settings, read};
use crate::progress::Progress;
use crate::sandbox::module::Module;
use crate::sandbox::{Instance, Limits, Sandbox};
use crate::store::consent::Choices;
use crate::store::{State, cache_directory};
use crate::versions;
use callback_collector::facts::Facts;
use callback_collector::text::Text;
use callback_collector::{FACTS_SCHEMA, Report};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The facts document of an install, and its settings.
pub(crate) struct Gathered {
    /// The facts document (JSON).
    pub facts: Vec<u8>,
    /// The uuid in it.
    pub uuid: String,
    /// Whether the uuid was generated for this report. A command that only reads does not store it.
    pub is_new_uuid: bool,
    /// LibreNMS's settings.
    pub settings: Settings,
}

/// The configured module, compiled.
pub(crate) fn sandbox(module: &Module, state: &Path) -> Result<Sandbox> {
    Sandbox::new(module, cache_of(state)?.as_deref(), Limits::default())
}

/// The directory of compiled code. Without a state, or if it cannot be written to, no cache is used, and the module is
/// compiled again.
pub(crate) fn cache_of(state: &Path) -> Result<Option<PathBuf>> {
    if !State::exists(state) {
        return Ok(None);
    }
    match cache_directory(state) {
        Err(error) if matches!(error.code(), Code::StateReadOnly | Code::StateDiskFull) => Ok(None),
        directory => directory.map(Some),
    }
}

/// Timeout of a query of the install's database.
pub(crate) const fn query_timeout(config: &Config) -> Duration {
    Duration::from_secs(config.submit.query_seconds)
}

/// Reads the install and builds its facts document for a payload schema. Generates a uuid if the state has no uuid, and stores it
/// unless the state was opened for reading.
pub(crate) async fn gather(
    config: &Config,
    location: &Location,
    state: &mut State,
    instance: &mut Instance,
    (choices, schema): (&Choices, u32),
    progress: &Progress,
) -> Result<Gathered> {
    let mut snapshot = read(location, query_timeout(config), progress).await?;
    let install = location.fingerprint()?;
    let known = state.observe(&install, &mut snapshot.settings).await?.uuid;
    let is_new_uuid = known.is_none();
    let uuid = match known {
        Some(uuid) => uuid,
        None => state.keep_uuid(&install, &instance.install_id()?).await?,
    };
    let terms = config.terms.iter().chain(&choices.terms);
    let facts = Facts {
        schema: FACTS_SCHEMA,
        uuid: uuid.as_str().into(),
        versions: versions::find(&config.versions, snapshot.database_version, snapshot.librenms_release),
        counts: snapshot.counts,
        devices: Some(snapshot.devices),
        terms: terms.map(|term| Text::from(term.as_str())).collect(),
        patterns: config.patterns.iter().map(|pattern| Text::from(pattern.as_str())).collect(),
        consent: choices.facts(schema),
        left_out: snapshot.left_out,
    };
    let facts = serde_json::to_vec(&facts)
        .map_err(|error| Error::new(Code::Internal, "cannot write the facts as JSON").caused_by(error))?;
    Ok(Gathered { facts, uuid, is_new_uuid, settings: snapshot.settings })
}

/// Builds the report from facts in a new instance.
pub(crate) fn build(sandbox: &Sandbox, facts: &[u8]) -> Result<Report> {
    sandbox.instance()?.build(facts)
}
