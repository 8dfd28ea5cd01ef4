//! The OpenAPI document: what the routes take and answer. A test compares it with the routes.

use crate::receipt::RECEIVER;
use serde_json::{Value, json};

/// A version 4 UUID; `format` would allow others.
const UUID: &str = "^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-4[0-9a-fA-F]{3}-[89abAB][0-9a-fA-F]{3}-[0-9a-fA-F]{12}$";

/// The document (OpenAPI 3.1).
#[must_use]
pub fn document() -> Value {
    let digest =
        |description: &str| json!({"type": "string", "pattern": "^[0-9a-fA-F]{64}$", "description": description});
    let header = |name: &str, schema: Value| json!({"name": name, "in": "header", "required": false, "schema": schema});
    let report_headers = json!([
        header("Callback-Payload-SHA256", digest("SHA-256 of the payload; refused if it is another.")),
        header("Callback-Module-SHA256", digest("SHA-256 of the module that built the payload.")),
    ]);
    let uuid =
        json!({"type": "object", "required": ["uuid"], "properties": {"uuid": {"type": "string", "pattern": UUID}}});
    let form = |schema: &Value| json!({"application/x-www-form-urlencoded": {"schema": schema}});
    let either = json!({
        "application/x-www-form-urlencoded": {"schema": uuid},
        "application/json": {"schema": uuid},
    });
    let data = json!({
        "type": "object",
        "required": ["data"],
        "properties": {"data": {"type": "string", "description": "The payload, as JSON."}},
    });
    let post = |summary: &str, content: Value, answer: &str, statuses: &[&str], secret: bool| {
        let mut operation = json!({
            "summary": summary,
            "requestBody": {"required": true, "content": content},
            "responses": answers(answer, statuses),
        });
        if secret {
            operation["security"] = json!([{}, {"secret": []}]);
        }
        operation
    };
    const REPORT: &[&str] = &["400", "401", "403", "408", "413", "415", "422", "429", "503"];
    let mut log = post("Send a report as LibreNMS does", form(&data), "Receipt", REPORT, true);
    log["parameters"] = report_headers.clone();
    let payload = json!({"application/json": {"schema": {"$ref": "#/components/schemas/Payload"}}});
    let mut reports = post("Send a report as JSON", payload, "Receipt", REPORT, true);
    reports["parameters"] = report_headers;
    let clear = post("Have everything of an install removed", either, "Cleared", REPORT, true);
    let mut of_a_day = uuid;
    of_a_day["properties"]["day"] =
        json!({"type": "string", "format": "date", "description": "Only this day's report."});
    let of_a_day = json!({
        "application/x-www-form-urlencoded": {"schema": of_a_day},
        "application/json": {"schema": of_a_day},
    });
    let held = post("See all that is held of an install", of_a_day, "Held", REPORT, true);
    let get = |summary: &str, answer: &str| json!({"summary": summary, "responses": answers(answer, &["429", "503"])});
    // Everything public may be kept for a while, and read by other sites' pages.
    let public = |mut operation: Value, parameters: Value| {
        operation["parameters"] = parameters;
        for status in ["400", "404"] {
            operation["responses"][status] = operation["responses"]["429"].clone();
        }
        operation["responses"]["304"] =
            json!({"description": "What was asked for with If-None-Match is still current"});
        operation
    };
    let query = |name: &str, says: &str| json!({"name": name, "in": "query", "required": false, "description": says, "schema": {"type": "string"}});
    let number = |name: &str, least: u32, most: u32| {
        json!({"name": name, "in": "query", "required": false,
            "schema": {"type": "integer", "minimum": least, "maximum": most}})
    };
    let window = json!({"name": "window", "in": "query", "required": false,
        "description": "Days to go back.", "schema": {"type": "integer", "enum": [7, 30, 90]}});
    let pairs = |paged: bool| {
        let mut parameters = vec![
            query("os", "The os, equal."),
            query("descr", "Within sysDescr, case as it is."),
            query(
                "oid",
                "Beginning of sysObjectID; `enterprises` stands for .1.3.6.1.4.1. With a dot at its end: that tree.",
            ),
            json!({"name": "sort", "in": "query", "required": false, "description":
                "Order; by sysObjectID pairs are summed up by os and sysObjectID.",
                "schema": {"type": "string", "enum": ["devices", "installs", "os", "sysObjectID", "sysDescr"]}}),
        ];
        if paged {
            parameters.extend([number("offset", 0, 10_000_000), number("limit", 1, 1000)]);
        }
        Value::Array(parameters)
    };
    json!({
        "openapi": "3.1.0",
        "info": {"title": "Callback Stats receiver", "version": RECEIVER.trim_start_matches("callback-receiver/")},
        "paths": {
            "/log.php": {"post": log},
            "/clear.php": {"post": clear},
            "/api/v1/reports": {"post": reports},
            "/api/v1/clear": {"post": clear},
            "/api/v1/held": {"post": held},
            "/api/v1/policy": {"get": get("What is kept for how long, and what is published", "Object")},
            "/api/v1/charts": {"get": public(get("All charts, and the rules of publication", "Object"), json!([]))},
            "/api/v1/charts/{id}": {"get": public(
                get("What is published of a chart; with `.csv` after its name as CSV", "Chart"),
                json!([{"name": "id", "in": "path", "required": true, "schema": {"type": "string"}}, window]),
            )},
            "/api/v1/labels": {"get": public(
                get("The published labels that hold a text", "Object"),
                json!([query("q", "Part of the label, upper and lower case alike."), query("part", "Name of the group.")]),
            )},
            "/api/v1/pairs": {"get": public(get("Published pairs", "Pairs"), pairs(true))},
            "/api/v1/pairs.csv": {"get": public(get("All published pairs that fit, as CSV", "Csv"), pairs(false))},
            "/feed.atom": {"get": public(
                get("Newly published pairs as an Atom feed", "Atom"),
                json!([query("os", "Of this os only.")]),
            )},
            "/data.php": {"get": public(
                get("A chart's data as the stock statistics site gives it", "Array"),
                json!([query("id", "`draw-` and the name of one of its charts.")]),
            )},
            "/api/v1/keys": {"get": get("The keys that sign receipts", "Object")},
            "/api/v1/openapi.json": {"get": get("This document", "Object")},
            "/healthz": {"get": get("Whether the process answers", "Text")},
            "/readyz": {"get": get("Whether reports can be stored", "Text")},
            "/metrics": {"get": get("Numbers for Prometheus, without data of installs", "Text")},
        },
        "components": {
            "securitySchemes": {"secret": {
                "type": "http",
                "scheme": "bearer",
                "description": "The install's secret: 32 bytes in hexadecimal or base64url.",
            }},
            "schemas": schemas(),
        },
    })
}

