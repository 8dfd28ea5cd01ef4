//! Measures the module's size, the start of the sandbox, building natively and under wasmtime, and previews of generated
//! installs in MariaDB compared with the same SQL. Prints medians of several runs. `cargo xtask bench` runs it. `MODULE` names
//! a file to measure instead of the embedded module.

use anyhow::{Context, Result, ensure};
use callback_agent::librenms::Location;
use callback_agent::librenms::connection::Connection;
use callback_agent::librenms::database::NamedIn;
use callback_agent::librenms::plan::Plan;
use callback_agent::sandbox::module::Module;
use callback_agent::sandbox::{Limits, Sandbox};
use callback_collector::dictionary::{GROUPS, LabelForm};
use callback_collector::digest::sha256_hex;
use callback_collector::{Collector, Device, parse};
use callback_tests::demo_install;
use callback_tests::mariadb::MariaDb;
use callback_tests::programs::{Agent, text};
use serde_json::{Value, json};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

fn main() -> Result<()> {
    let sizes: Vec<String> = std::env::args().skip(1).collect();
    let module = match std::env::var_os("MODULE") {
        Some(path) => {
            let bytes = std::fs::read(path)?;
            Module { sha256: sha256_hex(&bytes), bytes: bytes.into() }
        }
        None => Module::embedded()?,
    };
    module_size(&module)?;
    let folder = tempfile::tempdir()?;
    sandbox_start(&module, folder.path())?;
    builds(&module, folder.path())?;
    match std::env::var_os("CORPUS") {
        Some(corpus) => descriptions(&module, Path::new(&corpus))?,
        None => println!("descriptions a second: not measured, CORPUS is not set"),
    }
    if !sizes.is_empty() {
        let server = MariaDb::with_memory("1G")?;
        for size in sizes {
            install(&module, &server, &size, folder.path())?;
        }
    }
    Ok(())
}

fn median<T>(runs: usize, mut run: impl FnMut() -> Result<T>) -> Result<Duration> {
    let mut times = Vec::with_capacity(runs);
    for _ in 0..runs {
        let start = Instant::now();
        let result = run()?;
        times.push(start.elapsed());
        drop(result);
    }
    times.sort();
    Ok(times[runs / 2])
}

fn line(what: &str, time: Duration) {
    println!("{what:58} {:>10.1} ms", time.as_secs_f64() * 1e3);
}

