//! Checks of the receiver and of each step of the connection to it. They fetch its keys and policy, as `enable` does.
//! These requests hold no data of the install.

use super::database::skew;
use super::findings::{Findings, Found};
use super::state::Remembered;
use super::{DoctorRequest, Known};
use crate::app::effective_receiver::{ReceiverSources, effective_receiver};
use crate::code::Code;
use crate::error::Reason;
use crate::receiver::transport::{Answer, Transport};
use crate::receiver::{Kind, Receiver, is_loopback};
use crate::trust::{self, KeyCheck};
use callback_protocol::Policy;
use callback_protocol::agent_api::{CheckArea, CheckState};
use jiff::Timestamp;
use serde_json::Value;
use std::time::Duration;

const AREA: CheckArea = CheckArea::Receiver;

/// Timeout of each request.
const TIMEOUT: Duration = Duration::from_secs(10);

/// The steps of the connection, and the final check of the receiver.
const STEPS: [&str; 5] = ["receiver-proxy", "receiver-name", "receiver-connection", "receiver-tls", "receiver-answer"];
const END: [&str; 4] = ["receiver-kind", "receiver-key", "receiver-policy", "receiver-clock"];

/// Checks the receiver; returns it with the check of its URL.
pub(super) async fn check(
    request: &DoctorRequest<'_>,
    known: &Known,
    remembered: &mut Remembered,
    findings: &mut Findings,
) -> Option<Receiver> {
    let sources = ReceiverSources {
        named: request.named,
        named_in: request.receiver_named_in,
        configured: request.config.receiver.as_ref(),
        config_file: request.config_file.display().to_string(),
    };
    if request.named.url.is_none() && request.config.receiver.is_none() && request.config.lost.contains("receiver") {
        let because = "`receiver.url` in the configuration is missing or wrong";
        findings.add(AREA, "receiver-url", "receiver", Found::not_checked(because));
        findings.skip(AREA, &STEPS, "receiver", "the receiver is not known");
        findings.skip(AREA, &END, "receiver", "the receiver is not known");
        return None;
    }
    let (receiver, from) = match effective_receiver(&sources, &known.settings, known.missing.is_none()) {
        Ok(chosen) => chosen,
        Err(error) => {
            let found = match error.code() {
                Code::ReceiverNotDetermined => Found::not_checked(error.message()),
                Code::ConfigPhpNotRead => Found::not_checked("config.php cannot be parsed, and may name the receiver"),
                _ => Found::from(&error),
            };
            findings.add(AREA, "receiver-url", "receiver", found);
            findings.skip(AREA, &STEPS, "receiver", "the receiver is not known");
            findings.skip(AREA, &END, "receiver", "the receiver is not known");
            return None;
        }
    };
    let subject = format!("{} ({}; {from})", receiver.shown(), receiver.kind.name());
    findings.add(AREA, "receiver-url", subject, address(&receiver));
    let Some((answer, date)) = reach(&receiver, known, findings).await else {
        findings.skip(AREA, &END, receiver.shown(), "the receiver did not answer");
        return Some(receiver);
    };
    let found = match date {
        Some(date) => skew("the receiver's clock", date),
        None => Found::note(Code::CheckNoted, "the receiver's answer has no Date header"),
    };
    findings.add(AREA, "receiver-clock", receiver.shown(), found);
    check_kind(&receiver, &answer, known, remembered, findings).await;
    Some(receiver)
}

/// The check of its URL.
fn address(receiver: &Receiver) -> Found {
    let open = [&receiver.url, &receiver.clear_url].into_iter().find(|url| url.starts_with("http://"));
    match open {
        Some(url) if is_loopback(url) => Found::ok("plain http, on this host"),
        Some(_) => {
            let secret = if receiver.kind == Kind::CallbackStats { " and the secret" } else { "" };
            Found::warning(Code::ReceiverNotEncrypted, format!("plain http: the report{secret} can be read in transit"))
                .remedy("use https://, if the receiver supports it")
        }
        None => Found::ok("https"),
    }
}

