//! The command `sanitise`: runs device descriptions through the module, line by line.

use super::{Context, output};
use crate::code::Code;
use crate::error::{Error, Result};
use crate::report::cache_of;
use crate::sandbox::module::Module;
use crate::sandbox::{Limits, Sandbox};
use callback_collector::Collector;
use serde_json::{Map, Value, json};
use std::io::{BufRead, BufWriter, Write};

pub(super) fn sanitise(context: &Context, native: bool) -> Result<()> {
    if native {
        let collector = Collector::new();
        return lines(|device| {
            let sanitised = collector.sanitise(device).map_err(Error::rejected)?;
            serde_json::to_value(sanitised)
                .map_err(|error| Error::new(Code::Internal, "cannot write the result as JSON").caused_by(error))
        });
    }
    let module = Module::load(&context.config)?;
    // Without a state directory there is no cache, and the module is compiled on each run.
    let cache = context.config.state_directory().ok().and_then(|directory| cache_of(&directory).ok().flatten());
    let sandbox = Sandbox::new(&module, cache.as_deref(), Limits::default())?;
    let mut instance = sandbox.instance()?;
    lines(|device| {
        let sanitised = instance.sanitise(device)?;
        serde_json::from_slice(&sanitised)
            .map_err(|_| Error::new(Code::ModuleOutput, "the module's result is not JSON"))
    })
}

fn lines(mut sanitise: impl FnMut(&[u8]) -> Result<Value>) -> Result<()> {
    let mut out = BufWriter::new(std::io::stdout().lock());
    let mut input = std::io::stdin().lock();
    let (mut line, mut at) = (Vec::new(), 0_u64);
    loop {
        line.clear();
        let read = input.read_until(b'\n', &mut line);
        if read.map_err(output::input_failed)? == 0 {
            return output::checked(out.flush());
        }
        at += 1;
        if line.trim_ascii().is_empty() {
            continue;
        }
        let (id, device) =
            device(&line).map_err(|what| Error::new(Code::InputInvalid, format!("line {at} of the input: {what}")))?;
        let mut sanitised = sanitise(&device).map_err(|error| match error.problem() {
            Some(problem) => Error::new(Code::InputInvalid, format!("line {at} of the input: {problem}")),
            None => error,
        })?;
        let result =
            json!({"id": id, "sysDescr": sanitised["sysDescr"].take(), "sysObjectID": sanitised["sysObjectID"].take()});
        output::checked(
            serde_json::to_writer(&mut out, &result).map_err(Into::into).and_then(|()| out.write_all(b"\n")),
        )?;
    }
}

/// The row's ID, and the device as the collector expects it: the row's own fields merged with those of `device`.
fn device(line: &[u8]) -> std::result::Result<(Value, Vec<u8>), &'static str> {
    const OF_DEVICE: [&str; 9] =
        ["hostname", "sysName", "display", "ip", "overwrite_ip", "serial", "sysContact", "location", "hardware"];
    let Ok(Value::Object(mut row)) = serde_json::from_slice(line) else {
        return Err("expected an object with id, sysDescr, and perhaps os, sysObjectID and device");
    };
    let id = row.remove("id").ok_or("expected an id")?;
    let mut device = Map::new();
    for field in ["os", "sysDescr", "sysObjectID"] {
        device.extend(row.remove_entry(field));
    }
    match row.remove("device") {
        None | Some(Value::Null) => {}
        Some(Value::Object(mut context)) => {
            for field in OF_DEVICE {
                device.extend(context.remove_entry(field));
            }
            // An unknown key might hold an identifier to redact.
            if !context.is_empty() {
                return Err(
                    "unknown key in device; expected hostname, sysName, display, ip, overwrite_ip, serial, sysContact, location or hardware",
                );
            }
        }
        Some(_) => return Err("expected an object as device"),
    }
    // Other keys, such as labels of a corpus, are ignored. A key that resembles a known one is probably a typo.
    let nearly = |key: &String| {
        ["id", "os", "sysDescr", "sysObjectID", "device"].iter().any(|known| key.eq_ignore_ascii_case(known))
    };
    if row.keys().any(nearly) {
        return Err("unknown key, expected id, os, sysDescr, sysObjectID and device in exactly these letters");
    }
    if !device.contains_key("sysDescr") && !device.contains_key("sysObjectID") {
        return Err("expected sysDescr or sysObjectID");
    }
    serde_json::to_vec(&Value::Object(device))
        .map(|device| (id, device))
        .map_err(|_| "the row cannot be written as JSON")
}
