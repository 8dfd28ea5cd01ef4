//! A transaction of either database, and the queries in it.

use super::encoding::{LabelId, decode};
use super::interned::LabelKey;
use super::retry::{TxError, damaged};
use super::sql::{Column, Dialect, Rows, Sql, expand, json};
use crate::day::Day;
use data_encoding::HEXLOWER;
use futures_util::stream::{self, BoxStream, StreamExt};
use futures_util::{TryStreamExt, future};
use sqlx::postgres::{PgArguments, PgConnection, PgRow, Postgres};
use sqlx::sqlite::{Sqlite, SqliteArguments, SqliteConnection, SqliteRow};
use sqlx::{Arguments, AssertSqlSafe, ColumnIndex, Decode, Encode, PgPool, Row as _, SqlitePool, Transaction, Type};
use std::borrow::Cow;

/// Connections to a database.
#[derive(Clone)]
pub(super) enum Pool {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

impl Pool {
    /// Begins to read: everything in it is of one moment.
    pub(super) async fn read(&self) -> Result<Tx<'static>, TxError> {
        Ok(Tx::new(match self {
            Self::Sqlite(pool) => Inner::Sqlite(pool.begin().await.map_err(TxError::Sqlite)?),
            Self::Postgres(pool) => {
                let begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
                Inner::Postgres(pool.begin_with(begin).await.map_err(TxError::Postgres)?)
            }
        }))
    }

    pub(super) async fn close(&self) {
        match self {
            Self::Sqlite(pool) => pool.close().await,
            Self::Postgres(pool) => pool.close().await,
        }
    }
}

/// A transaction. Unless it is committed, it is rolled back.
pub(super) struct Tx<'c> {
    inner: Inner<'c>,
    pub(super) effects: Effects,
}

enum Inner<'c> {
    Sqlite(Transaction<'c, Sqlite>),
    Postgres(Transaction<'c, Postgres>),
}

/// What a transaction does besides what it returns. SQLite's writer follows it up once it is committed.
#[derive(Debug, Default)]
pub(super) struct Effects {
    /// Labels that were deleted: a cache of their IDs must drop them.
    pub(super) deleted_labels: Vec<LabelKey>,
    /// When the log must be emptied, where deleted pages live on.
    pub(super) flush: Flush,
}

/// When SQLite's log is emptied.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flush {
    /// Not for this.
    #[default]
    No,
    /// Within a minute.
    Soon,
    /// Before the transaction is answered.
    Now,
}

impl<'c> Tx<'c> {
    fn new(inner: Inner<'c>) -> Self {
        Self { inner, effects: Effects::default() }
    }

    /// A transaction of SQLite.
    pub(super) fn sqlite(transaction: Transaction<'c, Sqlite>) -> Self {
        Self::new(Inner::Sqlite(transaction))
    }

    /// A transaction of PostgreSQL.
    pub(super) fn postgres(transaction: Transaction<'c, Postgres>) -> Self {
        Self::new(Inner::Postgres(transaction))
    }

    /// Which SQL it speaks.
    pub(super) fn dialect(&self) -> Dialect {
        match self.inner {
            Inner::Sqlite(_) => Dialect::Sqlite,
            Inner::Postgres(_) => Dialect::Postgres,
        }
    }

    /// Commits it: what it changed is durable.
    pub(super) async fn commit(self) -> Result<Effects, TxError> {
        match self.inner {
            Inner::Sqlite(transaction) => transaction.commit().await.map_err(TxError::Sqlite)?,
            Inner::Postgres(transaction) => transaction.commit().await.map_err(TxError::Postgres)?,
        }
        Ok(self.effects)
    }

