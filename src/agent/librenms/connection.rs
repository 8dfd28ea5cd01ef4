//! A connection to an install's database: read-only, in one consistent snapshot.

use super::Location;
use super::connect::{Opened, connect};
use super::database::Database;
use super::plan::{Columns, Dialect};
use super::refusal::{Kept, cannot_make_files, mysql_error, mysql_keeps, refuses_locks, sqlite_error, sqlite_keeps};
use crate::code::Code;
use crate::error::{Error, Result};
use crate::files::sqlite_log_is_empty;
use futures_util::TryStreamExt;
use sqlx::mysql::MySqlRow;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteRow};
use sqlx::{AssertSqlSafe, ConnectOptions, Executor, Row as _};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How much longer than a query's timeout the agent waits for the server to cancel it.
const GRACE: Duration = Duration::from_secs(5);

/// How many virtual-machine steps SQLite runs between checks of the deadline.
const STEPS: i32 = 100_000;

/// The deadline of a SQLite connection's current query.
type Deadline = Arc<Mutex<Option<Instant>>>;

/// An open connection.
pub enum Connection {
    /// MariaDB or MySQL, with the query timeout.
    MySql(Box<MySql>, Duration),
    /// SQLite, with the query timeout, the deadline of the current query, and the file.
    Sqlite(Box<SqliteConnection>, Duration, Deadline, PathBuf),
}

/// A connection to MariaDB or MySQL.
pub struct MySql(Opened);

/// A row of a result; every column is bytes or NULL.
pub enum Row<'r> {
    /// A row of MariaDB or MySQL.
    MySql(&'r MySqlRow),
    /// A row of SQLite.
    Sqlite(&'r SqliteRow),
}

impl Row<'_> {
    fn bytes(&self, at: usize) -> Option<&[u8]> {
        match self {
            Self::MySql(row) => row.try_get_unchecked::<Option<&[u8]>, _>(at).ok().flatten(),
            Self::Sqlite(row) => row.try_get_unchecked::<Option<&[u8]>, _>(at).ok().flatten(),
        }
    }

    /// The column as text; bytes that are not UTF-8 become U+FFFD.
    #[must_use]
    pub fn text(&self, at: usize) -> Option<String> {
        self.bytes(at).map(|bytes| String::from_utf8_lossy(bytes).into_owned())
    }

    /// The column as an IP address: 4 or 16 bytes, or text.
    #[must_use]
    pub fn address(&self, at: usize) -> Option<String> {
        let bytes = self.bytes(at)?;
        if let Ok(v4) = <[u8; 4]>::try_from(bytes) {
            return Some(IpAddr::from(Ipv4Addr::from(v4)).to_string());
        }
        if let Ok(v6) = <[u8; 16]>::try_from(bytes) {
            return Some(IpAddr::from(Ipv6Addr::from(v6)).to_string());
        }
        self.text(at).filter(|text| text.parse::<IpAddr>().is_ok())
    }
}

impl Connection {
    /// Connects. `query_timeout` limits each query.
    ///
    /// # Errors
    /// [`Exit::Librenms`](crate::code::Exit::Librenms) for a missing file,
    /// [`Exit::Database`](crate::code::Exit::Database) if the server rejects the connection.
    pub async fn open(location: &Location, query_timeout: Duration) -> Result<Self> {
        match location.database()? {
            Database::MySql(server) => {
                let opened = connect(&server).await?;
                let mut connection = Self::MySql(Box::new(MySql(opened)), query_timeout);
                connection.limit_statements(query_timeout).await;
                Ok(connection)
            }
            Database::Sqlite(path) => Self::open_sqlite(&path, query_timeout).await,
        }
    }

    async fn open_sqlite(path: &Path, query_timeout: Duration) -> Result<Self> {
        if !path.is_file() {
            return Err(Error::new(Code::SqliteNotFound, format!("no SQLite file at {}", path.display())));
        }
        let options = SqliteConnectOptions::new().filename(path).read_only(true).disable_statement_logging();
        let mut connection = options.connect().await.map_err(|error| sqlite_error(&error, path))?;
        // A database in WAL mode needs a file next to it, which this user may have no permission to create. If the log
        // is empty, the database file is complete and can be opened as immutable.
        let first = connection.execute(sqlx::raw_sql("SELECT COUNT(*) FROM sqlite_master")).await;
        if let Err(error) = first {
            // Not while another program writes: ignoring its lock would read a half-written state.
            if !cannot_make_files(&error) || !sqlite_log_is_empty(path) {
                return Err(sqlite_error(&error, path));
            }
            connection = options.immutable(true).connect().await.map_err(|error| sqlite_error(&error, path))?;
        }
        let deadline = Deadline::default();
        let clock = Arc::clone(&deadline);
        let mut handle = connection.lock_handle().await.map_err(|error| sqlite_error(&error, path))?;
        handle.set_progress_handler(STEPS, move || {
            let deadline = clock.lock().unwrap_or_else(PoisonError::into_inner);
            deadline.is_none_or(|deadline| Instant::now() < deadline)
        });
        drop(handle);
        Ok(Self::Sqlite(Box::new(connection), query_timeout, deadline, path.to_owned()))
    }

