//! Real databases: MariaDB and SQLite copies of one install, old versions of LibreNMS, users without permissions.

use anyhow::Result;
use callback_receiver::config::Settings;
use callback_receiver::store::database::Database;
use callback_tests::database_proxy::DatabaseProxy;
use callback_tests::demo_install;
use callback_tests::install_copy::{copy_to_mariadb, straightforward_counts};
use callback_tests::mariadb::MariaDb;
use callback_tests::postgresql::PostgreSql;
use callback_tests::programs::{Agent, text};
use callback_tests::world::{code, execute};
use serde_json::{Value, json};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Executor};

fn preview(agent: &Agent, server: &MariaDb, database: &str) -> Result<Value> {
    Ok(serde_json::from_slice(&agent.stdout_in(&server.readable(database)?, &["preview", "--raw"])?)?)
}

#[tokio::test]
async fn both_databases_give_the_same_payload_and_its_counts_are_those_of_plain_sql() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let install = folder.path().join("demo.sqlite3");
    demo_install::write(&install, demo_install::DEVICES).await?;
    // Labels that a collation would merge, and values that only bytes can represent.
    execute(
        &install,
        "INSERT INTO callback VALUES ('uuid', '6f1c7d0e-9a53-4c5e-8d52-0a3b1d5f7e11');
         INSERT INTO sensors (sensor_class) VALUES ('Temperature'), ('temperature '), ('t\u{e9}mp'), ('temp'), (NULL), (''), ('\u{1f680}');
         INSERT INTO ports (ifType, ifSpeed) VALUES ('x', 9223372036854775807), ('x', -1), ('X', 499999), ('X', 500000);
         INSERT INTO devices (device_id, hostname, os, sysDescr, sysObjectID) VALUES (9001, 'a' || char(0) || 'b', 'linux', 'line\none\r\n\t\u{1f680} end', '.1.3'),
            (9002, '', NULL, '', ''), (9003, 'z', 'Linux', 'z', NULL), (9004, 'y', 'linux ', NULL, '.1.3');",
    )
    .await?;
    let server = MariaDb::start()?;
    copy_to_mariadb(&install, &server, "librenms").await?;
    let agent = Agent::new()?;
    let mut ours: Value =
        serde_json::from_slice(&agent.stdout(&["--librenms", text(&install), "preview", "--raw"])?)?;
    let mut theirs = preview(&agent, &server, "librenms")?;

    let version = theirs["data"]["database_version"][0]["version"].as_str().unwrap_or_default().to_owned();
    assert!(
        version.starts_with("MariaDB 1")
            && version == format!("MariaDB {}", server.sql("", "SELECT VERSION()")?.trim()),
        "{version}"
    );
    assert!(ours["data"]["database_version"][0]["version"].as_str().unwrap_or_default().starts_with("SQLite 3."));
    for payload in [&mut ours, &mut theirs] {
        payload["data"]["database_version"] = Value::Null;
    }
    assert_eq!(ours, theirs);
    let findings = agent.stdout_in(&server.readable("librenms")?, &["preview", "--explain", "--json"])?;
    straightforward_counts(&server, "librenms", &theirs, &serde_json::from_slice(&findings)?)?;
    Ok(())
}

#[tokio::test]
async fn an_older_librenms_can_report_and_missing_columns_are_listed() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let install = folder.path().join("old.sqlite3");
    demo_install::write(&install, 40).await?;
    execute(
        &install,
        "DROP TABLE wireless_sensors; DROP TABLE printer_supplies; DROP TABLE ospfv3_instances; DROP TABLE config;
         ALTER TABLE devices DROP COLUMN display; ALTER TABLE devices DROP COLUMN port_association_mode;
         ALTER TABLE alert_rules DROP COLUMN disabled; ALTER TABLE vminfo DROP COLUMN vm_type;
         ALTER TABLE devices ADD COLUMN location text; UPDATE devices SET location = 'Oldtown 7'; DROP TABLE locations;",
    )
    .await?;
    let server = MariaDb::start()?;
    copy_to_mariadb(&install, &server, "old").await?;
    let agent = Agent::new()?;
    let payload = preview(&agent, &server, "old")?;
    for gone in ["wireless", "toner", "ospfv3", "port_assoc", "alert_rules", "vminfo"] {
        assert_eq!(payload["data"][gone], Value::Null, "{gone}");
    }
    assert!(payload["data"]["vmware"][0]["total"].as_u64() > Some(0), "the number of machines needs no column");
    assert!(payload["data"]["sensors"].as_array().is_some_and(|list| !list.is_empty()));
    let findings: Value =
        serde_json::from_slice(&agent.stdout(&["--librenms", text(&install), "preview", "--explain", "--json"])?)?;
    let left_out = findings["left_out"].as_array().cloned().unwrap_or_default();
    for (field, missing) in [
        ("wireless", "wireless_sensors"),
        ("toner", "printer_supplies"),
        ("port_assoc", "devices.port_association_mode"),
        ("device.display", "devices.display"),
        ("alert_rules", "alert_rules.disabled"),
        ("vminfo", "vminfo.vm_type"),
    ] {
        let expected = json!({"field": field, "reason": "missing", "missing": missing});
        assert!(left_out.contains(&expected), "{field} is not named");
    }
    let facts: Value = serde_json::from_slice(&agent.stdout(&["--librenms", text(&install), "facts"])?)?;
    assert_eq!(facts["devices"][0]["location"], "Oldtown 7");
    Ok(())
}

