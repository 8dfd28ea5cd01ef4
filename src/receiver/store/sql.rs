//! One SQL text for both databases. Statements are written once, with `$1` for the first value; where the dialects
//! differ, a marker in braces stands for what each of them needs:
//!
//! | marker | PostgreSQL | SQLite |
//! |---|---|---|
//! | `{any 1}`, `{any_blob 1}` | `= ANY($1)` | `IN (SELECT … FROM json_each($1))` |
//! | `{rows}` | `unnest($2, …) AS new (…)` | `(SELECT … FROM json_each($2)) AS new` |
//! | `{key}` | `install`: the column of `installs` that reports refer to | `id` |
//!
//! Statements that share no text are a [`Sql`] with one text for each.

use data_encoding::HEXLOWER;
use serde::Serialize;
use serde::ser::Serializer;
use std::borrow::Cow;
use std::fmt::Write;

/// Which SQL a database speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    Sqlite,
    Postgres,
}

/// A statement in both dialects.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sql {
    pub(super) sqlite: &'static str,
    pub(super) postgres: &'static str,
}

impl From<&'static str> for Sql {
    fn from(both: &'static str) -> Self {
        Self::both(both)
    }
}

impl Sql {
    /// A statement whose text is the same in both, but for markers.
    pub(super) const fn both(text: &'static str) -> Self {
        Self { sqlite: text, postgres: text }
    }

    pub(super) fn text(self, dialect: Dialect) -> &'static str {
        match dialect {
            Dialect::Sqlite => self.sqlite,
            Dialect::Postgres => self.postgres,
        }
    }
}

/// A value of each row that is written.
pub(super) enum Column<'q> {
    Bool(Vec<bool>),
    Int2(Vec<i16>),
    Int4(Vec<Option<i32>>),
    Int8(Vec<i64>),
    Text(Vec<Option<&'q str>>),
    Blob(Vec<Option<&'q [u8]>>),
}

impl Column<'_> {
    fn postgres_type(&self) -> &'static str {
        match self {
            Self::Bool(_) => "boolean",
            Self::Int2(_) => "smallint",
            Self::Int4(_) => "integer",
            Self::Int8(_) => "bigint",
            Self::Text(_) => "text",
            Self::Blob(_) => "bytea",
        }
    }

    fn len(&self) -> usize {
        match self {
            Self::Bool(values) => values.len(),
            Self::Int2(values) => values.len(),
            Self::Int4(values) => values.len(),
            Self::Int8(values) => values.len(),
            Self::Text(values) => values.len(),
            Self::Blob(values) => values.len(),
        }
    }
}

/// Rows to be written, column by column, as `{rows}` has them.
#[derive(Default)]
pub(super) struct Rows<'q>(pub(super) Vec<(&'static str, Column<'q>)>);

impl<'q> Rows<'q> {
    pub(super) fn bool(self, name: &'static str, values: impl IntoIterator<Item = bool>) -> Self {
        self.with(name, Column::Bool(values.into_iter().collect()))
    }

    pub(super) fn int2(self, name: &'static str, values: impl IntoIterator<Item = i16>) -> Self {
        self.with(name, Column::Int2(values.into_iter().collect()))
    }

    pub(super) fn int4(self, name: &'static str, values: impl IntoIterator<Item = i32>) -> Self {
        self.with(name, Column::Int4(values.into_iter().map(Some).collect()))
    }

    pub(super) fn int8(self, name: &'static str, values: impl IntoIterator<Item = i64>) -> Self {
        self.with(name, Column::Int8(values.into_iter().collect()))
    }

    pub(super) fn text(self, name: &'static str, values: impl IntoIterator<Item = Option<&'q str>>) -> Self {
        self.with(name, Column::Text(values.into_iter().collect()))
    }

    pub(super) fn blob(self, name: &'static str, values: impl IntoIterator<Item = Option<&'q [u8]>>) -> Self {
        self.with(name, Column::Blob(values.into_iter().collect()))
    }

    pub(super) fn with(mut self, name: &'static str, column: Column<'q>) -> Self {
        self.0.push((name, column));
        self
    }

