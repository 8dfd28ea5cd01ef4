//! The commands about what is published: pairs, fixtures, what to do next, what is hidden.

use super::print;
use callback_collector::dictionary::GROUPS;
use callback_receiver::config::Settings;
use callback_receiver::day::{Day, utc};
use callback_receiver::fixtures::detect::Detection;
use callback_receiver::fixtures::write;
use callback_receiver::http::public::pairs_as_csv;
use callback_receiver::publish::exact;
use callback_receiver::publish::hide::{EVERYWHERE, label_key, pair_key};
use callback_receiver::publish::insights::{self, Insights};
use callback_receiver::publish::pairs::{self, Pair, Query, Sort};
use callback_receiver::publish::parts::{self, DERIVED};
use callback_receiver::store::database::Database;
use callback_receiver::store::{HideAction, Storage};
use callback_receiver::text::{number, visible};
use callback_receiver::{Error, Result, log};
use clap::{Args, ValueEnum};
use serde_json::json;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// By what pairs are sorted.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum By {
    /// Most devices first
    Devices,
    /// Most installs first
    Installs,
    /// By os
    Os,
    /// Summed up by os and sysObjectID
    #[value(name = "sysObjectID")]
    SysObjectId,
    /// By sysDescr
    #[value(name = "sysDescr")]
    SysDescr,
}

#[derive(Args)]
pub(super) struct Pairs {
    /// This os only
    #[arg(long)]
    os: Option<String>,
    /// Only where sysDescr has this text, upper and lower case told apart
    #[arg(long, value_name = "TEXT")]
    descr: Option<String>,
    /// Only where sysObjectID begins with this; `enterprises` stands for .1.3.6.1.4.1
    #[arg(long, value_name = "OID")]
    oid: Option<String>,
    /// Order
    #[arg(long, value_enum, default_value = "devices")]
    sort: By,
    /// Most pairs; 0 for all
    #[arg(long, default_value_t = 30)]
    limit: usize,
    /// From this many installs on, with exact numbers of the newest complete day; without it, what is published. For your eyes only
    #[arg(long, value_name = "N")]
    min_installs: Option<u64>,
    /// As JSON
    #[arg(long, conflicts_with = "csv")]
    json: bool,
    /// As CSV
    #[arg(long)]
    csv: bool,
}