    /// A statement, with markers as [`super::sql`] has them.
    pub(super) fn query(&mut self, sql: impl Into<Sql>) -> Query<'_> {
        let target = match &mut self.inner {
            Inner::Sqlite(transaction) => Target::Sqlite(transaction, SqliteArguments::default()),
            Inner::Postgres(transaction) => Target::Postgres(transaction, PgArguments::default()),
        };
        Query { target, sql: sql.into(), text: None, failed: None }
    }

    /// A statement of which a part, such as a table's name, is made at run time. Only numbers and names of this program
    /// may be in it.
    pub(super) fn query_text(&mut self, sql: String) -> Query<'_> {
        let mut query = self.query("");
        query.text = Some(Cow::Owned(sql));
        query
    }
}

/// A value that both databases take.
pub(super) trait Value<'v>:
    Encode<'v, Sqlite> + Type<Sqlite> + Encode<'v, Postgres> + Type<Postgres> + Send
{
}

impl<'v, T> Value<'v> for T where T: Encode<'v, Sqlite> + Type<Sqlite> + Encode<'v, Postgres> + Type<Postgres> + Send {}

/// A value that both databases return.
pub(super) trait Returned<'r>:
    Decode<'r, Sqlite> + Type<Sqlite> + Decode<'r, Postgres> + Type<Postgres>
{
}

impl<'r, T> Returned<'r> for T where T: Decode<'r, Sqlite> + Type<Sqlite> + Decode<'r, Postgres> + Type<Postgres> {}

/// A connection, and the values for the statement on it.
enum Target<'t> {
    Sqlite(&'t mut SqliteConnection, SqliteArguments),
    Postgres(&'t mut PgConnection, PgArguments),
}

/// A statement and the values that are bound to it.
#[must_use = "a query does nothing until it is run"]
pub(super) struct Query<'t> {
    target: Target<'t>,
    sql: Sql,
    /// The final text, where it is not that of `sql`.
    text: Option<Cow<'static, str>>,
    failed: Option<TxError>,
}

