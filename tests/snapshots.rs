//! Committed snapshots of public interfaces, so that every change is visible. `cargo xtask snapshots` updates them.

use anyhow::{Context, Result, ensure};
use callback_agent::code::Code as AgentCode;
use callback_agent::sandbox::module::Module;
use callback_agent::sandbox::{Limits, Sandbox};
use callback_collector::dictionary;
use callback_measure::published::{self, Published};
use callback_receiver::code::{Code as ReceiverCode, Outcome};
use callback_tests::demo_install;
use callback_tests::programs::{Agent, program, root, text};
use callback_tests::world::execute;
use serde_json::Value;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

fn compare(path: &str, now: &str) -> Result<()> {
    let file = root().join(path);
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        if let Some(folder) = file.parent() {
            std::fs::create_dir_all(folder)?;
        }
        return Ok(std::fs::write(file, now)?);
    }
    let committed =
        std::fs::read_to_string(&file).with_context(|| format!("{path} is missing; run: cargo xtask snapshots"))?;
    let differs = committed.lines().zip(now.lines()).position(|(a, b)| a != b);
    ensure!(
        committed == now,
        "{path} differs, first in line {:?}; if that is meant, run: cargo xtask snapshots",
        differs.map(|at| at + 1)
    );
    Ok(())
}

fn schema(of: schemars::Schema) -> Result<String> {
    Ok(format!("{}\n", serde_json::to_string_pretty(&of)?))
}

