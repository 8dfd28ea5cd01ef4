//! Commands for one install, named by its uuid on standard input: `clear` and `reset-secret`, and their log.

use super::{actor, existing_key, open, print, print_json};
use callback_collector::install_id;
use callback_receiver::config::Settings;
use callback_receiver::day::{Day, utc};
use callback_receiver::key::InstallKey;
use callback_receiver::store::database::Database;
use callback_receiver::store::operator::{OperatorAction, OperatorActionKind};
use callback_receiver::text::{number, visible};
use callback_receiver::{Code, Error, Result};
use clap::Args;
use data_encoding::HEXLOWER;
use serde_json::json;
use std::io::Read;

#[derive(Args)]
pub(super) struct ByUuid {
    /// Reason, for the log that `operator-log` prints
    #[arg(long)]
    reason: String,
    /// Print JSON
    #[arg(long)]
    pub(super) json: bool,
}

/// The text on standard input; empty if it is not UTF-8. Arguments would end up in the shell's history and the process
/// list.
pub(super) fn standard_input() -> String {
    let mut text = String::new();
    match std::io::stdin().take(1024).read_to_string(&mut text) {
        Ok(_) => text.trim().to_owned(),
        Err(_) => String::new(),
    }
}

/// The keyed hash of the install with this uuid.
pub(super) fn install(key: &InstallKey, uuid: &str) -> Result<[u8; 32]> {
    let uuid = install_id::normalised(uuid).ok_or(Code::UuidExpected)?;
    Ok(key.install(&uuid))
}

fn action(key: &InstallKey, install: &[u8; 32], kind: OperatorActionKind, reason: String) -> OperatorAction {
    OperatorAction { at: actor::now(), kind, install: Some(key.tombstone(install)), actor: actor::actor(), reason }
}

/// `clear`
pub(super) async fn clear(settings: &Settings, asked: ByUuid) -> Result<()> {
    let database = Database::from_settings(settings)?;
    let key = existing_key(settings)?;
    let install = install(&key, &standard_input())?;
    if !database.has_data().await? {
        return Err(Error::new(Code::DatabaseMissing, database.describe()));
    }
    let action = action(&key, &install, OperatorActionKind::Clear, asked.reason);
    let (_, store) = open(settings).await?;
    let today = Day::of(utc()());
    let removed = store.clear_as_operator(install, key.tombstone(&install), today, action).await;
    store.close().await;
    let removed = removed?;
    if asked.json {
        return print_json(&json!({
            "reports": removed.reports,
            "entries": removed.entries,
            "labels": removed.labels,
            "installs": removed.installs,
            "backup_days": settings.backup_days,
        }));
    }
    if removed.installs == 0 {
        return print("the receiver has no data of this install\n");
    }
    print(&format!(
        "deleted {} reports with {} entries; backups keep them for up to {} days\n",
        number(removed.reports),
        number(removed.entries),
        settings.backup_days
    ))
}

/// `reset-secret`
pub(super) async fn reset_secret(settings: &Settings, asked: ByUuid) -> Result<()> {
    let key = existing_key(settings)?;
    let install = install(&key, &standard_input())?;
    let action = action(&key, &install, OperatorActionKind::ResetSecret, asked.reason);
    let had_secret = Database::from_settings(settings)?.reset_secret(&key, install, action).await?;
    if asked.json {
        return print_json(&json!({"had_secret": had_secret}));
    }
    print(if had_secret {
        "deleted the secret; the next one that the install sends is registered\n"
    } else {
        "the install has no secret here\n"
    })
}

/// `operator-log`
pub(super) async fn log(settings: &Settings, as_json: bool) -> Result<()> {
    let log = Database::from_settings(settings)?.operator_log().await?;
    let install = |action: &OperatorAction| action.install.map(|install| HEXLOWER.encode(&install));
    if as_json {
        let rows: Vec<_> = log
            .iter()
            .map(|a| json!({"at": a.at, "action": a.kind.as_str(), "install": install(a), "actor": a.actor, "reason": a.reason}))
            .collect();
        return print_json(&rows);
    }
    for entry in &log {
        print(&format!(
            "{}  {:<12}  {}  {}  {}\n",
            entry.at,
            entry.kind.as_str(),
            install(entry).as_deref().unwrap_or("expired"),
            visible(&entry.actor),
            visible(&entry.reason)
        ))?;
    }
    Ok(())
}
