//! What only SQLite does: what the file's bytes hold, and one process at a time. What both databases do is tested on
//! both, in `tests/receiver_store.rs`.

use super::FILE;
use crate::code::Code;
use crate::day::Day;
use crate::key::InstallKey;
use crate::store::database::Database;
use crate::store::{Access, Checked, Credentials, Holdings, Removed, Store, Submission};
use crate::wire::{self, Report};
use std::sync::Arc;

const DAY: Day = Day(20_000);

struct World {
    folder: tempfile::TempDir,
    key: InstallKey,
    store: Arc<Store>,
}

impl World {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let key = InstallKey::load(&folder.path().join("key")).unwrap();
        let store = Database::Sqlite(folder.path().join(FILE)).open(&key).await.unwrap();
        Self { folder, key, store }
    }

    fn database(&self) -> Database {
        Database::Sqlite(self.folder.path().join(FILE))
    }

    fn credentials(&self, name: &str, secret: Option<u8>) -> Credentials {
        let install = self.key.install(name);
        Credentials { install, secret: secret.map(|byte| self.key.secret(&install, &[byte; 32])) }
    }

    fn submission(&self, name: &str, secret: Option<u8>, day: Day, data: &str) -> Submission {
        let payload = format!(r#"{{"uuid":"6f1c7d0e-9a53-4c5e-8d52-0a3b1d5f7e11",{data}}}"#);
        let Report { totals, .. } = wire::report(payload.as_bytes()).unwrap();
        Submission {
            credentials: self.credentials(name, secret),
            day,
            payload_sha256: [7; 32],
            module_sha256: None,
            totals: totals.into_iter().collect(),
        }
    }

    async fn keep(&self, name: &str, secret: Option<u8>, day: Day, data: &str) -> Access<()> {
        self.store.keep(self.submission(name, secret, day, data)).await.unwrap()
    }

    async fn clear(&self, name: &str, secret: Option<u8>) -> Access<Removed> {
        let credentials = self.credentials(name, secret);
        self.store.clear(credentials, self.key.tombstone(&credentials.install), DAY).await.unwrap()
    }

    async fn expire(&self, first_kept: Day) {
        while !self.store.expire(first_kept).await.unwrap().is_empty() {}
    }

    async fn assert_exact(&self) -> Checked {
        let checked = self.store.check().await.unwrap();
        assert_eq!(checked.differences, Vec::<String>::new());
        checked
    }

    fn files_hold(&self, needle: &str) -> bool {
        ["", "-wal"].iter().any(|tail| {
            let bytes = std::fs::read(self.folder.path().join(format!("{FILE}{tail}"))).unwrap_or_default();
            bytes.windows(needle.len()).any(|part| part == needle.as_bytes())
        })
    }
}

