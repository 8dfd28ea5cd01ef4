//! The graphs: all on one page, and each on its own with everything that is published of it.

use super::super::cache::{DocumentKey, Graphs};
use super::super::query::{ChartId, PublicQuery};
use super::layout::layout;
use super::{page, svg};
use crate::code::Code;
use crate::day::Day;
use crate::http::problem::Problem;
use crate::http::state::Receiver;
use crate::publish::charts::{Chart, Kind, SECTIONS, chart_of};
use crate::publish::view::{ChartData, Window};
use crate::text::{number, visible};
use axum::extract::State;
use axum::response::Response;
use maud::{Markup, html};
use std::sync::Arc;

/// Bars in a drawing, and rows of a table on the page of all charts.
const BARS: usize = 8;
const ROWS: usize = 25;

/// Bars in a drawing on a chart's own page.
const ALL_BARS: usize = 40;

/// Days without a published day after which the page warns that its data is out of date.
const OLD_AFTER: i32 = 2;

/// `GET /`
pub(super) async fn all(State(receiver): State<Arc<Receiver>>, query: PublicQuery) -> Result<Response, Problem> {
    let window = query.window()?;
    let key = DocumentKey { route: "/", variant: "", days: window.days() };
    let make = async {
        let graphs = receiver.graphs(window).await?;
        let body = overview(&graphs, window, receiver.today(), receiver.settings.installs_at_least);
        Ok(page(layout(&receiver, "LibreNMS in numbers", "/", &body)))
    };
    Ok(receiver.document(Some(key), make).await?.answer(&query.preconditions).await)
}

fn overview(graphs: &Graphs, window: Window, today: Day, installs_at_least: u32) -> Markup {
    let (data, newest) = (&graphs.data, graphs.newest);
    html! {
        (lead(data, newest))
        (age(newest, today))
        div.controls {
            (windows(window, "/"))
            (search("", "search"))
        }
        nav aria-label="Sections" { ul.jump {
            @for section in SECTIONS { li { a href=(format!("#about-{}", section.id)) { (section.title) } } }
        } }
        @for section in SECTIONS {
            h2 id=(format!("about-{}", section.id)) { (section.title) }
            div.charts {
                @for (chart, data) in data.iter().filter(|(chart, _)| chart.section == section.id) {
                    (figure(chart, data, installs_at_least, false))
                }
            }
        }
    }
}

/// `GET /charts/{id}`
pub(super) async fn one(
    State(receiver): State<Arc<Receiver>>,
    ChartId(id): ChartId,
    query: PublicQuery,
) -> Result<Response, Problem> {
    let chart = chart_of(&id).ok_or(Code::ChartNotFound)?;
    let window = query.window()?;
    let key = DocumentKey { route: "/charts/{id}", variant: chart.id, days: window.days() };
    let make = async {
        let view = receiver.view(window, &[chart]).await?;
        let body = html! {
            h1 { (chart.title) }
            (age(view.newest, receiver.today()))
            div.controls { (windows(window, &format!("/charts/{}", chart.id))) }
            div.whole { (figure(chart, &view.chart(chart), receiver.settings.installs_at_least, true)) }
            p { a href=(format!("/#{}", chart.id)) { "All graphs" } }
        };
        Ok(page(layout(&receiver, chart.title, "", &body)))
    };
    Ok(receiver.document(Some(key), make).await?.answer(&query.preconditions).await)
}

/// The introduction: how many installs, devices and ports, and of which day.
fn lead(data: &[(&Chart, ChartData)], newest: Option<Day>) -> Markup {
    let latest = |id: &str| {
        let (_, data) = data.iter().find(|(chart, _)| chart.id == id)?;
        let line = data.lines.first()?;
        Some((line, line.points.last()?.value?))
    };
    let keys = [("installs", "installs reported"), ("total_devices", "devices monitored"), ("total_ports", "ports")];
    html! {
        h1 { "LibreNMS in numbers" }
        @match newest {
            None => p.empty #nothing-published {
                "Nothing is published yet. A day is published after it ends, and an install counts after it has reported "
                "on three days. What will be published, and what never will be, is on the " a href="/privacy" { "privacy page" } "."
            },
            Some(day) => {
                p { "What LibreNMS monitors, from the installs that chose to report. As of " (date(day)) " (UTC)." }
                @if data.iter().all(|(_, data)| data.is_empty()) {
                    p.empty {
                        "Reports have arrived, but none counts yet: an install counts after it has reported on three days, and several installs are needed. See the "
                        a href="/privacy" { "privacy page" } "."
                    }
                }
                ul.key {
                    @for (id, words) in keys {
                        @if let Some((line, value)) = latest(id) {
                            li { strong { (svg::value(value)) } span.quiet { (words) } (svg::spark(line)) }
                        }
                    }
                }
            }
        }
    }
}

/// A warning where the data is out of date.
fn age(newest: Option<Day>, today: Day) -> Markup {
    let old = newest.map(|day| (day, today.0 - day.0)).filter(|(_, days)| *days > OLD_AFTER);
    html! {
        @if let Some((day, days)) = old {
            p.note #out-of-date role="status" {
                "This data is out of date: the latest complete day is " (date(day)) ", " (days) " days ago."
            }
        }
    }
}

/// A day as people write it: `23 November 2026`.
pub(super) fn date(day: Day) -> Markup {
    let iso = day.to_string();
    html! { time datetime=(iso) { (words_of(&iso)) } }
}

fn words_of(iso: &str) -> String {
    iso.parse::<jiff::civil::Date>().map_or_else(|_| iso.to_owned(), |day| day.strftime("%-d %B %Y").to_string())
}