/// Connects to the receiver, records how far that succeeds, and returns its answer.
async fn reach(receiver: &Receiver, known: &Known, findings: &mut Findings) -> Option<(Answer, Option<Timestamp>)> {
    let url = receiver.api("api/v1/keys");
    let transport = Transport::new(&url, Some(&known.settings), TIMEOUT);
    let (host, port) = host_of(&url)?;
    let is_proxied = match transport.proxy_place() {
        Err(why) => {
            let found = Found::of(CheckState::Problem, &Reason::new(Code::ProxyInvalid, why));
            findings.add(AREA, "receiver-proxy", &host, found);
            findings.skip(AREA, &STEPS[1..], &host, "the proxy cannot be used");
            return None;
        }
        Ok(Some(place)) => {
            findings.add(AREA, "receiver-proxy", &place, Found::ok(format!("used for {host}")));
            findings.add(
                AREA,
                "receiver-name",
                &host,
                Found::ok("resolved by the proxy; with socks4 and socks5, by the agent"),
            );
            true
        }
        Ok(None) => {
            let found = match &known.missing {
                Some(_) => Found::note(Code::CheckNoted, "none in the environment; LibreNMS's settings are not known"),
                None => Found::ok("none; the connection is direct"),
            };
            findings.add(AREA, "receiver-proxy", &host, found);
            false
        }
    };
    if !is_proxied && !resolves(&host, port, findings).await {
        findings.skip(AREA, &STEPS[2..], &host, "the name does not resolve");
        return None;
    }
    let place = format!("{host}:{port}");
    let target = url.clone();
    let Ok((answer, date)) = tokio::task::spawn_blocking(move || transport.probe(&target)).await else {
        findings.skip(AREA, &STEPS[2..], &place, "the request was interrupted");
        return None;
    };
    steps(&answer, &url, &place, findings).then_some((answer, date))
}

fn host_of(url: &str) -> Option<(String, u16)> {
    let uri = url.parse::<ureq::http::Uri>().ok()?;
    let port = uri.port_u16().unwrap_or(if uri.scheme_str() == Some("https") { 443 } else { 80 });
    Some((uri.host()?.to_owned(), port))
}

async fn resolves(host: &str, port: u16, findings: &mut Findings) -> bool {
    let name = host.trim_start_matches('[').trim_end_matches(']').to_owned();
    let found = match tokio::time::timeout(TIMEOUT, tokio::net::lookup_host((name.as_str(), port))).await {
        Ok(Ok(addresses)) => {
            let mut addresses: Vec<String> = addresses.map(|address| address.ip().to_string()).collect();
            addresses.dedup();
            match addresses.is_empty() {
                true => Err("it has no IP address"),
                false => Ok(addresses.join(", ")),
            }
        }
        Ok(Err(_)) => Err("the resolver does not know it, or does not answer"),
        Err(_) => Err("the resolver did not answer in time"),
    };
    let resolves = found.is_ok();
    let found = match found {
        Ok(addresses) => Found::ok(format!("resolves to {addresses}")),
        Err(why) => Found::problem(Code::ReceiverNotResolved, format!("cannot resolve \"{name}\": {why}"))
            .remedy("check the URL and DNS"),
    };
    findings.add(AREA, "receiver-name", host, found);
    resolves
}

/// The steps that a request completed. Returns whether there was an answer.
fn steps(answer: &Answer, url: &str, place: &str, findings: &mut Findings) -> bool {
    let tls = || match url.starts_with("https:") {
        true => Found::ok("the certificate is trusted"),
        false => Found::ok("not used: plain http"),
    };
    let problem = |reason: &Reason| Found::of(CheckState::Problem, reason);
    let (connection, tls_found, answered) = match answer {
        Answer::NotReached(reason) => match reason.code {
            Code::ReceiverCertificate | Code::ReceiverTls => {
                (Found::ok("connected"), problem(reason), Found::not_checked("the TLS handshake failed"))
            }
            _ => {
                let because = "there is no connection";
                (problem(reason), Found::not_checked(because), Found::not_checked(because))
            }
        },
        Answer::Lost(reason) => (Found::ok("connected"), tls(), problem(reason)),
        Answer::Status { status, .. } => (Found::ok("connected"), tls(), of_status(*status)),
    };
    findings.add(AREA, "receiver-connection", place, connection);
    findings.add(AREA, "receiver-tls", place, tls_found);
    findings.add(AREA, "receiver-answer", url, answered);
    matches!(answer, Answer::Status { .. })
}

fn of_status(status: u16) -> Found {
    let finding = format!("answers with status {status}");
    match status {
        300..=399 => {
            Found::warning(Code::ReceiverRedirect, format!("{finding}, a redirect, which the agent does not follow"))
                .remedy("set the URL that it redirects to")
        }
        429 => Found::note(Code::ReceiverRateLimit, format!("{finding}: rate limit exceeded")),
        500.. => Found::warning(Code::ReceiverError, format!("{finding}, an error"))
            .remedy("try again later, or ask its operator"),
        _ => Found::ok(finding),
    }
}

