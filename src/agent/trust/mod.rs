//! Verifies receipts. The key of a callback-receiver is pinned at opt-in, or with the first receipt. Every receipt must
//! be signed by a pinned key, or by a key that a pinned key signed. No other key is accepted silently: nothing is sent
//! to that receiver until the admin accepts its key.

pub(crate) mod binding;
pub(crate) mod policy;

use crate::clock;
use crate::code::Code;
use crate::error::{Error, Reason, Result};
use crate::librenms::Settings;
use crate::receiver::transport::{Answer, get};
use crate::receiver::{Kind, Receiver};
use crate::store::State;
use crate::store::keys::PinReason;
use callback_protocol::agent_api::KeyStatus;
pub(crate) use callback_protocol::agent_api::ReceiptCheck;
use callback_protocol::keys::PublishedKeys;
use callback_protocol::receipt::verify;
use callback_protocol::signing::PublicKey;
use serde_json::Value;

/// The note of the receiver whose last receipt, or current key, is not a pinned key's.
const REFUSED: &str = "refused-receipt";

/// The result of checking a receiver's keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum KeyCheck {
    /// A stock site, which does not sign.
    SignsNothing,
    /// The receiver's first key; it is pinned now.
    First(PublicKey),
    /// A pinned key, or one that a pinned key signed.
    Known(PublicKey),
    /// A key that no pinned key signed. It is not pinned.
    Other(PublicKey),
    /// The keys could not be fetched. The newest pinned key, if there is one.
    NotReached(Option<PublicKey>),
}

impl KeyCheck {
    /// The result without the key.
    pub(crate) const fn status(&self) -> KeyStatus {
        match self {
            Self::SignsNothing => KeyStatus::SignsNothing,
            Self::First(_) => KeyStatus::Pinned,
            Self::Known(_) => KeyStatus::Known,
            Self::Other(_) => KeyStatus::Other,
            Self::NotReached(_) => KeyStatus::NotReached,
        }
    }

    /// The key, if one was fetched.
    pub(crate) const fn key(&self) -> Option<&PublicKey> {
        match self {
            Self::First(key) | Self::Known(key) | Self::Other(key) => Some(key),
            Self::SignsNothing | Self::NotReached(_) => None,
        }
    }
}

/// The keys that a receiver publishes; `None` if they cannot be fetched.
async fn published(receiver: &Receiver, settings: Option<&Settings>) -> Option<(PublishedKeys, PublicKey)> {
    read_keys(document(receiver, settings).await?)
}

/// The keys of a document, and the current signing key; `None` if it names none.
fn read_keys(document: Value) -> Option<(PublishedKeys, PublicKey)> {
    let keys: PublishedKeys = serde_json::from_value(document).ok()?;
    let current = keys.current()?;
    Some((keys, current))
}

/// The unparsed document of a receiver's keys.
pub(crate) async fn document(receiver: &Receiver, settings: Option<&Settings>) -> Option<Value> {
    match get(&receiver.api("api/v1/keys"), settings).await {
        Answer::Status { status: 200, text, .. } => serde_json::from_str(&text).ok(),
        _ => None,
    }
}

/// Fetches a receiver's keys. Pins the first key, and keys that a pinned key signed. If the receiver now has another
/// one, nothing is sent to it until the admin accepts that.
pub(crate) async fn check_keys(
    state: &mut State,
    receiver: &Receiver,
    settings: Option<&Settings>,
) -> Result<KeyCheck> {
    if receiver.kind != Kind::CallbackStats {
        return Ok(KeyCheck::SignsNothing);
    }
    let known = state.keys_of(&receiver.url).await?;
    let Some((published, current)) = published(receiver, settings).await else {
        return Ok(KeyCheck::NotReached(known.last().cloned()));
    };
    binding::record_published(state, receiver, &published).await?;
    if known.is_empty() {
        state.pin_key(&receiver.url, &current, clock::today(), PinReason::First).await?;
        return Ok(KeyCheck::First(current));
    }
    let newly_signed = pin_signed_keys(state, receiver, &published, &known).await?;
    if known.contains(&current) || newly_signed.contains(&current) {
        return Ok(KeyCheck::Known(current));
    }
    // The next report would carry the secret to anyone who has this key.
    state.keep_note(REFUSED, Some(&receiver.url)).await?;
    Ok(KeyCheck::Other(current))
}