    /// Lets the server cancel slow queries. MariaDB and MySQL each support one of these settings; the client's own
    /// timeout covers other servers.
    async fn limit_statements(&mut self, query_timeout: Duration) {
        let (seconds, milliseconds) = (query_timeout.as_secs(), query_timeout.as_millis());
        for set in [
            format!("SET SESSION max_statement_time = {seconds}"),
            format!("SET SESSION max_execution_time = {milliseconds}"),
        ] {
            let _ = self.each_row(&set, |_| ()).await;
        }
    }

    /// Why the connection is not encrypted although the server offers TLS, if TLS is optional.
    #[must_use]
    pub fn unencrypted(&self) -> Option<&str> {
        match self {
            Self::MySql(mysql, _) => mysql.0.unencrypted.as_deref(),
            Self::Sqlite(..) => None,
        }
    }

    /// The SQL dialect.
    #[must_use]
    pub const fn dialect(&self) -> Dialect {
        match self {
            Self::MySql(..) => Dialect::MySql,
            Self::Sqlite(..) => Dialect::Sqlite,
        }
    }

    /// Runs `read` in one consistent, read-only snapshot.
    ///
    /// # Errors
    /// Those of `read`, and [`Exit::Database`](crate::code::Exit::Database).
    pub async fn in_snapshot<T>(&mut self, read: impl AsyncFnOnce(&mut Self) -> Result<T>) -> Result<T> {
        match self {
            Self::MySql(..) => {
                self.execute("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ").await?;
                self.execute("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY").await?;
            }
            Self::Sqlite(..) => self.execute("BEGIN").await?,
        }
        let result = read(self).await;
        // Nothing was written, so a failure loses nothing.
        let _ = self.execute("ROLLBACK").await;
        result
    }

    async fn execute(&mut self, sql: &'static str) -> Result<()> {
        match self {
            Self::MySql(mysql, query_timeout) => {
                let Opened { connection, endpoint, .. } = &mut mysql.0;
                in_time(*query_timeout, connection.execute(sqlx::raw_sql(sql)))
                    .await
                    .map(drop)
                    .map_err(|error| mysql_error(&error, endpoint))
            }
            Self::Sqlite(connection, .., path) => {
                connection.execute(sqlx::raw_sql(sql)).await.map(drop).map_err(|error| sqlite_error(&error, path))
            }
        }
    }

