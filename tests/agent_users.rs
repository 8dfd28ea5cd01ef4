//! The user that the agent runs as: users of a directory service with all of their groups, root that never stays root
//! by accident, and commands that only read, which need no state and create none.

use anyhow::{Context, Result, ensure};
use callback_tests::machine::{LDAP_GROUP, LDAP_USER, Machine, NAMELESS, is_without_state, succeeded};
use callback_tests::world::code;
use serde_json::Value;
use std::fs::Permissions;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::Path;

const RECEIVER: [&str; 2] = ["--receiver", "http://127.0.0.1:9/log.php"];

fn uid(path: &Path) -> Result<u32> {
    Ok(std::fs::metadata(path).with_context(|| path.display().to_string())?.uid())
}

/// The code of a command that fails as JSON.
fn refused(machine: &Machine, arguments: &[&str]) -> Result<(i32, String)> {
    code(&machine.agent(&[arguments, &["--json"]].concat()).output()?)
}

fn enable(machine: &Machine, more: &[&str]) -> Result<Value> {
    let said = machine.ok(&[&["enable", "--yes", "--json"][..], &RECEIVER, more].concat())?;
    Ok(serde_json::from_str(&said)?)
}

#[tokio::test]
async fn root_continues_as_a_user_of_a_directory_service_with_all_groups() -> Result<()> {
    let (name, id) = LDAP_USER;
    let machine = Machine::with_librenms(id, id).await?;
    // Only the supplementary group may read it.
    chown(machine.path("opt/librenms/.env"), Some(0), Some(LDAP_GROUP.1))?;
    std::fs::set_permissions(machine.path("opt/librenms/.env"), Permissions::from_mode(0o640))?;
    machine.program("php", "cat /proc/self/status > /run/status; echo 'PHP 8.2.36 (cli)'")?;
    machine.ok(&["preview"])?;
    let status = std::fs::read_to_string(machine.path("run/status"))?;
    let field = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
        line.split_whitespace().map(str::to_owned).collect::<Vec<_>>()
    };
    let (user, group) = (id.to_string(), LDAP_GROUP.1.to_string());
    assert_eq!(field("Uid:"), vec![user.clone(); 4], "real, effective, saved and of files");
    assert_eq!(field("Gid:"), vec![user.clone(); 4]);
    assert_eq!(field("Groups:"), [user, group]);
    assert_eq!(field("CapEff:"), ["0000000000000000"]);
    // The state belongs to that user.
    enable(&machine, &[])?;
    assert_eq!(uid(&machine.path("var/lib/callback-agent/state.sqlite3"))?, id);
    let said = machine.ok(&["install", "--yes", "--json", "--root", "/run/root"])?;
    assert_eq!(serde_json::from_str::<Value>(&said)?["user"], name);
    Ok(())
}

#[tokio::test]
async fn an_owner_without_a_name_is_rejected_unless_given_as_uid_and_gid() -> Result<()> {
    let (user, group) = NAMELESS;
    let machine = Machine::with_librenms(user, group).await?;
    for command in ["preview", "status", "enable", "install"] {
        assert_eq!(refused(&machine, &[command])?, (3, "user-unknown".to_owned()), "{command}");
    }
    assert!(is_without_state(&machine.path("var/lib"))? && is_without_state(&machine.path("root"))?);
    let numbers = format!("{user}:{group}");
    machine.ok(&["preview", "--user", &numbers])?;
    enable(&machine, &["--user", &numbers])?;
    assert_eq!(uid(&machine.path("var/lib/callback-agent/state.sqlite3"))?, user);
    // Neither systemd nor cron knows users without a name.
    assert_eq!(refused(&machine, &["install", "--user", &numbers])?, (3, "user-unknown".to_owned()));
    Ok(())
}

