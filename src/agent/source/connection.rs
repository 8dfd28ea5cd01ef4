//! One connection to an install's database, read-only, in one consistent snapshot.

use super::Location;
use super::plan::{Columns, Dialect};
use crate::error::{Error, Result};
use futures_util::TryStreamExt;
use sqlx::mysql::{MySqlConnectOptions, MySqlConnection, MySqlRow};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteRow};
use sqlx::{AssertSqlSafe, ConnectOptions, Executor, Row as _};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

/// How long a server may take to accept a connection.
const PATIENCE: Duration = Duration::from_secs(15);

/// An open connection.
pub enum Connection {
    /// MariaDB or MySQL.
    MySql(Box<MySqlConnection>),
    /// SQLite.
    Sqlite(Box<SqliteConnection>),
}

/// A row of a result; every column is bytes or NULL.
pub enum Row<'r> {
    /// Of MariaDB or MySQL.
    MySql(&'r MySqlRow),
    /// Of SQLite.
    Sqlite(&'r SqliteRow),
}

impl Row<'_> {
    fn bytes(&self, at: usize) -> Option<&[u8]> {
        match self {
            Self::MySql(row) => row.try_get_unchecked::<Option<&[u8]>, _>(at).ok().flatten(),
            Self::Sqlite(row) => row.try_get_unchecked::<Option<&[u8]>, _>(at).ok().flatten(),
        }
    }

    /// The column as text, with bytes that are no UTF-8 as U+FFFD.
    #[must_use]
    pub fn text(&self, at: usize) -> Option<String> {
        self.bytes(at).map(|bytes| String::from_utf8_lossy(bytes).into_owned())
    }

    /// The column as an address: 4 or 16 bytes, or text.
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
    /// Connects.
    ///
    /// # Errors
    /// [`Error::Install`] for a file that is not there, [`Error::Database`] for a server that refuses.
    pub async fn open(location: &Location) -> Result<Self> {
        match location.database()? {
            super::location::Database::MySql(options) => Self::open_mysql(&options).await,
            super::location::Database::Sqlite(path) => {
                if !path.is_file() {
                    return Err(Error::Install(
                        "there is no SQLite file at the path that was named; correct the path".into(),
                    ));
                }
                let options = SqliteConnectOptions::new().filename(&path).read_only(true);
                let connection =
                    options.disable_statement_logging().connect().await.map_err(|error| sqlite_error(&error))?;
                Ok(Self::Sqlite(Box::new(connection)))
            }
        }
    }

    async fn open_mysql(options: &MySqlConnectOptions) -> Result<Self> {
        let options = options.clone().disable_statement_logging();
        match tokio::time::timeout(PATIENCE, options.connect()).await {
            Ok(Ok(connection)) => Ok(Self::MySql(Box::new(connection))),
            Ok(Err(error)) => Err(mysql_error(&error)),
            Err(_) => Err(Error::Database(format!(
                "the database server did not answer within {} seconds; check that it runs and can be reached",
                PATIENCE.as_secs()
            ))),
        }
    }

    /// How this database is spoken to.
    #[must_use]
    pub const fn dialect(&self) -> Dialect {
        match self {
            Self::MySql(_) => Dialect::MySql,
            Self::Sqlite(_) => Dialect::Sqlite,
        }
    }

    /// Runs `read` in one consistent, read-only snapshot.
    ///
    /// # Errors
    /// Those of `read`, and [`Error::Database`].
    pub async fn in_snapshot<T>(&mut self, read: impl AsyncFnOnce(&mut Self) -> Result<T>) -> Result<T> {
        match self {
            Self::MySql(_) => {
                self.execute("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ").await?;
                self.execute("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY").await?;
            }
            Self::Sqlite(_) => self.execute("BEGIN").await?,
        }
        let result = read(self).await;
        // Nothing was written, so there is nothing that a failing end could lose.
        let _ = self.execute("ROLLBACK").await;
        result
    }

    async fn execute(&mut self, sql: &'static str) -> Result<()> {
        match self {
            Self::MySql(connection) => {
                connection.execute(sqlx::raw_sql(sql)).await.map(drop).map_err(|error| mysql_error(&error))
            }
            Self::Sqlite(connection) => {
                connection.execute(sqlx::raw_sql(sql)).await.map(drop).map_err(|error| sqlite_error(&error))
            }
        }
    }

    /// Hands every row of a query to `take`.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn each_row(&mut self, sql: &str, mut take: impl FnMut(&Row<'_>)) -> Result<()> {
        // All SQL is made of the dictionary's own names; nothing of it comes from outside.
        let query = sqlx::raw_sql(AssertSqlSafe(sql));
        match self {
            Self::MySql(connection) => {
                let mut rows = query.fetch(&mut **connection);
                while let Some(row) = rows.try_next().await.map_err(|error| mysql_error(&error))? {
                    take(&Row::MySql(&row));
                }
            }
            Self::Sqlite(connection) => {
                let mut rows = query.fetch(&mut **connection);
                while let Some(row) = rows.try_next().await.map_err(|error| sqlite_error(&error))? {
                    take(&Row::Sqlite(&row));
                }
            }
        }
        Ok(())
    }

    /// The columns of these tables that exist and may be read.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn columns(&mut self, tables: &[&str]) -> Result<Columns> {
        const NUMBERS: [&str; 9] =
            ["bigint", "decimal", "double", "float", "int", "integer", "mediumint", "smallint", "tinyint"];
        let names: Vec<String> = tables.iter().map(|name| format!("'{}'", name.to_ascii_lowercase())).collect();
        let names = names.join(", ");
        let sql = match self {
            Self::MySql(_) => format!(
                "SELECT CAST(table_name AS BINARY), CAST(column_name AS BINARY), CAST(data_type AS BINARY) \
                 FROM information_schema.columns WHERE table_schema = DATABASE() AND LOWER(table_name) IN ({names})"
            ),
            Self::Sqlite(_) => format!(
                "SELECT CAST(t.name AS BLOB), CAST(c.name AS BLOB), CAST(c.type AS BLOB) \
                 FROM sqlite_master t JOIN pragma_table_info(t.name) c \
                 WHERE t.type IN ('table', 'view') AND LOWER(t.name) IN ({names})"
            ),
        };
        let mut columns = Columns::default();
        // SQLite's columns hold what they are given, whatever their type says, so only bytes can be trusted there.
        let typed = self.dialect() == Dialect::MySql;
        self.each_row(&sql, |row| {
            if let (Some(table), Some(column), Some(kind)) = (row.text(0), row.text(1), row.text(2)) {
                columns.add(&table, &column, typed && NUMBERS.contains(&kind.to_ascii_lowercase().as_str()));
            }
        })
        .await?;
        Ok(columns)
    }

    /// Product and version of the server, as in `MariaDB 10.11.6`.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn version(&mut self) -> Result<Option<String>> {
        let (sql, product) = match self {
            Self::MySql(_) => ("SELECT CAST(VERSION() AS BINARY)", "MySQL"),
            Self::Sqlite(_) => ("SELECT CAST(sqlite_version() AS BLOB)", "SQLite"),
        };
        let mut version = None;
        self.each_row(sql, |row| version = row.text(0)).await?;
        Ok(version.map(|version| {
            let product = if version.contains("MariaDB") { "MariaDB" } else { product };
            format!("{product} {version}")
        }))
    }
}

