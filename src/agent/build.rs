//! Embeds the module's bytes, if they have been built; never builds anything itself.
//!
//! `cargo xtask assets` writes them to `target/assets/`; a published crate carries them in `assets/`. Where they are
//! absent a debug build goes on without, and says so at run time; a release build stops here.

use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() {
    let here = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
    let candidates = [here.join("assets/collector.wasm"), here.join("../../target/assets/collector.wasm")];
    for candidate in &candidates {
        println!("cargo:rerun-if-changed={}", candidate.display());
    }
    let code = match candidates.iter().find(|path| path.is_file()) {
        Some(found) => {
            let copy = out.join("collector.wasm");
            fs::copy(found, &copy).expect("the module's bytes can be copied");
            format!("Some(include_bytes!({:?}))", path_text(&copy))
        }
        None if env::var("PROFILE").as_deref() == Ok("release") => {
            panic!("target/assets/collector.wasm is missing; build it first with: cargo xtask assets")
        }
        None => "None".to_owned(),
    };
    fs::write(out.join("module.rs"), code).expect("OUT_DIR can be written");
}

fn path_text(path: &Path) -> &str {
    path.to_str().expect("OUT_DIR is UTF-8")
}
