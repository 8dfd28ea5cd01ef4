//! Embeds the module and the preview page's files, if they have been built. It never builds them itself.
//!
//! `cargo xtask assets` writes them to `target/assets/`; a published crate has them in `assets/`. Without them, a debug
//! build continues and fails at run time, and a release build fails here.

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
    fs::write(out.join("preview.rs"), preview(&here)).expect("OUT_DIR can be written");
}

/// The page's files, as a list of names and contents.
fn preview(here: &Path) -> String {
    let candidates = [here.join("assets/preview"), here.join("../../target/assets/preview")];
    for candidate in &candidates {
        println!("cargo:rerun-if-changed={}", candidate.display());
    }
    let Some(directory) = candidates.iter().find(|path| path.join("index.html").is_file()) else {
        if env::var("PROFILE").as_deref() == Ok("release") {
            panic!("target/assets/preview is missing; build it first with: cargo xtask assets");
        }
        return "&[]".to_owned();
    };
    let directory = directory.canonicalize().expect("the page's directory can be found");
    let files = fs::read_dir(&directory).expect("the page's directory can be read");
    let mut names: Vec<String> = files
        .map(|file| file.expect("the page's directory can be read").file_name().into_string().expect("names are UTF-8"))
        .collect();
    names.sort();
    let entry = |name: &String| format!("({name:?}, include_bytes!({:?}) as &[u8]),", path_text(&directory.join(name)));
    format!("&[{}]", names.iter().map(entry).collect::<String>())
}

fn path_text(path: &Path) -> &str {
    path.to_str().expect("OUT_DIR is UTF-8")
}
