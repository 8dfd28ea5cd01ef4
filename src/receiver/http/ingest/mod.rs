//! For installs: sending, deleting and reading reports.

pub(super) mod admission;
mod installs;
mod reports;

use super::headers::{FORM, JSON};
use super::operation::Values::Pattern;
use super::operation::{ALWAYS, Parameter, ParameterIn, Route, SchemaOf, UUID, of, send};
use crate::code::Code;
use crate::code::Code::*;
use axum::routing::post;
use callback_protocol::{ClearReceipt, HeldReports, Receipt};
use installs::Install;
use schemars::JsonSchema;
use serde_json::{Map, Value};

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
        location: ParameterIn::Header,
        name: "Callback-Payload-SHA256",
        description: "SHA-256 of the payload; the report is rejected if it does not match.",
        values: Pattern(DIGEST),
    },
    Parameter {
        location: ParameterIn::Header,
        name: "Callback-Module-SHA256",
        description: "SHA-256 of the module that built the payload.",
        values: Pattern(DIGEST),
    },
];

/// A body that names an install.
const INSTALL: &[(&str, SchemaOf)] = &[(FORM, of::<Install>), (JSON, of::<Install>)];

/// A report in a form's field, as LibreNMS sends it.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "only its schema is used; `wire::form` reads the field from the bytes")]
struct ReportForm {
    /// The payload, as JSON.
    data: String,
}

/// A report. The rules for a payload that names its schema are in `payload.schema.json`.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "only its schema is used; `wire::parse` reads payloads of every age")]
struct Payload {
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
struct Signed<T> {
    #[schemars(flatten)]
    document: T,
    /// ID of the key, see `/api/v1/keys`.
    key: String,
    /// Ed25519 signature in base64.
    signature: String,
}

/// The routes.
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
];