fn os(labels: &[(&str, u64)]) -> String {
    let entries: Vec<String> = labels.iter().map(|(os, n)| format!(r#"{{"total":{n},"os":"{os}"}}"#)).collect();
    format!(r#""data":{{"os":[{}],"cef":[{{"total":4}}]}}"#, entries.join(","))
}

#[tokio::test]
async fn a_report_that_was_replaced_is_not_in_the_files() {
    let world = World::new().await;
    world.keep("a", None, DAY, &os(&[("linux", 5), ("onlyinthefirst", 1)])).await;
    world.keep("b", None, DAY, &os(&[("linux", 2)])).await;
    world.store.aggregate().await.unwrap();
    assert!(world.files_hold("onlyinthefirst"));
    world.keep("a", None, DAY, &os(&[("linux", 7)])).await;
    world.store.aggregate().await.unwrap();
    // The log still has it until it is emptied, which a clear does at once.
    world.clear("b", None).await;
    assert!(!world.files_hold("onlyinthefirst"));
    let holdings = world.store.holdings().await.unwrap();
    assert_eq!((holdings.installs, holdings.reports, holdings.labels), (1, 1, 2));
    assert_eq!(world.assert_exact().await.reports, 1);
}

#[tokio::test]
async fn what_is_over_its_time_is_gone_from_tables_and_files() {
    let world = World::new().await;
    world.keep("a", None, DAY, &os(&[("linux", 5), ("oldandgone", 1)])).await;
    world.keep("b", None, DAY.plus(1), &os(&[("linux", 5)])).await;
    world.expire(DAY).await;
    assert_eq!(world.store.holdings().await.unwrap().reports, 2);
    world.expire(DAY.plus(1)).await;
    let holdings = world.store.holdings().await.unwrap();
    assert_eq!((holdings.installs, holdings.reports, holdings.labels), (1, 1, 2));
    assert!(world.store.aggregates(DAY).await.unwrap().is_empty());
    assert!(!world.files_hold("oldandgone"));
    world.assert_exact().await;
    world.expire(DAY.plus(2)).await;
    assert_eq!(world.store.holdings().await.unwrap(), Holdings::default());
}

#[tokio::test]
async fn a_clear_takes_everything_of_the_install_and_nothing_of_others() {
    let world = World::new().await;
    for day in 0..3 {
        world.keep("a", None, DAY.plus(-day), &os(&[("linux", 5), ("onlyofthisinstall", 1)])).await;
        world.keep("b", None, DAY.plus(-day), &os(&[("linux", 2)])).await;
    }
    let removed = Removed { reports: 3, entries: 9, labels: 1, installs: 1 };
    assert_eq!(world.clear("a", None).await, Access::Granted(removed));
    assert!(!world.files_hold("onlyofthisinstall"));
    assert_eq!(world.clear("a", None).await, Access::Granted(Removed::default()));
    assert_eq!(world.clear("never seen", None).await, Access::Granted(Removed::default()));
    assert_eq!(world.assert_exact().await.reports, 3);
    assert_eq!(world.store.holdings().await.unwrap().installs, 1);
    world.keep("a", None, DAY, &os(&[("onlyofthisinstall", 1)])).await;
    world.assert_exact().await;
}

#[tokio::test]
async fn a_restored_backup_brings_nothing_back_that_was_cleared() {
    let world = World::new().await;
    world.keep("a", None, DAY.plus(-1), &os(&[("linux", 5), ("clearedsince", 1)])).await;
    world.keep("b", None, DAY, &os(&[("linux", 2)])).await;
    let backup = world.folder.path().join("backup");
    world.database().backup(&backup).await.unwrap();
    assert!(world.database().backup(&backup).await.is_err(), "an older backup is not overwritten");
    world.clear("a", None).await;
    world.keep("a", None, DAY, &os(&[("linux", 9)])).await;
    let inuse = world.database().restore(&backup, world.folder.path(), &world.key).await;
    assert_eq!(inuse.unwrap_err().code(), Code::DatabaseInUse);
    world.store.close().await;
    assert_eq!(world.database().restore(&backup, world.folder.path(), &world.key).await.unwrap(), 1);
    let store = world.database().open(&world.key).await.unwrap();
    let world = World { store, ..world };
    assert_eq!(world.store.holdings().await.unwrap().installs, 1);
    assert!(!world.files_hold("clearedsince"));
    world.assert_exact().await;
    world.store.close().await;
    let other = InstallKey::load(&world.folder.path().join("other")).unwrap();
    assert_eq!(
        world.database().restore(&backup, world.folder.path(), &other).await.unwrap_err().code(),
        Code::KeyMismatch
    );
}

#[tokio::test]
async fn one_process_at_a_time_has_the_database_and_it_must_have_the_key() {
    let world = World::new().await;
    world.keep("a", None, DAY, &os(&[("linux", 5)])).await;
    let second = world.database().open(&world.key).await;
    assert_eq!(second.err().unwrap().code(), Code::DatabaseInUse);
    world.store.close().await;
    let other = InstallKey::load(&world.folder.path().join("other")).unwrap();
    assert_eq!(world.database().open(&other).await.err().unwrap().code(), Code::KeyMismatch);
    let again = world.database().open(&world.key).await.unwrap();
    assert_eq!(again.holdings().await.unwrap(), Holdings { installs: 1, reports: 1, labels: 2, not_yet_counted: 0 });
}

#[test]
fn a_database_is_removed_with_all_files_beside_it() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("backup.unfinished");
    for suffix in ["", "-wal", "-shm", "-journal"] {
        std::fs::write(folder.path().join(format!("backup.unfinished{suffix}")), b"").unwrap();
    }
    super::file::remove(&database);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}
