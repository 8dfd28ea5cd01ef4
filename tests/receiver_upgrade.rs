//! The commands of docs/upgrade.md, run on a database of the previous version, on both backends.

use anyhow::{Context, Result, ensure};
use callback_tests::postgresql::PostgreSql;
use callback_tests::programs::{program, root, text};
use callback_tests::receiver::{Receiver, form_headers};
use callback_tests::simulated::{Size, payload, seeded, uuid};
use callback_tests::world::execute;
use serde_json::Value;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

/// Turns a database of this version into one of the previous version: what the newest migrations do is undone.
const DOWNGRADE: &str = "DROP TABLE operator_log; ALTER TABLE state DROP COLUMN signing_key; \
                         DELETE FROM _sqlx_migrations WHERE version >= 20";

/// Programs that the page uses and a test cannot: they act on the receiver of the test. `sudo` also drops its options.
const STUBS: [(&str, &str); 3] = [
    ("sudo", "#!/bin/sh\nshift 2\nexec \"$@\"\n"),
    ("dpkg", "#!/bin/sh\n[ \"$1\" = --install ] && ln -s \"$PROGRAM\" \"$HOME/bin/callback-receiver\"\n"),
    (
        "systemctl",
        "#!/bin/sh\ncase $1 in\nstop) rm \"$HOME/bin/callback-receiver\" ;;\nstart)\n\
         callback-receiver serve --config \"$HOME/receiver.toml\" > \"$HOME/output\" 2>&1 < /dev/null &\n\
         echo $! > \"$HOME/pid\"\nuntil grep -q listening \"$HOME/output\"; do kill -0 $! && sleep 0.1; done ;;\nesac\n",
    ),
];

/// The commands of the page's first section, in order.
fn commands() -> Result<String> {
    let page = std::fs::read_to_string(root().join("docs/upgrade.md"))?;
    let section = page.split_once("## Upgrade\n").context("a section")?.1.split("\n## ").next().unwrap_or_default();
    let blocks = section.split("```sh\n").skip(1).filter_map(|block| block.split("```").next());
    let script: String = blocks.collect();
    ensure!(script.lines().count() >= 8, "{script}");
    Ok(script)
}

/// A receiver that the page's commands started, stopped on drop.
struct Started<'a>(&'a Path);

impl Drop for Started<'_> {
    fn drop(&mut self) {
        if let Ok(pid) = std::fs::read_to_string(self.0.join("pid")) {
            let _ = Command::new("kill").arg(pid.trim()).status();
        }
    }
}