fn answers(answer: &str, statuses: &[&str]) -> Value {
    let content = match answer {
        "Text" => json!({"text/plain": {"schema": {"type": "string"}}}),
        "Csv" => json!({"text/csv": {"schema": {"type": "string"}}}),
        "Atom" => json!({"application/atom+xml": {"schema": {"type": "string"}}}),
        answer => json!({"application/json": {"schema": {"$ref": format!("#/components/schemas/{answer}")}}}),
    };
    let mut answers = json!({"200": {"description": "Done", "content": content}});
    for status in statuses {
        answers[*status] = json!({
            "description": "Not done; the body says why",
            "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
        });
    }
    answers
}

fn schemas() -> Value {
    let text = json!({"type": "string"});
    let count = json!({"type": "integer", "minimum": 0});
    let counts = json!({"type": "object", "additionalProperties": count});
    json!({
        "Object": {"type": "object"},
        "Array": {"type": "array", "items": {"type": "object"}},
        "Chart": {
            "type": "object",
            "required": ["id", "title", "description", "unit", "as_of", "window_days", "installs", "rows", "lines"],
            "properties": {
                "id": text, "title": text, "description": text, "unit": text,
                "as_of": {"type": ["string", "null"], "format": "date"},
                "window_days": count,
                "installs": count,
                "total": {"type": ["integer", "null"]},
                "cap": {"type": ["integer", "null"]},
                "rows": {"type": "array", "items": {"type": "object"}},
                "other": {"type": ["object", "null"]},
                "withheld_percent": {"type": ["number", "null"]},
                "lines": {"type": "array", "items": {"type": "object"}},
            },
        },
        "Pairs": {
            "type": "object",
            "required": ["as_of", "found", "offset", "pairs"],
            "properties": {
                "as_of": {"type": ["string", "null"], "format": "date"},
                "found": count,
                "offset": count,
                "pairs": {"type": "array", "items": {
                    "type": "object",
                    "required": ["os", "sysObjectID", "sysDescr", "installs", "devices"],
                    "properties": {
                        "os": text, "sysObjectID": text, "sysDescr": {"type": ["string", "null"]},
                        "installs": count, "devices": count, "firstPublished": {"type": "string", "format": "date"},
                    },
                }},
            },
        },
        "Payload": {
            "type": "object",
            "required": ["uuid", "data"],
            "properties": {
                "uuid": {"type": "string", "pattern": UUID},
                "data": {"type": "object"},
                "info": {"type": "array", "items": {"type": "object"}},
                "schema": {"type": "integer", "minimum": 1},
            },
        },
        "Receipt": {
            "type": "object",
            "required": ["payload_sha256", "day", "expires", "cleaned", "receiver", "key", "signature"],
            "properties": {
                "payload_sha256": text,
                "day": {"type": "string", "format": "date"},
                "expires": {"type": "string", "format": "date"},
                "cleaned": counts,
                "receiver": text,
                "key": text,
                "signature": text,
            },
        },
        "Cleared": {
            "type": "object",
            "required": ["cleared", "day", "lags", "receiver", "key", "signature"],
            "properties": {"cleared": counts, "day": {"type": "string", "format": "date"}, "lags": {"type": "object"}},
        },
        "Held": {
            "type": "object",
            "required": ["reports", "receiver"],
            "properties": {"reports": {"type": "array", "items": {"type": "object"}}, "receiver": text},
        },
        "Problem": {
            "type": "object",
            "required": ["type", "title", "status", "detail", "path", "rule"],
            "properties": {
                "type": text, "title": text, "status": {"type": "integer"}, "detail": text, "path": text, "rule": text,
            },
        },
    })
}

#[cfg(test)]
mod tests {
    use super::super::ROUTES;
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
        assert_eq!(documented, ROUTES.iter().map(|(method, path, _)| (*method, *path)).collect());
    }
}
