//! Draws charts. Widths are percentages, so that bars and lines take the room there is while text keeps its size.

use crate::publish::view::{ChartData, Line};
use crate::text::{number, visible};
use maud::{Markup, html};

/// Height of a bar with its label, and of the bar within, in pixels.
const ROW: usize = 40;
const BAR: usize = 10;

/// Longest label in a drawing; the table has all of it.
const LONGEST: usize = 34;

/// Height of the plot of lines, and of all with the days below.
const PLOT: usize = 200;
const SERIES: usize = 236;
const TOP: usize = 20;

/// Part of the width that lines take where their names stand at their ends.
const PLOT_PERCENT: f64 = 82.0;

/// A text cut for a drawing.
pub(super) fn short(text: &str, most: usize) -> String {
    let text = visible(text);
    if text.chars().count() <= most {
        return text.into_owned();
    }
    text.chars().take(most - 1).chain(['…']).collect()
}

/// A value, as written next to its bar or line.
pub(super) fn value(value: f64) -> String {
    if value >= 1000.0 || value.fract() == 0.0 { number(value.round() as u64) } else { format!("{value:.1}") }
}

/// Bars of the first rows, their labels above, values at the end, and the rest in grey.
pub(super) fn bars(data: &ChartData, most: usize, percent: bool) -> Markup {
    let unit = if percent { " %" } else { "" };
    let largest = data.rows.iter().map(|row| row.value).chain(data.other.map(|other| other.value)).max().unwrap_or(0);
    let width = |value: u64| format!("{:.2}%", 100.0 * value as f64 / largest.max(1) as f64);
    let rows: Vec<(String, u64, bool)> = data
        .rows
        .iter()
        .take(most)
        .map(|row| (short(&row.label, LONGEST), row.value, false))
        .chain(data.other.map(|other| (format!("other ({} labels or more)", number(other.labels)), other.value, true)))
        .collect();
    let height = rows.len() * ROW;
    let first: Vec<String> =
        rows.iter().take(3).map(|(label, value, _)| format!("{label} {}", number(*value))).collect();
    let summary = format!("{}: {} {}", data.title, first.join(", "), data.unit);
    html! {
        svg.draw role="img" aria-label=(summary) width="100%" height=(height) {
            @for (at, (label, value, is_other)) in rows.iter().enumerate() {
                text x="0" y=(at * ROW + 16) { (label) }
                text x="100%" y=(at * ROW + 16) text-anchor="end" { (number(*value)) (unit) }
                rect.track x="0" y=(at * ROW + 22) width="100%" height=(BAR) {}
                rect class=(if *is_other { "bar-other" } else { "bar-fill" }) x="0" y=(at * ROW + 22)
                    width=(width(*value)) height=(BAR) {}
            }
        }
    }
}

/// The least round number that is not below the values, and lines of the grid up to it.
fn scale(largest: f64) -> (f64, f64) {
    if largest <= 0.0 {
        return (1.0, 1.0);
    }
    let unit = 10_f64.powf(largest.log10().floor());
    let step = [0.2, 0.5, 1.0, 2.0, 2.5].into_iter().map(|part| part * unit).find(|step| largest / step <= 5.0);
    let step = step.unwrap_or(unit * 2.5);
    ((largest / step).ceil() * step, step)
}

/// The path of a line in a square of 100; gaps stay gaps.
fn path(line: &Line, top: f64) -> String {
    let last = line.points.len().saturating_sub(1).max(1) as f64;
    let mut path = String::new();
    let mut open = false;
    for (at, point) in line.points.iter().enumerate() {
        let Some(value) = point.value else {
            open = false;
            continue;
        };
        let alone = !open && line.points.get(at + 1).is_none_or(|next| next.value.is_none());
        let (x, y) = (100.0 * at as f64 / last, 100.0 - 100.0 * value / top);
        path.push_str(&format!("{}{x:.2} {y:.2}", if open { 'L' } else { 'M' }));
        if alone {
            // A line of no length has round ends: a dot.
            path.push_str("h0.01");
        }
        open = true;
    }
    path
}

