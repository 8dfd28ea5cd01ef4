//! Request headers that handlers read.

use super::problem::Problem;
use super::state::Receiver;
use crate::code::Code;
use crate::secret;
use crate::store::{Credentials, KeyedHash};
use axum::http::{HeaderMap, header};
use data_encoding::HEXLOWER_PERMISSIVE;

pub(super) const FORM: &str = "application/x-www-form-urlencoded";
pub(super) const JSON: &str = "application/json";

/// A header that may occur once, in ASCII.
pub(super) fn single<'h>(headers: &'h HeaderMap, name: &str) -> Result<Option<&'h str>, Problem> {
    let mut values = headers.get_all(name).iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(Problem::at(name, Code::HeaderRepeated, ""));
    }
    value.to_str().map(Some).map_err(|_| Problem::at(name, Code::HeaderNotAscii, ""))
}

/// The announced length of the body.
pub(super) fn content_length(headers: &HeaderMap) -> Option<usize> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// Checks the type of a body. Old clients name theirs; a form without a type is accepted.
pub(super) fn content_type(headers: &HeaderMap, expected: &str) -> Result<(), Problem> {
    let named = single(headers, header::CONTENT_TYPE.as_str())?;
    let essence = named.map(|value| value.split(';').next().unwrap_or_default().trim());
    match essence {
        None if expected == FORM => Ok(()),
        Some(essence) if essence.eq_ignore_ascii_case(expected) => Ok(()),
        _ => Err(Problem::at("Content-Type", Code::ContentTypeUnsupported, expected)),
    }
}

/// A header that holds a SHA-256.
pub(super) fn digest(headers: &HeaderMap, name: &'static str) -> Result<Option<[u8; 32]>, Problem> {
    let invalid = || Problem::at(name, Code::DigestInvalid, "");
    single(headers, name)?.map(|value| sha256(value.trim()).ok_or_else(invalid)).transpose()
}

/// A SHA-256 in hexadecimal.
pub(super) fn sha256(hex: &str) -> Option<[u8; 32]> {
    HEXLOWER_PERMISSIVE.decode(hex.as_bytes()).ok()?.try_into().ok()
}

/// The install that a request is about, with the secret from the Authorization header.
pub(super) fn claim(receiver: &Receiver, headers: &HeaderMap, install: KeyedHash) -> Result<Credentials, Problem> {
    let name = header::AUTHORIZATION.as_str();
    let secret = single(headers, name)?
        .map(|value| secret::of_header(value).ok_or_else(|| Problem::at(name, Code::TokenInvalid, "")))
        .transpose()?;
    Ok(Credentials { install, secret: secret.map(|secret| receiver.key.secret(&install, &secret)) })
}
