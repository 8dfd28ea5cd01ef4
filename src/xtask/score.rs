//! Scores the sanitiser on labelled descriptions. `callback-measure` counts; this prints the tables.

use crate::run::root;
use anyhow::{Context, Result, ensure};
use callback_collector::sanitise::Rules;
use callback_measure::check::{Checked, Verdict};
use callback_measure::metamorphic::{self, Part, misses};
use callback_measure::published::{self, Published};
use callback_measure::rows::{self, Row};
use callback_measure::score::{self, Clean, Score, Tally};
use std::fmt::Write as _;
use std::io::{ErrorKind, Write as _};
use std::path::PathBuf;

/// What to score, and what to show of it.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Labelled descriptions as JSON Lines (id, os, sysDescr, sysObjectID, spans, source, device); a file is a set
    #[arg(required_unless_present = "corpus")]
    files: Vec<PathBuf>,
    /// Score the sets of this corpus: dev/{pairs,synthetic,negatives,field,more}.jsonl
    #[arg(long, conflicts_with = "files")]
    corpus: Option<PathBuf>,
    /// Use each row's `device` as the database's values
    #[arg(long)]
    context: bool,
    /// Score one source, without the rules that only this source supports
    ///
    /// SOURCE is a set (field), a repository (owner/name) or a row's whole `source`. Rules whose identifiers all come
    /// from that source, over all given files, are disabled. Other sources support what is still found.
    #[arg(long, value_name = "SOURCE")]
    leave_out: Option<String>,
    /// List every miss and false positive (prints descriptions of devices)
    #[arg(long)]
    misses: bool,
    /// Print JSON
    #[arg(long, conflicts_with = "misses")]
    json: bool,
    /// Fail if a rule's precision is below this in any source
    #[arg(long, value_name = "PERCENT")]
    fail_under_precision: Option<f64>,
    /// Ignore sources with fewer redactions of the rule
    #[arg(long, value_name = "COUNT", default_value_t = 5)]
    at_least: u64,
    /// Run the metamorphic tests: the same rows with other names, serial numbers, versions and places
    #[arg(long, conflicts_with_all = ["context", "leave_out", "json", "fail_under_precision"])]
    metamorphic: bool,
    /// Update the committed figures: docs/sanitiser-scores.json, or with --metamorphic the list of misses
    #[arg(long, requires = "corpus", conflicts_with_all = ["context", "leave_out"])]
    write: bool,
}

pub(crate) fn score(options: &Options) -> Result<()> {
    let rows = match &options.corpus {
        Some(corpus) => rows::read_corpus(corpus)?,
        None => options.files.iter().map(|file| rows::read(file)).collect::<Result<Vec<_>, _>>()?.concat(),
    };
    if options.metamorphic {
        return metamorphic(&rows, options);
    }
    if options.write {
        let figures = Published::measure(&rows).to_json()?;
        write(published::FILE, &figures)?;
    }
    let mut rules = Rules::default();
    let mut scored: Vec<Row> = rows;
    let mut page = String::new();
    if let Some(source) = &options.leave_out {
        let alone = score::rules_of(&score::check_all(&scored, options.context, Rules::default()), source);
        scored.retain(|row| row.is_from(source));
        ensure!(!scored.is_empty(), "no row is from {source}");
        rules = rules.without(&alone.iter().map(String::as_str).collect::<Vec<_>>());
        if !options.json {
            let off = if alone.is_empty() { "none".to_owned() } else { alone.join(", ") };
            writeln!(page, "rules that only {source} speaks for, switched off: {off}\n")?;
        }
    }
    let checked = score::check_all(&scored, options.context, rules);
    let score = score::score(&checked, Row::origin);
    if options.json {
        writeln!(page, "{}", serde_json::to_string_pretty(&score)?)?;
    } else {
        tables(&score, &mut page)?;
    }
    if options.misses {
        list(&checked, &mut page)?;
    }
    print(&page)?;
    let Some(percent) = options.fail_under_precision else { return Ok(()) };
    let imprecise: Vec<String> = score::imprecise(&score, percent, options.at_least)
        .iter()
        .map(|(rule, source, tally)| format!("{rule} in {source}: {} of {}", tally.right, tally.right + tally.wrong))
        .collect();
    ensure!(imprecise.is_empty(), "precision below {percent}%:\n{}", imprecise.join("\n"));
    Ok(())
}

