//! Whether a receipt is worth something: the key of a receiver of ours is remembered when the admin says yes (or at the
//! first receipt), and every receipt must be signed by it, or by one that it vouches for. Another key is never taken
//! silently: nothing more is sent to that receiver until the admin accepts it.

pub(crate) mod binding;
pub(crate) mod policy;

use crate::clock;
use crate::code::Code;
use crate::error::{Error, Reason, Result};
use crate::librenms::Settings;
use crate::receiver::transport::{Answer, get};
use crate::receiver::{Kind, Receiver};
use crate::store::State;
use crate::store::keys::How;
use callback_protocol::agent_api::KeyStatus;
pub(crate) use callback_protocol::agent_api::ReceiptCheck;
use callback_protocol::keys::PublishedKeys;
use callback_protocol::receipt::verify;
use callback_protocol::signing::PublicKey;
use serde_json::Value;

/// The note of the receiver whose last receipt was not signed by a known key.
const REFUSED: &str = "refused-receipt";

/// What is found when a receiver's keys are looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum KeyCheck {
    /// It is a stock site, which signs nothing.
    SignsNothing,
    /// Its key, which is remembered from now on.
    First(PublicKey),
    /// Its key, known already, or one that a known key vouches for.
    Known(PublicKey),
    /// A key that no known one vouches for. It is not remembered.
    Other(PublicKey),
    /// Its keys could not be read.
    NotReached,
}

impl KeyCheck {
    /// What was found, without the key.
    pub(crate) const fn status(&self) -> KeyStatus {
        match self {
            Self::SignsNothing => KeyStatus::SignsNothing,
            Self::First(_) => KeyStatus::Pinned,
            Self::Known(_) => KeyStatus::Known,
            Self::Other(_) => KeyStatus::Other,
            Self::NotReached => KeyStatus::NotReached,
        }
    }

    /// The key, if one was fetched.
    pub(crate) const fn key(&self) -> Option<&PublicKey> {
        match self {
            Self::First(key) | Self::Known(key) | Self::Other(key) => Some(key),
            Self::SignsNothing | Self::NotReached => None,
        }
    }
}

/// The keys that a receiver publishes; nothing where they cannot be read.
async fn published(receiver: &Receiver, settings: Option<&Settings>) -> Option<(PublishedKeys, PublicKey)> {
    read_keys(document(receiver, settings).await?)
}

/// The keys of a document with the one that signs now; nothing for a document that names none.
fn read_keys(document: Value) -> Option<(PublishedKeys, PublicKey)> {
    let keys: PublishedKeys = serde_json::from_value(document).ok()?;
    let current = keys.current()?;
    Some((keys, current))
}

/// The document of a receiver's keys as it is.
pub(crate) async fn document(receiver: &Receiver, settings: Option<&Settings>) -> Option<Value> {
    match get(&receiver.api("api/v1/keys"), settings).await {
        Answer::Status { status: 200, text, .. } => serde_json::from_str(&text).ok(),
        _ => None,
    }
}

/// Looks at a receiver's keys, and remembers the first, or new ones that a known key vouches for.
pub(crate) async fn meet(state: &mut State, receiver: &Receiver, settings: Option<&Settings>) -> Result<KeyCheck> {
    if receiver.kind != Kind::CallbackStats {
        return Ok(KeyCheck::SignsNothing);
    }
    let known = state.keys_of(&receiver.url).await?;
    let Some((published, current)) = published(receiver, settings).await else { return Ok(KeyCheck::NotReached) };
    binding::learn(state, receiver, &published).await?;
    if known.is_empty() {
        state.know_key(&receiver.url, &current, clock::today(), How::First).await?;
        return Ok(KeyCheck::First(current));
    }
    let vouched = follow(state, receiver, &published, &known).await?;
    Ok(if known.contains(&current) || vouched.contains(&current) {
        KeyCheck::Known(current)
    } else {
        KeyCheck::Other(current)
    })
}

/// Compares the keys that a receiver publishes with the pinned ones, and changes nothing; nothing for a document that is
/// none of keys.
pub(crate) fn compare(document: Value, known: &[PublicKey]) -> Option<KeyCheck> {
    let (published, current) = read_keys(document)?;
    Some(if known.is_empty() {
        KeyCheck::First(current)
    } else if known.contains(&current) || published.vouched_for(known).contains(&current) {
        KeyCheck::Known(current)
    } else {
        KeyCheck::Other(current)
    })
}

/// Remembers keys that known ones vouch for; returns them.
async fn follow(
    state: &mut State,
    receiver: &Receiver,
    published: &PublishedKeys,
    known: &[PublicKey],
) -> Result<Vec<PublicKey>> {
    let vouched = published.vouched_for(known);
    for key in &vouched {
        state.know_key(&receiver.url, key, clock::today(), How::Vouched).await?;
    }
    Ok(vouched)
}

/// Checks a receipt of a receiver of ours, and remembers a receiver whose receipt is refused.
pub(crate) async fn check(
    state: &mut State,
    receiver: &Receiver,
    receipt: &Value,
    settings: Option<&Settings>,
) -> Result<ReceiptCheck> {
    let document = async || document(receiver, settings).await;
    check_with(state, receiver, receipt, document).await
}

/// The same with the document of keys that `document` gives, which is asked only where it is needed.
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
                state.know_key(&receiver.url, &current, clock::today(), How::First).await?;
                ReceiptCheck::FirstKey
            }
            Some((published, current)) => {
                let vouched = follow(state, receiver, &published, &known).await?;
                if vouched.iter().any(signs) {
                    ReceiptCheck::NewKey
                } else if signs(&current) {
                    ReceiptCheck::OtherKey
                } else {
                    ReceiptCheck::NotSigned
                }
            }
        }
    };
    if proof.is_refused() {
        state.keep_note(REFUSED, Some(&receiver.url)).await?;
    } else if proof != ReceiptCheck::NotChecked && is_refused(state, receiver).await? {
        state.keep_note(REFUSED, None).await?;
    }
    Ok(proof)
}

/// Whether the last receipt of a receiver was refused, and nobody has accepted its key since.
pub(crate) async fn is_refused(state: &mut State, receiver: &Receiver) -> Result<bool> {
    Ok(state.note(REFUSED).await?.as_deref() == Some(receiver.url.as_str()))
}

/// Why nothing is sent to a receiver whose last receipt was refused.
pub(crate) async fn refusal(state: &mut State, receiver: &Receiver) -> Result<Option<Reason>> {
    Ok(is_refused(state, receiver).await?.then(|| {
        Reason::new(
            Code::ReceiptNotVerified,
            "the last receipt was not signed by the receiver's pinned key; run `callback-agent key show`, ask the receiver's \
             operator, then accept a new key with `callback-agent key accept`",
        )
    }))
}

/// The key that a receiver signs with now, to be shown before it is accepted.
pub(crate) async fn current_key(receiver: &Receiver, settings: Option<&Settings>) -> Result<PublicKey> {
    published(receiver, settings).await.map(|(_, current)| current).ok_or_else(|| {
        let keys = receiver.api("api/v1/keys");
        Error::new(Code::KeysUnavailable, format!("cannot fetch {keys}; nothing was changed, try again later"))
    })
}

/// Accepts a key: what the receiver signs with it counts from now on.
pub(crate) async fn accept(state: &mut State, receiver: &Receiver, key: &PublicKey) -> Result<()> {
    state.know_key(&receiver.url, key, clock::today(), How::Accepted).await?;
    binding::expect_no_more(state, receiver).await?;
    if is_refused(state, receiver).await? {
        state.keep_note(REFUSED, None).await?;
    }
    Ok(())
}
