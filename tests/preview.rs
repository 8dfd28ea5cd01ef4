//! The preview in headless Chromium: page, command and receipt agree on the digest, only what was shown is sent, and nobody
//! else has access.

use anyhow::{Context, Result, ensure};
use callback_tests::nginx::{Nginx, free_port};
use callback_tests::programs::{Agent, root, sha256, text};
use callback_tests::receiver::Receiver;
use callback_tests::recording_site::{Instead, Plays};
use callback_tests::serving::Serving;
use callback_tests::world::World;
use callback_tests::{awkward, demo_install, node};
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

#[tokio::test]
async fn page_command_and_receipt_have_the_same_digest() -> Result<()> {
    let world = World::new().await?;
    let receiver = Receiver::start()?;
    world.configure(&format!("[receiver]\nurl = '{}'\nkind = 'callback-stats'\n", receiver.log()))?;
    world.sql("INSERT INTO callback (name, value) VALUES ('uuid', '6f1c7d0e-9a53-4c5e-8d52-0a3b1d5f7e11')").await?;
    let printed = sha256(world.ok(&["preview", "--raw"])?.as_bytes());
    let serving = Serving::start(&world, &[])?;
    let shown: Value = serde_json::from_str(&node::run("browser/serve.mjs", &[&serving.url])?)?;
    assert_eq!(shown["first"], printed);
    assert_eq!(shown["module"], world.json(&["module", "--json"])?["sha256"]);
    let runs = world.runs()?;
    let named: Vec<_> = runs.iter().map(|run| &run["ended"]["receipt"]["payload_sha256"]).collect();
    assert_eq!(named, [&shown["first"], &shown["second"]]);
    let entry = runs[0]["id"].to_string();
    assert_eq!(sha256(world.ok(&["show", &entry, "--raw"])?.as_bytes()), printed);
    assert_eq!(receiver.reports().await?, 1, "the second report of the day replaced the first");
    // Choices saved on the page apply to the command too.
    let status = world.json(&["status", "--json"])?;
    assert_eq!(status["given"]["choices"]["terms"], json!(["Linux"]));
    assert_eq!((&status["given"]["who"], &status["consent"]), (&json!("mira"), &json!("off")));
    assert_eq!(sha256(world.ok(&["preview", "--raw"])?.as_bytes()), shown["second"].as_str().unwrap_or_default());
    Ok(())
}

#[tokio::test]
async fn browser_and_agent_agree_on_the_digest_of_every_install() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let agent = Agent::new()?;
    let (mut files, mut printed) = (Vec::new(), Vec::new());
    for (name, devices) in [("small", 12), ("demo", demo_install::DEVICES), ("medium", 2_000)] {
        let install = folder.path().join(format!("{name}.sqlite3"));
        demo_install::write(&install, devices).await?;
        // Without a state, each command would make another one.
        let uuid = "INSERT INTO callback (name, value) VALUES ('uuid', '6f1c7d0e-9a53-4c5e-8d52-0a3b1d5f7e11')";
        callback_tests::world::execute(&install, uuid).await?;
        let facts = folder.path().join(format!("{name}.json"));
        agent.stdout(&["--librenms", text(&install), "facts", "--out", text(&facts)])?;
        files.push(facts);
        printed.push(sha256(&agent.stdout(&["--librenms", text(&install), "preview", "--raw"])?));
    }
    let (file, facts) = (folder.path().join("awkward.json"), serde_json::to_vec(&awkward::facts())?);
    printed.push(callback_collector::Collector::new().build(&facts)?.findings.payload_sha256);
    std::fs::write(&file, facts)?;
    files.push(file);
    let files: Vec<_> = files.iter().map(|file| text(file)).collect();
    assert_eq!(node::run("browser/digests.mjs", &files)?.lines().collect::<Vec<_>>(), printed);
    Ok(())
}

#[test]
fn the_public_page_works_offline_and_shows_hostile_text_as_text() -> Result<()> {
    node::run("browser/offline.mjs", &[]).map(drop)
}