impl<'t> Query<'t> {
    /// Binds the next value.
    pub(super) fn bind<'v>(mut self, value: impl Value<'v>) -> Self {
        match &mut self.target {
            Target::Sqlite(_, values) => {
                if let Err(error) = values.add(value) {
                    self.failed = Some(TxError::Sqlite(sqlx::Error::Encode(error)));
                }
                self
            }
            Target::Postgres(..) => self.bind_postgres(value),
        }
    }

    fn bind_postgres<'v>(mut self, value: impl Encode<'v, Postgres> + Type<Postgres>) -> Self {
        if let Target::Postgres(_, values) = &mut self.target
            && let Err(error) = values.add(value)
        {
            self.failed = Some(TxError::Postgres(sqlx::Error::Encode(error)));
        }
        self
    }

    /// Binds the list of an `{any …}`.
    pub(super) fn bind_list<'v, T>(self, list: &'v [T]) -> Self
    where
        T: serde::Serialize,
        &'v [T]: Encode<'v, Postgres> + Type<Postgres>,
    {
        match self.target {
            Target::Sqlite(..) => self.bind(json(&list)),
            Target::Postgres(..) => self.bind_postgres(list),
        }
    }

    /// Binds the list of an `{any_blob …}`.
    pub(super) fn bind_blobs<'v>(self, list: impl Iterator<Item = &'v [u8]>) -> Self {
        match self.target {
            Target::Sqlite(..) => self.bind(json(&list.map(|bytes| HEXLOWER.encode(bytes)).collect::<Vec<_>>())),
            Target::Postgres(..) => self.bind_postgres(list.collect::<Vec<_>>()),
        }
    }

    /// Binds `{rows}`, after all other values.
    pub(super) fn bind_rows(mut self, rows: &Rows<'_>) -> Self {
        let (dialect, bound) = match &self.target {
            Target::Sqlite(_, values) => (Dialect::Sqlite, values.len()),
            Target::Postgres(_, values) => (Dialect::Postgres, values.len()),
        };
        self.text = Some(expand(self.sql, dialect, bound, Some(rows)));
        if dialect == Dialect::Sqlite {
            return self.bind(rows.json());
        }
        for (_, column) in &rows.0 {
            self = match column {
                Column::Bool(values) => self.bind_postgres(values.as_slice()),
                Column::Int2(values) => self.bind_postgres(values.as_slice()),
                Column::Int4(values) => self.bind_postgres(values.as_slice()),
                Column::Int8(values) => self.bind_postgres(values.as_slice()),
                Column::Text(values) => self.bind_postgres(values.as_slice()),
                Column::Blob(values) => self.bind_postgres(values.as_slice()),
            };
        }
        self
    }

    /// The rows, one after the other.
    pub(super) fn stream(self) -> BoxStream<'t, Result<Row, TxError>> {
        if let Some(error) = self.failed {
            return stream::once(future::ready(Err(error))).boxed();
        }
        let text = |dialect| AssertSqlSafe(self.text.unwrap_or_else(|| expand(self.sql, dialect, 0, None)));
        match self.target {
            Target::Sqlite(connection, values) => {
                let rows = sqlx::query_with(text(Dialect::Sqlite), values).fetch(connection);
                rows.map_ok(Row::Sqlite).map_err(TxError::Sqlite).boxed()
            }
            Target::Postgres(connection, values) => {
                let rows = sqlx::query_with(text(Dialect::Postgres), values).fetch(connection);
                rows.map_ok(Row::Postgres).map_err(TxError::Postgres).boxed()
            }
        }
    }

    /// All rows.
    pub(super) async fn all(self) -> Result<Vec<Row>, TxError> {
        self.stream().try_collect().await
    }

    /// The first row, if there is one.
    pub(super) async fn optional(self) -> Result<Option<Row>, TxError> {
        self.stream().try_next().await
    }

    /// The first row, which there must be.
    pub(super) async fn one(self) -> Result<Row, TxError> {
        self.optional().await?.ok_or_else(|| damaged().into())
    }

    /// The first column of the first row.
    pub(super) async fn value<T: for<'r> Returned<'r>>(self) -> Result<T, TxError> {
        Ok(self.one().await?.get(0))
    }

    /// The first column of all rows.
    pub(super) async fn values<T: for<'r> Returned<'r>>(self) -> Result<Vec<T>, TxError> {
        Ok(self.all().await?.iter().map(|row| row.get(0)).collect())
    }

    /// Runs it, and returns the number of rows that it changed.
    pub(super) async fn run(self) -> Result<u64, TxError> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        let text = |dialect| AssertSqlSafe(self.text.unwrap_or_else(|| expand(self.sql, dialect, 0, None)));
        match self.target {
            Target::Sqlite(connection, values) => {
                let done = sqlx::query_with(text(Dialect::Sqlite), values).execute(connection).await;
                Ok(done.map_err(TxError::Sqlite)?.rows_affected())
            }
            Target::Postgres(connection, values) => {
                let done = sqlx::query_with(text(Dialect::Postgres), values).execute(connection).await;
                Ok(done.map_err(TxError::Postgres)?.rows_affected())
            }
        }
    }
}

/// A row that a query returned.
pub(super) enum Row {
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

impl Row {
    /// A column's value, by its name or place.
    pub(super) fn get<'r, T: Returned<'r>>(&'r self, column: impl ColumnIndex<SqliteRow> + ColumnIndex<PgRow>) -> T {
        match self {
            Self::Sqlite(row) => row.get(column),
            Self::Postgres(row) => row.get(column),
        }
    }

    /// A column with a hash, or another value of a fixed length.
    pub(super) fn bytes<const N: usize>(&self, column: &str) -> Result<[u8; N], TxError> {
        self.get::<&[u8]>(column).try_into().map_err(|_| damaged().into())
    }

    /// A column with a day.
    pub(super) fn day(&self, column: &str) -> Day {
        Day(self.get(column))
    }

    /// A column with a report's entries.
    pub(super) fn entries(&self) -> Result<Vec<(LabelId, u64)>, TxError> {
        decode(self.get::<&[u8]>("entries")).ok_or_else(|| damaged().into())
    }
}
