//! The interface of the store, with the same tests on both backends: storing, replacing, deletion and expiry, and
//! that the aggregates are exact.

use anyhow::{Context, Result, bail, ensure};
use callback_receiver::config::Settings;
use callback_receiver::day::Day;
use callback_receiver::key::InstallKey;
use callback_receiver::store::database::Database;
use callback_receiver::store::operator::{OperatorAction, OperatorActionKind};
use callback_receiver::store::{
    Access, Blocked, Checked, Counted, Credentials, HideAction, Holdings, Removed, Store, Submission,
};
use callback_receiver::{Code, Error, wire};
use callback_tests::mount::Mount;
use callback_tests::postgresql::PostgreSql;
use callback_tests::world::execute;
use futures_util::future::{join_all, try_join_all};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection, Executor};
use std::path::{Path, PathBuf};
use std::sync::Arc;

const DAY: Day = Day(20_000);

struct World {
    folder: tempfile::TempDir,
    url: String,
    key: InstallKey,
    store: Arc<Store>,
    server: Option<Arc<PostgreSql>>,
}

impl World {
    async fn sqlite() -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let url = format!("sqlite:{}", folder.path().join("receiver.sqlite3").display());
        Self::at(folder, url, None).await
    }

    async fn postgres() -> Result<Self> {
        let server = PostgreSql::shared()?;
        Self::at(tempfile::tempdir()?, server.database()?, Some(server)).await
    }

    async fn at(folder: tempfile::TempDir, url: String, server: Option<Arc<PostgreSql>>) -> Result<Self> {
        let key = InstallKey::load(&folder.path().join("key"))?;
        let store = database(&url)?.open(&key).await?;
        Ok(Self { folder, url, key, store, server })
    }

    fn database(&self) -> Result<Database> {
        database(&self.url)
    }

    /// The world with the store reopened.
    async fn reopened(self) -> Result<Self> {
        self.store.close().await;
        let store = self.database()?.open(&self.key).await?;
        Ok(Self { store, ..self })
    }

    fn credentials(&self, name: &str, secret: Option<u8>) -> Credentials {
        let install = self.key.install(name);
        Credentials { install, secret: secret.map(|byte| self.key.secret(&install, &[byte; 32])) }
    }

    fn submission(&self, name: &str, secret: Option<u8>, day: Day, data: &str) -> Submission {
        let payload = format!(r#"{{"uuid":"6f1c7d0e-9a53-4c5e-8d52-0a3b1d5f7e11",{data}}}"#);
        let report = wire::report(payload.as_bytes()).expect("these are reports");
        Submission {
            credentials: self.credentials(name, secret),
            day,
            payload_sha256: [7; 32],
            module_sha256: None,
            totals: report.totals.into_iter().collect(),
        }
    }

    async fn keep(&self, name: &str, secret: Option<u8>, day: Day, data: &str) -> Result<Access<()>> {
        Ok(self.store.keep(self.submission(name, secret, day, data)).await?)
    }

    async fn clear(&self, name: &str, secret: Option<u8>) -> Result<Access<Removed>> {
        let credentials = self.credentials(name, secret);
        Ok(self.store.clear(credentials, self.key.tombstone(&credentials.install), DAY).await?)
    }

    async fn expire(&self, first_kept: Day) -> Result<()> {
        while !self.store.expire(first_kept).await?.is_empty() {}
        Ok(())
    }

    /// A day's aggregates: label, installs, total.
    async fn aggregates(&self, day: Day) -> Result<Vec<(String, i64, i64)>> {
        self.store.aggregate().await?;
        let rows = self.store.aggregates(day).await?;
        let mut rows: Vec<_> = rows
            .into_iter()
            .map(|row| {
                let what = match row.counted {
                    Counted::Reports => "reports".to_owned(),
                    Counted::Group(group) => group.to_owned(),
                    Counted::Label(label) => format!("{}={}", label.group, label.text.as_deref().unwrap_or("NULL")),
                };
                (what, row.installs, row.total)
            })
            .collect();
        rows.sort();
        Ok(rows)
    }

    async fn assert_exact(&self) -> Result<Checked> {
        self.store.aggregate().await?;
        let checked = self.store.check().await?;
        assert_eq!(checked.differences, Vec::<String>::new());
        Ok(checked)
    }

    async fn sql(&self, sql: &'static str) -> Result<()> {
        if self.url.starts_with("postgres:") {
            let options: sqlx::postgres::PgConnectOptions = self.url.parse()?;
            let mut connection = options.connect().await?;
            connection.execute(sql).await?;
            connection.close().await?;
            return Ok(());
        }
        execute(Path::new(self.url.trim_start_matches("sqlite:")), sql).await
    }

    fn backup(&self) -> PathBuf {
        self.folder.path().join("backup")
    }
}

