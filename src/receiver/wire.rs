//! Reads a report off the wire: strict where it protects, lenient where LibreNMS really sends odd things. What is kept
//! is written anew from what was understood, so nothing else of a request reaches the store.

use callback_collector::dictionary::{GROUPS, Group};
use callback_collector::digest::sha256_hex;
use callback_collector::text::{MAX_CHARS, Text, clean, fit};
use callback_collector::{Collector, Device, install_id};
use serde_json::{Map, Value, json};

/// Most bytes of a request's body. A large install's report has about one million, and encoding may triple that.
pub const MAX_BODY: usize = 24 << 20;

/// Most entries of a report, over all groups and pairs.
const MAX_ENTRIES: usize = 100_000;

thread_local! {
    static COLLECTOR: Collector = Collector::new();
}

/// A report that can be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The install's pseudonym; goes no further than the keyed hash.
    pub uuid: String,
    /// SHA-256 of the payload's bytes as they came in.
    pub payload_sha256: String,
    /// What is kept, as JSON.
    pub kept: String,
}

/// Why a report is not taken. The text names the place and what was expected, never the value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Where, as in `data.sensors[3].total`.
    pub path: String,
    /// What was expected.
    pub expected: &'static str,
}

fn refuse(path: impl Into<String>, expected: &'static str) -> Refusal {
    Refusal { path: path.into(), expected }
}

/// The payload's bytes in a form's body: field `data`, percent-encoded, or as installs from before July 2022 send it,
/// bare and with a trailing `&`.
///
/// # Errors
/// A [`Refusal`] if there is no such field.
pub fn payload(body: &[u8]) -> Result<Vec<u8>, Refusal> {
    if let Some(bare) = body.strip_prefix(b"data=").filter(|rest| rest.starts_with(b"{")) {
        return Ok(bare.strip_suffix(b"&").unwrap_or(bare).to_vec());
    }
    // Percent-decoding to text would lose bytes that are no UTF-8, and with them the digest.
    let field = body
        .split(|b| *b == b'&')
        .find_map(|pair| pair.strip_prefix(b"data="))
        .ok_or_else(|| refuse("", "a form with a field `data`"))?;
    Ok(decode(field))
}

fn decode(field: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(field.len());
    let mut at = 0;
    while at < field.len() {
        let hex = |b: u8| char::from(b).to_digit(16).map(|digit| digit as u8);
        match field[at] {
            b'+' => bytes.push(b' '),
            b'%' => match (field.get(at + 1).copied().and_then(hex), field.get(at + 2).copied().and_then(hex)) {
                (Some(high), Some(low)) => {
                    bytes.push(high << 4 | low);
                    at += 2;
                }
                _ => bytes.push(b'%'),
            },
            byte => bytes.push(byte),
        }
        at += 1;
    }
    bytes
}

/// Reads a payload.
///
/// # Errors
/// A [`Refusal`] for what is no report.
pub fn report(payload: &[u8]) -> Result<Report, Refusal> {
    let text = String::from_utf8_lossy(payload);
    let value: Value = serde_json::from_str(&text).map_err(|_| refuse("", "a JSON object"))?;
    let Value::Object(mut top) = value else { return Err(refuse("", "a JSON object")) };
    let uuid = top.get("uuid").and_then(Value::as_str).and_then(install_id::normalised);
    let uuid = uuid.ok_or_else(|| refuse("uuid", "a version 4 UUID"))?;

    let mut entries = 0;
    let mut data = Map::new();
    let groups = match top.remove("data") {
        Some(Value::Object(groups)) => groups,
        // PHP writes an empty object as an empty list.
        Some(Value::Array(list)) if list.is_empty() => Map::new(),
        _ => return Err(refuse("data", "an object of groups")),
    };
    for group in GROUPS {
        if let Some(list) = groups.get(group.name) {
            data.insert(group.name.to_owned(), Value::Array(self::group(group, list, &mut entries)?));
        }
    }
    let info = match top.remove("info") {
        Some(Value::Array(list)) => pairs(&list, &mut entries)?,
        // The oldest installs send no pairs.
        None | Some(Value::Null) => Vec::new(),
        Some(_) => return Err(refuse("info", "a list of pairs")),
    };
    let kept = json!({
        "data": data,
        "info": info,
        "schema": top.get("schema").and_then(Value::as_u64),
    });
    Ok(Report { uuid, payload_sha256: sha256_hex(payload), kept: kept.to_string() })
}

fn count(entries: &mut usize) -> Result<(), Refusal> {
    *entries += 1;
    if *entries > MAX_ENTRIES { Err(refuse("", "at most 100,000 entries")) } else { Ok(()) }
}

/// The entries of one group, by position as the stock site reads them: total first, label second.
fn group(group: &Group, list: &Value, entries: &mut usize) -> Result<Vec<Value>, Refusal> {
    let path = || format!("data.{}", group.name);
    let list = list.as_array().ok_or_else(|| refuse(path(), "a list of entries"))?;
    let mut kept = Vec::with_capacity(list.len());
    for (at, entry) in list.iter().enumerate() {
        count(entries)?;
        let entry = entry.as_object().ok_or_else(|| refuse(format!("{}[{at}]", path()), "an object"))?;
        let total = entry.get("total").and_then(whole);
        let total = total.ok_or_else(|| refuse(format!("{}[{at}].total", path()), "a number from 0 to 2147483647"))?;
        let mut clean = Map::from_iter([("total".to_owned(), json!(total))]);
        if let Some(key) = group.label {
            clean.insert(key.to_owned(), label(entry.get(key), &path)?);
        }
        kept.push(Value::Object(clean));
    }
    Ok(kept)
}

