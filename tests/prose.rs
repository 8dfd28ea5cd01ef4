//! The wording and links of documentation and comments: phrases that read like a translation, broken links and anchors,
//! configurations in a page that differ from the sample files, and tables and columns that the data model lacks.

use anyhow::{Context, Result, ensure};
use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};

/// Files whose wording is checked. Add new files of prose here.
const CHECKED: &[&str] = &[
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "README.md",
    "SECURITY.md",
    "docs/agent.md",
    "docs/architecture.md",
    "docs/data-model.md",
    "docs/deploy.md",
    "docs/least-privilege.md",
    "docs/module.md",
    "docs/preview.md",
    "docs/publication.md",
    "docs/receiver.md",
    "docs/sanitiser.md",
    "docs/upgrade.md",
    "docs/wire.md",
    "pkg/README.md",
    "tests/snapshots/agent-messages.txt",
    "tests/snapshots/callback-agent.help.txt",
    "tests/snapshots/callback-receiver.help.txt",
    "tests/snapshots/receiver-messages.txt",
    "www/README.md",
    "www/src/strings/en.ts",
];

/// Pages written by `cargo xtask snapshots`: their wording comes from the code.
const GENERATED: &[&str] =
    &["docs/agent-codes.md", "docs/dictionary.md", "docs/receiver-codes.md", "docs/sanitiser-rules.md"];

/// Directories whose comments and test names are checked, too.
const SOURCES: &[&str] = &[
    "src/agent",
    "src/collector",
    "src/common",
    "src/measure",
    "src/module",
    "src/protocol",
    "src/xtask",
    "tests",
    "www/src",
];

