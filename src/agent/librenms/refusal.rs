//! Errors of databases, and what the admin can do about them.

use super::endpoint::{Endpoint, Setting};
use super::tls;
use crate::code::Code;
use crate::error::Error;
use crate::files::why;
use std::path::Path;

/// What can still be used after a failed query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kept {
    /// The connection; the query timed out.
    TooSlow,
    /// The connection; the queried table cannot be read.
    Broken,
    /// Nothing.
    Nothing,
}

/// The number of a MariaDB or MySQL error.
fn number(error: &sqlx::Error) -> Option<u16> {
    let error = error.as_database_error()?;
    error.try_downcast_ref::<sqlx::mysql::MySqlDatabaseError>().map(sqlx::mysql::MySqlDatabaseError::number)
}

/// The code of a SQLite error, without its extension.
fn code(error: &sqlx::Error) -> Option<u32> {
    let code = error.as_database_error()?.code()?.parse::<u32>().ok()?;
    Some(code & 0xff)
}

/// Whether SQLite could not create or write a file next to the database (`SQLITE_READONLY`, `SQLITE_CANTOPEN`).
pub(super) fn cannot_make_files(error: &sqlx::Error) -> bool {
    matches!(code(error), Some(8 | 14))
}

/// Whether a write may succeed later: another program holds a lock, or the server is not available.
pub(super) fn is_temporary(error: &sqlx::Error) -> bool {
    // Locks, deadlocks, no free connection, a server that shuts down, timeouts, and a lost connection.
    let mysql = matches!(
        number(error),
        Some(1040 | 1053 | 1203 | 1205 | 1213 | 1226 | 1317 | 1969 | 2006 | 2013 | 3024 | 4031)
    );
    let sqlite = number(error).is_none() && matches!(code(error), Some(5 | 6 | 10 | 13));
    mysql || sqlite || error.as_database_error().is_none()
}

/// Whether a server has no named locks for this user. Each cluster and proxy has its own error number for that (1105,
/// 1192, 1235, 1305 …). So every error counts, except temporary ones and a cluster node that is not in sync.
pub(super) fn refuses_locks(error: &sqlx::Error) -> bool {
    number(error).is_some_and(|number| number != 1047) && !is_temporary(error)
}

