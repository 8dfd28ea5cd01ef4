//! Published data as CSV.

use crate::publish::pairs::Pair;
use crate::publish::view::ChartData;
use crate::text::csv;
use std::fmt::Write as _;

/// A chart as CSV: labels with their values, or days with the values of each line.
pub(super) fn chart(data: &ChartData) -> String {
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
    for (index, day) in days.enumerate() {
        text.push_str(day);
        for line in &data.lines {
            let _ = write!(text, ",{}", number(line.points[index].value));
        }
        text.push_str("\r\n");
    }
    text
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
