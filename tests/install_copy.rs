//! Copies an install from SQLite to MariaDB, and counts it there with plain queries.

use crate::mariadb::MariaDb;
use anyhow::{Context, Result, ensure};
use callback_collector::Findings;
use callback_collector::dictionary::{GROUPS, LabelForm, Source};
use serde_json::Value;
use sqlx::mysql::MySqlConnectOptions;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor, Row};
use std::collections::BTreeMap;
use std::path::Path;

/// Creates a database on a server with all tables and rows of an install, in LibreNMS's default collation.
///
/// # Errors
/// If a row cannot be read or written.
pub async fn copy_to_mariadb(install: &Path, server: &MariaDb, database: &str) -> Result<()> {
    server.sql("", &format!("CREATE DATABASE `{database}` CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci"))?;
    let mut from = SqliteConnectOptions::new().filename(install).read_only(true).connect().await?;
    let options = MySqlConnectOptions::new().username("root").socket(&server.socket).database(database);
    let mut to = options.connect().await?;
    let tables: Vec<String> =
        sqlx::query_scalar("SELECT name FROM sqlite_master WHERE type = 'table'").fetch_all(&mut from).await?;
    for table in tables {
        let columns: Vec<(String, String)> =
            sqlx::query_as(AssertSqlSafe(format!("SELECT name, type FROM pragma_table_info('{table}')")))
                .fetch_all(&mut from)
                .await?;
        let kind = |declared: &str| match declared.to_ascii_lowercase().as_str() {
            "integer" => "BIGINT",
            "blob" => "VARBINARY(16)",
            _ => "MEDIUMTEXT",
        };
        let declared: Vec<String> =
            columns.iter().map(|(name, declared)| format!("`{name}` {}", kind(declared))).collect();
        to.execute(sqlx::raw_sql(AssertSqlSafe(format!("CREATE TABLE `{table}` ({})", declared.join(", "))))).await?;
        let values = vec!["?"; columns.len()].join(", ");
        let insert = format!("INSERT INTO `{table}` VALUES ({values})");
        let rows = sqlx::query(AssertSqlSafe(format!("SELECT * FROM `{table}`"))).fetch_all(&mut from).await?;
        let mut transaction = to.begin().await?;
        for row in rows {
            let mut query = sqlx::query(AssertSqlSafe(insert.as_str()));
            for (at, (_, declared)) in columns.iter().enumerate() {
                query = match kind(declared) {
                    "BIGINT" => query.bind(row.try_get::<Option<i64>, _>(at)?),
                    "VARBINARY(16)" => query.bind(row.try_get::<Option<Vec<u8>>, _>(at)?),
                    _ => query.bind(row.try_get::<Option<String>, _>(at)?),
                };
            }
            query.execute(&mut *transaction).await?;
        }
        transaction.commit().await?;
    }
    Ok(())
}

/// Compares every group of a payload with one plain query: the sum of all totals and rare labels, and label by
/// label unless the findings list a change of the label.
///
/// # Errors
/// If a count differs.
pub fn straightforward_counts(server: &MariaDb, database: &str, payload: &Value, findings: &Findings) -> Result<()> {
    let changed = |field: &str, text: &str| {
        findings.redactions.iter().any(|redacted| redacted.field == field && redacted.result == text)
    };
    let mut compared = 0;
    for group in GROUPS {
        let (Source::Rows(table) | Source::RowsAsLabel(table)) = &group.source else { continue };
        let entries = payload["data"][group.name].as_array().with_context(|| format!("{} is not there", group.name))?;
        let only = table.zero.map(|column| format!(" WHERE `{column}` = 0")).unwrap_or_default();
        let label = match (table.column, group.form) {
            (None, _) => "NULL".to_owned(),
            (Some(column), LabelForm::Megabits) => format!("ROUND(`{column}` / 1000 / 1000)"),
            (Some(column), _) => format!("HEX(`{column}`)"),
        };
        let rows = server.sql(database, &format!("SELECT COUNT(*), {label} FROM `{}`{only} GROUP BY 2", table.name))?;
        let mut expected: BTreeMap<String, u64> = BTreeMap::new();
        for row in rows.lines() {
            let (count, label) = row.split_once('\t').context("two columns")?;
            *expected.entry(label.to_owned()).or_default() += count.parse::<u64>()?;
        }
        if matches!(group.source, Source::RowsAsLabel(_)) {
            let rows: u64 = expected.values().sum();
            ensure!(entries[0][group.label.unwrap_or_default()] == rows, "{}: {rows} rows", group.name);
            compared += 1;
            continue;
        }
        let total: u64 = entries.iter().filter_map(|entry| entry["total"].as_u64()).sum();
        let rare = findings.rare.iter().filter(|rare| rare.field == group.name && !rare.included);
        let left_out: u64 = rare.map(|rare| rare.rows).sum();
        ensure!(total + left_out == expected.values().sum::<u64>(), "{}: the sum of totals differs", group.name);
        for entry in entries {
            let label = match &entry[group.label.unwrap_or_default()] {
                _ if table.column.is_none() => "NULL".to_owned(),
                Value::Null => "NULL".to_owned(),
                Value::String(text) if group.form == LabelForm::Megabits => text.clone(),
                Value::String(text) => text.bytes().map(|b| format!("{b:02X}")).collect(),
                // A number in hexadecimal is its value.
                Value::Number(number) => format!("{:X}", number.as_i64().context("an integer")?),
                _ => anyhow::bail!("{}: a label that is none", group.name),
            };
            let was_changed = entry[group.label.unwrap_or_default()].as_str().is_some_and(|text| {
                text.contains('\u{fffd}') || text.chars().count() == 255 || changed(group.name, text)
            });
            if !was_changed && !entries.is_empty() && entry["total"] != 0 {
                ensure!(
                    entry["total"].as_u64() == expected.get(&label).copied(),
                    "{}: {} rows of a label, plain SQL has {:?}",
                    group.name,
                    entry["total"],
                    expected.get(&label)
                );
            }
        }
        compared += 1;
    }
    ensure!(compared == 43, "{compared} groups were compared");
    Ok(())
}
