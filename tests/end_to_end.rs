//! The main job: an install's database, its preview, the report sent, the receipt; and every way in which it must not
//! happen or can go wrong.

use anyhow::Result;
use callback_tests::demo_install;
use callback_tests::programs::{Agent, program, sha256, text};
use callback_tests::receiver::Receiver;
use serde_json::Value;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;

struct World {
    folder: tempfile::TempDir,
    install: PathBuf,
    agent: Agent,
}

impl World {
    async fn new() -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let install = folder.path().join("demo.sqlite3");
        demo_install::write(&install, 12).await?;
        Ok(Self { install, agent: Agent::new()?, folder })
    }

    fn submit(&self, url: &str) -> Result<(i32, String)> {
        self.agent.failure(&["--install", text(&self.install), "submit", "--receiver", url])
    }
}

/// A site that answers every request with the same bytes, once it has read the request.
fn site(answer: &'static str) -> Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let url = format!("http://{}/log.php", listener.local_addr()?);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let mut request = Vec::new();
            let mut buffer = [0; 4096];
            while let Ok(read) = stream.read(&mut buffer) {
                request.extend_from_slice(&buffer[..read]);
                let text = String::from_utf8_lossy(&request).to_ascii_lowercase();
                let body = text.split_once("\r\n\r\n").map(|(_, body)| body.len());
                let length =
                    text.split_once("content-length: ").and_then(|(_, rest)| rest.split("\r\n").next()?.parse().ok());
                if read == 0 || body.is_some_and(|body| Some(body) >= length) {
                    break;
                }
            }
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    Ok(url)
}

#[tokio::test]
async fn a_report_goes_from_the_database_to_a_receipt() -> Result<()> {
    let world = World::new().await?;
    let receiver = Receiver::start()?;
    let install = text(&world.install);
    let previewed = world.agent.stdout(&["--install", install, "preview", "--raw"])?;
    world.agent.stdout(&["--install", install, "enable", "--yes"])?;
    let submit = ["--install", install, "submit", "--json", "--receiver", &receiver.log()];
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

    // A second one of the same day replaces the first.
    world.agent.stdout(&submit)?;
    assert_eq!(receiver.reports().await?, 1);

    // What is stored has neither the pseudonym nor an address in it.
    let payload: Value = serde_json::from_slice(&previewed)?;
    let written = receiver.written()?;
    let holds = |needle: &str| written.windows(needle.len()).any(|window| window == needle.as_bytes());
    assert!(holds("RouterOS") || holds("Linux hostname"), "the report itself is there");
    assert!(!holds(payload["uuid"].as_str().unwrap_or_default()));
    assert!(!holds("127.0.0.1"));
    Ok(())
}

#[tokio::test]
async fn nothing_is_sent_unless_the_admin_said_so() -> Result<()> {
    let world = World::new().await?;
    let receiver = Receiver::start()?;
    let install = text(&world.install);
    let refused = |words: &str| -> Result<()> {
        let (code, said) = world.submit(&receiver.log())?;
        assert_eq!(code, 6, "{said}");
        assert!(said.contains(words), "{said}");
        Ok(())
    };
    refused("never asked for")?;
    let (code, said) = world.agent.failure(&["--install", install, "disable", "--surprise"]).unwrap_or_default();
    assert!(code != 0 || said.is_empty());
    assert!(!world.agent.output(&["--install", install, "enable"])?.status.success(), "nobody was there to say yes");
    refused("never asked for")?;
    world.agent.stdout(&["--install", install, "enable", "--yes"])?;
    world.agent.stdout(&["disable"])?;
    refused("off here")?;
    world.agent.stdout(&["--install", install, "enable", "--yes"])?;
    for (name, value) in [("DO_NOT_TRACK", "1"), ("CALLBACK_DISABLED", "yes")] {
        let output = world
            .agent
            .command(&["--install", install, "submit", "--receiver", &receiver.log()])
            .env(name, value)
            .output()?;
        assert_eq!(output.status.code(), Some(6));
        assert!(String::from_utf8_lossy(&output.stderr).contains(name));
    }
    for (sql, words) in [
        ("UPDATE config SET config_value = 'false'", "off in LibreNMS"),
        ("UPDATE config SET config_value = 'true'; INSERT INTO callback VALUES ('enabled', '1')", "own sender"),
        ("UPDATE config SET config_value = ' False'", "off in LibreNMS"),
        ("UPDATE config SET config_value = NULL", "off in LibreNMS"),
        ("UPDATE config SET config_value = 'true'; INSERT INTO callback VALUES ('enabled', '0')", "own sender"),
        ("UPDATE callback SET value = '1.0'", "own sender"),
        ("UPDATE callback SET value = ' 2 '", "clear pending"),
    ] {
        use sqlx::{ConnectOptions, Executor};
        let mut connection = sqlx::sqlite::SqliteConnectOptions::new().filename(&world.install).connect().await?;
        connection.execute(sqlx::raw_sql(sql)).await?;
        drop(connection);
        refused(words)?;
    }
    assert_eq!(receiver.reports().await?, 0);
    Ok(())
}

#[tokio::test]
async fn an_install_that_has_a_pseudonym_keeps_it() -> Result<()> {
    let world = World::new().await?;
    let uuid = |world: &World| -> Result<Value> {
        let payload = world.agent.stdout(&["--install", text(&world.install), "preview", "--raw"])?;
        Ok(serde_json::from_slice::<Value>(&payload)?["uuid"].take())
    };
    let own = uuid(&world)?;
    assert_eq!(uuid(&world)?, own, "a pseudonym is made once");
    use sqlx::{ConnectOptions, Executor};
    let mut connection = sqlx::sqlite::SqliteConnectOptions::new().filename(&world.install).connect().await?;
    connection
        .execute(sqlx::raw_sql("INSERT INTO callback VALUES ('uuid', '6f1c7d0e-9a53-4c5e-8d52-0a3b1d5f7e11')"))
        .await?;
    drop(connection);
    assert_eq!(uuid(&world)?, "6f1c7d0e-9a53-4c5e-8d52-0a3b1d5f7e11");
    Ok(())
}

