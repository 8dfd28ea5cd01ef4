//! A small site that records every request. By default it acts like the stock statistics site or like
//! a `callback-receiver`; tests can make it fail in many ways.

use anyhow::{Context, Result};
use callback_protocol::ClearNonce;
use callback_receiver::signing::Signing;
use serde_json::{Value, json};
use std::collections::{BTreeMap, VecDeque};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The kind of receiver that it imitates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Plays {
    /// The stock site: an empty answer, or 500 for a report that its database would lose; deletes by a form field.
    Stock,
    /// A `callback-receiver`: receipts, the secret, `held`, deletions with a receipt.
    Ours,
}

/// What it does with the next request instead.
#[derive(Debug, Clone)]
pub enum Instead {
    /// Answers with a status, header lines and a body, and stores nothing.
    Answer(u16, &'static str, &'static str),
    /// Handles the request, and closes without an answer.
    KeepAndClose,
    /// Closes without reading.
    Close,
    /// Handles the request, and never answers.
    KeepAndHang,
    /// Answers with the receipt of another report.
    OtherReceipt,
    /// Answers 200 with this body, and keeps nothing.
    Give(String),
}

/// A request.
#[derive(Debug, Clone)]
pub struct Request {
    /// Its method and path, such as `POST /log.php`.
    pub line: String,
    /// Its headers, names in lower case.
    pub headers: BTreeMap<String, String>,
    /// Its body.
    pub body: String,
}

impl Request {
    /// A field of its form.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<String> {
        let value = self.body.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))?;
        let (mut bytes, mut rest) = (Vec::new(), value.bytes());
        while let Some(byte) = rest.next() {
            bytes.push(match byte {
                b'+' => b' ',
                b'%' => {
                    let digits = [rest.next()?, rest.next()?];
                    u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?
                }
                other => other,
            });
        }
        String::from_utf8(bytes).ok()
    }
}

#[derive(Default)]
struct Memory {
    requests: Vec<Request>,
    instead: VecDeque<Instead>,
    /// Reports by uuid, newest last.
    reports: Vec<(String, String)>,
    /// Secrets by uuid, as a `callback-receiver`.
    secrets: BTreeMap<String, String>,
    /// Its policy.
    policy: Option<Value>,
    /// Signs receipts, as a `callback-receiver`; `None` to leave them unsigned.
    signing: Option<Signing>,
    /// The keys that it publishes.
    keys: Option<Value>,
    /// Whether it is of a version that does not bind receipts of deletions.
    is_old: bool,
}

/// A running site.
pub struct Site {
    /// Its address, such as `http://127.0.0.1:1234`.
    pub url: String,
    memory: Arc<Mutex<Memory>>,
}

impl Site {
    /// Starts one.
    ///
    /// # Errors
    /// If there is no free port.
    pub fn start(plays: Plays) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let url = format!("http://{}", listener.local_addr()?);
        let folder = tempfile::tempdir()?;
        let signing = Signing::load(&folder.path().join("signing.key"))?;
        let keys = Some(signing.published());
        let memory = Arc::new(Mutex::new(Memory { signing: Some(signing), keys, ..Memory::default() }));
        let shared = Arc::clone(&memory);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = Arc::clone(&shared);
                // Clients may disconnect.
                std::thread::spawn(move || drop(serve(stream, plays, &shared)));
            }
        });
        Ok(Self { url, memory })
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The URL for reports.
    #[must_use]
    pub fn log(&self) -> String {
        format!("{}/log.php", self.url)
    }

    /// Does this with the next request. Several calls apply to successive requests.
    pub fn next(&self, instead: Instead) {
        self.memory().instead.push_back(instead);
    }

    /// Every request with data so far; not those for policy and keys.
    #[must_use]
    pub fn requests(&self) -> Vec<Request> {
        let looks = |request: &&Request| {
            ["GET /api/v1/policy", "GET /api/v1/keys"].contains(&request.line.as_str()) && request.body.is_empty()
        };
        self.memory().requests.iter().filter(|request| !looks(request)).cloned().collect()
    }

    /// The method and path of every request with data so far, such as `POST /log.php`.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        self.requests().into_iter().map(|request| request.line).collect()
    }

    /// Publishes another policy from now on.
    pub fn says(&self, policy: Value) {
        self.memory().policy = Some(policy);
    }

    /// Signs with this key from now on, or not at all, and publishes these keys.
    pub fn signs(&self, signing: Option<Signing>, published: Option<Value>) {
        let mut memory = self.memory();
        (memory.signing, memory.keys) = (signing, published);
    }

    /// Is of a version that does not bind receipts of deletions from now on, or of today's.
    pub fn is_old(&self, is_old: bool) {
        self.memory().is_old = is_old;
    }

    /// The stored payloads.
    #[must_use]
    pub fn kept(&self) -> Vec<String> {
        self.memory().reports.iter().map(|(_, payload)| payload.clone()).collect()
    }
}

