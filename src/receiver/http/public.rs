//! Public answers: caching, access from other sites, and the API of published data.

use super::Receiver;
use super::problem::Problem;
use crate::code::Code;
use crate::day::Day;
use crate::publish::charts::{CHARTS, Chart, Kind, SECTIONS, Stock, chart_of};
use crate::publish::pairs::{Pair, Query, Sort};
use crate::publish::parts;
use crate::publish::rules::Rules;
use crate::publish::view::{self, ChartData, View, Window};
use crate::text::{csv, visible, xml};
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use callback_collector::dictionary::GROUPS;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::ops::RangeInclusive;
use std::sync::Arc;

/// Seconds for which answers may be cached. After that, hidden, deleted and expired data is gone from every cache.
pub const MAX_AGE: u32 = 300;

/// Pairs in one answer, at most and unless asked for.
const MAX_PAIRS: usize = 1000;
const DEFAULT_PAIRS: usize = 100;

/// Labels in one answer of the search.
pub(super) const MOST_LABELS: usize = 200;

/// What a request for something public says.
pub(super) struct Asked {
    parameters: BTreeMap<String, String>,
    etag: Option<String>,
}

impl Asked {
    pub(super) fn new(headers: &HeaderMap, query: Option<&str>) -> Self {
        let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
        let parameters = form_urlencoded::parse(query.unwrap_or_default().as_bytes())
            .map(|(name, value)| (name.into_owned(), value.into_owned()))
            .collect();
        Self { parameters, etag: text(header::IF_NONE_MATCH).map(str::to_owned) }
    }

    /// A parameter that is not empty.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.parameters.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// The window that is asked for.
    pub(super) fn window(&self) -> Result<Window, Problem> {
        self.text("window").map_or(Ok(Window::DEFAULT), |days| {
            Window::of(days).ok_or_else(|| Problem::at("window", Code::WindowInvalid, ""))
        })
    }

    fn number(&self, name: &'static str, default: usize, within: RangeInclusive<usize>) -> Result<usize, Problem> {
        let Some(text) = self.text(name) else { return Ok(default) };
        let limits = || format!("{} to {}", within.start(), within.end());
        let number = text.parse().ok().filter(|number| within.contains(number));
        number.ok_or_else(|| Problem::at(name, Code::NumberInvalid, &limits()))
    }

    /// The pairs that are asked for, and which of them: from, how many.
    pub(super) fn pairs(&self) -> Result<(Query, usize, usize), Problem> {
        let owned = |name| self.text(name).map(str::to_owned);
        let sort = self.text("sort").map_or(Ok(Sort::default()), |name| {
            Sort::of(name).ok_or_else(|| Problem::at("sort", Code::SortInvalid, ""))
        })?;
        let query = Query { os: owned("os"), descr: owned("descr"), object_id: owned("oid"), sort };
        Ok((query, self.number("offset", 0, 0..=10_000_000)?, self.number("limit", DEFAULT_PAIRS, 1..=MAX_PAIRS)?))
    }

    /// The answer: 304 if the client has it. [`super::router`] compresses it.
    pub(super) fn answer(&self, content_type: &'static str, body: String) -> Response {
        let hash = Sha256::digest(body.as_bytes());
        let etag = format!("W/\"{}\"", data_encoding::HEXLOWER.encode(&hash[..12]));
        let kept = self
            .etag
            .as_ref()
            .is_some_and(|kept| kept.split(',').any(|kept| kept.trim() == etag || kept.trim() == "*"));
        let mut response = if kept { StatusCode::NOT_MODIFIED.into_response() } else { body.into_response() };
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
        if let Ok(etag) = HeaderValue::from_str(&etag) {
            headers.insert(header::ETAG, etag);
        }
        if let Ok(age) = HeaderValue::from_str(&format!("public, max-age={MAX_AGE}")) {
            headers.insert(header::CACHE_CONTROL, age);
        }
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        response
    }

    /// An answer that pages of other sites may read, too.
    fn open(&self, content_type: &'static str, body: String) -> Response {
        let mut response = self.answer(content_type, body);
        response.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
        response
    }

    fn json(&self, document: &impl Serialize) -> Response {
        match serde_json::to_value(document) {
            Ok(document) => self.open("application/json", document.to_string()),
            Err(_) => Problem::from(Code::Internal).into_response(),
        }
    }
}

const CSV: &str = "text/csv; charset=utf-8";

impl Receiver {
    /// The rules of publication that are configured.
    #[must_use]
    pub fn rules(&self) -> Rules {
        Rules { installs_at_least: self.settings.installs_at_least }
    }

