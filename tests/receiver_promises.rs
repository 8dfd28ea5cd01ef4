//! The receiver's promises, tested on the running program: no address anywhere, nothing lost after a kill, and slow and
//! broken clients do not affect others.

use anyhow::{Context, Result};
use callback_tests::load::{UNLIMITED, check, kill_loop};
use callback_tests::mount::Mount;
use callback_tests::postgresql::PostgreSql;
use callback_tests::programs::{program, text};
use callback_tests::receiver::{Connection, Receiver, form_headers};
use callback_tests::simulated::{Size, payload, seeded, uuid};
use serde_json::Value;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::process::Command;

#[tokio::test]
async fn a_full_disk_is_reported_and_reports_are_accepted_once_there_is_room() -> Result<()> {
    let mount = Mount::new(8)?;
    let receiver = Receiver::start_in(&mount.path().join("data"), UNLIMITED)?;
    let ready = || -> Result<u16> {
        let mut stream = TcpStream::connect(receiver.url.trim_start_matches("http://"))?;
        stream.write_all(b"GET /readyz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer.split(' ').nth(1).context("a status")?.parse()?)
    };
    let mut random = seeded(5);
    let mut report = || {
        let uuid = uuid(&mut random);
        let report = payload(&mut random, &uuid, Size::Medium);
        receiver.post("/log.php", &form_headers(report.as_bytes(), None), format!("data={report}&").as_bytes())
    };
    assert_eq!((report()?.0, ready()?), (200, 200));
    let mut kept = 1;
    mount.is_full(true)?;
    // The write-ahead log may have room left. Fill that, too.
    let refused = loop {
        match report()? {
            (200, _) => kept += 1,
            refused => break refused,
        }
    };
    assert_eq!((refused.0, ready()?), (503, 503), "{}", refused.1);
    mount.is_full(false)?;
    assert_eq!(ready()?, 200);
    assert_eq!((report()?.0, report()?.0), (200, 200));
    assert_eq!(receiver.reports().await?, kept + 2);
    check(&receiver)?;
    receiver.stop()
}

#[test]
fn no_byte_that_the_receiver_writes_contains_an_address() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let receiver =
        Receiver::start_in(&folder.path().join("data"), "trusted_proxies = ['127.0.0.0/8']\nrequests_per_hour = 3\n")?;
    let mut random = seeded(3);
    let mut addresses = Vec::new();
    for n in 1..=40 {
        // As if through a proxy, for clients of many networks, some above the rate limit.
        let address = format!("203.0.{}.77", 100 + n % 10);
        let uuid = uuid(&mut random);
        let report = payload(&mut random, &uuid, Size::Small);
        let body = match n % 4 {
            0 => b"data={\"uuid\":".to_vec(),
            1 => vec![0xff; 1000],
            _ => format!("data={report}&").into_bytes(),
        };
        let headers = format!(
            "Content-Type: application/x-www-form-urlencoded\r\nX-Forwarded-For: 198.51.100.{n}, {address}\r\n\
             Forwarded: for={address}\r\nX-Real-IP: {address}\r\nReferer: http://{address}/\r\nUser-Agent: {address}\r\n"
        );
        let (status, answer) = receiver.post(&format!("/log.php?from={address}"), &headers, &body)?;
        assert!(matches!(status, 200 | 400 | 429), "{status} {answer}");
        assert!(!answer.contains("203.0."));
        addresses.push(address);
        addresses.push(format!("198.51.100.{n}"));
    }
    // A request that is cut, and one that is not HTTP.
    let host = receiver.url.trim_start_matches("http://");
    TcpStream::connect(host)?.write_all(b"POST /log.php HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\ndata=")?;
    let mut stream = TcpStream::connect(host)?;
    stream.write_all(b"203.0.113.9 is no HTTP\r\n\r\n")?;
    let _ = stream.read_to_end(&mut Vec::new());
    addresses.extend(["203.0.113.9".into(), "127.0.0.1".into()]);
    let output = receiver.command(&["check"])?;
    assert!(output.status.success());
    let data = receiver.data.clone();
    let written = receiver.written()?;
    receiver.stop()?;
    let mut all = written;
    for file in std::fs::read_dir(data)? {
        all.extend(std::fs::read(file?.path())?);
    }
    all.extend(std::fs::read(folder.path().join("stderr"))?);
    assert!(all.windows(5).any(|part| part == b"Model"), "the reports are there");
    for address in addresses {
        assert!(!all.windows(address.len()).any(|part| part == address.as_bytes()), "an address was written");
    }
    Ok(())
}

