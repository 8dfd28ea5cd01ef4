//! Receipts of deletions are bound to a request. A receipt of another install confirms nothing, an unbound one of an
//! older receiver is reported, and a receiver that bound one receipt must bind all; over the network and in files.

use anyhow::{Context, Result, ensure};
use callback_tests::programs::text;
use callback_tests::receiver::{Receiver, with_a_receiver};
use callback_tests::recording_site::{Instead, Plays, Site};
use callback_tests::world::{World, code};
use serde_json::{Value, json};

/// The answer of a receiver to the delete request of another install.
fn others_receipt(receiver: &Receiver, nonce: Option<&str>) -> Result<String> {
    let nonce = nonce.map(|nonce| format!("&nonce={nonce}")).unwrap_or_default();
    let body = format!("uuid=0b6f1f0c-3d4e-4f5a-9b8c-7d6e5f4a3b2c{nonce}");
    let form = "Content-Type: application/x-www-form-urlencoded\r\n";
    let (status, receipt) = receiver.post("/clear.php", form, body.as_bytes())?;
    ensure!(status == 200, "{receipt}");
    Ok(receipt)
}

#[tokio::test]
async fn the_receipt_of_another_install_confirms_no_deletion() -> Result<()> {
    let (world, receiver) = with_a_receiver().await?;
    // Everything but delete requests reaches the receiver; an attacker in between gets those.
    let between = Site::start(Plays::Ours)?;
    world.configure(&format!(
        "[receiver]\nurl = '{}'\nkind = 'callback-stats'\nclear_url = '{}/clear.php'\n[submit]\nattempts = 1\n",
        receiver.log(),
        between.url
    ))?;
    world.ok(&["enable", "--yes"])?;
    world.ok(&["submit"])?;
    between.next(Instead::Give(others_receipt(&receiver, None)?));
    assert_eq!(world.code(&["clear", "--now", "--yes"])?, (7, "receipt-unbound".to_owned()));
    let nonce = between.requests()[0].field("nonce").context("a nonce")?;
    between.next(Instead::Give(others_receipt(&receiver, Some(&nonce))?));
    assert_eq!(world.code(&["submit"])?, (7, "receipt-other-request".to_owned()));
    // The receipt of a report is signed by the same key.
    between.next(Instead::Give(world.runs()?[0]["ended"]["receipt"].to_string()));
    assert_eq!(world.code(&["submit"])?, (7, "receipt-missing".to_owned()));
    assert_eq!(world.json(&["status", "--json"])?["status"], "clear pending");
    assert_eq!((world.run(&["secret", "export"])?.0, receiver.reports().await?), (0, 1), "nothing is forgotten");
    let bindings: Vec<Value> = world.runs()?.iter().map(|run| run["ended"]["binding"].clone()).collect();
    assert_eq!(json!(bindings), json!([null, "unbound", "other", null]));

    // Passed on unchanged, the request is confirmed.
    let request = between.requests().pop().context("a request")?;
    assert_eq!(request.field("nonce"), Some(nonce));
    let headers = format!(
        "Content-Type: application/x-www-form-urlencoded\r\nAuthorization: {}\r\n",
        request.headers["authorization"]
    );
    between.next(Instead::Give(receiver.post("/clear.php", &headers, request.body.as_bytes())?.1));
    let cleared = world.json(&["submit", "--json"])?;
    assert_eq!((&cleared["code"], &cleared["cleared"][0]["binding"]), (&json!("cleared"), &json!("bound")));
    assert_eq!((world.run(&["secret", "export"])?.0, receiver.reports().await?), (9, 0));
    world.ok(&["verify"]).map(drop)
}

/// A world that opted in to a receiver whose version does not bind receipts.
async fn with_an_old_receiver() -> Result<(World, Site)> {
    let (world, site) = (World::new().await?, Site::start(Plays::Ours)?);
    site.is_old(true);
    world.configure(&format!(
        "[receiver]\nurl = '{}'\nkind = 'callback-stats'\n[submit]\nattempts = 1\nwait_seconds = 0\n",
        site.log()
    ))?;
    world.ok(&["enable", "--yes"])?;
    world.ok(&["submit"])?;
    Ok((world, site))
}

#[tokio::test]
async fn a_receiver_that_never_bound_its_receipts_confirms_a_deletion_with_a_warning() -> Result<()> {
    let (world, site) = with_an_old_receiver().await?;
    // Exactly as version 0.1.0 wrote them.
    let (receipt, keys) =
        (include_str!("snapshots/clear-receipt-0.1.0.json"), include_str!("snapshots/keys-0.1.0.json"));
    site.signs(None, Some(serde_json::from_str(keys)?));
    world.ok(&["key", "accept", "--yes"])?;
    site.next(Instead::Give(receipt.to_owned()));
    let cleared = world.json(&["clear", "--now", "--yes", "--json"])?;
    let one = &cleared["cleared"][0];
    assert_eq!(
        (&cleared["code"], &one["proof"], &one["binding"]),
        (&json!("cleared-unbound"), &json!("signed"), &json!("unbound"))
    );
    let ended = world.runs()?.pop().context("the clear")?["ended"].take();
    assert_eq!((&ended["code"], &ended["binding"]), (&json!("cleared-unbound"), &json!("unbound")));
    assert!(
        world.ok(&["history"])?.lines().any(|line| line.contains("delete request to") && line.ends_with("unbound"))
    );
    assert_eq!(world.json(&["status", "--json"])?["status"], "off");
    world.ok(&["verify"]).map(drop)
}

