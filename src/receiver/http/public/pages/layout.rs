//! The frame of every page: head, navigation and footer.

use crate::http::state::Receiver;
use crate::receipt::RECEIVER;
use maud::{DOCTYPE, Markup, html};

/// Pages in the navigation.
const PLACES: &[(&str, &str)] =
    &[("/", "Graphs"), ("/pairs", "Device pairs"), ("/next", "For developers"), ("/privacy", "Privacy")];

/// A whole page.
pub(super) fn layout(receiver: &Receiver, title: &str, here: &str, body: &Markup) -> Markup {
    let settings = &receiver.settings;
    let source = http_address(&settings.source);
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) " · Callback Stats" }
                link rel="icon" href="/icon.svg" type="image/svg+xml";
                link rel="stylesheet" href="/graphs.css";
                link rel="alternate" type="application/atom+xml" title="Newly published pairs" href="/feed.atom";
                script src="/graphs.js" type="module" {}
            }
            body {
                a.skip href="#main" { "Skip to the content" }
                header.page { div.bar {
                    a.name href="/" { "Callback Stats" }
                    nav aria-label="Pages" {
                        @for (address, name) in PLACES {
                            a href=(address) aria-current=[(*address == here).then_some("page")] { (name) }
                        }
                    }
                } }
                main.page #main tabindex="-1" { (body) }
                footer { div.page {
                    p { "Statistics from LibreNMS installs whose admins opted in." }
                    p {
                        a href="/privacy" { "Privacy" }
                        a href="/api/v1/openapi.json" { "API" }
                        a href="/feed.atom" { "Feed" }
                        @if let Some(source) = source { a href=(source) { "Source" } }
                        @if let Some(contact) = contact_address(&settings.contact) {
                            a href=(contact) { "Contact" }
                        } @else if !settings.contact.is_empty() {
                            span { "Contact: " (settings.contact) }
                        }
                    }
                    p {
                        (RECEIVER)
                        ", commit " code { (option_env!("CALLBACK_COMMIT").unwrap_or("not recorded")) }
                        ", licence MIT or Apache-2.0"
                    }
                } }
            }
        }
    }
}

/// A URL that may be linked.
fn http_address(text: &str) -> Option<&str> {
    (text.starts_with("https://") || text.starts_with("http://")).then_some(text)
}

fn contact_address(text: &str) -> Option<String> {
    match http_address(text) {
        Some(address) => Some(address.to_owned()),
        None => (text.contains('@') && !text.contains(char::is_whitespace)).then(|| format!("mailto:{text}")),
    }
}
