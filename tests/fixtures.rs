//! Fixtures of the receiver, served by a real snmpsim and read back with net-snmp's snmpget, give the same strings.

use anyhow::{Context, Result, ensure};
use callback_collector::dictionary::INFO;
use callback_receiver::day::Day;
use callback_receiver::fixtures::snmprec;
use callback_receiver::key::InstallKey;
use callback_receiver::publish::publisher::publish_missing;
use callback_receiver::publish::rules::Rules;
use callback_receiver::store::database::{Database, FILE};
use callback_receiver::store::{Credentials, Submission};
use callback_receiver::wire::Label;
use callback_tests::programs::{program, root, text};
use serde_json::Value;
use std::collections::BTreeSet;
use std::net::UdpSocket;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

const DAY: Day = Day(20_700);

/// os, sysObjectID, sysDescr.
const PAIRS: &[(&str, &str, &str)] = &[
    ("acme", ".1.3.6.1.4.1.99999.1.1", "Acme Router AR1200, version 1.2.3"),
    ("acme", ".1.3.6.1.4.1.99999.1.1", "Acme Router AR1200, version 1.3.14"),
    ("acme", ".1.3.6.1.4.1.99999.1.2", "Acme Switch\r\nAR2400 | line two\r\nBuilt \"today\""),
    ("acme", ".1.3.6.1.4.1.99999.1.3", "Acme Überwachung für Çelik 東京 AR3600"),
    ("acme", ".1.3.6.1.4.1.99999.7.1", "Some other device"),
    ("generic", ".1.3.6.1.4.1.88888.2.1", "Widget Gateway WG-100"),
    ("generic", ".1.3.6.1.4.1.88888.2.2", "Widget Gateway WG-200"),
    ("../../evil", ".1.3.6.1.4.1.77777.1", "Evil box E900"),
    ("linux", ".1.3.6.1.4.1.99999.1.4", "Acme Router AR4800 on Linux"),
    ("acme", "not an identifier", "Acme Router AR9999"),
];

const ACME: &str =
    "os: acme\ntext: Acme\ndiscovery:\n    - sysObjectID: .1.3.6.1.4.1.99999.1\n      sysDescr_regex: '/^acme /i'\n";
const LINUX: &str = "os: linux\ndiscovery:\n    - sysDescr: Linux\n";

async fn filled(data: &Path) -> Result<()> {
    std::fs::create_dir_all(data)?;
    let key = InstallKey::load(&data.join("install.key"))?;
    let store = Database::Sqlite(data.join(FILE)).open(&key).await?;
    for day in 0..3 {
        for install in 0..6 {
            let pair = |(os, oid, descr): &(&str, &str, &str)| {
                let label =
                    Label { group: INFO, text: Some((*descr).into()), pair: Some(((*os).into(), (*oid).into())) };
                (label, 3)
            };
            let mut totals: Vec<(Label, u64)> = PAIRS.iter().map(pair).collect();
            totals.sort();
            let credentials = Credentials { install: key.install(&format!("install {install}")), secret: None };
            let day = DAY.plus(day);
            store.keep(Submission { credentials, day, payload_sha256: [0; 32], module_sha256: None, totals }).await?;
        }
    }
    publish_missing(&store, Rules::default(), DAY.plus(2)).await?;
    store.close().await;
    Ok(())
}

/// snmpsim on a free port, stopped when it is dropped.
struct Snmpsim {
    process: Child,
    port: u16,
}

impl Snmpsim {
    fn start(records: &Path, folder: &Path) -> Result<Self> {
        let program = root().join("target/tools/python/bin/snmpsim-command-responder");
        ensure!(program.exists(), "snmpsim is missing; `cargo xtask test` installs it into target/tools/python");
        let port = UdpSocket::bind("127.0.0.1:0")?.local_addr()?.port();
        // snmpsim keeps its indexes there.
        let cache = folder.join("cache");
        std::fs::create_dir(&cache)?;
        std::fs::set_permissions(&cache, std::os::unix::fs::PermissionsExt::from_mode(0o777))?;
        let mut command = Command::new(program);
        command.arg(format!("--data-dir={}", text(records))).arg(format!("--cache-dir={}", text(&cache)));
        command.arg(format!("--agent-udpv4-endpoint=127.0.0.1:{port}")).arg("--logging-method=null");
        // As the current user: another one may not have access to the Python environment.
        if std::os::unix::fs::MetadataExt::uid(&std::fs::metadata("/proc/self")?) == 0 {
            command.args(["--process-user=root", "--process-group=root"]);
        }
        command.env("TMPDIR", folder);
        let process = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn()?;
        Ok(Self { process, port })
    }

    /// An object of a device whose record has this name.
    fn get(&self, name: &str, oid: &str) -> Result<Vec<u8>> {
        let output = Command::new("snmpget")
            .args(["-v2c", "-c", name, "-Oqvxn", "-t", "1", "-r", "0", &format!("127.0.0.1:{}", self.port), oid])
            .env("MIBS", "")
            .output()
            .context("snmpget is missing; install it with: apt-get install snmp")?;
        ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        Ok(output.stdout)
    }

