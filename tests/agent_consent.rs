//! Consent: every state, with every blocking setting, before every command; what is sent, stored and printed.

use anyhow::{Context, Result};
use callback_agent::policy::publication::text as text_of;
use callback_agent::receiver::Kind;
use callback_tests::demo_install::RARE_LABELS;
use callback_tests::programs::text;
use callback_tests::recording_site::{Plays, Site};
use callback_tests::terminal::OnTerminal;
use callback_tests::world::World;
use serde_json::Value;
use std::path::{Path, PathBuf};

const UUID: &str = "6f1c7d0e-9a53-4c5e-8d52-0a3b1d5f7e11";

/// The blocking settings, one per column of the tables: an environment variable, or a change of LibreNMS's database.
const SWITCHES: [(&str, &str); 7] = [
    ("", ""),
    ("DO_NOT_TRACK", ""),
    ("CALLBACK_DISABLED", ""),
    ("", "UPDATE config SET config_value = 'false' WHERE config_name = 'reporting.usage'"),
    ("", "DELETE FROM config WHERE config_name = 'reporting.usage'"),
    ("", "INSERT INTO callback VALUES ('enabled', '1')"),
    ("", "INSERT INTO callback VALUES ('enabled', '2')"),
];

/// Replaced by the path of a file in the world's directory.
const OUT: &str = "FILE";

/// Makes `enable --yes` reverse what somebody else may have decided.
const OVERRIDE: &str = "--override-off";