#[tokio::test]
async fn a_receiver_that_has_bound_a_receipt_must_keep_binding_them() -> Result<()> {
    // Known from the opt-in on; after an upgrade of the receiver, from the next report on.
    let (from_the_start, site) = World::reporting(Plays::Ours).await?;
    from_the_start.ok(&["submit"])?;
    let (mut renewed, other) = with_an_old_receiver().await?;
    other.is_old(false);
    renewed.variables = vec![("CALLBACK_TEST_NOW", "2099-01-01T00:00:00Z".to_owned())];
    renewed.ok(&["submit"])?;
    for (world, site) in [(from_the_start, site), (renewed, other)] {
        site.is_old(true);
        assert_eq!(world.code(&["clear", "--now", "--yes"])?, (7, "receipt-unbound".to_owned()));
        assert_eq!(world.code(&["submit"])?, (7, "receipt-unbound".to_owned()));
        assert_eq!(world.json(&["status", "--json"])?["status"], "clear pending");
        assert_eq!(world.run(&["secret", "export"])?.0, 0);
        // The admin may accept the receiver as it is now.
        world.ok(&["key", "accept", "--yes"])?;
        assert_eq!(world.code(&["submit"])?, (0, "cleared-unbound".to_owned()));
        assert_eq!(world.json(&["status", "--json"])?["status"], "off");
        world.ok(&["verify"])?;
    }
    Ok(())
}

#[tokio::test]
async fn an_air_gapped_site_has_its_reports_deleted_by_a_real_receiver() -> Result<()> {
    let (world, receiver) = with_a_receiver().await?;
    // This site never reaches the receiver itself.
    let site = |arguments: &[&str]| -> Result<std::process::Output> {
        let arguments = [arguments, &["--json"]].concat();
        Ok(world.command(&arguments).env("http_proxy", "http://127.0.0.1:9").output()?)
    };
    let path = |name: &str| world.folder.path().join(name);
    assert_eq!(code(&site(&["enable", "--yes"])?)?, (0, "opted-in".to_owned()));
    let report = path("report.json");
    assert_eq!(code(&site(&["submit", "--out", text(&report)])?)?, (0, "written".to_owned()));
    let elsewhere = callback_tests::programs::Agent::new()?;
    elsewhere.stdout(&["upload", text(&report), "--yes"])?;
    assert_eq!(receiver.reports().await?, 1);

    let (file, answer) = (path("clear.json"), path("clear.json.answer"));
    assert_eq!(code(&site(&["clear", "--out", text(&file)])?)?, (0, "clear-written".to_owned()));
    let uploaded = elsewhere.output(&["upload", text(&file), "--yes", "--json"])?;
    assert_eq!(code(&uploaded)?, (0, "clear-uploaded".to_owned()));
    assert_eq!(receiver.reports().await?, 0);
    let good: Value = serde_json::from_slice(&std::fs::read(&answer)?)?;
    // Forged: without keys to verify it, with another number, without a receipt, with the receipt of another request.
    let nonce = serde_json::from_slice::<Value>(&std::fs::read(&file)?)?["nonce"].take();
    let others: Value = serde_json::from_str(&others_receipt(&receiver, nonce.as_str())?)?;
    let unbound: Value = serde_json::from_str(&others_receipt(&receiver, None)?)?;
    for (field, value, expected) in [
        ("/answers/0/keys", Value::Null, "keys-unavailable"),
        ("/answers/0/receipt/cleared/reports", json!(7), "receipt-not-verified"),
        ("/answers/0/receipt", Value::Null, "receipt-missing"),
        ("/answers/0/receipt", others, "receipt-other-request"),
        ("/answers/0/receipt", unbound, "receipt-unbound"),
    ] {
        let mut forged = good.clone();
        *forged.pointer_mut(field).context("a field")? = value;
        std::fs::write(&answer, forged.to_string())?;
        assert_eq!(code(&site(&["receipt", text(&answer)])?)?, (7, expected.to_owned()), "{field}");
        assert_eq!(world.run(&["secret", "export"])?.0, 0, "{field}");
    }
    std::fs::write(&answer, good.to_string())?;
    let imported: Value = serde_json::from_slice(&site(&["receipt", text(&answer)])?.stdout)?;
    let one = &imported["cleared"][0];
    assert_eq!(
        (&imported["code"], &imported["pending"], &one["binding"]),
        (&json!("cleared"), &json!(false), &json!("bound"))
    );
    assert_eq!(one["receipt"]["cleared"]["reports"], 1);
    assert_eq!(world.json(&["status", "--json"])?["status"], "off");
    assert_eq!(world.run(&["secret", "export"])?.0, 9);
    assert_eq!(code(&site(&["receipt", text(&answer)])?)?, (0, "already-imported".to_owned()));
    world.ok(&["verify"]).map(drop)
}