/// What the admin can do about an error of MariaDB or MySQL. The server's own text may name a user or host, so it is
/// never passed on.
fn mysql_error(error: &sqlx::Error) -> Error {
    let number = match error {
        sqlx::Error::Database(error) => {
            error.try_downcast_ref::<sqlx::mysql::MySqlDatabaseError>().map(sqlx::mysql::MySqlDatabaseError::number)
        }
        sqlx::Error::Io(error) => {
            return Error::Database(format!(
                "the database server cannot be reached ({}); check that it runs, and its host, port or socket",
                error.kind()
            ));
        }
        sqlx::Error::Tls(_) => None,
        _ => None,
    };
    Error::Database(match (number, error) {
        (Some(1045 | 1698), _) => {
            "the database refused the user or its password; correct them in LibreNMS's .env or in the URL".into()
        }
        (Some(1044 | 1049), _) => {
            "the database does not exist or its user may not enter it; correct its name, or grant its user SELECT"
                .into()
        }
        (Some(1142 | 1143), _) => "the database's user may not read a table; grant it SELECT".into(),
        (Some(1040 | 1203 | 1226), _) => "the database server has no free connection; try again later".into(),
        (Some(1130), _) => {
            "the database server does not accept connections from this host; grant its user access from here".into()
        }
        (Some(number), _) => {
            format!("the database broke off with error {number}; look it up in its manual, or try again")
        }
        (None, sqlx::Error::Tls(_)) => {
            "the database server's TLS cannot be used; check its certificate and DB_SSLMODE".into()
        }
        (None, _) => {
            "the database answered with something unexpected; check that it is MariaDB or MySQL, then try again".into()
        }
    })
}

fn sqlite_error(error: &sqlx::Error) -> Error {
    let code = error.as_database_error().and_then(|error| error.code()).map(|code| code.into_owned());
    let primary = code.as_deref().and_then(|code| code.parse::<u32>().ok()).map(|code| code & 0xff);
    Error::Database(match primary {
        Some(26) => "the file is no SQLite database; name LibreNMS's database file".into(),
        Some(14) => "the SQLite file cannot be opened; check that this user may read it and its folder".into(),
        Some(5 | 6) => "the SQLite file is locked by another program; try again later".into(),
        Some(11) => {
            "the SQLite file is damaged; restore it or check it with: sqlite3 FILE 'PRAGMA integrity_check'".into()
        }
        Some(23) => "the SQLite file cannot be read by this user; check its permissions".into(),
        Some(code) => format!("SQLite broke off with error {code}; look it up in its manual, or try again"),
        None => "the SQLite file cannot be read; check that this user may read it and its folder".into(),
    })
}