/// A command, and for each setting: what is sent, the consent afterwards (`+` if a clear is pending), and
/// the exit code.
type Row = (&'static [&'static str], [&'static str; 7]);

#[rustfmt::skip]
const NEVER_ASKED: [Row; 12] = [
    //                                     no switch        DO_NOT_TRACK     CALLBACK_DISABLED  usage false      usage absent     enabled 1        enabled 2
    (&["preview"],                        ["- never 0",     "- never 0",     "- never 0",     "- never 0",     "- never 0",     "- never 0",     "- never 0"]),
    (&["status"],                         ["- never 0",     "- never 0",     "- never 0",     "- never 0",     "- never 0",     "- never 0",     "- never 0"]),
    (&["submit"],                         ["- never 6",     "- never 6",     "- never 6",     "- never 6",     "- never 6",     "- never 6",     "clear never 0"]),
    (&["submit", "--out", OUT],           ["- never 6",     "- never 6",     "- never 6",     "- never 6",     "- never 6",     "- never 6",     "- never 6"]),
    (&["submit", "--dry-run"],            ["- never 6",     "- never 6",     "- never 6",     "- never 6",     "- never 6",     "- never 6",     "- never 6"]),
    (&["enable", "--yes"],                ["- on 0",        "- on 0",        "- on 0",        "- on 0",        "- on 0",        "- on 0",        "- never 6"]),
    (&["enable", "--yes", "--take-over"], ["- on 0",        "- on 0",        "- on 0",        "- on 0",        "- on 0",        "- on 0",        "- never 6"]),
    (&["enable", "--yes", OVERRIDE],      ["- on 0",        "- on 0",        "- on 0",        "- on 0",        "- on 0",        "- on 0",        "- on 0"]),
    (&["disable"],                        ["- off 0",       "- off 0",       "- off 0",       "- off 0",       "- off 0",       "- off 0",       "- off 0"]),
    (&["clear"],                          ["- never 0",     "- never 0",     "- never 0",     "- never 0",     "- never 0",     "- never+ 0",    "- never+ 0"]),
    (&["clear", "--now", "--yes"],        ["- never 0",     "- never 0",     "- never 0",     "- never 0",     "- never 0",     "clear never 0", "clear never 0"]),
    (&["clear", "--out", OUT],            ["- never 0",     "- never 0",     "- never 0",     "- never 0",     "- never 0",     "- never+ 0",    "- never+ 0"]),
];

#[rustfmt::skip]
const ON: [Row; 12] = [
    (&["preview"],                        ["- on 0",        "- on 0",        "- on 0",        "- on 0",        "- on 0",        "- on 0",        "- on 0"]),
    (&["status"],                         ["- on 0",        "- on 0",        "- on 0",        "- on 0",        "- on 0",        "- on 0",        "- on 0"]),
    (&["submit"],                         ["report on 0",   "- on 6",        "- on 6",        "- on 6",        "report on 0",   "- on 6",        "clear off 0"]),
    (&["submit", "--out", OUT],           ["- on 0",        "- on 6",        "- on 6",        "- on 6",        "- on 0",        "- on 6",        "- on 6"]),
    (&["submit", "--dry-run"],            ["- on 0",        "- on 6",        "- on 6",        "- on 6",        "- on 0",        "- on 6",        "- on 6"]),
    (&["enable", "--yes"],                ["- on 0",        "- on 0",        "- on 0",        "- on 6",        "- on 0",        "- on 0",        "- on 6"]),
    (&["enable", "--yes", "--take-over"], ["- on 0",        "- on 0",        "- on 0",        "- on 6",        "- on 0",        "- on 0",        "- on 6"]),
    (&["enable", "--yes", OVERRIDE],      ["- on 0",        "- on 0",        "- on 0",        "- on 0",        "- on 0",        "- on 0",        "- on 0"]),
    (&["disable"],                        ["- off 0",       "- off 0",       "- off 0",       "- off 0",       "- off 0",       "- off 0",       "- off 0"]),
    (&["clear"],                          ["- on+ 0",       "- on+ 0",       "- on+ 0",       "- on+ 0",       "- on+ 0",       "- on+ 0",       "- on+ 0"]),
    (&["clear", "--now", "--yes"],        ["clear off 0",   "clear off 0",   "clear off 0",   "clear off 0",   "clear off 0",   "clear off 0",   "clear off 0"]),
    (&["clear", "--out", OUT],            ["- on+ 0",       "- on+ 0",       "- on+ 0",       "- on+ 0",       "- on+ 0",       "- on+ 0",       "- on+ 0"]),
];

#[rustfmt::skip]
const OFF: [Row; 12] = [
    (&["preview"],                        ["- off 0",       "- off 0",       "- off 0",       "- off 0",       "- off 0",       "- off 0",       "- off 0"]),
    (&["status"],                         ["- off 0",       "- off 0",       "- off 0",       "- off 0",       "- off 0",       "- off 0",       "- off 0"]),
    (&["submit"],                         ["- off 6",       "- off 6",       "- off 6",       "- off 6",       "- off 6",       "- off 6",       "clear off 0"]),
    (&["submit", "--out", OUT],           ["- off 6",       "- off 6",       "- off 6",       "- off 6",       "- off 6",       "- off 6",       "- off 6"]),
    (&["submit", "--dry-run"],            ["- off 6",       "- off 6",       "- off 6",       "- off 6",       "- off 6",       "- off 6",       "- off 6"]),
    (&["enable", "--yes"],                ["- off 6",       "- off 6",       "- off 6",       "- off 6",       "- off 6",       "- off 6",       "- off 6"]),
    (&["enable", "--yes", "--take-over"], ["- off 6",       "- off 6",       "- off 6",       "- off 6",       "- off 6",       "- off 6",       "- off 6"]),
    (&["enable", "--yes", OVERRIDE],      ["- on 0",        "- on 0",        "- on 0",        "- on 0",        "- on 0",        "- on 0",        "- on 0"]),
    (&["disable"],                        ["- off 0",       "- off 0",       "- off 0",       "- off 0",       "- off 0",       "- off 0",       "- off 0"]),
    (&["clear"],                          ["- off+ 0",      "- off+ 0",      "- off+ 0",      "- off+ 0",      "- off+ 0",      "- off+ 0",      "- off+ 0"]),
    (&["clear", "--now", "--yes"],        ["clear off 0",   "clear off 0",   "clear off 0",   "clear off 0",   "clear off 0",   "clear off 0",   "clear off 0"]),
    (&["clear", "--out", OUT],            ["- off+ 0",      "- off+ 0",      "- off+ 0",      "- off+ 0",      "- off+ 0",      "- off+ 0",      "- off+ 0"]),
];

#[rustfmt::skip]
const CLEAR_PENDING: [Row; 12] = [
    (&["preview"],                        ["- on+ 0",       "- on+ 0",       "- on+ 0",       "- on+ 0",       "- on+ 0",       "- on+ 0",       "- on+ 0"]),
    (&["status"],                         ["- on+ 0",       "- on+ 0",       "- on+ 0",       "- on+ 0",       "- on+ 0",       "- on+ 0",       "- on+ 0"]),
    (&["submit"],                         ["clear off 0",   "clear off 0",   "clear off 0",   "clear off 0",   "clear off 0",   "clear off 0",   "clear off 0"]),
    (&["submit", "--out", OUT],           ["- on+ 6",       "- on+ 6",       "- on+ 6",       "- on+ 6",       "- on+ 6",       "- on+ 6",       "- on+ 6"]),
    (&["submit", "--dry-run"],            ["- on+ 6",       "- on+ 6",       "- on+ 6",       "- on+ 6",       "- on+ 6",       "- on+ 6",       "- on+ 6"]),
    (&["enable", "--yes"],                ["- on+ 6",       "- on+ 6",       "- on+ 6",       "- on+ 6",       "- on+ 6",       "- on+ 6",       "- on+ 6"]),
    (&["enable", "--yes", "--take-over"], ["- on+ 6",       "- on+ 6",       "- on+ 6",       "- on+ 6",       "- on+ 6",       "- on+ 6",       "- on+ 6"]),
    (&["enable", "--yes", OVERRIDE],      ["- on 0",        "- on 0",        "- on 0",        "- on 0",        "- on 0",        "- on 0",        "- on 0"]),
    (&["disable"],                        ["- off+ 0",      "- off+ 0",      "- off+ 0",      "- off+ 0",      "- off+ 0",      "- off+ 0",      "- off+ 0"]),
    (&["clear"],                          ["- on+ 0",       "- on+ 0",       "- on+ 0",       "- on+ 0",       "- on+ 0",       "- on+ 0",       "- on+ 0"]),
    (&["clear", "--now", "--yes"],        ["clear off 0",   "clear off 0",   "clear off 0",   "clear off 0",   "clear off 0",   "clear off 0",   "clear off 0"]),
    (&["clear", "--out", OUT],            ["- on+ 0",       "- on+ 0",       "- on+ 0",       "- on+ 0",       "- on+ 0",       "- on+ 0",       "- on+ 0"]),
];

#[rustfmt::skip]
const UNREADABLE: [Row; 12] = [
    (&["preview"],                        ["- never 0",     "- never 0",     "- never 0",     "- never 0",     "- never 0",     "- never 0",     "- never 0"]),
    (&["status"],                         ["- never 0",     "- never 0",     "- never 0",     "- never 0",     "- never 0",     "- never 0",     "- never 0"]),
    (&["submit"],                         ["- never 6",     "- never 6",     "- never 6",     "- never 6",     "- never 6",     "- never 6",     "clear never 0"]),
    (&["submit", "--out", OUT],           ["- never 6",     "- never 6",     "- never 6",     "- never 6",     "- never 6",     "- never 6",     "- never 6"]),
    (&["submit", "--dry-run"],            ["- never 6",     "- never 6",     "- never 6",     "- never 6",     "- never 6",     "- never 6",     "- never 6"]),
    (&["enable", "--yes"],                ["- on 0",        "- on 0",        "- on 0",        "- on 0",        "- on 0",        "- on 0",        "- never 6"]),
    (&["enable", "--yes", "--take-over"], ["- on 0",        "- on 0",        "- on 0",        "- on 0",        "- on 0",        "- on 0",        "- never 6"]),
    (&["enable", "--yes", OVERRIDE],      ["- on 0",        "- on 0",        "- on 0",        "- on 0",        "- on 0",        "- on 0",        "- on 0"]),
    (&["disable"],                        ["- off 0",       "- off 0",       "- off 0",       "- off 0",       "- off 0",       "- off 0",       "- off 0"]),
    (&["clear"],                          ["- never 0",      "- never 0",      "- never 0",      "- never 0",      "- never 0",      "- never+ 0",     "- never+ 0"]),
    (&["clear", "--now", "--yes"],        ["- never 0",      "- never 0",      "- never 0",      "- never 0",      "- never 0",      "clear never 0",  "clear never 0"]),
    (&["clear", "--out", OUT],            ["- never 0",      "- never 0",      "- never 0",      "- never 0",      "- never 0",      "- never+ 0",     "- never+ 0"]),
];

/// The files of a world, so that each cell starts from the same state.
struct Before {
    files: Vec<(PathBuf, Vec<u8>)>,
    folders: [PathBuf; 2],
}

impl Before {
    fn of(world: &World) -> Result<Self> {
        let folders = [world.folder.path().to_owned(), world.agent.state.path().to_owned()];
        let mut files = Vec::new();
        for folder in &folders {
            for path in files_in(folder)? {
                files.push((path.clone(), std::fs::read(path)?));
            }
        }
        Ok(Self { files, folders })
    }

    fn restore(&self) -> Result<()> {
        for folder in &self.folders {
            for path in files_in(folder)? {
                std::fs::remove_file(path)?;
            }
        }
        for (path, bytes) in &self.files {
            std::fs::write(path, bytes)?;
        }
        Ok(())
    }
}

fn files_in(folder: &Path) -> Result<Vec<PathBuf>> {
    let paths: std::io::Result<Vec<PathBuf>> = std::fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect();
    Ok(paths?.into_iter().filter(|path| path.is_file()).collect())
}

/// The code of a command that succeeds.
fn done_code(state: &str, switch: usize, command: &[&str], wire: &str) -> &'static str {
    let pending = state == "clear pending" || switch == 6;
    match (command[0], wire) {
        ("status", _) if pending => "clear-pending",
        ("status", _) if state == "on" && matches!(switch, 0 | 4) => "on",
        ("status", _) => blocked_code(state, switch, command),
        ("submit" | "clear", "clear") => "cleared",
        ("submit", "report") => "sent",
        ("submit", _) if command.contains(&"--dry-run") => "dry-run",
        ("submit", _) => "written",
        ("enable", _) if state == "on" && is_in_step(switch, command) => "already-opted-in",
        ("enable", _) => "opted-in",
        ("disable", _) => "consent-withdrawn",
        ("clear", _) if matches!(state, "never asked" | "unreadable") && switch < 5 => "nothing-to-clear",
        ("clear", _) if command.contains(&OUT) => "clear-written",
        ("clear", _) => "clear-requested",
        (other, _) => panic!("{other} has no code"),
    }
}

