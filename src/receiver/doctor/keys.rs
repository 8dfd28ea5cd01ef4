//! Checks of the key files.

use super::checks::{Check, CheckCode};
use crate::config::Settings;
use crate::key::InstallKey;
use crate::signing::Signing;
use crate::store::inspect::Contents;

pub(super) fn check(settings: &Settings, contents: Option<&Contents>, checks: &mut Vec<Check>) {
    checks.push(check_install_key(settings, contents));
    checks.push(check_signing_key(settings, contents));
    let in_data = |file: std::path::PathBuf| file.parent() == Some(&settings.data);
    let code = CheckCode::KeysApart;
    checks.push(match in_data(settings.key_file()) || in_data(settings.signing_key_file()) {
        true => Check::warning(
            code,
            settings.data.display().to_string(),
            "the keys are in the data directory, so every copy of it contains them",
        )
        .remedy("move them, for example to /etc/callback-receiver/keys, and set `key` and `signing_key`"),
        false => Check::ok(code, settings.data.display().to_string(), "the keys are not in the data directory"),
    });
}

fn check_install_key(settings: &Settings, contents: Option<&Contents>) -> Check {
    let (code, file) = (CheckCode::InstallKey, settings.key_file());
    let subject = file.display().to_string();
    if !file.exists() && contents.is_none() {
        return Check::warning(code, subject, "it does not exist yet").remedy("start the receiver, which creates it");
    }
    match (InstallKey::existing(&file), contents) {
        (Err(error), _) => Check::of_error(code, subject, &error),
        (Ok(key), Some(contents)) if !contents.is_of(&key) => {
            Check::failed(code, subject, "it does not belong to this database")
                .remedy("restore the right file from a backup, or name it with `key`")
        }
        (Ok(_), Some(_)) => Check::ok(code, subject, "it is private and belongs to the database"),
        (Ok(_), None) => Check::ok(code, subject, "it is private"),
    }
}

fn check_signing_key(settings: &Settings, contents: Option<&Contents>) -> Check {
    let (code, file) = (CheckCode::SigningKey, settings.signing_key_file());
    let subject = file.display().to_string();
    if !file.exists() && contents.is_none() {
        return Check::warning(code, subject, "it does not exist yet").remedy("start the receiver, which creates it");
    }
    let signing = match Signing::existing(&file) {
        Ok(signing) => signing,
        Err(error) => return Check::of_error(code, subject, &error),
    };
    let (current, earlier) = signing.ids();
    match contents.and_then(|contents| contents.signing_key.as_deref()) {
        Some(stored) if earlier.iter().any(|id| id == stored) => {
            Check::warning(code, subject, format!("it has a new key {current}, which is not used yet"))
                .remedy("copy the file to all receivers of this database, then restart them")
        }
        Some(stored) if stored != current => {
            Check::failed(code, subject, format!("it has key {current}, but the database expects {stored}"))
                .remedy("copy the file of the other receivers, or restore it from a backup")
        }
        Some(_) => Check::ok(code, subject, format!("it is private and has the database's key {current}")),
        None => Check::ok(code, subject, format!("it is private; key {current}")),
    }
}
