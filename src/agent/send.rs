//! Sends a report: one request in the stock wire format. Only 2xx is success, redirects are refused.

use crate::error::{Error, Result};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use ureq::tls::{RootCerts, TlsConfig};

/// Where LibreNMS sends its reports when nothing else is set.
pub const STOCK_URL: &str = "https://stats.librenms.org/log.php";

/// Most bytes of an answer that are read.
const MAX_ANSWER: u64 = 64 << 10;

/// What a receiver of ours answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// SHA-256 of the payload that was stored.
    pub payload_sha256: String,
    /// The day (UTC) that the report counts for.
    pub day: String,
    /// The day (UTC) from which on nothing of it can be read.
    pub expires: String,
}

/// How it went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sent {
    /// Stored, with a receipt.
    Receipt(Receipt),
    /// Taken by a receiver that gives no receipts, such as the stock site.
    WithoutReceipt,
}

/// Sends a payload.
///
/// # Errors
/// [`Error::Config`] for an address that is no http or https URL, [`Error::Receiver`] for everything that is not 2xx,
/// and for a receipt of something else.
pub fn send(url: &str, payload: &[u8], payload_sha256: &str, module_sha256: &str) -> Result<Sent> {
    if !url.starts_with("https://") && !url.starts_with("http://") {
        return Err(Error::Config("the receiver's address must start with https:// or http://".into()));
    }
    let mut body = String::with_capacity(payload.len() * 3 / 2);
    body.push_str("data=");
    body.extend(form_urlencoded::byte_serialize(payload));
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .timeout_connect(Some(Duration::from_secs(15)))
        .timeout_global(Some(Duration::from_secs(120)))
        .user_agent(concat!("callback-agent/", env!("CARGO_PKG_VERSION")))
        .tls_config(TlsConfig::builder().root_certs(RootCerts::PlatformVerifier).build())
        .build()
        .into();
    let mut answer = agent
        .post(url)
        .header("Content-Type", "application/x-www-form-urlencoded")
        .header("Callback-Payload-SHA256", payload_sha256)
        .header("Callback-Module-SHA256", module_sha256)
        .send(body)
        .map_err(|error| unreachable_receiver(&error))?;
    let status = answer.status();
    if status.is_redirection() {
        return Err(Error::Receiver(format!(
            "the receiver answered {}, a redirect, which is not followed; set its final address",
            status.as_u16()
        )));
    }
    if !status.is_success() {
        return Err(Error::Receiver(format!(
            "the receiver answered {} and did not take the report; nothing was lost, the next run tries again",
            status.as_u16()
        )));
    }
    // A receiver that took the report and then breaks off in its answer has taken it all the same.
    let text = answer.body_mut().with_config().limit(MAX_ANSWER).read_to_string().unwrap_or_default();
    match serde_json::from_str::<Receipt>(&text) {
        Ok(receipt) if receipt.payload_sha256 == payload_sha256 => Ok(Sent::Receipt(receipt)),
        Ok(_) => Err(Error::Receiver(
            "the receiver's receipt is for other bytes than were sent; tell whoever runs it".into(),
        )),
        Err(_) => Ok(Sent::WithoutReceipt),
    }
}

fn unreachable_receiver(error: &ureq::Error) -> Error {
    Error::Receiver(match error {
        ureq::Error::HostNotFound => {
            "the receiver's name cannot be resolved; check its address and this machine's DNS".into()
        }
        ureq::Error::Timeout(_) => "the receiver did not answer in time; the next run tries again".into(),
        ureq::Error::Io(error) => {
            format!(
                "the receiver cannot be reached ({}); check its address, the network and any firewall",
                error.kind()
            )
        }
        ureq::Error::ConnectionFailed => {
            "the receiver cannot be reached; check its address, the network and any firewall".into()
        }
        ureq::Error::Tls(_) | ureq::Error::Rustls(_) => {
            "the receiver's certificate was refused; check its address and this machine's clock and certificates".into()
        }
        ureq::Error::BadUri(_) | ureq::Error::Http(_) => "the receiver's address is no URL; correct it".into(),
        _ => "the receiver could not be talked to; check its address and the network".into(),
    })
}