#[tokio::test]
async fn a_state_in_roots_home_does_not_keep_a_command_about_librenms_as_root() -> Result<()> {
    let (name, id) = LDAP_USER;
    let machine = Machine::with_librenms(id, id).await?;
    std::fs::copy(machine.path("opt/librenms/database/x.sqlite3"), machine.path("root/demo.sqlite3"))?;
    // Root's own database needs no other user: nobody else can have written it.
    machine.ok(&["--librenms", "/root/demo.sqlite3", "enable", "--yes", RECEIVER[0], RECEIVER[1]])?;
    assert_eq!(uid(&machine.path("root/.local/state/callback-agent/state.sqlite3"))?, 0);
    let output = machine.agent(&["status", "--json"]).output()?;
    let said = String::from_utf8(output.stderr.clone())?;
    ensure!(said.lines().count() == 1 && said.contains("/root/.local/state/callback-agent"), "{said}");
    let status: Value = serde_json::from_str(&succeeded(output)?)?;
    assert_eq!(status["code"], "not-opted-in");
    assert!(is_without_state(&machine.path("var/lib"))?, "looking makes no state");
    enable(&machine, &[])?;
    let state = machine.path("var/lib/callback-agent");
    assert_eq!((uid(&state)?, uid(&state.join("state.sqlite3"))?), (id, id));

    // The state that an older version created as root is not used, and `install` changes its owner.
    for file in [state.clone(), state.join("state.sqlite3")] {
        chown(file, Some(0), Some(0))?;
    }
    assert_eq!(refused(&machine, &["status"])?, (9, "state-owner".to_owned()));
    machine.program("cron", "sleep 60")?;
    succeeded(with_cron(&machine, &["install", "--yes", "--cron"]).output()?)?;
    assert_eq!((uid(&state)?, uid(&state.join("state.sqlite3"))?), (id, id));
    let status: Value = serde_json::from_str(&machine.ok(&["status", "--json"])?)?;
    assert_eq!(status["consent"], "on", "for {name}");
    Ok(())
}

/// A command of the agent on a host with a process named like a cron daemon.
fn with_cron(machine: &Machine, arguments: &[&str]) -> std::process::Command {
    machine.script("cron & sleep 0.1; callback-agent \"$@\"", arguments)
}

#[tokio::test]
async fn a_librenms_that_belongs_to_root_needs_a_user() -> Result<()> {
    let machine = Machine::with_librenms(0, 0).await?;
    for command in ["preview", "status", "enable", "install"] {
        assert_eq!(refused(&machine, &[command])?, (3, "user-not-named".to_owned()), "{command}");
    }
    machine.ok(&["dictionary"])?;
    machine.ok(&["preview", "--user", LDAP_USER.0])?;
    // If there is only root, `--user root` is needed once: the state belongs to root from then on.
    enable(&machine, &["--user", "root"])?;
    assert_eq!(uid(&machine.path("var/lib/callback-agent/state.sqlite3"))?, 0);
    let status: Value = serde_json::from_str(&machine.ok(&["status", "--json"])?)?;
    assert_eq!(status["consent"], "on");
    Ok(())
}

#[tokio::test]
async fn the_owner_runs_commands_even_if_librenms_s_settings_cannot_be_read() -> Result<()> {
    let machine = Machine::with_librenms(LDAP_USER.1, LDAP_USER.1).await?;
    // The opt-out must not be recorded in a state in root's home.
    std::fs::create_dir_all(machine.path("root/.local/state/callback-agent"))?;
    std::fs::remove_file(machine.path("opt/librenms/lnms"))?;
    std::fs::write(machine.path("opt/librenms/.env"), "DB_CONNECTION=\"\n")?;
    machine.ok(&["disable"])?;
    assert_eq!(std::fs::read_dir(machine.path("root/.local/state/callback-agent"))?.count(), 0);
    assert_eq!(uid(&machine.path("var/lib/callback-agent/state.sqlite3"))?, LDAP_USER.1);
    Ok(())
}

#[tokio::test]
async fn only_root_switches_users() -> Result<()> {
    let machine = Machine::with_librenms(LDAP_USER.1, LDAP_USER.1).await?;
    let output = as_librenms(&machine, &["status", "--user", "root", "--json"]).output()?;
    assert_eq!(code(&output)?, (1, "switch-user-failed".to_owned()));
    succeeded(as_librenms(&machine, &["status", "--user", LDAP_USER.0]).output()?)?;
    Ok(())
}

#[tokio::test]
async fn a_program_that_the_user_cannot_reach_is_named() -> Result<()> {
    let machine = Machine::with_librenms(LDAP_USER.1, LDAP_USER.1).await?;
    std::fs::copy(machine.path("usr/local/bin/callback-agent"), machine.path("root/agent"))?;
    let output = machine.script("exec /root/agent preview --raw --json", &[]).output()?;
    assert_eq!(output.status.code(), Some(2), "--raw and --json exclude each other");
    let output = machine.script("exec /root/agent status --json", &[]).output()?;
    assert_eq!(code(&output)?, (1, "switch-user-failed".to_owned()));
    let said = String::from_utf8(output.stderr)?;
    ensure!(said.contains("/root/agent") && said.contains("/usr/local/bin"), "{said}");
    Ok(())
}

