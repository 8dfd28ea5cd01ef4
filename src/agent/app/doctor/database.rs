//! Checks of LibreNMS's database: the connection and the user's permissions.

use super::findings::{Findings, Found};
use super::grants;
use super::{DoctorRequest, Known};
use crate::clock;
use crate::code::Code;
use crate::files::why;
use crate::librenms::connection::Connection;
use crate::librenms::database::Database;
use crate::librenms::plan::Dialect;
use crate::librenms::{Location, Settings, read_settings};
use crate::report::query_timeout;
use callback_protocol::agent_api::{CheckArea, DatabasePlace};
use rustix::fs::{Access, access};
use std::path::Path;

const AREA: CheckArea = CheckArea::Database;

/// Checks that need a connection.
const CONNECTED: [&str; 7] = [
    "database-version",
    "database-tls",
    "database-tables",
    "database-read",
    "database-write",
    "database-locks",
    "database-clock",
];

/// Clock differences above which `doctor` notes, and above which it warns, in seconds.
const NOTED_SKEW: u64 = 5;
const WARNED_SKEW: u64 = 60;

/// Checks the database, and reads LibreNMS's settings from it.
pub(super) async fn check(request: &DoctorRequest<'_>, findings: &mut Findings) -> Known {
    let location = match &request.location {
        Ok(location) => location,
        Err(_) => {
            let because = "LibreNMS cannot be read";
            findings.skip(AREA, &["database-connection"], &request.named_in, because);
            findings.skip(AREA, &CONNECTED, &request.named_in, because);
            return Known { settings: Settings::default(), missing: Some(because.to_owned()) };
        }
    };
    let place = match location.place(&request.named_in) {
        Ok(place) => place,
        Err(error) => {
            findings.add(AREA, "database-connection", &request.named_in, Found::from(&error));
            findings.skip(AREA, &CONNECTED, &request.named_in, "the database is not known");
            return without_database(location, "the database is not known");
        }
    };
    let subject = shown(&place);
    let mut connection = match Connection::open(location, query_timeout(request.config)).await {
        Ok(connection) => connection,
        Err(error) => {
            findings.add(AREA, "database-connection", &subject, Found::from(&error));
            findings.skip(AREA, &CONNECTED, &place.server, "the database cannot be reached");
            return without_database(location, "the database cannot be reached");
        }
    };
    findings.add(AREA, "database-connection", &subject, Found::ok("connected"));
    let found = match connection.version().await {
        Ok(Some(version)) => Found::ok(version),
        Ok(None) => Found::note(Code::CheckNoted, "the server did not return its version"),
        Err(error) => Found::from(&error),
    };
    findings.add(AREA, "database-version", &place.server, found);
    tables(&mut connection, &place, findings).await;
    match location.database() {
        Ok(Database::Sqlite(path)) => check_file(&path, findings),
        Ok(database) => check_server(&mut connection, &place, database.is_local(), findings).await,
        Err(_) => {}
    }
    drop(connection);
    match read_settings(location, query_timeout(request.config)).await {
        Ok(settings) => Known { settings, missing: None },
        Err(error) => without_database(location, &format!("LibreNMS's settings cannot be read ({})", error.code())),
    }
}

/// The settings of config.php only.
fn without_database(location: &Location, because: &str) -> Known {
    let mut settings = Settings::default();
    if let Location::LibreNms(directory) = location {
        directory.override_settings(&mut settings);
    }
    Known { settings, missing: Some(because.to_owned()) }
}

/// The database, with the setting that names it.
fn shown(place: &DatabasePlace) -> String {
    let name = place.name.as_ref().map(|name| format!(", database {name}")).unwrap_or_default();
    let user = place.user.as_ref().map(|user| format!(", user {user}")).unwrap_or_default();
    format!("{}{name}{user} ({})", place.server, place.from)
}

/// Whether the tables that the report needs exist and can be read.
async fn tables(connection: &mut Connection, place: &DatabasePlace, findings: &mut Findings) {
    let database = place.name.clone().unwrap_or_else(|| place.server.clone());
    let unreadable = match connection.unreadable().await {
        Ok(unreadable) => unreadable,
        Err(error) => {
            findings.add(AREA, "database-tables", &database, Found::from(&error));
            findings.skip(AREA, &["database-read"], &database, "the tables cannot be listed");
            return;
        }
    };
    let listed = |names: &std::collections::BTreeSet<String>| names.iter().cloned().collect::<Vec<_>>().join(", ");
    let found = match unreadable.missing.is_empty() {
        true => Found::ok("every table and column of the report exists"),
        false => Found::warning(
            Code::TableIncomplete,
            format!("missing, so left out of the report: {}", listed(&unreadable.missing)),
        )
        .remedy("older versions of LibreNMS lack some of them; if yours is recent, run its migrations: lnms migrate"),
    };
    findings.add(AREA, "database-tables", &database, found);
    let found = match unreadable.denied.first() {
        None => Found::ok("every table of the report can be read"),
        Some(first) => {
            let finding = format!(
                "the database user cannot read these, so they are left out of the report: {}",
                listed(&unreadable.denied)
            );
            let user = account(connection, place).await;
            Found::warning(Code::DatabaseTableDenied, finding).remedy(format!(
                "run: {}; docs/least-privilege.md has every grant",
                grants::to_read(first, &database, &user)
            ))
        }
    };
    findings.add(AREA, "database-read", &database, found);
}

