//! The OpenAPI document, derived from the routes and from the types that they read and answer. It uses schemars instead of
//! utoipa, because the types of `callback_protocol` derive its schemas already, for docs and TypeScript.

use super::operation::{Answer, Operation, Parameter, Route, of};
use super::{ingest, ops, public};
use crate::code::{Code, Outcome};
use crate::receipt::RECEIVER;
use schemars::Schema;
use schemars::generate::{SchemaGenerator, SchemaSettings};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The document, made once and shared by all requests.
#[derive(Clone)]
pub(super) struct Published(pub(super) Arc<Value>);

/// All routes except the pages.
fn routes() -> impl Iterator<Item = &'static Route> {
    [ingest::ROUTES, public::ROUTES, ops::ROUTES].into_iter().flatten()
}

/// The document (OpenAPI 3.1).
#[must_use]
pub fn document() -> Value {
    let settings =
        || SchemaSettings::draft2020_12().with(|settings| settings.definitions_path = "/components/schemas".into());
    let mut read = settings().for_deserialize().into_generator();
    let mut written = settings().for_serialize().into_generator();
    let problem = written.subschema_for::<callback_protocol::Problem>();
    let mut paths: BTreeMap<&str, Map<String, Value>> = BTreeMap::new();
    for route in routes() {
        let operation = operation(&route.operation, &mut read, &mut written, &problem);
        paths.entry(route.path).or_default().insert(route.method.to_owned(), operation);
    }
    let mut schemas = written.take_definitions(true);
    schemas.extend(read.take_definitions(true));
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Callback Stats receiver",
            "version": RECEIVER.trim_start_matches("callback-receiver/"),
            "license": {"name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0"},
        },
        "paths": paths,
        "components": {
            "securitySchemes": {"secret": {
                "type": "http",
                "scheme": "bearer",
                "description": "The install's secret: 32 bytes in hexadecimal or base64url.",
            }},
            "schemas": schemas,
        },
    })
}

fn operation(
    operation: &Operation,
    read: &mut SchemaGenerator,
    written: &mut SchemaGenerator,
    problem: &Schema,
) -> Value {
    let (media_type, schema) = match operation.answer {
        Answer::Json(schema) => ("application/json", schema(written)),
        Answer::Text(media_type) => (media_type, of::<String>(written)),
    };
    let mut answers = Map::new();
    answers.insert("200".into(), json!({"description": "Success", "content": {media_type: {"schema": schema}}}));
    if operation.cached {
        answers.insert("304".into(), json!({"description": "The version named by If-None-Match is current"}));
    }
    let mut by_status: BTreeMap<u16, Vec<Code>> = BTreeMap::new();
    for code in operation.codes.iter().copied().flatten() {
        if let Outcome::Answer { status, .. } = code.outcome() {
            by_status.entry(status).or_default().push(*code);
        }
    }
    for (status, codes) in by_status {
        let codes: Vec<String> = codes.iter().map(|code| format!("`{code}`: {}", code.meaning())).collect();
        let content = json!({callback_protocol::problem::MEDIA_TYPE: {"schema": problem}});
        answers.insert(status.to_string(), json!({"description": codes.join("\n"), "content": content}));
    }
    let mut document = json!({"summary": operation.summary, "responses": answers});
    if !operation.parameters.is_empty() {
        document["parameters"] = operation.parameters.iter().map(Parameter::document).collect();
    }
    if !operation.body.is_empty() {
        let content: Map<String, Value> = operation
            .body
            .iter()
            .map(|(media_type, schema)| ((*media_type).to_owned(), json!({"schema": schema(read)})))
            .collect();
        document["requestBody"] = json!({"required": true, "content": content});
    }
    if operation.secret {
        document["security"] = json!([{}, {"secret": []}]);
    }
    document
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn the_document_has_the_routes_and_no_others() {
        let document = document();
        let documented: BTreeSet<(&str, &str)> = document["paths"]
            .as_object()
            .unwrap()
            .iter()
            .flat_map(|(path, methods)| methods.as_object().unwrap().keys().map(move |m| (m.as_str(), path.as_str())))
            .collect();
        assert_eq!(documented, routes().map(|route| (route.method, route.path)).collect());
    }

    #[test]
    fn every_reference_resolves() {
        fn references<'v>(value: &'v Value, found: &mut Vec<&'v str>) {
            match value {
                Value::Object(fields) => {
                    found.extend(fields.get("$ref").and_then(Value::as_str));
                    fields.values().for_each(|value| references(value, found));
                }
                Value::Array(elements) => elements.iter().for_each(|value| references(value, found)),
                _ => {}
            }
        }
        let document = document();
        let mut found = Vec::new();
        references(&document, &mut found);
        assert!(found.len() > 20);
        for reference in found {
            let pointer = reference.strip_prefix('#').unwrap();
            assert!(document.pointer(pointer).is_some_and(Value::is_object), "{reference}");
        }
    }
}
