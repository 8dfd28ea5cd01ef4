//! Labelled descriptions as JSON Lines: `id`, `os`, `sysDescr`, `sysObjectID`, `spans` in code points, `source`,
//! `kind` and `device` (the database's values for the device). Other keys are ignored.

use callback_collector::Device;
use serde::Deserialize;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// Why rows cannot be read. Never quotes a row: its text may be a device's.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file cannot be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A line is not a labelled description.
    #[error("{}, line {line}: expected a labelled description as a JSON object", path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// Its line, from 1.
        line: usize,
        /// Why.
        source: serde_json::Error,
    },
    /// A span does not fit its description.
    #[error("{}, line {line}: a span ends outside of the description", path.display())]
    Span {
        /// The file.
        path: PathBuf,
        /// Its line, from 1.
        line: usize,
    },
}

/// A labelled description.
#[derive(Debug, Clone, Default)]
pub struct Row {
    /// Its name, unique within its set.
    pub id: String,
    /// The name of the file that it is from, without the extension.
    pub set: String,
    /// The source of the description.
    pub source: String,
    /// LibreNMS's name of the operating system.
    pub os: String,
    /// The description.
    pub text: String,
    /// The object identifier.
    pub object_id: String,
    /// The identifiers in the description, from left to right.
    pub marks: Vec<Mark>,
    /// The database's values for the device.
    pub device: Known,
}

/// An identifier that a person marked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// Its range in bytes.
    pub range: Range<usize>,
    /// What it is: `hostname`, `serial` ….
    pub kind: String,
    /// Doubtful: removing and keeping it are both right.
    pub doubtful: bool,
}

/// An install's database values for a device.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Known {
    hostname: Option<String>,
    sys_name: Option<String>,
    display: Option<String>,
    ip: Option<String>,
    serial: Option<String>,
    sys_contact: Option<String>,
    location: Option<String>,
}

#[derive(Deserialize)]
struct Line {
    id: String,
    #[serde(default)]
    source: Option<String>,
    #[serde(default)]
    os: Option<String>,
    #[serde(default, rename = "sysDescr")]
    text: Option<String>,
    #[serde(default, rename = "sysObjectID")]
    object_id: Option<String>,
    #[serde(default)]
    spans: Vec<LineSpan>,
    #[serde(default)]
    device: Option<Known>,
}

#[derive(Deserialize)]
struct LineSpan {
    start: usize,
    end: usize,
    #[serde(rename = "type")]
    kind: String,
}

impl Row {
    /// Reads a labelled description.
    ///
    /// # Errors
    /// A serde error if the line is not a labelled description. `Ok(None)` if a span does not fit.
    fn parse(set: &str, line: &str) -> Result<Option<Self>, serde_json::Error> {
        let line: Line = serde_json::from_str(line)?;
        let text = line.text.unwrap_or_default();
        let byte = |at: usize| text.char_indices().map(|(byte, _)| byte).chain([text.len()]).nth(at);
        let mut marks = Vec::with_capacity(line.spans.len());
        for span in line.spans {
            let (Some(start), Some(end)) = (byte(span.start), byte(span.end)) else { return Ok(None) };
            if start > end {
                return Ok(None);
            }
            let kind = span.kind.strip_prefix("doubtful:");
            let doubtful = kind.is_some();
            marks.push(Mark { range: start..end, kind: kind.unwrap_or(&span.kind).to_owned(), doubtful });
        }
        marks.sort_by_key(|mark| mark.range.start);
        Ok(Some(Self {
            id: line.id,
            set: set.to_owned(),
            source: line.source.unwrap_or_default(),
            os: line.os.unwrap_or_default(),
            text,
            object_id: line.object_id.unwrap_or_default(),
            marks,
            device: line.device.unwrap_or_default(),
        }))
    }

    /// The collector of the row: the part of `source` before a colon, if it is a repository, otherwise the set.
    #[must_use]
    pub fn origin(&self) -> &str {
        self.source.split_once(':').map_or(&self.set, |(origin, _)| origin)
    }

    /// Whether the row is from a source: a set, a repository, or the source exactly as the row has it.
    #[must_use]
    pub fn is_from(&self, source: &str) -> bool {
        self.set == source || self.source == source || self.origin() == source
    }