#[test]
fn json_schemas() -> Result<()> {
    compare("docs/schema/facts.schema.json", &schema(schemars::schema_for!(callback_collector::Facts<'static>))?)?;
    compare("docs/schema/findings.schema.json", &schema(schemars::schema_for!(callback_collector::Findings))?)?;
    compare("docs/schema/problem.schema.json", &schema(schemars::schema_for!(callback_collector::Problem))?)?;
    compare("docs/schema/receiver-api.schema.json", &schema(callback_protocol::schema::receiver_api())?)?;
    compare("docs/schema/agent-api.schema.json", &schema(callback_protocol::schema::agent_api())?)?;
    let payload = callback_collector::payload::json_schema();
    compare("docs/schema/payload.schema.json", &format!("{}\n", serde_json::to_string_pretty(&payload)?))
}

#[test]
fn invisible_characters() -> Result<()> {
    let ranges: Vec<String> =
        callback_common::display::INVISIBLE.iter().map(|(first, last)| format!("  [{first}, {last}]")).collect();
    compare("docs/schema/invisible.json", &format!("[\n{}\n]\n", ranges.join(",\n")))
}

#[test]
fn the_module_s_imports_and_exports() -> Result<()> {
    let sandbox = Sandbox::new(&Module::embedded()?, None, Limits::default())?;
    let mut now = String::new();
    let mut imports = sandbox.imports();
    imports.sort();
    for name in imports {
        writeln!(now, "import {name}")?;
    }
    for name in sandbox.exports() {
        writeln!(now, "export {name}")?;
    }
    compare("tests/snapshots/module.txt", &now)?;
    let types =
        std::fs::read_to_string(root().join("target/module/collector.d.ts")).context("run: cargo xtask assets")?;
    compare("tests/snapshots/collector.d.ts", &types)
}

#[test]
fn the_page_of_the_agents_codes() -> Result<()> {
    compare("docs/agent-codes.md", &callback_agent::code::to_markdown())
}

/// Every message of the agent with its code, as in the source, with placeholders in braces. A code that nothing uses is
/// an error.
#[test]
fn the_messages_of_the_agent() -> Result<()> {
    let mut sources = Vec::new();
    read_sources(&root().join("src/agent"), &mut sources)?;
    let mut now = String::new();
    for code in AgentCode::ALL {
        let mut messages = BTreeSet::new();
        let mut is_used = false;
        for source in &sources {
            let name = format!("Code::{}", code.name());
            for (at, _) in source.match_indices(&name) {
                let rest = &source[at + name.len()..];
                if rest.starts_with(|c: char| c.is_alphanumeric()) {
                    continue;
                }
                is_used = true;
                messages.extend(message_after(rest).or_else(|| message_before(source, at, rest)));
            }
        }
        ensure!(is_used, "no part of the agent uses the code {code}");
        writeln!(now, "{code} (exit {})", code.exit().status())?;
        for message in messages {
            writeln!(now, "    {message}")?;
        }
    }
    compare("tests/snapshots/agent-messages.txt", &now)
}

/// The Rust sources below a directory, except for the codes themselves.
fn read_sources(directory: &Path, sources: &mut Vec<String>) -> Result<()> {
    for entry in std::fs::read_dir(directory)? {
        let path = entry?.path();
        if path.is_dir() {
            read_sources(&path, sources)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") && !path.ends_with("agent/code.rs") {
            sources.push(std::fs::read_to_string(&path)?);
        }
    }
    Ok(())
}

/// The string literal that follows a code as the next argument, if any.
fn message_after(source: &str) -> Option<String> {
    literal(source.strip_prefix(',')?)
}

/// The literal of the variable `message` that follows a code as the next argument.
fn message_before(source: &str, at: usize, rest: &str) -> Option<String> {
    const VARIABLE: &str = "let message =";
    rest.strip_prefix(',')?.trim_start().strip_prefix("message)")?;
    literal(&source[source[..at].rfind(VARIABLE)? + VARIABLE.len()..])
}

/// The string literal, or the one in `format!`, at the beginning of a text.
fn literal(text: &str) -> Option<String> {
    let text = text.trim_start();
    let rest = text.strip_prefix("format!(").unwrap_or(text).trim_start().strip_prefix('"')?;
    let (mut message, mut escaped) = (String::new(), false);
    for c in rest.chars() {
        match c {
            '\n' if escaped => {
                // The rest of the literal is on the next line, after its indentation.
                message.push('\n');
                escaped = false;
            }
            c if escaped => {
                message.push(c);
                escaped = false;
            }
            '\\' => escaped = true,
            '"' => break,
            ' ' if message.ends_with('\n') => {}
            c => {
                if message.ends_with('\n') {
                    message.pop();
                }
                message.push(c);
            }
        }
    }
    let is_key = rest.strip_prefix(message.as_str()).is_some_and(|rest| rest.starts_with("\":"));
    (!is_key && !message.is_empty()).then_some(message)
}

#[test]
fn help_texts() -> Result<()> {
    let help = |name: &str, arguments: &[&str]| -> Result<String> {
        let output = Command::new(program(name)).args(arguments).env("COLUMNS", "100").output()?;
        ensure!(output.status.success(), "{name} {arguments:?}");
        Ok(String::from_utf8(output.stdout)?)
    };
    let mut now = help("callback-agent", &["--help"])?;
    for command in [
        "preview",
        "serve",
        "facts",
        "submit",
        "upload",
        "receipt",
        "enable",
        "disable",
        "clear",
        "status",
        "history",
        "show",
        "diff",
        "verify",
        "export",
        "secret",
        "key",
        "config",
        "install",
        "upgrade",
        "uninstall",
        "man",
        "completions",
        "sanitise",
        "module",
        "dictionary",
    ] {
        write!(now, "\n--- {command}\n{}", help("callback-agent", &[command, "--help"])?)?;
    }
    compare("tests/snapshots/callback-agent.help.txt", &now)?;
    let mut now = help("callback-receiver", &["--help"])?;
    for command in [
        "serve",
        "check",
        "purge",
        "backup",
        "restore",
        "block",
        "pairs",
        "fixtures",
        "insights",
        "hide",
        "unhide",
        "hidden",
        "import-stock",
        "renew-signing-key",
    ] {
        let text = help("callback-receiver", &[command, "--help"])?;
        ensure!(text.lines().count() <= 40, "{command} --help does not fit a screen");
        write!(now, "\n--- {command}\n{text}")?;
    }
    compare("tests/snapshots/callback-receiver.help.txt", &now)
}

#[test]
fn the_page_of_the_receivers_codes() -> Result<()> {
    let mut answers = String::new();
    let mut errors = String::new();
    let mut messages = String::new();
    for code in ReceiverCode::ALL {
        // Placeholders replace what messages say about the request or the host.
        let message = code.describe("…");
        writeln!(messages, "{code}: {message}")?;
        match code.outcome() {
            Outcome::Answer { status, rule } => {
                writeln!(answers, "| `{code}` | {status} | {} | {message} | `{rule}` |", code.meaning())?;
            }
            Outcome::Exit(status) => writeln!(errors, "| `{code}` | {status} | {} | {message} |", code.meaning())?,
        }
    }
    compare("tests/snapshots/receiver-messages.txt", &messages)?;
    let page = format!(
        "# Error codes of the receiver\n\nCodes are stable: scripts and clients can rely on them. Messages are for people and may \
         change. Generated by `cargo xtask snapshots` from `src/receiver/code.rs`.\n\n\
         ## Answers\n\nErrors over HTTP are problem details (RFC 9457, `application/problem+json`). Their member `code` holds one \
         of these; `path` names the place in the request. The member `rule` is deprecated and will be removed in the next \
         version.\n\n| code | status | when | message | rule |\n|---|---|---|---|---|\n{answers}\n\
         ## Commands\n\nA command that fails prints `callback-receiver: error[CODE]: MESSAGE` to standard error. With `--json` it \
         also prints `{{\"error\": {{\"code\": …, \"message\": …}}}}` to standard output. `serve` logs errors as lines of JSON with a \
         member `code`. Exit status 0 is success, 1 an unexpected failure, 2 a usage error.\n\n\
         | code | exit status | when | message |\n|---|---|---|---|\n{errors}"
    );
    compare("docs/receiver-codes.md", &page)
}

#[test]
fn the_receiver_s_api() -> Result<()> {
    let document = callback_receiver::http::openapi::document();
    compare("docs/schema/receiver-openapi.json", &format!("{}\n", serde_json::to_string_pretty(&document)?))
}

#[test]
fn the_page_of_the_dictionary() -> Result<()> {
    let mut now = String::from(
        "# Dictionary\n\nEvery field and header of a report, in order. Made by `cargo xtask snapshots` from \
         `src/collector/dictionary.rs`.\n\n| field | place | from table | kind | category | since | purpose |\n|---|---|---|---|---|---|---|\n",
    );
    for field in dictionary::fields() {
        let word = |value: Value| value.as_str().unwrap_or_default().replace('_', " ");
        writeln!(
            now,
            "| `{}` | {} | {} | {} | {} | {} | {} |",
            field.field,
            word(serde_json::to_value(field.place)?),
            field.table.unwrap_or("–"),
            word(serde_json::to_value(field.kind)?) + if field.composed { ", without rare labels" } else { "" },
            word(serde_json::to_value(field.category)?),
            field.since,
            field.purpose
        )?;
    }
    compare("docs/dictionary.md", &now)
}

#[test]
fn the_page_of_the_rules() -> Result<()> {
    let cell = |text: &str| format!("`{}`", text.replace('|', "\\|").replace(['\r', '\n'], "⏎").replace('`', "'"));
    let mut now = String::from(
        "# Rules of the sanitiser\n\nEvery rule, in order, with an example and what the rule alone makes of it, and a text that it leaves alone. \
         Made by `cargo xtask snapshots` from `src/collector/sanitise/rules/`.\n\n| rule | kind | catches | example | becomes | leaves alone |\n|---|---|---|---|---|---|\n",
    );
    for rule in callback_collector::sanitise::rules::RULES {
        let kind = serde_json::to_value(rule.kind)?;
        let (before, after) = rule.matches.first().context("a rule without an example")?;
        writeln!(
            now,
            "| {} | {} | {} | {} | {} | {} |",
            rule.id,
            kind.as_str().unwrap_or_default(),
            rule.catches.replace('|', "\\|"),
            cell(before),
            cell(after),
            rule.leaves.first().map(|text| cell(text)).unwrap_or_default()
        )?;
    }
    now.push_str(
        "\n## Other finders\n\nWhat the install's database names, the admin's own words, and texts that are removed whole, each with an example and what \
         the facts have for it.\n\n| finder | kind | catches | given | example | becomes | leaves alone |\n|---|---|---|---|---|---|---|\n",
    );
    for finder in callback_collector::sanitise::documented::FINDERS {
        let kind = serde_json::to_value(finder.kind)?;
        let given: Vec<String> = finder.given.iter().map(|(field, value)| format!("{field} {}", cell(value))).collect();
        let (before, after) = finder.example;
        let example = |text: &str| if text.is_empty() { String::new() } else { cell(text) };
        writeln!(
            now,
            "| {} | {} | {} | {} | {} | {} | {} |",
            finder.id,
            kind.as_str().unwrap_or_default(),
            finder.catches,
            given.join(", "),
            example(before),
            example(after),
            cell(finder.leaves)
        )?;
    }
    let figures = std::fs::read_to_string(root().join(published::FILE))
        .with_context(|| format!("{} is missing; run: cargo xtask score --corpus PATH --write", published::FILE))?;
    now.push_str(&Published::from_json(&figures)?.to_markdown());
    compare("docs/sanitiser-rules.md", &now)
}

#[test]
fn the_reasons_in_the_preview() -> Result<()> {
    let mut reasons: serde_json::Map<String, Value> = callback_collector::sanitise::rules::RULES
        .iter()
        .map(|rule| (rule.id.to_owned(), rule.catches.into()))
        .collect();
    // The page has its own sentences for known identifiers and the admin's words.
    let others = callback_collector::sanitise::documented::FINDERS.iter();
    let others = others.filter(|finder| matches!(finder.id, "description.typed" | "too-long"));
    reasons.extend(others.map(|finder| (finder.id.to_owned(), finder.catches.into())));
    compare("www/src/rules.json", &format!("{}\n", serde_json::to_string_pretty(&reasons)?))
}

#[tokio::test]
async fn the_facts_of_the_public_preview() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let config = sample_config(folder.path())?;
    let install = folder.path().join("demo.sqlite3");
    demo_install::write(&install, demo_install::DEVICES).await?;
    set_uuid(&install).await?;
    let facts = Agent::new()?.stdout(&["--librenms", text(&install), "--config", text(&config), "facts"])?;
    compare("www/pages/demo-facts.json", &String::from_utf8(facts)?)
}

#[tokio::test]
async fn a_sample_of_the_payload() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let install = folder.path().join("demo.sqlite3");
    demo_install::write(&install, 30).await?;
    let config = sample_config(folder.path())?;
    set_uuid(&install).await?;
    let agent = Agent::new()?;
    let payload = agent.stdout(&["--librenms", text(&install), "--config", text(&config), "preview", "--json"])?;
    compare("tests/snapshots/demo-payload.json", &String::from_utf8(payload)?)?;
    let removed = agent.stdout(&["--librenms", text(&install), "--config", text(&config), "preview", "--explain"])?;
    compare("tests/snapshots/demo-removed.txt", &String::from_utf8(removed)?)
}

/// A configuration with fixed versions, so that the sample does not depend on this machine.
fn sample_config(folder: &Path) -> Result<std::path::PathBuf> {
    let config = folder.join("agent.toml");
    std::fs::write(
        &config,
        "[versions]\ndatabase = 'MariaDB 10.11.6'\nphp = '8.2.29'\npython = '3.11.2'\nrrdtool = '1.7.2'\nnetsnmp = '5.9.3'\nos = 'Debian GNU/Linux 12'\nlibrenms = 'master'\n",
    )?;
    Ok(config)
}

async fn set_uuid(install: &Path) -> Result<()> {
    execute(install, "INSERT INTO callback VALUES ('uuid', '6f1c7d0e-9a53-4c5e-8d52-0a3b1d5f7e11')").await
}