#[test]
fn opting_out_does_not_wait_for_sending_and_a_refresh_keeps_unsaved_choices() -> Result<()> {
    node::run("browser/concurrent.mjs", &[]).map(drop)
}

#[test]
fn inside_another_page_it_shows_the_same_bytes_and_follows_colours_and_sizes() -> Result<()> {
    node::run("browser/embedded.mjs", &[]).map(drop)
}

#[test]
fn the_generated_types_are_current() -> Result<()> {
    node::run("../../www/generate.mjs", &["--check"]).map(drop)
}

#[test]
fn the_manifest_of_the_element_is_current() -> Result<()> {
    // The analyzer takes the directory as relative to the project.
    let folder = "../target/manifest";
    let analyzer = Command::new(root().join("node_modules/.bin/cem"))
        .args(["analyze", "--config", "custom-elements-manifest.config.mjs", "--quiet", "--outdir", folder])
        .current_dir(root().join("www"))
        .output()
        .context("node_modules is missing; run: npm ci")?;
    ensure!(analyzer.status.success(), "{}", String::from_utf8_lossy(&analyzer.stderr));
    let read = |path: &str| std::fs::read_to_string(root().join("www").join(path));
    let made = read(&format!("{folder}/custom-elements.json"))?;
    ensure!(
        made == read("custom-elements.json")?,
        "www/custom-elements.json is stale; run: npm run manifest --workspace www"
    );
    Ok(())
}

#[test]
fn the_linter_finds_nothing() -> Result<()> {
    let biome = Command::new(root().join("node_modules/.bin/biome"))
        .args(["lint", "--error-on-warnings"])
        .current_dir(root())
        .output()
        .context("node_modules is missing; run: npm ci")?;
    ensure!(biome.status.success(), "{}", String::from_utf8_lossy(&biome.stderr));
    Ok(())
}

#[test]
fn the_unit_tests_of_the_page_pass() -> Result<()> {
    let passed: usize = node::run("unit.mjs", &[])?.trim().parse()?;
    ensure!(passed > 25, "only {passed} unit tests ran");
    Ok(())
}

#[test]
fn every_state_is_accessible_and_has_a_screenshot() -> Result<()> {
    let folder = root().join("target/screenshots");
    let said = node::run("browser/screenshots.mjs", &[text(&folder)])?;
    ensure!(said.contains("pictures"), "{said}");
    Ok(())
}

/// What the page posts to send the report that it shows.
fn send_request(snapshot: &Value, consent: &Value, digest: &str) -> Value {
    json!({"snapshot": snapshot["snapshot"], "consent": consent, "choices": snapshot["choices"], "payload_sha256": digest})
}

