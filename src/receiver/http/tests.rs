//! The routes as clients see them, with a clock that the tests set.

use super::*;
use crate::day::Day;
use crate::test_world::World;
use axum::body::{Body, Bytes};
use callback_collector::digest::sha256_hex;
use callback_protocol::receipt::{BOUND_CLEAR_RECEIPT, RECEIPT};
use callback_protocol::signing::verify;
use callback_protocol::{ClearNonce, PublicKey, PublishedKeys};
use futures_util::StreamExt;
use serde_json::{Value, json};
use std::io::Write;
use std::sync::atomic::{AtomicI64, Ordering};
use tower::ServiceExt;

const UUID: &str = "6f1c7d0e-9a53-4c5e-8d52-0a3b1d5f7e11";
const OTHER: &str = "0b6f1f0c-3d4e-4f5a-9b8c-7d6e5f4a3b2c";
const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");
const JSON: (&str, &str) = ("content-type", "application/json");

/// The first of August 2026.
const TODAY: Day = Day(20_666);

async fn new_world() -> World {
    World::new(TODAY, None).await
}

impl World {
    async fn post(&self, path: &str, headers: &[(&str, &str)], body: impl Into<Body>) -> (u16, Value) {
        let (status, headers, body) = self.send("POST", path, headers, body).await;
        let kind = if status == 200 { "application/json" } else { "application/problem+json" };
        assert_eq!(headers["content-type"], kind);
        (status, serde_json::from_slice(&body).unwrap())
    }

    async fn get_json(&self, path: &str) -> Value {
        let (status, _, body) = self.send("GET", path, &[], Body::empty()).await;
        assert_eq!(status, 200, "{path}");
        serde_json::from_slice(&body).unwrap()
    }

    /// The key that signs now, as it is published.
    async fn verifying_key(&self) -> PublicKey {
        let keys: PublishedKeys = serde_json::from_value(self.get_json("/api/v1/keys").await).unwrap();
        keys.current().unwrap()
    }

    async fn reports(&self) -> i64 {
        self.receiver.store.holdings().await.unwrap().reports
    }
}

