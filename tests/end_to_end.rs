//! The main path: an install's database, its preview, the report, the receipt; and the ways in which it must not
//! happen or can go wrong.

use anyhow::Result;
use callback_tests::programs::{program, sha256, text};
use callback_tests::receiver::Receiver;
use callback_tests::world::{World, code, execute};
use serde_json::Value;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;

#[tokio::test]
async fn a_report_goes_from_the_database_to_a_receipt() -> Result<()> {
    let world = World::new().await?;
    let receiver = Receiver::start()?;
    let install = text(&world.install);
    world.agent.stdout(&["--librenms", install, "enable", "--yes", "--receiver", &receiver.log()])?;
    let previewed = world.agent.stdout(&["--librenms", install, "preview", "--raw"])?;
    let submit = ["--librenms", install, "submit", "--json", "--receiver", &receiver.log()];
    let outcome: Value = serde_json::from_slice(&world.agent.stdout(&submit)?)?;

    let digest = sha256(&previewed);
    assert_eq!(outcome["payload_sha256"], digest);
    assert_eq!(outcome["receipt"]["payload_sha256"], digest);
    let module: Value = serde_json::from_slice(&world.agent.stdout(&["module", "--json"])?)?;
    assert_eq!(outcome["module_sha256"], module["sha256"]);
    let day: jiff::civil::Date = outcome["receipt"]["day"].as_str().unwrap_or_default().parse()?;
    let expires: jiff::civil::Date = outcome["receipt"]["expires"].as_str().unwrap_or_default().parse()?;
    assert_eq!((expires - day).get_days(), 90);
    assert_eq!(receiver.reports().await?, 1);

    // A second report of the same day is not sent, except with --again; then it replaces the first.
    let outcome: Value = serde_json::from_slice(&world.agent.stdout(&submit)?)?;
    assert_eq!(outcome["already_sent"], day.to_string());
    world.agent.stdout(&[&submit[..], &["--again"]].concat())?;
    assert_eq!(receiver.reports().await?, 1);

    // The stored data contains neither the uuid nor an address.
    let payload: Value = serde_json::from_slice(&previewed)?;
    let written = receiver.written()?;
    let holds = |needle: &str| written.windows(needle.len()).any(|window| window == needle.as_bytes());
    assert!(holds("RouterOS") || holds("Linux hostname"), "the report itself is there");
    assert!(!holds(payload["uuid"].as_str().unwrap_or_default()));
    assert!(!holds("127.0.0.1"));
    Ok(())
}

#[tokio::test]
async fn an_install_that_has_a_uuid_keeps_it() -> Result<()> {
    let world = World::new().await?;
    let uuid = |world: &World| -> Result<Value> {
        let payload = world.agent.stdout(&["--librenms", text(&world.install), "preview", "--raw"])?;
        Ok(serde_json::from_slice::<Value>(&payload)?["uuid"].take())
    };
    // A preview before the opt-in has an example, and says so.
    let lines = |world: &World| -> Result<usize> {
        let preview = world.agent.stdout(&["--librenms", text(&world.install), "preview"])?;
        Ok(String::from_utf8(preview)?.matches("\nuuid ").count())
    };
    let before = lines(&world)?;
    world.agent.stdout(&["--librenms", text(&world.install), "enable", "--yes"])?;
    let own = uuid(&world)?;
    assert_eq!(uuid(&world)?, own, "a uuid is made once");
    assert_eq!(lines(&world)? + 1, before);
    world.sql("UPDATE callback SET value = '6f1c7d0e-9a53-4c5e-8d52-0a3b1d5f7e11' WHERE name = 'uuid'").await?;
    assert_eq!(uuid(&world)?, "6f1c7d0e-9a53-4c5e-8d52-0a3b1d5f7e11");
    Ok(())
}

