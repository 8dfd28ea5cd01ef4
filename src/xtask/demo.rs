//! The demo: an install, its preview, a receiver, a report, its receipt and the preview page.

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
    let directory = root().join("target/demo");
    if directory.exists() {
        std::fs::remove_dir_all(&directory).context("target/demo, of an earlier run, could not be removed")?;
    }
    std::fs::create_dir_all(&directory)?;
    let install = directory.join("librenms.sqlite3");
    say("creating a demo install: 300 devices of an invented company, in target/demo/librenms.sqlite3");
    run(command(binary("demo-install")).arg(&install))?;

    let agent = |arguments: &[&str]| {
        let mut command = command(binary("callback-agent"));
        command.arg("--librenms").arg(&install).arg("--state").arg(directory.join("agent")).args(arguments);
        // The demo sends to its own receiver, so the user's own opt-outs do not apply.
        command.env_remove("DO_NOT_TRACK").env_remove("CALLBACK_DISABLED");
        command
    };
    say("previewing the report (payload: target/demo/preview.json; redactions: target/demo/removed.txt)");
    save(&mut agent(&["preview", "--json"]), &directory.join("preview.json"))?;
    let removed = save(&mut agent(&["preview", "--explain"]), &directory.join("removed.txt"))?;
    for line in removed.lines().take(24) {
        println!("    {line}");
    }
    println!("    …");

    say("simulating other installs that have reported for 90 days, for the graphs (takes a minute)");
    run(command(binary("demo-world")).arg(directory.join("receiver")))?;
    say("starting a receiver on a free loopback port");
    let mut receiver = Receiver::start(&directory.join("receiver"))?;
    println!("    {}", receiver.url);
    say("opting in and sending the report");
    let address = format!("{}/log.php", receiver.url);
    // The kind is never guessed: with the right one the agent gets a signed receipt and its own secret.
    let to = ["--receiver", &address, "--receiver-kind", "callback-stats"];
    run(agent(&["enable", "--yes"]).args(to))?;
    run(agent(&["submit"]).args(to))?;
    if exit {
        return Ok(());
    }
    say("serving the preview page");
    let mut serve = agent(&["serve"]);
    serve.args(to);
    let page = Page::start(&mut serve)?;
    println!();
    println!("The preview, where you opt in: {}", page.url);
    println!("The graphs: {}/", receiver.url);
    println!("Press Ctrl-C to stop both.");
    println!(
        "To try more: target/debug/callback-agent --librenms target/demo/librenms.sqlite3 --state target/demo/agent preview"
    );
    receiver.process.wait()?;
    drop(page);
    Ok(())
}

/// The preview server; it stops with the demo.
struct Page {
    process: Child,
    url: String,
}

impl Page {
    fn start(command: &mut Command) -> Result<Self> {
        let mut process = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
        let mut line = String::new();
        BufReader::new(process.stdout.take().context("the preview has no output")?).read_line(&mut line)?;
        ensure!(line.starts_with("http://"), "the preview did not start");
        Ok(Self { process, url: line.trim().to_owned() })
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
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
            .args(["serve", "--listen", "127.0.0.1:0", "--data"])
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
