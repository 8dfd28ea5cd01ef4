//! Imports the MariaDB of a stock statistics site: cleaned and sanitised, without reports that are too old, replaced or
//! deleted here.

use anyhow::{Result, bail, ensure};
use callback_receiver::config::Settings;
use callback_receiver::day::Day;
use callback_receiver::key::InstallKey;
use callback_receiver::store::database::Database;
use callback_receiver::store::{Access, Counted, Credentials};
use callback_tests::mariadb::MariaDb;
use callback_tests::programs::{program, text};
use jiff::Timestamp;
use serde_json::Value;
use std::process::{Command, Output};

/// The tables of the site that matter here.
const TABLES: &str = "
CREATE TABLE hosts (hosts_id INT AUTO_INCREMENT PRIMARY KEY, uuid CHAR(64) NOT NULL, first_added DATETIME NOT NULL, last_updated DATETIME NOT NULL);
CREATE TABLE run (run_id INT AUTO_INCREMENT PRIMARY KEY, hosts_id INT NOT NULL, `datetime` DATETIME NOT NULL);
CREATE TABLE data (data_id INT AUTO_INCREMENT PRIMARY KEY, uuid VARCHAR(64) NOT NULL, run_id INT NOT NULL, total INT NOT NULL, `group` VARCHAR(255) NOT NULL, name VARCHAR(255) NOT NULL, value VARCHAR(255) NOT NULL, KEY (run_id, `group`));
CREATE TABLE devinfo (uuid CHAR(64) NOT NULL, `count` INT NOT NULL, os CHAR(64) NOT NULL, sysDescr VARCHAR(255), sysObjectID VARCHAR(255), KEY (uuid));";

const ONE: &str = "6f1c7d0e-9a53-4c5e-8d52-0a3b1d5f7e11";
const TWO: &str = "0b6f1f0c-3d4e-4f5a-9b8c-7d6e5f4a3b2c";

fn import(site: &str, data: &std::path::Path) -> Result<Output> {
    let mut command = Command::new(program("callback-receiver"));
    Ok(command.args(["import-stock", "--json", "--data", text(data)]).env("CALLBACK_STOCK_DATABASE", site).output()?)
}

#[tokio::test]
async fn a_stock_site_is_imported() -> Result<()> {
    let server = MariaDb::start()?;
    server.sql("", "CREATE DATABASE stats CHARACTER SET utf8mb4")?;
    server.sql("stats", TABLES)?;
    // First install: one report too old; two on one day; one today, with older names of keys. Second: yesterday. Third: invalid.
    server.sql(
        "stats",
        &format!(
            "INSERT INTO hosts VALUES (1, '{ONE}', NOW(), NOW()), (2, UPPER('{TWO}'), NOW(), NOW()), (3, 'none', NOW(), NOW());
             SET @noon = DATE_ADD(DATE(UTC_TIMESTAMP()), INTERVAL 0 HOUR);
             INSERT INTO run VALUES (1, 1, DATE_SUB(@noon, INTERVAL 120 DAY)), (2, 1, DATE_SUB(@noon, INTERVAL 18 HOUR)),
               (3, 1, DATE_SUB(@noon, INTERVAL 12 HOUR)), (4, 1, @noon), (5, 2, DATE_SUB(@noon, INTERVAL 12 HOUR)), (6, 3, @noon);
             INSERT INTO data (uuid, run_id, total, `group`, name, value) VALUES
               ('', 1, 9, 'os', 'os', 'tooold'), ('', 2, 9, 'os', 'os', 'replaced'),
               ('', 3, 5, 'os', 'os', 'linux'), ('', 3, 2, 'os', 'os', ''), ('', 3, 7, 'pollers', '', ''),
               ('', 4, 6, 'os', 'os', 'linux'), ('', 4, 3, 'mempool', 'cmpName', 'Main Memory'), ('', 4, 1, 'nosuchgroup', 'x', 'y'),
               ('', 5, 4, 'os', 'os', 'ios'), ('', 6, 4, 'os', 'os', 'none');
             INSERT INTO devinfo VALUES ('{ONE}', 3, 'linux', 'Linux core1.customer.example 5.10.0-8-amd64 #1 SMP x86_64', '.1.3.6.1.4.1.8072.3.2.10'),
               (UPPER('{TWO}'), 2, 'ios', NULL, '.1.3.6.1.4.1.9.1.1');"
        ),
    )?;
    let folder = tempfile::tempdir()?;
    let data = folder.path().join("data");
    let url = server.readable("stats")?;
    let output = import(&url, &data)?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let counts = |output: &Output| -> Result<[u64; 5]> {
        let document: Value = serde_json::from_slice(&output.stdout)?;
        let names = ["imported", "replaced", "already_held", "not_allowed", "invalid"];
        Ok(names.map(|name| document[name].as_u64().unwrap_or(u64::MAX)))
    };
    assert_eq!(counts(&output)?, [3, 1, 0, 0, 1]);

    let key = InstallKey::load(&data.join("install.key"))?;
    let database = Database::from_settings(&Settings { data: data.clone(), ..Settings::default() })?;
    let store = database.open(&key).await?;
    let today = Day::of(Timestamp::now());
    let labels = async |day: Day| -> Result<Vec<(String, Option<String>, i64)>> {
        let rows = store.aggregates(day).await?;
        let labels = rows.into_iter().filter_map(|row| match row.counted {
            Counted::Label(label) => Some((label.group.to_owned(), label.text, row.total)),
            _ => None,
        });
        let mut labels: Vec<_> = labels.collect();
        labels.sort();
        Ok(labels)
    };
    let row = |group: &str, text: Option<&str>, total| (group.to_owned(), text.map(str::to_owned), total);
    assert_eq!(
        labels(today.plus(-1)).await?,
        [
            row("info", Some(""), 2),
            row("os", None, 2),
            row("os", Some("ios"), 4),
            row("os", Some("linux"), 5),
            row("pollers", None, 7)
        ]
    );
    let last = labels(today).await?;
    assert_eq!(last.len(), 3, "{last:?}");
    assert_eq!(last[1], row("mempool", Some("Main Memory"), 3));
    let described = last[0].1.clone().unwrap_or_default();
    assert!(described.starts_with("Linux ") && !described.contains("customer"), "{described}");
    // Installs that were deleted here stay deleted, and existing reports do not change.
    let install = key.install(ONE);
    let cleared = store.clear(Credentials { install, secret: None }, key.tombstone(&install), today).await?;
    let Access::Granted(removed) = cleared else { bail!("a stock client's data can be cleared") };
    assert_eq!(removed.reports, 2);
    store.close().await;
    let again = import(&url, &data)?;
    assert_eq!(counts(&again)?, [0, 1, 3, 0, 1]);
    let checked = database.check().await?;
    assert_eq!((checked.reports, checked.differences), (1, Vec::new()));
    Ok(())
}

#[test]
fn another_database_is_rejected_and_no_password_is_printed() -> Result<()> {
    let folder = tempfile::tempdir()?;
    for (url, status, code) in [
        ("postgres://x:secret7@127.0.0.1/x", 6, "import-url-invalid"),
        ("mysql://x:secret7@127.0.0.1:1/x", 4, "import-unreachable"),
    ] {
        let output = import(url, &folder.path().join("data"))?;
        let message = String::from_utf8(output.stderr)?;
        assert_eq!(output.status.code(), Some(status), "{message}");
        assert!(!message.contains("secret7") && message.lines().count() == 1, "{message}");
        let document: Value = serde_json::from_slice(&output.stdout)?;
        assert_eq!(document["error"]["code"], code);
    }
    Ok(())
}
