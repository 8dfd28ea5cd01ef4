//! Whether a callback-receiver's policy, at `api/v1/policy`, has changed since the opt-in.

use crate::error::Result;
use crate::librenms::Settings;
use crate::receiver::transport::{Answer, get};
use crate::receiver::{Kind, Receiver};
use crate::store::State;
use callback_collector::digest::sha256_hex;
use serde_json::Value;

/// The note with the digest of the last seen policy.
const SEEN: &str = "policy";

/// The note with the digest of the policy at the opt-in.
const ACCEPTED: &str = "policy-accepted";

/// Fetches the policy and records it, at an opt-in as the accepted one. If it does not exist, or cannot be fetched,
/// nothing changes.
pub(crate) async fn fetch_and_record(
    state: &mut State,
    receiver: &Receiver,
    settings: &Settings,
    accept: bool,
) -> Result<()> {
    if accept {
        state.keep_note(ACCEPTED, None).await?;
        state.keep_note(SEEN, None).await?;
    }
    if receiver.kind != Kind::CallbackStats {
        return Ok(());
    }
    let Answer::Status { status: 200, text, .. } = get(&receiver.api("api/v1/policy"), Some(settings)).await else {
        return Ok(());
    };
    let Ok(policy) = serde_json::from_str::<Value>(&text) else { return Ok(()) };
    let digest = digest(&policy);
    state.keep_note(SEEN, Some(&digest)).await?;
    if accept {
        state.keep_note(ACCEPTED, Some(&digest)).await?;
    }
    Ok(())
}

/// The digest of a policy. It is serialised again, so that order and white space do not matter.
fn digest(policy: &Value) -> String {
    sha256_hex(policy.to_string().as_bytes())
}

/// Whether a policy differs from the accepted one, if any.
pub(crate) async fn differs(state: &mut State, policy: &Value) -> Result<bool> {
    Ok(state.note(ACCEPTED).await?.is_some_and(|accepted| accepted != digest(policy)))
}

/// Whether the policy has changed since the opt-in, if that is known.
pub(crate) async fn has_changed(state: &mut State) -> Result<bool> {
    let (accepted, seen) = (state.note(ACCEPTED).await?, state.note(SEEN).await?);
    Ok(accepted.is_some() && seen.is_some() && accepted != seen)
}