/// Whether LibreNMS's settings are as `enable` would leave them.
fn is_in_step(switch: usize, command: &[&str]) -> bool {
    switch < 3 || (switch == 5 && !command.contains(&"--take-over"))
}

/// The code if nothing is sent, by the first setting that blocks.
fn blocked_code(state: &str, switch: usize, command: &[&str]) -> &'static str {
    match (state, switch) {
        ("clear pending", _) | (_, 6) if command.contains(&OUT) => "use-clear-out",
        ("clear pending", _) => "clear-pending",
        (_, 6) if command.contains(&"--dry-run") || command[0] == "enable" => "clear-pending",
        ("off", _) if command[0] == "enable" => "opted-out",
        (_, 1 | 2) => "blocked-by-environment",
        ("never asked" | "unreadable", _) => "not-opted-in",
        ("off", _) => "opted-out",
        (_, 3) => "blocked-by-usage",
        (_, 5) => "blocked-by-sender",
        other => panic!("{other:?} blocks nothing"),
    }
}

/// Makes a site LibreNMS's own receiver.
async fn callback_post(world: &World, site: &Site) -> Result<()> {
    let insert = "INSERT INTO config (config_name, config_value) VALUES";
    world.sql(&format!("{insert} ('callback_post', '\"{}\"')", site.log())).await
}

