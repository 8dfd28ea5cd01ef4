//! The whole way, shown: a demo install, its preview, a receiver, the report sent, the receipt.

use crate::run::{cargo, command, root, run, say};
use anyhow::{Context, Result, ensure};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

pub(crate) fn demo(exit: bool) -> Result<()> {
    crate::assets::build()?;
    say("building the agent and the receiver");
    run(cargo().args([
        "build",
        "--quiet",
        "--locked",
        "--package",
        "callback-agent",
        "--package",
        "callback-receiver",
        "--package",
        "callback-tests",
    ]))?;
    let folder = root().join("target/demo");
    if folder.exists() {
        std::fs::remove_dir_all(&folder).context("target/demo, of an earlier demo, could not be removed")?;
    }
    std::fs::create_dir_all(&folder)?;
    let install = folder.join("librenms.sqlite3");
    say("making a demo install: 300 devices of an invented company, in target/demo/librenms.sqlite3");
    run(command(binary("demo-install")).arg(&install))?;

    let agent = |arguments: &[&str]| {
        let mut command = command(binary("callback-agent"));
        command.arg("--install").arg(&install).arg("--state").arg(folder.join("agent")).args(arguments);
        // The demo's own install is asked to send to the demo's own receiver: the reader's switches are not meant.
        command.env_remove("DO_NOT_TRACK").env_remove("CALLBACK_DISABLED");
        command
    };
    say("what would be sent (all of it: target/demo/preview.json; what was removed: target/demo/removed.txt)");
    save(&mut agent(&["preview"]), &folder.join("preview.json"))?;
    let removed = save(&mut agent(&["preview", "--explain"]), &folder.join("removed.txt"))?;
    for line in removed.lines().take(24) {
        println!("    {line}");
    }
    println!("    …");

    say("starting a receiver on a free loopback port");
    let mut receiver = Receiver::start(&folder.join("receiver"))?;
    println!("    {}", receiver.url);
    say("allowing the report and sending it");
    run(&mut agent(&["enable", "--yes"]))?;
    run(&mut agent(&["submit", "--receiver", &format!("{}/log.php", receiver.url)]))?;
    if exit {
        return Ok(());
    }
    println!();
    println!("The receiver stays up; press Ctrl-C to stop it. To look in a browser: {}/healthz", receiver.url);
    println!(
        "To try more: target/debug/callback-agent --install target/demo/librenms.sqlite3 --state target/demo/agent preview"
    );
    receiver.process.wait()?;
    Ok(())
}

fn binary(name: &str) -> std::path::PathBuf {
    let target =
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), |target| root().join(target));
    target.join("debug").join(name)
}

/// Runs a command, keeps what it prints in a file and returns it.
fn save(command: &mut Command, file: &Path) -> Result<String> {
    let output =
        command.stderr(Stdio::inherit()).output().with_context(|| format!("{command:?} could not be started"))?;
    ensure!(output.status.success(), "{command:?} failed ({})", output.status);
    std::fs::write(file, &output.stdout)?;
    Ok(String::from_utf8(output.stdout)?)
}

struct Receiver {
    process: Child,
    url: String,
}

impl Receiver {
    fn start(data: &Path) -> Result<Self> {
        let mut process = command(binary("callback-receiver"))
            .args(["--listen", "127.0.0.1:0", "--data"])
            .arg(data)
            .stdout(Stdio::piped())
            .spawn()
            .context("the receiver could not be started")?;
        let mut line = String::new();
        BufReader::new(process.stdout.take().context("the receiver has no output")?).read_line(&mut line)?;
        let url = line.trim().rsplit(' ').next().unwrap_or_default().to_owned();
        ensure!(url.starts_with("http://"), "the receiver did not come up");
        Ok(Self { process, url })
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
