//! The corpus: this build gives the committed figures of the sanitiser, and no rule is fitted to a row.

use callback_collector::sanitise::Rules;
use callback_measure::metamorphic::{self, Part, misses};
use callback_measure::published::{self, Published};
use callback_measure::rows::{self, Row};
use callback_measure::score;
use std::path::{Path, PathBuf};

fn corpus() -> Vec<Row> {
    let corpus = std::env::var_os("CORPUS").expect("CORPUS is not set; run: cargo xtask test --corpus PATH");
    rows::read_corpus(&PathBuf::from(corpus)).expect("the corpus is labelled descriptions")
}

fn committed(file: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(file))
        .expect("the figures are committed")
}

#[test]
fn the_committed_figures_are_those_of_this_build() {
    let now = Published::measure(&corpus()).to_json().unwrap();
    assert!(
        committed(published::FILE) == now,
        "{} differs; if that is meant, run: cargo xtask score --corpus PATH --write, then: cargo xtask snapshots",
        published::FILE
    );
}

#[test]
fn every_rule_has_at_least_95_percent_precision_in_every_source() {
    let rows = corpus();
    let checked = score::check_all(&rows, false, Rules::default());
    let by_source = score::score(&checked, Row::origin);
    assert_eq!(score::imprecise(&by_source, 95.0, 5), []);
}

#[test]
fn other_versions_identifiers_and_places_give_the_same_results() {
    let outcome = metamorphic::run(&corpus());
    for part in [Part::Versions, Part::Identifiers, Part::Places] {
        assert!(outcome.held(part).is_some_and(|held| held >= 99.0), "{}: {:?}%", part.name(), outcome.held(part));
    }
    let now = outcome.to_tsv();
    let unexplained: Vec<&str> =
        now.lines().filter(|line| line.ends_with(&format!("\t{}", misses::NO_REASON))).collect();
    assert!(unexplained.is_empty(), "no reason in {}:\n{}", misses::REASONS_FILE, unexplained.join("\n"));
    let before = committed(misses::FILE);
    let changed = now.lines().filter(|line| !before.lines().any(|other| other == *line));
    assert!(
        before == now,
        "{} differs; if that is meant, run: cargo xtask score --corpus PATH --metamorphic --write\n{}",
        misses::FILE,
        changed.collect::<Vec<_>>().join("\n")
    );
}