fn module_size(module: &Module) -> Result<()> {
    let script = "const z=require('zlib'),b=require('fs').readFileSync(0);console.log(z.gzipSync(b,{level:9}).length,z.brotliCompressSync(b).length)";
    let mut node = Command::new("node").args(["-e", script]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    std::io::Write::write_all(&mut node.stdin.take().context("node's input")?, &module.bytes)?;
    let output = String::from_utf8(node.wait_with_output()?.stdout)?;
    let (gzip, brotli) = output.trim().split_once(' ').context("two sizes")?;
    println!("module: {} bytes, gzip {gzip}, brotli {brotli}", module.bytes.len());
    Ok(())
}

fn sandbox_start(module: &Module, folder: &Path) -> Result<()> {
    let start = |cache: Option<&Path>| Sandbox::new(module, cache, Limits::default())?.instance().map(drop);
    line("sandbox, compiled anew", median(3, || Ok(start(None)?))?);
    let cache = folder.join("compiled");
    std::fs::create_dir_all(&cache)?;
    start(Some(&cache))?;
    line("sandbox, compiled code from the cache", median(21, || Ok(start(Some(&cache))?))?);
    Ok(())
}

/// Facts with this many devices, based on the demo install.
fn facts(devices: usize, folder: &Path) -> Result<Vec<u8>> {
    let install = folder.join("demo.sqlite3");
    if !install.exists() {
        tokio::runtime::Runtime::new()?.block_on(demo_install::write(&install, demo_install::DEVICES))?;
    }
    let mut facts: Value = serde_json::from_slice(&Agent::new()?.stdout(&["--librenms", text(&install), "facts"])?)?;
    let demo = facts["devices"].take().as_array().cloned().unwrap_or_default();
    let many = (0..devices).map(|at| {
        let mut device = demo[at % demo.len()].clone();
        // A different number makes it another device, also in its description.
        if let (Some(host), Some(descr)) = (device["hostname"].as_str(), device["sysDescr"].as_str()) {
            let (host, descr) = (host.to_owned(), descr.to_owned());
            let renamed = format!("n{at}-{host}");
            device["sysDescr"] = json!(descr.replace(&host, &renamed));
            device["sysName"] = json!(renamed.split('.').next());
            device["display"] = json!(renamed);
            device["hostname"] = json!(renamed);
        }
        device
    });
    facts["devices"] = many.collect();
    Ok(serde_json::to_vec(&facts)?)
}

fn builds(module: &Module, folder: &Path) -> Result<()> {
    let sandbox = Sandbox::new(module, None, Limits::default())?;
    for devices in [1_000, 20_000] {
        let facts = facts(devices, folder)?;
        let collector = Collector::new();
        collector.build(&facts)?;
        line(&format!("build of {devices} devices, native, warm"), median(7, || Ok(collector.build(&facts)?))?);
        let mut instance = sandbox.instance()?;
        instance.build(&facts)?;
        line(
            &format!("build of {devices} devices, wasmtime with fuel, warm"),
            median(7, || Ok(instance.build(&facts)?))?,
        );
        line(
            &format!("build of {devices} devices, wasmtime, fresh instance"),
            median(7, || Ok(sandbox.instance()?.build(&facts)?))?,
        );
        instance.build(&facts)?;
        println!("{:58} {:>10.1} M", format!("build of {devices} devices, fuel"), instance.fuel_used() as f64 / 1e6);
    }
    Ok(())
}

/// Real descriptions sanitised per second, with and without their devices' fields.
fn descriptions(module: &Module, corpus: &Path) -> Result<()> {
    let rows = std::fs::read_to_string(corpus.join("dev/pairs.jsonl"))?;
    let rows: Vec<Value> = rows.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    let sandbox = Sandbox::new(module, None, Limits::default())?;
    for (known, what) in [(true, "with what is known"), (false, "without")] {
        let devices: Vec<Value> = rows
            .iter()
            .map(|row| {
                let mut device = if known { row["device"].clone() } else { json!({}) };
                for field in ["os", "sysDescr", "sysObjectID"] {
                    device[field] = row[field].clone();
                }
                device
            })
            .collect();
        let each: Vec<Vec<u8>> = devices.iter().map(serde_json::to_vec).collect::<Result<_, _>>()?;
        let all: Result<Vec<Device<'_>>> =
            each.iter().map(|json| Ok(parse::device(std::str::from_utf8(json)?)?)).collect();
        let all = all?;
        let collector = Collector::new();
        let count = devices.len() as f64;
        let rate = |how: &str, time: Duration| {
            println!("{:58} {:>10.0} /s", format!("descriptions, {what}, {how}"), count / time.as_secs_f64());
            count / time.as_secs_f64()
        };
        let direct = median(31, || {
            all.iter().for_each(|device| drop(std::hint::black_box(collector.sanitise_device(device))));
            Ok(())
        })?;
        rate("native", direct);
        let text = median(31, || {
            each.iter().try_for_each(|json| collector.sanitise(json).map(drop))?;
            Ok(())
        })?;
        let native = rate("native, as JSON", text);
        let mut instance = sandbox.instance()?;
        let wasm =
            median(31, || each.iter().try_for_each(|json| instance.sanitise(json).map(drop).map_err(Into::into)))?;
        let module = rate("wasmtime with fuel, as JSON", wasm);
        println!("{:58} {:>10.0} %", "wasmtime / native, as JSON", 100.0 * module / native);
    }
    Ok(())
}

/// One plain query per group.
fn query_per_group() -> String {
    let mut sql = String::new();
    for group in GROUPS {
        let Some(table) = group.table() else { continue };
        let only = table.zero.map(|column| format!(" WHERE `{column}` = 0")).unwrap_or_default();
        let label = match (table.column, group.form) {
            (None, _) => String::new(),
            (Some(column), LabelForm::Megabits) => format!(", ROUND(`{column}`/1000/1000)"),
            (Some(column), _) => format!(", `{column}`"),
        };
        let by = table.column.map(|column| format!(" GROUP BY `{column}`")).unwrap_or_default();
        sql.push_str(&format!("SELECT COUNT(*) AS total{label} FROM `{}`{only}{by};\n", table.name));
    }
    sql.push_str("SELECT COUNT(*), os, sysDescr, sysObjectID FROM devices WHERE sysDescr IS NOT NULL AND sysObjectID IS NOT NULL GROUP BY os, sysDescr, sysObjectID;\n");
    sql
}

/// The agent's own queries for this install.
fn our_queries(url: &str) -> Result<String> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
        let mut connection =
            Connection::open(&Location::parse(url, NamedIn::Private)?, Duration::from_secs(600)).await?;
        let columns = connection.columns(&Plan::tables()).await?;
        let plan = Plan::of(&columns, connection.dialect())?;
        let mut sql = format!("{};\n", plan.devices.sql);
        for table in plan.tables {
            sql.push_str(&format!("{};\n", table.sql));
        }
        Ok(sql)
    })
}