fn serve(mut stream: TcpStream, plays: Plays, memory: &Mutex<Memory>) -> Result<()> {
    let lock = || memory.lock().unwrap_or_else(PoisonError::into_inner);
    if matches!(lock().instead.front(), Some(Instead::Close)) {
        lock().instead.pop_front();
        return Ok(());
    }
    let request = read(&mut stream)?;
    let instead = {
        let mut memory = lock();
        memory.requests.push(request.clone());
        if request.line.starts_with("GET ") { None } else { memory.instead.pop_front() }
    };
    let (status, headers, body) = match instead {
        Some(Instead::Answer(status, headers, body)) => (status, headers, body.to_owned()),
        Some(Instead::KeepAndClose) => {
            play(plays, &request, &mut lock());
            return Ok(());
        }
        Some(Instead::KeepAndHang) => {
            play(plays, &request, &mut lock());
            std::thread::sleep(Duration::from_secs(60));
            return Ok(());
        }
        Some(Instead::OtherReceipt) => {
            (200, "", json!({"payload_sha256": "00", "day": "2026-01-01", "expires": "2026-04-01"}).to_string())
        }
        Some(Instead::Give(body)) => (200, "", body),
        Some(Instead::Close) | None => {
            let (status, body) = play(plays, &request, &mut lock());
            (status, "", body)
        }
    };
    write!(
        stream,
        "HTTP/1.1 {status} X\r\nConnection: close\r\n{headers}Content-Length: {}\r\n\r\n{body}",
        body.len()
    )?;
    Ok(())
}

fn read(stream: &mut TcpStream) -> Result<Request> {
    let (mut bytes, mut buffer) = (Vec::new(), [0; 8192]);
    let (head, length) = loop {
        let read = stream.read(&mut buffer)?;
        anyhow::ensure!(read > 0, "the client went away");
        bytes.extend_from_slice(&buffer[..read]);
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            let head = String::from_utf8(bytes[..end].to_vec())?;
            bytes.drain(..end + 4);
            let length = head
                .lines()
                .find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length:")?.trim().parse().ok());
            break (head, length.unwrap_or(0_usize));
        }
    };
    while bytes.len() < length {
        let read = stream.read(&mut buffer)?;
        anyhow::ensure!(read > 0, "the client went away");
        bytes.extend_from_slice(&buffer[..read]);
    }
    let mut lines = head.lines();
    let line = lines.next().context("a request line")?.rsplit_once(' ').context("a version")?.0.to_owned();
    let headers = lines.filter_map(|line| line.split_once(':'));
    let headers = headers.map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned())).collect();
    Ok(Request { line, headers, body: String::from_utf8(bytes)? })
}

