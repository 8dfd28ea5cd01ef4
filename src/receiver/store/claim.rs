//! Whether a claim is good: the same for every backend.

use super::{Access, Credentials};
use subtle::ConstantTimeEq;

/// Whether two hashes are equal, in a time that does not tell how much of them is.
pub(super) fn same(shown: &[u8], kept: &[u8]) -> bool {
    shown.ct_eq(kept).into()
}

/// Why a claim on an install is refused, if it is; `kept` is the install's secret.
pub(super) fn refusal<T>(kept: Option<&[u8]>, claim: &Credentials) -> Option<Access<T>> {
    match (kept, &claim.secret) {
        (None, _) => None,
        (Some(_), None) => Some(Access::SecretMissing),
        (Some(kept), Some(shown)) => (!same(shown, kept)).then_some(Access::SecretWrong),
    }
}

/// Why a claim to read an install's data is refused, if it is; `reads` is whether its secret came with its very first
/// report.
pub(super) fn reading_refusal<T>(kept: Option<&[u8]>, reads: bool, claim: &Credentials) -> Option<Access<T>> {
    match (kept, &claim.secret) {
        (_, None) => Some(Access::SecretMissing),
        (None, Some(_)) => Some(Access::ClearOnly),
        (Some(_), Some(_)) => refusal(kept, claim).or((!reads).then_some(Access::ClearOnly)),
    }
}
