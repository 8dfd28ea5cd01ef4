//! Builds what the binaries embed and the npm packages contain: the `.wasm` file and the web files.

use crate::run::{command, root, run_quietly, say};
use crate::{tools, web};
use anyhow::{Context, Result, ensure};
use std::path::{Path, PathBuf};

/// WebAssembly features that the module may use. Adding one is a decision: these are in every browser since
/// 2022 and in wasmtime, and the pinned compiler uses them by default.
const FEATURES: &[&str] = &[
    "--enable-bulk-memory",
    "--enable-multivalue",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-sign-ext",
];

/// Builds everything and returns the module's path.
pub(crate) fn build() -> Result<PathBuf> {
    tools::for_module()?;
    let out = root().join("target/module");
    say("building the WebAssembly module");
    run_quietly(
        command("wasm-pack")
            .args(["build", "src/module", "--target", "web", "--no-pack", "--no-gitignore", "--mode", "no-install"])
            .args(["--profile", "wasm", "--out-name", "collector", "--out-dir"])
            .arg(&out)
            .args(["--", "--locked"])
            // The bytes must not depend on where they were built.
            .env("RUSTFLAGS", flags())
            .env_remove("CARGO_ENCODED_RUSTFLAGS"),
    )?;
    let built = out.join("collector_bg.wasm");
    let optimised = out.join("collector.wasm");
    say("optimising it");
    run_quietly(
        command(root().join("node_modules/.bin/wasm-opt"))
            .args(["-O3", "--converge"])
            // If functions with one caller are inlined, their caller gets so large that browsers take a fifth of a second to
            // optimise it.
            .arg("--one-caller-inline-max-function-size=0")
            .args(FEATURES)
            .args(["--strip-debug", "--strip-producers", "--strip-target-features"])
            .arg(&built)
            .arg("-o")
            .arg(&optimised),
    )?;
    let assets = root().join("target/assets");
    let module = assets.join("collector.wasm");
    place(&optimised, &module)?;
    let dist = root().join("pkg/dist");
    place(&optimised, &dist.join("collector.wasm"))?;
    // Without a module, the glue code would fetch one itself. Every entry point passes it in, and bundlers would copy a file
    // that the glue code names.
    let glue = std::fs::read_to_string(out.join("collector.js"))?;
    const OWN_PLACE: &str = "module_or_path = new URL('collector_bg.wasm', import.meta.url);";
    ensure!(glue.contains(OWN_PLACE), "wasm-bindgen's glue has changed: it no longer has {OWN_PLACE:?}");
    let glue = glue.replace(OWN_PLACE, "throw new TypeError('expected the module');");
    write(glue.as_bytes(), &dist.join("glue.js"))?;
    let bytes = std::fs::read(&module)?;
    let digest = callback_collector::digest::sha256_hex(&bytes);
    std::fs::write(dist.join("collector.wasm.sha256"), format!("{digest}  collector.wasm\n"))?;
    say(&format!("target/assets/collector.wasm: {} bytes, SHA-256 {digest}", bytes.len()));
    web::package()?;
    web::pages(&module)?;
    Ok(module)
}

/// Compiler flags: how much to inline, and fixed names for this machine's directories, so that every build gives the same
/// bytes.
fn flags() -> String {
    let home = |variable: &str, directory: &str| {
        std::env::var_os(variable)
            .map(PathBuf::from)
            .or_else(|| Some(Path::new(&std::env::var_os("HOME")?).join(directory)))
    };
    // Less inlining than by default: 2% smaller in brotli, for 0.4% more instructions.
    let mut flags = vec![
        "-Cllvm-args=-inline-threshold=47".to_owned(),
        format!("--remap-path-prefix={}=/callback-stats", root().display()),
    ];
    for (variable, directory) in [("CARGO_HOME", ".cargo"), ("RUSTUP_HOME", ".rustup")] {
        if let Some(path) = home(variable, directory) {
            flags.push(format!("--remap-path-prefix={}=/{directory}", path.display()));
        }
    }
    flags.join(" ")
}

/// Copies a file.
pub(crate) fn place(from: &Path, to: &Path) -> Result<()> {
    write(&std::fs::read(from).with_context(|| format!("{} could not be read", from.display()))?, to)
}

/// Writes a file only if its bytes changed: a new time stamp alone would rebuild the binaries.
pub(crate) fn write(bytes: &[u8], to: &Path) -> Result<()> {
    if std::fs::read(to).is_ok_and(|there| there == bytes) {
        return Ok(());
    }
    if let Some(directory) = to.parent() {
        std::fs::create_dir_all(directory)?;
    }
    std::fs::write(to, bytes).with_context(|| format!("{} could not be written", to.display()))
}
