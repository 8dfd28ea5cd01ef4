//! The search of published labels.

use super::json;
use super::query::PublicQuery;
use crate::http::problem::Problem;
use crate::http::state::Receiver;
use crate::publish::charts::{CHARTS, Kind};
use crate::publish::derived::DERIVED;
use crate::publish::view::View;
use axum::extract::State;
use axum::response::Response;
use callback_collector::dictionary::GROUPS;
use schemars::JsonSchema;
use serde::Serialize;
use std::sync::Arc;

/// Maximum number of labels in one answer.
pub(super) const MAX_LABELS: usize = 200;

/// Labels that a search found.
#[derive(Serialize, JsonSchema)]
pub(super) struct LabelList {
    /// The newest published day.
    #[schemars(extend("format" = "date"))]
    as_of: Option<String>,
    /// How many there are.
    found: usize,
    /// The first of them.
    labels: Vec<FoundLabel>,
}

/// A label that a search found.
#[derive(Serialize, JsonSchema)]
pub(super) struct FoundLabel {
    /// Its group.
    pub(super) part: String,
    /// The label.
    pub(super) label: String,
    /// Installs that have it, rounded down.
    pub(super) installs: u32,
    /// Its total, if the group has totals.
    pub(super) total: Option<u64>,
    /// The chart that shows it.
    pub(super) chart: Option<&'static str>,
}

/// The labels of all parts that contain a text, without pairs.
pub(super) async fn search(
    receiver: &Receiver,
    text: &str,
    part: Option<&str>,
) -> Result<(View, Vec<FoundLabel>), Problem> {
    let named = GROUPS.iter().filter(|group| group.label.is_some()).map(|group| group.name);
    let names: Vec<String> = named
        .chain(DERIVED.iter().map(|part| part.name))
        .filter(|name| part.is_none_or(|part| part == *name))
        .map(str::to_owned)
        .collect();
    let view = receiver.stored(View::parts(&receiver.store, &names, false).await)?;
    let wanted = text.to_lowercase();
    let mut found = Vec::new();
    for name in &names {
        let chart = CHARTS.iter().find(|chart| chart.part == name && matches!(chart.kind, Kind::Bars | Kind::Ranges));
        for part in view.days_of(name).map(|(_, part)| part) {
            for shown in &part.labels {
                let Some(words) = view.words(name, &shown.0).filter(|words| words.to_lowercase().contains(&wanted))
                else {
                    continue;
                };
                found.push(FoundLabel {
                    part: name.clone(),
                    label: words.to_owned(),
                    installs: shown.1,
                    total: (part.total > 0).then_some(shown.2),
                    chart: chart.map(|chart| chart.id),
                });
            }
        }
    }
    found.sort_by(|a, b| {
        b.installs
            .cmp(&a.installs)
            .then_with(|| b.total.cmp(&a.total))
            .then_with(|| (&a.part, &a.label).cmp(&(&b.part, &b.label)))
    });
    Ok((view, found))
}

/// `GET /api/v1/labels?q=`
pub(super) async fn labels(State(receiver): State<Arc<Receiver>>, query: PublicQuery) -> Result<Response, Problem> {
    let (view, mut labels) = search(&receiver, query.text("q").unwrap_or_default(), query.text("part")).await?;
    let found = labels.len();
    labels.truncate(MAX_LABELS);
    let list = LabelList { as_of: view.newest.map(|day| day.to_string()), found, labels };
    Ok(json(&list)?.answer(&query.preconditions).await)
}
