//! A simulated world in a real store: the aggregates are exact on both backends.

use anyhow::Result;
use callback_receiver::config::Settings;
use callback_receiver::day::Day;
use callback_receiver::key::InstallKey;
use callback_receiver::store::database::Database;
use callback_receiver::store::{Counted, Store};
use callback_tests::postgresql::PostgreSql;
use callback_tests::simulated_world::{Extent, FIRST, Truth, fill, label_name};

async fn read(store: &Store, day: Day) -> Result<Truth> {
    let mut truth = Truth::default();
    for row in store.aggregates(day).await? {
        match row.counted {
            Counted::Reports => truth.reports = row.installs,
            Counted::Group(group) => drop(truth.groups.insert(group.to_owned(), (row.installs, row.total))),
            Counted::Label(label) => drop(truth.labels.insert(label_name(&label), (row.installs, row.total))),
        }
    }
    Ok(truth)
}

async fn the_aggregates_match_the_truth(url: &str) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let key = InstallKey::load(&folder.path().join("install.key"))?;
    let settings = Settings { data: folder.path().to_owned(), database: url.to_owned(), ..Settings::default() };
    let store = Database::from_settings(&settings)?.open(&key).await?;
    let extent = Extent { installs: 80, days: 9, seed: 5 };
    let truth = fill(&store, &key, extent, |_, _| {}).await?;
    let checked = store.check().await?;
    assert_eq!(checked.differences, Vec::<String>::new());
    for (day, expected) in (0..).zip(&truth) {
        assert!(expected.reports > 20 && expected.groups.len() > 40 && expected.labels.len() > 1_000);
        assert_eq!(&read(&store, FIRST.plus(day)).await?, expected, "day {day}");
    }
    while !store.expire(FIRST.plus(4)).await?.is_empty() {}
    assert_eq!(read(&store, FIRST.plus(3)).await?, Truth::default());
    assert_eq!(&read(&store, FIRST.plus(4)).await?, &truth[4]);
    assert_eq!(store.check().await?.differences, Vec::<String>::new());
    store.close().await;
    Ok(())
}

#[tokio::test]
async fn the_aggregates_of_a_simulated_world_are_exact_in_sqlite() -> Result<()> {
    the_aggregates_match_the_truth("").await
}

#[tokio::test]
async fn the_aggregates_of_a_simulated_world_are_exact_in_postgresql() -> Result<()> {
    let server = PostgreSql::shared()?;
    the_aggregates_match_the_truth(&server.database()?).await
}