    fn wait(&mut self, name: &str) -> Result<()> {
        for _ in 0..240 {
            if self.get(name, "1.3.6.1.2.1.1.1.0").is_ok() {
                return Ok(());
            }
            if self.process.try_wait()?.is_some() {
                let mut said = String::new();
                std::io::Read::read_to_string(&mut self.process.stderr.take().context("its errors")?, &mut said)?;
                anyhow::bail!("snmpsim ended: {said}");
            }
            std::thread::sleep(Duration::from_millis(250));
        }
        anyhow::bail!("snmpsim does not answer")
    }
}

impl Drop for Snmpsim {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Decodes a string as `-Oqvx` prints it: hexadecimal bytes, over several lines.
fn bytes(printed: &[u8]) -> Result<Vec<u8>> {
    let printed = String::from_utf8_lossy(printed).replace('"', " ");
    printed.split_whitespace().map(|byte| Ok(u8::from_str_radix(byte, 16)?)).collect()
}

#[tokio::test]
async fn a_real_agent_serves_the_fixtures_with_the_same_strings() -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir()?;
    // snmpsim runs as another user.
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o777))?;
    let (data, rules, out) = (folder.path().join("data"), folder.path().join("rules"), folder.path().join("out"));
    filled(&data).await?;
    std::fs::create_dir_all(&rules)?;
    std::fs::write(rules.join("acme.yaml"), ACME)?;
    std::fs::write(rules.join("linux.yaml"), LINUX)?;
    let run = || -> Result<Value> {
        let mut command = Command::new(program("callback-receiver"));
        command.args(["fixtures", "--json", "--data", text(&data), "--out", text(&out), "--definitions", text(&rules)]);
        let output = command.output()?;
        ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        Ok(serde_json::from_slice(&output.stdout)?)
    };
    let manifest = run()?;
    let fixtures: Vec<&str> =
        manifest["fixtures"].as_array().context("a list")?.iter().filter_map(|f| f["file"].as_str()).collect();
    assert_eq!(fixtures.len(), 3, "{manifest:#}");
    assert_eq!(manifest["fixtures"][0]["command"], "./scripts/save-test-data.php -o acme -v ar1200 -m os");
    // The two versions of AR1200 become one fixture. WG-100 and WG-200 have different object identifiers.
    assert_eq!((&manifest["duplicates"], &manifest["unusable"]), (&1.into(), &1.into()));
    let drafts: Vec<(&str, &str)> = manifest["drafts"]
        .as_array()
        .context("a list")?
        .iter()
        .filter_map(|draft| Some((draft["reported"].as_str()?, draft["detected"].as_str()?)))
        .collect();
    for draft in [("acme", "generic"), ("generic", "generic"), ("../../evil", "generic"), ("linux", "acme")] {
        assert!(drafts.contains(&draft), "{drafts:?} lack {draft:?}");
    }
    assert!(
        std::fs::read_to_string(out.join("drafts/worksheet-1-3-6-1-4-1-88888.md"))?.contains("Widget Gateway WG-100")
    );
    assert!(!folder.path().join("evil").exists());
    // Existing fixtures are kept, even if edited; deleted ones are written again; the manifest lists all.
    let sheet = out.join("drafts/worksheet-1-3-6-1-4-1-88888.md");
    std::fs::write(&sheet, "mine")?;
    std::fs::remove_file(out.join(fixtures[0]))?;
    let again = run()?;
    let sorted = |manifest: &Value, what: &str| -> BTreeSet<String> {
        let list = manifest[what].as_array().into_iter().flatten();
        list.map(|entry| entry["file"].as_str().or(entry.as_str()).unwrap_or_default().to_owned()).collect()
    };
    for what in ["fixtures", "drafts", "worksheets"] {
        assert_eq!(sorted(&again, what), sorted(&manifest, what), "{what}");
    }
    assert_eq!(std::fs::read_to_string(&sheet)?, "mine");
    assert_eq!(serde_json::from_slice::<Value>(&std::fs::read(out.join("manifest.json"))?)?, again);
    // Fixtures that the rules detect as something else are named, until the rules detect them again.
    std::fs::write(rules.join("acme.yaml"), ACME.replace("99999.1", "99999.2"))?;
    let changed = run()?;
    assert_eq!((sorted(&changed, "fixtures").len(), sorted(&changed, "stale")), (0, sorted(&manifest, "fixtures")));
    std::fs::write(rules.join("acme.yaml"), ACME)?;
    let restored = run()?;
    assert_eq!((sorted(&restored, "stale").len(), sorted(&restored, "fixtures")), (0, sorted(&manifest, "fixtures")));

    let mut agent = Snmpsim::start(&out, folder.path())?;
    agent.wait("acme_ar1200")?;
    for file in fixtures {
        let name = file.trim_end_matches(".snmprec");
        let (descr, oid) = snmprec::pair(&std::fs::read_to_string(out.join(file))?).context("a record")?;
        assert!(PAIRS.iter().any(|pair| pair.1 == oid && pair.2 == descr), "{descr}");
        assert_eq!(String::from_utf8(bytes(&agent.get(name, "1.3.6.1.2.1.1.1.0")?)?)?, descr);
        assert_eq!(String::from_utf8(agent.get(name, "1.3.6.1.2.1.1.2.0")?)?.trim(), oid);
    }
    Ok(())
}
