//! The API of charts.

use super::cache::DocumentKey;
use super::csv;
use super::document::{Document, Kind};
use super::json;
use super::query::{ChartId, PublicQuery};
use crate::code::Code;
use crate::http::problem::Problem;
use crate::http::state::Receiver;
use crate::publish::charts::{CHARTS, Chart, SECTIONS, StockForm, chart_of};
use crate::publish::rules::DAYS_BEFORE_COUNTED;
use crate::publish::view::{self, View, Window};
use axum::extract::State;
use axum::response::Response;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json as value};
use std::sync::Arc;

impl Receiver {
    /// Published data that some charts need.
    pub(super) async fn view(&self, window: Window, charts: &[&Chart]) -> Result<View, Problem> {
        self.stored(View::of(&self.store, window, charts).await)
    }
}

/// All charts.
#[derive(Serialize, JsonSchema)]
pub(super) struct ChartList {
    /// The newest published day.
    #[schemars(extend("format" = "date"))]
    as_of: Option<String>,
    /// Windows of charts, in days.
    windows: [Window; 3],
    /// The rules of publication.
    rules: PublishedRules,
    /// The charts.
    charts: Vec<ChartEntry>,
}

/// The rules of publication.
#[derive(Serialize, JsonSchema)]
struct PublishedRules {
    /// Fewest installs behind a published value.
    installs_at_least: u32,
    /// Days on which an install must have reported before it counts.
    days_before_counted: u32,
    /// Step to which numbers of installs are rounded down.
    installs_in_steps_of: u32,
    /// Significant digits of totals.
    digits_of_totals: u32,
}

/// A chart in the list of charts.
#[derive(Serialize, JsonSchema)]
struct ChartEntry {
    /// Its ID.
    id: &'static str,
    /// Its title.
    title: &'static str,
    /// What it shows.
    description: &'static str,
    /// The section of the page that it is in.
    section: Option<&'static str>,
    /// What its values count.
    unit: &'static str,
    /// Whether it has a line over time, or labels of one day.
    over_time: bool,
    /// Where its data is as JSON.
    json: String,
    /// Where its data is as CSV.
    csv: String,
    /// Where its page is.
    page: String,
}

/// `GET /api/v1/charts`
pub(super) async fn charts(State(receiver): State<Arc<Receiver>>, query: PublicQuery) -> Result<Response, Problem> {
    let make = async {
        let publication = receiver.stored(receiver.store.publication().await)?;
        let newest = receiver.stored(view::newest(&receiver.store, &publication.days).await)?;
        let charts = CHARTS.iter().map(|chart| ChartEntry {
            id: chart.id,
            title: chart.title,
            description: chart.description,
            section: SECTIONS.iter().find(|section| section.id == chart.section).map(|section| section.title),
            unit: chart.unit,
            over_time: chart.kind.is_series(),
            json: format!("/api/v1/charts/{}", chart.id),
            csv: format!("/api/v1/charts/{}.csv", chart.id),
            page: format!("/charts/{}", chart.id),
        });
        let installs_at_least = receiver.settings.installs_at_least;
        json(&ChartList {
            as_of: newest.map(|day| day.to_string()),
            windows: Window::ALL,
            rules: PublishedRules {
                installs_at_least,
                days_before_counted: DAYS_BEFORE_COUNTED,
                installs_in_steps_of: installs_at_least,
                digits_of_totals: 3,
            },
            charts: charts.collect(),
        })
    };
    let document = receiver.document(Some(DocumentKey::new("/api/v1/charts", "")), make).await?;
    Ok(document.answer(&query.preconditions).await)
}

/// `GET /api/v1/charts/{id}`, also with `.csv`
pub(super) async fn chart(
    State(receiver): State<Arc<Receiver>>,
    ChartId(name): ChartId,
    query: PublicQuery,
) -> Result<Response, Problem> {
    let (id, as_csv) = name.strip_suffix(".csv").map_or((name.as_str(), false), |id| (id, true));
    let chart = chart_of(id).ok_or(Code::ChartNotFound)?;
    let window = query.window()?;
    let route = if as_csv { "/api/v1/charts/{id}.csv" } else { "/api/v1/charts/{id}" };
    let key = DocumentKey { route, variant: chart.id, days: window.days() };
    let make = async {
        let data = receiver.view(window, &[chart]).await?.chart(chart);
        if as_csv { Ok(Document::new(Kind::CSV, csv::chart(&data))) } else { json(&data) }
    };
    Ok(receiver.document(Some(key), make).await?.answer(&query.preconditions).await)
}

/// `GET /data.php?id=draw-…`: the data of a chart in the stock site's form.
pub(super) async fn stock(State(receiver): State<Arc<Receiver>>, query: PublicQuery) -> Result<Response, Problem> {
    let chart = query.text("id").and_then(|id| chart_of(id.strip_prefix("draw-")?));
    let Some((chart, form)) = chart.and_then(|chart| Some((chart, chart.stock?))) else {
        return Err(Problem::at("id", Code::ChartIdInvalid, ""));
    };
    let make = async {
        let data = receiver.view(Window::DEFAULT, &[chart]).await?.chart(chart);
        let points = data.lines.iter().flat_map(|line| &line.points);
        let mut rows: Vec<Value> = points
            .filter_map(|point| Some(value!({"y": point.day, "a": point.value?})))
            .chain(data.rows.iter().map(|row| match form {
                StockForm::Points => value!({"y": row.label, "a": row.value}),
                StockForm::Shares => value!({"label": row.label, "value": row.value}),
            }))
            .collect();
        if let Some(other) = data.other {
            rows.push(match form {
                StockForm::Points => value!({"y": "other", "a": other.value}),
                StockForm::Shares => value!({"label": "other", "value": other.value}),
            });
        }
        json(&rows)
    };
    let document = receiver.document(Some(DocumentKey::new("/data.php", chart.id)), make).await?;
    Ok(document.answer(&query.preconditions).await)
}