#[tokio::test]
async fn labels_of_a_single_device_are_recognised_in_both_databases() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let install = folder.path().join("demo.sqlite3");
    demo_install::write(&install, 40).await?;
    execute(
        &install,
        "INSERT INTO mempools (device_id, mempool_descr) VALUES (3, 'Quorix 1'), (3, 'Quorix 1'), (9, 'Plumwick pool'),
            (10, 'Plumwick pool'), (11, 'Plumwick swap'), (NULL, 'Tarvish'), (NULL, 'Tarvish'), (4, NULL);
         INSERT INTO storage (device_id, storage_type) VALUES (7, 'quorix-tank'), (7, 'raidDisk');",
    )
    .await?;
    let server = MariaDb::start()?;
    copy_to_mariadb(&install, &server, "librenms").await?;
    let url = server.readable("librenms")?;
    let agent = Agent::new()?;
    let of = |arguments: &[&str]| -> Result<[Value; 2]> {
        let here = agent.stdout(&[&["--librenms", text(&install)], arguments].concat())?;
        Ok([serde_json::from_slice(&here)?, serde_json::from_slice(&agent.stdout_in(&url, arguments)?)?])
    };
    for facts in of(&["facts"])? {
        let mempools = facts["counts"]["mempool"].as_array().cloned().unwrap_or_default();
        let count = |label: &str| mempools.iter().find(|count| count["label"] == label).cloned();
        assert_eq!(count("Quorix 1"), Some(json!({"label": "Quorix 1", "rows": 2, "device": 3})));
        assert_eq!(count("Plumwick pool"), Some(json!({"label": "Plumwick pool", "rows": 2})));
        assert_eq!(count("Tarvish"), Some(json!({"label": "Tarvish", "rows": 2})), "nobody knows whose");
    }
    let labels = |payload: &Value, group: &str, key: &str| -> Vec<String> {
        let entries = payload["data"][group].as_array().cloned().unwrap_or_default();
        entries.iter().filter_map(|entry| entry[key].as_str().map(str::to_owned)).collect()
    };
    for payload in of(&["preview", "--raw"])? {
        let mempools = labels(&payload, "mempool", "mempool_descr");
        for sent in ["Plumwick pool", "Plumwick swap", "Tarvish", "Physical memory"] {
            assert!(mempools.iter().any(|label| label == sent), "{sent}");
        }
        assert!(!mempools.iter().any(|label| label == "Quorix 1" || demo_install::RARE_LABELS.contains(&&**label)));
        let storage = labels(&payload, "storage", "storage_type");
        assert!(storage.contains(&"raidDisk".to_owned()) && !storage.contains(&"quorix-tank".to_owned()));
    }
    for findings in of(&["preview", "--explain", "--json"])? {
        let rare = |field: &str, label: &str, rows: u64| {
            let expected = json!({"field": field, "label": label, "rows": rows, "included": false});
            findings["rare"].as_array().is_some_and(|list| list.contains(&expected))
        };
        assert!(rare("mempool", "Quorix 1", 2) && rare("storage", "quorix-tank", 1));
        assert!(demo_install::RARE_LABELS.iter().all(|label| rare("mempool", label, 1)));
        let left_out = findings["left_out"].as_array().cloned().unwrap_or_default();
        assert!(left_out.contains(&json!({"field": "mempool", "reason": "rare", "entries": 3})));
    }

    // A version without the column still counts, and lists what is missing.
    execute(&install, "ALTER TABLE mempools DROP COLUMN device_id").await?;
    let payload = agent.stdout(&["--librenms", text(&install), "preview", "--raw"])?;
    let mempools = labels(&serde_json::from_slice(&payload)?, "mempool", "mempool_descr");
    assert!(mempools.contains(&"Physical memory".to_owned()) && mempools.contains(&"Quorix 1".to_owned()));
    assert!(!mempools.iter().any(|label| demo_install::RARE_LABELS.contains(&&**label)), "one row is one device's");
    let findings: Value =
        serde_json::from_slice(&agent.stdout(&["--librenms", text(&install), "preview", "--explain", "--json"])?)?;
    let expected = json!({"field": "mempool.device", "reason": "missing", "missing": "mempools.device_id"});
    assert!(findings["left_out"].as_array().is_some_and(|list| list.contains(&expected)));
    Ok(())
}

