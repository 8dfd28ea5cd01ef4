//! Numbers for labels: found in memory, else in the database, else given out. Several receivers give them out at the
//! same time; the digest's uniqueness decides who was first.

use super::damaged;
use super::fault::Fault;
use crate::day::Day;
use crate::store::encoding::LabelId;
use crate::store::interned::{InternedReport, LabelKey, group_name, group_names};
use crate::wire::Label;
use sqlx::{PgConnection, Row};
use std::collections::{BTreeMap, HashMap};

/// Most labels whose numbers are remembered: some 30 MB.
const MAX_REMEMBERED: usize = 500_000;

/// The numbers that are known without asking.
#[derive(Default)]
pub(super) struct Labels {
    groups: BTreeMap<String, i32>,
    known: HashMap<LabelKey, LabelId>,
    epoch: i64,
}

impl Labels {
    /// Numbers for all groups of the dictionary.
    pub(super) async fn load(connection: &mut PgConnection) -> Result<Self, Fault> {
        let names: Vec<&str> = group_names().collect();
        sqlx::query(
            "INSERT INTO groups (name) SELECT name FROM unnest($1::text[]) AS new (name) ON CONFLICT DO NOTHING",
        )
        .bind(names)
        .execute(&mut *connection)
        .await?;
        let rows = sqlx::query("SELECT name, id FROM groups").fetch_all(connection).await?;
        let groups = rows.iter().map(|row| (row.get("name"), row.get("id"))).collect();
        Ok(Self { groups, ..Self::default() })
    }

    /// Forgets all numbers if labels have gone since they were learnt.
    pub(super) fn at(&mut self, epoch: i64) {
        if self.epoch != epoch || self.known.len() > MAX_REMEMBERED {
            self.known.clear();
            self.epoch = epoch;
        }
    }

    /// Forgets what a transaction that failed may have added.
    pub(super) fn doubt(&mut self) {
        self.known.clear();
    }

    /// Learns the numbers of all labels of some reports; those that nobody had get theirs.
    pub(super) async fn learn(
        &mut self,
        connection: &mut PgConnection,
        reports: &[&InternedReport],
    ) -> Result<(), Fault> {
        // Sorted by digest: receivers that add the same labels at once then wait for each other in one direction only.
        let mut unknown: BTreeMap<LabelKey, (&Label, Day)> = BTreeMap::new();
        for report in reports {
            for (key, label, _) in &report.totals {
                if !self.known.contains_key(key) {
                    unknown.insert(*key, (label, report.day));
                }
            }
        }
        if unknown.is_empty() {
            return Ok(());
        }
        self.find(connection, &unknown).await?;
        unknown.retain(|key, _| !self.known.contains_key(key));
        if unknown.is_empty() {
            return Ok(());
        }
        self.add(connection, &unknown).await?;
        unknown.retain(|key, _| !self.known.contains_key(key));
        if !unknown.is_empty() {
            // Another receiver added them in between.
            self.find(connection, &unknown).await?;
        }
        Ok(())
    }

    /// A report's entries by number, sorted, once its labels are learnt.
    pub(super) fn entries(&self, report: &InternedReport) -> Result<Vec<(LabelId, u64)>, Fault> {
        let mut entries = Vec::with_capacity(report.totals.len());
        for (key, _, total) in &report.totals {
            entries.push((*self.known.get(key).ok_or(Fault::Again)?, *total));
        }
        entries.sort_unstable();
        Ok(entries)
    }

    async fn find(
        &mut self,
        connection: &mut PgConnection,
        labels: &BTreeMap<LabelKey, (&Label, Day)>,
    ) -> Result<(), Fault> {
        let keys: Vec<&[u8]> = labels.keys().map(<[u8; 16]>::as_slice).collect();
        let rows = sqlx::query("SELECT id, digest FROM labels WHERE digest = ANY($1)")
            .bind(keys)
            .fetch_all(connection)
            .await?;
        self.remember(&rows)
    }

    async fn add(
        &mut self,
        connection: &mut PgConnection,
        labels: &BTreeMap<LabelKey, (&Label, Day)>,
    ) -> Result<(), Fault> {
        let (mut groups, mut keys, mut days) = (Vec::new(), Vec::new(), Vec::new());
        let (mut texts, mut oses, mut oids) = (Vec::new(), Vec::new(), Vec::new());
        for (key, (label, day)) in labels {
            groups.push(*self.groups.get(label.group).ok_or_else(damaged)?);
            keys.push(key.as_slice());
            days.push(day.0);
            texts.push(label.text.as_deref());
            oses.push(label.pair.as_ref().map(|(os, _)| os.as_str()));
            oids.push(label.pair.as_ref().map(|(_, oid)| oid.as_str()));
        }
        let rows = sqlx::query(
            "INSERT INTO labels (id, digest, label, os, sys_object_id, last_day) \
             SELECT (new.of::bigint << 32) | nextval('label_numbers'), new.digest, new.label, new.os, new.oid, new.day \
             FROM unnest($1::integer[], $2::bytea[], $3::text[], $4::text[], $5::text[], $6::integer[]) \
             AS new (of, digest, label, os, oid, day) ON CONFLICT (digest) DO NOTHING RETURNING id, digest",
        )
        .bind(groups)
        .bind(keys)
        .bind(texts)
        .bind(oses)
        .bind(oids)
        .bind(days)
        .fetch_all(connection)
        .await?;
        self.remember(&rows)
    }

    fn remember(&mut self, rows: &[sqlx::postgres::PgRow]) -> Result<(), Fault> {
        for row in rows {
            let key = row.get::<&[u8], _>("digest").try_into().map_err(|_| damaged())?;
            self.known.insert(key, row.get("id"));
        }
        Ok(())
    }
}

/// The texts of labels by their numbers.
pub(super) async fn texts(connection: &mut PgConnection, ids: &[LabelId]) -> Result<BTreeMap<LabelId, Label>, Fault> {
    let rows = sqlx::query(
        "SELECT labels.id, groups.name, label, os, sys_object_id FROM labels \
         JOIN groups ON groups.id = labels.id >> 32 WHERE labels.id = ANY($1)",
    )
    .bind(ids)
    .fetch_all(connection)
    .await?;
    Ok(rows
        .iter()
        .filter_map(|row| {
            let pair = row.get::<Option<String>, _>("os").zip(row.get("sys_object_id"));
            // A group that a later version has dropped is not shown.
            Some((row.get("id"), Label { group: group_name(row.get("name"))?, text: row.get("label"), pair }))
        })
        .collect())
}