#[tokio::test]
async fn mistakes_get_one_line_that_says_what_to_do() -> Result<()> {
    let world = World::new().await?;
    let folder = world.folder.path();
    std::fs::write(folder.join("text"), "this is no database, and it is long enough to be read as one by its header")?;
    std::fs::create_dir(folder.join("empty"))?;
    let fails = |arguments: &[&str]| -> Result<(i32, String)> {
        let (_, line) = world.agent.failure(&[arguments, &["--json"]].concat())?;
        assert!(!line.contains("hunter2"), "{line}");
        code(&world.agent.output(&[arguments, &["--json"]].concat())?)
    };
    let preview = |install: &Path| fails(&["--librenms", text(install), "preview"]);
    for (name, expected) in [
        ("nothing-here", (4, "location-not-found".to_owned())),
        ("empty", (4, "not-librenms".to_owned())),
        ("text", (5, "sqlite-invalid".to_owned())),
    ] {
        assert_eq!(preview(&folder.join(name))?, expected);
    }
    let other = folder.join("other.sqlite3");
    std::fs::write(&other, "")?;
    execute(&other, "CREATE TABLE users (name text)").await?;
    assert_eq!(preview(&other)?, (4, "no-devices-table".to_owned()));

    assert_eq!(fails(&["preview"])?, (3, "librenms-not-named".to_owned()));
    let with_password = ["--librenms", "mysql://u:hunter2@127.0.0.1/x", "preview"];
    assert_eq!(fails(&with_password)?, (3, "password-on-command-line".to_owned()));
    let free = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let nobody = format!("mysql://u@127.0.0.1:{free}/x");
    assert_eq!(fails(&["--librenms", &nobody, "preview"])?, (5, "database-unreachable".to_owned()));
    let no_file = folder.join("no.toml");
    assert_eq!(fails(&["--config", text(&no_file), "module"])?, (3, "config-not-read".to_owned()));

    // A state directory that is a file.
    let (install, file) = (text(&world.install), folder.join("text"));
    assert_eq!(fails(&["--librenms", install, "--state", text(&file), "preview"])?, (9, "state-not-usable".to_owned()));
    Ok(())
}

#[test]
fn a_receiver_whose_port_is_in_use_reports_that() -> Result<()> {
    let taken = TcpListener::bind("127.0.0.1:0")?;
    let folder = tempfile::tempdir()?;
    let output = Command::new(program("callback-receiver"))
        .args(["serve", "--listen", &taken.local_addr()?.to_string(), "--data", text(folder.path())])
        .output()?;
    let said = String::from_utf8(output.stderr)?;
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(said.contains("error[listen-failed]") && said.trim().lines().count() == 1, "{said}");
    Ok(())
}

#[test]
fn the_receiver_rejects_invalid_reports_and_keeps_running() -> Result<()> {
    let receiver = Receiver::start()?;
    let post = |body: &str, digest: Option<&str>| -> Result<(u16, String)> {
        let mut stream = std::net::TcpStream::connect(receiver.url.trim_start_matches("http://"))?;
        let digest = digest.map(|digest| format!("Callback-Payload-SHA256: {digest}\r\n")).unwrap_or_default();
        write!(
            stream,
            "POST /log.php HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{digest}Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let status = answer.split(' ').nth(1).unwrap_or_default().parse()?;
        Ok((status, answer.split("\r\n\r\n").nth(1).unwrap_or_default().to_owned()))
    };
    for (body, status, path) in
        [("", 400, "data"), ("data=", 400, ""), ("data=secret", 400, ""), ("data={\"uuid\":\"secret\"}", 422, "uuid")]
    {
        let (answered, answer) = post(body, None)?;
        let problem: Value = serde_json::from_str(&answer)?;
        assert_eq!((answered, problem["path"].as_str()), (status, Some(path)), "{answer}");
        assert!(!answer.contains("secret"));
    }
    let report = "data={\"uuid\":\"6f1c7d0e-9a53-4c5e-8d52-0a3b1d5f7e11\",\"data\":{},\"info\":[]}";
    assert_eq!(post(report, Some(&"0".repeat(64)))?.0, 400);
    assert_eq!(post(report, None)?.0, 200);
    assert_eq!(post(report, Some(&sha256(&report.as_bytes()[5..])))?.0, 200);
    Ok(())
}
