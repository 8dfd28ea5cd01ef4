//! Properties of any input, shared by the fuzzer's targets and the test that replays its findings.

use callback_collector::text::{MAX_CHARS, clean};
use callback_collector::{Collector, Device};
use serde_json::Value;

/// A description and its device's values, separated by NUL: description, hostname, sysName, serial, address, contact,
/// location.
///
/// # Panics
/// If sanitising twice changes something, or a text grows beyond its bound or holds a character that cannot be sent.
pub(crate) fn text(data: &[u8]) {
    let mut parts = data.split(|byte| *byte == 0).map(String::from_utf8_lossy).map(|part| part.into_owned().into());
    let description = parts.next().unwrap_or_default();
    let mut device = Device {
        sys_descr: Some(description),
        hostname: parts.next(),
        sys_name: parts.next(),
        serial: parts.next(),
        ip: parts.next(),
        sys_contact: parts.next(),
        location: parts.next(),
        ..Device::default()
    };
    let collector = Collector::new();
    let length = device.sys_descr.as_deref().map_or(0, str::len);
    let once = collector.sanitise_device(&device).sys_descr.unwrap_or_default();
    assert_eq!(clean(&once), once, "something is left that cannot be sent");
    assert!(once.len() <= 16 + length * 6, "{length} bytes became {}", once.len());
    device.sys_descr = Some(once.clone().into());
    assert_eq!(collector.sanitise_device(&device).sys_descr.as_deref(), Some(&*once), "the second time differs");
}

/// A facts document.
///
/// # Panics
/// Where a report is not what the wire takes, differs from one time to the next, or its findings do not lead from the
/// original to the result.
pub(crate) fn facts(data: &[u8]) {
    let collector = Collector::new();
    let Ok(report) = collector.build(data) else { return };
    assert_eq!(collector.build(data).as_ref(), Ok(&report), "the second time differs");
    let payload: Value = serde_json::from_slice(&report.payload).expect("a payload is JSON");
    strings(&payload, &mut |text| {
        assert!(text.chars().count() <= MAX_CHARS, "a string is too long");
        assert_eq!(clean(text), text, "something is left that cannot be sent");
    });
    for redacted in &report.findings.redactions {
        let original: Vec<char> = redacted.original.chars().collect();
        let (mut result, mut at) = (String::new(), 0);
        for redaction in &redacted.redactions {
            result.extend(&original[at..redaction.start]);
            result.push_str(&redaction.replacement);
            at = redaction.end;
        }
        result.extend(&original[at..]);
        assert_eq!(result, redacted.result, "the findings do not lead to the result");
    }
}

/// Calls `each` with every string of a value, keys included.
fn strings(value: &Value, each: &mut impl FnMut(&str)) {
    match value {
        Value::String(text) => each(text),
        Value::Array(values) => values.iter().for_each(|value| strings(value, each)),
        Value::Object(map) => map.iter().for_each(|(key, value)| {
            each(key);
            strings(value, each);
        }),
        _ => {}
    }
}
