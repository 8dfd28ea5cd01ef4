//! From an install to a report: reads, adds what the agent knows, runs the module.

use crate::config::Config;
use crate::consent::Consent;
use crate::error::{Error, Result};
use crate::module::Module;
use crate::progress::Progress;
use crate::sandbox::{Instance, Limits, Sandbox};
use crate::source::{Location, Settings, read};
use crate::state::{State, cache_folder};
use crate::versions;
use callback_collector::facts::{Consent as ConsentFacts, Facts};
use callback_collector::text::Text;
use callback_collector::{FACTS_SCHEMA, Report, install_id};
use std::path::Path;

/// The facts of an install, as a document, and what its switches say.
pub struct Gathered {
    /// The facts document (JSON).
    pub facts: Vec<u8>,
    /// LibreNMS's switches and settings.
    pub settings: Settings,
}

/// The module of the configuration, compiled and ready.
///
/// # Errors
/// [`Error::Module`], and [`Error::State`] if the state folder cannot be used.
pub fn sandbox(module: &Module, state: &Path) -> Result<Sandbox> {
    Sandbox::new(module, Some(&cache_folder(state)?), Limits::default())
}

/// Reads the install and makes its facts document. A pseudonym is made at the first time, and kept.
///
/// # Errors
/// Those of [`read`], and [`Error::State`].
pub async fn gather(
    config: &Config,
    location: &Location,
    state: &mut State,
    instance: &mut Instance,
    progress: &Progress,
) -> Result<Gathered> {
    let snapshot = read(location, progress).await?;
    let uuid = match snapshot.settings.uuid.as_deref().and_then(install_id::normalised) {
        Some(uuid) => uuid,
        None => match state.uuid().await? {
            Some(uuid) => uuid,
            None => state.keep_uuid(&instance.install_id()?).await?,
        },
    };
    let consent = Consent::load(state).await?;
    let facts = Facts {
        schema: FACTS_SCHEMA,
        uuid: uuid.into(),
        versions: versions::find(&config.versions, snapshot.database_version, snapshot.librenms_release),
        counts: snapshot.counts,
        devices: Some(snapshot.devices),
        terms: config.terms.iter().map(|term| Text::from(term.as_str())).collect(),
        consent: ConsentFacts { schema: consent.payload_schema(), ..ConsentFacts::default() },
        left_out: snapshot.left_out,
    };
    let facts = serde_json::to_vec(&facts).map_err(|_| Error::Io("the facts cannot be written as JSON".into()))?;
    Ok(Gathered { facts, settings: snapshot.settings })
}

/// Builds the report of facts in a fresh instance.
///
/// # Errors
/// [`Error::Module`] and [`Error::Refused`].
pub fn build(sandbox: &Sandbox, facts: &[u8]) -> Result<Report> {
    sandbox.instance()?.build(facts)
}
