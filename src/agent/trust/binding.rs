//! Whether the receipt of a deletion is bound to the request that was sent. Once a receiver has bound a receipt, an
//! unbound one no longer confirms anything: a man in the middle may have obtained it for another install.

use super::{document, read_keys};
use crate::code::Code;
use crate::error::{Reason, Result};
use crate::librenms::Settings;
use crate::receiver::{Kind, Receiver};
use crate::store::State;
use callback_protocol::ClearNonce;
use callback_protocol::agent_api::{ClearResult, ReceiptBinding};
use callback_protocol::keys::PublishedKeys;
use callback_protocol::receipt::REQUEST_HMAC;
use serde_json::Value;

/// Prefix of the note that a receiver binds its receipts; the URL follows.
const BINDS: &str = "binds-clears ";

/// Which request a receipt is bound to.
pub(crate) fn of(receipt: &Value, nonce: &ClearNonce, uuid: &str) -> ReceiptBinding {
    match receipt.get(REQUEST_HMAC) {
        None => ReceiptBinding::Unbound,
        Some(bound) if bound.as_str() == Some(nonce.request_hmac(uuid).as_str()) => ReceiptBinding::Bound,
        Some(_) => ReceiptBinding::Other,
    }
}

/// Whether a receiver is known to bind its receipts.
pub(crate) async fn is_expected(state: &mut State, receiver: &Receiver) -> Result<bool> {
    Ok(state.note(&format!("{BINDS}{}", receiver.url)).await?.is_some())
}

/// Records that a receiver binds its receipts.
pub(crate) async fn expect(state: &mut State, receiver: &Receiver) -> Result<()> {
    state.keep_note(&format!("{BINDS}{}", receiver.url), Some("yes")).await
}

/// Deletes that record, since the admin accepts the receiver as it is now.
pub(super) async fn stop_expecting(state: &mut State, receiver: &Receiver) -> Result<()> {
    state.keep_note(&format!("{BINDS}{}", receiver.url), None).await
}

/// Records that a receiver's key document says that it binds its receipts. A document without that changes nothing.
pub(super) async fn record_published(state: &mut State, receiver: &Receiver, published: &PublishedKeys) -> Result<()> {
    if published.binds_clears {
        expect(state, receiver).await?;
    }
    Ok(())
}

/// The same, for a document that may be missing.
pub(crate) async fn record_from_document(state: &mut State, receiver: &Receiver, keys: Option<Value>) -> Result<()> {
    match keys.and_then(read_keys) {
        Some((published, _)) => record_published(state, receiver, &published).await,
        None => Ok(()),
    }
}

/// Asks a callback-receiver that is not known to bind its receipts whether it does.
pub(crate) async fn fetch_and_record(state: &mut State, receiver: &Receiver, settings: &Settings) -> Result<()> {
    if receiver.kind != Kind::CallbackStats || is_expected(state, receiver).await? {
        return Ok(());
    }
    let keys = document(receiver, Some(settings)).await;
    record_from_document(state, receiver, keys).await
}

/// Why a receipt with this binding confirms nothing; `None` if it does.
pub(crate) fn refusal(binding: ReceiptBinding, is_expected: bool) -> Option<Reason> {
    match binding {
        ReceiptBinding::Bound => None,
        ReceiptBinding::Unbound if !is_expected => None,
        ReceiptBinding::Unbound => Some(Reason::new(
            Code::ReceiptUnbound,
            "the receipt does not say whose reports were deleted, although this receiver's receipts do: a proxy may have \
             replaced it; ask the receiver's operator, and if they run an older version now: callback-agent key accept",
        )),
        ReceiptBinding::Other => Some(Reason::new(
            Code::ReceiptOtherRequest,
            "the receipt is for a different delete request or install: a proxy may have replaced it; ask the \
             receiver's operator",
        )),
    }
}

/// The code of confirmed deletions.
pub(crate) fn code(cleared: &[ClearResult]) -> Code {
    let is_unbound = |one: &ClearResult| one.binding == Some(ReceiptBinding::Unbound);
    if cleared.iter().any(is_unbound) { Code::ClearedUnbound } else { Code::Cleared }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const UUID: &str = "6f1c7d0e-9a53-4c5e-8d52-0a3b1d5f7e11";

    #[test]
    fn a_receipt_is_bound_to_one_request_of_one_install() {
        let nonce = ClearNonce::from_bytes([1; 32]);
        let receipt = json!({"cleared": {}, REQUEST_HMAC: nonce.request_hmac(UUID)});
        assert_eq!(of(&receipt, &nonce, UUID), ReceiptBinding::Bound);
        assert_eq!(of(&receipt, &ClearNonce::from_bytes([2; 32]), UUID), ReceiptBinding::Other);
        assert_eq!(of(&receipt, &nonce, "0b6f1f0c-3d4e-4f5a-9b8c-7d6e5f4a3b2c"), ReceiptBinding::Other);
        for no_text in [json!(null), json!(7), json!("")] {
            assert_eq!(of(&json!({REQUEST_HMAC: no_text}), &nonce, UUID), ReceiptBinding::Other);
        }
        let old = include_str!("../../../tests/snapshots/clear-receipt-0.1.0.json");
        assert_eq!(of(&serde_json::from_str(old).unwrap(), &nonce, UUID), ReceiptBinding::Unbound);
    }

    #[tokio::test]
    async fn a_receiver_that_bound_a_receipt_must_bind_all_until_its_key_is_accepted() {
        let directory = tempfile::tempdir().unwrap();
        let mut state = State::open(directory.path()).await.unwrap();
        let receiver = |url| Receiver::new(url, Kind::CallbackStats, None).unwrap();
        let (one, other) = (receiver("https://a.example/log.php"), receiver("https://b.example/log.php"));
        let key = callback_protocol::SecretKey::from_bytes(&[7; 32]);
        let old: Value = serde_json::from_str(include_str!("../../../tests/snapshots/keys-0.1.0.json")).unwrap();
        record_from_document(&mut state, &one, Some(old.clone())).await.unwrap();
        assert!(!is_expected(&mut state, &one).await.unwrap());
        let new = serde_json::to_value(PublishedKeys::of(std::slice::from_ref(&key))).unwrap();
        record_from_document(&mut state, &one, Some(new)).await.unwrap();
        for nothing in [Some(old), None] {
            record_from_document(&mut state, &one, nothing).await.unwrap();
        }
        assert!(is_expected(&mut state, &one).await.unwrap());
        assert!(!is_expected(&mut state, &other).await.unwrap());
        super::super::accept(&mut state, &one, &key.public()).await.unwrap();
        assert!(!is_expected(&mut state, &one).await.unwrap());
    }

    #[test]
    fn an_unbound_receipt_is_rejected_only_if_a_bound_one_is_expected() {
        let code = |binding, expected| refusal(binding, expected).map(|reason| reason.code);
        for expected in [false, true] {
            assert_eq!(code(ReceiptBinding::Bound, expected), None);
            assert_eq!(code(ReceiptBinding::Other, expected), Some(Code::ReceiptOtherRequest));
        }
        assert_eq!(code(ReceiptBinding::Unbound, false), None);
        assert_eq!(code(ReceiptBinding::Unbound, true), Some(Code::ReceiptUnbound));
    }
}
