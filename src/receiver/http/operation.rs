//! The type of a route: its handler, with what the OpenAPI document says about it.

use super::state::Receiver;
use crate::code::Code;
use axum::routing::MethodRouter;
use schemars::generate::SchemaGenerator;
use schemars::{JsonSchema, Schema};
use serde_json::{Value, json};
use std::sync::Arc;

/// A route.
pub(super) struct Route {
    /// `get` or `post`.
    pub(super) method: &'static str,
    /// The path, as axum and OpenAPI write it.
    pub(super) path: &'static str,
    /// The handler.
    pub(super) handler: fn() -> MethodRouter<Arc<Receiver>>,
    /// What it does.
    pub(super) operation: Operation,
}

/// Codes that every route may answer.
pub(super) const ALWAYS: &[Code] = &[Code::Blocked, Code::RateLimited, Code::StoreUnavailable];

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
pub(super) enum ParameterIn {
    Path,
    Query,
    Header,
}

/// A parameter.
pub(super) struct Parameter {
    pub(super) location: ParameterIn,
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
        Self { location: ParameterIn::Query, name, description, values }
    }

    pub(super) fn document(&self) -> Value {
        let (location, required) = match self.location {
            ParameterIn::Path => ("path", true),
            ParameterIn::Query => ("query", false),
            ParameterIn::Header => ("header", false),
        };
        let schema = match self.values {
            Values::Text => json!({"type": "string"}),
            Values::Pattern(pattern) => json!({"type": "string", "pattern": pattern}),
            Values::Range(min, max) => json!({"type": "integer", "minimum": min, "maximum": max}),
            Values::OneOf(values) => json!({"type": "string", "enum": values}),
            Values::Windows => json!({"type": "integer", "enum": crate::publish::view::Window::ALL}),
        };
        json!({"in": location, "name": self.name, "required": required, "description": self.description, "schema": schema})
    }
}

/// A route that takes a body, and reads the install's secret.
pub(super) const fn send(
    path: &'static str,
    handler: fn() -> MethodRouter<Arc<Receiver>>,
    summary: &'static str,
    parameters: &'static [Parameter],
    body: &'static [(&'static str, SchemaOf)],
    answer: SchemaOf,
    codes: &'static [&'static [Code]],
) -> Route {
    let answer = Answer::Json(answer);
    let operation = Operation { summary, parameters, body, answer, codes, secret: true, cached: false };
    Route { method: "post", path, handler, operation }
}

/// A route whose answer must not be cached.
pub(super) const fn read(
    path: &'static str,
    handler: fn() -> MethodRouter<Arc<Receiver>>,
    summary: &'static str,
    answer: Answer,
) -> Route {
    let operation =
        Operation { summary, parameters: &[], body: &[], answer, codes: &[ALWAYS], secret: false, cached: false };
    Route { method: "get", path, handler, operation }
}

/// A route of published data.
pub(super) const fn published(
    path: &'static str,
    handler: fn() -> MethodRouter<Arc<Receiver>>,
    summary: &'static str,
    answer: Answer,
    parameters: &'static [Parameter],
    codes: &'static [&'static [Code]],
) -> Route {
    let operation = Operation { summary, parameters, body: &[], answer, codes, secret: false, cached: true };
    Route { method: "get", path, handler, operation }
}
