//! The schedule: what `install` writes for systemd and cron, how systemd reads it, that one kind replaces the other,
//! what is reported if nothing runs it, and what is left after `uninstall`.

use anyhow::{Context, Result, ensure};
use callback_tests::machine::{LDAP_USER, Machine, succeeded};
use callback_tests::world::code;
use serde_json::Value;
use std::process::{Command, Output};

const SERVICE: &str = "etc/systemd/system/callback-agent.service";
const TIMER: &str = "etc/systemd/system/callback-agent.timer";
const WANTED: &str = "etc/systemd/system/timers.target.wants/callback-agent.timer";
const CRON: &str = "etc/cron.d/callback-agent";

/// A host with LibreNMS, and a systemctl that creates links as systemd does, and records its arguments.
async fn machine() -> Result<Machine> {
    let machine = Machine::with_librenms(LDAP_USER.1, LDAP_USER.1).await?;
    machine.program(
        "systemctl",
        &format!(
            "echo \"$*\" >> /run/systemctl.log\ncase \"$2\" in\nis-*) exec test -e /{WANTED} ;;\n\
             enable) mkdir -p $(dirname /{WANTED}) && ln -sf /{TIMER} /{WANTED} ;;\ndisable) rm -f /{WANTED} ;;\nesac"
        ),
    )?;
    machine.program("cron", "sleep 60")?;
    Ok(machine)
}

/// A host with systemd, a cron daemon, or neither.
#[derive(Clone, Copy)]
enum Runs {
    Systemd,
    Cron,
    Both,
    Nothing,
}

fn command(machine: &Machine, runs: Runs, arguments: &[&str]) -> Command {
    let (systemd, cron) = ("mkdir -p /run/systemd/system\n", "cron & sleep 0.1\n");
    let before = match runs {
        Runs::Systemd => systemd.to_owned(),
        Runs::Cron => format!("rm -rf /run/systemd\n{cron}"),
        Runs::Both => format!("{systemd}{cron}"),
        Runs::Nothing => "rm -rf /run/systemd\n".to_owned(),
    };
    machine.script(&format!("{before}callback-agent \"$@\""), arguments)
}

fn answer(output: Output) -> Result<Value> {
    Ok(serde_json::from_str(&succeeded(output)?)?)
}

fn schedule(machine: &Machine, runs: Runs, more: &[&str]) -> Result<Value> {
    answer(command(machine, runs, &[&["install", "--yes", "--json"][..], more].concat()).output()?)
}

fn log(machine: &Machine) -> Result<Vec<String>> {
    let path = machine.path("run/systemctl.log");
    let text = if path.exists() { std::fs::read_to_string(&path)? } else { String::new() };
    let _ = std::fs::remove_file(path);
    Ok(text.lines().map(|line| line.trim_start_matches("--quiet ").to_owned()).collect())
}

#[tokio::test]
async fn systemd_gives_no_warnings_and_delays_the_timer_instead_of_the_service() -> Result<()> {
    let machine = machine().await?;
    schedule(&machine, Runs::Systemd, &[])?;
    let verify = "systemd-analyze verify --recursive-errors=no /etc/systemd/system/callback-agent.service \
                  /etc/systemd/system/callback-agent.timer 2>&1";
    let said = succeeded(machine.script(verify, &[]).output()?)?;
    assert_eq!(said, "", "systemd-analyze is of the Debian package systemd");
    let (service, timer) =
        (std::fs::read_to_string(machine.path(SERVICE))?, std::fs::read_to_string(machine.path(TIMER))?);
    let has = |unit: &str, line: &str| unit.lines().any(|it| it == line);
    for line in ["OnCalendar=*-*-* 00:30:00 UTC", "RandomizedDelaySec=3h", "FixedRandomDelay=yes", "Persistent=yes"] {
        assert!(has(&timer, line), "{line}: {timer}");
    }
    for line in [
        "User=lnmsldap",
        "ExecStart=/usr/local/bin/callback-agent --librenms /opt/librenms --quiet submit",
        "EnvironmentFile=-/etc/environment",
        "BindReadOnlyPaths=-/tmp/mysql.sock",
    ] {
        assert!(has(&service, line), "{line}: {service}");
    }
    Ok(())
}

