//! JSON Schemas of the documents, for `docs/schema`, OpenAPI and TypeScript.

use crate::{agent_api, keys, policy, problem, receipt};
use schemars::{JsonSchema, Schema, SchemaGenerator, generate::SchemaSettings};

/// The receiver's documents, as definitions of one schema.
#[must_use]
pub fn receiver_api() -> Schema {
    let mut all = Definitions::new("What a callback-receiver answers");
    all.add::<receipt::Receipt>();
    all.add::<receipt::ClearReceipt>();
    all.add::<receipt::HeldReports>();
    all.add::<policy::Policy>();
    all.add::<keys::PublishedKeys>();
    all.add::<problem::Problem>();
    all.finish()
}

/// The agent's answers and the preview page's requests, as definitions of one schema.
#[must_use]
pub fn agent_api() -> Schema {
    let mut all = Definitions::new("What callback-agent answers with --json and to the preview page");
    all.add::<agent_api::State>();
    all.add::<agent_api::Snapshot>();
    all.add::<agent_api::Entry>();
    all.add::<agent_api::EnableRequest>();
    all.add::<agent_api::Enabled>();
    all.add::<agent_api::EnableReport>();
    all.add::<agent_api::Disabled>();
    all.add::<agent_api::StatusReport>();
    all.add::<agent_api::Imported>();
    all.add::<agent_api::SendRequest>();
    all.add::<agent_api::SendResult>();
    all.add::<agent_api::ClearRequest>();
    all.add::<agent_api::ClearAnswer>();
    all.add::<agent_api::ClearFileWritten>();
    all.add::<agent_api::ClearUploaded>();
    all.add::<agent_api::ClearCancelled>();
    all.add::<agent_api::Diagnosis>();
    all.add::<agent_api::ConfigReport>();
    all.add::<problem::Problem>();
    all.add::<receipt::Receipt>();
    all.finish()
}

struct Definitions {
    generator: SchemaGenerator,
    title: &'static str,
}

impl Definitions {
    fn new(title: &'static str) -> Self {
        Self { generator: SchemaSettings::draft2020_12().into_generator(), title }
    }

    fn add<T: JsonSchema>(&mut self) {
        self.generator.subschema_for::<T>();
    }

    fn finish(mut self) -> Schema {
        let definitions = self.generator.take_definitions(true);
        schemars::json_schema!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "title": self.title,
            "$defs": definitions,
        })
    }
}
