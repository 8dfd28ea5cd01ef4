//! Numbers for labels: found in memory, else in the database, else given out.

use super::broken;
use crate::day::Day;
use crate::error::Result;
use crate::store::encoding::LabelId;
use crate::store::interned::{LabelKey, group_name, group_names};
use crate::wire::Label;
use sqlx::{Row, SqliteConnection};
use std::collections::{BTreeMap, HashMap};

/// Most labels whose numbers are remembered: some 30 MB.
const MAX_REMEMBERED: usize = 500_000;

/// The numbers that are known without asking.
#[derive(Default)]
pub(super) struct Labels {
    groups: BTreeMap<String, i64>,
    known: HashMap<LabelKey, LabelId>,
    next: BTreeMap<i64, i64>,
}

impl Labels {
    /// Numbers for all groups of the dictionary.
    pub(super) async fn load(connection: &mut SqliteConnection) -> Result<Self> {
        for name in group_names() {
            sqlx::query("INSERT INTO groups (name) VALUES (?) ON CONFLICT DO NOTHING")
                .bind(name)
                .execute(&mut *connection)
                .await
                .map_err(broken)?;
        }
        let rows = sqlx::query("SELECT name, id FROM groups").fetch_all(connection).await.map_err(broken)?;
        let groups = rows.iter().map(|row| (row.get("name"), row.get("id"))).collect();
        Ok(Self { groups, ..Self::default() })
    }

    /// Forgets what a transaction that failed may have added.
    pub(super) fn doubt(&mut self) {
        self.known.clear();
        self.next.clear();
    }

    /// Forgets labels that are gone.
    pub(super) fn remove(&mut self, keys: &[Vec<u8>]) {
        for key in keys {
            self.known.remove(key.as_slice());
        }
    }

    /// Entries by number, sorted; labels that nobody had get theirs.
    pub(super) async fn number(
        &mut self,
        connection: &mut SqliteConnection,
        totals: &[(LabelKey, Label, u64)],
        day: Day,
    ) -> Result<Vec<(LabelId, u64)>> {
        let unknown: Vec<&(LabelKey, Label, u64)> =
            totals.iter().filter(|(key, ..)| !self.known.contains_key(key)).collect();
        if !unknown.is_empty() {
            if self.known.len() + unknown.len() > MAX_REMEMBERED {
                self.known.clear();
                return Box::pin(self.number_all(connection, totals, day)).await;
            }
            self.learn(connection, &unknown, day).await?;
        }
        self.entries(totals)
    }

    async fn number_all(
        &mut self,
        connection: &mut SqliteConnection,
        totals: &[(LabelKey, Label, u64)],
        day: Day,
    ) -> Result<Vec<(LabelId, u64)>> {
        self.learn(connection, &totals.iter().collect::<Vec<_>>(), day).await?;
        self.entries(totals)
    }

    fn entries(&self, totals: &[(LabelKey, Label, u64)]) -> Result<Vec<(LabelId, u64)>> {
        let mut entries = Vec::with_capacity(totals.len());
        for (key, _, total) in totals {
            entries.push((*self.known.get(key).ok_or_else(super::damaged)?, *total));
        }
        entries.sort_unstable();
        Ok(entries)
    }

    async fn learn(
        &mut self,
        connection: &mut SqliteConnection,
        labels: &[&(LabelKey, Label, u64)],
        day: Day,
    ) -> Result<()> {
        self.find(connection, labels).await?;
        let mut new = Vec::new();
        for (key, label, _) in labels {
            if self.known.contains_key(key) {
                continue;
            }
            let group = *self.groups.get(label.group).ok_or_else(super::damaged)?;
            let number = self.next_number(connection, group).await?;
            let (os, oid) = label.pair.as_ref().map_or((None, None), |(os, oid)| (Some(os), Some(oid)));
            new.push((number, hex(key), label.text.as_deref(), os, oid));
            self.known.insert(*key, number);
        }
        if new.is_empty() {
            return Ok(());
        }
        sqlx::query(
            "INSERT INTO labels (id, digest, label, os, sys_object_id, last_day) \
             SELECT value ->> 0, unhex(value ->> 1), value ->> 2, value ->> 3, value ->> 4, ?2 FROM json_each(?1)",
        )
        .bind(json(&new))
        .bind(day.0)
        .execute(connection)
        .await
        .map(drop)
        .map_err(broken)
    }

    async fn find(&mut self, connection: &mut SqliteConnection, labels: &[&(LabelKey, Label, u64)]) -> Result<()> {
        let keys: Vec<String> = labels.iter().map(|(key, ..)| hex(key)).collect();
        let rows = sqlx::query(
            "SELECT labels.id, labels.digest FROM json_each(?) JOIN labels ON labels.digest = unhex(value)",
        )
        .bind(json(&keys))
        .fetch_all(connection)
        .await
        .map_err(broken)?;
        for row in rows {
            let key = row.get::<Vec<u8>, _>("digest").try_into().map_err(|_| super::damaged())?;
            self.known.insert(key, row.get("id"));
        }
        Ok(())
    }

    async fn next_number(&mut self, connection: &mut SqliteConnection, group: i64) -> Result<LabelId> {
        if let Some(next) = self.next.get_mut(&group) {
            *next += 1;
            return Ok(*next);
        }
        let first = group << 32;
        let newest: Option<i64> = sqlx::query_scalar("SELECT MAX(id) FROM labels WHERE id BETWEEN ? AND ?")
            .bind(first)
            .bind(first | 0xffff_ffff)
            .fetch_one(connection)
            .await
            .map_err(broken)?;
        let number = newest.unwrap_or(first) + 1;
        self.next.insert(group, number);
        Ok(number)
    }
}

/// The texts of labels by their numbers.
pub(super) async fn texts(connection: &mut SqliteConnection, ids: &[LabelId]) -> Result<BTreeMap<LabelId, Label>> {
    let rows = sqlx::query(
        "SELECT labels.id, groups.name, label, os, sys_object_id FROM json_each(?) \
         JOIN labels ON labels.id = value JOIN groups ON groups.id = labels.id >> 32",
    )
    .bind(json(&ids))
    .fetch_all(connection)
    .await
    .map_err(broken)?;
    Ok(rows
        .iter()
        .filter_map(|row| {
            let pair = row.get::<Option<String>, _>("os").zip(row.get("sys_object_id"));
            // A group that a later version has dropped is not shown.
            Some((row.get("id"), Label { group: group_name(row.get("name"))?, text: row.get("label"), pair }))
        })
        .collect())
}

/// A list as SQLite's JSON functions read it: one parameter for any number of rows.
pub(super) fn json(list: &impl serde::Serialize) -> String {
    // Numbers, texts and tuples of them cannot fail.
    serde_json::to_string(list).unwrap_or_default()
}

fn hex(key: &LabelKey) -> String {
    data_encoding::HEXLOWER.encode(key)
}