#[tokio::test]
async fn an_install_that_changes_nothing_is_one_line() -> Result<()> {
    let machine = machine().await?;
    let install = |more: &[&str]| -> Result<String> {
        succeeded(command(&machine, Runs::Systemd, &[&["install", "--yes"][..], more].concat()).output()?)
    };
    let said = install(&[])?;
    ensure!(!said.contains("[Service]") && said.contains("first run"), "what was written, without its text: {said}");
    assert_eq!(log(&machine)?.last().context("it was started")?, "enable --now callback-agent.timer");
    let written = std::fs::metadata(machine.path(SERVICE))?.modified()?;
    assert_eq!(install(&[])?.lines().count(), 1);
    assert_eq!(install(&["--quiet"])?, "");
    assert_eq!(schedule(&machine, Runs::Systemd, &[])?["code"], "already-installed");
    assert_eq!(std::fs::metadata(machine.path(SERVICE))?.modified()?, written, "unchanged files are left alone");
    assert!(log(&machine)?.iter().all(|line| line.starts_with("is-")), "nothing is started again");
    // A stopped timer is started again.
    std::fs::remove_file(machine.path(WANTED))?;
    assert_eq!(schedule(&machine, Runs::Systemd, &[])?["code"], "installed");
    assert!(machine.path(WANTED).is_symlink());
    Ok(())
}

#[tokio::test]
async fn one_kind_of_schedule_replaces_the_other() -> Result<()> {
    let machine = machine().await?;
    schedule(&machine, Runs::Both, &[])?;
    log(&machine)?;
    let there = || [SERVICE, TIMER, WANTED, CRON].map(|path| machine.path(path).symlink_metadata().is_ok());
    assert_eq!(there(), [true, true, true, false]);
    let replaced = schedule(&machine, Runs::Both, &["--cron"])?;
    assert_eq!(replaced["replaced"].as_array().map(Vec::len), Some(3));
    assert_eq!(there(), [false, false, false, true]);
    assert!(log(&machine)?.contains(&"disable --now callback-agent.timer".to_owned()));
    schedule(&machine, Runs::Both, &[])?;
    assert_eq!(there(), [true, true, true, false]);
    // As an older version left both kinds: an upgrade keeps the one that this host runs.
    let cron = |program: &str| format!("30 0 * * * daemon {program} --quiet submit --splay 3h\n");
    machine.write(CRON, &cron("/opt/old/callback-agent"))?;
    let upgraded = answer(command(&machine, Runs::Both, &["upgrade", "--yes", "--json"]).output()?)?;
    assert_eq!((&upgraded["schedule"], there()), (&"timer".into(), [true, true, true, false]));
    machine.write(CRON, &cron("/opt/old/callback-agent"))?;
    let upgraded = answer(command(&machine, Runs::Cron, &["upgrade", "--yes", "--json"]).output()?)?;
    assert_eq!((&upgraded["schedule"], there()), (&"cron".into(), [false, false, false, true]));
    assert!(std::fs::read_to_string(machine.path(CRON))?.contains(" /usr/local/bin/callback-agent "));
    Ok(())
}

#[tokio::test]
async fn a_schedule_that_nothing_here_runs_is_written_and_reported() -> Result<()> {
    for (arguments, runs, file) in [
        (&["install", "--yes", "--json"][..], Runs::Nothing, SERVICE),
        (&["install", "--yes", "--json"], Runs::Cron, SERVICE),
        (&["install", "--yes", "--json", "--cron"], Runs::Nothing, CRON),
    ] {
        let machine = machine().await?;
        for _ in 0..2 {
            let output = command(&machine, runs, arguments).output()?;
            assert_eq!(code(&output)?, (1, "schedule-not-started".to_owned()));
            assert!(machine.path(file).exists() && machine.path("var/lib/callback-agent").is_dir());
        }
        assert_eq!(log(&machine)?, Vec::<String>::new());
    }
    // With a cron daemon it works, and a second time nothing changes.
    let machine = machine().await?;
    assert_eq!(schedule(&machine, Runs::Cron, &["--cron"])?["code"], "installed");
    assert_eq!(schedule(&machine, Runs::Cron, &["--cron"])?["code"], "already-installed");
    let text = std::fs::read_to_string(machine.path(CRON))?;
    let line = text.lines().last().context("a line")?;
    assert!(line.ends_with("--quiet submit --splay 3h") && text.ends_with('\n'), "{text}");
    assert!(text.contains("time zone"), "{text}");
    Ok(())
}

#[tokio::test]
async fn a_program_that_a_service_cannot_run_is_refused() -> Result<()> {
    let machine = machine().await?;
    for place in ["root", "home"] {
        std::fs::copy(machine.path("usr/local/bin/callback-agent"), machine.path(&format!("{place}/agent")))?;
        for command in ["install", "upgrade"] {
            if command == "upgrade" {
                machine.write(CRON, "30 0 * * * lnmsldap /usr/bin/callback-agent --quiet submit --splay 3h\n")?;
            }
            let script = format!("exec /{place}/agent {command} --yes --json");
            let output = machine.script(&script, &[]).output()?;
            assert_eq!(code(&output)?, (3, "program-place".to_owned()), "{command}");
            let said = String::from_utf8(output.stderr)?;
            assert!(said.contains(&format!("/{place}/agent")) && said.contains("/usr/local/bin"), "{said}");
        }
        std::fs::remove_file(machine.path(CRON))?;
    }
    assert!(!machine.path(SERVICE).exists());
    Ok(())
}