#[tokio::test]
async fn only_success_counts_as_sent() -> Result<()> {
    let world = World::new().await?;
    world.agent.stdout(&["--install", text(&world.install), "enable", "--yes"])?;
    for (answer, words) in [
        ("HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n", "answered 500"),
        ("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:9/\r\nContent-Length: 0\r\n\r\n", "a redirect"),
        ("HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n", "answered 413"),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 80\r\n\r\n{\"payload_sha256\":\"00\",\"day\":\"2026-01-01\",\"expires\":\"2026-04-01\",\"receiver\":\"x\"}",
            "for other bytes",
        ),
        ("", "cannot be reached"),
    ] {
        let (code, said) = world.submit(&site(answer)?)?;
        assert_eq!(code, 7, "{said}");
        assert!(said.contains(words), "{said}");
    }
    // The stock site answers with nothing.
    let stock = site("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")?;
    let said = world.agent.stdout(&["--install", text(&world.install), "submit", "--receiver", &stock])?;
    assert!(String::from_utf8(said)?.contains("this receiver gives none"));
    // Nobody listens there.
    let free = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
    let (code, said) = world.submit(&format!("http://{free}/log.php"))?;
    assert_eq!(code, 7, "{said}");
    let (code, said) = world.submit("ftp://127.0.0.1/")?;
    assert_eq!(code, 3, "{said}");
    Ok(())
}

#[tokio::test]
async fn mistakes_get_one_line_that_says_what_to_do() -> Result<()> {
    let world = World::new().await?;
    let folder = world.folder.path();
    std::fs::write(folder.join("text"), "this is no database, and it is long enough to be read as one by its header")?;
    std::fs::create_dir(folder.join("empty"))?;
    let preview = |install: &Path| world.agent.failure(&["--install", text(install), "preview"]);
    for (name, code, words) in [
        ("nothing-here", 4, "nothing at the install's path"),
        ("empty", 4, "not a LibreNMS folder"),
        ("text", 5, "no SQLite database"),
    ] {
        let (got, said) = preview(&folder.join(name))?;
        assert_eq!(got, code, "{said}");
        assert!(said.contains(words), "{said}");
    }
    let other = folder.join("other.sqlite3");
    {
        use sqlx::{ConnectOptions, Executor};
        let options = sqlx::sqlite::SqliteConnectOptions::new().filename(&other).create_if_missing(true);
        options.connect().await?.execute(sqlx::raw_sql("CREATE TABLE users (name text)")).await?;
    }
    let (code, said) = preview(&other)?;
    assert_eq!(code, 4, "{said}");
    assert!(said.contains("no table `devices`"), "{said}");

    let (code, said) = world.agent.failure(&["preview"])?;
    assert_eq!((code, said.contains("--install")), (3, true), "{said}");
    let (code, said) = world.agent.failure(&["--install", "mysql://u:hunter2@127.0.0.1/x", "preview"])?;
    assert_eq!((code, said.contains("hunter2")), (3, false), "{said}");
    let free = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let (code, said) = world.agent.failure(&["--install", &format!("mysql://u@127.0.0.1:{free}/x"), "preview"])?;
    assert_eq!((code, said.contains("cannot be reached")), (5, true), "{said}");
    let (code, said) = world.agent.failure(&["--config", text(&folder.join("no.toml")), "module"])?;
    assert_eq!((code, said.contains("cannot be read")), (3, true), "{said}");

    // A state folder that is a file.
    let (code, said) =
        world.agent.failure(&["--install", text(&world.install), "--state", text(&folder.join("text")), "preview"])?;
    assert_eq!((code, said.contains("state folder")), (9, true), "{said}");
    Ok(())
}

#[test]
fn a_receiver_whose_port_is_taken_says_so() -> Result<()> {
    let taken = TcpListener::bind("127.0.0.1:0")?;
    let folder = tempfile::tempdir()?;
    let output = Command::new(program("callback-receiver"))
        .args(["--listen", &taken.local_addr()?.to_string(), "--data", text(folder.path())])
        .output()?;
    let said = String::from_utf8(output.stderr)?;
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(said.contains("choose another address") && said.trim().lines().count() == 1, "{said}");
    Ok(())
}

#[test]
fn the_receiver_refuses_what_is_no_report_and_goes_on() -> Result<()> {
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
    for (body, path) in [("", ""), ("data=", ""), ("data=secret", ""), ("data={\"uuid\":\"secret\"}", "uuid")] {
        let (status, answer) = post(body, None)?;
        let problem: Value = serde_json::from_str(&answer)?;
        assert_eq!((status, problem["path"].as_str()), (422, Some(path)), "{answer}");
        assert!(!answer.contains("secret"));
    }
    let report = "data={\"uuid\":\"6f1c7d0e-9a53-4c5e-8d52-0a3b1d5f7e11\",\"data\":{},\"info\":[]}";
    assert_eq!(post(report, Some(&"0".repeat(64)))?.0, 400);
    assert_eq!(post(report, None)?.0, 200);
    assert_eq!(post(report, Some(&sha256(&report.as_bytes()[5..])))?.0, 200);
    Ok(())
}
