//! Facts with unusual data, as in real databases: NULLs, control characters, texts of any length, numbers out of range.

use serde_json::{Value, json};

/// The document.
#[must_use]
pub fn facts() -> Value {
    let long = "Multiservice platform, release 12.3(4) ".repeat(1600);
    let devices = json!([
        {"os": "generic", "sysDescr": null, "sysObjectID": null},
        {"os": null, "sysDescr": "no os", "sysObjectID": ".1.3"},
        {"os": "generic", "sysDescr": "", "sysObjectID": "", "hardware": ""},
        {"os": "generic", "sysDescr": "NUL\u{0}inside\nand\r\n\tbreaks \u{1b}[31m", "sysObjectID": ".1.3.6.1"},
        {"os": "generic", "sysDescr": long, "sysObjectID": ".1".repeat(300), "hardware": "x".repeat(60_000)},
        {"os": "generic", "sysDescr": "rocket \u{1f680} 日本語 \u{1d54f}", "sysObjectID": "nonsense \u{1f680}"},
        {"os": "o".repeat(70_000), "sysDescr": "<script>alert(1)</script> '; DROP TABLE x; -- \\ \u{2028}", "sysObjectID": ".1.3"},
        {"os": "linux", "hostname": "\u{0}", "serial": "\u{1f680}", "location": "", "sysDescr": "Linux \u{fffd} 5.4", "sysObjectID": ".1.3"},
    ]);
    let counts = json!({
        "sensors": [
            {"label": "temperature", "rows": 3}, {"label": "temperature", "rows": 4}, {"label": null, "rows": 1},
            {"label": "negative", "rows": -1}, {"label": "huge", "rows": 9_223_372_036_854_775_808_u64},
            {"label": "beyond the wire", "rows": 2_147_483_648_u64}, {"label": "s\u{0}".repeat(300), "rows": 1},
        ],
        "port_ifspeed": [
            {"label": "1000000000", "rows": 2}, {"label": "999999999", "rows": 1}, {"label": "-1", "rows": 1},
            {"label": "9223372036854775808", "rows": 1}, {"label": "fast", "rows": 1}, {"label": null, "rows": 5},
        ],
        "port_assoc": [{"label": "1", "rows": 2}, {"label": "ifName", "rows": 1}, {"label": "99999999999999999999", "rows": 1}],
        "dbschema": [{"rows": 430}],
        "cef": [],
    });
    json!({
        "schema": 1,
        "uuid": "6F1C7D0E-9A53-4C5E-8D52-0A3B1D5F7E11",
        "versions": {"php": "8.2.7 (built by root@build7 on 10.0.0.7)", "os": "Debian GNU/Linux 12"},
        "counts": counts,
        "devices": devices,
    })
}