/// A command of the agent's, started by LibreNMS's user, whose home is the LibreNMS directory.
fn as_librenms(machine: &Machine, arguments: &[&str]) -> std::process::Command {
    machine.script(
        &format!(
            "export HOME=/opt/librenms\nexec setpriv --reuid {0} --regid {0} --init-groups callback-agent \"$@\"",
            LDAP_USER.1
        ),
        arguments,
    )
}

/// Commands that only read, and need no state.
const LOOKING: &[&[&str]] = &[
    &["preview"],
    &["facts"],
    &["status", "--why"],
    &["history"],
    &["verify"],
    &["export"],
    &["dictionary"],
    &["module"],
    &["config", "check"],
];

#[tokio::test]
async fn commands_that_only_read_need_no_state_and_create_none() -> Result<()> {
    let machine = Machine::with_librenms(LDAP_USER.1, LDAP_USER.1).await?;
    std::fs::set_permissions(machine.path("opt/librenms"), Permissions::from_mode(0o750))?;
    for arguments in LOOKING {
        succeeded(as_librenms(&machine, arguments).output()?).with_context(|| format!("{arguments:?}"))?;
    }
    assert_eq!(code(&as_librenms(&machine, &["secret", "export", "--json"]).output()?)?.1, "no-secret");
    let homeless = "unset HOME\nexec setpriv --reuid 4242 --regid 4242 --init-groups callback-agent \"$@\"";
    for arguments in [&["preview"][..], &["status"], &["config", "check"]] {
        machine.ok(arguments).with_context(|| format!("as root: {arguments:?}"))?;
        succeeded(machine.script(homeless, arguments).output()?).with_context(|| format!("no HOME: {arguments:?}"))?;
    }
    for directory in ["opt", "root", "home", "var/lib", "run", "etc"] {
        assert!(is_without_state(&machine.path(directory))?, "{directory}");
    }
    // A command that writes says where it could.
    let output = as_librenms(&machine, &["enable", "--yes", "--json", RECEIVER[0], RECEIVER[1]]).output()?;
    assert_eq!(code(&output)?.1, "state-in-librenms");
    let output = as_librenms(&machine, &["serve", "--json"]).output()?;
    assert_eq!(code(&output)?.1, "state-in-librenms");
    assert!(is_without_state(&machine.path("opt"))?);
    Ok(())
}

#[tokio::test]
async fn looking_leaves_an_empty_state_directory_empty_and_needs_no_writable_one() -> Result<()> {
    let machine = Machine::with_librenms(LDAP_USER.1, LDAP_USER.1).await?;
    assert_eq!(refused(&machine, &[&["enable"], &RECEIVER[..]].concat())?, (6, "confirmation-needed".to_owned()));
    assert!(is_without_state(&machine.path("var/lib"))?, "nobody could answer");
    let state = machine.path("var/lib/callback-agent");
    std::fs::create_dir(&state)?;
    std::fs::set_permissions(&state, Permissions::from_mode(0o700))?;
    chown(&state, Some(LDAP_USER.1), Some(LDAP_USER.1))?;
    for arguments in LOOKING {
        machine.ok(arguments).with_context(|| format!("{arguments:?}"))?;
        assert_eq!(std::fs::read_dir(&state)?.count(), 0, "{arguments:?}");
    }
    assert_eq!(refused(&machine, &[&["enable"], &RECEIVER[..]].concat())?, (6, "confirmation-needed".to_owned()));
    assert_eq!(std::fs::read_dir(&state)?.count(), 0);
    enable(&machine, &[])?;
    for arguments in LOOKING {
        let script = "mount -o remount,bind,ro /var/lib\nexec callback-agent \"$@\"";
        succeeded(machine.script(script, arguments).output()?).with_context(|| format!("{arguments:?}"))?;
    }
    let status: Value = serde_json::from_str(&machine.ok(&["status", "--json"])?)?;
    assert_eq!(status["consent"], "on");
    Ok(())
}

#[tokio::test]
async fn a_file_that_the_user_cannot_reach_is_an_error_that_names_the_user() -> Result<()> {
    let machine = Machine::with_librenms(LDAP_USER.1, LDAP_USER.1).await?;
    enable(&machine, &[])?;
    machine.ok(&["submit", "--out", "/opt/librenms/report.json", RECEIVER[0], RECEIVER[1]])?;
    for (arguments, remedy) in [
        (&["facts", "--out", "/root/x"][..], "- > FILE"),
        (&["preview", "--share", "/root/x"], "- > FILE"),
        (&["clear", "--out", "/root/x"], "choose a directory"),
    ] {
        let output = machine.agent(&[arguments, &["--librenms", "/opt/librenms"]].concat()).output()?;
        let said = String::from_utf8(output.stderr)?;
        ensure!(!output.status.success() && said.contains(LDAP_USER.0) && said.contains(remedy), "{said}");
    }
    assert!(machine.ok(&["facts", "--out", "-"])?.starts_with('{'));
    chown(machine.path("opt/librenms/.env"), Some(0), Some(0))?;
    std::fs::set_permissions(machine.path("opt/librenms/.env"), Permissions::from_mode(0o600))?;
    let output = machine.agent(&["preview", "--json"]).output()?;
    let said = String::from_utf8(output.stderr.clone())?;
    assert_eq!(code(&output)?.1, "env-not-read");
    ensure!(said.contains(LDAP_USER.0) && said.contains("--user"), "{said}");
    Ok(())
}

