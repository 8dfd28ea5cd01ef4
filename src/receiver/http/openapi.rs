//! The OpenAPI document, derived from the routes and from the types that they read and answer. schemars: the types of
//! `callback_protocol` carry its schemas already, for docs and TypeScript.

use super::ROUTES;
use crate::code::{Code, Outcome};
use crate::receipt::RECEIVER;
use schemars::generate::{SchemaGenerator, SchemaSettings};
use schemars::{JsonSchema, Schema};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// A version 4 UUID; the format `uuid` would allow others.
pub(super) const UUID: &str = "^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-4[0-9a-fA-F]{3}-[89abAB][0-9a-fA-F]{3}-[0-9a-fA-F]{12}$";

/// What one route does.
pub(super) struct Operation {
    /// In a sentence.
    pub(super) summary: &'static str,
    /// Parameters in the path and the query, and headers.
    pub(super) parameters: &'static [Parameter],
    /// Media types of the body, each with its schema.
    pub(super) body: &'static [(&'static str, SchemaOf)],
    /// The answer.
    pub(super) answer: Answer,
    /// What else it may answer.
    pub(super) codes: &'static [&'static [Code]],
    /// Whether it reads the install's secret.
    pub(super) secret: bool,
    /// Whether the answer may be cached.
    pub(super) cached: bool,
}

/// Makes a type's schema.
pub(super) type SchemaOf = fn(&mut SchemaGenerator) -> Schema;

/// The schema of a type, as [`SchemaOf`].
pub(super) fn of<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<T>()
}

/// An answer.
pub(super) enum Answer {
    Json(SchemaOf),
    /// Text of this media type.
    Text(&'static str),
}

/// Where a parameter is.
#[derive(Clone, Copy)]
pub(super) enum Place {
    Path,
    Query,
    Header,
}

/// A parameter.
pub(super) struct Parameter {
    pub(super) place: Place,
    pub(super) name: &'static str,
    pub(super) description: &'static str,
    pub(super) values: Values,
}

/// Values of a parameter.
pub(super) enum Values {
    Text,
    Pattern(&'static str),
    Range(u32, u32),
    OneOf(&'static [&'static str]),
    Windows,
}

impl Parameter {
    pub(super) const fn query(name: &'static str, description: &'static str, values: Values) -> Self {
        Self { place: Place::Query, name, description, values }
    }

    fn document(&self) -> Value {
        let (place, required) = match self.place {
            Place::Path => ("path", true),
            Place::Query => ("query", false),
            Place::Header => ("header", false),
        };
        let schema = match self.values {
            Values::Text => json!({"type": "string"}),
            Values::Pattern(pattern) => json!({"type": "string", "pattern": pattern}),
            Values::Range(least, most) => json!({"type": "integer", "minimum": least, "maximum": most}),
            Values::OneOf(values) => json!({"type": "string", "enum": values}),
            Values::Windows => json!({"type": "integer", "enum": crate::publish::view::Window::ALL}),
        };
        json!({"in": place, "name": self.name, "required": required, "description": self.description, "schema": schema})
    }
}

/// A report in a form's field, as LibreNMS sends it.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "only its schema is used; `wire::form` reads the field from the bytes")]
pub(super) struct ReportForm {
    /// The payload, as JSON.
    data: String,
}

/// A report. The rules for a payload that names its schema are in `payload.schema.json`.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "only its schema is used; `wire::parse` reads payloads of every age")]
pub(super) struct Payload {
    /// The install's random ID.
    #[schemars(regex(pattern = UUID))]
    uuid: String,
    /// Totals by group.
    data: Map<String, Value>,
    /// Device descriptions.
    info: Option<Vec<Map<String, Value>>>,
    /// The payload schema that it follows.
    #[schemars(range(min = 1))]
    schema: Option<u32>,
}

/// A document with the ID of the key that signed it and the signature.
#[derive(JsonSchema)]
#[schemars(rename = "Signed{T}")]
#[expect(dead_code, reason = "only its schema is used; `callback_protocol::signing` adds the fields")]
pub(super) struct Signed<T> {
    #[schemars(flatten)]
    document: T,
    /// ID of the key, see `/api/v1/keys`.
    key: String,
    /// Ed25519 signature in base64.
    signature: String,
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
    for route in ROUTES {
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
        assert_eq!(documented, ROUTES.iter().map(|route| (route.method, route.path)).collect());
    }

    #[test]
    fn every_reference_leads_somewhere() {
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