/// The account that the server matched the user to, as written in a GRANT.
async fn account(connection: &mut Connection, place: &DatabasePlace) -> String {
    let account = connection.account().await.ok().flatten();
    let account = account.unwrap_or_else(|| place.user.clone().unwrap_or_default());
    let (user, host) = account.rsplit_once('@').unwrap_or((&account, "%"));
    format!("'{user}'@'{host}'")
}

/// A SQLite file has no TLS, no locks and no clock of its own.
fn check_file(path: &Path, findings: &mut Findings) {
    let subject = path.display().to_string();
    findings.add(AREA, "database-tls", &subject, Found::ok("a file, so there is no connection to encrypt"));
    findings.add(AREA, "database-locks", &subject, Found::ok("a file, so only one host uses it"));
    findings.add(AREA, "database-clock", &subject, Found::ok("a file, so there is only one clock"));
    let directory = path.parent().unwrap_or(Path::new("/"));
    let writable = access(path, Access::WRITE_OK).and_then(|()| access(directory, Access::WRITE_OK | Access::EXEC_OK));
    let found = match writable {
        Ok(()) => Found::ok("the file and its directory can be written"),
        Err(error) => Found::note(
            Code::DatabaseWriteDenied,
            format!("cannot be written ({}), so `enable` and `submit` record nothing there", why(&error.into())),
        )
        .remedy("check the owner and mode of the file and its directory, if the agent is to write there"),
    };
    findings.add(AREA, "database-write", &subject, found);
}

async fn check_server(connection: &mut Connection, place: &DatabasePlace, is_local: bool, findings: &mut Findings) {
    debug_assert_eq!(connection.dialect(), Dialect::MySql);
    let server = &place.server;
    let found = match connection.cipher().await {
        Ok(Some(cipher)) => Found::ok(format!("encrypted with {cipher}")),
        Ok(None) if is_local => Found::ok("not encrypted, on this host"),
        Ok(None) => Found::warning(Code::DatabaseNotEncrypted, "not encrypted, and the server is on another host")
            .remedy("set MYSQL_ATTR_SSL_CA in LibreNMS's .env, or enable TLS on the server"),
        Err(error) => Found::from(&error),
    };
    findings.add(AREA, "database-tls", server, found);
    findings.add(AREA, "database-write", server, writes(connection, place).await);
    let found = match connection.has_locks().await {
        true => Found::ok("GET_LOCK works, so two pollers cannot send at the same time"),
        false => Found::note(
            Code::DatabaseNoLocks,
            "GET_LOCK does not work, as in a Galera cluster; only the row agent_day keeps two pollers from sending on the same day",
        ),
    };
    findings.add(AREA, "database-locks", server, found);
    let found = match connection.server_clock().await {
        Ok(Some(time)) => skew("the server's clock", time),
        Ok(None) => Found::note(Code::CheckNoted, "the server did not return the time"),
        Err(error) => Found::from(&error),
    };
    findings.add(AREA, "database-clock", server, found);
}

/// Whether the user has permission to write what the agent records.
async fn writes(connection: &mut Connection, place: &DatabasePlace) -> Found {
    if connection.is_read_only().await.unwrap_or_default() {
        return Found::warning(
            Code::DatabaseWriteDenied,
            "the server is read-only, as a replica is; nothing is recorded there",
        )
        .remedy("name the server that LibreNMS writes to, or run the agent on one poller only");
    }
    let denied = connection.denied_writes().await;
    if denied.is_empty() {
        return Found::ok("the database user can write everything that the agent records");
    }
    let user = account(connection, place).await;
    let mut purposes: Vec<String> = Vec::new();
    for write in &denied {
        let verb = write.sql.split(' ').next().unwrap_or_default();
        let purpose = format!("{} ({verb} on table `{}` is denied)", write.purpose, write.table);
        if !purposes.contains(&purpose) {
            purposes.push(purpose);
        }
    }
    let database = place.name.as_deref().unwrap_or_default();
    Found::note(Code::DatabaseWriteDenied, purposes.join("; ")).remedy(format!(
        "run: {}; or leave it as it is: the agent prints what you have to run yourself",
        grants::to_write(&denied, database, &user).join("; ")
    ))
}

/// The difference between a clock and this host's.
pub(super) fn skew(whose: &str, time: jiff::Timestamp) -> Found {
    let seconds = time.duration_since(clock::now()).as_secs();
    let direction = if seconds < 0 { "behind" } else { "ahead of" };
    match seconds.unsigned_abs() {
        ..=NOTED_SKEW => Found::ok(format!("{whose} agrees with that of this host")),
        seconds @ ..=WARNED_SKEW => {
            Found::note(Code::ClockDiffers, format!("{whose} is {seconds} s {direction} that of this host"))
        }
        seconds => Found::warning(Code::ClockDiffers, format!("{whose} is {seconds} s {direction} that of this host"))
            .remedy("synchronise the clocks, for example with chrony: the day of a report depends on them"),
    }
}
