//! The manual pages: complete, without a warning of groff, and in step with the documentation.

use anyhow::{Context, Result, ensure};
use callback_agent::code::Code;
use callback_agent::config_keys;
use callback_tests::programs::{Agent, root, text};
use std::path::PathBuf;
use std::process::Command;

/// All pages, written into a directory.
fn pages() -> Result<(tempfile::TempDir, Vec<PathBuf>)> {
    let (agent, folder) = (Agent::new()?, tempfile::tempdir()?);
    agent.stdout(&["man", "--out", text(folder.path())])?;
    let pages: std::io::Result<Vec<PathBuf>> = std::fs::read_dir(folder.path())?.map(|page| Ok(page?.path())).collect();
    Ok((folder, pages?))
}

#[test]
fn each_page_has_the_sections_that_an_admin_looks_for() -> Result<()> {
    let (folder, pages) = pages()?;
    ensure!(pages.len() > 30, "{}", pages.len());
    for page in &pages {
        let written = std::fs::read_to_string(page)?;
        let is_command = page.extension().is_some_and(|section| section == "1");
        let of_commands = ["ENVIRONMENT", "EXIT STATUS", "DESCRIPTION"];
        let sections = ["NAME", "SYNOPSIS", "FILES", "EXAMPLES", "SEE ALSO"].into_iter();
        for section in sections.chain(of_commands.into_iter().filter(|_| is_command)) {
            let heading = [format!(".SH {section}\n"), format!(".SH \"{section}\"\n")];
            let body = heading.iter().find_map(|heading| written.split_once(heading.as_str()));
            let (_, body) = body.with_context(|| format!("{} has no section {section}", page.display()))?;
            assert!(!body.starts_with(".SH"), "{}: {section} is empty", page.display());
        }
        assert!(!written.contains("nonymous") && !written.contains("EXTRA"), "{}", page.display());
    }
    let page = |name: &str| std::fs::read_to_string(folder.path().join(name));
    let program = page("callback-agent.1")?.replace('\\', "");
    for part in
        ["fB--librenmsfR fIPATHfR", "[env: CALLBACK_LIBRENMS]", "[env: CALLBACK_CONFIG]", "[env: CALLBACK_STATE]"]
    {
        assert!(program.contains(part), "{part}: {program}");
    }
    let codes = program.split_once(".SH CODES").context("the codes")?.1;
    assert!(Code::ALL.iter().all(|code| codes.contains(&format!("fB{}fR", code.as_str()))), "{codes}");
    assert!(!page("callback-agent.toml.5")?.contains("how they match"));
    let page = page("callback-agent-enable.1")?;
    for word in ["DO_NOT_TRACK", "CALLBACK_DISABLED", "no_proxy", "take\\-over", "no\\-withhold"] {
        assert!(page.contains(word), "{word}");
    }
    Ok(())
}

#[test]
fn groff_gives_no_warnings() -> Result<()> {
    let (_folder, pages) = pages()?;
    for page in pages {
        let output = Command::new("groff")
            .args(["-man", "-ww", "-Tutf8", "-z"])
            .arg(&page)
            .output()
            .context("groff is missing: install groff-base and groff")?;
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && said.trim().is_empty(), "{}: {said}", page.display());
    }
    Ok(())
}

#[test]
fn keys_of_the_configuration_are_the_same_in_the_manual_and_the_documentation() -> Result<()> {
    let docs = std::fs::read_to_string(root().join("docs/agent.md"))?;
    for row in config_keys::to_markdown().lines() {
        assert!(docs.lines().any(|line| line == row), "docs/agent.md lacks: {row}");
    }
    let table = docs.split_once("| Key | Default | What |").context("the table of keys")?.1;
    let rows = table.lines().skip(2).take_while(|line| line.starts_with('|')).count();
    assert_eq!(rows, config_keys::KEYS.len());
    let (folder, _) = pages()?;
    let page = std::fs::read_to_string(folder.path().join("callback-agent.toml.5"))?;
    let sample = std::fs::read_to_string(root().join("docs/samples/agent.toml"))?;
    for name in config_keys::KEYS.iter().flat_map(|keys| keys.names) {
        assert!(page.contains(name), "{name}");
        let key = name.rsplit('.').next().unwrap_or(name);
        let is_in_sample = sample.lines().any(|line| line.trim_start_matches("# ").starts_with(&format!("{key} = ")));
        assert!(is_in_sample, "docs/samples/agent.toml lacks {name}");
    }
    Ok(())
}