async fn cells(state: &str, rows: &[Row], prepare: &[&[&str]]) -> Result<()> {
    let world = World::new().await?;
    let site = Site::start(Plays::Stock)?;
    world.configure(&format!("[receiver]\nurl = '{}'\n[submit]\nattempts = 1\n", site.log()))?;
    // LibreNMS's built-in sender reports there, too.
    callback_post(&world, &site).await?;
    // A run that nobody opted in to sends nothing, but creates the state.
    world.run(&["submit"])?;
    for command in prepare {
        world.ok(command)?;
    }
    if state == "unreadable" {
        world.state_sql("UPDATE consent SET record = '{\"version\":9}'").await?;
    }
    let before = Before::of(&world)?;
    for (command, cells) in rows {
        for (switch, cell) in cells.iter().enumerate() {
            before.restore()?;
            let at = format!("{state}, {command:?}, {:?}", SWITCHES[switch]);
            let (variable, sql) = SWITCHES[switch];
            if switch >= 5 && world.value("SELECT value FROM callback WHERE name = 'uuid'").await?.is_none() {
                world.sql(&format!("INSERT INTO callback VALUES ('uuid', '{UUID}')")).await?;
            }
            world.sql(sql).await?;
            let already = site.lines().len();
            let out = world.folder.path().join("report.json");
            let replaced = |&word: &&'static str| if word == OUT { text(&out).to_owned() } else { word.to_owned() };
            let arguments: Vec<String> = command.iter().map(replaced).collect();
            let mut run = world.command(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
            if !variable.is_empty() {
                run.env(variable, "1");
            }
            // In that case the report itself is printed as JSON, which has no code.
            let has_code = command[0] != "preview";
            if has_code {
                run.arg("--json");
            }
            let output = run.output()?;
            let (code, said) = callback_tests::world::outcome(&output);

            let mut expected = cell.split(' ');
            let (wire, after, exit) = (expected.next(), expected.next(), expected.next());
            assert_eq!(Some(code.to_string().as_str()), exit, "{at}: {said}");
            let sent: Vec<String> = site.lines().split_off(already);
            let expected: &[&str] = match wire {
                Some("report") => &["POST /log.php"],
                Some("clear") => &["POST /clear.php"],
                _ => &[],
            };
            assert_eq!(sent, expected, "{at}: {said}");
            if has_code {
                let expected = match code {
                    6 => blocked_code(state, switch, command),
                    _ => done_code(state, switch, command, wire.unwrap_or_default()),
                };
                assert_eq!(callback_tests::world::code(&output)?, (code, expected.to_owned()), "{at}");
            }
            if command[0] == "enable" && code == 0 {
                let document: Value = serde_json::from_slice(&output.stdout)?;
                let blocked = matches!(switch, 1 | 2) || (switch == 5 && !command.contains(&"--take-over"));
                let expected = if blocked { blocked_code("on", switch, command) } else { "on" };
                let pending = document["because_code"] == "clear-pending";
                assert!(document["because_code"] == expected || (pending && switch == 6), "{at}: {document}");
            }
            let nothing = command[0] == "clear" && matches!(state, "never asked" | "unreadable") && switch < 5;
            let written = code == 0 && command.contains(&OUT) && !nothing;
            assert_eq!(out.exists(), written, "{at}: only what is allowed is in a file");
            assert_eq!(Some(stored(&world).await?.as_str()), after, "{at}: {said}");
            librenms_is_in_step(&world, &at, command, switch, code == 0).await?;
            world.ok(&["verify"]).context(at)?;
        }
    }
    Ok(())
}

/// The consent as it is stored.
async fn stored(world: &World) -> Result<String> {
    let status = world.json(&["status", "--json"])?;
    let consent = status["consent"].as_str().unwrap_or_default().split(' ').next().unwrap_or_default().to_owned();
    let by_librenms = world.value("SELECT value FROM callback WHERE name = 'enabled'").await?.as_deref() == Some("2");
    let pending = status["switches"][0]["says"] == "clear" && (!by_librenms || has_pending(world).await?);
    Ok(format!("{consent}{}", if pending { "+" } else { "" }))
}

/// Whether a clear is pending in the state.
async fn has_pending(world: &World) -> Result<bool> {
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(world.agent.state.path().join("state.sqlite3"));
    let mut state = sqlx::ConnectOptions::connect(&options).await?;
    let pending = sqlx::query_scalar("SELECT COUNT(*) FROM clear_pending").fetch_one(&mut state).await?;
    sqlx::Connection::close(state).await?;
    Ok(i64::gt(&pending, &0))
}

/// Checks what the commands wrote to LibreNMS's database: `enabled` is never 1 unless it was before, and only `enable` and a
/// confirmed clear change anything.
async fn librenms_is_in_step(world: &World, at: &str, command: &[&str], switch: usize, succeeded: bool) -> Result<()> {
    let usage = world.value("SELECT config_value FROM config WHERE config_name = 'reporting.usage'").await?;
    let enabled = world.value("SELECT value FROM callback WHERE name = 'enabled'").await?;
    let is_enable = command[0] == "enable" && succeeded;
    let expected = match switch {
        3 if !is_enable => Some("false"),
        4 if !is_enable => None,
        _ => Some("true"),
    };
    assert_eq!(usage.as_deref(), expected, "{at}: reporting.usage");
    let cleared = command == ["clear", "--now", "--yes"] || (command[0] == "submit" && command.len() == 1);
    let expected = match switch {
        5 if is_enable && command.contains(&"--take-over") => Some("0"),
        5 => Some("1"),
        6 if is_enable || cleared => Some("0"),
        6 => Some("2"),
        _ => None,
    };
    assert_eq!(enabled.as_deref(), expected, "{at}: callback.enabled");
    Ok(())
}

#[tokio::test]
async fn consent_never_given() -> Result<()> {
    cells("never asked", &NEVER_ASKED, &[]).await
}

#[tokio::test]
async fn on() -> Result<()> {
    cells("on", &ON, &[&["enable", "--yes"]]).await
}

#[tokio::test]
async fn off() -> Result<()> {
    cells("off", &OFF, &[&["enable", "--yes"], &["disable"]]).await
}

#[tokio::test]
async fn clear_pending() -> Result<()> {
    cells("clear pending", &CLEAR_PENDING, &[&["enable", "--yes"], &["clear"]]).await
}

#[tokio::test]
async fn an_unreadable_record_counts_as_no_consent() -> Result<()> {
    cells("unreadable", &UNREADABLE, &[&["enable", "--yes"]]).await
}

#[tokio::test]
async fn an_unreadable_record_keeps_a_clear_pending() -> Result<()> {
    let (world, site) = (World::new().await?, Site::start(Plays::Stock)?);
    let receiver = ["--receiver", &site.log()];
    world.ok(&[&["enable", "--yes"][..], &receiver].concat())?;
    world.ok(&[&["clear"][..], &receiver].concat())?;
    world.state_sql("UPDATE consent SET record = 'noise'; UPDATE clear_pending SET record = 'noise'").await?;
    world.ok(&[&["submit"][..], &receiver].concat())?;
    assert_eq!(site.lines(), ["POST /clear.php"]);
    Ok(())
}

#[tokio::test]
async fn consent_is_for_one_install_and_one_receiver() -> Result<()> {
    let world = World::new().await?;
    let (site, other) = (Site::start(Plays::Stock)?, Site::start(Plays::Stock)?);
    world.ok(&["enable", "--yes", "--receiver", &site.log()])?;
    assert_eq!(world.code(&["submit", "--receiver", &other.log()])?, (6, "other-receiver".to_owned()));
    assert_eq!(
        world.code(&["submit", "--receiver", &site.log(), "--receiver-kind", "callback-stats"])?,
        (6, "other-receiver".to_owned())
    );
    let second = world.folder.path().join("second.sqlite3");
    std::fs::copy(&world.install, &second)?;
    let arguments = ["--librenms", text(&second), "submit", "--json", "--receiver", &site.log()];
    assert_eq!(callback_tests::world::code(&world.agent.output(&arguments)?)?, (6, "other-librenms".to_owned()));
    assert!(site.requests().is_empty() && other.requests().is_empty());
    Ok(())
}

#[tokio::test]
async fn a_new_url_for_delete_requests_is_listed_before_it_gets_the_secret() -> Result<()> {
    let (mut world, site) = (World::new().await?, Site::start(Plays::Ours)?);
    world.variables.push(("CALLBACK_RECEIVER_KIND", "callback-stats".to_owned()));
    callback_post(&world, &site).await?;
    world.ok(&["enable", "--yes"])?;
    world.ok(&["submit"])?;
    let insert = "INSERT INTO config (config_name, config_value) VALUES ('callback_clear',";
    world.sql(&format!("{insert} '\"http://127.0.0.1:9/other.php?token=hunter2\"')")).await?;
    assert_eq!(world.code(&["submit", "--again"])?, (6, "other-clear-url".to_owned()));
    let enabled = world.json(&["enable", "--yes", "--json"])?;
    let before = site.log().replace("log.php", "clear.php");
    let expected = serde_json::json!([{"what": "clear-url", "url": "http://127.0.0.1:9/other.php", "before": before}]);
    assert_eq!(enabled["newly_sent"], expected);
    Ok(())
}

#[tokio::test]
async fn an_opt_in_is_not_recorded_if_somebody_decided_otherwise_meanwhile() -> Result<()> {
    let (world, site) = World::reporting(Plays::Ours).await?;
    world.ok(&["submit"])?;
    for meanwhile in [&["clear"][..], &["enable", "--yes", "--override-off", "--terms", "Acmewords"], &["disable"]] {
        let mut enable = OnTerminal::start(world.command(&["enable", "--withhold", "os=linux"]))?;
        let asked = enable.read_until(Some("[y/N] "))?;
        world.ok(meanwhile)?;
        let (code, shown) = enable.answer("y")?;
        assert_eq!(code, 6, "{meanwhile:?}: {asked}{shown}");
    }
    assert_eq!(world.json(&["status", "--json"])?["consent"], "off");
    assert_eq!(world.json(&["status", "--json"])?["given"]["choices"]["terms"], serde_json::json!(["Acmewords"]));
    assert_eq!(site.lines(), ["POST /log.php"]);
    Ok(())
}

#[tokio::test]
async fn opting_out_again_records_nothing() -> Result<()> {
    let world = World::new().await?;
    let entries = || -> Result<usize> { Ok(world.json(&["history", "--json"])?.as_array().map_or(0, Vec::len)) };
    world.ok(&["disable"])?;
    let after_first = entries()?;
    assert!(after_first > 0);
    assert_eq!(world.code(&["disable", "--quiet"])?, (0, "consent-withdrawn".to_owned()));
    assert_eq!(entries()?, after_first);
    Ok(())
}

#[tokio::test]
async fn a_token_in_the_receiver_s_url_is_not_printed() -> Result<()> {
    let (world, site) = (World::new().await?, Site::start(Plays::Ours)?);
    let url = format!("{}?token=hunter2", site.log());
    world.configure(&format!("[receiver]\nurl = '{url}'\nkind = 'callback-stats'\n"))?;
    let [report, delete] = ["report.json", "delete.json"].map(|name| world.folder.path().join(name));
    let (report, delete) = (text(&report), text(&delete));
    let answers = [report, delete].map(|file| format!("{file}.answer"));
    let commands: [&[&str]; 14] = [
        &["enable", "--yes", "--json"],
        &["submit", "--json"],
        &["submit", "--again", "--out", report, "--json"],
        &["upload", report, "--yes", "--json"],
        &["receipt", &answers[0], "--json"],
        &["status", "--json"],
        &["history", "--json"],
        &["show", "1", "--json"],
        &["show", "last", "--json"],
        &["doctor", "--json"],
        &["config", "check", "--json"],
        &["clear", "--out", delete, "--json"],
        &["upload", delete, "--yes", "--json"],
        &["receipt", &answers[1], "--json"],
    ];
    for command in commands {
        let output = world.command(command).output()?;
        // `doctor` fails if it finds a problem.
        assert!(matches!(output.status.code(), Some(0)) || command[0] == "doctor", "{command:?}: {}", output.status);
        let printed = [output.stdout, output.stderr].concat();
        assert!(!String::from_utf8_lossy(&printed).contains("hunter2"), "{command:?}");
    }
    assert_eq!(site.lines(), ["POST /log.php?token=hunter2", "POST /log.php?token=hunter2", "POST /clear.php"]);
    Ok(())
}

#[tokio::test]
async fn disable_works_with_an_unreadable_state_and_lasts() -> Result<()> {
    let (world, site) = (World::new().await?, Site::start(Plays::Stock)?);
    let receiver = ["--receiver", &site.log()];
    world.ok(&[&["enable", "--yes"][..], &receiver].concat())?;
    let file = world.agent.state.path().join("state.sqlite3");
    let good = std::fs::read(&file)?;
    std::fs::write(&file, "this is no database any more, and it is long enough to look like one that was damaged")?;
    assert_eq!(world.code(&[&["submit"][..], &receiver].concat())?, (9, "state-damaged".to_owned()));
    assert_eq!(world.json(&["disable", "--json"])?["recorded"], false);
    assert!(world.agent.state.path().join("off").exists());
    assert_eq!(world.code(&["status"])?, (9, "state-damaged".to_owned()));
    // Even the old state, restored from a backup, is off now.
    std::fs::write(&file, good)?;
    assert_eq!(world.code(&[&["submit"][..], &receiver].concat())?, (6, "opted-out".to_owned()));
    assert!(site.requests().is_empty());
    world.ok(&[&["enable", "--yes", "--override-off"][..], &receiver].concat())?;
    world.ok(&[&["submit"][..], &receiver].concat())?;
    assert_eq!(site.lines(), ["POST /log.php"]);
    Ok(())
}

#[tokio::test]
async fn enable_keeps_and_changes_choices_and_the_payload_follows() -> Result<()> {
    let world = World::new().await?;
    world.configure("[receiver]\nurl = 'http://127.0.0.1:9/log.php'\n")?;
    let payload = || world.json(&["preview", "--raw"]);
    world.ok(&["enable", "--yes", "--who", "mira", "--categories", "devices,pairs", "--withhold", "os=linux"])?;
    let first = payload()?;
    assert_eq!(first["data"]["sensors"], Value::Null);
    let systems = |payload: &Value| -> Vec<String> {
        let list = payload["data"]["os"].as_array().cloned().unwrap_or_default();
        list.iter().filter_map(|entry| entry["os"].as_str().map(str::to_owned)).collect()
    };
    assert!(!systems(&first).is_empty() && !systems(&first).contains(&"linux".to_owned()));
    world.ok(&["enable", "--yes"])?;
    assert_eq!(payload()?, first, "without a word about it, choices stay");
    world.ok(&["enable", "--yes", "--categories", "all", "--withhold", "none"])?;
    let all = payload()?;
    assert!(all["data"]["sensors"].is_array() && systems(&all).contains(&"linux".to_owned()));
    let status = world.json(&["status", "--json"])?;
    assert_eq!(status["given"]["who"], "mira", "a name stays until another one is given");
    let history = world.json(&["history", "--json"])?;
    assert_eq!(history[0]["note"]["who"], "mira");
    let unknown = ["enable", "--yes", "--categories", "devices,softwear"];
    assert_eq!(world.code(&unknown)?, (3, "category-unknown".to_owned()));
    assert!(world.run(&unknown)?.1.contains("--categories: unknown category \"softwear\""));
    Ok(())
}

#[tokio::test]
async fn a_rare_label_is_sent_once_it_is_included_and_not_before() -> Result<()> {
    let (world, site) = (World::new().await?, Site::start(Plays::Stock)?);
    world.configure(&format!("[receiver]\nurl = '{}'\n", site.log()))?;
    let (label, other) = (RARE_LABELS[0], RARE_LABELS[1]);
    world.ok(&["enable", "--yes"])?;
    assert!(!world.ok(&["preview", "--raw"])?.contains(label));
    assert!(world.ok(&["preview", "--explain"])?.contains(&format!("mempool={label}")), "it is shown here");
    let choice = format!("mempool={label}");
    let enabled = world.json(&["enable", "--yes", "--json", "--include", &choice])?;
    assert_eq!(enabled["notices"], serde_json::json!([]));
    assert!(world.ok(&["status"])?.contains(&choice));
    world.ok(&["enable", "--yes"])?;
    world.ok(&["submit"])?;
    assert!(site.kept()[0].contains(label) && !site.kept()[0].contains(other));
    let enabled = world.json(&["enable", "--yes", "--json", "--include", "mempool=Quorix"])?;
    assert_eq!(callback_tests::world::codes(&enabled["notices"]), ["label-not-found"]);
    world.ok(&["enable", "--yes", "--include", "none"])?;
    assert!(!world.ok(&["preview", "--raw"])?.contains(label));
    let unknown = ["enable", "--yes", "--include", "hardware=hunter2"];
    assert_eq!(world.code(&unknown)?, (3, "include-invalid".to_owned()));
    assert!(!world.run(&unknown)?.1.contains("hunter2"));
    Ok(())
}

#[tokio::test]
async fn without_a_terminal_to_confirm_enable_does_not_opt_in() -> Result<()> {
    let world = World::new().await?;
    assert_eq!(world.code(&["enable"])?, (6, "confirmation-needed".to_owned()));
    let (_, said) = world.run(&["enable"])?;
    assert!(said.contains(text_of(Kind::Stock)), "the terms are shown first: {said}");
    assert_eq!(world.json(&["status", "--json"])?["consent"], "never asked");
    Ok(())
}

#[tokio::test]
async fn a_changed_module_is_reported_and_consent_stays() -> Result<()> {
    let (world, site) = (World::new().await?, Site::start(Plays::Stock)?);
    let receiver = ["--receiver", &site.log()];
    world.ok(&[&["enable", "--yes"][..], &receiver].concat())?;
    let lines = || -> Result<[usize; 2]> {
        let enable = world.command(&[&["enable"][..], &receiver].concat()).output()?;
        Ok([world.ok(&["preview"])?.lines().count(), String::from_utf8(enable.stdout)?.lines().count()])
    };
    let before = lines()?;
    world.state_sql("UPDATE consent SET record = json_set(record, '$.given.module_sha256', 'ab')").await?;
    assert_eq!(lines()?, before.map(|lines| lines + 1), "a line more says so");
    assert!(world.warnings()?.contains(&"module-changed".to_owned()));
    world.ok(&[&["submit"][..], &receiver].concat())?;
    assert_eq!(site.lines(), ["POST /log.php"]);
    Ok(())
}

#[tokio::test]
async fn status_shows_the_setting_that_blocks() -> Result<()> {
    let (world, site) = (World::new().await?, Site::start(Plays::Stock)?);
    let receiver = ["--receiver", &site.log()];
    let decides = |world: &World| -> Result<Value> {
        let status = world.json(&[&["status", "--json"][..], &receiver].concat())?;
        let switches = status["switches"].as_array().cloned().unwrap_or_default();
        Ok(switches
            .into_iter()
            .find(|switch| switch["decides"] == true)
            .map(|switch| switch["name"].clone())
            .unwrap_or_default())
    };
    assert_eq!(decides(&world)?, "here");
    world.ok(&[&["enable", "--yes"][..], &receiver].concat())?;
    assert_eq!(decides(&world)?, "here");
    world.sql("UPDATE config SET config_value = 'false' WHERE config_name = 'reporting.usage'").await?;
    assert_eq!(decides(&world)?, "reporting.usage");
    // LibreNMS takes what is not JSON as null.
    world.sql("UPDATE config SET config_value = 'b:1;' WHERE config_name = 'reporting.usage'").await?;
    assert_eq!(decides(&world)?, "reporting.usage");
    let said = world.ok(&[&["status", "--why"][..], &receiver].concat())?;
    let marked: Vec<&str> = said.lines().filter_map(|line| line.strip_prefix("* reporting.usage")).collect();
    assert_eq!(marked.len(), 1, "{said}");
    Ok(())
}

#[tokio::test]
async fn read_only_commands_create_no_state() -> Result<()> {
    let world = World::new().await?;
    let nowhere = world.folder.path().join("mistyped");
    for command in [&["status"][..], &["history"], &["verify"], &["export"]] {
        world.ok(&[command, &["--state", text(&nowhere)]].concat())?;
        assert!(!nowhere.exists(), "{command:?}");
    }
    let (code, said) = world.run(&["show", "1", "--state", text(&nowhere)])?;
    assert_eq!((code, nowhere.exists()), (1, false), "{said}");
    Ok(())
}

#[tokio::test]
async fn the_receiver_that_was_opted_in_to_stays_until_another_is_named() -> Result<()> {
    let world = World::new().await?;
    let (site, librenms) = (Site::start(Plays::Stock)?, Site::start(Plays::Stock)?);
    callback_post(&world, &librenms).await?;
    world.ok(&["enable", "--yes", "--receiver", &site.log(), "--receiver-kind", "callback-stats"])?;
    let enabled = world.json(&["enable", "--yes", "--json", "--withhold", "os=linux"])?;
    assert_eq!(enabled["given"]["receiver"]["url"], site.log());
    assert_eq!(
        (&enabled["given"]["receiver"]["kind"], &enabled["newly_sent"]),
        (&"callback-stats".into(), &serde_json::json!([]))
    );
    world.ok(&["disable"])?;
    let enabled = world.json(&["enable", "--yes", "--override-off", "--json"])?;
    assert_eq!(enabled["given"]["receiver"]["url"], site.log());
    // Another receiver gets everything, and that is reported even with --quiet.
    let moved = ["enable", "--yes", "--quiet", "--receiver", &librenms.log(), "--receiver-kind", "stock"];
    let output = world.command(&moved).output()?;
    let said = String::from_utf8(output.stderr)?;
    assert!(said.contains(&site.log()) && said.contains(&librenms.log()), "{said}");
    let enabled =
        world.json(&["enable", "--yes", "--json", "--receiver", &site.log(), "--receiver-kind", "callback-stats"])?;
    let expected = serde_json::json!([{"what": "receiver", "url": site.log(), "before": librenms.log()}]);
    assert_eq!(enabled["newly_sent"], expected);
    Ok(())
}

#[tokio::test]
async fn enable_warns_if_the_schedule_does_not_use_the_same_receiver() -> Result<()> {
    let (world, site) = (World::new().await?, Site::start(Plays::Stock)?);
    let enabled = world.json(&["enable", "--yes", "--json", "--receiver", &site.log()])?;
    assert_eq!(enabled["because_code"], "other-receiver");
    assert!(enabled["because"].as_str().is_some_and(|because| because.contains("receiver.url")), "{enabled}");
    let output = world.command(&["submit", "--quiet"]).output()?;
    let said = String::from_utf8(output.stderr)?;
    assert_eq!(output.status.code(), Some(6));
    assert!(said.contains("receiver.url") && said.contains(&site.log()), "nobody chose that: {said}");
    world.configure(&format!("[receiver]\nurl = '{}'\n", site.log()))?;
    assert_eq!(world.json(&["enable", "--yes", "--json"])?["because_code"], "on");
    world.ok(&["submit"])?;
    world.ok(&["disable"])?;
    let output = world.command(&["submit", "--quiet"]).output()?;
    assert_eq!(String::from_utf8(output.stderr)?, "", "off by choice");
    Ok(())
}