/// The default behaviour.
fn play(plays: Plays, request: &Request, memory: &mut Memory) -> (u16, String) {
    let bearer =
        request.headers.get("authorization").and_then(|value| value.strip_prefix("Bearer ")).map(str::to_owned);
    // A receiver may want a token in the query, and ignores it otherwise.
    match (request.line.split('?').next().unwrap_or_default(), plays) {
        ("POST /log.php", _) => {
            let Some(payload) = request.field("data") else { return (500, String::new()) };
            let Some(uuid) = stock_would_keep(&payload) else { return (500, String::new()) };
            if plays == Plays::Stock {
                // The stock site counts duplicate reports twice.
                memory.reports.push((uuid, payload));
                return (200, String::new());
            }
            let Some(bearer) = bearer else { return (401, String::new()) };
            if memory.secrets.entry(uuid.clone()).or_insert_with(|| bearer.clone()) != &bearer {
                return (403, String::new());
            }
            memory.reports.retain(|(other, _)| *other != uuid);
            let digest = crate::programs::sha256(payload.as_bytes());
            memory.reports.push((uuid, payload));
            (200, signed(memory, json!({"payload_sha256": digest, "day": "2026-11-24", "expires": "2027-02-22"})))
        }
        ("POST /clear.php", _) => {
            let Some(uuid) = request.field("uuid") else { return (200, String::new()) };
            if plays == Plays::Stock {
                memory.reports.retain(|(other, _)| *other != uuid);
                return (200, String::new());
            }
            if memory.secrets.get(&uuid).is_some_and(|known| Some(known) != bearer.as_ref()) {
                return (403, String::new());
            }
            let before = memory.reports.len();
            memory.reports.retain(|(other, _)| *other != uuid);
            memory.secrets.remove(&uuid);
            let removed = before - memory.reports.len();
            let mut receipt = json!({
                "cleared": {"reports": removed, "entries": 0, "labels": 0, "installs": u64::from(removed > 0)},
                "day": "2026-11-24",
                "lags": {},
                "receiver": "callback-receiver/0.1.0",
            });
            let nonce = request.field("nonce").and_then(|nonce| ClearNonce::parse(&nonce));
            if let Some(nonce) = nonce.filter(|_| !memory.is_old) {
                receipt["request_hmac"] = nonce.request_hmac(&uuid).into();
            }
            (200, signed(memory, receipt))
        }
        ("POST /api/v1/held", Plays::Ours) => {
            let Some(uuid) = request.field("uuid") else { return (422, String::new()) };
            if memory.secrets.get(&uuid) != bearer.as_ref() {
                return (403, String::new());
            }
            let held = memory.reports.iter().filter(|(other, _)| *other == uuid);
            let held: Vec<_> = held.map(|(_, payload)| crate::programs::sha256(payload.as_bytes())).collect();
            (200, json!({"reports": held}).to_string())
        }
        ("GET /api/v1/keys", Plays::Ours) => match &memory.keys {
            Some(keys) if memory.is_old => {
                let mut keys = keys.clone();
                keys.as_object_mut().map(|keys| keys.remove("binds_clears"));
                (200, keys.to_string())
            }
            Some(keys) => (200, keys.to_string()),
            None => (404, String::new()),
        },
        ("GET /api/v1/policy", Plays::Ours) => match &memory.policy {
            Some(policy) => (200, policy.to_string()),
            None => (404, String::new()),
        },
        _ => (404, String::new()),
    }
}

/// A receipt, signed if the site has a key.
fn signed(memory: &Memory, receipt: Value) -> String {
    match &memory.signing {
        Some(signing) => signing.sign(receipt).to_string(),
        None => receipt.to_string(),
    }
}

/// The uuid of a report that the stock site would store; `None` if it would lose the report.
fn stock_would_keep(text: &str) -> Option<String> {
    let payload: Value = serde_json::from_str(text).ok()?;
    let short = |value: &Value, most: usize| value.as_str().is_some_and(|text| text.chars().count() <= most);
    let entries: Vec<_> =
        payload["data"].as_object()?.values().flat_map(|list| list.as_array().into_iter().flatten()).collect();
    // The site reads by position: the total first.
    (text.matches("{\"total\":").count() == entries.len()).then_some(())?;
    for entry in entries {
        (entry["total"].as_u64()? < 1 << 31).then_some(())?;
    }
    for pair in payload["info"].as_array()? {
        let keys: Vec<&String> = pair.as_object()?.keys().collect();
        let fits = short(&pair["os"], 64) && short(&pair["sysDescr"], 255) && short(&pair["sysObjectID"], 255);
        (keys == ["count", "os", "sysDescr", "sysObjectID"] && fits).then_some(())?;
    }
    Some(payload["uuid"].as_str()?.to_owned())
}