fn payload(uuid: &str) -> String {
    format!(r#"{{"uuid":"{uuid}","data":{{"os":[{{"total":"3","os":"linux"}}],"zzz":[]}},"info":[]}}"#)
}

#[tokio::test]
async fn the_same_report_gets_the_same_signed_receipt_by_both_ways() {
    let world = new_world().await;
    let payload = payload(UUID);
    let digest = sha256_hex(payload.as_bytes());
    let key = world.verifying_key().await;
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packed.write_all(format!("data={payload}&").as_bytes()).unwrap();
    let packed = packed.finish().unwrap();
    for (path, headers, body) in [
        ("/log.php", vec![FORM], format!("data={payload}&").into_bytes()),
        ("/log.php", vec![], format!("data={}", payload.replace('"', "%22")).into_bytes()),
        ("/log.php", vec![FORM, ("content-encoding", "gzip")], packed),
        ("/api/v1/reports", vec![JSON, ("callback-payload-sha256", &digest)], payload.clone().into_bytes()),
    ] {
        let (status, receipt) = world.post(path, &headers, body).await;
        assert_eq!(status, 200, "{receipt}");
        assert_eq!(receipt["payload_sha256"], digest);
        assert_eq!((&receipt["day"], &receipt["expires"]), (&json!("2026-08-01"), &json!("2026-10-30")));
        assert_eq!(receipt["cleaned"], json!({"unknown_group": 1, "number_as_text": 1}));
        assert!(verify(RECEIPT, &receipt, &key));
        assert_eq!(world.reports().await, 1, "one report of an install and day");
    }
    world.pass(1);
    world.post("/log.php", &[FORM], format!("data={payload}")).await;
    assert_eq!(world.reports().await, 2);
}

#[tokio::test]
async fn what_is_wrong_is_named_by_place_and_code_and_nothing_is_stored() {
    let world = new_world().await;
    let good = payload(UUID);
    let zeros = "0".repeat(64);
    let sha = "callback-payload-sha256";
    for (path, headers, body, status, place, code) in [
        ("/log.php", vec![FORM], "data={secret", 400, "", "json-invalid"),
        ("/log.php", vec![FORM], "secret=1", 400, "data", "field-missing"),
        ("/log.php", vec![JSON], good.as_str(), 415, "Content-Type", "content-type-unsupported"),
        ("/api/v1/reports", vec![], &good, 415, "Content-Type", "content-type-unsupported"),
        ("/api/v1/reports", vec![JSON, JSON], &good, 400, "content-type", "header-repeated"),
        ("/api/v1/reports", vec![JSON, (sha, &zeros)], &good, 400, "Callback-Payload-SHA256", "digest-mismatch"),
        ("/api/v1/reports", vec![JSON, (sha, &zeros), (sha, &zeros)], &good, 400, sha, "header-repeated"),
        ("/api/v1/reports", vec![JSON, (sha, "secret")], &good, 400, sha, "digest-invalid"),
        ("/api/v1/reports", vec![JSON, (sha, "\u{e9}")], &good, 400, sha, "header-not-ascii"),
        (
            "/api/v1/reports",
            vec![JSON, ("authorization", "Basic secret")],
            &good,
            400,
            "authorization",
            "token-invalid",
        ),
        (
            "/api/v1/reports",
            vec![JSON, ("content-encoding", "br")],
            &good,
            415,
            "Content-Encoding",
            "content-encoding-unsupported",
        ),
        ("/api/v1/reports", vec![JSON, ("content-length", "99999999")], &good, 413, "", "body-too-large"),
        ("/api/v1/reports", vec![JSON], "{\"uuid\":\"secret\",\"data\":{}}", 422, "uuid", "uuid-invalid"),
        ("/api/v1/clear", vec![JSON], "{}", 400, "", "json-invalid"),
        ("/clear.php", vec![FORM], "uuid=secret", 422, "uuid", "uuid-invalid"),
        ("/secret", vec![], "", 404, "", "not-found"),
    ] {
        let (answered, problem) = world.post(path, &headers, body.to_owned()).await;
        assert_eq!(
            (answered, &problem["path"], &problem["code"]),
            (status, &json!(place), &json!(code)),
            "{path} {body}"
        );
        assert_eq!(problem["status"], status);
        assert!(!problem.to_string().contains("secret"), "{problem}");
    }
    let deep = format!("{{\"x\":{}{}}}", "[".repeat(600), "]".repeat(600));
    assert_eq!(world.post("/api/v1/reports", &[JSON], deep).await.1["code"], "nesting-too-deep");
    let garbage: Vec<u8> = (0..1_000_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    assert_eq!(world.post("/api/v1/reports", &[JSON], garbage).await.0, 400);
    let (status, ..) = world.send("GET", &format!("/clear.php?uuid={UUID}"), &[], Body::empty()).await;
    assert_eq!(status, 405, "no link can clear");
    assert_eq!(world.reports().await, 0);
    assert_eq!(world.post("/log.php", &[FORM], format!("data={good}")).await.0, 200);
}

#[tokio::test]
async fn policy_and_keys_are_those_of_the_first_version_byte_for_byte() {
    let world = new_world().await;
    let (_, _, policy) = world.send("GET", "/api/v1/policy", &[], Body::empty()).await;
    assert_eq!(
        String::from_utf8(policy).unwrap(),
        "{\"addresses_kept\":false,\"backup_days\":7,\"contact\":\"\",\"one_report_per_install_and_day\":true,\
         \"payload_schemas\":[1],\"publication\":{\"installs_at_least\":5,\"terms\":\"\"},\
         \"receiver\":\"callback-receiver/0.1.0\",\"retention_days\":90,\"source\":\"\"}"
    );
    let (_, _, keys) = world.send("GET", "/api/v1/keys", &[], Body::empty()).await;
    let key = world.verifying_key().await;
    // The one field that was added since; agents of the first version read past it.
    let keys = String::from_utf8(keys).unwrap().replacen("{\"binds_clears\":true,", "{", 1);
    assert_eq!(
        keys,
        format!(
            "{{\"keys\":[{{\"algorithm\":\"Ed25519\",\"current\":true,\"id\":\"{}\",\"public_key\":\"{}\",\"successor\":null}}]}}",
            key.id(),
            key.text()
        )
    );
}

#[tokio::test]
async fn clients_from_before_codes_still_find_the_rule() {
    let world = new_world().await;
    let (_, problem) = world.post("/log.php", &[FORM], "x=1").await;
    assert_eq!((&problem["code"], &problem["rule"]), (&json!("field-missing"), &json!("form_field")));
}

#[test]
fn every_code_that_agents_know_is_answered() {
    let answered: Vec<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
    for code in callback_protocol::Code::ALL {
        assert!(answered.contains(&code.as_str()), "{code:?}");
    }
}

#[tokio::test]
async fn a_clear_is_answered_with_a_signed_receipt_and_says_the_same_of_unknown_and_cleared_ones() {
    let world = new_world().await;
    let key = world.verifying_key().await;
    for (path, headers, body) in [
        ("/clear.php", FORM, format!("uuid={UUID}")),
        ("/clear.php", JSON, json!({"uuid": UUID}).to_string()),
        ("/api/v1/clear", JSON, json!({"uuid": UUID.to_uppercase()}).to_string()),
    ] {
        world.post("/log.php", &[FORM], format!("data={}", payload(UUID))).await;
        let (status, receipt) = world.post(path, &[headers], body.clone()).await;
        assert_eq!(status, 200, "{receipt}");
        assert_eq!(receipt["cleared"], json!({"reports": 1, "entries": 1, "labels": 1, "installs": 1}));
        assert_eq!(receipt["lags"]["backups"]["until"], "2026-08-08");
        assert!(verify(RECEIPT, &receipt, &key));
        assert!(!receipt.to_string().contains(UUID));
        assert_eq!(world.reports().await, 0);
        let again = world.post(path, &[headers], body.clone()).await;
        assert_eq!(again, world.post(path, &[headers], body.to_lowercase().replace(UUID, OTHER)).await);
    }
}

#[tokio::test]
async fn the_receipt_of_a_clear_with_a_nonce_is_bound_to_the_request() {
    let world = new_world().await;
    let key = world.verifying_key().await;
    let (nonce, other) = ("5a".repeat(32), "5b".repeat(32));
    let bound = ClearNonce::parse(&nonce).unwrap().request_hmac(UUID);
    for (path, headers, body) in [
        ("/clear.php", FORM, format!("uuid={UUID}&nonce={nonce}")),
        ("/clear.php", FORM, format!("nonce={}&uuid={}", nonce.to_uppercase(), UUID.to_uppercase())),
        ("/clear.php", JSON, json!({"uuid": UUID, "nonce": nonce}).to_string()),
        ("/api/v1/clear", JSON, json!({"uuid": UUID, "nonce": nonce}).to_string()),
    ] {
        world.post("/log.php", &[FORM], format!("data={}", payload(UUID))).await;
        let (status, receipt) = world.post(path, &[headers], body).await;
        assert_eq!((status, &receipt["request_hmac"]), (200, &json!(bound)), "{receipt}");
        assert_eq!(receipt["cleared"]["reports"], 1);
        assert!(verify(BOUND_CLEAR_RECEIPT, &receipt, &key) && !verify(RECEIPT, &receipt, &key));
        assert!(!receipt.to_string().contains(UUID) && !receipt.to_string().contains(&nonce));
    }
    for body in [format!("uuid={OTHER}&nonce={nonce}"), format!("uuid={UUID}&nonce={other}")] {
        let (_, receipt) = world.post("/clear.php", &[FORM], body).await;
        assert!(receipt["request_hmac"].is_string() && receipt["request_hmac"] != bound, "{receipt}");
    }
    let (_, receipt) = world.post("/clear.php", &[FORM], format!("uuid={UUID}")).await;
    assert_eq!(receipt.get("request_hmac"), None, "as before for who sends none");
    assert_eq!(world.get_json("/api/v1/keys").await["binds_clears"], true);
    for nonce in ["", "5a", &"5z".repeat(32)] {
        world.post("/log.php", &[FORM], format!("data={}", payload(UUID))).await;
        let (status, problem) = world.post("/clear.php", &[FORM], format!("uuid={UUID}&nonce={nonce}")).await;
        assert_eq!((status, &problem["code"], &problem["path"]), (422, &json!("nonce-invalid"), &json!("nonce")));
        assert_eq!(world.reports().await, 1, "nothing is deleted");
    }
}

#[tokio::test]
async fn an_install_with_a_secret_sees_all_that_is_held_and_nobody_else_does() {
    let world = new_world().await;
    let hex = "ab".repeat(32);
    let (mine, theirs) = (format!("Bearer {hex}"), format!("Bearer {}", "cd".repeat(32)));
    let report = format!("data={}", payload(UUID));
    let uuid = format!("uuid={UUID}");
    assert_eq!(world.post("/log.php", &[FORM, ("authorization", &mine)], report.clone()).await.0, 200);
    for path in ["/log.php", "/clear.php", "/api/v1/held"] {
        let body = if path == "/log.php" { &report } else { &uuid };
        let (status, headers, _) = world.send("POST", path, &[FORM], body.clone()).await;
        assert_eq!((status, headers["www-authenticate"].as_bytes()), (401, &b"Bearer"[..]), "{path}");
        assert_eq!(world.post(path, &[FORM, ("authorization", &theirs)], body.clone()).await.0, 403, "{path}");
    }
    let (status, held) = world.post("/api/v1/held", &[FORM, ("authorization", &mine)], uuid.clone()).await;
    assert_eq!(status, 200);
    let digest = sha256_hex(payload(UUID).as_bytes());
    let reports = held["reports"].as_array().unwrap();
    assert_eq!(reports.len(), 1);
    assert_eq!(reports[0]["payload_sha256"], digest);
    assert_eq!(reports[0]["data"], json!({"os": [{"total": 3, "os": "linux"}]}));
    let day = reports[0]["day"].as_str().unwrap();
    for (day, count) in [(day, 1), ("2020-02-29", 0)] {
        let body = format!("{uuid}&day={day}");
        let (_, held) = world.post("/api/v1/held", &[FORM, ("authorization", &mine)], body).await;
        assert_eq!(held["reports"].as_array().unwrap().len(), count, "{day}");
    }
    let body = format!("{uuid}&day=yesterday");
    assert_eq!(world.post("/api/v1/held", &[FORM, ("authorization", &mine)], body).await.0, 422);
    assert_eq!(world.post("/clear.php", &[FORM, ("authorization", &mine)], uuid.clone()).await.0, 200);
    let (_, held) = world.post("/api/v1/held", &[FORM, ("authorization", &mine)], uuid).await;
    assert_eq!(held["reports"], json!([]));
}

#[tokio::test]
async fn too_many_requests_from_one_network_are_refused_while_others_go_on() {
    let world = new_world().await;
    let ask = async |path: &str, address: &str| {
        let mut request = Request::new(Body::empty());
        *request.uri_mut() = path.parse().unwrap();
        request.extensions_mut().insert(limits::Peer(address.parse().unwrap()));
        world.router.clone().oneshot(request).await.unwrap()
    };
    let from = async |address: &str| ask("/api/v1/policy", address).await;
    for n in 0..600 {
        assert_eq!(from(&format!("192.0.2.{}", n % 250)).await.status(), 200);
    }
    let refused = from("192.0.2.1").await;
    assert_eq!((refused.status().as_u16(), refused.headers()["retry-after"].as_bytes()), (429, &b"3600"[..]));
    assert_eq!(from("198.51.100.1").await.status(), 200);
    assert_eq!(ask("/healthz", "192.0.2.1").await.status(), 200, "monitoring asks often");
    let (_, _, metrics) = world.send("GET", "/metrics", &[], Body::empty()).await;
    assert!(String::from_utf8(metrics).unwrap().contains("callback_rate_limited_total 1\n"));
}

#[tokio::test]
async fn health_checks_do_not_use_up_the_limit_of_metrics() {
    let world = new_world().await;
    let ask = async |path: &str| {
        let mut request = Request::new(Body::empty());
        *request.uri_mut() = path.parse().unwrap();
        request.extensions_mut().insert(limits::Peer("192.0.2.1".parse().unwrap()));
        world.router.clone().oneshot(request).await.unwrap().status()
    };
    for n in 0..700 {
        assert_eq!(ask(if n % 2 == 0 { "/healthz" } else { "/readyz" }).await, 200);
    }
    assert_eq!(ask("/metrics").await, 200);
}

#[tokio::test]
async fn the_rest_of_a_body_is_read_before_the_response() {
    let world = new_world().await;
    let blocked: ipnet::IpNet = "192.0.2.0/24".parse().unwrap();
    world.receiver.limits.block(vec![(world.receiver.key.network(blocked), 24)]);
    for (path, headers, peer, status) in [
        ("/nothing", vec![JSON], "198.51.100.1", 404),
        ("/api/v1/reports", vec![FORM], "198.51.100.1", 415),
        ("/api/v1/held", vec![JSON, ("content-encoding", "br")], "198.51.100.1", 415),
        ("/api/v1/reports", vec![JSON], "192.0.2.1", 403),
    ] {
        let read = Arc::new(AtomicI64::new(0));
        let count = Arc::clone(&read);
        let parts = futures_util::stream::iter(0..100).map(move |_| {
            count.fetch_add(1, Ordering::Relaxed);
            Ok::<_, std::io::Error>(Bytes::from_static(&[b'x'; 4096]))
        });
        let mut request = axum::http::Request::post(path).header("content-length", "409600");
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let mut request = request.body(Body::from_stream(parts)).unwrap();
        request.extensions_mut().insert(limits::Peer(peer.parse().unwrap()));
        let response = world.router.clone().oneshot(request).await.unwrap();
        assert_eq!((response.status().as_u16(), read.load(Ordering::Relaxed)), (status, 100), "{path}");
    }
}

#[tokio::test]
async fn metrics_are_there_while_the_database_is_not() {
    let world = new_world().await;
    world.receiver.store.close().await;
    let (status, _, metrics) = world.send("GET", "/metrics", &[], Body::empty()).await;
    let metrics = String::from_utf8(metrics).unwrap();
    assert_eq!(status, 200);
    assert!(
        metrics.contains("callback_store_errors_total 1\n") && !metrics.contains("callback_installs "),
        "{metrics}"
    );
    assert_eq!(world.send("GET", "/readyz", &[], Body::empty()).await.0, 503);
}

#[tokio::test]
async fn clients_that_announce_much_and_send_nothing_block_nobody() {
    let world = new_world().await;
    let slow: Vec<_> = (0..8)
        .map(|_| {
            let nothing = futures_util::stream::pending::<std::io::Result<Vec<u8>>>();
            let request = axum::http::Request::post("/api/v1/reports").header(JSON.0, JSON.1);
            let request = request.header("content-length", "25165824");
            tokio::spawn(world.router.clone().oneshot(request.body(Body::from_stream(nothing)).unwrap()))
        })
        .collect();
    tokio::task::yield_now().await;
    let (status, _) = world.post("/api/v1/reports", &[JSON], payload(UUID)).await;
    assert_eq!(status, 200);
    assert!(slow.iter().all(|request| !request.is_finished()));
}

#[tokio::test]
async fn the_policy_says_what_is_promised() {
    let world = new_world().await;
    let policy = world.get_json("/api/v1/policy").await;
    assert_eq!((&policy["retention_days"], &policy["addresses_kept"]), (&json!(90), &json!(false)));
    assert_eq!(world.get_json("/api/v1/openapi.json").await["openapi"], "3.1.0");
    for path in ["/healthz", "/readyz"] {
        assert_eq!(world.send("GET", path, &[], Body::empty()).await.0, 200);
    }
}
