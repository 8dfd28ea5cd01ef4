//! The Atom feed of newly published pairs.

use super::cache::DocumentKey;
use super::document::{Document, Kind};
use super::query::PublicQuery;
use crate::http::problem::Problem;
use crate::http::state::Receiver;
use crate::publish::pairs::{Pair, Published, Query, Sort};
use crate::text::{visible, xml};
use axum::extract::State;
use axum::response::Response;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

/// Maximum number of entries.
const MAX_ENTRIES: usize = 100;

/// `GET /feed.atom`, with `?os=` for one OS: newly published pairs, an entry for each OS and day.
pub(super) async fn feed(State(receiver): State<Arc<Receiver>>, query: PublicQuery) -> Result<Response, Problem> {
    let os = query.text("os");
    let key = os.is_none().then_some(DocumentKey::new("/feed.atom", ""));
    let make = async { Ok(Document::new(Kind::ATOM, atom(&*receiver.pairs().await?, os))) };
    Ok(receiver.document(key, make).await?.answer(&query.preconditions).await)
}

fn atom(published: &Published, os: Option<&str>) -> String {
    let query = Query { os: os.map(str::to_owned), sort: Sort::Descr, ..Query::default() };
    let mut news: BTreeMap<(String, String), Vec<Pair>> = BTreeMap::new();
    for pair in published.find(&query) {
        if let Some(day) = pair.first_published.clone() {
            news.entry((day, pair.os.clone())).or_default().push(pair);
        }
    }
    let updated = published.as_of.map_or_else(|| "1970-01-01".to_owned(), |day| day.to_string());
    let own = os.map_or_else(String::new, |os| format!("?{}", parameter("os", os)));
    let mut text = format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\">\n\
         <title>Newly published pairs{}</title>\n<id>urn:callback-stats:pairs{}</id>\n<updated>{updated}T00:00:00Z</updated>\n\
         <link rel=\"self\" href=\"/feed.atom{}\"/>\n<link href=\"/pairs\"/>\n<author><name>Callback Stats</name></author>\n",
        os.map_or_else(String::new, |os| format!(" of {}", xml(&visible(os)))),
        xml(&own),
        xml(&own),
    );
    for ((day, os), pairs) in news.iter().rev().take(MAX_ENTRIES) {
        let address = format!("/pairs?{}", parameter("os", os));
        let lines = pairs.iter().fold(String::new(), |mut lines, pair| {
            let descr = visible(pair.sys_descr.as_deref().unwrap_or_default());
            let _ = writeln!(lines, "{} {descr}", visible(&pair.sys_object_id));
            lines
        });
        let title =
            format!("{} new {} of {}", pairs.len(), if pairs.len() == 1 { "pair" } else { "pairs" }, visible(os));
        let _ = write!(
            text,
            "<entry>\n<title>{}</title>\n<id>urn:callback-stats:pairs:{day}:{}</id>\n<updated>{day}T00:00:00Z</updated>\n\
             <link href=\"{}\"/>\n<content type=\"text\">{}</content>\n</entry>\n",
            xml(&title),
            xml(&parameter("os", os)),
            xml(&address),
            xml(&lines),
        );
    }
    text.push_str("</feed>\n");
    text
}

/// A query parameter, percent-encoded.
pub(super) fn parameter(name: &str, value: &str) -> String {
    form_urlencoded::Serializer::new(String::new()).append_pair(name, value).finish()
}
