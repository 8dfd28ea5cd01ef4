//! The command `secret`: exports a receiver's secret for a backup, and imports it.

use super::args::{SecretCommand, WhichArgs};
use super::{Context, output};
use crate::clock;
use crate::code::Code;
use crate::error::{Error, Result};
use crate::receiver::{Kind, Receiver};
use crate::store::State;
use crate::store::consent::Consent;
use crate::store::holders::{DataHolder, Secret};
use serde::Serialize;
use std::io::IsTerminal;

/// Longest accepted input, in bytes.
const MAX_INPUT: u64 = 1000;

/// The exported secret, as JSON.
#[derive(Serialize)]
struct Exported<'a> {
    receiver: &'a str,
    secret: &'a str,
}

/// The receiver whose secret was stored, as JSON.
#[derive(Serialize)]
struct Imported<'a> {
    receiver: &'a str,
    kept: bool,
}

pub(super) async fn secret(context: &Context, command: SecretCommand) -> Result<()> {
    let mut state = match &command {
        SecretCommand::Export(_) => context.state_for_reading().await?,
        SecretCommand::Import { .. } => context.state().await?,
    };
    let result = match command {
        SecretCommand::Export(which) => export(&mut state, &which).await,
        SecretCommand::Import { replace, which } => import(&mut state, &which, replace).await,
    };
    state.close().await?;
    result
}

/// Selects the callback-receiver. Returns what it holds or may hold: a row for each uuid, newest last.
async fn select_holders(state: &mut State, receiver: Option<&str>) -> Result<Vec<DataHolder>> {
    let mut holders: Vec<DataHolder> = state.held().await?;
    holders.retain(|held| {
        held.receiver.kind == Kind::CallbackStats && receiver.is_none_or(|receiver| receiver == held.receiver.url)
    });
    if holders.iter().any(|held| held.receiver.url != holders[0].receiver.url) {
        return Err(Error::new(
            Code::ReceiverAmbiguous,
            "there are secrets for several receivers; choose one with --receiver",
        ));
    }
    Ok(holders)
}

async fn export(state: &mut State, which: &WhichArgs) -> Result<()> {
    let held = select_holders(state, which.receiver.as_deref()).await?.pop().ok_or_else(|| {
        Error::new(Code::NoSecret, "there is no secret yet; the first report to a callback-receiver creates it")
    })?;
    let Some(secret) = &held.secret else {
        return Err(Error::new(
            Code::SecretLost,
            "the secret is lost; without it the reports expire 90 days after the last one",
        ));
    };
    if std::io::stdout().is_terminal() {
        eprintln!("Keep this secret like a password: anyone who has it can delete this LibreNMS's reports.");
    }
    match which.output.json {
        true => {
            let exported = Exported { receiver: &held.receiver.url, secret: secret.reveal() };
            output::answer(Code::SecretExported, &exported)
        }
        false => output::line(secret.reveal()),
    }
}

async fn import(state: &mut State, which: &WhichArgs, replace: bool) -> Result<()> {
    // Not from the command line, which every user of the host can read.
    let secret = Secret::parse(&output::hidden_input("Secret (not shown)", MAX_INPUT)?)?;
    let held = select_holders(state, which.receiver.as_deref()).await?;
    let receiver = match held.last() {
        Some(held) => held.receiver.clone(),
        None => receiver_of_consent(state, which.receiver.as_deref()).await?,
    };
    // If a different secret is registered there, the receiver rejects reports and delete requests: do not lose that
    // secret.
    let is_other = |held: &DataHolder| held.secret.as_ref().is_some_and(|stored| *stored != secret);
    if !replace && held.iter().any(is_other) {
        return Err(Error::new(
            Code::SecretExists,
            format!(
                "nothing was changed: a different secret is stored for {}, and may be registered there; back it up \
                 with `callback-agent secret export`, then pass --replace",
                receiver.shown()
            ),
        ));
    }
    state.import_secret(&receiver.url, &secret).await?;
    match which.output.json {
        true => output::answer(Code::SecretImported, &Imported { receiver: receiver.shown(), kept: true }),
        false => output::line("Imported. The next run uses it."),
    }
}

/// Before the first report from this host: the receiver of the consent with the uuid of the install. Another poller, or
/// the host that this one replaces, generated the secret.
async fn receiver_of_consent(state: &mut State, receiver: Option<&str>) -> Result<Receiver> {
    let consent = Consent::load(state).await?;
    let given = consent.given().filter(|given| {
        given.receiver.kind == Kind::CallbackStats && receiver.is_none_or(|receiver| receiver == given.receiver.url)
    });
    let uuid = match given {
        Some(given) => state.uuid_of(&given.install).await?,
        None => None,
    };
    let (Some(given), Some(uuid)) = (given, uuid) else {
        return Err(Error::new(
            Code::NoSecret,
            "no callback-receiver to import the secret for; opt in first with: callback-agent enable",
        ));
    };
    state.hold(&given.receiver, &uuid, clock::today()).await?;
    Ok(given.receiver.clone())
}
