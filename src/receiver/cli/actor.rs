//! Who runs a command, for the logs that `hidden` and `operator-log` print.

/// The user of sudo, or the user, or the user ID where the environment has neither, as under cron and in containers.
pub(super) fn actor() -> String {
    let named = ["SUDO_USER", "USER", "LOGNAME"].into_iter().find_map(|name| std::env::var(name).ok());
    let named = named.filter(|name| !name.trim().is_empty());
    named.unwrap_or_else(|| format!("uid {}", rustix::process::getuid().as_raw()))
}

/// The time, as the logs store it. All times have one length, so that their order as texts is that in time.
pub(super) fn now() -> String {
    format!("{:.6}", callback_receiver::day::utc()())
}