/// Phrases to avoid, and what to write instead. Lower case; they match whole words, across line breaks.
const DIALECT: &[(&str, &str)] = &[
    ("all the same", "anyway, still"),
    ("are none", "are missing"),
    ("are told", "are recognised, learn"),
    ("as good as none", "ignored"),
    ("be had", "be available"),
    ("became of", "the outcome of"),
    ("becomes of it", "what happens to it"),
    ("befall", "happen to"),
    ("break off", "disconnect, stop"),
    ("breaks off", "the connection is lost"),
    ("broke off", "the connection was lost"),
    ("broken off", "disconnected, interrupted"),
    ("brought back", "imported, restored"),
    ("by rules of its own", "independently"),
    ("by what stands", "by the surrounding text"),
    ("cannot be told", "cannot be determined"),
    ("carried by hand", "uploaded from another host, imported"),
    ("comes of it", "results"),
    ("ex works", "factory-default"),
    ("folder", "directory"),
    ("for ever", "forever"),
    ("gets at", "can access"),
    ("goes on as", "continues as"),
    ("goes with the", "is deleted with the"),
    ("goodbye", "uninstalling"),
    ("handed in", "passed in"),
    ("hands in", "passes"),
    ("have everything removed", "delete everything"),
    ("held back", "withheld, left out"),
    ("in nobody's way", "do not affect others"),
    ("is a no", "blocks"),
    ("is believed", "is trusted"),
    ("is forgotten", "expires, is deleted"),
    ("is let go", "is disconnected"),
    ("is no error", "is not an error"),
    ("is no failure", "is not an error"),
    ("is no json", "is not JSON"),
    ("is no proof", "does not confirm"),
    ("is no uuid", "is not a UUID"),
    ("is none", "is missing, is not set"),
    ("is said", "is reported, is printed"),
    ("is taken for", "is treated as"),
    ("is told", "is recognised, is printed"),
    ("keep back", "leave out, withhold"),
    ("keeps back", "leaves out, withholds"),
    ("lets go", "disconnects"),
    ("made anew", "rebuilt"),
    ("made of it", "built from it"),
    ("makes of it", "turns it into"),
    ("not even for a moment", "never"),
    ("nothing of", "no part of, no data from"),
    ("of as many", "with this many"),
    ("of ours", "callback-receiver, callback-agent, this project's"),
    ("of so many", "of this many"),
    ("of yours", "your"),
    ("once more", "again"),
    ("over its time", "expired"),
    ("parted by", "separated by"),
    ("plays tricks", "is invisible"),
    ("said no", "opted out"),
    ("said yes", "opted in"),
    ("say of themselves", "report"),
    ("saying no", "blocking"),
    ("says no", "blocks"),
    ("says of itself", "reports"),
    ("says of", "reports about"),
    ("says the rest", "lists the options"),
    ("says yes", "allows"),
    ("stand behind", "follow"),
    ("stand beside", "be next to"),
    ("stand between", "be between"),
    ("stand there", "be there"),
    ("stands around", "surrounds"),
    ("stands before", "precedes"),
    ("stands behind", "follows"),
    ("stands beside", "is next to"),
    ("stands between", "is between"),
    ("stands in", "is in, is listed in"),
    ("stands there", "is there"),
    ("stay quiet", "send nothing"),
    ("stays quiet", "sends nothing"),
    ("taken for", "mistaken for, treated as"),
    ("taken up again", "adopted again"),
    ("takes it for", "treats it as"),
    ("takes no answer", "stops reading"),
    ("takes no byte", "stops reading"),
    ("tells apart", "distinguishes"),
    ("that is none", "that is not one"),
    ("the machine gives", "is available"),
    ("the no", "opting out"),
    ("the yes", "consent"),
    ("this machine gives", "is available"),
    ("this user may not", "permission denied for user"),
    ("told apart", "distinguished"),
    ("vouch for", "have signed"),
    ("vouched for", "signed"),
    ("vouches for", "has signed"),
    ("was told", "knows, received"),
    ("what becomes of", "what happens to"),
    ("what came of", "the outcome of"),
    ("what comes of", "the outcome of"),
    ("what it makes of", "the result of"),
    ("what it says of", "what it reports about"),
    ("what leaves", "what is sent"),
    ("what stands", "what is, the text"),
    ("what starts it", "schedule, timer, cron job"),
    ("wherever it stands", "everywhere"),
    ("wherever they stand", "everywhere"),
    ("who asks", "the client"),
    ("who may not", "without permission"),
    ("who runs it", "the operator"),
    ("who says so", "the administrator's name"),
    ("whoever", "anyone who, the operator"),
    ("whole or not at all", "atomically"),
    ("with it goes", "and, it also contains"),
    ("with them goes", "and, they also contain"),
    ("without a way out", "air-gapped"),
    ("worth something", "valid"),
    ("written anew", "rewritten"),
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(path: &str) -> Result<String> {
    std::fs::read_to_string(root().join(path)).with_context(|| format!("cannot read {path}"))
}

/// The Markdown pages of the root and of `docs`.
fn pages() -> Result<BTreeSet<String>> {
    let mut pages = BTreeSet::new();
    for directory in ["", "docs"] {
        for entry in std::fs::read_dir(root().join(directory))? {
            let name = entry?.file_name().into_string().ok().context("a file name is not UTF-8")?;
            if Path::new(&name).extension().is_some_and(|extension| extension == "md") {
                pages.insert(if directory.is_empty() { name } else { format!("{directory}/{name}") });
            }
        }
    }
    Ok(pages)
}

/// The words of a text in lower case, each with its line. Marks at either end of a word are dropped.
fn words(text: &str) -> Vec<(usize, String)> {
    let mut words = Vec::new();
    for (number, line) in text.lines().enumerate() {
        for word in line.split_whitespace() {
            let word = word.trim_matches(|c: char| !c.is_alphanumeric());
            if !word.is_empty() {
                words.push((number + 1, word.to_lowercase()));
            }
        }
    }
    words
}

/// Every phrase of the dialect in a text: its line, the phrase, and what to write instead.
fn dialect(text: &str) -> Vec<(usize, &'static str, &'static str)> {
    let words = words(text);
    let mut found = Vec::new();
    for (phrase, instead) in DIALECT {
        let wanted: Vec<&str> = phrase.split(' ').collect();
        for window in words.windows(wanted.len()) {
            if window.iter().map(|(_, word)| word.as_str()).eq(wanted.iter().copied()) {
                found.push((window[0].0, *phrase, *instead));
            }
        }
    }
    found.sort_unstable();
    found
}

/// Source files below a directory, without generated ones and this list of phrases.
fn sources(directory: &Path, found: &mut Vec<PathBuf>) -> Result<()> {
    for entry in std::fs::read_dir(directory)? {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if path.is_dir() {
            if !["generated", "node_modules", "target"].contains(&name) {
                sources(&path, found)?;
            }
        } else if name != "prose.rs" && [".rs", ".ts", ".mjs"].iter().any(|ending| name.ends_with(ending)) {
            found.push(path);
        }
    }
    Ok(())
}

/// The comments and test names of a source file, line by line. A line without either is `0`, so that no phrase continues
/// across code.
fn comments(source: &str) -> String {
    let mut lines = String::new();
    for line in source.lines() {
        let code = line.trim_start();
        let comment = if ["//", "/*", "* "].iter().any(|start| code.starts_with(start)) {
            Some(code)
        } else {
            code.split_once(" // ").map(|(_, comment)| comment)
        };
        let name = code.split_once("fn ").and_then(|(_, rest)| rest.split(['(', '<']).next());
        // Names of tests are sentences; shorter names are code.
        let name = name.filter(|name| name.matches('_').count() >= 3);
        match (comment, name) {
            (Some(comment), _) => lines.push_str(comment),
            (None, Some(name)) => lines.push_str(&format!("0 {} 0", name.replace('_', " "))),
            (None, None) => lines.push('0'),
        }
        lines.push('\n');
    }
    lines
}

/// The lines of a page outside of code blocks, with code spans blanked, each with its number.
fn prose(text: &str) -> Vec<(usize, String)> {
    let mut in_block = false;
    let mut lines = Vec::new();
    for (number, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            in_block = !in_block;
        } else if !in_block {
            let without_code =
                line.split('`').enumerate().map(|(part, text)| if part % 2 == 0 { text } else { "" }).collect();
            lines.push((number + 1, without_code));
        }
    }
    lines
}

