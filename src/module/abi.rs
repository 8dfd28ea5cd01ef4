//! The C ABI, version 1, for hosts without JavaScript.
//!
//! The module owns every buffer. The host allocates one with [`collector_alloc`], writes its document to that address in
//! linear memory and passes the address to a call. A call returns the address of a header of five little-endian
//! 32-bit words: status, payload address, payload length, findings address, findings length. The host frees the header
//! and both buffers with [`collector_free`].
//!
//! | status | payload | findings |
//! |---|---|---|
//! | 0, success | the result | findings (JSON), if the call has any |
//! | 1, error | a problem (JSON: `code`, `path`, `message`) | none |
//!
//! Addresses and lengths from the host are looked up among the live buffers first, so a wrong one is an error and not a
//! read of other memory. Nothing here dereferences a pointer.
#![allow(unsafe_code, reason = "exporting an unmangled symbol is what the unsafe(no_mangle) attribute asks to be said")]

use crate::COLLECTOR;
use callback_collector::{Code, Problem, dictionary, install_id};
use std::cell::RefCell;
use std::collections::BTreeMap;

/// Version of this interface.
pub const ABI_VERSION: u32 = 1;

/// The call succeeded.
const DONE: u32 = 0;
/// The call failed; the payload is a problem.
const REFUSED: u32 = 1;

thread_local! {
    /// Buffers that the host holds, by address.
    static BUFFERS: RefCell<BTreeMap<u32, Vec<u8>>> = const { RefCell::new(BTreeMap::new()) };
}

/// Version of the interface: 1.
#[unsafe(no_mangle)]
pub extern "C" fn collector_abi_version() -> u32 {
    ABI_VERSION
}

/// Allocates a zeroed buffer of `len` bytes. 0 if `len` is 0 or too large, or if memory is exhausted.
#[unsafe(no_mangle)]
pub extern "C" fn collector_alloc(len: u32) -> u32 {
    let len = len as usize;
    let mut buffer = Vec::new();
    if len == 0 || len > callback_collector::MAX_FACTS_BYTES || buffer.try_reserve_exact(len).is_err() {
        return 0;
    }
    buffer.resize(len, 0);
    lend(buffer).0
}

/// Frees a buffer. Any other address is ignored.
#[unsafe(no_mangle)]
pub extern "C" fn collector_free(address: u32) {
    BUFFERS.with_borrow_mut(|buffers| drop(buffers.remove(&address)));
}

/// Builds a report from the facts document at `address`. Payload: the bytes to send; findings: JSON.
#[unsafe(no_mangle)]
pub extern "C" fn collector_build(address: u32, len: u32) -> u32 {
    answer(document(address, len).and_then(|facts| {
        let report = COLLECTOR.with(|collector| collector.build(&facts))?;
        Ok((report.payload, json(&report.findings)))
    }))
}

/// Sanitises the device (JSON) at `address`. Payload: JSON with `sysDescr`, `sysObjectID` and `redactions`.
#[unsafe(no_mangle)]
pub extern "C" fn collector_sanitise(address: u32, len: u32) -> u32 {
    answer(document(address, len).and_then(|device| {
        let sanitised = COLLECTOR.with(|collector| collector.sanitise(&device))?;
        Ok((json(&sanitised), Vec::new()))
    }))
}

/// Payload: the dictionary, a JSON list of fields.
#[unsafe(no_mangle)]
pub extern "C" fn collector_dictionary() -> u32 {
    answer(Ok((json(&dictionary::fields()), Vec::new())))
}

/// Payload: a version 4 UUID (text) made from the 16 bytes of entropy at `address`.
#[unsafe(no_mangle)]
pub extern "C" fn collector_install_id(address: u32, len: u32) -> u32 {
    answer(document(address, len).and_then(|entropy| {
        let entropy = <[u8; 16]>::try_from(entropy)
            .map_err(|_| Problem::new(Code::BadCall, "", "expected 16 bytes of entropy"))?;
        Ok((install_id::from_entropy(entropy).into_bytes(), Vec::new()))
    }))
}

/// Takes the host's document out of its buffer and frees the buffer, so that large facts are not in memory twice.
fn document(address: u32, len: u32) -> Result<Vec<u8>, Problem> {
    let unknown = || Problem::new(Code::BadCall, "", "expected the address of a buffer and a length within it");
    BUFFERS.with_borrow_mut(|buffers| {
        if buffers.get(&address).is_none_or(|buffer| buffer.len() < len as usize) {
            return Err(unknown());
        }
        let mut buffer = buffers.remove(&address).ok_or_else(unknown)?;
        buffer.truncate(len as usize);
        Ok(buffer)
    })
}

fn answer(result: Result<(Vec<u8>, Vec<u8>), Problem>) -> u32 {
    let (status, payload, findings) = match result {
        Ok((payload, findings)) => (DONE, payload, findings),
        Err(problem) => (REFUSED, problem.to_json().into_bytes(), Vec::new()),
    };
    let (payload, findings) = (lend(payload), lend(findings));
    let words = [status, payload.0, payload.1, findings.0, findings.1];
    lend(words.iter().flat_map(|word| word.to_le_bytes()).collect()).0
}

/// Hands a buffer to the host. Returns its address and length, or zeros for an empty buffer.
fn lend(buffer: Vec<u8>) -> (u32, u32) {
    if buffer.is_empty() {
        return (0, 0);
    }
    // Addresses have 32 bits on the only target that this is built for.
    let (address, len) = (buffer.as_ptr() as usize as u32, buffer.len() as u32);
    BUFFERS.with_borrow_mut(|buffers| buffers.insert(address, buffer));
    (address, len)
}

/// Serialising these types cannot fail.
fn json(value: &impl serde::Serialize) -> Vec<u8> {
    serde_json::to_vec(value).unwrap_or_default()
}
