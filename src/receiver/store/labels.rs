//! IDs of labels: found in memory, else in the database, else assigned.

use super::encoding::LabelId;
use super::interned::{InternedReport, LabelKey, group_name, group_names};
use super::retry::{TxError, damaged};
use super::sql::{Dialect, Rows, Sql};
use super::tx::{Row, Tx};
use crate::day::Day;
use crate::wire::Label;
use std::collections::{BTreeMap, HashMap};

/// Most labels whose IDs are cached: some 30 MB.
const MAX_CACHED: usize = 500_000;

/// Labels by their digests. The order makes receivers that add the same labels at once wait for each other in one
/// direction only.
type Unknown<'r> = BTreeMap<LabelKey, (&'r Label, Day)>;

/// A cache of IDs.
#[derive(Default)]
pub(super) struct LabelCache {
    groups: BTreeMap<String, i32>,
    known: HashMap<LabelKey, LabelId>,
    /// The largest ID of a group, where this receiver alone assigns them.
    last: BTreeMap<i32, LabelId>,
    epoch: i64,
    /// Whether what a transaction has added is not committed.
    is_tentative: bool,
}

impl LabelCache {
    /// Assigns IDs to all groups of the dictionary.
    pub(super) async fn load(tx: &mut Tx<'_>) -> Result<Self, TxError> {
        let names = Rows::default().text("name", group_names().map(Some));
        let sql = "INSERT INTO groups (name) SELECT name FROM {rows} WHERE true ON CONFLICT DO NOTHING";
        tx.query(sql).bind_rows(&names).run().await?;
        let rows = tx.query("SELECT name, id FROM groups").all().await?;
        Ok(Self { groups: rows.iter().map(|row| (row.get("name"), row.get("id"))).collect(), ..Self::default() })
    }

    /// Begins a transaction. What an earlier one added that was not committed is dropped, as is everything once labels
    /// were deleted: on PostgreSQL, where another receiver may have done that, the epoch tells. Returns whether it
    /// dropped everything.
    pub(super) async fn begin(&mut self, tx: &mut Tx<'_>) -> Result<bool, TxError> {
        let epoch = match tx.dialect() {
            Dialect::Sqlite => 0,
            Dialect::Postgres => tx.query("SELECT labels_epoch FROM state").value().await?,
        };
        let is_stale = self.is_tentative || self.epoch != epoch || self.known.len() > MAX_CACHED;
        if is_stale {
            self.known.clear();
            self.last.clear();
            self.epoch = epoch;
        }
        self.is_tentative = true;
        Ok(is_stale)
    }

    /// Keeps what the transaction added.
    pub(super) fn committed(&mut self) {
        self.is_tentative = false;
    }

    /// Drops labels that were deleted.
    pub(super) fn remove(&mut self, keys: &[LabelKey]) {
        for key in keys {
            self.known.remove(key);
        }
    }

    /// Learns the IDs of all labels of some reports; new labels are added.
    pub(super) async fn learn(&mut self, tx: &mut Tx<'_>, reports: &[&InternedReport]) -> Result<(), TxError> {
        let mut unknown = Unknown::new();
        for report in reports {
            for (key, label, _) in &report.totals {
                if !self.known.contains_key(key) {
                    unknown.insert(*key, (label, report.day));
                }
            }
        }
        self.find(tx, &mut unknown).await?;
        self.add(tx, &mut unknown).await?;
        // Another receiver added them in between.
        self.find(tx, &mut unknown).await
    }

    /// A report's entries by ID, sorted, once its labels are learnt.
    pub(super) fn entries(&self, report: &InternedReport) -> Result<Vec<(LabelId, u64)>, TxError> {
        let mut entries = Vec::with_capacity(report.totals.len());
        for (key, _, total) in &report.totals {
            entries.push((*self.known.get(key).ok_or(TxError::Conflict)?, *total));
        }
        entries.sort_unstable();
        Ok(entries)
    }

