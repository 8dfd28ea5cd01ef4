//! Databases of version 0.1.0 open unchanged: `tests/snapshots/receiver-0.1.0.sqlite.sql` is what its receiver left in
//! SQLite (`sqlite3 FILE .dump`), `receiver-0.1.0.postgresql.sql` in PostgreSQL (`pg_dump --inserts`). In both, install
//! `a` has a secret, a pair and four days, `b` three days of which it replaced the last report, `c` was deleted, `d` is
//! blocked, as is a network; one label is hidden, another one no longer; one day has a snapshot.

use anyhow::{Result, bail};
use callback_common::private_file;
use callback_receiver::config::Settings;
use callback_receiver::day::Day;
use callback_receiver::key::InstallKey;
use callback_receiver::store::database::Database;
use callback_receiver::store::{Access, Counted, Credentials, HideAction, Store, Submission};
use callback_receiver::wire;
use callback_tests::postgresql::PostgreSql;
use callback_tests::world::execute;
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, Connection, Executor};
use std::path::Path;

const DAY: Day = Day(20_000);
const NETWORK: [u8; 32] = [6; 32];
const SECRET: [u8; 32] = [1; 32];

fn key(folder: &Path) -> Result<InstallKey> {
    let path = folder.join("key");
    private_file::create(&path, &[0x5a; 32])?;
    Ok(InstallKey::load(&path)?)
}

fn database(url: &str) -> Result<Database> {
    Ok(Database::from_settings(&Settings { database: url.into(), ..Settings::default() })?)
}

fn credentials(key: &InstallKey, name: &str, secret: bool) -> Credentials {
    let install = key.install(name);
    Credentials { install, secret: secret.then(|| key.secret(&install, &SECRET)) }
}

fn submission(key: &InstallKey, name: &str, day: Day, os: &str, total: u64) -> Submission {
    let payload = format!(
        r#"{{"uuid":"6f1c7d0e-9a53-4c5e-8d52-0a3b1d5f7e11","data":{{"os":[{{"total":{total},"os":"{os}"}}],
        "cef":[{{"total":4}}]}},"info":[{{"count":2,"os":"{os}","sysDescr":"Ünïcode \"{os}\" 1.0","sysObjectID":".1.3.6.1.4.1.9"}}]}}"#
    );
    let report = wire::report(payload.as_bytes()).expect("these are reports");
    Submission {
        credentials: credentials(key, name, name == "a"),
        day,
        payload_sha256: [7; 32],
        module_sha256: (name == "a").then_some([8; 32]),
        totals: report.totals.into_iter().collect(),
    }
}

fn hide_action(second: u8, hide: bool, label: u8) -> HideAction {
    let at = format!("2024-10-04T00:00:0{second}.000000Z");
    HideAction { at, hide, label: [label; 16], actor: "operator".into(), reason: "ünsafe 'quoted'".into() }
}

/// A day's aggregates as text: label, installs, total.
async fn aggregates(store: &Store, day: Day) -> Result<Vec<String>> {
    let rows = store.aggregates(day).await?.into_iter().map(|row| {
        let label = match row.counted {
            Counted::Reports => "reports".to_owned(),
            Counted::Group(group) => group.to_owned(),
            Counted::Label(label) => {
                let (os, oid) = label.pair.unwrap_or_default();
                format!("{} {} {os} {oid}", label.group, label.text.unwrap_or_else(|| "NULL".into()))
            }
        };
        format!("{label}: {} {}", row.installs, row.total)
    });
    let mut rows: Vec<String> = rows.collect();
    rows.sort();
    Ok(rows)
}

const OF_DAY: [&str; 9] = [
    "cef NULL  : 2 8",
    "cef: 2 8",
    "info Ünïcode \"ios\" 1.0 ios .1.3.6.1.4.1.9: 1 2",
    "info Ünïcode \"linux\" 1.0 linux .1.3.6.1.4.1.9: 1 2",
    "info: 2 4",
    "os ios  : 1 3",
    "os linux  : 1 5",
    "os: 2 8",
    "reports: 2 0",
];

