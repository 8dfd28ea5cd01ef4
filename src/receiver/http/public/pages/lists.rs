//! The pages that are lists: search results, pairs, work for developers.

use super::super::cache::{DocumentKey, InsightsPage};
use super::super::feed::parameter;
use super::super::labels::{MAX_LABELS, search};
use super::super::query::{DEFAULT_PAIRS, PublicQuery};
use super::graphs::date;
use super::layout::layout;
use super::page;
use crate::http::problem::Problem;
use crate::http::state::Receiver;
use crate::publish::insights::{RECENT_DAYS, Trend};
use crate::publish::pairs::{Pair, Published, Query, Sort};
use crate::text::{number, visible};
use axum::extract::State;
use axum::response::Response;
use maud::{Markup, html};
use std::sync::Arc;

/// `GET /labels?q=`
pub(super) async fn labels(State(receiver): State<Arc<Receiver>>, query: PublicQuery) -> Result<Response, Problem> {
    let wanted = query.text("q").unwrap_or_default();
    let found = if wanted.is_empty() { Vec::new() } else { search(&receiver, wanted, query.text("part")).await?.1 };
    let body = html! {
        h1 { "Search all labels" }
        (super::graphs::search(wanted, "search"))
        @if wanted.is_empty() {
            p { "Search for part of a name: an operating system, a model, a sensor, a version. Device descriptions are under " a href="/pairs" { "Device pairs" } "." }
        } @else if found.is_empty() {
            p.empty { "No published label matches. A label is published if at least " (receiver.settings.installs_at_least) " installs have it. Device descriptions are under " a href="/pairs" { "Device pairs" } "." }
        } @else {
            p.quiet role="status" { (number(found.len() as u64)) " labels" @if found.len() > MAX_LABELS { ", showing the first " (MAX_LABELS) } }
            div.scroll tabindex="0" role="region" aria-label="Labels" { table {
                thead { tr { th scope="col" { "Label" } th scope="col" { "Group" } th.n scope="col" { "Installs" } th.n scope="col" { "Total" } } }
                tbody { @for label in found.iter().take(MAX_LABELS) { tr {
                    td { (visible(&label.label)) }
                    td { @match label.chart { Some(chart) => { a href=(format!("/charts/{chart}")) { (label.part) } }, None => { (label.part) } } }
                    td.n { (number(label.installs.into())) }
                    td.n { (label.total.map_or_else(|| "–".to_owned(), number)) }
                } } }
            } }
        }
    };
    Ok(page(layout(&receiver, "Search", "", &body)).answer(&query.preconditions).await)
}

/// `GET /pairs`
pub(super) async fn pairs(State(receiver): State<Arc<Receiver>>, query: PublicQuery) -> Result<Response, Problem> {
    let (wanted, offset, limit) = query.pairs()?;
    let is_first_page =
        (offset, limit) == (0, DEFAULT_PAIRS) && wanted == Query { sort: wanted.sort, ..Query::default() };
    let key = is_first_page.then_some(DocumentKey::new("/pairs", wanted.sort.name()));
    let make = async {
        let published = receiver.pairs().await?;
        let body = pairs_page(&published, &wanted, offset, limit, receiver.settings.installs_at_least);
        Ok(page(layout(&receiver, "Device pairs", "/pairs", &body)))
    };
    Ok(receiver.document(key, make).await?.answer(&query.preconditions).await)
}