#[tokio::test]
async fn uninstall_lists_what_it_removes_before_it_asks() -> Result<()> {
    let machine = Machine::with_librenms(LDAP_USER.1, LDAP_USER.1).await?;
    enable(&machine, &[])?;
    let output = machine.agent(&["uninstall", "--purge"]).output()?;
    let said = String::from_utf8(output.stdout)?;
    assert_eq!(output.status.code(), Some(6));
    let lists = |start: &str, what: &str| said.lines().any(|line| line.starts_with(start) && line.contains(what));
    ensure!(lists("remove", "/var/lib/callback-agent: consent, 1 entry") && lists("left", "reporting.usage"), "{said}");
    let output = machine.agent(&["uninstall"]).output()?;
    let said = String::from_utf8(output.stdout)?;
    ensure!(said.lines().any(|line| line.starts_with("left    /var/lib/callback-agent")), "{said}");
    assert!(machine.path("var/lib/callback-agent/state.sqlite3").exists());
    Ok(())
}

#[tokio::test]
async fn nothing_is_left_after_a_purge() -> Result<()> {
    let machine = Machine::with_librenms(LDAP_USER.1, LDAP_USER.1).await?;
    enable(&machine, &[])?;
    machine.ok(&["uninstall", "--yes", "--purge"])?;
    for arguments in [&["status"][..], &["history"], &["preview"]] {
        machine.ok(arguments)?;
    }
    assert!(is_without_state(&machine.path("var/lib"))? && is_without_state(&machine.path("root"))?);
    Ok(())
}

#[tokio::test]
async fn who_defaults_to_the_user_who_ran_sudo() -> Result<()> {
    let machine = Machine::with_librenms(LDAP_USER.1, LDAP_USER.1).await?;
    let who = |variable: &str, arguments: &[&str]| -> Result<Value> {
        let script = format!("export {variable}\nexec callback-agent \"$@\"");
        let said = succeeded(machine.script(&script, &[arguments, &RECEIVER].concat()).output()?)?;
        Ok(serde_json::from_str::<Value>(&said)?["given"]["who"].take())
    };
    let enable = ["enable", "--yes", "--override-off", "--json"];
    assert_eq!(who("SUDO_USER=mira", &enable)?, "mira");
    assert_eq!(who("DOAS_USER=tilda", &enable)?, "mira", "a recorded name stays");
    machine.ok(&["disable"])?;
    assert_eq!(who("DOAS_USER=tilda", &enable)?, "tilda");
    assert_eq!(who("SUDO_USER=mira", &[&enable[..], &["--who", "jo"]].concat())?, "jo");
    machine.ok(&["disable"])?;
    assert_eq!(who("SUDO_USER=", &enable)?, Value::Null);
    succeeded(machine.script("SUDO_USER=nele callback-agent disable", &[]).output()?)?;
    let history: Value = serde_json::from_str(&machine.ok(&["history", "--json"])?)?;
    let last = history.as_array().and_then(|entries| entries.iter().max_by_key(|entry| entry["id"].as_i64()));
    assert!(last.context("an entry")?.to_string().contains("nele"), "{history}");
    Ok(())
}

