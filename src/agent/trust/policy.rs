//! What a receiver of ours says about itself at `api/v1/policy`: whether it is still what it was when the admin said yes.

use crate::error::Result;
use crate::librenms::Settings;
use crate::receiver::transport::{Answer, get};
use crate::receiver::{Kind, Receiver};
use crate::store::State;
use callback_collector::digest::sha256_hex;
use serde_json::Value;

/// The note of the policy that was seen last, as a digest.
const SEEN: &str = "policy";

/// The note of the policy that was there when the admin said yes.
const ACCEPTED: &str = "policy-accepted";

/// Looks at the policy and remembers it; at a yes as the accepted one. A receiver that has none, or that cannot be
/// reached, changes nothing.
pub(crate) async fn remember(state: &mut State, receiver: &Receiver, settings: &Settings, accept: bool) -> Result<()> {
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

/// The digest of a policy. Its text was read and is written again, so that neither order nor blanks count.
fn digest(policy: &Value) -> String {
    sha256_hex(policy.to_string().as_bytes())
}

/// Whether a policy is another one than the accepted one, as far as one was accepted.
pub(crate) async fn differs(state: &mut State, policy: &Value) -> Result<bool> {
    Ok(state.note(ACCEPTED).await?.is_some_and(|accepted| accepted != digest(policy)))
}

/// Whether the policy is another one than when the admin said yes, as far as that is known.
pub(crate) async fn has_changed(state: &mut State) -> Result<bool> {
    let (accepted, seen) = (state.note(ACCEPTED).await?, state.note(SEEN).await?);
    Ok(accepted.is_some() && seen.is_some() && accepted != seen)
}