/// Whether the receiver is of the configured kind, and is the one that the admin opted in to.
async fn check_kind(
    receiver: &Receiver,
    answer: &Answer,
    known: &Known,
    remembered: &mut Remembered,
    findings: &mut Findings,
) {
    let Answer::Status { status, text, .. } = answer else { return };
    let document = serde_json::from_str::<Value>(text).ok().filter(|_| *status == 200);
    let own = document.and_then(|document| trust::compare(document.clone(), &[]).map(|_| document));
    let shown = receiver.shown();
    let Some(document) = own else {
        let found = match (receiver.kind, status) {
            (Kind::Stock, _) => Found::ok("a stock site, which does not sign"),
            (Kind::CallbackStats, 429 | 500..) => {
                Found::problem(Code::KeysUnavailable, "its keys (api/v1/keys) cannot be fetched")
                    .remedy("try again later")
            }
            (Kind::CallbackStats, _) => Found::problem(
                Code::NotCallbackReceiver,
                "publishes no keys (api/v1/keys), so this is not a callback-receiver; it would get the secret",
            )
            .remedy("check receiver.url, or set receiver.kind = \"stock\""),
        };
        findings.add(AREA, "receiver-kind", shown, found);
        let because = if receiver.kind == Kind::Stock {
            "a stock site has neither keys nor a policy"
        } else {
            "its keys are not known"
        };
        findings.skip(AREA, &["receiver-key", "receiver-policy"], shown, because);
        return;
    };
    let found = match receiver.kind {
        Kind::CallbackStats => Found::ok("a callback-receiver, as configured"),
        Kind::Stock => Found::warning(
            Code::ReceiverKindDiffers,
            "a callback-receiver, but configured as `stock`: there are no receipts, and no secret protects delete requests",
        )
        .remedy("set receiver.kind = \"callback-stats\", then run: callback-agent enable"),
    };
    findings.add(AREA, "receiver-kind", shown, found);
    findings.add(AREA, "receiver-key", shown, key(receiver, document, remembered).await);
    findings.add(AREA, "receiver-policy", shown, policy(receiver, known, remembered).await);
}

async fn key(receiver: &Receiver, document: Value, remembered: &mut Remembered) -> Found {
    let (known, is_refused) = match (&mut remembered.state, &remembered.missing) {
        (_, Some(because)) => return Found::not_checked(because),
        (None, None) => (Vec::new(), false),
        (Some(state), None) => {
            match (state.keys_of(&receiver.url).await, trust::is_last_receipt_rejected(state, receiver).await) {
                (Ok(known), Ok(is_refused)) => (known, is_refused),
                (Err(error), _) | (_, Err(error)) => {
                    return Found::not_checked(&format!("the pinned keys cannot be read ({})", error.code()));
                }
            }
        }
    };
    match trust::compare(document, &known) {
        Some(KeyCheck::First(key)) => {
            Found::note(Code::CheckNoted, format!("key {}; none is pinned yet, `enable` pins it", key.id()))
                .remedy("compare it with the key that the operator publishes")
        }
        Some(KeyCheck::Known(_)) if is_refused => {
            Found::problem(Code::ReceiptNotVerified, "the last receipt was not signed by a pinned key; nothing is sent")
                .remedy("run `callback-agent key show`, ask the operator, then: callback-agent key accept")
        }
        Some(KeyCheck::Known(key)) => Found::ok(format!("key {} is pinned, or signed by the pinned one", key.id())),
        Some(KeyCheck::Other(key)) => Found::problem(
            Code::KeyNotPinned,
            format!("key {} is not pinned, and no pinned key signed it: this may be a different server", key.id()),
        )
        .remedy("ask the operator; accept a new key with: callback-agent key accept"),
        _ => Found::problem(Code::KeysUnavailable, "publishes no current key").remedy("ask the operator"),
    }
}

async fn policy(receiver: &Receiver, known: &Known, remembered: &mut Remembered) -> Found {
    let url = receiver.api("api/v1/policy");
    let transport = Transport::new(&url, Some(&known.settings), TIMEOUT);
    let answer = tokio::task::spawn_blocking(move || transport.get(&url)).await;
    let document = match answer {
        Ok(Answer::Status { status: 200, text, .. }) => serde_json::from_str::<Value>(&text).ok(),
        _ => None,
    };
    let read = document.and_then(|document| Some((serde_json::from_value::<Policy>(document.clone()).ok()?, document)));
    let Some((policy, document)) = read else {
        return Found::note(Code::CheckNoted, "publishes no policy (api/v1/policy) that this agent understands");
    };
    // Print only numbers from the policy: its texts are the operator's, and untrusted.
    let terms = format!(
        "deletes reports after {} days and backups after {}, and publishes labels that at least {} installs have",
        policy.retention_days, policy.backup_days, policy.publication.installs_at_least
    );
    let differs = match &mut remembered.state {
        Some(state) => trust::policy::differs(state, &document).await.unwrap_or_default(),
        None => false,
    };
    if differs {
        return Found::warning(Code::PolicyChanged, format!("{terms}; it has changed since you opted in"))
            .remedy("read it at api/v1/policy, and accept it with: callback-agent enable");
    }
    Found::ok(terms)
}
