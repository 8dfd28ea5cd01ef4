//! What the operator's commands `doctor` and `status` read from a database. Nothing is changed, migrated or locked.

use super::access::same;
use super::locks::{CLASS, Lock};
use super::model::{Holdings, KeyedHash};
use super::read;
use super::retry::TxError;
use super::sql::Sql;
use super::tx::{Row, Tx};
use crate::day::Day;
use crate::key::InstallKey;
use sqlx::migrate::Migrator;

/// A database as it is.
#[derive(Debug, Clone)]
pub struct Inspection {
    /// Version of the library or server, such as `3.50.4`.
    pub version: String,
    /// Size of the data in bytes; of the database file, or of PostgreSQL's tables.
    pub bytes: u64,
    /// Migrations that this program has and the database lacks.
    pub pending: usize,
    /// Whether a newer program wrote the database.
    pub is_newer: bool,
    /// Running receivers.
    pub receivers: u64,
    /// Why the receiver could not write; empty if it can.
    pub obstacles: Vec<String>,
    /// Settings of the server that log statements, and so labels.
    pub logging: Vec<String>,
    /// The contents; `None` before the first start.
    pub contents: Option<Contents>,
}

/// What is stored.
#[derive(Debug, Clone)]
pub struct Contents {
    /// How much is held.
    pub holdings: Holdings,
    /// ID of the key that signs receipts, once a receiver has stored it.
    pub signing_key: Option<String>,
    /// Everything before this day has expired.
    pub first_kept: Day,
    /// The last day on which the clock was trusted.
    pub trusted_day: Day,
    /// Day of the newest report.
    pub newest_report: Option<Day>,
    /// The last published day.
    pub last_published: Option<Day>,
    /// Blocked installs.
    pub blocked_installs: i64,
    /// Blocked networks.
    pub blocked_networks: i64,
    /// Hidden labels and pairs.
    pub hidden: i64,
    /// Recognises the install key.
    pub key_check: KeyedHash,
}

impl Contents {
    /// Whether a key is the one that the install IDs are hashed with.
    #[must_use]
    pub fn is_of(&self, key: &InstallKey) -> bool {
        same(&key.check_value(), &self.key_check)
    }
}

/// A database's version, migrations and contents. What else an inspection has depends on the database.
pub(super) async fn inspect(tx: &mut Tx<'_>, known: &Migrator) -> Result<Inspection, TxError> {
    let version = Sql { sqlite: "SELECT sqlite_version()", postgres: "SELECT current_setting('server_version')" };
    let version = tx.query(version).value().await?;
    let has_tables = Sql {
        sqlite: "SELECT COUNT(*) = 2 FROM sqlite_master WHERE name IN ('_sqlx_migrations', 'state')",
        postgres: "SELECT to_regclass('state') IS NOT NULL AND to_regclass('_sqlx_migrations') IS NOT NULL",
    };
    let has_tables = tx.query(has_tables).value::<bool>().await?;
    let applied: Vec<i64> = match has_tables {
        true => tx.query("SELECT version FROM _sqlx_migrations").values().await?,
        false => Vec::new(),
    };
    let known: Vec<i64> = known.iter().map(|migration| migration.version).collect();
    let pending = known.iter().filter(|version| !applied.contains(version)).count();
    let is_newer = applied.iter().any(|version| !known.contains(version));
    let contents = if has_tables { contents(tx, pending == 0).await? } else { None };
    let (bytes, receivers, obstacles, logging) = Default::default();
    Ok(Inspection { version, bytes, pending, is_newer, receivers, obstacles, logging, contents })
}

async fn contents(tx: &mut Tx<'_>, is_current: bool) -> Result<Option<Contents>, TxError> {
    let sql = "SELECT key_check, first_kept, seen_day, (SELECT MAX(day) FROM reports) AS newest_report, \
               (SELECT MAX(day) FROM snapshots WHERE part = '') AS last_published, \
               (SELECT COUNT(*) FROM blocked) AS blocked_installs, \
               (SELECT COUNT(*) FROM blocked_networks) AS blocked_networks, \
               (SELECT COUNT(*) FROM hidden) AS hidden FROM state";
    let Some(row) = tx.query(sql).optional().await? else { return Ok(None) };
    // Older databases lack it.
    let signing_key = if is_current { tx.query("SELECT signing_key FROM state").value().await? } else { None };
    let day = |row: &Row, column: &str| row.get::<Option<i32>>(column).map(Day);
    Ok(Some(Contents {
        holdings: read::holdings(tx).await?,
        signing_key,
        first_kept: row.day("first_kept"),
        trusted_day: row.day("seen_day"),
        newest_report: day(&row, "newest_report"),
        last_published: day(&row, "last_published"),
        blocked_installs: row.get("blocked_installs"),
        blocked_networks: row.get("blocked_networks"),
        hidden: row.get("hidden"),
        key_check: row.bytes("key_check")?,
    }))
}

/// Completes an inspection of PostgreSQL.
pub(super) async fn inspect_server(tx: &mut Tx<'_>, inspection: &mut Inspection) -> Result<(), TxError> {
    let receivers = "SELECT COUNT(*) FROM pg_locks WHERE locktype = 'advisory' AND granted AND classid::bigint = $1 \
                     AND objid::bigint = $2 AND mode = 'ShareLock' \
                     AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
    let receivers: i64 = tx.query(receivers).bind(i64::from(CLASS)).bind(Lock::Running as i64).value().await?;
    inspection.receivers = u64::try_from(receivers).unwrap_or_default();
    let bytes = read::server_bytes(tx).await?.unwrap_or_default();
    inspection.bytes = u64::try_from(bytes).unwrap_or_default();
    inspection.obstacles = obstacles(tx).await?;
    // They make the server log statements, which contain labels.
    let logging = "SELECT name || ' = ' || setting FROM pg_settings WHERE (name = 'log_statement' AND setting <> 'none') \
                   OR (name IN ('log_min_duration_statement', 'log_min_duration_sample') AND setting <> '-1') ORDER BY name";
    inspection.logging = tx.query(logging).values().await?;
    Ok(())
}

/// Permissions that the receiver's user lacks, and whether the server accepts writes.
async fn obstacles(tx: &mut Tx<'_>) -> Result<Vec<String>, TxError> {
    let sql = "SELECT pg_is_in_recovery() AS is_standby, \
               current_setting('default_transaction_read_only')::boolean AS is_read_only, \
               coalesce(has_schema_privilege(current_schema(), 'CREATE'), false) AS may_create";
    let row = tx.query(sql).one().await?;
    let of_others = "SELECT relname::text FROM pg_class WHERE relnamespace = to_regnamespace(current_schema()) \
                     AND relkind IN ('r', 'p', 'S') AND NOT relispartition AND NOT pg_has_role(relowner, 'USAGE') \
                     ORDER BY relname";
    let of_others: Vec<String> = tx.query(of_others).values().await?;
    let mut obstacles = Vec::new();
    if row.get("is_standby") {
        obstacles.push("the server is a standby, which is read-only".to_owned());
    }
    if row.get("is_read_only") {
        obstacles.push("default_transaction_read_only is on".to_owned());
    }
    if !row.get::<bool>("may_create") {
        obstacles.push("its user lacks CREATE on the schema".to_owned());
    }
    if !of_others.is_empty() {
        obstacles.push(format!("its user does not own {}", of_others.join(", ")));
    }
    Ok(obstacles)
}