#[test]
fn a_crash_leaves_no_address_of_a_connection() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let data = folder.path().join("data");
    std::fs::create_dir(&data)?;
    let mut receiver = Receiver::crashing_in(&data)?;
    let mut random = seeded(4);
    let (mut addresses, mut answered, mut broken) = (Vec::new(), 0, 0);
    for n in 1..=30_u8 {
        // Real source addresses: all of 127.0.0.0/8 belong to this machine.
        let source = Ipv4Addr::new(127, 77, 10 + n, 200);
        addresses.push(source.to_string());
        let uuid = uuid(&mut random);
        let body = format!("data={}&", payload(&mut random, &uuid, Size::Small));
        let headers = "Content-Type: application/x-www-form-urlencoded\r\n";
        match Connection::open_from(source, &receiver.url)?.post("/log.php", headers, body.as_bytes()) {
            Ok((200, _)) => answered += 1,
            Ok((status, answer)) => anyhow::bail!("{status} {answer}"),
            Err(_) => broken += 1,
        }
    }
    assert!(answered >= 10 && broken >= 5, "{answered} answered, {broken} broken");
    // A crash of the whole process while connections are open.
    let _open = Connection::open_from(Ipv4Addr::new(127, 77, 99, 200), &receiver.url)?;
    addresses.push("127.77.99.200".into());
    receiver.abort()?;
    let log = std::fs::read_to_string(folder.path().join("stderr"))?;
    assert!(log.contains("crashing_receiver.rs:") && !log.contains("that a request met"), "{log}");
    let all = receiver.written()?;
    assert!(all.windows(5).any(|part| part == b"Model"), "the reports are there");
    for address in addresses {
        assert!(!all.windows(address.len()).any(|part| part == address.as_bytes()), "an address was written");
    }
    assert!(Receiver::start_in(&data, "")?.command(&["check"])?.status.success());
    Ok(())
}

#[test]
fn acknowledged_reports_survive_kills() -> Result<()> {
    let folder = tempfile::tempdir()?;
    assert!(kill_loop(folder.path(), "", 4, 11)? > 0);
    Ok(())
}

#[test]
fn acknowledged_reports_survive_kills_with_postgresql() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let server = PostgreSql::shared()?;
    assert!(kill_loop(folder.path(), &server.database()?, 3, 12)? > 0);
    Ok(())
}

#[test]
fn a_network_can_be_blocked_at_run_time_and_its_reports_are_not_stored() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let data = folder.path().join("data");
    let receiver = Receiver::start_in(&data, "")?;
    let mut block = Command::new(program("callback-receiver"))
        .args(["block", "--network", "--data"])
        .arg(&data)
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()?;
    block.stdin.take().map(|mut stdin| stdin.write_all(b"127.88.3.0/24\n")).transpose()?;
    assert!(block.wait_with_output()?.status.success());
    // Blocked networks are read at start, and every 30 seconds.
    receiver.stop()?;
    let receiver = Receiver::start_in(&data, "")?;
    let uuid = "uuid=6f1c7d0e-9a53-4c5e-8d52-0a3b1d5f7e11";
    let clear = |source: [u8; 4]| {
        let headers = "Content-Type: application/x-www-form-urlencoded\r\n";
        Connection::open_from(source.into(), &receiver.url)?.post("/clear.php", headers, uuid.as_bytes())
    };
    assert_eq!(clear([127, 88, 3, 77])?.0, 403);
    assert_eq!(clear([127, 88, 4, 77])?.0, 200);
    let written = receiver.written()?;
    for text in [&b"127.88"[..], &[127, 88, 3, 0], &[127, 88, 3, 77]] {
        assert!(!written.windows(text.len()).any(|part| part == text), "the network was written");
    }
    Ok(())
}

#[test]
fn slow_and_broken_clients_do_not_affect_others_and_stopping_loses_nothing() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let data = folder.path().join("data");
    let settings = format!("{UNLIMITED}shutdown_seconds = 1\n");
    let receiver = Receiver::start_in(&data, &settings)?;
    let host = receiver.url.trim_start_matches("http://").to_owned();
    let mut slow = Vec::new();
    for _ in 0..100 {
        let mut stream = TcpStream::connect(&host)?;
        stream.write_all(b"POST /log.php HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\ndata=")?;
        slow.push(stream);
    }
    let mut random = seeded(5);
    let uuid = uuid(&mut random);
    let report = payload(&mut random, &uuid, Size::Medium);
    let body = format!("data={report}&");
    let headers = form_headers(report.as_bytes(), None);
    assert_eq!(receiver.post("/log.php", &headers, body.as_bytes())?.0, 200);
    let mut connection = Connection::open(&receiver.url)?;
    assert_eq!(connection.post("/log.php", &headers, body.as_bytes())?.0, 200, "a kept connection");
    receiver.stop()?;
    let receiver = Receiver::start_in(&data, &settings)?;
    check(&receiver)?;
    assert_eq!(reports(&receiver)?, 1);
    Ok(())
}

