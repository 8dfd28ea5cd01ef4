//! For everybody: published data and pages, the policy and the keys.

mod about;
pub(super) mod cache;
mod charts;
mod csv;
mod document;
mod feed;
mod labels;
pub(super) mod pages;
mod pairs;
mod query;

pub use csv::pairs_as_csv;

use super::operation::Values::{OneOf, Range, Text, Windows};
use super::operation::{ALWAYS, Answer, Parameter, ParameterIn, Route, of, published, read};
use super::problem::Problem;
use crate::code::Code::*;
use crate::publish::view::ChartData;
use axum::routing::get;
use callback_protocol::{Policy, PublishedKeys};
use document::{Document, Kind};
use serde::Serialize;
use serde_json::{Map, Value};

const CHART: &[Parameter] = &[
    Parameter {
        location: ParameterIn::Path,
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

/// The routes of the API.
pub(super) const ROUTES: &[Route] = &[
    read("/api/v1/policy", || get(about::policy), "Retention and publication", Answer::Json(of::<Policy>)),
    published(
        "/api/v1/charts",
        || get(charts::charts),
        "All charts, and the rules of publication",
        Answer::Json(of::<charts::ChartList>),
        &[],
        &[ALWAYS],
    ),
    published(
        "/api/v1/charts/{id}",
        || get(charts::chart),
        "The published data of a chart",
        Answer::Json(of::<ChartData>),
        CHART,
        &[ALWAYS, &[ChartNotFound, WindowInvalid]],
    ),
    published(
        "/api/v1/labels",
        || get(labels::labels),
        "Published labels that contain a text",
        Answer::Json(of::<labels::LabelList>),
        &[
            Parameter::query("q", "Part of the label; not case-sensitive.", Text),
            Parameter::query("part", "Only this group.", Text),
        ],
        &[ALWAYS],
    ),
    published(
        "/api/v1/pairs",
        || get(pairs::list),
        "Published device pairs",
        Answer::Json(of::<pairs::PairList>),
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
        || get(pairs::csv),
        "All matching pairs, as CSV",
        Answer::Text("text/csv"),
        &[OS, DESCR, OID, SORT],
        &[ALWAYS, &[NumberInvalid, SortInvalid]],
    ),
    published(
        "/feed.atom",
        || get(feed::feed),
        "Newly published pairs as an Atom feed",
        Answer::Text("application/atom+xml"),
        &[OS],
        &[ALWAYS],
    ),
    published(
        "/data.php",
        || get(charts::stock),
        "A chart's data in the form of the stock statistics site",
        Answer::Json(of::<Vec<Map<String, Value>>>),
        &[Parameter::query("id", "`draw-` and the name of one of its charts.", Text)],
        &[ALWAYS, &[ChartIdInvalid]],
    ),
    read("/api/v1/keys", || get(about::keys), "The keys that sign receipts", Answer::Json(of::<PublishedKeys>)),
    read("/api/v1/openapi.json", || get(about::openapi), "This document", Answer::Json(of::<Map<String, Value>>)),
];

/// A document as JSON, with its keys in alphabetical order.
fn json(document: &impl Serialize) -> Result<Document, Problem> {
    let value = serde_json::to_value(document).map_err(|_| Problem::from(Internal))?;
    Ok(Document::new(Kind::JSON, value.to_string()))
}