async fn is_as_it_was(url: &str, key: &InstallKey) -> Result<()> {
    let store = database(url)?.open(key).await?;
    assert_eq!(store.last_trusted_day().await?, DAY);
    let holdings = store.holdings().await?;
    assert_eq!((holdings.installs, holdings.reports, holdings.labels), (2, 7, 5));
    store.aggregate().await?;
    assert_eq!(store.check().await?.differences, Vec::<String>::new());
    assert_eq!(aggregates(&store, DAY).await?, OF_DAY);
    assert_eq!(aggregates(&store, DAY.plus(-3)).await?.len(), 7);

    let Access::Granted(held) = store.held(credentials(key, "a", true)).await? else { bail!("its own secret") };
    assert_eq!(held.iter().map(|report| report.day).collect::<Vec<_>>(), [-3, -2, -1, 0].map(|day| DAY.plus(day)));
    let sent = submission(key, "a", DAY, "linux", 5);
    for report in held {
        assert_eq!((report.payload_sha256, report.module_sha256), (sent.payload_sha256, sent.module_sha256));
        assert_eq!(report.totals.into_iter().collect::<Vec<_>>(), sent.totals);
    }
    assert_eq!(store.held(credentials(key, "a", false)).await?, Access::SecretMissing);
    let c = key.install("c");
    assert!(store.has_report(c, key.tombstone(&c), DAY).await?, "its tombstone");
    assert!(!store.has_report(c, key.tombstone(&c), DAY.plus(1)).await?);
    assert_eq!(store.keep(submission(key, "d", DAY, "linux", 1)).await?, Access::Blocked);
    assert_eq!(store.blocked_networks().await?, [(NETWORK, 24)]);

    let publication = store.publication().await?;
    assert_eq!((publication.days, publication.hidden), (vec![DAY.plus(-1)], vec![[2; 16]]));
    let parts = store.snapshots(DAY.plus(-90), DAY, &[String::new(), "os".into()]).await?;
    let day = DAY.plus(-1);
    assert_eq!(parts, [(day, String::new(), b"whole".to_vec()), (day, "os".into(), vec![0, 255])]);
    let log = [(1, true, 1), (2, true, 2), (3, false, 1)].map(|(second, hide, label)| hide_action(second, hide, label));
    assert_eq!(store.hide_log().await?, log);
    assert_eq!(store.day_reports(DAY).await?.reports.len(), 2, "both count from their third day");
    assert_eq!(store.reconcile(day, "rules".into()).await?, [DAY.plus(-2), DAY.plus(-3)]);

    // It is not only read: old and new labels, a replaced report, a deletion.
    store.keep(submission(key, "b", DAY, "junos", 1)).await?;
    store.keep(submission(key, "b", DAY.plus(1), "linux", 1)).await?;
    let a = credentials(key, "a", true);
    let Access::Granted(removed) = store.clear(a, key.tombstone(&a.install), DAY).await? else { bail!("its secret") };
    assert_eq!((removed.reports, removed.installs), (4, 1));
    store.aggregate().await?;
    let checked = store.check().await?;
    assert_eq!((checked.reports, checked.differences), (4, Vec::new()));
    store.close().await;
    Ok(())
}

#[tokio::test]
async fn a_database_of_0_1_0_opens_unchanged_in_sqlite() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("receiver.sqlite3");
    std::fs::File::create(&file)?;
    execute(&file, include_str!("snapshots/receiver-0.1.0.sqlite.sql")).await?;
    is_as_it_was(&format!("sqlite:{}", file.display()), &key(folder.path())?).await
}

#[tokio::test]
async fn a_database_of_0_1_0_opens_unchanged_in_postgresql() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let server = PostgreSql::shared()?;
    let url = server.database()?;
    let options: PgConnectOptions = url.parse()?;
    let mut connection = options.connect().await?;
    connection.execute(sqlx::raw_sql(include_str!("snapshots/receiver-0.1.0.postgresql.sql"))).await?;
    connection.close().await?;
    is_as_it_was(&url, &key(folder.path())?).await
}
