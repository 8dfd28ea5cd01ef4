//! Payloads: their exact bytes, compressed with zstd to about a tenth.

use crate::code::Code;
use crate::error::{Error, Result};
use crate::store::{State, state_error};

/// No payload is larger; a larger one in the ledger is damaged.
const MAX_BYTES: usize = 64 << 20;

pub(super) fn compress(payload: &[u8]) -> Result<Vec<u8>> {
    zstd::bulk::compress(payload, zstd::DEFAULT_COMPRESSION_LEVEL).map_err(|error| {
        Error::new(Code::Internal, "cannot compress the payload for the ledger; nothing was sent").caused_by(error)
    })
}

/// The payload of an entry; `None` if it was pruned or deleted.
pub(crate) async fn read(state: &mut State, entry: i64) -> Result<Option<Vec<u8>>> {
    let compressed: Option<Vec<u8>> = sqlx::query_scalar("SELECT compressed FROM payloads WHERE entry = ?")
        .bind(entry)
        .fetch_optional(state.connection())
        .await
        .map_err(|error| state_error(&error))?;
    let Some(compressed) = compressed else { return Ok(None) };
    let capacity = zstd::bulk::Decompressor::upper_bound(&compressed).unwrap_or(MAX_BYTES).min(MAX_BYTES);
    let payload = zstd::bulk::decompress(&compressed, capacity);
    payload.map(Some).map_err(|error| {
        Error::new(Code::LedgerDamaged, format!("the payload of entry {entry} is damaged; run: callback-agent verify"))
            .caused_by(error)
    })
}
