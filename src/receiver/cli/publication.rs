//! Commands about publication: pairs, fixtures, insights, hidden labels.

use super::{actor, insight_lines, print, print_json};
use callback_collector::dictionary::GROUPS;
use callback_receiver::config::Settings;
use callback_receiver::day::{Day, utc};
use callback_receiver::fixtures::detect::Detection;
use callback_receiver::fixtures::write;
use callback_receiver::http::public::pairs_as_csv;
use callback_receiver::publish::derived::{self, DERIVED};
use callback_receiver::publish::exact;
use callback_receiver::publish::hide::{EVERYWHERE, label_key, pair_key};
use callback_receiver::publish::insights;
use callback_receiver::publish::pairs::{self, Pair, Query, Sort};
use callback_receiver::store::database::Database;
use callback_receiver::store::{HideAction, Store};
use callback_receiver::text::{number, visible};
use callback_receiver::{Code, Error, Result, log};
use clap::{Args, ValueEnum};
use serde_json::json;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Order of pairs.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum By {
    Devices,
    Installs,
    Os,
    // Sums up pairs by os and sysObjectID.
    #[value(name = "sysObjectID")]
    SysObjectId,
    #[value(name = "sysDescr")]
    SysDescr,
}

#[derive(Args)]
pub(super) struct Pairs {
    /// Only this OS
    #[arg(long)]
    os: Option<String>,
    /// Only pairs whose sysDescr contains TEXT; case-sensitive
    #[arg(long, value_name = "TEXT")]
    descr: Option<String>,
    /// Only pairs whose sysObjectID starts with OID; `enterprises` means .1.3.6.1.4.1
    #[arg(long, value_name = "OID")]
    oid: Option<String>,
    /// Sort order; sysObjectID sums up by os and sysObjectID
    #[arg(long, value_enum, default_value = "devices", value_name = "BY")]
    sort: By,
    /// Maximum number of pairs; 0 means all
    #[arg(long, default_value_t = 30, value_name = "N")]
    limit: usize,
    /// List unpublished pairs too, of N installs or more, with exact counts. Do not publish these
    #[arg(long, value_name = "N")]
    min_installs: Option<u64>,
    /// Print JSON
    #[arg(long, conflicts_with = "csv")]
    pub(super) json: bool,
    /// Print CSV
    #[arg(long)]
    csv: bool,
}

#[derive(Args)]
pub(super) struct Fixtures {
    /// Output directory; existing files stay and are not generated again
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// LibreNMS's detection rules (resources/definitions/os_detection)
    #[arg(long, value_name = "DIR")]
    definitions: PathBuf,
    /// Skip fixtures that this directory has, such as LibreNMS's tests/snmpsim; repeatable
    #[arg(long, value_name = "DIR")]
    existing: Vec<PathBuf>,
    /// Print the manifest as JSON
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Args)]
pub(super) struct Hide {
    /// The label; for a pair its sysDescr
    label: String,
    /// Only in this group [default: all groups]
    #[arg(long)]
    group: Option<String>,
    /// For a pair: its OS
    #[arg(long, requires = "oid", conflicts_with = "group")]
    os: Option<String>,
    /// For a pair: its sysObjectID
    #[arg(long, requires = "os")]
    oid: Option<String>,
    /// Reason, for the log that `hidden` prints
    #[arg(long)]
    reason: String,
}

