//! What databases refuse, and what the admin can do about it.

use crate::code::Code;
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

/// What the admin can do about an error of MariaDB or MySQL at `place`. The server's own text may name a table's
/// content, so it is never passed on.
pub(super) fn mysql_error(error: &sqlx::Error, place: &str) -> Error {
    if let sqlx::Error::Io(error) = error {
        // rustls reports a rejected certificate as invalid data.
        return if error.kind() == std::io::ErrorKind::InvalidData {
            tls_error(place)
        } else {
            cannot_connect(error, place)
        };
    }
    let at = |code, message: &str| Error::new(code, format!("{message} (database at {place})"));
    match (number(error), error) {
        (Some(1045 | 1698), _) => at(
            Code::DatabaseLogin,
            "the database rejected the user or password; check DB_USERNAME and DB_PASSWORD in LibreNMS's .env, or the URL",
        ),
        (Some(1044 | 1049), _) => at(
            Code::DatabaseDenied,
            "the database does not exist, or its user has no access; check DB_DATABASE, or grant the user SELECT",
        ),
        (Some(1142 | 1143), _) => {
            at(Code::DatabaseTableDenied, "the database user may not read a table; grant it SELECT")
        }
        (Some(1040 | 1203 | 1226), _) => {
            at(Code::DatabaseBusy, "the database server has no free connection; try again later")
        }
        (Some(1130), _) => at(
            Code::DatabaseHostDenied,
            "the database server does not accept connections from this host; grant its user access from here",
        ),
        (Some(1969 | 3024), _) => at(
            Code::DatabaseTimeout,
            "a query timed out; check the database for load and locks, or raise `submit.query_seconds`",
        ),
        (Some(number), _) => Error::new(
            Code::DatabaseError,
            format!("the database at {place} returned error {number}; see its manual, or try again"),
        ),
        (None, sqlx::Error::Tls(_)) => tls_error(place),
        (None, _) => at(Code::DatabaseError, "unexpected answer; check that this is MariaDB or MySQL"),
    }
}

fn cannot_connect(error: &std::io::Error, place: &str) -> Error {
    use std::io::ErrorKind as Kind;
    let message = match error.kind() {
        Kind::TimedOut => {
            let message = format!("the database at {place} did not answer in time; check its load and the network");
            return Error::new(Code::DatabaseTimeout, message);
        }
        // The resolver's failures have neither a kind nor a number.
        _ if error.raw_os_error().is_none() && !is_known(error.kind()) => {
            format!("cannot resolve the database host of {place}; check DB_HOST in LibreNMS's .env, or the URL")
        }
        _ => format!(
            "cannot connect to the database at {place}: {}; check that it runs, and DB_HOST, DB_PORT or DB_SOCKET",
            why(error)
        ),
    };
    Error::new(Code::DatabaseUnreachable, message)
}

const fn is_known(kind: std::io::ErrorKind) -> bool {
    use std::io::ErrorKind as Kind;
    matches!(
        kind,
        Kind::NotFound
            | Kind::PermissionDenied
            | Kind::ConnectionRefused
            | Kind::ConnectionReset
            | Kind::ConnectionAborted
            | Kind::UnexpectedEof
            | Kind::BrokenPipe
            | Kind::HostUnreachable
            | Kind::NetworkUnreachable
            | Kind::NetworkDown
    )
}

fn tls_error(place: &str) -> Error {
    Error::new(
        Code::DatabaseTls,
        format!(
            "TLS with the database at {place} failed, usually because of its certificate (X.509 v1, or without a \
             subjectAltName); check MYSQL_ATTR_SSL_CA, or set DB_SSLMODE=disabled"
        ),
    )
}

pub(super) fn sqlite_error(error: &sqlx::Error) -> Error {
    match code(error) {
        Some(26) => Error::new(Code::SqliteInvalid, "the file is not a SQLite database; name LibreNMS's database file"),
        Some(14) => Error::new(
            Code::SqliteNotRead,
            "cannot open the SQLite file; check that this user may read it and its directory",
        ),
        Some(5 | 6) => Error::new(Code::SqliteLocked, "the SQLite file is locked by another program; try again later"),
        Some(11) => Error::new(
            Code::SqliteDamaged,
            "the SQLite file is damaged; restore it, or check it with: sqlite3 FILE 'PRAGMA integrity_check'",
        ),
        Some(9) => Error::new(
            Code::DatabaseTimeout,
            "reading the SQLite file timed out; check its size, or raise `submit.query_seconds`",
        ),
        Some(8) => Error::new(
            Code::SqliteNeedsRecovery,
            "the SQLite file needs recovery by a user who can write to it; open it once as its owner",
        ),
        Some(23) => Error::new(Code::SqliteNotRead, "permission denied for the SQLite file; check its mode and owner"),
        Some(code) => {
            Error::new(Code::DatabaseError, format!("SQLite returned error {code}; see its manual, or try again"))
        }
        None => Error::new(
            Code::SqliteNotRead,
            "cannot read the SQLite file; check that this user may read it and its directory",
        ),
    }
}
