//! The data of charts, made from snapshots only. Pages, API, exports and feeds show it.

use super::charts::{Chart, Kind};
use super::hide::Hidden;
use super::snapshot::{Name, Part, REPORTS};
use crate::code::Code;
use crate::day::Day;
use crate::error::Result;
use crate::store::encoding::LabelId;
use crate::store::{Publication, SnapshotPart, Store};
use crate::wire::Label;
use schemars::JsonSchema;
use serde::Serialize;
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

/// Maximum number of lines in a chart of adoption.
const MAX_LINES: usize = 6;

/// What is shown for a label that is NULL, and for one that is empty.
const NO_LABEL: &str = "(none)";
const EMPTY_LABEL: &str = "(empty)";

/// How many days back a chart goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(transparent)]
pub struct Window(i32);

impl Window {
    /// All windows, in days.
    pub const ALL: [Self; 3] = [Self(7), Self(30), Self(90)];

    /// The window that is shown unless another is asked for.
    pub const DEFAULT: Self = Self(90);

    /// The window of this many days.
    #[must_use]
    pub fn of(days: &str) -> Option<Self> {
        let days: i32 = days.parse().ok()?;
        Self::ALL.into_iter().find(|window| window.0 == days)
    }

    /// Its days.
    #[must_use]
    pub const fn days(self) -> i32 {
        self.0
    }
}

/// A label of a chart.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Row {
    /// The label.
    pub label: String,
    /// What the chart shows of it, in the chart's unit.
    pub value: u64,
    /// Installs that have it, in steps.
    pub installs: u32,
    /// Its share in the whole, in percent.
    pub share: Option<f64>,
    /// The value on the window's first day, if it was shown then.
    pub before: Option<u64>,
}

/// The labels that are not shown one by one.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, JsonSchema)]
pub struct OtherRow {
    /// How many, at least.
    pub labels: u64,
    /// Their value.
    pub value: u64,
    /// Installs that have one of them, in steps.
    pub installs: u32,
    /// Their share in the whole, in percent.
    pub share: Option<f64>,
}

/// A point of a line.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Point {
    /// The day.
    #[schemars(extend("format" = "date"))]
    pub day: String,
    /// Its value; nothing on days without one that may be shown.
    pub value: Option<f64>,
}

/// A line of a chart.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Line {
    /// What it stands for.
    pub name: String,
    /// One point for each day of the window.
    pub points: Vec<Point>,
}

/// All that is shown of a chart.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ChartData {
    /// Name in addresses.
    pub id: &'static str,
    /// Heading.
    pub title: &'static str,
    /// What it shows.
    pub description: &'static str,
    /// What its values count.
    pub unit: &'static str,
    /// The newest day in it.
    #[schemars(extend("format" = "date"))]
    pub as_of: Option<String>,
    /// Days that it goes back.
    pub window_days: Window,
    /// Installs that it is made of, in steps.
    pub installs: u32,
    /// The whole, of which rows are shares.
    pub total: Option<u64>,
    /// What one install may contribute at most; nothing where contributions are not capped.
    pub cap: Option<u64>,
    /// Labels, for charts of labels.
    pub rows: Vec<Row>,
    /// All other labels together, if they may be shown.
    pub other: Option<OtherRow>,
    /// What is not shown at all, in percent of the whole.
    pub withheld_percent: Option<f64>,
    /// Lines, for charts over time.
    pub lines: Vec<Line>,
}

impl ChartData {
    /// Whether there is nothing to show.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty() && self.lines.iter().all(|line| line.points.iter().all(|point| point.value.is_none()))
    }
}

/// What charts are made of, read at once.
pub struct View {
    /// Changes with everything that is published.
    pub generation: i64,
    /// The newest day that is published.
    pub newest: Option<Day>,
    /// The first day of the window with installs that count, if that is another day.
    earliest: Option<Day>,
    /// What the operator hides.
    pub hidden: Hidden,
    window: Window,
    parts: BTreeMap<String, BTreeMap<Day, Part>>,
    texts: BTreeMap<LabelId, Label>,
}