#[tokio::test]
async fn a_report_that_was_not_shown_or_exceeds_consent_is_not_sent() -> Result<()> {
    let (world, site) = World::reporting(Plays::Ours).await?;
    let serving = Serving::start(&world, &[])?;
    let given = world.json(&["status", "--json"])?["given"]["at"].clone();
    let digest = sha256(world.ok(&["preview", "--raw"])?.as_bytes());
    let reports = || site.requests().iter().filter(|request| request.line == "POST /log.php").count();
    let refused = |body: &Value, status: u16, code: &str| -> Result<()> {
        let (answered, said) = serving.ask("POST /api/send", body)?;
        ensure!(answered == status && said["code"] == code, "{said}");
        Ok(())
    };
    let (_, snapshot) = serving.ask("POST /api/snapshots", &json!({}))?;
    refused(&send_request(&snapshot, &given, &"0".repeat(64)), 409, "report-differs")?;
    refused(&send_request(&snapshot, &json!("2020-01-01T00:00:00Z"), &digest), 409, "consent-changed")?;
    refused(
        &json!({"snapshot": "x", "consent": given, "choices": snapshot["choices"], "payload_sha256": digest}),
        410,
        "preview-expired",
    )?;
    // The database has changed since, but the facts that were shown are sent.
    world.sql("UPDATE devices SET sysDescr = 'other' WHERE device_id = 1").await?;
    assert_eq!(reports(), 0);
    let (status, sent) = serving.ask("POST /api/send", &send_request(&snapshot, &given, &digest))?;
    assert_eq!((status, &sent["payload_sha256"]), (200, &json!(digest)), "{sent}");
    assert_eq!(reports(), 1);

    // Consent to another receiver, module or text is rejected.
    let status = world.json(&["status", "--json"])?;
    let module = world.json(&["module", "--json"])?["sha256"].clone();
    let consent = json!({"snapshot": snapshot["snapshot"], "state": status["code"], "receiver": status["receiver"]["url"], "kind": status["receiver"]["kind"],
        "text_version": 1, "module_sha256": module, "payload_schema": 1, "choices": snapshot["choices"]});
    for (key, other) in [
        ("receiver", json!("https://evil.example/log.php")),
        ("module_sha256", json!("0")),
        ("text_version", json!(0)),
        // Meanwhile, somebody has requested a deletion.
        ("state", json!("clear-pending")),
    ] {
        let mut wrong = consent.clone();
        wrong[key] = other;
        assert_eq!(serving.ask("POST /api/consent", &wrong)?.0, 409, "{key}");
    }
    for key in ["withheld", "included"] {
        let mut unknown = consent.clone();
        unknown["choices"][key] = json!([["everything", "x"]]);
        assert_eq!(serving.ask("POST /api/consent", &unknown)?.0, 422, "{key}");
    }
    // The same again changes nothing, another name does.
    assert_eq!(serving.ask("POST /api/consent", &consent)?.1["code"], "already-opted-in");
    let mut consent = consent;
    consent["who"] = json!("mira");
    assert_eq!(serving.ask("POST /api/consent", &consent)?.1["code"], "opted-in");
    // A page that was loaded before the new consent cannot send under it.
    refused(&send_request(&snapshot, &given, &digest), 409, "consent-changed")?;

    world.ok(&["disable"])?;
    let now = world.json(&["status", "--json"])?["given"]["at"].clone();
    refused(&send_request(&snapshot, &now, &digest), 409, "opted-out")?;
    assert_eq!(reports(), 1);
    Ok(())
}

#[tokio::test]
async fn other_hosts_origins_and_tokens_are_rejected_and_snapshots_expire() -> Result<()> {
    let world = World::new().await?;
    let old = Serving::start(&world, &[])?;
    let serving = Serving::start(&world, &[])?;
    let host = format!("Host: {}\r\n", serving.authority());
    let origin = format!("Origin: http://{}\r\n", serving.authority());
    let token = serving.bearer();
    for (headers, expected) in [
        (format!("{host}{token}"), 200),
        (format!("{host}{token}{origin}Sec-Fetch-Site: same-origin\r\n"), 200),
        (host.clone(), 401),
        (format!("{host}{}", old.bearer()), 401),
        (format!("{host}Cookie: token={}\r\n", token.trim().rsplit(' ').next().unwrap_or_default()), 401),
        (format!("Host: rebound.example\r\n{token}"), 421),
        (format!("Host: {}\r\n{token}", old.authority()), 421),
        (token.clone(), 400),
        (format!("{host}{token}Origin: http://{}\r\n", old.authority()), 403),
        (format!("{host}{token}Origin: null\r\n"), 403),
        (format!("{host}{token}Sec-Fetch-Site: cross-site\r\n"), 403),
    ] {
        for request in
            ["GET /api/state", "POST /api/snapshots", "GET /api/ledger", "GET /api/module", "GET /api/nothing"]
        {
            let (status, body) = serving.request(request, &headers, "")?;
            let passed = [200, 404].contains(&status);
            ensure!(passed == (expected == 200), "{request} with {headers}: {status}");
            // A request without Host is rejected by the HTTP library or by the agent.
            ensure!(
                passed || status == expected || (expected == 400 && status == 421),
                "{request} with {headers}: {status}"
            );
            ensure!(passed || !body.contains("brightwater"), "an error contains facts");
        }
    }
    // The page itself contains nothing about the install.
    let (status, page) = serving.request("GET /", &host, "")?;
    assert!(status == 200 && page.contains("<callback-preview>") && !page.contains("brightwater"));

    let short = Serving::start(&world, &["--keep", "3s", "--idle", "5s"])?;
    let (_, snapshot) = short.ask("POST /api/snapshots", &json!({}))?;
    let facts = format!("GET /api/snapshots/{}/facts", snapshot["snapshot"].as_str().unwrap_or_default());
    assert!(short.ask(&facts, &json!({}))?.1["devices"].is_array());
    let until = Instant::now() + Duration::from_secs(30);
    while short.ask(&facts, &json!({}))?.0 != 410 {
        ensure!(Instant::now() < until, "the snapshot did not expire within 30 s");
        std::thread::sleep(Duration::from_millis(100));
    }
    // Idle, it exits.
    short.ended()?;

    assert_eq!(world.code(&["serve", "--listen", "0.0.0.0:0"])?, (3, "listen-not-loopback".to_owned()));
    assert_eq!(world.code(&["serve", "--listen", serving.authority()])?, (3, "listen-failed".to_owned()));
    Ok(())
}