#[test]
fn stopping_right_after_the_address_is_printed_works() -> Result<()> {
    let folder = tempfile::tempdir()?;
    for _ in 0..10 {
        Receiver::start_in(&folder.path().join("data"), UNLIMITED)?.stop()?;
    }
    Ok(())
}

#[test]
fn a_backup_can_be_restored_and_a_second_receiver_cannot_open_the_data() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let receiver = Receiver::start_in(&folder.path().join("data"), UNLIMITED)?;
    let report =
        r#"{"uuid":"6f1c7d0e-9a53-4c5e-8d52-0a3b1d5f7e11","data":{"os":[{"total":1,"os":"linux"}]},"info":[]}"#;
    let headers = form_headers(report.as_bytes(), None);
    assert_eq!(receiver.post("/log.php", &headers, format!("data={report}").as_bytes())?.0, 200);
    let backup = folder.path().join("backup");
    let backup = backup.to_str().unwrap_or_default();
    let output = receiver.command(&["backup", backup])?;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let clear = "Content-Type: application/json\r\n";
    let uuid = r#"{"uuid":"6f1c7d0e-9a53-4c5e-8d52-0a3b1d5f7e11"}"#;
    assert_eq!(receiver.post("/api/v1/clear", clear, uuid.as_bytes())?.0, 200);
    assert_eq!(receiver.command(&["restore", backup])?.status.code(), Some(4), "while the receiver runs");
    let data = receiver.data.clone();
    receiver.stop()?;
    let mut command = Command::new(program("callback-receiver"));
    let output = command.args(["restore", backup, "--data"]).arg(&data).output()?;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let receiver = Receiver::start_in(&data, UNLIMITED)?;
    assert_eq!(reports(&receiver)?, 0, "what was deleted since the backup stays deleted");
    Ok(())
}

/// Reports that `check` counts.
fn reports(receiver: &Receiver) -> Result<u64> {
    let output = receiver.command(&["check", "--json"])?;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let document: Value = serde_json::from_slice(&output.stdout)?;
    document["reports"].as_u64().context("check counts reports")
}

#[test]
fn a_reader_that_closes_the_pipe_is_not_an_error() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let data = folder.path().join("data");
    Receiver::start_in(&data, UNLIMITED)?.stop()?;
    let (backup, backups) = (folder.path().join("backup"), folder.path().join("backups"));
    std::fs::create_dir(&backups)?;
    for arguments in [
        &["backup", text(&backup)][..],
        &["backup", "--into", text(&backups)],
        &["restore", text(&backup)],
        &["check"],
        &["check", "--json"],
        &["purge"],
        &["pairs"],
        &["hidden", "--json"],
        &["insights"],
        &["renew-signing-key"],
    ] {
        let (reader, writer) = std::io::pipe()?;
        drop(reader);
        let mut command = Command::new(program("callback-receiver"));
        let output = command.args(arguments).arg("--data").arg(&data).stdout(writer).output()?;
        let message = String::from_utf8(output.stderr)?;
        assert_eq!((output.status.code(), &*message), (Some(0), ""), "{arguments:?}");
    }
    assert!(backup.is_file() && std::fs::read_dir(&backups)?.count() == 1);
    Ok(())
}

#[test]
fn every_failure_has_a_code_and_an_exit_status() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let data = folder.path().join("data");
    let config = folder.path().join("receiver.toml");
    std::fs::write(&config, "retention_days = 91")?;
    for (arguments, status, code) in [
        (&["check", "--json"][..], 4, "database-missing"),
        (&["check", "--json", "--config", text(&config)], 6, "setting-invalid"),
        (&["check", "--json", "--config", "/nowhere"], 6, "config-unreadable"),
        (&["check", "--json", "--database", "mysql://x"], 6, "database-url-invalid"),
        (&["check", "--json", "--database", "postgres://u:secret7@h/d"], 6, "password-exposed"),
        (&["insights", "--json", "--definitions", text(folder.path())], 8, "definitions-unusable"),
    ] {
        let mut command = Command::new(program("callback-receiver"));
        let output = command.args(arguments).arg("--data").arg(&data).output()?;
        let message = String::from_utf8(output.stderr)?;
        assert_eq!((output.status.code(), message.lines().count()), (Some(status), 1), "{message}");
        assert!(message.contains(&format!("error[{code}]: ")) && !message.contains("secret7"), "{message}");
        let document: Value = serde_json::from_slice(&output.stdout)?;
        assert_eq!(document["error"]["code"], code, "{arguments:?}");
    }
    Ok(())
}
