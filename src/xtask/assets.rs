//! Builds what the binaries embed and npm ships: one `.wasm`, the same for all, and the web files around it.

use crate::run::{command, root, run_quietly, say};
use crate::{tools, web};
use anyhow::{Context, Result, ensure};
use std::path::{Path, PathBuf};

/// WebAssembly features that the module may use, named so that a new one is a decision: these are what every browser
/// since 2022 and wasmtime have, and what the pinned compiler uses by default.
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
            // The bytes must not say where they were built.
            .env("RUSTFLAGS", flags())
            .env_remove("CARGO_ENCODED_RUSTFLAGS"),
    )?;
    let built = out.join("collector_bg.wasm");
    let optimised = out.join("collector.wasm");
    say("optimising it");
    run_quietly(
        command(root().join("node_modules/.bin/wasm-opt"))
            .args(["-O3", "--converge"])
            // Functions into which all that they alone call is drawn become so large that browsers take a fifth of a second to
            // compile one of them well.
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
    // The glue would look for the module itself where it is given none. Every entry point hands it in, and bundlers would
    // copy a file that they find named there.
    let glue = std::fs::read_to_string(out.join("collector.js"))?;
    const OWN_PLACE: &str = "module_or_path = new URL('collector_bg.wasm', import.meta.url);";
    ensure!(glue.contains(OWN_PLACE), "wasm-bindgen's glue is not as it was; look for where it names the module");
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

/// What the compiler is told: how much to inline, and fixed names for this machine's directories, so that anyone's build
/// gives the same bytes.
fn flags() -> String {
    let home = |variable: &str, folder: &str| {
        std::env::var_os(variable)
            .map(PathBuf::from)
            .or_else(|| Some(Path::new(&std::env::var_os("HOME")?).join(folder)))
    };
    // Less inlining than by default: 2% smaller in brotli, for 0.4% more instructions.
    let mut flags = vec![
        "-Cllvm-args=-inline-threshold=50".to_owned(),
        format!("--remap-path-prefix={}=/callback-stats", root().display()),
    ];
    for (variable, folder) in [("CARGO_HOME", ".cargo"), ("RUSTUP_HOME", ".rustup")] {
        if let Some(path) = home(variable, folder) {
            flags.push(format!("--remap-path-prefix={}=/{folder}", path.display()));
        }
    }
    flags.join(" ")
}

/// Copies a file.
pub(crate) fn place(from: &Path, to: &Path) -> Result<()> {
    write(&std::fs::read(from).with_context(|| format!("{} could not be read", from.display()))?, to)
}

/// Writes a file, only where its bytes are others: a new time stamp alone would build the binaries again.
pub(crate) fn write(bytes: &[u8], to: &Path) -> Result<()> {
    if std::fs::read(to).is_ok_and(|there| there == bytes) {
        return Ok(());
    }
    if let Some(folder) = to.parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::write(to, bytes).with_context(|| format!("{} could not be written", to.display()))
}