/// Compares published keys with pinned ones, and changes nothing; `None` if the document holds no keys.
pub(crate) fn compare(document: Value, known: &[PublicKey]) -> Option<KeyCheck> {
    let (published, current) = read_keys(document)?;
    Some(if known.is_empty() {
        KeyCheck::First(current)
    } else if known.contains(&current) || published.signed_by(known).contains(&current) {
        KeyCheck::Known(current)
    } else {
        KeyCheck::Other(current)
    })
}

/// Pins keys that pinned keys signed; returns them.
async fn pin_signed_keys(
    state: &mut State,
    receiver: &Receiver,
    published: &PublishedKeys,
    known: &[PublicKey],
) -> Result<Vec<PublicKey>> {
    let newly_signed = published.signed_by(known);
    for key in &newly_signed {
        state.pin_key(&receiver.url, key, clock::today(), PinReason::Vouched).await?;
    }
    Ok(newly_signed)
}

/// Checks the receipt of a callback-receiver, and records whether it was rejected.
pub(crate) async fn check(
    state: &mut State,
    receiver: &Receiver,
    receipt: &Value,
    settings: Option<&Settings>,
) -> Result<ReceiptCheck> {
    let document = async || document(receiver, settings).await;
    let proof = check_with(state, receiver, receipt, document).await?;
    remember(state, receiver, proof).await?;
    Ok(proof)
}

/// Checks a receipt with the key document from `document`, which is called only if it is needed.
pub(crate) async fn check_with(
    state: &mut State,
    receiver: &Receiver,
    receipt: &Value,
    document: impl AsyncFnOnce() -> Option<Value>,
) -> Result<ReceiptCheck> {
    let known = state.keys_of(&receiver.url).await?;
    let signs = |key: &PublicKey| verify(receipt, key);
    let proof = if known.iter().any(signs) {
        ReceiptCheck::Signed
    } else {
        match document().await.and_then(read_keys) {
            None => ReceiptCheck::NotChecked,
            Some((_, current)) if known.is_empty() && signs(&current) => {
                state.pin_key(&receiver.url, &current, clock::today(), PinReason::First).await?;
                ReceiptCheck::FirstKey
            }
            Some((published, current)) => {
                let newly_signed = pin_signed_keys(state, receiver, &published, &known).await?;
                if newly_signed.iter().any(signs) {
                    ReceiptCheck::NewKey
                } else if signs(&current) {
                    ReceiptCheck::OtherKey
                } else {
                    ReceiptCheck::NotSigned
                }
            }
        }
    };
    Ok(proof)
}

/// Records whether a receipt was rejected. Only one that came from the receiver itself counts: a file may be edited, and
/// must not block reports.
pub(crate) async fn remember(state: &mut State, receiver: &Receiver, proof: ReceiptCheck) -> Result<()> {
    if proof.is_refused() {
        state.keep_note(REFUSED, Some(&receiver.url)).await
    } else if proof != ReceiptCheck::NotChecked && is_last_receipt_rejected(state, receiver).await? {
        state.keep_note(REFUSED, None).await
    } else {
        Ok(())
    }
}

/// Whether the last receipt of a receiver was rejected, and its key has not been accepted since.
pub(crate) async fn is_last_receipt_rejected(state: &mut State, receiver: &Receiver) -> Result<bool> {
    Ok(state.note(REFUSED).await?.as_deref() == Some(receiver.url.as_str()))
}

/// The reason if the last receipt of the receiver was rejected.
pub(crate) async fn refusal(state: &mut State, receiver: &Receiver) -> Result<Option<Reason>> {
    Ok(is_last_receipt_rejected(state, receiver).await?.then(|| {
        Reason::new(
            Code::ReceiptNotVerified,
            "the receiver did not sign with its pinned key, so it may be a different server; run `callback-agent key show`, \
             ask the receiver's operator, then accept a new key with `callback-agent key accept`",
        )
    }))
}

/// The receiver's current signing key, to be shown before it is accepted.
pub(crate) async fn current_key(receiver: &Receiver, settings: Option<&Settings>) -> Result<PublicKey> {
    published(receiver, settings).await.map(|(_, current)| current).ok_or_else(|| {
        let keys = receiver.api("api/v1/keys");
        Error::new(Code::KeysUnavailable, format!("cannot fetch {keys}; nothing was changed, try again later"))
    })
}

/// Accepts a key: receipts signed by it are valid from now on.
pub(crate) async fn accept(state: &mut State, receiver: &Receiver, key: &PublicKey) -> Result<()> {
    state.pin_key(&receiver.url, key, clock::today(), PinReason::Accepted).await?;
    binding::stop_expecting(state, receiver).await?;
    if is_last_receipt_rejected(state, receiver).await? {
        state.keep_note(REFUSED, None).await?;
    }
    Ok(())
}
