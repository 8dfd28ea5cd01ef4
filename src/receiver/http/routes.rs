//! The routes of the API, each with what the OpenAPI document says of it.

use super::installs::Named;
use super::openapi::Values::{OneOf, Pattern, Range, Text, Windows};
use super::openapi::{Answer, Operation, Parameter, Payload, Place, ReportForm, SchemaOf, Signed, of};
use super::{Receiver, info, installs, public, reports};
use crate::code::Code;
use crate::code::Code::*;
use crate::publish::view::ChartData;
use axum::routing::{MethodRouter, get, post};
use callback_protocol::{ClearReceipt, HeldReports, Policy, PublishedKeys, Receipt};
use serde_json::{Map, Value};
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
const ALWAYS: &[Code] = &[Blocked, RateLimited, StoreUnavailable];

/// Codes of reading a body.
const BODY: &[Code] = &[
    BodyIncomplete,
    BodyTimeout,
    BodyTooLarge,
    Busy,
    ContentEncodingUnsupported,
    ContentTypeUnsupported,
    FieldMissing,
    FieldRepeated,
    HeaderNotAscii,
    HeaderRepeated,
    Internal,
    JsonInvalid,
    Utf8Invalid,
    UuidInvalid,
];

/// Codes of the secret.
const SECRET: &[Code] = &[SecretMissing, SecretWrong, TokenInvalid];

/// Codes of a report.
const REPORT: &[Code] = &[
    ClearOnly,
    DigestInvalid,
    DigestMismatch,
    EntriesTooMany,
    GroupsInvalid,
    GzipInvalid,
    KeyRepeated,
    LabelInvalid,
    ListExpected,
    NestingTooDeep,
    ObjectExpected,
    PayloadTooLarge,
    SchemaMismatch,
    SchemaUnknown,
    StringExpected,
    TotalInvalid,
    UnpackedTooLarge,
];

const DIGEST: &str = "^[0-9a-fA-F]{64}$";

const DIGESTS: &[Parameter] = &[
    Parameter {
        place: Place::Header,
        name: "Callback-Payload-SHA256",
        description: "SHA-256 of the payload; the report is rejected if it does not match.",
        values: Pattern(DIGEST),
    },
    Parameter {
        place: Place::Header,
        name: "Callback-Module-SHA256",
        description: "SHA-256 of the module that built the payload.",
        values: Pattern(DIGEST),
    },
];

const CHART: &[Parameter] = &[
    Parameter {
        place: Place::Path,
        name: "id",
        description: "ID of a chart; with `.csv` the answer is CSV.",
        values: Text,
    },
    Parameter::query("window", "Days to go back.", Windows),
];

const OS: Parameter = Parameter::query("os", "Only this OS.", Text);
const DESCR: Parameter = Parameter::query("descr", "Only pairs whose sysDescr contains this; case-sensitive.", Text);
const OID: Parameter = Parameter::query(
    "oid",
    "Only pairs whose sysObjectID starts with this; `enterprises` means .1.3.6.1.4.1. With a dot at its end: that tree.",
    Text,
);
const SORT: Parameter = Parameter::query(
    "sort",
    "Sort order; `sysObjectID` sums up pairs by os and sysObjectID.",
    OneOf(&["devices", "installs", "os", "sysObjectID", "sysDescr"]),
);

const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";

/// A body that names an install.
const INSTALL: &[(&str, SchemaOf)] = &[(FORM, of::<Named>), (JSON, of::<Named>)];