fn windows(here: Window, path: &str) -> Markup {
    html! {
        nav aria-label="Days" { ul.windows {
            @for window in Window::ALL {
                li { a href=(format!("{path}?window={}", window.days())) aria-current=[(window == here).then_some("true")] {
                    (window.days()) " days"
                } }
            }
        } }
    }
}

/// The field that searches all labels.
pub(super) fn search(text: &str, id: &str) -> Markup {
    html! {
        form.find action="/labels" role="search" {
            div { label for=(id) { "Search all labels" } input type="search" name="q" id=(id) value=(text); }
            button.go { "Search" }
        }
    }
}

/// A chart with its caption, table and exports; `whole` with everything that is published of it.
fn figure(chart: &Chart, data: &ChartData, k: u32, whole: bool) -> Markup {
    let percent = chart.kind.is_percent();
    let api = format!("/api/v1/charts/{}", chart.id);
    let window = format!("?window={}", data.window_days.days());
    let page = format!("/charts/{}{window}", chart.id);
    let wide = !whole && chart.kind == Kind::Adoption;
    html! {
        section.chart.wide[wide] id=(chart.id) aria-labelledby=(format!("{}-title", chart.id)) {
            @if whole {
                p.says id=(format!("{}-title", chart.id)) { (chart.description) }
            } @else {
                h3 id=(format!("{}-title", chart.id)) { a href=(page) { (chart.title) } }
                p.says { (chart.description) }
            }
            @if data.is_empty() {
                p.empty { "Not enough data: a value needs " (k) " installs, none of which accounts for more than half." }
            } @else {
                figure {
                    @if chart.kind.is_series() {
                        (svg::series(data))
                        span.readout aria-live="polite" {}
                    } @else {
                        (svg::bars(data, if whole { ALL_BARS } else { BARS }, percent))
                    }
                    figcaption { (caption(chart, data)) }
                }
                details open[whole] {
                    summary { (summary(chart, data, whole)) }
                    @if chart.kind.is_series() { (series_table(data)) } @else { (bars_table(chart, data, whole)) }
                }
            }
            ul.links {
                li { a href=(format!("{api}.csv{window}")) { "CSV" span.quiet aria-hidden="true" {} } }
                li { a href=(format!("{api}{window}")) { "JSON" } }
                @if !whole { li { a href=(page) { "Open chart" } } }
            }
        }
    }
}

fn summary(chart: &Chart, data: &ChartData, whole: bool) -> String {
    if chart.kind.is_series() {
        return "Table by day".into();
    }
    let more = data.rows.len().saturating_sub(BARS);
    if more == 0 || whole {
        return "Table".into();
    }
    format!("Table, with {} more", number(more.min(ROWS - BARS) as u64))
}

/// Which installs and day it is from, and what is left out.
fn caption(chart: &Chart, data: &ChartData) -> Markup {
    html! {
        "From " (number(data.installs.into())) " installs"
        @if let Some(day) = &data.as_of { " on " (words_of(day)) }
        "."
        @if let Some(total) = data.total.filter(|_| chart.unit != "installs") { " Total: " (number(total)) " " (chart.unit) "." }
        @if let Some(withheld) = data.withheld_percent {
            @if withheld >= 1.0 { " " (withheld) " % is withheld or lost to rounding." } @else { " Less than 1 % is withheld." }
        }
        @if let Some(cap) = data.cap {
            " Each install counts for at most " (number(cap)) "."
        }
        @if chart.excluded.is_some() { " Invalid labels are left out." }
    }
}

fn bars_table(chart: &Chart, data: &ChartData, whole: bool) -> Markup {
    let most = if whole { usize::MAX } else { ROWS };
    let percent = chart.kind.is_percent();
    html! {
        div.scroll tabindex="0" role="region" aria-label=(format!("Table: {}", chart.title)) { table data-narrow[whole] {
            thead { tr {
                th scope="col" { "Label" }
                th.n scope="col" { (if percent { "% of installs" } else { chart.unit }) }
                @if chart.unit != "installs" { th.n scope="col" { "Installs" } }
                @if !percent { th.n scope="col" { "Share, %" } }
                th.n scope="col" { (data.window_days.days()) " days before" }
            } }
            tbody {
                @for row in data.rows.iter().take(most) {
                    tr {
                        td { (visible(&row.label)) }
                        td.n { (number(row.value)) }
                        @if chart.unit != "installs" { td.n { (number(row.installs.into())) } }
                        @if !percent { td.n { (share(row.share)) } }
                        td.n { (row.before.map_or_else(|| "–".to_owned(), number)) }
                    }
                }
                @if let Some(other) = data.other {
                    tr {
                        td { "other (at least " (number(other.labels)) " labels)" }
                        td.n { (number(other.value)) }
                        @if chart.unit != "installs" { td.n { (number(other.installs.into())) } }
                        @if !percent { td.n { (share(other.share)) } }
                        td.n { "–" }
                    }
                }
            }
        } }
    }
}

fn share(share: Option<f64>) -> String {
    share.map_or_else(|| "–".to_owned(), |share| format!("{share:.1}"))
}

fn series_table(data: &ChartData) -> Markup {
    let days = data.lines.first().map(|line| &line.points[..]).unwrap_or_default();
    html! {
        div.scroll tabindex="0" role="region" aria-label=(format!("Table: {}", data.title)) { table {
            thead { tr {
                th scope="col" { "Day" }
                @for line in &data.lines {
                    th.n scope="col" { (if data.lines.len() > 1 { visible(&line.name).into_owned() } else { data.unit.to_owned() }) }
                }
            } }
            tbody {
                @for (at, day) in days.iter().enumerate().rev() {
                    tr {
                        td { (day.day) }
                        @for line in &data.lines {
                            td.n { (line.points[at].value.map_or_else(|| "–".to_owned(), svg::value)) }
                        }
                    }
                }
            }
        } }
    }
}