fn pairs(list: &[Value], entries: &mut usize) -> Result<Vec<Value>, Refusal> {
    let mut kept = Vec::with_capacity(list.len());
    for (at, entry) in list.iter().enumerate() {
        count(entries)?;
        let entry = entry.as_object().ok_or_else(|| refuse(format!("info[{at}]"), "an object"))?;
        let count = entry.get("count").and_then(whole);
        let count = count.ok_or_else(|| refuse(format!("info[{at}].count"), "a number from 0 to 2147483647"))?;
        let text = |key: &str| match entry.get(key) {
            Some(Value::String(text)) => Ok(text.as_str()),
            None | Some(Value::Null) => Ok(""),
            Some(_) => Err(refuse(format!("info[{at}].{key}"), "a string")),
        };
        let device = Device {
            sys_descr: Some(Text::from(text("sysDescr")?)),
            sys_object_id: Some(Text::from(text("sysObjectID")?)),
            ..Device::default()
        };
        // Once more: stock installs leak what their sanitiser does not know.
        let sanitised = COLLECTOR.with(|collector| collector.sanitise_device(&device));
        kept.push(json!({
            "count": count,
            "os": fit(&clean(text("os")?), 64),
            "sysDescr": fit(&sanitised.sys_descr.unwrap_or_default(), MAX_CHARS),
            "sysObjectID": fit(&sanitised.sys_object_id.unwrap_or_default(), MAX_CHARS),
        }));
    }
    Ok(kept)
}

/// A count: a number, or its digits in a string, as some databases' drivers give it.
fn whole(value: &Value) -> Option<i32> {
    let number = match value {
        Value::Number(number) => number.as_u64()?,
        Value::String(digits) => digits.parse().ok()?,
        _ => return None,
    };
    i32::try_from(number).ok()
}

fn label(value: Option<&Value>, path: &dyn Fn() -> String) -> Result<Value, Refusal> {
    match value {
        None | Some(Value::Null) => Ok(Value::Null),
        Some(Value::String(text)) => Ok(Value::String(fit(&clean(text), MAX_CHARS).to_owned())),
        Some(Value::Number(number)) => Ok(Value::Number(number.clone())),
        Some(_) => Err(refuse(path(), "labels that are strings, numbers or null")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const UUID: &str = "6f1c7d0e-9a53-4c5e-8d52-0a3b1d5f7e11";

    fn read(data: &str) -> Result<Report, Refusal> {
        report(format!("{{\"uuid\":\"{UUID}\",{data}}}").as_bytes())
    }

    #[test]
    fn a_form_field_is_read_encoded_and_bare() {
        assert_eq!(payload(b"x=1&data=%7B%22a%22%3A%22b+c%22%7D").unwrap(), b"{\"a\":\"b c\"}");
        assert_eq!(payload(b"data={\"a\":\"b&c+d\"}&").unwrap(), b"{\"a\":\"b&c+d\"}");
        assert_eq!(payload(b"data=%7B%ff%7").unwrap(), b"{\xff%7");
        assert!(payload(b"{}").is_err());
    }

    #[test]
    fn what_is_kept_holds_no_pseudonym_and_no_unknown_group() {
        let report = read(r#""data":{"cef":[{"total":"7"}],"zzz":[{"total":1}]},"info":[],"more":1"#).unwrap();
        assert_eq!(report.uuid, UUID);
        assert_eq!(report.kept, r#"{"data":{"cef":[{"total":7}]},"info":[],"schema":null}"#);
    }

    #[test]
    fn odd_things_that_librenms_sends_are_taken() {
        let report = read(
            r#""data":{"os":[{"total":1,"os":null}],"port_ifspeed":[{"total":3,"ifSpeed":1000}]},
               "info":[{"count":2,"os":null,"sysDescr":"Linux web01 6.1.0","sysObjectID":".1.3"}]"#,
        )
        .unwrap();
        assert!(report.kept.contains(r#"{"os":null,"total":1}"#), "{}", report.kept);
        assert!(report.kept.contains(r#""sysDescr":"Linux hostname 6.1.0""#), "{}", report.kept);
    }

    #[test]
    fn what_is_no_report_is_refused_by_place_without_its_value() {
        for (data, path) in [
            (r#""data":7"#, "data"),
            (r#""data":{"cef":{"secret":1}}"#, "data.cef"),
            (r#""data":{"cef":[{"total":-1}]}"#, "data.cef[0].total"),
            (r#""data":{"cef":[{"total":2147483648}]}"#, "data.cef[0].total"),
            (r#""data":{"os":[{"total":1,"os":["secret"]}]}"#, "data.os"),
            (r#""data":{},"info":[{"count":1,"os":"x","sysDescr":{},"sysObjectID":""}]"#, "info[0].sysDescr"),
        ] {
            let refusal = read(data).unwrap_err();
            assert_eq!(refusal.path, path);
            assert!(!format!("{refusal:?}").contains("secret"));
        }
        assert_eq!(report(b"{\"uuid\":\"x\",\"data\":{}}").unwrap_err().path, "uuid");
        assert!(report(b"[]").is_err() && report(b"").is_err());
    }
}
