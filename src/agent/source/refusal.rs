//! What databases refuse, and what the admin can do about it.

use crate::error::Error;
use crate::files::why;

/// What is left after a query failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kept {
    /// The connection; the query took too long.
    TooSlow,
    /// The connection; what was asked cannot be read.
    Broken,
    /// Nothing that can be relied on.
    Nothing,
}

/// The number of an error of MariaDB or MySQL.
fn number(error: &sqlx::Error) -> Option<u16> {
    let error = error.as_database_error()?;
    error.try_downcast_ref::<sqlx::mysql::MySqlDatabaseError>().map(sqlx::mysql::MySqlDatabaseError::number)
}

/// The code of an error of SQLite, without what extends it.
fn code(error: &sqlx::Error) -> Option<u32> {
    let code = error.as_database_error()?.code()?.parse::<u32>().ok()?;
    Some(code & 0xff)
}

/// Whether SQLite could not make or write a file beside the database (`SQLITE_READONLY`, `SQLITE_CANTOPEN`).
pub(super) fn cannot_make_files(error: &sqlx::Error) -> bool {
    matches!(code(error), Some(8 | 14))
}

/// Whether a write may succeed later: another program holds what is to be changed, or the server is not there.
pub(super) fn is_passing(error: &sqlx::Error) -> bool {
    // Locks, deadlocks, no free connection, a server that stops, time limits, and a connection that is gone.
    let mysql = matches!(
        number(error),
        Some(1040 | 1053 | 1203 | 1205 | 1213 | 1226 | 1317 | 1969 | 2006 | 2013 | 3024 | 4031)
    );
    let sqlite = number(error).is_none() && matches!(code(error), Some(5 | 6 | 10 | 13));
    mysql || sqlite || error.as_database_error().is_none()
}

pub(super) fn mysql_keeps(error: &sqlx::Error) -> Kept {
    match number(error) {
        Some(1969 | 3024) => Kept::TooSlow,
        // Names, columns and rights that a view lost, and what goes wrong while it is computed.
        Some(1054 | 1142 | 1143 | 1146 | 1242 | 1267 | 1271 | 1345 | 1347 | 1356 | 1365 | 1370 | 1449 | 3636) => {
            Kept::Broken
        }
        _ => Kept::Nothing,
    }
}

pub(super) fn sqlite_keeps(error: &sqlx::Error) -> Kept {
    match code(error) {
        Some(9) => Kept::TooSlow,
        Some(1) => Kept::Broken,
        _ => Kept::Nothing,
    }
}

/// What the admin can do about an error of MariaDB or MySQL. The server's own text may name a user or host, so it is
/// never passed on.
pub(super) fn mysql_error(error: &sqlx::Error) -> Error {
    if let sqlx::Error::Io(error) = error {
        return Error::Database(format!(
            "the database server cannot be reached: {}; check that it runs, and its host, port or socket",
            why(error)
        ));
    }
    Error::Database(match (number(error), error) {
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
        (Some(1969 | 3024), _) => {
            "the database takes too long over a question; another program may hold a table. Look at its load and locks, or raise `submit.query_seconds`".into()
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

pub(super) fn sqlite_error(error: &sqlx::Error) -> Error {
    Error::Database(match code(error) {
        Some(26) => "the file is no SQLite database; name LibreNMS's database file".into(),
        Some(14) => "the SQLite file cannot be opened; check that this user may read it and its folder".into(),
        Some(5 | 6) => "the SQLite file is locked by another program; try again later".into(),
        Some(11) => {
            "the SQLite file is damaged; restore it or check it with: sqlite3 FILE 'PRAGMA integrity_check'".into()
        }
        Some(9) => "the SQLite file takes too long to read; look at its size, or raise `submit.query_seconds`".into(),
        Some(8) => {
            "the SQLite file needs to be recovered by a user who may write to it; open it once as its owner".into()
        }
        Some(23) => "the SQLite file cannot be read by this user; check its permissions".into(),
        Some(code) => format!("SQLite broke off with error {code}; look it up in its manual, or try again"),
        None => "the SQLite file cannot be read; check that this user may read it and its folder".into(),
    })
}