fn database(url: &str) -> Result<Database> {
    Ok(Database::from_settings(&Settings { database: url.into(), ..Settings::default() })?)
}

fn os(labels: &[(&str, u64)]) -> String {
    let entries: Vec<String> =
        labels.iter().map(|(os, n)| serde_json::json!({"total": n, "os": os}).to_string()).collect();
    format!(r#""data":{{"os":[{}],"cef":[{{"total":4}}]}}"#, entries.join(","))
}

macro_rules! on_both_backends {
    ($($test:ident),* $(,)?) => {
        mod sqlite {
            $(#[tokio::test]
            async fn $test() -> anyhow::Result<()> {
                super::$test(super::World::sqlite().await?).await
            })*
        }
        mod postgresql {
            $(#[tokio::test]
            async fn $test() -> anyhow::Result<()> {
                super::$test(super::World::postgres().await?).await
            })*
        }
    };
}

on_both_backends! {
    a_later_report_of_the_same_day_replaces_the_earlier_one,
    concurrent_reports_of_one_install_leave_exactly_one,
    expired_reports_are_deleted,
    a_clear_deletes_everything_of_the_install_and_nothing_else,
    a_registered_secret_is_required_for_everything,
    a_secret_registered_after_the_first_report_can_delete_but_not_read,
    blocked_installs_are_rejected_until_they_are_unblocked,
    a_restored_backup_does_not_bring_back_deleted_reports,
    restoring_a_backup_keeps_later_hiding_and_blocking,
    two_clears_by_the_operator_at_one_moment_are_both_logged_once,
    restoring_a_backup_brings_back_no_expired_report_and_keeps_the_trusted_day,
    invalid_files_are_not_restored,
    a_backup_of_one_backend_can_be_restored_in_the_other,
    the_check_finds_inconsistencies,
    a_database_opens_only_with_its_own_key,
    a_deleted_label_that_returns_is_counted_from_zero,
    the_newest_trusted_day_is_stored,
    unusual_texts_are_stored_unchanged,
}

async fn a_later_report_of_the_same_day_replaces_the_earlier_one(world: World) -> Result<()> {
    world.keep("a", None, DAY, &os(&[("linux", 5), ("onlyinthefirst", 1)])).await?;
    world.keep("b", None, DAY, &os(&[("linux", 2)])).await?;
    world.store.aggregate().await?;
    world.keep("a", None, DAY, &os(&[("linux", 7)])).await?;
    let row = |what: &str, installs, total| (what.to_owned(), installs, total);
    assert_eq!(
        world.aggregates(DAY).await?,
        [row("cef", 2, 8), row("cef=NULL", 2, 8), row("os", 2, 9), row("os=linux", 2, 9), row("reports", 2, 0)]
    );
    let holdings = world.store.holdings().await?;
    assert_eq!((holdings.installs, holdings.reports, holdings.labels), (2, 2, 2));
    assert_eq!(world.assert_exact().await?.reports, 2);
    Ok(())
}

async fn concurrent_reports_of_one_install_leave_exactly_one(world: World) -> Result<()> {
    let data: Vec<String> = (0..20).map(|n| os(&[("linux", n)])).collect();
    let kept = data.iter().map(|data| world.store.keep(world.submission("a", None, DAY, data)));
    for outcome in join_all(kept).await {
        assert_eq!(outcome?, Access::Granted(()));
    }
    assert_eq!(world.store.holdings().await?.reports, 1);
    assert_eq!(world.aggregates(DAY).await?[3], ("os=linux".into(), 1, 19), "the last one asked is the one kept");
    world.assert_exact().await?;
    Ok(())
}

async fn expired_reports_are_deleted(world: World) -> Result<()> {
    world.keep("a", None, DAY, &os(&[("linux", 5), ("oldandgone", 1)])).await?;
    world.keep("b", None, DAY.plus(1), &os(&[("linux", 5)])).await?;
    world.expire(DAY).await?;
    assert_eq!(world.store.holdings().await?.reports, 2);
    assert_eq!(world.database()?.expirable(DAY.plus(1)).await?.reports, 1);
    world.expire(DAY.plus(1)).await?;
    let holdings = world.store.holdings().await?;
    assert_eq!((holdings.installs, holdings.reports, holdings.labels), (1, 1, 2));
    assert!(world.aggregates(DAY).await?.is_empty());
    world.assert_exact().await?;
    world.keep("a", None, DAY.plus(1), &os(&[("oldandgone", 1)])).await?;
    world.assert_exact().await?;
    world.clear("b", None).await?;
    world.expire(DAY.plus(2)).await?;
    assert_eq!(world.store.holdings().await?, Holdings::default());
    Ok(())
}

async fn a_clear_deletes_everything_of_the_install_and_nothing_else(world: World) -> Result<()> {
    for day in 0..3 {
        world.keep("a", None, DAY.plus(-day), &os(&[("linux", 5), ("onlyofthisinstall", 1)])).await?;
        world.keep("b", None, DAY.plus(-day), &os(&[("linux", 2)])).await?;
    }
    let removed = Removed { reports: 3, entries: 9, labels: 1, installs: 1 };
    assert_eq!(world.clear("a", None).await?, Access::Granted(removed));
    assert_eq!(world.clear("a", None).await?, Access::Granted(Removed::default()));
    assert_eq!(world.clear("never seen", None).await?, Access::Granted(Removed::default()));
    assert_eq!(world.assert_exact().await?.reports, 3);
    assert_eq!(world.store.holdings().await?.installs, 1);
    world.keep("a", None, DAY, &os(&[("onlyofthisinstall", 1)])).await?;
    world.assert_exact().await?;
    Ok(())
}

async fn a_registered_secret_is_required_for_everything(world: World) -> Result<()> {
    let data = os(&[("linux", 5)]);
    assert_eq!(world.keep("a", Some(1), DAY, &data).await?, Access::Granted(()));
    assert_eq!(world.keep("a", None, DAY, &data).await?, Access::SecretMissing);
    assert_eq!(world.keep("a", Some(2), DAY, &data).await?, Access::SecretWrong);
    assert_eq!(world.clear("a", None).await?, Access::SecretMissing);
    assert_eq!(world.clear("a", Some(2)).await?, Access::SecretWrong);
    assert_eq!(world.store.held(world.credentials("a", None)).await?, Access::SecretMissing);
    assert_eq!(world.store.held(world.credentials("a", Some(2))).await?, Access::SecretWrong);
    let Access::Granted(held) = world.store.held(world.credentials("a", Some(1))).await? else {
        bail!("its own secret opens it");
    };
    assert_eq!(held.len(), 1);
    assert_eq!(held[0].totals.values().sum::<u64>(), 9);
    assert!(matches!(world.clear("a", Some(1)).await?, Access::Granted(Removed { reports: 1, .. })));
    assert_eq!(world.keep("a", Some(2), DAY, &data).await?, Access::Granted(()), "a new start");
    Ok(())
}

async fn a_secret_registered_after_the_first_report_can_delete_but_not_read(world: World) -> Result<()> {
    let data = os(&[("linux", 5)]);
    world.keep("a", None, DAY, &data).await?;
    assert_eq!(world.store.held(world.credentials("a", Some(1))).await?, Access::ClearOnly);
    assert_eq!(world.keep("a", Some(1), DAY, &data).await?, Access::Granted(()));
    assert_eq!(world.keep("a", Some(2), DAY, &data).await?, Access::SecretWrong, "it is registered once");
    assert_eq!(world.store.held(world.credentials("a", Some(1))).await?, Access::ClearOnly);
    assert!(matches!(world.clear("a", Some(1)).await?, Access::Granted(Removed { reports: 1, .. })));
    Ok(())
}

async fn blocked_installs_are_rejected_until_they_are_unblocked(world: World) -> Result<()> {
    let install = Blocked::Install(world.key.install("a"));
    let network: ipnet::IpNet = "203.0.113.0/24".parse()?;
    let network = Blocked::Network(world.key.network(network), network.prefix_len());
    let database = world.database()?;
    for _ in 0..2 {
        database.block(&world.key, &install, false).await?;
        database.block(&world.key, &network, false).await?;
    }
    assert_eq!(world.keep("a", None, DAY, &os(&[])).await?, Access::Blocked);
    let Blocked::Network(hash, bits) = network else { bail!("a network") };
    assert_eq!(world.store.blocked_networks().await?, [(hash, bits)]);
    database.block(&world.key, &install, true).await?;
    database.block(&world.key, &network, true).await?;
    assert_eq!(world.keep("a", None, DAY, &os(&[])).await?, Access::Granted(()));
    assert_eq!(world.store.blocked_networks().await?, []);
    Ok(())
}

async fn a_restored_backup_does_not_bring_back_deleted_reports(world: World) -> Result<()> {
    world.keep("a", None, DAY.plus(-1), &os(&[("linux", 5), ("clearedsince", 1)])).await?;
    world.keep("b", Some(3), DAY, &os(&[("linux", 2)])).await?;
    let (database, backup) = (world.database()?, world.backup());
    database.backup(&backup).await?;
    assert!(database.backup(&backup).await.is_err(), "an older backup is not overwritten");
    world.clear("a", None).await?;
    world.keep("a", None, DAY, &os(&[("linux", 9)])).await?;
    let in_use = database.restore(&backup, world.folder.path(), &world.key).await;
    assert_eq!(in_use.err().map(|error| error.code()), Some(Code::DatabaseInUse));
    world.store.close().await;
    assert_eq!(database.restore(&backup, world.folder.path(), &world.key).await?, 1);
    let world = world.reopened().await?;
    assert_eq!(world.store.holdings().await?.installs, 1);
    world.assert_exact().await?;
    // Restored again: the tombstones were restored, too.
    world.keep("a", None, DAY, &os(&[("linux", 9)])).await?;
    world.store.close().await;
    assert_eq!(database.restore(&backup, world.folder.path(), &world.key).await?, 1);
    let other = InstallKey::load(&world.folder.path().join("other"))?;
    let refused = database.restore(&backup, world.folder.path(), &other).await;
    assert_eq!(refused.err().map(|error| error.code()), Some(Code::KeyMismatch));
    let world = world.reopened().await?;
    let Access::Granted(held) = world.store.held(world.credentials("b", Some(3))).await? else {
        bail!("its own secret")
    };
    assert_eq!(held.len(), 1, "what was refused has changed nothing");
    Ok(())
}

async fn invalid_files_are_not_restored(world: World) -> Result<()> {
    for install in ["a", "b", "c"] {
        world.keep(install, None, DAY, &os(&[("linux", 5)])).await?;
    }
    let (database, backup) = (world.database()?, world.backup());
    assert!(database.has_data().await?);
    world.assert_exact().await?;
    database.backup(&backup).await?;
    world.store.close().await;
    let whole = std::fs::read(&backup)?;
    let middle = whole.len() / 2;
    let garbled = [&whole[..middle], &[0xa5; 4096], &whole[middle + 4096..]].concat();
    let mut files = vec![Vec::new(), b"no database".to_vec(), whole[..whole.len() - 4096].to_vec(), garbled];
    for sql in [
        "CREATE TABLE hosts (id INTEGER)",
        "DELETE FROM state",
        "UPDATE aggregates SET total = total + 1",
        "DELETE FROM reports WHERE id = (SELECT MIN(id) FROM reports)",
        "UPDATE labels SET label = 'windows' WHERE label = 'linux'",
        "CREATE TRIGGER later AFTER INSERT ON reports BEGIN DELETE FROM installs; END",
    ] {
        let changed = world.folder.path().join("changed");
        // The first belongs to another program.
        std::fs::write(&changed, if files.len() == 4 { &[][..] } else { &whole })?;
        let mut connection = SqliteConnectOptions::new().filename(&changed).connect().await?;
        sqlx::raw_sql(sql).execute(&mut connection).await?;
        connection.close().await?;
        files.push(std::fs::read(&changed)?);
    }
    let rubbish = world.folder.path().join("rubbish");
    for (n, file) in files.iter().enumerate() {
        std::fs::write(&rubbish, file)?;
        let refused = database.restore(&rubbish, world.folder.path(), &world.key).await;
        let code = refused.err().map(|error| error.code());
        let expected = [Code::BackupDamaged, Code::BackupIncompatible, Code::BackupInconsistent];
        assert!(code.is_some_and(|code| expected.contains(&code)), "{n}: {code:?}");
    }
    // Leftovers of a killed restore affect neither the next restore nor the data.
    let copy = if world.server.is_some() { "restoring.sqlite3" } else { "receiver.restoring" };
    let left_behind = || -> Result<()> {
        for tail in ["", "-wal", "-shm", "-journal"] {
            std::fs::write(world.folder.path().join(format!("{copy}{tail}")), &whole[4096..])?;
        }
        Ok(())
    };
    left_behind()?;
    assert_eq!(database.restore(&backup, world.folder.path(), &world.key).await?, 0);
    left_behind()?;
    let world = world.reopened().await?;
    database.remove_stale_copies(world.folder.path());
    assert_eq!(world.store.holdings().await?.installs, 3);
    world.assert_exact().await?;
    let left = std::fs::read_dir(world.folder.path())?.filter_map(|file| file.ok()?.file_name().into_string().ok());
    let left: Vec<_> = left.filter(|name| name.contains("restoring") && !name.ends_with(".lock")).collect();
    assert!(left.is_empty(), "{left:?}");
    Ok(())
}

async fn restoring_a_backup_keeps_later_hiding_and_blocking(world: World) -> Result<()> {
    let (database, backup) = (world.database()?, world.backup());
    world.keep("a", None, DAY, &os(&[("linux", 5)])).await?;
    let hide = async |second: u8, hide: bool, label: u8| database.hide(hide_action(second, hide, label)).await;
    // Two labels were hidden in the backup, one of them unhidden since; a third was hidden since.
    for (second, hidden, label) in [(1, true, 1), (2, true, 2), (3, false, 3)] {
        hide(second, hidden, label).await?;
    }
    database.backup(&backup).await?;
    hide(4, false, 2).await?;
    hide(5, true, 3).await?;
    let (install, network) = (Blocked::Install(world.key.install("bad")), Blocked::Network([6; 32], 24));
    database.block(&world.key, &install, false).await?;
    database.block(&world.key, &network, false).await?;
    let log = world.store.hide_log().await?;
    world.store.close().await;
    // Repeating it records nothing.
    for _ in 0..2 {
        database.restore(&backup, world.folder.path(), &world.key).await?;
    }
    let world = world.reopened().await?;
    assert_eq!(hidden(&world).await?, [[1; 16], [3; 16]]);
    assert_eq!(world.store.hide_log().await?, log);
    assert_eq!(world.keep("bad", None, DAY, &os(&[])).await?, Access::Blocked);
    assert_eq!(world.store.blocked_networks().await?, [([6; 32], 24)]);
    Ok(())
}

/// Also after their installs have expired in the log, and a backup that has them is restored.
async fn two_clears_by_the_operator_at_one_moment_are_both_logged_once(world: World) -> Result<()> {
    for (name, secret) in [("a", Some(1)), ("b", None)] {
        world.keep(name, secret, DAY, &os(&[("linux", 5)])).await?;
        let install = world.credentials(name, None).install;
        let tombstone = world.key.tombstone(&install);
        let action = OperatorAction {
            at: format!("{DAY}T00:00:00Z"),
            kind: OperatorActionKind::Clear,
            install: Some(tombstone),
            actor: "operator".into(),
            reason: "asked by mail".into(),
        };
        let removed = world.store.clear_as_operator(install, tombstone, DAY, action).await?;
        assert_eq!((removed.reports, removed.installs), (1, 1), "{name}");
    }
    world.assert_exact().await?;
    let logged = async |installs: usize| -> Result<()> {
        let log = world.database()?.operator_log().await?;
        assert_eq!(log.len(), 2, "{log:?}");
        assert_eq!(log.iter().filter(|action| action.install.is_some()).count(), installs, "{log:?}");
        Ok(())
    };
    logged(2).await?;
    let backup = world.backup();
    world.database()?.backup(&backup).await?;
    world.expire(DAY.plus(1)).await?;
    logged(0).await?;
    world.store.close().await;
    world.database()?.restore(&backup, world.folder.path(), &world.key).await?;
    logged(0).await
}

async fn restoring_a_backup_brings_back_no_expired_report_and_keeps_the_trusted_day(world: World) -> Result<()> {
    let (database, backup) = (world.database()?, world.backup());
    world.keep("a", Some(1), DAY, &os(&[("linux", 5)])).await?;
    world.keep("a", Some(1), DAY.plus(10), &os(&[("linux", 6)])).await?;
    world.store.advance_clock_guard(DAY.plus(10)).await?;
    world.store.aggregate().await?;
    database.backup(&backup).await?;
    world.store.advance_clock_guard(DAY.plus(99)).await?;
    world.expire(DAY.plus(10)).await?;
    world.store.close().await;
    database.restore(&backup, world.folder.path(), &world.key).await?;
    let world = world.reopened().await?;
    assert_eq!(world.store.last_trusted_day().await?, DAY.plus(99));
    let Access::Granted(held) = world.store.held(world.credentials("a", Some(1))).await? else { bail!("its secret") };
    assert_eq!(held.iter().map(|report| report.day).collect::<Vec<_>>(), [DAY.plus(10)]);
    world.assert_exact().await?;
    world.expire(DAY.plus(10)).await?;
    assert_eq!(world.store.holdings().await?.reports, 1);
    Ok(())
}

fn hide_action(second: u8, hide: bool, label: u8) -> HideAction {
    let at = format!("2024-10-04T00:00:0{second}.000000Z");
    HideAction { at, hide, label: [label; 16], actor: "operator".into(), reason: "ünsafe 'quoted'".into() }
}

async fn hidden(world: &World) -> Result<Vec<[u8; 16]>> {
    let mut hidden = world.store.publication().await?.hidden;
    hidden.sort_unstable();
    Ok(hidden)
}

async fn a_backup_of_one_backend_can_be_restored_in_the_other(world: World) -> Result<()> {
    for (day, name) in [(0, "a"), (1, "a"), (1, "b"), (2, "c")] {
        let data = os(&[("linux", 5), ("ünïcode \u{fffd} 'quoted' \\ \"", 2), (name, 1)]);
        world.keep(name, Some(1), DAY.plus(day), &data).await?;
    }
    world.keep("b", Some(1), DAY.plus(1), &os(&[("linux", 7)])).await?;
    world.clear("c", Some(1)).await?;
    world.database()?.block(&world.key, &Blocked::Install(world.key.install("bad")), false).await?;
    world.database()?.block(&world.key, &Blocked::Network([6; 32], 24), false).await?;
    for (second, hidden, label) in [(1, true, 1), (2, true, 2), (3, false, 1)] {
        world.database()?.hide(hide_action(second, hidden, label)).await?;
    }
    // An install counts from its third day, and restoring keeps that.
    world.keep("a", Some(1), DAY.plus(2), &os(&[("linux", 5)])).await?;
    world.store.reconcile(DAY.plus(2), "rules".into()).await?;
    let counting = world.store.day_reports(DAY.plus(2)).await?.reports;
    assert_eq!(counting.len(), 1);
    let log = world.store.hide_log().await?;
    let backup = world.backup();
    world.database()?.backup(&backup).await?;
    let server = PostgreSql::shared()?;
    let url = match world.server {
        None => server.database()?,
        Some(_) => format!("sqlite:{}", world.folder.path().join("other.sqlite3").display()),
    };
    // Existing data is replaced.
    let there = database(&url)?.open(&world.key).await?;
    there.keep(world.submission("z", None, DAY, &os(&[("windows", 5)]))).await?;
    there.close().await;
    assert_eq!(database(&url)?.restore(&backup, world.folder.path(), &world.key).await?, 0);
    let mut expected = Vec::new();
    for day in 0..3 {
        expected.push(world.aggregates(DAY.plus(day)).await?);
    }
    let held = world.store.held(world.credentials("a", Some(1))).await?;
    let other = World { store: database(&url)?.open(&world.key).await?, url, ..world };
    other.assert_exact().await?;
    for (day, expected) in (0..).zip(expected) {
        assert_eq!(other.aggregates(DAY.plus(day)).await?, expected, "day {day}");
    }
    assert_eq!(other.store.held(other.credentials("a", Some(1))).await?, held);
    assert_eq!(other.keep("bad", None, DAY, &os(&[])).await?, Access::Blocked);
    assert_eq!(other.store.blocked_networks().await?, [([6; 32], 24)]);
    assert_eq!(other.store.hide_log().await?, log);
    assert_eq!(hidden(&other).await?, [[2; 16]]);
    assert_eq!(other.store.day_reports(DAY.plus(2)).await?.reports, counting);
    // The store works afterwards: numbers of labels and reports are not reused.
    other.keep("d", None, DAY, &os(&[("linux", 5), ("newlabel", 1)])).await?;
    other.keep("a", Some(1), DAY, &os(&[("linux", 6)])).await?;
    assert_eq!(other.assert_exact().await?.reports, 5);
    Ok(())
}

async fn the_check_finds_inconsistencies(world: World) -> Result<()> {
    world.keep("a", None, DAY, &os(&[("linux", 5)])).await?;
    world.store.aggregate().await?;
    world.sql("UPDATE aggregates SET total = total + 1 WHERE total = 5").await?;
    for checked in [world.store.check().await?, world.database()?.check().await?] {
        assert_eq!(checked.differences.len(), 1);
        assert!(checked.differences[0].contains(&DAY.to_string()));
    }
    world.sql("UPDATE aggregates SET total = total - 1 WHERE total = 6").await?;
    assert_eq!(world.store.check().await?.differences, Vec::<String>::new());
    world.sql("UPDATE labels SET label = 'windows' WHERE label = 'linux'").await?;
    assert_eq!(world.store.check().await?.differences.len(), 1, "the text does not match its digest");
    Ok(())
}

async fn a_database_opens_only_with_its_own_key(world: World) -> Result<()> {
    world.keep("a", None, DAY, &os(&[("linux", 5)])).await?;
    world.store.close().await;
    let other = InstallKey::load(&world.folder.path().join("other"))?;
    let opened = world.database()?.open(&other).await.map(drop);
    assert_eq!(opened.err().map(|error| error.code()), Some(Code::KeyMismatch));
    let world = world.reopened().await?;
    assert_eq!(world.store.holdings().await?, Holdings { installs: 1, reports: 1, labels: 2, not_yet_counted: 0 });
    Ok(())
}

async fn a_deleted_label_that_returns_is_counted_from_zero(world: World) -> Result<()> {
    for _ in 0..3 {
        world.keep("a", None, DAY, &os(&[("linux", 5), ("comesandgoes", 1)])).await?;
        world.keep("b", None, DAY, &os(&[("linux", 2)])).await?;
        world.clear("a", None).await?;
        world.assert_exact().await?;
        world.keep("b", None, DAY, &os(&[("comesandgoes", 2)])).await?;
        world.keep("b", None, DAY, &os(&[("linux", 2)])).await?;
        assert_eq!(world.assert_exact().await?.reports, 1);
        assert_eq!(world.store.holdings().await?.labels, 2);
    }
    Ok(())
}

async fn the_newest_trusted_day_is_stored(world: World) -> Result<()> {
    assert_eq!(world.store.last_trusted_day().await?, Day(0));
    world.store.advance_clock_guard(DAY).await?;
    let world = world.reopened().await?;
    assert_eq!(world.store.last_trusted_day().await?, DAY);
    world.store.ready().await?;
    Ok(())
}

async fn unusual_texts_are_stored_unchanged(world: World) -> Result<()> {
    let texts = ["'; DROP TABLE labels; --", "a\\b", "\"quoted\"", "ünïcode", "%s{}$1?", " ", ""];
    let entries: Vec<_> = texts.iter().map(|text| serde_json::json!({"total": 1, "bill_type": text})).collect();
    let data = serde_json::json!({"bills": entries, "os": [{"total": 2, "os": null}]});
    let data =
        format!("\"data\":{data},\"info\":[{{\"count\":1,\"os\":null,\"sysDescr\":\"x\",\"sysObjectID\":\".1\"}}]");
    let submission = world.submission("a", Some(1), DAY, &data);
    let sent = submission.totals.clone();
    world.store.keep(submission).await?;
    let Access::Granted(held) = world.store.held(world.credentials("a", Some(1))).await? else {
        bail!("its own secret")
    };
    assert_eq!(held[0].totals.clone().into_iter().collect::<Vec<_>>(), sent);
    assert!(sent.len() >= 6);
    world.assert_exact().await?;
    Ok(())
}

#[tokio::test]
async fn an_install_is_deleted_although_the_disk_is_full() -> Result<()> {
    let mount = Mount::new(32)?;
    let url = format!("sqlite:{}", mount.path().join("receiver.sqlite3").display());
    let world = World::at(tempfile::tempdir()?, url, None).await?;
    // Reports that share no label with others.
    let keep = async |install: i64| {
        let labels: Vec<String> = (0..200).map(|label| format!("label {install} {label}")).collect();
        let labels: Vec<(&str, u64)> = labels.iter().map(|label| (label.as_str(), 1)).collect();
        world.keep(&format!("install {install}"), None, DAY, &os(&labels)).await
    };
    let mut kept = 0;
    while kept < 5 {
        keep(kept).await?;
        kept += 1;
    }
    mount.is_full(true)?;
    // The write-ahead log may have room left.
    let refused = loop {
        match keep(kept).await {
            Ok(_) => kept += 1,
            Err(error) => break error,
        }
    };
    assert_eq!(refused.downcast_ref::<Error>().map(Error::code), Some(Code::DatabaseFull));
    assert!(matches!(world.clear("install 0", None).await?, Access::Granted(Removed { reports: 1, labels: 200, .. })));
    assert_eq!(world.store.holdings().await?.installs, kept - 1);
    mount.is_full(false)?;
    world.assert_exact().await?;
    world.store.close().await;
    Ok(())
}

#[tokio::test]
async fn several_receivers_neither_lose_nor_double_count_reports() -> Result<()> {
    let world = World::postgres().await?;
    let second = world.database()?.open(&world.key).await?;
    let stores = [&world.store, &second];
    // Few installs, shared and new labels, both receivers at the same time, with deletions and counting in between.
    let work = (0..12_u32).map(|worker| {
        let (world, store) = (&world, stores[worker as usize % 2]);
        async move {
            for round in 0..12_u32 {
                let name = format!("install {}", (worker * 7 + round) % 9);
                let own = format!("label-{}", (worker * 5 + round * 3) % 14);
                let day = DAY.plus((round % 3) as i32);
                let data = os(&[("linux", u64::from(round)), (&own, 1)]);
                match (worker + round) % 11 {
                    0 => {
                        let credentials = world.credentials(&name, None);
                        store.clear(credentials, world.key.tombstone(&credentials.install), DAY).await?;
                    }
                    1 => store.aggregate().await?,
                    _ => {
                        let kept = store.keep(world.submission(&name, None, day, &data)).await?;
                        ensure!(kept == Access::Granted(()), "{kept:?}");
                    }
                }
            }
            Ok(())
        }
    });
    try_join_all(work).await?;
    assert!(world.assert_exact().await?.reports > 10);
    // The other receiver's cache does not keep what one has removed.
    for n in 0..9 {
        world.clear(&format!("install {n}"), None).await?;
    }
    assert_eq!(world.store.holdings().await?, Holdings::default());
    second.keep(world.submission("again", None, DAY, &os(&[("linux", 1), ("label-3", 1)]))).await?;
    assert_eq!(world.assert_exact().await?.reports, 1);
    second.close().await;
    Ok(())
}

#[tokio::test]
async fn two_receivers_register_the_same_secret() -> Result<()> {
    let world = World::postgres().await?;
    let second = world.database()?.open(&world.key).await?;
    for round in 0..10 {
        let name = format!("install {round}");
        let data = os(&[("linux", 1)]);
        let (one, two) = tokio::join!(
            world.store.keep(world.submission(&name, Some(1), DAY, &data)),
            second.keep(world.submission(&name, Some(2), DAY, &data)),
        );
        let granted = [one?, two?].into_iter().filter(|outcome| *outcome == Access::Granted(())).count();
        assert_eq!(granted, 1, "round {round}");
    }
    world.assert_exact().await?;
    second.close().await;
    Ok(())
}

#[tokio::test]
async fn after_a_restart_of_the_server_the_receiver_reconnects_and_loses_nothing() -> Result<()> {
    let world = World::postgres().await?;
    world.keep("a", None, DAY, &os(&[("linux", 5)])).await?;
    let server = world.server.as_ref().context("PostgreSQL")?;
    // Like a restart, this ends all connections.
    server.sql(
        "postgres",
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'DATABASE' AND pid <> pg_backend_pid()"
            .replace("DATABASE", world.url.rsplit('/').next().unwrap_or_default())
            .as_str(),
    )?;
    assert_eq!(world.keep("b", None, DAY, &os(&[("linux", 5)])).await?, Access::Granted(()));
    assert_eq!(world.assert_exact().await?.reports, 2);
    Ok(())
}