impl View {
    /// Reads what some charts need.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn of(store: &Store, window: Window, charts: &[&Chart]) -> Result<Self> {
        let (mut view, _) = Self::begin(store, window).await?;
        let Some(newest) = view.newest else { return Ok(view) };
        let first = newest.plus(1 - window.days());
        let mut series = BTreeSet::from([REPORTS.to_owned()]);
        let mut bars = BTreeSet::new();
        for chart in charts {
            match chart.kind {
                Kind::Use(parts) => bars.extend(parts.iter().map(|(part, _)| (*part).to_owned())),
                kind if kind.is_series() => drop(series.insert(chart.part.to_owned())),
                _ => drop(bars.insert(chart.part.to_owned())),
            }
        }
        let bars: Vec<String> = bars.difference(&series).cloned().collect();
        let series: Vec<String> = series.into_iter().collect();
        let mut rows = store.snapshots(first, newest, &series).await?;
        rows.extend(store.snapshots(newest, newest, &bars).await?);
        // The first day with installs that count; on the days before it, all installs were too new.
        let counted = rows.iter().filter(|(_, part, body)| part == REPORTS && has_installs(body));
        if let Some(earliest) = counted.map(|(day, ..)| *day).min().filter(|day| *day != newest) {
            rows.extend(store.snapshots(earliest, earliest, &bars).await?);
            view.earliest = Some(earliest);
        }
        view.take(store, rows).await?;
        Ok(view)
    }

    /// Reads parts of one day, or of all days.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn parts(store: &Store, parts: &[String], all_days: bool) -> Result<Self> {
        let (mut view, days) = Self::begin(store, Window::DEFAULT).await?;
        let (Some(newest), Some(oldest)) = (view.newest, days.first().copied()) else { return Ok(view) };
        let rows = store.snapshots(if all_days { oldest } else { newest }, newest, parts).await?;
        view.take(store, rows).await?;
        Ok(view)
    }

    /// A view without parts, and the published days.
    async fn begin(store: &Store, window: Window) -> Result<(Self, Vec<Day>)> {
        let Publication { generation, days, hidden } = store.publication().await?;
        let (hidden, newest) = (Hidden::new(&hidden), newest(store, &days).await?);
        let (parts, texts) = (BTreeMap::new(), BTreeMap::new());
        Ok((Self { generation, newest, earliest: None, hidden, window, parts, texts }, days))
    }

    async fn take(&mut self, store: &Store, rows: Vec<SnapshotPart>) -> Result<()> {
        let mut ids = BTreeSet::new();
        for (day, name, body) in rows {
            let part: Part = serde_json::from_slice(&body).map_err(|_| Code::SnapshotDamaged)?;
            ids.extend(part.labels.iter().filter_map(|shown| match shown.0 {
                Name::Stored(id) => Some(id),
                Name::Text(_) => None,
            }));
            self.parts.entry(name).or_default().insert(day, part);
        }
        self.texts = store.label_texts(&ids.into_iter().collect::<Vec<_>>()).await?;
        Ok(())
    }

    /// A part on a day.
    #[must_use]
    pub fn part(&self, name: &str, day: Day) -> Option<&Part> {
        self.parts.get(name)?.get(&day)
    }

    /// A part on all days that were read, oldest first.
    pub fn days_of(&self, name: &str) -> impl DoubleEndedIterator<Item = (Day, &Part)> {
        self.parts.get(name).into_iter().flatten().map(|(day, part)| (*day, part))
    }

    /// A stored label, unless it is hidden or deleted.
    #[must_use]
    pub fn stored(&self, name: &Name) -> Option<&Label> {
        let Name::Stored(id) = name else { return None };
        self.texts.get(id).filter(|label| !self.hidden.stored(label))
    }

    /// The text of a part's label, unless it is hidden or deleted.
    #[must_use]
    pub fn words<'v>(&'v self, part: &str, name: &'v Name) -> Option<&'v str> {
        match name {
            Name::Text(words) => (!self.hidden.label(part, words)).then_some(words),
            Name::Stored(_) => Some(match self.stored(name)?.text.as_deref() {
                None => NO_LABEL,
                Some("") => EMPTY_LABEL,
                Some(text) => text,
            }),
        }
    }

    /// The data of a chart that was read.
    #[must_use]
    pub fn chart(&self, chart: &Chart) -> ChartData {
        let mut data = ChartData {
            id: chart.id,
            title: chart.title,
            description: chart.description,
            unit: chart.unit,
            as_of: self.newest.map(|day| day.to_string()),
            window_days: self.window,
            installs: 0,
            total: None,
            cap: None,
            rows: Vec::new(),
            other: None,
            withheld_percent: None,
            lines: Vec::new(),
        };
        let Some(newest) = self.newest else { return data };
        if let Some(part) = self.part(chart.part, newest) {
            data.installs = part.installs;
            data.cap = part.cap;
        }
        match chart.kind {
            Kind::Use(parts) => self.usage(parts, newest, &mut data),
            Kind::Bars | Kind::Ranges => self.labels(chart, newest, &mut data),
            Kind::Adoption => self.adoption(chart, newest, &mut data),
            Kind::Installs | Kind::Total | Kind::PerInstall | Kind::Share(_) => {
                let points = self.points(newest, |day| self.value(chart, self.part(chart.part, day)?));
                data.lines.push(Line { name: chart.title.to_owned(), points });
            }
        }
        data
    }

    fn points(&self, newest: Day, value: impl Fn(Day) -> Option<f64>) -> Vec<Point> {
        let days = self.window.days();
        (1 - days..=0)
            .map(|back| newest.plus(back))
            .map(|day| Point { day: day.to_string(), value: value(day) })
            .collect()
    }

    fn value(&self, chart: &Chart, part: &Part) -> Option<f64> {
        match chart.kind {
            Kind::Installs => (part.installs > 0).then_some(f64::from(part.installs)),
            Kind::Total => Some(part.total as f64),
            // By the middle of the step that the installs are in, and only where a step is a small part of them.
            Kind::PerInstall => {
                let middle = part.middle.filter(|middle| part.installs >= 8 * (middle - part.installs))?;
                Some(digits(part.total as f64 / f64::from(middle)))
            }
            Kind::Share(label) => {
                let shown = part.labels.iter().find(|shown| self.words(chart.part, &shown.0) == Some(label))?;
                percent(shown.2, part.total)
            }
            _ => None,
        }
    }

    fn usage(&self, parts: &[(&str, &str)], newest: Day, data: &mut ChartData) {
        let all = self.part(REPORTS, newest).map_or(0, |part| part.installs);
        let share = |part: &str, day: Day| {
            let all = self.part(REPORTS, day)?.installs;
            percent(self.part(part, day)?.installs.into(), all.into())
        };
        for (part, name) in parts {
            let (Some(of_part), Some(value)) = (self.part(part, newest), share(part, newest)) else { continue };
            data.rows.push(Row {
                label: (*name).to_owned(),
                value: value.round() as u64,
                installs: of_part.installs,
                share: Some(value),
                before: self.earliest.and_then(|day| share(part, day)).map(|v| v.round() as u64),
            });
        }
        data.installs = all;
        data.rows.sort_by(|a, b| b.value.cmp(&a.value).then_with(|| a.label.cmp(&b.label)));
    }

    fn labels(&self, chart: &Chart, newest: Day, data: &mut ChartData) {
        let Some(part) = self.part(chart.part, newest) else { return };
        let by_installs = part.total == 0;
        let value = |installs: u32, total: u64| if by_installs { u64::from(installs) } else { total };
        let total = value(part.installs, part.total);
        let earlier = self.earliest.and_then(|day| self.part(chart.part, day));
        let before: BTreeMap<&Name, u64> = earlier
            .into_iter()
            .flat_map(|part| part.labels.iter().map(|shown| (&shown.0, value(shown.1, shown.2))))
            .collect();
        let mut shown_total = 0_u64;
        for shown in &part.labels {
            let label_value = value(shown.1, shown.2);
            let Some(words) = self.words(chart.part, &shown.0) else { continue };
            shown_total = shown_total.saturating_add(label_value);
            if chart.excluded.is_some_and(|is_excluded| is_excluded(words)) {
                continue;
            }
            data.rows.push(Row {
                label: words.to_owned(),
                value: label_value,
                installs: shown.1,
                share: percent(label_value, total),
                before: before.get(&shown.0).copied(),
            });
        }
        if chart.kind == Kind::Ranges {
            data.rows.sort_by(|a, b| natural(&a.label, &b.label));
            if !chart.part.starts_with("size_") {
                // Versions: the newest first.
                data.rows.reverse();
            }
        } else {
            data.rows.sort_by(|a, b| b.value.cmp(&a.value).then_with(|| natural(&a.label, &b.label)));
        }
        data.total = Some(total);
        data.other = part.other.map(|other| {
            let other_value = value(other.installs, other.total);
            OtherRow {
                labels: other.labels,
                value: other_value,
                installs: other.installs,
                share: percent(other_value, total),
            }
        });
        let known = shown_total.saturating_add(data.other.map_or(0, |other| other.value));
        data.withheld_percent = percent(total.saturating_sub(known), total).map(f64::round);
    }

    fn adoption(&self, chart: &Chart, newest: Day, data: &mut ChartData) {
        let mut most: BTreeMap<&str, u32> = BTreeMap::new();
        for (_, part) in self.days_of(chart.part) {
            for shown in &part.labels {
                if let Some(words) = self.words(chart.part, &shown.0) {
                    let installs = most.entry(words).or_default();
                    *installs = shown.1.max(*installs);
                }
            }
        }
        let mut labels: Vec<(&str, u32)> = most.into_iter().collect();
        labels.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| natural(b.0, a.0)));
        labels.truncate(MAX_LINES);
        labels.sort_by(|a, b| natural(b.0, a.0));
        for (label, _) in labels {
            let points = self.points(newest, |day| {
                let part = self.part(chart.part, day)?;
                let shown = part.labels.iter().find(|shown| self.words(chart.part, &shown.0) == Some(label))?;
                percent(shown.1.into(), part.installs.into())
            });
            data.lines.push(Line { name: label.to_owned(), points });
        }
    }
}

