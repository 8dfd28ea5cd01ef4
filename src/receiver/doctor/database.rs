//! Checks of the database.

use super::checks::{Check, CheckCode};
use crate::day::Day;
use crate::store::database::Database;
use crate::store::inspect::{Contents, Inspection};
use crate::text::{bytes, number};

/// The oldest supported version of PostgreSQL.
const POSTGRESQL: u32 = 15;

/// Reports that may wait to be counted before something is wrong: more than the largest peak leaves behind.
const WAITING: i64 = 10_000;

pub(super) async fn check(database: &Database, checks: &mut Vec<Check>) -> Option<Inspection> {
    let subject = database.describe();
    let inspection = match database.inspect().await {
        Ok(inspection) => inspection,
        Err(error) => {
            checks.push(Check::of_error(CheckCode::Database, subject, &error));
            for code in [CheckCode::DatabaseSchema, CheckCode::DatabaseWritable, CheckCode::DatabaseLog] {
                checks.push(Check::not_checked(code, format!("the database cannot be read ({})", error.code())));
            }
            return None;
        }
    };
    let is_postgresql = matches!(database, Database::Postgres(_));
    let product = if is_postgresql { "PostgreSQL" } else { "SQLite" };
    let finding = format!("{product} {}, {}", inspection.version, bytes(inspection.bytes));
    let major = inspection.version.split('.').next().and_then(|major| major.parse::<u32>().ok());
    checks.push(match major {
        Some(major) if is_postgresql && major < POSTGRESQL => {
            Check::failed(CheckCode::Database, &subject, finding).remedy("upgrade the server to PostgreSQL 15 or newer")
        }
        _ => Check::ok(CheckCode::Database, &subject, finding),
    });
    checks.push(check_schema(&inspection, &subject));
    checks.push(match inspection.obstacles.as_slice() {
        [] => Check::ok(CheckCode::DatabaseWritable, &subject, "the receiver can write"),
        obstacles => {
            Check::failed(CheckCode::DatabaseWritable, &subject, obstacles.join("; ")).remedy(if is_postgresql {
                "make the receiver's user the owner of the database: ALTER DATABASE … OWNER TO …, and REASSIGN OWNED"
            } else {
                "run chown so that the files have the owner of their directory, and check that the disk is not read-only"
            })
        }
    });
    checks.push(match inspection.logging.as_slice() {
        _ if !is_postgresql => Check::ok(CheckCode::DatabaseLog, &subject, "SQLite logs no statements"),
        [] => Check::ok(CheckCode::DatabaseLog, &subject, "the server logs no statements"),
        settings => {
            let finding = format!("the server logs statements, and so labels: {}", settings.join(", "));
            let remedy = "for its database, set log_statement = none and log_min_duration_statement = -1";
            Check::failed(CheckCode::DatabaseLog, &subject, finding).remedy(remedy)
        }
    });
    Some(inspection)
}

fn check_schema(inspection: &Inspection, subject: &str) -> Check {
    let code = CheckCode::DatabaseSchema;
    if inspection.is_newer {
        return Check::failed(code, subject, "a newer version wrote the database").remedy("run that version");
    }
    match (inspection.pending, &inspection.contents) {
        (0, Some(_)) => Check::ok(code, subject, "it has all migrations"),
        (_, None) => {
            Check::warning(code, subject, "it is empty").remedy("start the receiver, which creates the tables")
        }
        (pending, Some(_)) => Check::warning(code, subject, format!("it lacks {pending} migrations"))
            .remedy("back it up, then restart the receiver, which migrates it"),
    }
}

/// Whether aggregates and publication keep up.
pub(super) fn check_progress(contents: Option<&Contents>, today: Day, checks: &mut Vec<Check>) {
    let Some(contents) = contents else {
        for code in [CheckCode::Aggregates, CheckCode::Published] {
            checks.push(Check::not_checked(code, "there is no data"));
        }
        return;
    };
    let waiting = u64::try_from(contents.holdings.not_yet_counted).unwrap_or_default();
    let finding = format!("{} reports wait to be counted", number(waiting));
    checks.push(match contents.holdings.not_yet_counted > WAITING {
        true => Check::warning(CheckCode::Aggregates, "", finding)
            .remedy("see the receiver's log; check that it runs and that the disk is not overloaded"),
        false => Check::ok(CheckCode::Aggregates, "", finding),
    });
    let (newest, published) = (contents.newest_report, contents.last_published);
    let code = CheckCode::Published;
    checks.push(match (newest, published) {
        (None, _) => Check::ok(code, "", "there are no reports yet"),
        // A day is published a while after it has ended.
        (Some(newest), Some(published)) if published >= newest.plus(-1).min(today.plus(-2)) => {
            Check::ok(code, "", format!("the last published day is {published}"))
        }
        (Some(newest), None) if newest >= today.plus(-1) => {
            Check::ok(code, "", format!("nothing is published yet; the newest report is of {newest}"))
        }
        (Some(newest), published) => {
            let published = published.map_or_else(|| "none".to_owned(), |day| day.to_string());
            Check::warning(code, "", format!("the last published day is {published}, the newest report is of {newest}"))
                .remedy("check that a receiver runs, and its log")
        }
    });
}