/// Lines over days: a grid from zero, names at their ends, a place for the script's cursor.
pub(super) fn series(data: &ChartData) -> Markup {
    let values = data.lines.iter().flat_map(|line| line.points.iter().filter_map(|point| point.value));
    let (top, step) = scale(values.fold(0.0, f64::max));
    let steps = (top / step).round() as usize;
    let named = data.lines.len() > 1;
    let plot_width = if named { PLOT_PERCENT } else { 100.0 };
    let y = |value: f64| TOP as f64 + PLOT as f64 * (1.0 - value / top);
    let days: Vec<&str> =
        data.lines.first().map(|line| line.points.iter().map(|point| point.day.as_str()).collect()).unwrap_or_default();
    let (first, middle, last) =
        (days.first().unwrap_or(&""), days.get(days.len() / 2).unwrap_or(&""), days.last().unwrap_or(&""));
    let ends: Vec<String> =
        data.lines.iter().filter_map(|line| Some(format!("{} {}", visible(&line.name), value(end(line)?.1)))).collect();
    let summary = format!("{}, {first} to {last}; latest: {} {}", data.title, ends.join(", "), data.unit);
    html! {
        svg.draw.series role="img" aria-label=(summary) width="100%" height=(SERIES) data-chart=(data.id)
            data-unit=(data.unit) data-days=(data.window_days.days()) data-top=(top) {
            @for at in 0..=steps {
                @let value_here = step * at as f64;
                line class=(if at == 0 { "zero" } else { "grid" }) x1="0" x2="100%" y1=(y(value_here)) y2=(y(value_here)) {}
            }
            svg.plot x="0" y=(TOP) width=(format!("{plot_width}%")) height=(PLOT) viewBox="0 0 100 100"
                preserveAspectRatio="none" overflow="visible" {
                @if let ([line], true) = (&data.lines[..], data.lines.iter().all(|line| line.points.iter().all(|point| point.value.is_some()))) {
                    path.area.k1 d=(format!("{}L100 100L0 100Z", path(line, top))) {}
                }
                @for (at, line) in data.lines.iter().enumerate() {
                    path class=(format!("l k{}", at % 6 + 1)) data-line=(at) d=(path(line, top)) {}
                }
                line.cursor x1="0" x2="0" y1="0" y2="100" visibility="hidden" vector-effect="non-scaling-stroke" {}
            }
            // On top of the lines, which would run through them.
            @for value_here in (1..=steps).map(|at| step * at as f64) {
                text.tick x="0" y=(y(value_here) - 5.0) { (value(value_here)) }
            }
            @if named {
                @for (at, place) in places(&data.lines, &y) {
                    text class=(format!("end k{}", at % 6 + 1)) x="83.5%" y=(place) { (short(&data.lines[at].name, 12)) }
                }
                // A line that ended has its name where it did.
                @for (at, line) in data.lines.iter().enumerate() {
                    @if let Some((last, value)) = end(line).filter(|(last, _)| last + 1 < line.points.len()) {
                        text class=(format!("end k{}", at % 6 + 1)) text-anchor="end" y=(y(value) - 6.0)
                            x=(format!("{:.1}%", plot_width * last as f64 / (line.points.len() - 1) as f64)) { (short(&line.name, 12)) }
                    }
                }
            }
            text.tick.day x="0" y=(SERIES - 2) { (first) }
            @if data.window_days.days() > 7 {
                text.tick.day x=(format!("{:.0}%", plot_width / 2.0)) y=(SERIES - 2) text-anchor="middle" { (middle) }
            }
            text.tick.day x=(format!("{plot_width:.0}%")) y=(SERIES - 2) text-anchor="end" { (last) }
        }
    }
}

/// Where a line ends: the point, and its value.
fn end(line: &Line) -> Option<(usize, f64)> {
    line.points.iter().enumerate().rev().find_map(|(at, point)| Some((at, point.value?)))
}

/// Heights for the names of lines that reach the last day, apart from one another.
fn places(lines: &[Line], y: &impl Fn(f64) -> f64) -> Vec<(usize, f64)> {
    const APART: f64 = 17.0;
    let mut places: Vec<(usize, f64)> =
        lines.iter().enumerate().filter_map(|(at, line)| Some((at, y(line.points.last()?.value?) + 4.0))).collect();
    places.sort_by(|a, b| a.1.total_cmp(&b.1));
    let mut below = (TOP + PLOT) as f64 + 4.0;
    for place in places.iter_mut().rev() {
        place.1 = place.1.min(below);
        below = place.1 - APART;
    }
    places
}

/// A line without anything around it.
pub(super) fn spark(line: &Line) -> Markup {
    let (top, _) = scale(line.points.iter().filter_map(|point| point.value).fold(0.0, f64::max));
    html! {
        svg viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true" {
            path.l.k1 d=(path(line, top)) {}
            line.zero x1="0" x2="100" y1="100" y2="100" vector-effect="non-scaling-stroke" {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::publish::view::Point;

    fn line(values: &[Option<f64>]) -> Line {
        let points = values.iter().map(|value| Point { day: "d".into(), value: *value }).collect();
        Line { name: "n".into(), points }
    }

    #[test]
    fn scales_are_round_and_never_below_the_values() {
        for largest in [0.3, 1.0, 7.0, 99.0, 100.0, 123_456.0] {
            let (top, step) = scale(largest);
            assert!(top >= largest && top <= 1.6 * largest && top / step <= 6.0, "{largest}: {top}, {step}");
        }
        assert_eq!(scale(0.0), (1.0, 1.0));
    }

    #[test]
    fn days_without_a_value_are_gaps_and_lonely_ones_dots() {
        assert_eq!(
            path(&line(&[Some(0.0), Some(1.0), None, Some(1.0)]), 1.0),
            "M0.00 100.00L33.33 0.00M100.00 0.00h0.01"
        );
    }

    #[test]
    fn names_at_the_ends_stand_apart() {
        let lines: Vec<Line> = (0..6).map(|_| line(&[Some(1.0)])).collect();
        let places = places(&lines, &|_| 200.0);
        assert_eq!(places.len(), 6);
        assert!(places.windows(2).all(|two| two[1].1 - two[0].1 >= 16.9));
        let ended = line(&[Some(2.0), Some(3.0), None]);
        assert_eq!(end(&ended), Some((1, 3.0)));
        assert!(super::places(&[ended], &|_| 200.0).is_empty());
    }

    #[test]
    fn long_labels_are_cut_between_characters() {
        assert_eq!(short("äöüß", 3), "äö…");
        assert_eq!(short("\u{202e}x", 20), "⟨U+202E⟩x");
    }
}