pub(super) fn mysql_keeps(error: &sqlx::Error) -> Kept {
    match number(error) {
        Some(1969 | 3024) => Kept::TooSlow,
        // A view that refers to missing names, columns or permissions, or that fails while it is computed.
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

/// The message for a failed connection, with what to do.
pub(super) fn server_error(error: &sqlx::Error, endpoint: &Endpoint, ca: &Setting) -> Error {
    let place = &endpoint.place;
    match error {
        sqlx::Error::Tls(_) => tls::error(error, endpoint, ca),
        sqlx::Error::Io(_) if tls::cause(error).is_some() => tls::error(error, endpoint, ca),
        sqlx::Error::Io(error) => cannot_connect(error, endpoint),
        // The driver has no RSA. Nothing else in these options can be wrong, since their files have been read.
        sqlx::Error::Configuration(_) => Error::new(
            Code::DatabaseLoginMethod,
            format!(
                "user {:?} of the database at {place} logs in with caching_sha2_password or sha256_password, which \
                 needs TLS; turn TLS on in the server, and do not set {}",
                endpoint.user, endpoint.tls_off
            ),
        ),
        sqlx::Error::Protocol(_) => Error::new(
            Code::DatabaseLoginMethod,
            format!(
                "cannot log in to the database at {place}: unexpected answer; check that this is MariaDB or MySQL, and \
                 that user {:?} logs in with mysql_native_password or caching_sha2_password",
                endpoint.user
            ),
        ),
        _ => mysql_error(error, endpoint),
    }
}

/// The message for a MariaDB or MySQL error, with what to do. It never contains the server's text, which may quote a
/// table's content.
pub(super) fn mysql_error(error: &sqlx::Error, endpoint: &Endpoint) -> Error {
    let Endpoint { place, user, login, .. } = endpoint;
    if let sqlx::Error::Io(error) = error {
        return lost(error, place);
    }
    let (code, message) = match number(error) {
        Some(1045 | 1698) => (
            Code::DatabaseLogin,
            format!("the database at {place} rejected user {user:?} or the password; check {login}"),
        ),
        Some(1044 | 1049) => (
            Code::DatabaseDenied,
            format!(
                "the database at {place} has no database {name:?}, or user {user:?} has no access; check {setting}, or \
                 grant the user SELECT",
                name = endpoint.database,
                setting = endpoint.database_setting
            ),
        ),
        Some(1142 | 1143) => (
            Code::DatabaseTableDenied,
            format!("user {user:?} of the database at {place} has no permission to read a table; grant it SELECT"),
        ),
        Some(1040 | 1203 | 1226) => {
            (Code::DatabaseBusy, format!("the database at {place} has no free connection; try again later"))
        }
        Some(1130) => (
            Code::DatabaseHostDenied,
            format!(
                "the database at {place} does not accept connections from this host; grant user {user:?} access from it"
            ),
        ),
        Some(1047) => (
            Code::DatabaseBusy,
            format!(
                "the database at {place} is a cluster node that is not in sync; check the cluster, or try again later"
            ),
        ),
        Some(1969 | 3024) => (
            Code::DatabaseTimeout,
            format!(
                "a query timed out; check the database at {place} for load and locks, or raise `submit.query_seconds`"
            ),
        ),
        Some(3159) => (
            Code::DatabaseTls,
            format!("the database at {place} accepts only encrypted connections; do not set {}", endpoint.tls_off),
        ),
        Some(number) => (
            Code::DatabaseError,
            format!("the database at {place} returned error {number}; see the server's manual, or try again later"),
        ),
        None => (
            Code::DatabaseError,
            format!("unexpected answer from the database at {place}; check that this is MariaDB or MySQL"),
        ),
    };
    Error::new(code, message)
}

/// A connection was lost.
fn lost(error: &std::io::Error, place: &str) -> Error {
    if error.kind() == std::io::ErrorKind::TimedOut {
        let message = format!("the database at {place} did not answer in time; check its load and the network");
        return Error::new(Code::DatabaseTimeout, message);
    }
    let reason = if error.kind() == std::io::ErrorKind::InvalidData { "invalid TLS data" } else { why(error) };
    Error::new(
        Code::DatabaseUnreachable,
        format!("lost the connection to the database at {place}: {reason}; check its log and the network"),
    )
}

fn cannot_connect(error: &std::io::Error, endpoint: &Endpoint) -> Error {
    let Endpoint { place, address, .. } = endpoint;
    let message = match &endpoint.host {
        // Resolver errors have neither a kind nor a number.
        Some(host) if error.raw_os_error().is_none() && !is_known(error.kind()) => {
            format!("cannot resolve {}; check the name, and this host's DNS", address.with(host))
        }
        Some(host) => format!(
            "cannot connect to the database at {place}: {}; check that it runs and listens there, and {}",
            why(error),
            address.with(host)
        ),
        None => {
            // For example, the agent's own unit gives the service a private /tmp.
            let hidden = error.kind() == std::io::ErrorKind::NotFound
                && ["/tmp/", "/var/tmp/"].iter().any(|directory| place.starts_with(directory));
            let hint = if hidden { "; systemd's PrivateTmp= hides sockets there from services" } else { "" };
            format!(
                "cannot connect to the database at {place}: {}; check that it runs, and {address}{hint}",
                why(error)
            )
        }
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

pub(super) fn sqlite_error(error: &sqlx::Error, path: &Path) -> Error {
    let path = path.display();
    let (code, message) = match code(error) {
        Some(26) => (
            Code::SqliteInvalid,
            format!("{path} is not a SQLite database; pass LibreNMS's directory or database file"),
        ),
        Some(14) => (
            Code::SqliteNotRead,
            format!("cannot open the SQLite file {path}; check that this user may read it and its directory"),
        ),
        Some(5 | 6) => {
            (Code::SqliteLocked, format!("the SQLite file {path} is locked by another program; try again later"))
        }
        Some(11) => (
            Code::SqliteDamaged,
            format!(
                "the SQLite file {path} is damaged; restore it, or check it with: sqlite3 {path} 'PRAGMA integrity_check'"
            ),
        ),
        Some(9) => (
            Code::DatabaseTimeout,
            format!("reading the SQLite file {path} timed out; check its size, or raise `submit.query_seconds`"),
        ),
        Some(8) => (
            Code::SqliteNeedsRecovery,
            format!("the SQLite file {path} needs recovery by a user who can write to it; open it once as its owner"),
        ),
        Some(23) => {
            (Code::SqliteNotRead, format!("permission denied for the SQLite file {path}; check its mode and owner"))
        }
        Some(code) => {
            (Code::DatabaseError, format!("SQLite returned error {code} for {path}; see its manual, or try again"))
        }
        None => (
            Code::SqliteNotRead,
            format!("cannot read the SQLite file {path}; check that this user may read it and its directory"),
        ),
    };
    Error::new(code, message)
}