#[tokio::test]
async fn an_expired_preview_is_read_again_and_the_same_report_is_opted_in_to() -> Result<()> {
    let world = World::new().await?;
    let serving = Serving::start(&world, &["--keep", "1s"])?;
    let shown = node::run("browser/expired.mjs", &[&serving.url])?;
    assert_eq!(world.json(&["status", "--json"])?["consent"], "on");
    assert_eq!(shown.trim(), sha256(world.ok(&["preview", "--raw"])?.as_bytes()));
    Ok(())
}

#[tokio::test]
async fn idle_clients_do_not_block_others() -> Result<()> {
    let world = World::new().await?;
    let serving = Serving::start(&world, &[])?;
    let begun = |text: &str| -> Result<TcpStream> {
        let mut stream = TcpStream::connect(serving.authority())?;
        stream.write_all(text.as_bytes())?;
        Ok(stream)
    };
    // A body that never arrives, and more unfinished requests than the connection limit.
    let headers = format!("Host: {}\r\n{}", serving.authority(), serving.bearer());
    let mut waiting = begun(&format!("POST /api/clear HTTP/1.1\r\nContent-Length: 10\r\n{headers}\r\n"))?;
    let silent = (0..300).map(|_| begun("GET / HTTP/1.1\r\nHost:")).collect::<Result<Vec<_>>>()?;
    assert_eq!(serving.ask("GET /api/state", &json!({}))?.0, 200);
    drop(silent);
    // Clients that do not read: each response is larger than the connection's buffers.
    let host = format!("Host: {}", serving.authority());
    let much = format!("GET /callback-preview.js HTTP/1.1\r\n{host}\r\n\r\n").repeat(60);
    let silent = (0..300).map(|_| begun(&much)).collect::<Result<Vec<_>>>()?;
    assert_eq!(serving.ask("GET /api/state", &json!({}))?.0, 200);
    let mut answer = [0; 12];
    waiting.read_exact(&mut answer)?;
    assert_eq!(&answer, b"HTTP/1.1 408");
    drop(silent);
    Ok(())
}

#[tokio::test]
async fn it_does_not_exit_as_idle_while_sending() -> Result<()> {
    let (world, site) = World::reporting(Plays::Stock).await?;
    let digest = sha256(world.ok(&["preview", "--raw"])?.as_bytes());
    let given = world.json(&["status", "--json"])?["given"]["at"].clone();
    world.configure(&format!(
        "[receiver]\nurl = '{}'\nkind = 'stock'\n[submit]\nattempts = 1\ntimeout_seconds = 6\n",
        site.log()
    ))?;
    site.next(Instead::KeepAndHang);
    let serving = Serving::start(&world, &["--idle", "4s"])?;
    let (_, snapshot) = serving.ask("POST /api/snapshots", &json!({}))?;
    // The receiver hangs for six seconds, longer than --idle, without another request.
    let (status, said) = serving.ask("POST /api/send", &send_request(&snapshot, &given, &digest))?;
    assert_eq!((status, &said["code"]), (502, &json!("receiver-no-answer")), "{said}");
    serving.ended()
}