#[derive(Args)]
pub(super) struct Fixtures {
    /// Folder to write to; what is there stays, and is not made again
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,
    /// LibreNMS's detection rules: its folder resources/definitions/os_detection
    #[arg(long, value_name = "FOLDER")]
    definitions: PathBuf,
    /// Another folder with fixtures that need no second one, such as LibreNMS's tests/snmpsim
    #[arg(long, value_name = "FOLDER")]
    existing: Vec<PathBuf>,
    /// Print the manifest, as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
pub(super) struct Hide {
    /// The label; of a pair its sysDescr
    label: String,
    /// The group that it is hidden in [default: wherever it stands]
    #[arg(long)]
    group: Option<String>,
    /// Of one pair: its os
    #[arg(long, requires = "oid", conflicts_with = "group")]
    os: Option<String>,
    /// Of one pair: its sysObjectID
    #[arg(long, requires = "os")]
    oid: Option<String>,
    /// Why; it is written down
    #[arg(long)]
    reason: String,
}

async fn reading(settings: &Settings) -> Result<Arc<dyn Storage>> {
    Database::of(settings)?.reading().await
}

fn pretty(value: &impl serde::Serialize) -> Result<()> {
    let text = serde_json::to_string_pretty(value).map_err(|_| Error::Output("the output is no JSON".into()))?;
    print(&(text + "\n"))
}

/// `pairs`
pub(super) async fn pairs(settings: &Settings, asked: Pairs) -> Result<()> {
    let store = reading(settings).await?;
    let sort = match asked.sort {
        By::Devices => Sort::Devices,
        By::Installs => Sort::Installs,
        By::Os => Sort::Os,
        By::SysObjectId => Sort::ObjectId,
        By::SysDescr => Sort::Descr,
    };
    let query = Query { os: asked.os, descr: asked.descr, object_id: asked.oid, sort };
    let (as_of, mut found) = match asked.min_installs {
        Some(least) => {
            let (as_of, all) = exact::pairs(&*store, Day::of(utc()()).plus(-1), least).await?;
            (as_of, query.apply(&all))
        }
        None => {
            let published = pairs::published(&*store, true).await?;
            (published.as_of, published.find(&query))
        }
    };
    store.close().await;
    let number_found = found.len();
    if asked.limit > 0 {
        found.truncate(asked.limit);
    }
    if asked.json {
        return pretty(&json!({"as_of": as_of.map(|day| day.to_string()), "found": number_found, "pairs": found}));
    }
    if asked.csv {
        return print(&pairs_as_csv(&found));
    }
    if found.is_empty() {
        return print(if as_of.is_none() {
            "nothing is published yet: `serve` publishes a day once it is over\n"
        } else {
            "no pair fits\n"
        });
    }
    print(&table(&found))?;
    if found.len() < number_found {
        print(&format!("{} of {} pairs; --limit 0 for all\n", found.len(), number(number_found as u64)))?;
    }
    Ok(())
}

fn table(pairs: &[Pair]) -> String {
    let rows: Vec<[String; 5]> = pairs
        .iter()
        .map(|pair| {
            [
                number(pair.devices),
                number(pair.installs),
                visible(&pair.os).into_owned(),
                visible(&pair.sys_object_id).into_owned(),
                visible(pair.sys_descr.as_deref().unwrap_or("(all)")).into_owned(),
            ]
        })
        .collect();
    let heads = ["DEVICES", "INSTALLS", "OS", "SYSOBJECTID", "SYSDESCR"];
    let width = |at: usize| rows.iter().map(|row| row[at].chars().count()).max().unwrap_or(0).max(heads[at].len());
    let widths = [width(0), width(1), width(2), width(3)];
    let line = |row: [&str; 5]| {
        let [devices, installs, os, oid, descr] = row;
        let [a, b, c, d] = widths;
        format!("{devices:>a$}  {installs:>b$}  {os:<c$}  {oid:<d$}  {descr}\n")
    };
    let rows = rows.iter().map(|row| line([&row[0], &row[1], &row[2], &row[3], &row[4]]));
    std::iter::once(line(heads)).chain(rows).collect()
}

/// `fixtures`
pub(super) async fn fixtures(settings: &Settings, asked: Fixtures) -> Result<()> {
    let rules = Detection::read(&asked.definitions)?;
    let store = reading(settings).await?;
    let published = pairs::published(&*store, false).await?;
    store.close().await;
    let manifest = write::write(&published.pairs, published.as_of, &rules, &asked.out, &asked.existing)?;
    say_left_out(&rules);
    if asked.json {
        return pretty(&manifest);
    }
    print(&format!(
        "In the folder: {} fixtures, {} drafts, {} worksheets; {} pairs were there already or are like another, {} have no sysObjectID\n",
        manifest.fixtures.len(),
        manifest.drafts.len(),
        manifest.worksheets.len(),
        manifest.duplicates,
        manifest.unusable
    ))?;
    if !manifest.fixtures.is_empty() {
        print("The JSON of each is made by LibreNMS, in its folder, with the .snmprec files in tests/snmpsim:\n")?;
        for fixture in &manifest.fixtures {
            print(&format!("  {}\n", fixture.command))?;
        }
    }
    Ok(())
}

/// Names the files of rules that cannot be understood.
fn say_left_out(rules: &Detection) {
    for file in rules.left_out() {
        log::say(&format!("left out of the detection rules: {file}"));
    }
}

/// `insights`
pub(super) async fn insights(settings: &Settings, definitions: Option<&Path>, as_json: bool) -> Result<()> {
    let folder = definitions.or_else(|| Some(&*settings.definitions).filter(|folder| !folder.as_os_str().is_empty()));
    let rules = folder.map(Detection::read).transpose()?;
    rules.iter().for_each(say_left_out);
    let store = reading(settings).await?;
    let published = pairs::published(&*store, true).await?;
    let found = insights::insights(&*store, &published, rules.as_ref()).await?;
    store.close().await;
    if as_json { pretty(&found) } else { print(&lines(&found)) }
}

fn lines(found: &Insights) -> String {
    let mut text = String::new();
    let mut list = |title: &str, lines: Vec<String>| {
        text.push_str(&format!("{title}: {}\n", lines.len()));
        for line in lines {
            text.push_str(&format!("  {line}\n"));
        }
    };
    let pair = |pair: &Pair| {
        let descr = visible(pair.sys_descr.as_deref().unwrap_or_default()).into_owned();
        format!("{:>6} installs  {}  {descr}", number(pair.installs), visible(&pair.sys_object_id))
    };
    list("Called generic", found.generic_pairs.iter().map(pair).collect());
    let trees = found.trees_without_os.iter();
    list(
        "Vendors without an OS",
        trees
            .map(|tree| format!("{:>6} installs  {}  {} pairs", number(tree.installs), tree.sys_object_id, tree.pairs))
            .collect(),
    );
    let changed = found.changed_strings.iter();
    list(
        "Strings that changed lately",
        changed.map(|os| format!("{:>6} new pairs  {} of {}", os.new_pairs, visible(&os.os), os.pairs)).collect(),
    );
    match &found.detected_as_other {
        Some(others) => list(
            "Detected as something else",
            others
                .iter()
                .map(|other| {
                    format!("{} -> {}  {}", visible(&other.pair.os), other.detected, pair(&other.pair).trim_start())
                })
                .collect(),
        ),
        None => list("Detected as something else (needs --definitions)", Vec::new()),
    }
    for (title, trends) in
        [("Hardware that grows", &found.growing_hardware), ("Hardware that goes", &found.dying_hardware)]
    {
        let lines =
            trends.iter().map(|t| format!("{:>8} -> {:<8} {}", number(t.before), number(t.now), visible(&t.hardware)));
        list(title, lines.collect());
    }
    let gone = found.gone_versions.iter();
    list(
        "Versions that hardly anybody runs any more",
        gone.map(|gone| format!("{} {}, last shown {}", gone.software, visible(&gone.version), gone.last_shown))
            .collect(),
    );
    text
}

/// `hide` and `unhide`
pub(super) async fn hide(settings: &Settings, asked: Hide, hide: bool) -> Result<()> {
    if let Some(group) = &asked.group
        && parts::group(group).is_none()
        && !DERIVED.iter().any(|part| part.name == *group)
    {
        let known = GROUPS.iter().map(|group| group.name).chain(DERIVED.iter().map(|part| part.name));
        let detail =
            format!("--group: there is no such group; expected one of {}", known.collect::<Vec<_>>().join(", "));
        return Err(Error::Config(detail));
    }
    let label = match (&asked.os, &asked.oid) {
        (Some(os), Some(oid)) => pair_key(os, oid, &asked.label),
        _ => label_key(asked.group.as_deref().unwrap_or(EVERYWHERE), &asked.label),
    };
    let actor = ["SUDO_USER", "USER", "LOGNAME"].into_iter().find_map(|name| std::env::var(name).ok());
    // All of one length, so that their order as texts is that in time.
    let at = format!("{:.6}", utc()());
    let action = HideAction { at, hide, label, actor: actor.unwrap_or_else(|| "unknown".into()), reason: asked.reason };
    let store = reading(settings).await?;
    let log = store.hide_log().await?;
    let was_hidden = log.iter().rev().find(|action| action.label == label).is_some_and(|action| action.hide);
    let pair = asked.os.as_deref().zip(asked.oid.as_deref());
    let is_there = exact::has(&*store, Day::of(utc()()), asked.group.as_deref(), pair, &asked.label).await?;
    store.close().await;
    Database::of(settings)?.hide(action).await?;
    let what = match (hide, was_hidden) {
        (true, false) => "hidden",
        (true, true) => "hidden, as before",
        (false, true) => "shown again, where the rules let it",
        (false, false) => "not hidden, as before",
    };
    print(&format!("{} is {what}\n", data_encoding::HEXLOWER.encode(&label)))?;
    if hide && !was_hidden && !is_there {
        print("nothing on the newest day has this text; it is hidden if it comes, upper and lower case told apart\n")?;
    }
    Ok(())
}

/// `hidden`
pub(super) async fn hidden(settings: &Settings, as_json: bool) -> Result<()> {
    let store = reading(settings).await?;
    let log = store.hide_log().await?;
    store.close().await;
    let rows = log.iter().map(|action| {
        let label = data_encoding::HEXLOWER.encode(&action.label);
        (action, if action.hide { "hide" } else { "unhide" }, label)
    });
    if as_json {
        let rows: Vec<_> = rows
            .map(|(a, what, label)| json!({"at": a.at, "action": what, "label": label, "actor": a.actor, "reason": a.reason}))
            .collect();
        return pretty(&rows);
    }
    for (action, what, label) in rows {
        print(&format!(
            "{}  {what:<6}  {label}  {}  {}\n",
            action.at,
            visible(&action.actor),
            visible(&action.reason)
        ))?;
    }
    Ok(())
}
