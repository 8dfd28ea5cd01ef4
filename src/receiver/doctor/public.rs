//! Checks over the network: the public address with its certificate, and the receiver itself.

use super::checks::{Check, CheckCode};
use super::fetch::{Answer, Failure, Target};
use crate::config::Settings;
use crate::store::inspect::Inspection;
use jiff::Timestamp;
use std::time::Duration;

/// How long a certificate should still be valid.
const CERTIFICATE_DAYS: u64 = 14;

async fn get(url: &str, path: &'static str, ahead: Duration) -> Result<Answer, Failure> {
    let Some(target) = Target::of(url) else { return Err(Failure::Url) };
    tokio::task::spawn_blocking(move || target.get(path, ahead)).await.unwrap_or(Err(Failure::Response))
}

/// Checks `public_url`. Returns the time according to its web server.
pub(super) async fn check(settings: &Settings, checks: &mut Vec<Check>) -> Option<Timestamp> {
    let url = settings.public_url.as_str();
    let codes = [CheckCode::PublicUrl, CheckCode::PublicCertificate, CheckCode::PublicMetrics];
    let skip = |checks: &mut Vec<Check>, codes: &[CheckCode], why: &str| {
        checks.extend(codes.iter().map(|code| Check::not_checked(*code, why)));
    };
    if url.is_empty() {
        skip(checks, &codes, "public_url is not set");
        return None;
    }
    let answer = match get(url, "/api/v1/policy", Duration::ZERO).await {
        Ok(answer) => answer,
        Err(failure) => {
            checks.push(failed(url, &failure));
            skip(checks, &codes[1..], "public_url does not answer");
            return None;
        }
    };
    let is_receiver = answer.status == 200 && answer.body.contains("\"retention_days\"");
    checks.push(match is_receiver {
        true => Check::ok(codes[0], url, "the receiver answers there"),
        false => Check::failed(codes[0], url, format!("/api/v1/policy answers {}, not with a policy", answer.status))
            .remedy("check that the web server passes requests to the receiver"),
    });
    checks.push(check_certificate(url).await);
    checks.push(check_hidden(url).await);
    answer.date
}

fn failed(url: &str, failure: &Failure) -> Check {
    let code = CheckCode::PublicUrl;
    match failure {
        Failure::Url => Check::failed(code, "public_url", "expected https://HOST")
            .remedy("set it to the address of this receiver, without user and password"),
        Failure::Connect(why) => Check::failed(code, url, format!("cannot connect ({why})"))
            .remedy("check DNS, the firewall and that the web server runs"),
        Failure::Certificate(why) => Check::failed(code, url, format!("the certificate is not valid: {why}"))
            .remedy("renew the certificate, or correct the web server's configuration"),
        Failure::Tls => Check::failed(code, url, "the TLS handshake failed")
            .remedy("check that the web server speaks TLS 1.2 or 1.3 there"),
        Failure::Response => Check::failed(code, url, "there is no HTTP response").remedy("check the web server"),
    }
}

async fn check_certificate(url: &str) -> Check {
    let code = CheckCode::PublicCertificate;
    if Target::of(url).is_none_or(|target| !target.is_tls()) {
        return Check::failed(code, url, "reports and secrets travel without TLS").remedy("use https");
    }
    match get(url, "/api/v1/policy", Duration::from_secs(CERTIFICATE_DAYS * 86_400)).await {
        Err(Failure::Certificate(_)) => {
            Check::warning(code, url, format!("the certificate expires within {CERTIFICATE_DAYS} days"))
                .remedy("renew it, and check what should have renewed it")
        }
        Err(_) => Check::not_checked(code, "public_url does not answer"),
        Ok(_) => Check::ok(code, url, format!("the certificate is valid for {CERTIFICATE_DAYS} more days")),
    }
}

async fn check_hidden(url: &str) -> Check {
    let code = CheckCode::PublicMetrics;
    for path in ["/metrics", "/readyz"] {
        match get(url, path, Duration::ZERO).await {
            Ok(answer) if answer.status < 400 => {
                return Check::failed(code, url, format!("everyone can read {path}"))
                    .remedy("hide /metrics and /readyz in the web server (docs/deploy.md)");
            }
            Ok(_) => {}
            Err(_) => return Check::not_checked(code, "public_url does not answer"),
        }
    }
    Check::ok(code, url, "/metrics and /readyz are hidden")
}

/// Checks whether a receiver runs and is ready.
pub(super) async fn check_receiver(settings: &Settings, inspection: Option<&Inspection>, checks: &mut Vec<Check>) {
    let (code, url) = (CheckCode::Receiver, format!("http://{}", settings.listen));
    let running = inspection.map_or(0, |inspection| inspection.receivers);
    if running == 0 {
        let has_data = inspection.is_some_and(|inspection| inspection.contents.is_some());
        let check = if has_data { Check::failed } else { Check::warning };
        checks.push(
            check(code, url, "no receiver runs with this database".to_owned())
                .remedy("start it, for example with: systemctl start callback-receiver"),
        );
        return;
    }
    checks.push(match get(&url, "/readyz", Duration::ZERO).await {
        Ok(answer) if answer.status == 200 => Check::ok(code, url, format!("{running} running; this one is ready")),
        Ok(answer) if answer.status == 503 => {
            Check::failed(code, url, "it runs, but cannot store reports").remedy("see its log; free some disk space")
        }
        Ok(answer) => {
            Check::warning(code, url, format!("/readyz answers {}: this may be another program", answer.status))
                .remedy("set `listen` to the address of the receiver")
        }
        Err(_) => Check::warning(code, url, format!("{running} running, but none answers there"))
            .remedy("set `listen` to the address of the receiver, or see its log"),
    });
}
