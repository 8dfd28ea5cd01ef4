//! The privacy page: what installs send, what is published by which rules, and for how long.

use super::super::cache::DocumentKey;
use super::super::document::MAX_AGE;
use super::super::query::PublicQuery;
use super::layout::layout;
use super::page;
use crate::config::Settings;
use crate::http::problem::Problem;
use crate::http::state::Receiver;
use crate::publish::rules::{CAP_FACTOR, DAYS_BEFORE_COUNTED, PLAUSIBLE, TYPICAL_ONE_IN, UNCAPPED_ONE_IN};
use crate::text::number;
use axum::extract::State;
use axum::response::Response;
use maud::{Markup, html};
use std::sync::Arc;

/// `GET /privacy`
pub(super) async fn privacy(State(receiver): State<Arc<Receiver>>, query: PublicQuery) -> Result<Response, Problem> {
    let make = async { Ok(page(layout(&receiver, "Privacy", "/privacy", &text(&receiver.settings)))) };
    let document = receiver.document(Some(DocumentKey::new("/privacy", "")), make).await?;
    Ok(document.answer(&query.preconditions).await)
}

fn text(settings: &Settings) -> Markup {
    let k = settings.installs_at_least;
    html! {
        h1 { "Privacy" }
        p { "This site publishes statistics from LibreNMS installs whose admins opted in. Your visit is not recorded: there are no cookies, no third-party content, and IP addresses are not stored." }
        h2 { "What installs send" }
        p { "Once a day an install may send its numbers of devices, ports, sensors and so on, by kind; software versions; and device descriptions without names, addresses and serial numbers. A random ID distinguishes installs; only a keyed hash of it is stored." }
        p { "Reports are deleted after " (settings.retention_days) " days, backups after " (settings.backup_days) ". An install can delete all its reports at any time." }
        h2 { "What is published" }
        ul {
            li { "Complete days only, one snapshot each; never the current day." }
            li { "A label, pair or text is published if at least " (k) " installs have it. An install counts after it has reported on " (DAYS_BEFORE_COUNTED) " days." }
            li { "Nothing is published if a single install accounts for more than half of it." }
            li { "“Other” combines at least two labels of at least " (k) " installs, and is never broken down." }
            li { "Every count above 1 of an install is multiplied by that install's secret factor, between 0.7 and 1.3, and rounded to one of the two nearest steps: 1, 4, 7, 10, 13, 16, 20, 25, 32, 40, 50, 63, 80, 100 and so on. Factors and rounding average out over installs, so sums stay accurate. No subtraction of published values yields an exact count of an install." }
            li { "Totals have three significant digits. Numbers of installs are rounded down to steps of " (k) "." }
            li { "The contribution of one install to a sum is capped, at the value that one install in " (UNCAPPED_ONE_IN) " exceeds, and at " (CAP_FACTOR) " times the value that one in " (TYPICAL_ONE_IN) " exceeds. Captions state the cap. Groups of more than " (number(PLAUSIBLE)) " in one install are ignored." }
            li { "The operator can hide a label or a pair at once. Each such change is logged with who made it, when and why." }
        }
        p { "Browsers and proxies may cache answers for " (MAX_AGE / 60) " minutes. Hidden, deleted or expired data disappears from this site at once, and from caches after that time. The days of a deleted report are missing from the graphs while they are recomputed." }
        h2 { "What this does not protect against" }
        p { "Someone who runs many installs can make a label appear, and knows their own contribution. Someone who knows that exactly one install left between two visits may see a label, or a step of installs, disappear: they learn that the install had it, never how many. This site cannot delete copies that others made of published data." }
        @if !settings.publication_terms.is_empty() { h2 { "Terms" } p { (settings.publication_terms) } }
        p { a href="/api/v1/policy" { "This policy as JSON" } }
    }
}