fn pairs_page(published: &Published, query: &Query, offset: usize, limit: usize, installs_at_least: u32) -> Markup {
    let found = published.find(query);
    let here = |sort: Sort, offset: usize| address(query, sort, offset, limit);
    let exports = address(query, query.sort, 0, limit).replacen("/pairs", "", 1);
    html! {
        h1 { "Device pairs" }
        p { "How devices describe themselves over SNMP, and the operating system that LibreNMS recognised. OS discovery is written from these. They were sanitised by the install and again here." }
        form.find {
            div { label for="os" { "OS (exact)" } input type="search" name="os" id="os" value=[query.os.as_deref()]; }
            div { label for="descr" { "sysDescr contains (case-sensitive)" } input type="search" name="descr" id="descr" value=[query.descr.as_deref()]; }
            div { label for="oid" { "sysObjectID starts with" } input type="search" name="oid" id="oid" placeholder="enterprises.9" value=[query.object_id.as_deref()]; }
            input type="hidden" name="sort" value=(query.sort.name());
            button.go { "Show" }
        }
        @if let Some(day) = published.as_of {
            p.quiet role="status" { (number(found.len() as u64)) " pairs as of " (date(day)) ". A pair is published if at least " (installs_at_least) " installs have it." }
            nav aria-label="Sort order" { ul.sorts {
                li { "Sort by:" }
                @for (name, sort) in Sort::ALL {
                    li { a href=(here(sort, 0)) aria-current=[(sort == query.sort).then_some("true")] { (name) } }
                }
            } }
        }
        @if found.is_empty() {
            p.empty {
                "No published pair matches."
                @if query.descr.is_some() || query.os.is_some() { " OS and sysDescr are case-sensitive." }
            }
        } @else if offset >= found.len() {
            p.empty { "No more pairs. " a href=(here(query.sort, 0)) { "Back to the first page" } }
        } @else {
            (pairs_table(found.iter().skip(offset).take(limit), true))
            nav aria-label="More pairs" { ul.pages {
                @if offset > 0 { li { a href=(here(query.sort, offset.saturating_sub(limit))) rel="prev" { "Previous" } } }
                @if offset + limit < found.len() { li { a href=(here(query.sort, offset + limit)) rel="next" { "Next" } } }
            } }
        }
        ul.links {
            li { a href=(format!("/api/v1/pairs.csv{exports}")) { "CSV (all matching)" } }
            li { a href=(format!("/api/v1/pairs{exports}")) { "JSON" } }
            li { a href=(query.os.as_deref().map_or_else(|| "/feed.atom".to_owned(), |os| format!("/feed.atom?{}", parameter("os", os)))) { "Feed of new pairs" } }
        }
    }
}

fn address(query: &Query, sort: Sort, offset: usize, limit: usize) -> String {
    let mut parameters = form_urlencoded::Serializer::new(String::new());
    for (name, value) in [("os", &query.os), ("descr", &query.descr), ("oid", &query.object_id)] {
        if let Some(value) = value {
            parameters.append_pair(name, value);
        }
    }
    parameters.append_pair("sort", sort.name()).append_pair("limit", &limit.to_string());
    if offset > 0 {
        parameters.append_pair("offset", &offset.to_string());
    }
    format!("/pairs?{}", parameters.finish())
}

fn pairs_table<'p>(pairs: impl Iterator<Item = &'p Pair>, with_os: bool) -> Markup {
    html! {
        // Shown as cards in a narrow window; the roles keep it a table for screen readers.
        div.scroll.whole tabindex="0" role="region" aria-label="Pairs" { table.cards role="table" {
            thead role="rowgroup" { tr role="row" {
                th.n role="columnheader" scope="col" { "Devices" }
                th.n role="columnheader" scope="col" { "Installs" }
                @if with_os { th role="columnheader" scope="col" { "OS" } }
                th role="columnheader" scope="col" { "sysObjectID" }
                th role="columnheader" scope="col" { "sysDescr" }
                th role="columnheader" scope="col" { "First published" }
            } }
            tbody role="rowgroup" { @for pair in pairs { tr role="row" {
                td.n role="cell" data-name="Devices" { (number(pair.devices)) }
                td.n role="cell" data-name="Installs" { (number(pair.installs)) }
                @if with_os { td role="cell" data-name="OS" { a href=(format!("/pairs?{}", parameter("os", &pair.os))) { (visible(if pair.os.is_empty() { "(empty)" } else { &pair.os })) } } }
                td role="cell" data-name="sysObjectID" { code { (visible(&pair.sys_object_id)) } }
                td.descr role="cell" data-name="sysDescr" { @if let Some(descr) = &pair.sys_descr { code { (visible(descr)) } } @else { span.quiet { "all" } } }
                td role="cell" data-name="First published" { (pair.first_published.as_deref().unwrap_or("–")) }
            } } }
        } }
    }
}

/// `GET /next`
pub(super) async fn next(State(receiver): State<Arc<Receiver>>, query: PublicQuery) -> Result<Response, Problem> {
    let make = async {
        let next = receiver.insights_page().await?;
        let body = html! {
            h1 { "For developers" }
            p { "Where OS discovery fails, which strings are new, which hardware grows or shrinks, and which versions are gone. From published numbers." }
            @if let Some(day) = &next.insights.as_of { p.quiet { "As of " (day) ". “Recently” means within " (RECENT_DAYS) " days." } }
            (lists(&next))
        };
        Ok(page(layout(&receiver, "For developers", "/next", &body)))
    };
    let document = receiver.document(Some(DocumentKey::new("/next", "")), make).await?;
    Ok(document.answer(&query.preconditions).await)
}