    async fn find(&mut self, tx: &mut Tx<'_>, unknown: &mut Unknown<'_>) -> Result<(), TxError> {
        if unknown.is_empty() {
            return Ok(());
        }
        let keys = unknown.keys().map(<[u8; 16]>::as_slice);
        let rows = tx.query("SELECT id, digest FROM labels WHERE digest {any_blob 1}").bind_blobs(keys).all().await?;
        self.insert(&rows, unknown)
    }

    async fn add(&mut self, tx: &mut Tx<'_>, unknown: &mut Unknown<'_>) -> Result<(), TxError> {
        if unknown.is_empty() {
            return Ok(());
        }
        let mut ids = Vec::with_capacity(unknown.len());
        for (label, _) in unknown.values() {
            let group = *self.groups.get(label.group).ok_or_else(damaged)?;
            ids.push(match tx.dialect() {
                Dialect::Sqlite => self.next_id(tx, group).await?,
                Dialect::Postgres => i64::from(group) << 32,
            });
        }
        let labels = || unknown.values().map(|(label, _)| *label);
        let rows = Rows::default()
            .int8("id", ids)
            .blob("digest", unknown.keys().map(|key| Some(key.as_slice())))
            .text("label", labels().map(|label| label.text.as_deref()))
            .text("os", labels().map(|label| label.pair.as_ref().map(|(os, _)| os.as_str())))
            .text("oid", labels().map(|label| label.pair.as_ref().map(|(_, oid)| oid.as_str())))
            .int4("day", unknown.values().map(|(_, day)| day.0));
        let sql = Sql {
            sqlite: "INSERT INTO labels (id, digest, label, os, sys_object_id, last_day) \
                     SELECT id, digest, label, os, oid, day FROM {rows} WHERE true RETURNING id, digest",
            // Several receivers assign IDs at once; the digest's uniqueness decides which of them was first.
            postgres: "INSERT INTO labels (id, digest, label, os, sys_object_id, last_day) \
                       SELECT id | nextval('label_numbers'), digest, label, os, oid, day FROM {rows} \
                       ON CONFLICT (digest) DO NOTHING RETURNING id, digest",
        };
        let rows = tx.query(sql).bind_rows(&rows).all().await?;
        self.insert(&rows, unknown)
    }

    fn insert(&mut self, rows: &[Row], unknown: &mut Unknown<'_>) -> Result<(), TxError> {
        for row in rows {
            let key = row.bytes("digest")?;
            unknown.remove(&key);
            self.known.insert(key, row.get("id"));
        }
        Ok(())
    }

    async fn next_id(&mut self, tx: &mut Tx<'_>, group: i32) -> Result<LabelId, TxError> {
        let last = match self.last.get(&group) {
            Some(last) => *last,
            None => {
                let first = i64::from(group) << 32;
                let sql = "SELECT coalesce(MAX(id), $1) FROM labels WHERE id BETWEEN $1 AND $2";
                tx.query(sql).bind(first).bind(first | 0xffff_ffff).value().await?
            }
        };
        self.last.insert(group, last + 1);
        Ok(last + 1)
    }
}

/// The label in a row; nothing for a group that a later version has dropped.
pub(super) fn label(row: &Row) -> Option<Label> {
    let pair = row.get::<Option<String>>("os").zip(row.get("sys_object_id"));
    Some(Label { group: group_name(row.get("name"))?, text: row.get("label"), pair })
}

/// The texts of labels by their IDs.
pub(super) async fn texts(tx: &mut Tx<'_>, ids: &[LabelId]) -> Result<BTreeMap<LabelId, Label>, TxError> {
    let sql = Sql {
        sqlite: "SELECT labels.id, groups.name, label, os, sys_object_id FROM json_each($1) \
                 JOIN labels ON labels.id = value JOIN groups ON groups.id = labels.id >> 32",
        postgres: "SELECT labels.id, groups.name, label, os, sys_object_id FROM labels \
                   JOIN groups ON groups.id = labels.id >> 32 WHERE labels.id = ANY($1)",
    };
    let rows = tx.query(sql).bind_list(ids).all().await?;
    Ok(rows.iter().filter_map(|row| Some((row.get("id"), label(row)?))).collect())
}
