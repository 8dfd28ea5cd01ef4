//! Whether credentials are sufficient.

use super::model::{Access, Credentials};
use subtle::ConstantTimeEq;

/// Whether two hashes are equal, in a time that does not tell how much of them is.
pub(super) fn same(shown: &[u8], kept: &[u8]) -> bool {
    shown.ct_eq(kept).into()
}

/// Why a request to write or delete is refused, if it is; `kept` is the install's secret.
pub(super) fn check_secret<T>(kept: Option<&[u8]>, credentials: &Credentials) -> Option<Access<T>> {
    match (kept, &credentials.secret) {
        (None, _) => None,
        (Some(_), None) => Some(Access::SecretMissing),
        (Some(kept), Some(shown)) => (!same(shown, kept)).then_some(Access::SecretWrong),
    }
}

/// Why a request to read is refused, if it is; `reads` is whether the secret came with the install's very first report.
pub(super) fn check_read<T>(kept: Option<&[u8]>, reads: bool, credentials: &Credentials) -> Option<Access<T>> {
    match (kept, &credentials.secret) {
        (_, None) => Some(Access::SecretMissing),
        (None, Some(_)) => Some(Access::ClearOnly),
        (Some(_), Some(_)) => check_secret(kept, credentials).or((!reads).then_some(Access::ClearOnly)),
    }
}
