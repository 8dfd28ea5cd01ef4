//! Records every change to the texts of a report, for the findings.

use crate::compare::{order, same};
use crate::findings::{Cleaned, CleanedBy, Reason, Redacted, Redaction};
use crate::number::MAX_SAFE_INTEGER;
use crate::sanitise::hashing::ByHash;
use crate::sanitise::{Context, DeviceTerms, IdentifierKind, Sanitised, hashing};
use crate::second_pass::compared;
use crate::text::{MAX_CHARS, fit};
use crate::version::version_in;
use alloc::borrow::{Cow, ToOwned};
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use core::hash::{Hash, Hasher};
use foldhash::fast::FixedState;
use hashbrown::HashMap;

/// Field name of descriptions in findings.
pub(crate) const INFO_SYS_DESCR: &str = "info.sysDescr";
/// Field name of object identifiers in findings.
pub(crate) const INFO_SYS_OBJECT_ID: &str = "info.sysObjectID";

/// A sum of rows, saturating at the largest number that every host can represent.
pub(crate) fn add_rows(sum: u64, rows: u64) -> u64 {
    sum.saturating_add(rows).min(MAX_SAFE_INTEGER as u64)
}

/// Whether a text is only numbers and dots. Four numbers may be an address.
pub(crate) fn is_object_identifier(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit() || b == b'.') && text.parse::<core::net::Ipv4Addr>().is_err()
}

/// A name that stays in a text, as the second pass sees both.
const fn kept_key(text: &str, name: &str) -> u64 {
    hashing::join(hashing::hash(text), hashing::hash(name))
}

/// The result of sanitising one text.
#[derive(Eq)]
struct Change {
    field: &'static str,
    original: String,
    result: String,
}

impl PartialEq for Change {
    fn eq(&self, other: &Self) -> bool {
        same(&self.original, &other.original) && same(&self.result, &other.result) && self.field == other.field
    }
}

impl Hash for Change {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.field, &self.original, &self.result).hash(state);
    }
}

/// All changes to texts, each distinct change once. The same description may contain an identifier of one device and
/// be harmless for another.
#[derive(Default)]
pub(crate) struct Changes {
    /// Each with its number of rows.
    redacted: HashMap<Change, (u64, Vec<Redaction>), FixedState>,
    cleaned: BTreeMap<(&'static str, CleanedBy), u64>,
    /// Names of the database that stay in results, as [`kept_key`].
    kept: ByHash<u8>,
}

impl Changes {
    /// Counts a change that no rule of the sanitiser made.
    pub(crate) fn clean(&mut self, field: &'static str, by: CleanedBy, rows: u64) {
        let count = self.cleaned.entry((field, by)).or_default();
        *count = add_rows(*count, rows);
    }

    /// Cleans and sanitises a text.
    pub(crate) fn sanitise(
        &mut self,
        context: &Context<'_>,
        field: &'static str,
        text: &str,
        device: Option<DeviceTerms<'_>>,
        rows: u64,
    ) -> String {
        let Sanitised { original, text, redactions, kept } = context.sanitise(text, device);
        if matches!(original, Cow::Owned(_)) {
            self.clean(field, CleanedBy::Characters, rows);
        }
        let result = text.into_owned();
        if !kept.is_empty() {
            let sent = fit(&result, MAX_CHARS);
            self.kept.extend(kept.iter().map(|name| (kept_key(sent, compared(&name.to_lowercase())), 0)));
        }
        if redactions.is_empty() {
            return result;
        }
        let change = Change { field, original: original.into_owned(), result: result.clone() };
        let seen = self.redacted.entry(change).or_insert_with(|| (0, redactions));
        seen.0 = add_rows(seen.0, rows);
        result
    }

    /// Returns a numeric object identifier unchanged; anything else is sanitised as free text.
    pub(crate) fn object_identifier(
        &mut self,
        context: &Context<'_>,
        text: &str,
        device: Option<DeviceTerms<'_>>,
    ) -> String {
        if is_object_identifier(text) {
            return text.to_owned();
        }
        self.sanitise(context, INFO_SYS_OBJECT_ID, text, device, 1)
    }

    /// Whether the sanitiser kept `name`, in lower case, in a text of the report, because it is not an identifier there.
    pub(crate) fn keeps(&self, text: &str, name: &str) -> bool {
        self.kept.contains_key(&kept_key(text, name))
    }

    /// The version in a text.
    ///
    /// # Errors
    /// [`Reason::Identifying`] if the text up to the end of the version contains a known identifier or one of the admin's
    /// terms; [`Reason::NotRead`] if it has no version.
    pub(crate) fn version(&mut self, context: &Context<'_>, field: &'static str, text: &str) -> Result<String, Reason> {
        let (version, read) = version_in(text);
        let looked_at = if version.is_empty() { text } else { read };
        if context.names_the_install(looked_at) {
            return Err(Reason::Identifying);
        }
        if version.is_empty() {
            return Err(Reason::NotRead);
        }
        if version != text {
            self.clean(field, CleanedBy::Version, 1);
        }
        Ok(version)
    }

    /// Cuts a text to the maximum length of the wire format.
    pub(crate) fn cut(&mut self, field: &'static str, text: String, max: usize, rows: u64) -> String {
        let length = fit(&text, max).len();
        if length == text.len() {
            return text;
        }
        self.clean(field, CleanedBy::Length, rows);
        text[..length].to_owned()
    }

    /// How often each kind of identifier was removed.
    pub(crate) fn removed(&self) -> BTreeMap<IdentifierKind, u64> {
        let mut removed = BTreeMap::new();
        for (rows, redactions) in self.redacted.values() {
            for redaction in redactions {
                let count: &mut u64 = removed.entry(redaction.kind).or_default();
                *count = add_rows(*count, *rows);
            }
        }
        removed
    }

    /// What was cleaned, in order.
    pub(crate) fn cleaned(&self) -> Vec<Cleaned> {
        self.cleaned
            .iter()
            .map(|((field, by), rows)| Cleaned { field: (*field).to_owned(), by: *by, rows: *rows })
            .collect()
    }

    /// What was redacted, in order.
    pub(crate) fn redacted(self) -> Vec<Redacted> {
        let mut redacted: Vec<_> = self
            .redacted
            .into_iter()
            .map(|(Change { field, original, result }, (rows, redactions))| Redacted {
                field: field.to_owned(),
                original,
                result,
                rows,
                redactions,
            })
            .collect();
        // No two entries are equal in these three.
        redacted.sort_unstable_by(|a, b| {
            let fields = a.field.cmp(&b.field);
            fields.then_with(|| order(&a.original, &b.original)).then_with(|| order(&a.result, &b.result))
        });
        redacted
    }
}