#[tokio::test]
async fn errors_in_a_container_name_the_unwritable_path_and_the_remedy() -> Result<()> {
    let machine = Machine::with_librenms(LDAP_USER.1, LDAP_USER.1).await?;
    let read_only = |directory: &str, arguments: &[&str]| -> Result<(String, String)> {
        let script = format!("mount -o remount,bind,ro /{directory}\nexec callback-agent \"$@\" --json");
        let output = machine.script(&script, arguments).output()?;
        Ok((code(&output)?.1, String::from_utf8(output.stderr)?))
    };
    let enable = ["enable", "--yes", RECEIVER[0], RECEIVER[1]];
    for (directory, arguments, path, remedy) in [
        ("var/lib", &enable[..], "/var/lib/callback-agent", "--state DIR"),
        ("etc", &["install", "--yes"], "/etc/systemd/system/callback-agent.service", "callback-agent submit"),
        ("etc", &["install", "--yes", "--cron"], "/etc/cron.d/callback-agent", "callback-agent submit"),
    ] {
        let (code, said) = read_only(directory, arguments)?;
        assert_eq!(code, "system-file", "{said}");
        ensure!(said.contains(path) && said.contains(remedy) && said.contains("read-only"), "{said}");
    }
    self::enable(&machine, &[])?;
    let (code_of, said) = read_only("var/lib", &["submit", RECEIVER[0], RECEIVER[1]])?;
    assert_eq!(code_of, "state-read-only", "{said}");
    ensure!(said.contains("/var/lib/callback-agent/") && said.contains("--state DIR"), "{said}");
    machine.ok(&["uninstall", "--yes", "--purge"])?;
    // Without a home there is no directory for the state, which `enable` needs.
    let script = "unset HOME\nexec setpriv --reuid 4242 --regid 4242 --init-groups callback-agent \"$@\"";
    let output = machine.script(script, &[&enable[..], &["--json"]].concat()).output()?;
    let said = String::from_utf8(output.stderr.clone())?;
    assert_eq!(code(&output)?, (3, "no-home".to_owned()));
    ensure!(said.contains("HOME") && said.contains("--state DIR"), "{said}");
    Ok(())
}

#[tokio::test]
async fn root_hands_over_nothing_that_another_user_could_have_put_there() -> Result<()> {
    let machine = Machine::with_librenms(LDAP_USER.1, LDAP_USER.1).await?;
    let (victim, theirs) = (machine.path("opt/victim"), machine.path("opt/theirs"));
    for directory in [&victim, &theirs] {
        std::fs::create_dir(directory)?;
    }
    std::fs::write(victim.join("file"), "")?;
    std::os::unix::fs::symlink("/opt/victim", theirs.join("state"))?;
    chown(&theirs, Some(65534), Some(65534))?;
    machine.program("cron", "sleep 60")?;
    let install = |state: &str| {
        let output = with_cron(&machine, &["install", "--yes", "--cron", "--json", "--state", state]).output()?;
        code(&output)
    };
    for state in ["/opt/theirs/state", "/opt/theirs/new", "/opt/theirs/state/new", "/opt/victim", "/etc"] {
        assert_eq!(install(state)?, (9, "state-untrusted".to_owned()), "{state}");
        let enable = ["enable", "--yes", "--state", state, RECEIVER[0], RECEIVER[1]];
        if !Path::new(state).starts_with("/etc") {
            machine.agent(&enable).output()?;
        }
    }
    for path in ["opt/victim", "opt/victim/file", "etc", "etc/passwd"] {
        assert_eq!(uid(&machine.path(path))?, 0, "{path}");
    }
    assert_eq!(std::fs::read_dir(&victim)?.count(), 1);
    succeeded(with_cron(&machine, &["install", "--yes", "--cron", "--state", "/opt/new/state"]).output()?)?;
    assert_eq!((uid(&machine.path("opt/new"))?, uid(&machine.path("opt/new/state"))?), (0, LDAP_USER.1));
    Ok(())
}

#[tokio::test]
async fn root_reads_no_file_of_librenms_before_it_switches_user() -> Result<()> {
    let machine = Machine::with_librenms(LDAP_USER.1, LDAP_USER.1).await?;
    let env = machine.path("opt/librenms/.env");
    std::fs::remove_file(&env)?;
    // Reading one of these without care blocks forever, or fills the memory.
    for make in ["mkfifo -m 0666 /opt/librenms/.env", "ln -s /dev/zero /opt/librenms/.env"] {
        succeeded(machine.script(make, &[]).output()?)?;
        for arguments in [&["preview"][..], &["submit"], &["config", "check"]] {
            assert_eq!(refused(&machine, arguments)?, (4, "env-not-read".to_owned()), "{make}: {arguments:?}");
        }
        machine.ok(&["disable"])?;
        assert_eq!(uid(&machine.path("var/lib/callback-agent/state.sqlite3"))?, LDAP_USER.1);
        std::fs::remove_file(&env)?;
    }
    // Opting out needs no LibreNMS at all, and nobody to be named.
    let machine = Machine::with_librenms(0, 0).await?;
    machine.ok(&["disable"])?;
    let status: Value = serde_json::from_str(&machine.ok(&["status", "--json", "--user", "root"])?)?;
    assert_eq!(status["consent"], "off");
    Ok(())
}