const fn send(
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

const fn read(
    path: &'static str,
    handler: fn() -> MethodRouter<Arc<Receiver>>,
    summary: &'static str,
    answer: Answer,
) -> Route {
    let operation =
        Operation { summary, parameters: &[], body: &[], answer, codes: &[ALWAYS], secret: false, cached: false };
    Route { method: "get", path, handler, operation }
}

const fn published(
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

/// All routes but pages.
pub(super) const ROUTES: &[Route] = &[
    send(
        "/log.php",
        || post(reports::log),
        "Send a report as LibreNMS does",
        DIGESTS,
        &[(FORM, of::<ReportForm>)],
        of::<Signed<Receipt>>,
        &[ALWAYS, BODY, SECRET, REPORT],
    ),
    send(
        "/clear.php",
        || post(installs::clear),
        "Delete all reports of an install",
        &[],
        INSTALL,
        of::<Signed<ClearReceipt>>,
        &[ALWAYS, BODY, SECRET, &[DayInvalid, NonceInvalid]],
    ),
    send(
        "/api/v1/reports",
        || post(reports::json),
        "Send a report as JSON",
        DIGESTS,
        &[(JSON, of::<Payload>)],
        of::<Signed<Receipt>>,
        &[ALWAYS, BODY, SECRET, REPORT],
    ),
    send(
        "/api/v1/clear",
        || post(installs::clear),
        "Delete all reports of an install",
        &[],
        INSTALL,
        of::<Signed<ClearReceipt>>,
        &[ALWAYS, BODY, SECRET, &[DayInvalid, NonceInvalid]],
    ),
    send(
        "/api/v1/held",
        || post(installs::held),
        "Read everything that is held of an install",
        &[],
        INSTALL,
        of::<HeldReports>,
        &[ALWAYS, BODY, SECRET, &[ClearOnly, DayInvalid, NonceInvalid]],
    ),
    read("/api/v1/policy", || get(info::policy), "Retention and publication", Answer::Json(of::<Policy>)),
    published(
        "/api/v1/charts",
        || get(public::charts),
        "All charts, and the rules of publication",
        Answer::Json(of::<public::ChartList>),
        &[],
        &[ALWAYS],
    ),
    published(
        "/api/v1/charts/{id}",
        || get(public::chart),
        "The published data of a chart",
        Answer::Json(of::<ChartData>),
        CHART,
        &[ALWAYS, &[ChartNotFound, WindowInvalid]],
    ),
    published(
        "/api/v1/labels",
        || get(public::labels),
        "Published labels that contain a text",
        Answer::Json(of::<public::LabelList>),
        &[
            Parameter::query("q", "Part of the label; not case-sensitive.", Text),
            Parameter::query("part", "Only this group.", Text),
        ],
        &[ALWAYS],
    ),
    published(
        "/api/v1/pairs",
        || get(public::pairs_json),
        "Published device pairs",
        Answer::Json(of::<public::PairList>),
        &[
            OS,
            DESCR,
            OID,
            SORT,
            Parameter::query("offset", "Pairs to skip.", Range(0, 10_000_000)),
            Parameter::query("limit", "Maximum number of pairs.", Range(1, 1000)),
        ],
        &[ALWAYS, &[NumberInvalid, SortInvalid]],
    ),
    published(
        "/api/v1/pairs.csv",
        || get(public::pairs_csv),
        "All matching pairs, as CSV",
        Answer::Text("text/csv"),
        &[OS, DESCR, OID, SORT],
        &[ALWAYS, &[NumberInvalid, SortInvalid]],
    ),
    published(
        "/feed.atom",
        || get(public::feed),
        "Newly published pairs as an Atom feed",
        Answer::Text("application/atom+xml"),
        &[OS],
        &[ALWAYS],
    ),
    published(
        "/data.php",
        || get(public::stock),
        "A chart's data in the form of the stock statistics site",
        Answer::Json(of::<Vec<Map<String, Value>>>),
        &[Parameter::query("id", "`draw-` and the name of one of its charts.", Text)],
        &[ALWAYS, &[ChartIdInvalid]],
    ),
    read("/api/v1/keys", || get(info::keys), "The keys that sign receipts", Answer::Json(of::<PublishedKeys>)),
    read("/api/v1/openapi.json", || get(info::openapi), "This document", Answer::Json(of::<Map<String, Value>>)),
    read("/healthz", || get(info::healthz), "Whether the process answers", Answer::Text("text/plain")),
    read("/readyz", || get(info::readyz), "Whether reports can be stored", Answer::Text("text/plain")),
    read(
        "/metrics",
        || get(info::metrics),
        "Metrics for Prometheus, without data of installs",
        Answer::Text("text/plain"),
    ),
];