fn lists(next: &InsightsPage) -> Markup {
    let found = &next.insights;
    let oid = |tree: &str| format!("/pairs?{}", parameter("oid", tree));
    html! {
        h2 #generic { "Not recognised by most installs" }
        @if found.generic_pairs.is_empty() { (nothing("Every published pair has an OS.")) } @else {
            (pairs_table(found.generic_pairs.iter(), false))
        }
        h2 #trees { "Vendors without an OS" }
        @if found.trees_without_os.is_empty() { (nothing("Every published vendor has an OS.")) } @else {
            (table("Vendors without an OS", &["sysObjectID"], &["Pairs", "Installs (at least)", "Devices"], found.trees_without_os.iter().map(|tree| {
                (vec![html! { a href=(oid(&format!("{}.", tree.sys_object_id))) { code { (tree.sys_object_id) } } }], vec![tree.pairs as u64, tree.installs, tree.devices])
            })))
        }
        h2 #strings { "Recently changed strings" }
        @if found.changed_strings.is_empty() { (nothing("No new pair was published recently.")) } @else {
            (table("Recently changed strings", &["OS", "Newest"], &["New pairs", "All pairs"], found.changed_strings.iter().map(|changed| {
                (vec![html! { a href=(format!("/pairs?{}", parameter("os", &changed.os))) { (visible(&changed.os)) } }, html! { (changed.newest) }], vec![changed.new_pairs as u64, changed.pairs as u64])
            })))
        }
        h2 #other { "Detected as something else" }
        @match &found.detected_as_other {
            None if next.skipped_rules.is_some() => (nothing("Not available: this site cannot read LibreNMS's detection rules (setting definitions).")),
            None => (nothing("Not available: this site is not configured with LibreNMS's detection rules (setting definitions).")),
            Some(pairs) if pairs.is_empty() => (nothing("The rules detect every pair as installs reported it.")),
            Some(pairs) => (table("Detected as something else", &["Reported", "Detected", "sysObjectID", "sysDescr"], &["Installs"], pairs.iter().map(|other| {
                let descr = other.pair.sys_descr.as_deref().unwrap_or_default();
                (vec![
                    html! { a href=(format!("/pairs?{}", parameter("os", &other.pair.os))) { (visible(&other.pair.os)) } },
                    html! { (other.detected) },
                    html! { a href=(oid(&other.pair.sys_object_id)) { code { (visible(&other.pair.sys_object_id)) } } },
                    html! { code { (visible(descr)) } },
                ], vec![other.pair.installs])
            }))),
        }
        @if let Some(Ok(skipped)) = &next.skipped_rules { @if !skipped.is_empty() {
            p.quiet { "Detection rules that this site cannot use: " (skipped.len()) "." }
        } }
        h2 #growing { "Growing models" }
        (trends(&found.growing_hardware, found.compared_with.as_deref(), "No model grew by a quarter or more."))
        h2 #dying { "Shrinking models" }
        (trends(&found.dying_hardware, found.compared_with.as_deref(), "No model shrank by a fifth or more."))
        h2 #gone { "Versions no longer in use" }
        @if found.gone_versions.is_empty() { (nothing("No published version has disappeared.")) } @else {
            (table("Versions no longer in use", &["Software", "Version", "Last published"], &[], found.gone_versions.iter().map(|gone| {
                (vec![html! { (gone.software) }, html! { (visible(&gone.version)) }, html! { (gone.last_shown) }], vec![])
            })))
        }
    }
}

fn nothing(words: &str) -> Markup {
    html! { p.empty { (words) } }
}

fn trends(trends: &[Trend], compared_with: Option<&str>, none: &str) -> Markup {
    if trends.is_empty() {
        return nothing(none);
    }
    let before = format!("Devices on {}", compared_with.unwrap_or("–"));
    html! {
        (table("Hardware", &["Model"], &[&before, "Devices now", "Installs"], trends.iter().map(|trend| {
            (vec![html! { a href=(format!("/labels?{}", parameter("q", &trend.hardware))) { (visible(&trend.hardware)) } }], vec![trend.before, trend.now, u64::from(trend.installs)])
        })))
    }
}

/// A table of texts and numbers.
fn table(name: &str, texts: &[&str], numbers: &[&str], rows: impl Iterator<Item = (Vec<Markup>, Vec<u64>)>) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label=(name) { table {
            thead { tr {
                @for text in texts { th scope="col" { (text) } }
                @for number in numbers { th.n scope="col" { (number) } }
            } }
            tbody { @for (texts, numbers) in rows { tr {
                @for text in &texts { td { (text) } }
                @for value in numbers { td.n { (number(value)) } }
            } } }
        } }
    }
}