/// The targets of links and pictures in a line.
fn targets(line: &str) -> Vec<&str> {
    let mut targets = Vec::new();
    for (before, after) in [("](", ')'), ("src=\"", '"'), ("srcset=\"", '"'), ("href=\"", '"')] {
        let parts = line.split(before).skip(1);
        targets.extend(parts.filter_map(|rest| rest.split(after).next()));
    }
    targets
}

/// The anchors of a page's headings, as GitHub makes them.
fn anchors(text: &str) -> BTreeSet<String> {
    let mut anchors = BTreeSet::new();
    let mut seen: HashMap<String, usize> = HashMap::new();
    let mut in_block = false;
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            in_block = !in_block;
        }
        let Some(heading) = line.strip_prefix('#').filter(|_| !in_block) else { continue };
        let anchor: String = heading
            .trim_start_matches('#')
            .trim()
            .to_lowercase()
            .chars()
            .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'))
            .map(|c| if c == ' ' { '-' } else { c })
            .collect();
        let count = seen.entry(anchor.clone()).or_default();
        anchors.insert(if *count == 0 { anchor } else { format!("{anchor}-{count}") });
        *count += 1;
    }
    anchors
}

#[test]
fn prose_is_plain_english() -> Result<()> {
    let mut problems = Vec::new();
    for path in CHECKED {
        for (line, phrase, instead) in dialect(&read(path)?) {
            problems.push(format!("{path}:{line}: \"{phrase}\"; write instead: {instead}"));
        }
    }
    ensure!(problems.is_empty(), "phrases to avoid:\n{}", problems.join("\n"));
    Ok(())
}

#[test]
fn comments_and_test_names_are_plain_english() -> Result<()> {
    let mut files = Vec::new();
    for directory in SOURCES {
        sources(&root().join(directory), &mut files)?;
    }
    ensure!(files.len() > 150, "only {} source files were found", files.len());
    let mut problems = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
        for (line, phrase, instead) in dialect(&comments(&text)) {
            problems.push(format!("{}:{line}: \"{phrase}\"; write instead: {instead}", file.display()));
        }
    }
    ensure!(problems.is_empty(), "phrases to avoid:\n{}", problems.join("\n"));
    Ok(())
}

#[test]
fn phrases_are_found_in_comments_and_names_but_not_in_code_or_across_it() {
    let source = "/// The switch says\n/// no.\nfn a_test_who_says_so() {}\nlet says = no; // says no\n// says\nlet no;\n// no\n";
    let found: Vec<_> = dialect(&comments(source)).into_iter().map(|(line, phrase, _)| (line, phrase)).collect();
    assert_eq!(found, [(1, "says no"), (3, "who says so"), (4, "says no")]);
}

#[test]
fn phrases_are_found_across_lines_and_as_whole_words_only() {
    let found = dialect("The switch says\nno. This essays no claim, whosoever.\nSent by Whoever is root.");
    assert_eq!(
        found.iter().map(|(line, phrase, _)| (*line, *phrase)).collect::<Vec<_>>(),
        [(1, "says no"), (3, "whoever")]
    );
}

