//! The privacy page: what comes in, what is published by which rules, and until when.

use super::super::Receiver;
use super::super::public::{Asked, MAX_AGE};
use super::layout::layout;
use super::page;
use crate::publish::rules::{CAP_FACTOR, DAYS_BEFORE_COUNTED, PLAUSIBLE, TYPICAL_ONE_IN, UNCAPPED_ONE_IN};
use crate::text::number;
use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::Response;
use maud::html;
use std::sync::Arc;

/// `GET /privacy`
pub(super) async fn privacy(receiver: State<Arc<Receiver>>, headers: HeaderMap, RawQuery(query): RawQuery) -> Response {
    let asked = Asked::new(&headers, query.as_deref());
    let settings = &receiver.settings;
    let k = settings.installs_at_least;
    let body = html! {
        h1 { "Privacy" }
        p { "This site publishes what LibreNMS installs report whose admins allowed it. Your visit here is not recorded: there is no cookie, nothing is loaded from elsewhere, and no address is kept." }
        h2 { "What comes in" }
        p { "Once a day an install may send how many devices, ports, sensors and so on it has, by kind; versions of software; and the descriptions of its devices with names, addresses and serial numbers taken out. A random number tells one install from another; it is kept as a keyed hash only." }
        p { "Reports are kept for " (settings.retention_days) " days. An install can have everything of it removed at once. Backups are kept for " (settings.backup_days) " days." }
        h2 { "What is published" }
        ul {
            li { "Whole days only, each as one snapshot; never the day that is under way." }
            li { "A label, pair or text appears from " (k) " installs on. An install counts once it has reported on " (DAYS_BEFORE_COUNTED) " different days." }
            li { "Nothing is shown of which one install makes more than half." }
            li { "“Other” stands for at least two labels and " (k) " installs. It never opens to names." }
            li { "Every figure of an install above 1 is first multiplied by a secret factor of that install, between 0.7 and 1.3, and then rounded to one of the two steps next to it: 1, 4, 7, 10, 13, 16, 20, 25, 32, 40, 50, 63, 80, 100 and so on. Factors and rounding are even over installs, so that sums stay true. Whatever is subtracted from whatever, no exact figure of an install is in it." }
            li { "Totals have three digits. Numbers of installs go in steps of " (k) "." }
            li { "What one install may contribute to a sum is capped, such that one in " (UNCAPPED_ONE_IN) " has more, and at " (CAP_FACTOR) " times what one in " (TYPICAL_ONE_IN) " has; captions state the cap. Groups of more than " (number(PLAUSIBLE)) " in one install are left out." }
            li { "Whoever runs this site can hide a label or a pair at once. Who did so, when and why is written down." }
        }
        p { "Answers may be kept by browsers and proxies for " (MAX_AGE / 60) " minutes. What is hidden, cleared or over its time is gone from here at once and from there after that. Days that a removed report was in are missing from the graphs for the moment that it takes to make them anew." }
        h2 { "What this does not do" }
        p { "Someone who runs many installs can make a label appear, and knows what they put in. Someone who knows that exactly one install left between two looks may see that a label, or a step of installs, went with it: that the install had it, never how many. Copies that others made of what was published are theirs." }
        @if !settings.publication_terms.is_empty() { h2 { "Terms" } p { (settings.publication_terms) } }
        p { a href="/api/v1/policy" { "The same for programs" } }
    };
    page(&asked, layout(&receiver, "Privacy", "/privacy", &body))
}