    /// Makes the snapshots of complete days that are missing; returns how many it made.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn make_snapshots(&self) -> crate::Result<usize> {
        let yesterday = Day::of((self.clock)()).plus(-1);
        crate::publish::maker::publish_missing(&self.store, self.rules(), yesterday).await
    }

    pub(super) async fn view(&self, window: Window, charts: &[&Chart]) -> Result<View, Problem> {
        self.stored(View::of(&self.store, window, charts).await)
    }
}

/// `GET /api/v1/charts`
pub(super) async fn charts(
    receiver: State<Arc<Receiver>>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let asked = Asked::new(&headers, query.as_deref());
    let publication = receiver.stored(receiver.store.publication().await)?;
    let newest = receiver.stored(view::newest(&receiver.store, &publication.days).await)?;
    let charts = CHARTS.iter().map(|chart| ChartEntry {
        id: chart.id,
        title: chart.title,
        description: chart.says,
        section: SECTIONS.iter().find(|section| section.id == chart.section).map(|section| section.title),
        unit: chart.unit,
        over_time: chart.kind.is_series(),
        json: format!("/api/v1/charts/{}", chart.id),
        csv: format!("/api/v1/charts/{}.csv", chart.id),
        page: format!("/charts/{}", chart.id),
    });
    let installs_at_least = receiver.settings.installs_at_least;
    Ok(asked.json(&ChartList {
        as_of: newest.map(|day| day.to_string()),
        windows: Window::ALL,
        rules: PublishedRules {
            installs_at_least,
            days_before_counted: crate::publish::rules::DAYS_BEFORE_COUNTED,
            installs_in_steps_of: installs_at_least,
            digits_of_totals: 3,
        },
        charts: charts.collect(),
    }))
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

/// `GET /api/v1/charts/{id}`, also with `.csv`
pub(super) async fn chart(
    receiver: State<Arc<Receiver>>,
    Path(name): Path<String>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let asked = Asked::new(&headers, query.as_deref());
    let (id, as_csv) = name.strip_suffix(".csv").map_or((name.as_str(), false), |id| (id, true));
    let chart = chart_of(id).ok_or(Code::ChartNotFound)?;
    let data = receiver.view(asked.window()?, &[chart]).await?.chart(chart);
    if as_csv {
        return Ok(asked.open(CSV, chart_csv(&data)));
    }
    Ok(asked.json(&data))
}

/// A chart as CSV: labels with their values, or days with the lines' values.
pub(super) fn chart_csv(data: &ChartData) -> String {
    let mut text = String::new();
    let number = |value: Option<f64>| value.map_or_else(String::new, |value| value.to_string());
    if data.lines.is_empty() {
        text.push_str("label,value,installs,share_percent,before\r\n");
        for row in &data.rows {
            let before = row.before.map_or_else(String::new, |before| before.to_string());
            let (label, share) = (csv(&row.label), number(row.share));
            let _ = write!(text, "{label},{},{},{share},{before}\r\n", row.value, row.installs);
        }
        if let Some(other) = data.other {
            let label = format!("other (at least {} labels)", other.labels);
            let _ = write!(text, "{label},{},{},{},\r\n", other.value, other.installs, number(other.share));
        }
        return text;
    }
    text.push_str("day");
    for line in &data.lines {
        let _ = write!(text, ",{}", csv(&line.name));
    }
    text.push_str("\r\n");
    let days = data.lines[0].points.iter().map(|point| &point.day);
    for (at, day) in days.enumerate() {
        text.push_str(day);
        for line in &data.lines {
            let _ = write!(text, ",{}", number(line.points[at].value));
        }
        text.push_str("\r\n");
    }
    text
}

/// `GET /data.php?id=draw-…`: the data of a chart in the stock site's form.
pub(super) async fn stock(
    receiver: State<Arc<Receiver>>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let asked = Asked::new(&headers, query.as_deref());
    let chart = asked.text("id").and_then(|id| chart_of(id.strip_prefix("draw-")?));
    let Some((chart, form)) = chart.and_then(|chart| Some((chart, chart.stock?))) else {
        return Err(Problem::at("id", Code::ChartIdInvalid, ""));
    };
    let data = receiver.view(Window::DEFAULT, &[chart]).await?.chart(chart);
    let points = data.lines.iter().flat_map(|line| &line.points);
    let mut rows: Vec<Value> = points
        .filter_map(|point| Some(json!({"y": point.day, "a": point.value?})))
        .chain(data.rows.iter().map(|row| match form {
            Stock::Points => json!({"y": row.label, "a": row.value}),
            Stock::Shares => json!({"label": row.label, "value": row.value}),
        }))
        .collect();
    if let Some(other) = data.other {
        rows.push(match form {
            Stock::Points => json!({"y": "other", "a": other.value}),
            Stock::Shares => json!({"label": "other", "value": other.value}),
        });
    }
    Ok(asked.json(&Value::Array(rows)))
}

/// Labels that a search found.
#[derive(Serialize, JsonSchema)]
pub(super) struct LabelList {
    /// The newest published day.
    #[schemars(extend("format" = "date"))]
    as_of: Option<String>,
    /// How many there are.
    found: usize,
    /// The first of them.
    labels: Vec<Found>,
}

/// Pairs that match.
#[derive(Serialize, JsonSchema)]
pub(super) struct PairList {
    /// The newest published day.
    #[schemars(extend("format" = "date"))]
    as_of: Option<String>,
    /// How many match.
    found: usize,
    /// How many were skipped.
    offset: usize,
    /// The pairs.
    pairs: Vec<Pair>,
}

/// A label that a search found.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "FoundLabel")]
pub(super) struct Found {
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

/// The labels of all parts that hold a text, without pairs.
pub(super) async fn search(receiver: &Receiver, text: &str, part: Option<&str>) -> Result<(View, Vec<Found>), Problem> {
    let named = GROUPS.iter().filter(|group| group.label.is_some()).map(|group| group.name);
    let names: Vec<String> = named
        .chain(parts::DERIVED.iter().map(|part| part.name))
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
                found.push(Found {
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
pub(super) async fn labels(
    receiver: State<Arc<Receiver>>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let asked = Asked::new(&headers, query.as_deref());
    let (view, mut labels) = search(&receiver, asked.text("q").unwrap_or_default(), asked.text("part")).await?;
    let found = labels.len();
    labels.truncate(MOST_LABELS);
    Ok(asked.json(&LabelList { as_of: view.newest.map(|day| day.to_string()), found, labels }))
}

/// `GET /api/v1/pairs`
pub(super) async fn pairs_json(
    receiver: State<Arc<Receiver>>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let asked = Asked::new(&headers, query.as_deref());
    let (query, offset, limit) = asked.pairs()?;
    let published = receiver.pairs().await?;
    let found = published.find(&query);
    let as_of = published.as_of.map(|day| day.to_string());
    let pairs: Vec<Pair> = found.iter().skip(offset).take(limit).cloned().collect();
    Ok(asked.json(&PairList { as_of, found: found.len(), offset, pairs }))
}

/// `GET /api/v1/pairs.csv`: all pairs that fit.
pub(super) async fn pairs_csv(
    receiver: State<Arc<Receiver>>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let asked = Asked::new(&headers, query.as_deref());
    let (query, ..) = asked.pairs()?;
    let published = receiver.pairs().await?;
    Ok(asked.open(CSV, pairs_as_csv(&published.find(&query))))
}

/// Pairs as CSV.
#[must_use]
pub fn pairs_as_csv(pairs: &[Pair]) -> String {
    let mut text = String::from("devices,installs,os,sysObjectID,sysDescr,first_published\r\n");
    for pair in pairs {
        let _ = write!(
            text,
            "{},{},{},{},{},{}\r\n",
            pair.devices,
            pair.installs,
            csv(&pair.os),
            csv(&pair.sys_object_id),
            csv(pair.sys_descr.as_deref().unwrap_or_default()),
            pair.first_published.as_deref().unwrap_or_default()
        );
    }
    text
}

/// `GET /feed.atom`, with `?os=` for one: newly published pairs, an entry for each os and day.
pub(super) async fn feed(
    receiver: State<Arc<Receiver>>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    /// Entries of the feed.
    const ENTRIES: usize = 100;
    let asked = Asked::new(&headers, query.as_deref());
    let os = asked.text("os");
    let published = receiver.pairs().await?;
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
    for ((day, os), pairs) in news.iter().rev().take(ENTRIES) {
        let address = format!("/pairs?{}", parameter("os", os));
        let lines: String = pairs.iter().fold(String::new(), |mut lines, pair| {
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
    Ok(asked.open("application/atom+xml; charset=utf-8", text))
}

/// A parameter of an address.
pub(super) fn parameter(name: &str, value: &str) -> String {
    form_urlencoded::Serializer::new(String::new()).append_pair(name, value).finish()
}