    /// Whether the row has no identifier, not even a doubtful one: it must come back unchanged.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.marks.is_empty()
    }

    /// The marks that are certainly identifiers.
    pub fn identifiers(&self) -> impl Iterator<Item = &Mark> {
        self.marks.iter().filter(|mark| !mark.doubtful)
    }

    /// The text outside all marks, with a NUL for each mark.
    #[must_use]
    pub fn outside(&self) -> String {
        let (mut outside, mut at) = (String::with_capacity(self.text.len()), 0);
        for mark in &self.marks {
            outside.push_str(&self.text[at..mark.range.start.max(at)]);
            outside.push('\0');
            at = at.max(mark.range.end);
        }
        outside.push_str(&self.text[at..]);
        outside
    }

    /// The row with another text for one of its marks; marks that overlap it become that text, too.
    #[must_use]
    pub fn with(&self, mark: usize, text: &str) -> Self {
        let replaced = self.marks[mark].range.clone();
        let mut row = self.clone();
        row.text.replace_range(replaced.clone(), text);
        let moved = |at: usize| if at >= replaced.end { at - replaced.len() + text.len() } else { at };
        for other in &mut row.marks {
            let touches = other.range.start < replaced.end && replaced.start < other.range.end;
            other.range = if touches {
                replaced.start..replaced.start + text.len()
            } else {
                moved(other.range.start)..moved(other.range.end)
            };
        }
        row.marks[mark].range = replaced.start..replaced.start + text.len();
        row
    }

    /// The device as facts have it; `known` adds the database's values.
    #[must_use]
    pub fn device(&self, known: bool) -> Device<'_> {
        fn text(text: &str) -> Option<callback_collector::text::Text<'_>> {
            (!text.is_empty()).then(|| text.into())
        }
        let of = |field: &'_ Option<String>| known.then(|| field.clone()).flatten().map(Into::into);
        Device {
            os: text(&self.os),
            sys_descr: text(&self.text),
            sys_object_id: text(&self.object_id),
            hostname: of(&self.device.hostname),
            sys_name: of(&self.device.sys_name),
            display: of(&self.device.display),
            ip: of(&self.device.ip),
            serial: of(&self.device.serial),
            sys_contact: of(&self.device.sys_contact),
            location: of(&self.device.location),
            ..Device::default()
        }
    }
}

/// Reads a file of labelled descriptions; the set has the file's name.
///
/// # Errors
/// [`Error`], with the file and the line.
pub fn read(path: &Path) -> Result<Vec<Row>, Error> {
    let text = std::fs::read_to_string(path).map_err(|source| Error::Read { path: path.to_owned(), source })?;
    parse(path, &text)
}

/// Reads labelled descriptions from a text; `path` names it in errors, and the set.
///
/// # Errors
/// [`Error`], with the line.
pub fn parse(path: &Path, text: &str) -> Result<Vec<Row>, Error> {
    let set = path.file_stem().unwrap_or_default().to_string_lossy();
    let mut rows = Vec::new();
    // Descriptions may contain U+2028 and similar characters: only line feeds end lines.
    for (at, line) in text.split('\n').enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let row =
            Row::parse(&set, line).map_err(|source| Error::Line { path: path.to_owned(), line: at + 1, source })?;
        rows.push(row.ok_or_else(|| Error::Span { path: path.to_owned(), line: at + 1 })?);
    }
    Ok(rows)
}

/// Reads all sets of a corpus: `dev/<set>.jsonl` below its directory.
///
/// # Errors
/// As [`read`].
pub fn read_corpus(corpus: &Path) -> Result<Vec<Row>, Error> {
    let mut rows = Vec::new();
    for set in crate::SETS {
        rows.extend(read(&corpus.join("dev").join(set).with_extension("jsonl"))?);
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = r#"{"id":"x1","source":"acme/tools:a.txt","os":"acme","sysDescr":"Büro sw-7, SN 42","spans":[{"start":5,"end":9,"type":"hostname"},{"start":14,"end":16,"type":"doubtful:serial"}],"device":{"sysName":"sw-7","ip":null}}"#;

    #[test]
    fn positions_are_code_points_and_doubtful_spans_are_marked() {
        let row = &parse(Path::new("field.jsonl"), LINE).unwrap()[0];
        assert_eq!(&row.text[row.marks[0].range.clone()], "sw-7");
        assert_eq!((row.marks[1].kind.as_str(), row.marks[1].doubtful), ("serial", true));
        assert_eq!(row.outside(), "Büro \0, SN \0");
        assert_eq!((row.set.as_str(), row.origin()), ("field", "acme/tools"));
        assert!(row.is_from("field") && row.is_from("acme/tools") && !row.is_from("acme"));
        assert_eq!(row.device(true).sys_name.as_deref(), Some("sw-7"));
        assert!(row.device(false).sys_name.is_none());
    }

    #[test]
    fn another_text_for_a_mark_moves_later_marks() {
        let row = parse(Path::new("field.jsonl"), LINE).unwrap().remove(0).with(0, "gateway-12");
        assert_eq!(row.text, "Büro gateway-12, SN 42");
        assert_eq!(&row.text[row.marks[0].range.clone()], "gateway-12");
        assert_eq!(&row.text[row.marks[1].range.clone()], "42");
    }

    #[test]
    fn a_bad_line_is_named_and_not_quoted() {
        let text = format!(
            "{LINE}\n{{\"id\":\"x2\",\"sysDescr\":\"secret\",\"spans\":[{{\"start\":0,\"end\":7,\"type\":\"a\"}}]}}"
        );
        let error = parse(Path::new("field.jsonl"), &text).unwrap_err();
        assert!(matches!(error, Error::Span { line: 2, .. }));
        assert!(!error.to_string().contains("secret"));
        assert!(matches!(parse(Path::new("f"), "[]").unwrap_err(), Error::Line { line: 1, .. }));
    }
}