/// A share in percent, to a tenth; at most 100, since both numbers are rounded.
fn percent(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| ((1000.0 * part as f64 / whole as f64).round() / 10.0).min(100.0))
}

/// A quotient with three digits.
fn digits(number: f64) -> f64 {
    if number == 0.0 {
        return 0.0;
    }
    let unit = 10_f64.powf(number.abs().log10().floor() - 2.0);
    if unit >= 1.0 { (number / unit).round() * unit } else { (number / unit).round() / (1.0 / unit).round() }
}

fn has_installs(body: &[u8]) -> bool {
    serde_json::from_slice::<Part>(body).is_ok_and(|part| part.installs > 0)
}

/// How many days back to look for a snapshot with installs.
const LOOK_BACK_DAYS: i32 = 7;

/// The newest day with published data. Days without any, such as those of an outage, are skipped.
///
/// # Errors
/// If the database fails.
pub async fn newest(store: &Store, days: &[Day]) -> Result<Option<Day>> {
    let Some(last) = days.last().copied() else { return Ok(None) };
    let whole = store.snapshots(last.plus(-LOOK_BACK_DAYS), last, &[REPORTS.to_owned()]).await?;
    Ok(whole.iter().filter(|(_, _, body)| has_installs(body)).map(|(day, ..)| *day).max().or(Some(last)))
}