async fn upgrades(server: Option<Arc<PostgreSql>>) -> Result<()> {
    let directory = tempfile::tempdir()?;
    let home = directory.path();
    let url = server.as_ref().map(|server| server.database()).transpose()?;
    let database = url.as_ref().map(|url| format!("database = '{url}'\n")).unwrap_or_default();
    let data = home.join("data");
    let settings =
        format!("{database}data = '{}'\nlisten = '127.0.0.1:0'\nbackup_directory = '{}'\n", text(&data), text(home));
    let uuid = previous_version(&data, &settings, server.as_deref(), url.as_deref()).await?;
    run_page(home, &settings)?;
    let started = Started(home);
    let run = |arguments: &[&str]| -> Result<Value> {
        let mut command = Command::new(program("callback-receiver"));
        command.args(arguments).arg("--json").arg("--config").arg(home.join("receiver.toml"));
        Ok(serde_json::from_slice(&command.output()?.stdout)?)
    };
    let status = run(&["status"])?;
    for (name, value) in [("installs", 2), ("reports", 2), ("receivers", 1), ("blocked_installs", 1), ("hidden", 1)] {
        assert_eq!(status[name], value, "{name}: {status:#}");
    }
    let diagnosis = run(&["doctor"])?;
    for code in ["database-schema", "install-key", "signing-key"] {
        let checks = diagnosis["checks"].as_array().context("checks")?;
        assert!(checks.iter().any(|check| check["code"] == code && check["status"] == "ok"), "{code}: {diagnosis:#}");
    }
    // The install's data can be read with its secret, and new reports are accepted.
    let output = std::fs::read_to_string(home.join("output"))?;
    let address = output.lines().find_map(|line| line.split_once("http://")).context("an address")?.1.to_owned();
    let mut connection = callback_tests::receiver::Connection::open(&format!("http://{address}"))?;
    let headers = format!("Content-Type: application/json\r\nAuthorization: Bearer {}\r\n", "ab".repeat(32));
    let (code, held) = connection.post("/api/v1/held", &headers, format!(r#"{{"uuid":"{uuid}"}}"#).as_bytes())?;
    assert!(code == 200 && held.contains("payload_sha256"), "{held}");
    drop(started);
    Ok(())
}

/// A stopped receiver of the previous version with two installs, a blocked one and a hidden label. Returns the uuid of
/// the install with a secret.
async fn previous_version(
    data: &Path,
    settings: &str,
    server: Option<&PostgreSql>,
    url: Option<&str>,
) -> Result<String> {
    let receiver = Receiver::start_in(data, settings)?;
    let mut random = seeded(6);
    let uuids = [uuid(&mut random), uuid(&mut random)];
    for (at, uuid) in uuids.iter().enumerate() {
        let report = payload(&mut random, uuid, Size::Small);
        let secret = "ab".repeat(32);
        let headers = form_headers(report.as_bytes(), (at == 0).then_some(&secret));
        ensure!(receiver.post("/log.php", &headers, format!("data={report}&").as_bytes())?.0 == 200);
    }
    ensure!(receiver.command(&["hide", "--reason", "r", "label"])?.status.success());
    let block = "echo \"$2\" | \"$0\" block --config \"$1\"";
    let config = data.with_file_name("receiver.toml");
    let mut blocked = Command::new("sh");
    blocked.args(["-c", block]).arg(program("callback-receiver")).arg(config).arg(&uuids[1]);
    ensure!(blocked.status()?.success());
    receiver.stop()?;
    match (server, url) {
        (Some(server), Some(url)) => {
            server.sql(url.rsplit('/').next().unwrap_or_default(), DOWNGRADE)?;
        }
        _ => execute(&data.join("receiver.sqlite3"), DOWNGRADE).await?,
    }
    Ok(uuids[0].clone())
}

/// Runs the page's commands, with its paths in the test's directory.
fn run_page(home: &Path, settings: &str) -> Result<()> {
    let bin = home.join("bin");
    std::fs::create_dir(&bin)?;
    for (name, script) in STUBS {
        std::fs::write(bin.join(name), script)?;
        std::fs::set_permissions(bin.join(name), std::fs::Permissions::from_mode(0o755))?;
    }
    std::os::unix::fs::symlink(program("callback-receiver"), bin.join("callback-receiver"))?;
    std::fs::write(home.join("receiver.toml"), settings)?;
    let script = commands()?
        .replace("/etc/callback-receiver/receiver.toml", text(&home.join("receiver.toml")))
        .replace("/var/backups/callback", text(home))
        // It fails on warnings of this test's directory only; the test looks at its checks.
        .replace(" doctor\n", " doctor || true\n");
    let path = std::env::var("PATH")?;
    let output = Command::new("sh")
        .args(["-eux", "-c", &script])
        .env("PATH", format!("{}:{path}", bin.display()))
        .env("HOME", home)
        .env("PROGRAM", program("callback-receiver"))
        .output()?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}

#[tokio::test]
async fn the_page_upgrades_a_sqlite_database() -> Result<()> {
    upgrades(None).await
}

#[tokio::test]
async fn the_page_upgrades_a_postgresql_database() -> Result<()> {
    upgrades(Some(PostgreSql::shared()?)).await
}