#[tokio::test]
async fn a_user_without_permissions_gets_one_line_that_says_what_to_do() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let install = folder.path().join("demo.sqlite3");
    demo_install::write(&install, 5).await?;
    let server = MariaDb::start()?;
    copy_to_mariadb(&install, &server, "librenms").await?;
    let agent = Agent::new()?;
    let fails = |url: String, status: i32, expected: &str| -> Result<()> {
        let output = agent.command(&["preview", "--json"]).env("CALLBACK_LIBRENMS", url).output()?;
        assert_eq!(code(&output)?, (status, expected.to_owned()));
        let said = String::from_utf8(output.stderr)?;
        assert_eq!(said.trim().lines().count(), 1, "{said}");
        for secret in ["wrong7", "secret7"] {
            assert!(!said.contains(secret), "{said}");
        }
        Ok(())
    };
    server.readable("librenms")?;
    fails(server.url("librenms", "wrong7", "librenms"), 5, "database-login")?;
    fails(server.url("librenms", "secret7", "nothing"), 5, "database-denied")?;
    server.sql("", "CREATE DATABASE empty; GRANT SELECT ON empty.* TO librenms@'127.0.0.1'")?;
    fails(server.url("librenms", "secret7", "empty"), 4, "no-devices-table")?;
    server.sql("", "CREATE USER few@'127.0.0.1' IDENTIFIED BY 'secret7'; GRANT SELECT (sensor_class) ON librenms.sensors TO few@'127.0.0.1'")?;
    fails(server.url("few", "secret7", "librenms"), 4, "no-devices-table")?;

    // Least privilege: only the needed columns of some tables. The rest is left out and listed.
    server.sql(
        "",
        "GRANT SELECT (device_id, os, hardware, sysDescr, sysObjectID, hostname, sysName, snmpver, type) ON librenms.devices TO few@'127.0.0.1'",
    )?;
    let url = server.url("few", "secret7", "librenms");
    let findings: Value = serde_json::from_slice(&agent.stdout_in(&url, &["preview", "--explain", "--json"])?)?;
    assert_eq!(findings["devices"], 5);
    assert!(
        findings["left_out"].as_array().is_some_and(|list| list.iter().any(|left| left["missing"] == "devices.serial"))
    );
    Ok(())
}

#[tokio::test]
async fn a_librenms_directory_configures_its_database() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let root = folder.path();
    let server = MariaDb::start()?;
    let install = root.join("demo.sqlite3");
    demo_install::write(&install, 5).await?;
    copy_to_mariadb(&install, &server, "nms").await?;
    server.readable("nms")?;
    std::fs::write(root.join("artisan"), "")?;
    std::fs::write(
        root.join(".env"),
        format!(
            "DB_HOST=127.0.0.1\nDB_PORT={}\nDB_DATABASE=nms\nDB_USERNAME=librenms\nDB_PASSWORD=\"secret7\"\n",
            server.port
        ),
    )?;
    std::fs::write(root.join("config.php"), "<?php\n$config['update_channel'] = 'release';\n")?;
    std::fs::create_dir_all(root.join("LibreNMS/Util"))?;
    std::fs::write(root.join("LibreNMS/Util/Version.php"), "<?php class Version { const VERSION = '26.7.0'; }")?;
    let agent = Agent::new()?;
    let payload: Value = serde_json::from_slice(&agent.stdout(&["--librenms", text(root), "preview", "--raw"])?)?;
    assert_eq!(payload["data"]["librenms_release"], json!([{"total": 1, "release": "26.7.0"}]));
    assert_eq!(
        payload["data"]["os"].as_array().map(|list| list.iter().filter_map(|os| os["total"].as_u64()).sum::<u64>()),
        Some(5)
    );
    Ok(())
}

#[tokio::test]
async fn the_agent_waits_for_writers_and_never_reads_half_a_change() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let install = folder.path().join("demo.sqlite3");
    demo_install::write(&install, 5).await?;
    let mut writer = SqliteConnectOptions::new().filename(&install).connect().await?;
    writer.execute(sqlx::raw_sql("BEGIN EXCLUSIVE; UPDATE devices SET hardware = 'half'")).await?;
    let output = Agent::new()?.output(&["--librenms", text(&install), "preview", "--json"])?;
    assert_eq!(code(&output)?, (5, "sqlite-locked".to_owned()));
    assert!(output.stdout.is_empty());
    Ok(())
}

#[tokio::test]
async fn a_receiver_reaches_postgresql_at_an_ipv6_address() -> Result<()> {
    let server = PostgreSql::shared()?;
    let proxy = DatabaseProxy::passing("[::1]:0", server.port)?;
    let database = server.database()?.replace(&format!("127.0.0.1:{}", server.port), &proxy.address.to_string());
    assert!(database.contains("@[::1]:"), "{database}");
    assert!(!Database::from_settings(&Settings { database, ..Settings::default() })?.has_data().await?);
    Ok(())
}