fn client(server: &MariaDb, database: &str, sql: &str) -> Result<()> {
    let status =
        server.client()?.args(["--batch", "--quick", "--execute", sql, database]).stdout(Stdio::null()).status()?;
    ensure!(status.success(), "the client failed");
    Ok(())
}

fn install(module: &Module, server: &MariaDb, size: &str, folder: &Path) -> Result<()> {
    let generator = std::env::var_os("INSTALL_GENERATOR").context("INSTALL_GENERATOR is not set")?;
    let python = std::env::var_os("TEST_PYTHON").context("TEST_PYTHON is not set")?;
    let output = Command::new(python)
        .arg(generator)
        .args([
            "--size",
            size,
            "--out",
            text(&folder.join(size)),
            "--mariadb-socket",
            text(&server.socket),
            "--mariadb-db",
            size,
        ])
        .output()?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let url = server.readable(size)?;
    let (ours, plain) = (our_queries(&url)?, query_per_group());
    let agent = Agent::new()?;
    let runs = if size == "large" { 5 } else { 9 };
    client(server, size, &plain)?;
    client(server, size, &ours)?;
    let facts = agent.stdout_in(&url, &["facts"])?;
    // Alternate, so that a slow minute of the machine affects all of them.
    let mut times: [Vec<Duration>; 4] = Default::default();
    let cache = folder.join("compiled");
    for _ in 0..runs {
        let timed = |work: &dyn Fn() -> Result<()>| -> Result<Duration> {
            let start = Instant::now();
            work()?;
            Ok(start.elapsed())
        };
        times[0].push(timed(&|| client(server, size, &plain))?);
        times[1].push(timed(&|| client(server, size, &ours))?);
        times[2].push(timed(&|| {
            let sandbox = Sandbox::new(module, Some(&cache), Limits::default())?;
            sandbox.instance()?.build(&facts)?;
            Ok(())
        })?);
        times[3].push(timed(&|| agent.stdout_in(&url, &["preview", "--raw"]).map(drop))?);
    }
    let [plain, ours, build, preview] = times.map(|mut times| {
        times.sort();
        times[runs / 2]
    });
    line(&format!("{size}: SQL, one query a group, in the client"), plain);
    line(&format!("{size}: SQL, one scan a table, in the client"), ours);
    line(&format!("{size}: sandbox from the cache and build"), build);
    line(&format!("{size}: preview, from process start"), preview);
    let ratio = |a: Duration, b: Duration| a.as_secs_f64() / b.as_secs_f64();
    println!(
        "{size}: one scan a table / one query a group = {:.2}; sandbox and build / SQL = {:.1}%",
        ratio(ours, plain),
        100.0 * ratio(build, ours)
    );
    Ok(())
}