fn metamorphic(rows: &[Row], options: &Options) -> Result<()> {
    let outcome = metamorphic::run(rows);
    let list = outcome.to_tsv();
    let mut page = String::new();
    for part in [Part::Versions, Part::Identifiers, Part::Places] {
        let held = outcome.held(part).map_or_else(|| "nothing to try".to_owned(), |held| format!("{held:.2}%"));
        writeln!(page, "{:12} {held}", part.name())?;
    }
    writeln!(page, "\n{list}")?;
    if options.misses {
        for miss in &outcome.misses {
            let (part, token, text) = (miss.part.name(), &miss.token, &miss.text);
            writeln!(page, "{part} {} {} {}: {token:?} in {text:?}", miss.subject, miss.place, miss.row)?;
        }
    }
    print(&page)?;
    if options.write {
        write(misses::FILE, &list)?;
    }
    let unexplained = list.lines().filter(|line| line.ends_with(&format!("\t{}", misses::NO_REASON))).count();
    ensure!(unexplained == 0, "{unexplained} kinds of misses have no reason; add one to {}", misses::REASONS_FILE);
    Ok(())
}

fn tables(score: &Score, page: &mut String) -> Result<()> {
    heading(page, "source", true)?;
    for (source, figures) in &score.by_source {
        line(page, source, &figures.identifiers, Some(&figures.clean))?;
    }
    // Most systems have nothing to show. --json lists all.
    let mut systems: Vec<_> = score.by_os.iter().filter(|(_, tally)| tally.misses() + tally.wrong > 0).collect();
    systems.sort_by_key(|(_, tally)| std::cmp::Reverse(tally.misses() + tally.wrong));
    heading(page, "operating system (with misses or false hits)", false)?;
    for (os, tally) in systems {
        line(page, os, tally, None)?;
    }
    heading(page, "kind", false)?;
    for (kind, tally) in &score.by_kind {
        line(page, kind, tally, None)?;
    }
    heading(page, "rule (recall: of the kinds that it finds)", false)?;
    for (rule, tally) in &score.by_rule {
        line(page, rule, tally, None)?;
    }
    heading(page, "rule and source", false)?;
    for (rule, by_source) in &score.by_rule_and_source {
        for (source, tally) in by_source.iter().filter(|(_, tally)| tally.right + tally.wrong > 0) {
            line(page, &format!("{rule}  {source}"), tally, None)?;
        }
    }
    Ok(())
}

fn heading(page: &mut String, what: &str, clean: bool) -> Result<()> {
    let clean = if clean { "   clean  changed" } else { "" };
    let gap = if page.is_empty() || page.ends_with("\n\n") { "" } else { "\n" };
    Ok(writeln!(page, "{gap}{what:60}  marked    hits  misses  false hits  precision   recall{clean}")?)
}

fn line(page: &mut String, what: &str, tally: &Tally, clean: Option<&Clean>) -> Result<()> {
    let percent = |share: Option<f64>| share.map_or_else(|| "-".to_owned(), |share| format!("{share:.1}%"));
    let (precision, recall) = (percent(tally.precision()), percent(tally.recall()));
    let clean = clean.map(|clean| format!("{:>8} {:>8}", clean.rows, clean.changed)).unwrap_or_default();
    let (marked, hits, misses, wrong) = (tally.marked, tally.hits, tally.misses(), tally.wrong);
    Ok(writeln!(page, "{what:60} {marked:>7} {hits:>7} {misses:>7} {wrong:>11} {precision:>10} {recall:>8}{clean}")?)
}

fn list(checked: &[Checked<'_>], page: &mut String) -> Result<()> {
    for Checked { row, result, redactions, gone, .. } in checked {
        let missed = row.marks.iter().zip(gone).filter(|(mark, gone)| !mark.doubtful && !**gone);
        let missed = missed.map(|(mark, _)| format!("miss {} {:?}", mark.kind, &row.text[mark.range.clone()]));
        let wrong = redactions.iter().filter(|redaction| redaction.verdict == Verdict::Wrong);
        let wrong = wrong.map(|redaction| {
            let text = redaction.range.clone().map_or(row.object_id.as_str(), |range| &row.text[range]);
            format!("false {} {text:?}", redaction.rule)
        });
        let found: Vec<String> = missed.chain(wrong).collect();
        if !found.is_empty() {
            writeln!(page, "\n{} {} {}\n  {:?}\n  {result:?}", row.id, row.origin(), found.join(", "), row.text)?;
        }
    }
    Ok(())
}

/// Prints a page. It is not an error if the reader closes the pipe early.
fn print(page: &str) -> Result<()> {
    match std::io::stdout().write_all(page.as_bytes()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        written => Ok(written?),
    }
}

fn write(file: &str, text: &str) -> Result<()> {
    crate::run::say(&format!("writing {file}"));
    std::fs::write(root().join(file), text).with_context(|| format!("cannot write {file}"))
}