#[test]
fn every_page_is_checked_or_generated() -> Result<()> {
    let checked: BTreeSet<&str> = CHECKED.iter().chain(GENERATED).copied().collect();
    let missing: Vec<String> = pages()?.into_iter().filter(|page| !checked.contains(page.as_str())).collect();
    ensure!(missing.is_empty(), "add to CHECKED or GENERATED in tests/prose.rs: {}", missing.join(", "));
    Ok(())
}

#[test]
fn relative_links_and_anchors_lead_somewhere() -> Result<()> {
    let mut problems = Vec::new();
    let mut links = 0;
    let packages = ["pkg/README.md", "www/README.md"].map(String::from);
    for page in pages()?.into_iter().chain(packages) {
        let text = read(&page)?;
        let directory = Path::new(&page).parent().unwrap_or(Path::new(""));
        for (number, line) in prose(&text) {
            for target in targets(&line) {
                if target.contains("://") || target.starts_with("mailto:") {
                    continue;
                }
                links += 1;
                let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
                let there = if path.is_empty() { PathBuf::from(&page) } else { directory.join(path) };
                if !root().join(&there).exists() {
                    problems.push(format!("{page}:{number}: {target}: no such file"));
                } else if !anchor.is_empty() && !anchors(&read(&there.to_string_lossy())?).contains(anchor) {
                    problems.push(format!("{page}:{number}: {target}: no such heading"));
                }
            }
        }
    }
    ensure!(problems.is_empty(), "broken links:\n{}", problems.join("\n"));
    ensure!(links > 100, "only {links} links were found; the search for links is broken");
    Ok(())
}

#[test]
fn configurations_in_pages_are_the_sample_files() -> Result<()> {
    let mut samples = Vec::new();
    for entry in std::fs::read_dir(root().join("docs/samples"))? {
        samples.push(std::fs::read_to_string(entry?.path())?);
    }
    let mut blocks = 0;
    for page in pages()? {
        let text = read(&page)?;
        // Of the web servers' and systemd's configurations, those of the receiver are samples.
        let all: &[&str] = &["toml", "apache", "caddyfile", "haproxy", "ini", "nginx"];
        for language in if page == "docs/deploy.md" { all } else { &all[..1] } {
            for block in text.split(&format!("```{language}\n")).skip(1) {
                let block = block.split("```").next().unwrap_or_default();
                blocks += 1;
                ensure!(
                    samples.iter().any(|sample| sample == block),
                    "{page}: this is no file in docs/samples:\n{block}"
                );
            }
        }
    }
    ensure!(blocks >= 12, "only {blocks} configurations were found");
    Ok(())
}

/// The tables and columns that a migration creates.
fn tables_and_columns(sql: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut in_table = false;
    for line in sql.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words[..] {
            ["CREATE", "TABLE", table, ..] => {
                names.push(table.to_owned());
                in_table = true;
            }
            ["ALTER", "TABLE", _, "ADD", "COLUMN", column, ..] => names.push(column.to_owned()),
            [first, ..] if first.starts_with(')') => in_table = false,
            // Constraints are in capitals.
            [column, ..] if in_table && column.starts_with(|c: char| c.is_ascii_lowercase()) => {
                names.push(column.to_owned());
            }
            _ => {}
        }
    }
    // Tables with a single row need a key without meaning.
    names.retain(|name| name != "only_row");
    names
}

#[test]
fn the_data_model_lists_every_table_and_column() -> Result<()> {
    let page = read("docs/data-model.md")?;
    let mut missing = BTreeSet::new();
    let mut found = 0;
    for directory in ["src/agent/migrations", "src/receiver/migrations/sqlite", "src/receiver/migrations/postgres"] {
        for entry in std::fs::read_dir(root().join(directory))? {
            for name in tables_and_columns(&std::fs::read_to_string(entry?.path())?) {
                found += 1;
                if !page.contains(&format!("`{name}`")) {
                    missing.insert(format!("{directory}: {name}"));
                }
            }
        }
    }
    ensure!(missing.is_empty(), "docs/data-model.md lacks: {missing:?}");
    ensure!(found > 100, "only {found} tables and columns were found");
    Ok(())
}
