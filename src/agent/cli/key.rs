//! The command `key`: shows the pinned keys of a receiver, and accepts a new one.

use super::args::{KeyCommand, WhichArgs};
use super::output::{Confirmation, Otherwise};
use super::{Context, output};
use crate::code::Code;
use crate::error::{Error, Result};
use crate::librenms::{Settings, read_settings};
use crate::receiver::{Kind, Receiver};
use crate::report::query_timeout;
use crate::store::State;
use crate::store::consent::Consent;
use crate::trust;
use callback_protocol::signing::PublicKey;
use serde::Serialize;

/// The keys of a receiver, as JSON.
#[derive(Serialize)]
struct Keys<'a> {
    receiver: &'a str,
    known: Vec<Pinned<'a>>,
    current: Option<Current>,
    last_receipt_refused: bool,
}

#[derive(Serialize)]
struct Pinned<'a> {
    id: String,
    public_key: String,
    since: &'a str,
    how: &'a str,
}

#[derive(Serialize)]
struct Current {
    id: String,
    public_key: String,
    known: bool,
}

/// The newly pinned key, as JSON.
#[derive(Serialize)]
struct Accepted<'a> {
    receiver: &'a str,
    accepted: String,
}

pub(super) async fn key(context: &Context, command: KeyCommand) -> Result<()> {
    let mut state = match command {
        KeyCommand::Show(_) => context.state_for_reading().await?,
        KeyCommand::Accept { .. } => context.state().await?,
    };
    // LibreNMS's settings have the proxy; without an install, the environment's proxy is used.
    let settings = match context.location() {
        Ok(location) => read_settings(&location, query_timeout(&context.config)).await.ok(),
        Err(_) => None,
    };
    let result = match command {
        KeyCommand::Show(which) => show(&mut state, settings.as_ref(), &which).await,
        KeyCommand::Accept { which, yes } => accept(&mut state, settings.as_ref(), &which, yes).await,
    };
    state.close().await?;
    result
}

/// Selects the receiver: the one that was opted in to, or one that holds reports.
async fn select_receiver(state: &mut State, receiver: Option<&str>) -> Result<Receiver> {
    let consent = Consent::load(state).await?;
    let allowed = consent.given().map(|given| given.receiver.clone());
    let held = state.held().await?.into_iter().map(|held| held.receiver);
    let mut candidates = allowed
        .into_iter()
        .chain(held)
        .filter(|known| known.kind == Kind::CallbackStats && receiver.is_none_or(|receiver| receiver == known.url));
    candidates.next().ok_or_else(|| {
        Error::new(
            Code::ReceiverUnknown,
            "no such callback-receiver: you have not opted in to it, and it holds no reports of this LibreNMS",
        )
    })
}

async fn show(state: &mut State, settings: Option<&Settings>, which: &WhichArgs) -> Result<()> {
    let receiver = select_receiver(state, which.receiver.as_deref()).await?;
    let known = state.pinned_keys().await?.into_iter().filter(|known| known.receiver == receiver.url);
    let known: Vec<_> = known.collect();
    let current = trust::current_key(&receiver, settings).await.ok();
    let refused = trust::is_last_receipt_rejected(state, &receiver).await?;
    let is_known = |key| known.iter().any(|known| known.key == key);
    if which.output.json {
        let pinned = known.iter().map(|known| Pinned {
            id: known.key.id(),
            public_key: known.key.text(),
            since: &known.since,
            how: &known.how,
        });
        let keys = Keys {
            receiver: receiver.shown(),
            known: pinned.collect(),
            current: current.map(|key| Current { id: key.id(), public_key: key.text(), known: is_known(key) }),
            last_receipt_refused: refused,
        };
        return output::answer(Code::Shown, &keys);
    }
    output::line(&format!("receiver  {}", output::address(&receiver.url)))?;
    for known in &known {
        output::line(&format!("pinned    {}  since {} ({})", known.key.id(), known.since, known.how))?;
    }
    output::line(&match current {
        Some(key) if is_known(key) => format!("current   {}, pinned", key.id()),
        Some(key) if known.is_empty() => {
            format!("current   {}; no key is pinned yet, `enable` or the first receipt pins it", key.id())
        }
        Some(key) => {
            format!("current   {}, not pinned; ask the operator, then run: callback-agent key accept", key.id())
        }
        None => "current   unknown: cannot fetch the receiver's keys (api/v1/keys)".to_owned(),
    })?;
    if refused {
        output::line(
            "The last receipt was not signed by a pinned key. Nothing is sent until you run: callback-agent key accept",
        )?;
    }
    Ok(())
}

async fn accept(state: &mut State, settings: Option<&Settings>, which: &WhichArgs, yes: bool) -> Result<()> {
    let receiver = select_receiver(state, which.receiver.as_deref()).await?;
    let key = trust::current_key(&receiver, settings).await?;
    let before: Vec<String> = state.keys_of(&receiver.url).await?.iter().map(PublicKey::id).collect();
    let is_pinned = before.contains(&key.id());
    let mut lines = vec![
        format!("receiver  {}", output::address(&receiver.url)),
        format!("pinned    {}", if before.is_empty() { "none".to_owned() } else { before.join(", ") }),
        format!("current   {} ({})", key.id(), key.text()),
    ];
    if !is_pinned {
        lines.push("If the pinned key did not sign this one, it may belong to a different server. Verify it with the operator before you accept it.".to_owned());
    }
    let confirmation = Confirmation { yes, json: which.output.json, otherwise: Otherwise::Unchanged };
    confirmation.show(&lines)?;
    confirmation.ask("Accept it?")?;
    let was_refused = trust::is_last_receipt_rejected(state, &receiver).await?;
    // For a pinned key, too: a rejected receipt no longer blocks reports.
    trust::accept(state, &receiver, &key).await?;
    match which.output.json {
        true => output::answer(Code::KeyAccepted, &Accepted { receiver: receiver.shown(), accepted: key.id() }),
        false => output::line(&accepted(&receiver, is_pinned, was_refused)),
    }
}

/// What accepting a key changed.
fn accepted(receiver: &Receiver, is_pinned: bool, was_refused: bool) -> String {
    let url = output::address(&receiver.url);
    match (is_pinned, was_refused) {
        (false, _) => format!("Accepted. The key is pinned for {url}."),
        (true, true) => format!("The key was already pinned for {url}. The rejected receipt no longer blocks reports."),
        (true, false) => format!("The key was already pinned for {url}; nothing was changed."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pinned_key_is_not_accepted_again() {
        let receiver = Receiver::new("https://a.example/log.php", Kind::CallbackStats, None).unwrap();
        assert!(accepted(&receiver, false, true).starts_with("Accepted"));
        assert!(accepted(&receiver, true, true).contains("no longer blocks"));
        assert!(accepted(&receiver, true, false).ends_with("nothing was changed."));
    }
}