/// Natural sort order: 8.2 before 8.10, 300 before 1,000.
#[must_use]
pub fn natural(a: &str, b: &str) -> Ordering {
    let (mut a_rest, mut b_rest) = (a.chars().peekable(), b.chars().peekable());
    loop {
        match (a_rest.peek().copied(), b_rest.peek().copied()) {
            (None, None) => return a.cmp(b),
            (None, Some(_)) => return Ordering::Less,
            (Some(_), None) => return Ordering::Greater,
            (Some(x), Some(y)) if x.is_ascii_digit() && y.is_ascii_digit() => {
                let number = |rest: &mut std::iter::Peekable<std::str::Chars<'_>>| {
                    let mut number = 0_u64;
                    while let Some(c) = rest.next_if(|c| c.is_ascii_digit() || *c == ',') {
                        number = c.to_digit(10).map_or(number, |d| number.saturating_mul(10).saturating_add(d.into()));
                    }
                    number
                };
                let order = number(&mut a_rest).cmp(&number(&mut b_rest));
                if order != Ordering::Equal {
                    return order;
                }
            }
            (Some(x), Some(y)) if x == y => {
                a_rest.next();
                b_rest.next();
            }
            (Some(x), Some(y)) => return x.cmp(&y),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_within_labels_count_as_numbers() {
        let mut labels = ["8.10", "8.2", "1,000–2,999", "300–999", "master", "7"];
        labels.sort_by(|a, b| natural(a, b));
        assert_eq!(labels, ["7", "8.2", "8.10", "300–999", "1,000–2,999", "master"]);
    }

    #[test]
    fn shares_and_quotients_have_few_digits() {
        assert_eq!((percent(1, 3), percent(5, 0), percent(7, 5)), (Some(33.3), None, Some(100.0)));
        assert_eq!([digits(1234.6), digits(12.345), digits(0.0)], [1230.0, 12.3, 0.0]);
    }

    #[test]
    fn windows_are_those_that_are_offered() {
        assert_eq!(Window::of("30").map(Window::days), Some(30));
        assert_eq!((Window::of("31"), Window::of("x")), (None, None));
    }
}