/// The documentation's sample configuration with the test's paths, and a LibreNMS with one administrator.
fn nginx(folder: &Path, port: u16, librenms: u16, socket: &Path) -> Result<Nginx> {
    let page = std::fs::read_to_string(root().join("docs/preview.md"))?;
    let sample = page.split("```nginx\n").nth(1).and_then(|rest| rest.split("```").next()).context("a sample")?;
    let sample = sample
        .replace("/run/callback-preview/socket", text(socket))
        .replace("http://127.0.0.1:8000", &format!("http://127.0.0.1:{librenms}"));
    // nginx's `return` takes no variable as its status.
    let http = format!(
        "server {{\nlisten 127.0.0.1:{port};\n{sample}}}\n\
         map $cookie_laravel_session $librenms {{ default 302; reader 403; admin 200; }}\n\
         server {{\nlisten 127.0.0.1:{librenms};\nlocation / {{ if ($librenms = 200) {{ return 200 settings; }} \
         if ($librenms = 403) {{ return 403; }} return 302 /login; }}\n}}\n",
    );
    Nginx::start(folder, port, &http)
}

#[tokio::test]
async fn behind_nginx_only_librenms_administrators_have_access() -> Result<()> {
    let world = World::new().await?;
    let folder = tempfile::tempdir()?;
    // If the test runs as root, nginx's workers are another user, so it checks the modes before it opens them up.
    let (port, librenms, socket) = (free_port()?, free_port()?, folder.path().join("socket"));
    let origin = format!("http://127.0.0.1:{port}");
    let serving = Serving::start(&world, &["--socket", text(&socket), "--origin", &origin, "--base", "/callback"])?;
    assert_eq!(serving.url, format!("{origin}/callback/"));
    let mode = std::os::unix::fs::MetadataExt::mode(&std::fs::metadata(&socket)?);
    assert_eq!(mode & 0o777, 0o660, "others cannot connect");
    open_to_workers(folder.path(), &socket)?;
    let _nginx = nginx(folder.path(), port, librenms, &socket)?;

    let shown = node::run("browser/proxied.mjs", &[&serving.url])?;
    assert_eq!(shown.trim(), sha256(world.ok(&["preview", "--raw"])?.as_bytes()));

    let host = format!("Host: 127.0.0.1:{port}\r\n");
    let ours = "Callback-Preview: 1\r\n";
    let cookie = |name: &str| format!("Cookie: laravel_session={name}\r\n");
    for (request, headers, expected) in [
        ("GET /callback/api/state", format!("{}{ours}", cookie("admin")), 200),
        ("GET /callback", cookie("admin"), 308),
        ("GET /callback/api/state", format!("{}{ours}", cookie("reader")), 403),
        ("GET /callback/api/state", ours.to_owned(), 401),
        ("GET /callback/", cookie("reader"), 403),
        // Requests that another site makes the administrator's browser send.
        ("POST /callback/api/clear", format!("{}{ours}Origin: https://evil.example\r\n", cookie("admin")), 403),
        ("POST /callback/api/clear", cookie("admin"), 403),
        ("GET /callback/api/state", cookie("admin"), 403),
        ("GET /callback/api/state", format!("{}{ours}Sec-Fetch-Site: cross-site\r\n", cookie("admin")), 403),
    ] {
        let (status, body) = serving.request(request, &format!("{host}{headers}"), "")?;
        ensure!(status == expected, "{request} with {headers}: {status} {body}");
    }

    // A socket in use is an error; one left over from a killed agent is replaced.
    let arguments = ["serve", "--socket", text(&socket), "--origin", &origin];
    assert_eq!(world.code(&arguments)?, (3, "socket-failed".to_owned()));
    drop(serving);
    assert!(socket.exists());
    let again = Serving::start(&world, &arguments[1..])?;
    assert_eq!(again.url, format!("{origin}/callback/"));
    Ok(())
}

/// If the test runs as root, nginx's workers are another user. Opens to them what a shared group would in production.
fn open_to_workers(folder: &Path, socket: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o755))?;
    Ok(std::fs::set_permissions(socket, std::fs::Permissions::from_mode(0o666))?)
}