#[tokio::test]
async fn the_service_sees_the_socket_of_librenms_in_tmp() -> Result<()> {
    let machine = machine().await?;
    machine.write("opt/librenms/.env", "DB_SOCKET=/tmp/mysqld-7/mysqld.sock\n")?;
    schedule(&machine, Runs::Systemd, &[])?;
    let has = |line: &str| -> Result<bool> {
        Ok(std::fs::read_to_string(machine.path(SERVICE))?.lines().any(|it| it == line))
    };
    assert!(has("BindReadOnlyPaths=-/tmp/mysqld-7/mysqld.sock")?);
    machine.write("opt/librenms/.env", "DB_SOCKET=/var/tmp/other.sock\n")?;
    command(&machine, Runs::Systemd, &["upgrade", "--yes"]).output()?;
    assert!(has("BindReadOnlyPaths=-/var/tmp/other.sock")? && !has("BindReadOnlyPaths=-/tmp/mysqld-7/mysqld.sock")?);
    // LibreNMS's user writes this file, and root the unit: a path that systemd would understand otherwise is left out.
    for socket in ["/tmp/x:/etc/passwd", "/tmp/../etc/shadow", "\"/tmp/a b\""] {
        machine.write("opt/librenms/.env", &format!("DB_SOCKET={socket}\n"))?;
        let output = command(&machine, Runs::Systemd, &["upgrade", "--yes"]).output()?;
        ensure!(output.status.success(), "{socket}: {}", String::from_utf8_lossy(&output.stderr));
        let unit = std::fs::read_to_string(machine.path(SERVICE))?;
        ensure!(!["/etc/passwd", "/etc/shadow", "/tmp/a b"].iter().any(|path| unit.contains(path)), "{socket}: {unit}");
    }
    Ok(())
}

#[tokio::test]
async fn uninstall_lists_everything_that_is_left() -> Result<()> {
    let machine = machine().await?;
    let uninstall = |more: &[&str]| -> Result<(Value, Vec<String>)> {
        let arguments = [&["uninstall", "--yes", "--json"][..], more].concat();
        let answer = answer(command(&machine, Runs::Systemd, &arguments).output()?)?;
        let stays = answer["stays"].as_array().context("a list")?;
        let codes = stays.iter().map(|it| it["code"].as_str().unwrap_or_default().to_owned()).collect();
        Ok((answer, codes))
    };
    schedule(&machine, Runs::Systemd, &[])?;
    let (answer, stays) = uninstall(&[])?;
    assert_eq!((answer["removed"].as_array().map(Vec::len), stays.len()), (Some(2), 0), "nobody opted in: {answer}");
    machine.write("etc/callback-agent.toml", "terms = ['Acme']\n")?;
    schedule(&machine, Runs::Systemd, &[])?;
    machine.ok(&["enable", "--yes", "--receiver", "http://127.0.0.1:9/log.php"])?;
    let (_, stays) = uninstall(&[])?;
    assert_eq!(stays, ["state-kept", "config-kept", "database-rows-kept", "built-in-sender-off"]);
    // A callback-receiver may hold a report: it never answered, so the state does not know.
    let ours = ["--receiver", "http://127.0.0.1:9/log.php", "--receiver-kind", "callback-stats"];
    machine.ok(&[&["enable", "--yes"][..], &ours].concat())?;
    machine.ok(&[&["submit", "--out", "/opt/librenms/database/report.json"][..], &ours].concat())?;
    let (_, stays) = uninstall(&[])?;
    assert_eq!(
        stays,
        ["state-kept", "config-kept", "database-rows-kept", "built-in-sender-off", "built-in-sender-rejected"]
    );
    let (_, stays) = uninstall(&["--purge", "--without-clear"])?;
    assert_eq!(stays, ["config-kept", "database-rows-kept", "built-in-sender-off", "built-in-sender-rejected"]);
    let (answer, stays) = uninstall(&[])?;
    assert_eq!((&answer["code"], stays), (&"nothing-to-uninstall".into(), vec!["config-kept".to_owned()]));
    assert!(machine.path("etc/callback-agent.toml").exists());
    Ok(())
}