    /// Passes every row of a query to `take`.
    ///
    /// # Errors
    /// [`Exit::Database`](crate::code::Exit::Database).
    pub async fn each_row(&mut self, sql: &str, take: impl FnMut(&Row<'_>)) -> Result<()> {
        self.run(sql, take).await.map_err(|error| self.translated(&error))
    }

    /// Passes every row of a query to `take`. Returns a message if only this query failed (a broken view, a slow table)
    /// and the connection is still usable.
    ///
    /// # Errors
    /// [`Exit::Database`](crate::code::Exit::Database) for everything else.
    pub async fn each_row_or_why(&mut self, sql: &str, take: impl FnMut(&Row<'_>)) -> Result<Option<&'static str>> {
        let Err(error) = self.run(sql, take).await else { return Ok(None) };
        let kept = match self {
            Self::MySql(..) => mysql_keeps(&error),
            Self::Sqlite(..) => sqlite_keeps(&error),
        };
        match kept {
            Kept::TooSlow => Ok(Some("reading it timed out")),
            Kept::Broken => Ok(Some("it is broken")),
            Kept::Nothing => Err(self.translated(&error)),
        }
    }

    fn translated(&self, error: &sqlx::Error) -> Error {
        match self {
            Self::MySql(mysql, _) => mysql_error(error, &mysql.0.endpoint),
            Self::Sqlite(.., path) => sqlite_error(error, path),
        }
    }

    async fn run(&mut self, sql: &str, mut take: impl FnMut(&Row<'_>)) -> sqlx::Result<()> {
        // The SQL consists of the dictionary's names only, never of external input.
        let query = sqlx::raw_sql(AssertSqlSafe(sql));
        match self {
            Self::MySql(mysql, query_timeout) => {
                let rows = async {
                    let mut rows = query.fetch(&mut mysql.0.connection);
                    while let Some(row) = rows.try_next().await? {
                        take(&Row::MySql(&row));
                    }
                    Ok(())
                };
                in_time(*query_timeout, rows).await?;
            }
            Self::Sqlite(connection, query_timeout, deadline, _) => {
                *deadline.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now().checked_add(*query_timeout);
                let mut rows = query.fetch(&mut **connection);
                while let Some(row) = rows.try_next().await? {
                    take(&Row::Sqlite(&row));
                }
            }
        }
        Ok(())
    }

    /// The columns of these tables that exist and can be read.
    ///
    /// # Errors
    /// [`Exit::Database`](crate::code::Exit::Database).
    pub async fn columns(&mut self, tables: &[&str]) -> Result<Columns> {
        match self {
            Self::MySql(..) => self.columns_of_mysql(tables).await,
            Self::Sqlite(..) => self.columns_of_sqlite(tables).await,
        }
    }

    async fn columns_of_mysql(&mut self, tables: &[&str]) -> Result<Columns> {
        const NUMBERS: [&str; 9] =
            ["bigint", "decimal", "double", "float", "int", "integer", "mediumint", "smallint", "tinyint"];
        let names: Vec<String> = tables.iter().map(|name| format!("'{}'", name.to_ascii_lowercase())).collect();
        let sql = format!(
            "SELECT CAST(table_name AS BINARY), CAST(column_name AS BINARY), CAST(data_type AS BINARY) \
             FROM information_schema.columns WHERE table_schema = DATABASE() AND LOWER(table_name) IN ({})",
            names.join(", ")
        );
        let mut columns = Columns::default();
        self.each_row(&sql, |row| {
            if let (Some(table), Some(column), Some(kind)) = (row.text(0), row.text(1), row.text(2)) {
                columns.add(&table, &column, NUMBERS.contains(&kind.to_ascii_lowercase().as_str()));
            }
        })
        .await?;
        Ok(columns)
    }

    async fn columns_of_sqlite(&mut self, tables: &[&str]) -> Result<Columns> {
        let mut columns = Columns::default();
        for table in tables {
            // One query for each table, so that a broken view does not hide the others. xinfo also lists generated
            // columns; hidden (1) columns belong to virtual tables. SQLite columns can hold any type, so none counts as
            // a number.
            let sql = format!("SELECT CAST(name AS BLOB) FROM pragma_table_xinfo('{table}') WHERE hidden <> 1");
            let listed = self.each_row_or_why(&sql, |row| {
                if let Some(column) = row.text(0) {
                    columns.add(table, &column, false);
                }
            });
            listed.await?;
        }
        Ok(columns)
    }

    /// Takes a named lock that all pollers of a distributed install share; the connection's end releases it. `false` if
    /// another poller holds it. `true` if there is no such lock: some clusters and proxies reject `GET_LOCK` (Percona
    /// XtraDB Cluster, Vitess), and a SQLite file has no pollers on other hosts. Then the day's row in table `callback`
    /// is what the pollers share.
    ///
    /// # Errors
    /// [`Exit::Database`](crate::code::Exit::Database).
    pub async fn lock(&mut self) -> Result<bool> {
        if self.dialect() == Dialect::Sqlite {
            return Ok(true);
        }
        let mut taken = None;
        // Lock names are global to the server. The hash makes the name specific to this install, and short enough.
        let sql = "SELECT CAST(GET_LOCK(CONCAT('callback-agent.', LEFT(SHA2(DATABASE(), 256), 32)), 0) AS CHAR)";
        match self.run(sql, |row| taken = row.text(0)).await {
            // NULL means that the server failed to lock.
            Ok(()) => Ok(taken.as_deref() != Some("0")),
            Err(error) if refuses_locks(&error) => Ok(true),
            Err(error) => Err(self.translated(&error)),
        }
    }

    /// Product and version of the server, for example `MariaDB 10.11.6`.
    ///
    /// # Errors
    /// [`Exit::Database`](crate::code::Exit::Database).
    pub async fn version(&mut self) -> Result<Option<String>> {
        let (sql, product) = match self {
            Self::MySql(..) => ("SELECT CAST(VERSION() AS BINARY)", "MySQL"),
            Self::Sqlite(..) => ("SELECT CAST(sqlite_version() AS BLOB)", "SQLite"),
        };
        let mut version = None;
        self.each_row(sql, |row| version = row.text(0)).await?;
        Ok(version.map(|version| {
            let product = if version.contains("MariaDB") { "MariaDB" } else { product };
            format!("{product} {version}")
        }))
    }
}

/// The result of a query, or an error if the server does not cancel it in time.
async fn in_time<T>(query_timeout: Duration, query: impl Future<Output = sqlx::Result<T>>) -> sqlx::Result<T> {
    match tokio::time::timeout(query_timeout + GRACE, query).await {
        Ok(result) => result,
        Err(_) => Err(sqlx::Error::Io(std::io::ErrorKind::TimedOut.into())),
    }
}
