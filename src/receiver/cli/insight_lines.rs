//! The lists of `insights` as text.

use callback_receiver::publish::insights::Insights;
use callback_receiver::publish::pairs::Pair;
use callback_receiver::text::{number, visible};

pub(super) fn lines(found: &Insights) -> String {
    let mut text = String::new();
    let all = found.found;
    let mut list = |title: &str, total: usize, lines: Vec<String>| {
        let shown =
            if lines.len() < total { format!(" (first {} shown; see --limit)", lines.len()) } else { String::new() };
        text.push_str(&format!("{title}: {total}{shown}\n"));
        for line in lines {
            text.push_str(&format!("  {line}\n"));
        }
    };
    let pair = |pair: &Pair| {
        let descr = visible(pair.sys_descr.as_deref().unwrap_or_default()).into_owned();
        format!("{:>6} installs  {}  {descr}", number(pair.installs), visible(&pair.sys_object_id))
    };
    list("Not recognised", all.generic_pairs, found.generic_pairs.iter().map(pair).collect());
    let trees = found.trees_without_os.iter();
    list(
        "Vendors without an OS",
        all.trees_without_os,
        trees
            .map(|tree| format!("{:>6} installs  {}  {} pairs", number(tree.installs), tree.sys_object_id, tree.pairs))
            .collect(),
    );
    let changed = found.changed_strings.iter();
    list(
        "Recently changed strings",
        all.changed_strings,
        changed.map(|os| format!("{:>6} new pairs  {} of {}", os.new_pairs, visible(&os.os), os.pairs)).collect(),
    );
    match &found.detected_as_other {
        Some(others) => list(
            "Detected as something else",
            all.detected_as_other,
            others
                .iter()
                .map(|other| {
                    format!("{} -> {}  {}", visible(&other.pair.os), other.detected, pair(&other.pair).trim_start())
                })
                .collect(),
        ),
        None => list("Detected as something else (needs --definitions)", 0, Vec::new()),
    }
    for (title, total, trends) in [
        ("Growing models", all.growing_hardware, &found.growing_hardware),
        ("Shrinking models", all.dying_hardware, &found.dying_hardware),
    ] {
        let lines =
            trends.iter().map(|t| format!("{:>8} -> {:<8} {}", number(t.before), number(t.now), visible(&t.hardware)));
        list(title, total, lines.collect());
    }
    let gone = found.gone_versions.iter();
    list(
        "Versions no longer in use",
        all.gone_versions,
        gone.map(|gone| format!("{} {}, last published {}", gone.software, visible(&gone.version), gone.last_shown))
            .collect(),
    );
    text
}