    pub(super) fn len(&self) -> usize {
        self.0.first().map_or(0, |(_, column)| column.len())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All rows as SQLite's JSON functions read them: one parameter for any number of rows.
    pub(super) fn json(&self) -> String {
        json(&(0..self.len()).map(|row| JsonRow(self, row)).collect::<Vec<_>>())
    }

    /// What `{rows}` stands for, after `bound` other values.
    fn source(&self, dialect: Dialect, bound: usize) -> String {
        let columns = self.0.iter().enumerate();
        match dialect {
            Dialect::Sqlite => {
                let values = columns.map(|(at, (name, column))| match column {
                    Column::Blob(_) => format!("unhex(value ->> {at}) AS {name}"),
                    _ => format!("value ->> {at} AS {name}"),
                });
                format!("(SELECT {} FROM json_each(${})) AS new", values.collect::<Vec<_>>().join(", "), bound + 1)
            }
            Dialect::Postgres => {
                let arrays =
                    columns.map(|(at, (_, column))| format!("${}::{}[]", bound + at + 1, column.postgres_type()));
                let names: Vec<_> = self.0.iter().map(|(name, _)| *name).collect();
                format!("unnest({}) AS new ({})", arrays.collect::<Vec<_>>().join(", "), names.join(", "))
            }
        }
    }
}

struct JsonRow<'r, 'q>(&'r Rows<'q>, usize);

impl Serialize for JsonRow<'_, '_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.0.iter().map(|(_, column)| JsonCell(column, self.1)))
    }
}

struct JsonCell<'r, 'q>(&'r Column<'q>, usize);

impl Serialize for JsonCell<'_, '_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Column::Bool(values) => serializer.serialize_bool(values[self.1]),
            Column::Int2(values) => serializer.serialize_i16(values[self.1]),
            Column::Int4(values) => values[self.1].serialize(serializer),
            Column::Int8(values) => serializer.serialize_i64(values[self.1]),
            Column::Text(values) => values[self.1].serialize(serializer),
            Column::Blob(values) => values[self.1].map(|bytes| HEXLOWER.encode(bytes)).serialize(serializer),
        }
    }
}

/// A list as SQLite's JSON functions read it.
pub(super) fn json(list: &impl Serialize) -> String {
    // Numbers, texts and lists of them cannot fail.
    serde_json::to_string(list).unwrap_or_default()
}

/// The text of a statement in a dialect, without markers; `bound` values are bound besides the rows.
pub(super) fn expand(sql: Sql, dialect: Dialect, bound: usize, rows: Option<&Rows<'_>>) -> Cow<'static, str> {
    let text = sql.text(dialect);
    if !text.contains('{') {
        return Cow::Borrowed(text);
    }
    let mut expanded = String::with_capacity(text.len() + 128);
    let mut rest = text;
    while let Some((before, marker)) = rest.split_once('{') {
        expanded.push_str(before);
        let (marker, after) = marker.split_once('}').unwrap_or((marker, ""));
        rest = after;
        let written = match (marker.split_once(' ').unwrap_or((marker, "")), dialect) {
            (("key", _), Dialect::Sqlite) => write!(expanded, "id"),
            (("key", _), Dialect::Postgres) => write!(expanded, "install"),
            (("any", number), Dialect::Sqlite) => write!(expanded, "IN (SELECT value FROM json_each(${number}))"),
            (("any_blob", number), Dialect::Sqlite) => {
                write!(expanded, "IN (SELECT unhex(value) FROM json_each(${number}))")
            }
            (("any" | "any_blob", number), Dialect::Postgres) => write!(expanded, "= ANY(${number})"),
            _ => write!(expanded, "{}", rows.map(|rows| rows.source(dialect, bound)).unwrap_or_default()),
        };
        // A string takes whatever is written into it.
        let _ = written;
    }
    expanded.push_str(rest);
    Cow::Owned(expanded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markers_become_each_dialect() {
        let sql = "UPDATE a SET b = new.b FROM {rows} WHERE a.c {any 1} AND a.{key} = new.d";
        let rows = Rows::default().int8("b", [1]).blob("d", [None]);
        assert_eq!(
            expand(sql.into(), Dialect::Sqlite, 1, Some(&rows)),
            "UPDATE a SET b = new.b FROM (SELECT value ->> 0 AS b, unhex(value ->> 1) AS d FROM json_each($2)) AS new \
             WHERE a.c IN (SELECT value FROM json_each($1)) AND a.id = new.d"
        );
        assert_eq!(
            expand(sql.into(), Dialect::Postgres, 1, Some(&rows)),
            "UPDATE a SET b = new.b FROM unnest($2::bigint[], $3::bytea[]) AS new (b, d) \
             WHERE a.c = ANY($1) AND a.install = new.d"
        );
        let plain = expand("SELECT 1".into(), Dialect::Sqlite, 0, None);
        assert!(matches!(plain, Cow::Borrowed("SELECT 1")));
    }

    #[test]
    fn rows_become_json() {
        let rows = Rows::default()
            .int4("a", [1, -2])
            .bool("b", [true, false])
            .text("c", [Some("ü\"\\"), None])
            .blob("d", [Some(&[0, 255][..]), None]);
        assert_eq!(rows.json(), r#"[[1,true,"ü\"\\","00ff"],[-2,false,null,null]]"#);
    }
}