async fn reading(settings: &Settings) -> Result<Arc<Store>> {
    Database::from_settings(settings)?.open_read_only().await
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
            let (as_of, all) = exact::pairs(&store, Day::of(utc()()).plus(-1), least).await?;
            (as_of, query.apply(&all))
        }
        None => {
            let published = pairs::published(&store, true).await?;
            (published.as_of, published.find(&query))
        }
    };
    store.close().await;
    let number_found = found.len();
    if asked.limit > 0 {
        found.truncate(asked.limit);
    }
    if asked.json {
        return print_json(&json!({"as_of": as_of.map(|day| day.to_string()), "found": number_found, "pairs": found}));
    }
    if asked.csv {
        return print(&pairs_as_csv(&found));
    }
    if found.is_empty() {
        return print(if as_of.is_none() {
            "nothing is published yet; `serve` publishes a day after it ends\n"
        } else {
            "no matching pairs\n"
        });
    }
    print(&table(&found))?;
    if found.len() < number_found {
        print(&format!("{} of {} pairs; use --limit 0 for all\n", found.len(), number(number_found as u64)))?;
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
    let published = pairs::published(&store, false).await?;
    store.close().await;
    let manifest = write::write(&published.pairs, published.as_of, &rules, &asked.out, &asked.existing)?;
    print_skipped(&rules);
    if asked.json {
        return print_json(&manifest);
    }
    print(&format!(
        "{} fixtures, {} drafts, {} worksheets; skipped {} duplicates and {} pairs without a sysObjectID\n",
        manifest.fixtures.len(),
        manifest.drafts.len(),
        manifest.worksheets.len(),
        manifest.duplicates,
        manifest.unusable
    ))?;
    for fixture in &manifest.stale {
        print(&format!(
            "stale: {} is no longer detected as {}; delete it, or correct the rules\n",
            fixture.file, fixture.os
        ))?;
    }
    if !manifest.fixtures.is_empty() {
        print(
            "To generate the JSON, copy the .snmprec files to LibreNMS's tests/snmpsim and run, in its directory:\n",
        )?;
        for fixture in &manifest.fixtures {
            print(&format!("  {}\n", fixture.command))?;
        }
    }
    Ok(())
}

/// Prints the files of detection rules that cannot be parsed.
fn print_skipped(rules: &Detection) {
    for file in rules.left_out() {
        log::say(&format!("skipped detection rules: {file}"));
    }
}

/// `insights`
pub(super) async fn insights(
    settings: &Settings,
    definitions: Option<&Path>,
    limit: usize,
    as_json: bool,
) -> Result<()> {
    let limit = if limit == 0 { usize::MAX } else { limit };
    let directory =
        definitions.or_else(|| Some(&*settings.definitions).filter(|directory| !directory.as_os_str().is_empty()));
    let rules = directory.map(Detection::read).transpose()?;
    rules.iter().for_each(print_skipped);
    let store = reading(settings).await?;
    let published = pairs::published(&store, true).await?;
    let found = insights::insights_up_to(&store, &published, rules.as_ref(), limit).await?;
    store.close().await;
    if as_json { print_json(&found) } else { print(&insight_lines::lines(&found)) }
}

/// `hide` and `unhide`
pub(super) async fn hide(settings: &Settings, asked: Hide, hide: bool) -> Result<()> {
    if let Some(group) = &asked.group
        && derived::group(group).is_none()
        && !DERIVED.iter().any(|part| part.name == *group)
    {
        let known = GROUPS.iter().map(|group| group.name).chain(DERIVED.iter().map(|part| part.name));
        return Err(Error::new(Code::GroupUnknown, known.collect::<Vec<_>>().join(", ")));
    }
    let label = match (&asked.os, &asked.oid) {
        (Some(os), Some(oid)) => pair_key(os, oid, &asked.label),
        _ => label_key(asked.group.as_deref().unwrap_or(EVERYWHERE), &asked.label),
    };
    let action = HideAction { at: actor::now(), hide, label, actor: actor::actor(), reason: asked.reason };
    let store = reading(settings).await?;
    let log = store.hide_log().await?;
    let was_hidden = log.iter().rev().find(|action| action.label == label).is_some_and(|action| action.hide);
    let pair = asked.os.as_deref().zip(asked.oid.as_deref());
    let is_there = exact::has(&store, Day::of(utc()()), asked.group.as_deref(), pair, &asked.label).await?;
    store.close().await;
    Database::from_settings(settings)?.hide(action).await?;
    let what = match (hide, was_hidden) {
        (true, false) => "hidden",
        (true, true) => "already hidden",
        (false, true) => "no longer hidden; it is published if the rules allow it",
        (false, false) => "not hidden",
    };
    print(&format!("{} is {what}\n", data_encoding::HEXLOWER.encode(&label)))?;
    if hide && !was_hidden && !is_there {
        print("the newest day does not have this text; it will be hidden if it appears (case-sensitive)\n")?;
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
        return print_json(&rows);
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
