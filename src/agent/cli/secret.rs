//! The secret on its way to and from a safe place.

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
use std::io::{IsTerminal, Read};

/// The secret for a backup, as JSON.
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
        SecretCommand::Export(_) => context.state_to_look_at().await?,
        SecretCommand::Import(_) => context.state().await?,
    };
    let result = match command {
        SecretCommand::Export(which) => export(&mut state, &which).await,
        SecretCommand::Import(which) => import(&mut state, &which).await,
    };
    state.close().await?;
    result
}

/// The one receiver of ours that is meant, if a report may have gone there.
async fn meant(state: &mut State, receiver: Option<&str>) -> Result<Option<DataHolder>> {
    let mut ours: Vec<DataHolder> = state.held().await?;
    ours.retain(|held| {
        held.receiver.kind == Kind::CallbackStats && receiver.is_none_or(|receiver| receiver == held.receiver.url)
    });
    if ours.len() > 1 && receiver.is_none() {
        return Err(Error::new(
            Code::ReceiverAmbiguous,
            "there are secrets for several receivers; choose one with --receiver",
        ));
    }
    Ok(ours.pop())
}

async fn export(state: &mut State, which: &WhichArgs) -> Result<()> {
    let held = meant(state, which.receiver.as_deref()).await?.ok_or_else(|| {
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

async fn import(state: &mut State, which: &WhichArgs) -> Result<()> {
    // From standard input: what stands on a command line can be read by every user of the machine.
    let mut text = String::new();
    let read = std::io::stdin().lock().take(1000).read_to_string(&mut text);
    read.map_err(output::input_failed)?;
    let secret = Secret::parse(&text)?;
    let receiver = match meant(state, which.receiver.as_deref()).await? {
        Some(held) => held.receiver,
        None => allowed(state, which.receiver.as_deref()).await?,
    };
    state.import_secret(&receiver.url, &secret).await?;
    match which.output.json {
        true => output::answer(Code::SecretImported, &Imported { receiver: &receiver.url, kept: true }),
        false => output::line("Imported. The next run uses it."),
    }
}

/// Before the first report from here: the receiver that was allowed, for the pseudonym of the install. Another poller, or
/// the machine that this one replaces, has made the secret.
async fn allowed(state: &mut State, receiver: Option<&str>) -> Result<Receiver> {
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
