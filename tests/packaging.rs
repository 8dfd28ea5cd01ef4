//! The npm tarballs, installed into a small project of each kind and run there: all give the same bytes as
//! wasmtime.

use anyhow::Result;
use callback_agent::sandbox::module::Module;
use callback_agent::sandbox::{Limits, Sandbox};
use callback_tests::node;
use callback_tests::programs::{root, text};

#[test]
fn the_packed_package_gives_the_same_bytes_in_every_kind_of_project() -> Result<()> {
    let file = root().join("www/pages/demo-facts.json");
    let module = Module::embedded()?;
    let built = Sandbox::new(&module, None, Limits::default())?.instance()?.build(&std::fs::read(&file)?)?;
    let folder = tempfile::tempdir()?;
    let said = node::run(
        "packaging.mjs",
        &[text(folder.path()), text(&file), &built.findings.payload_sha256, &module.sha256],
    )?;
    let kinds: Vec<_> = said.lines().collect();
    assert_eq!(
        kinds,
        [
            "files",
            "types",
            "node esm",
            "node cjs",
            "slim",
            "edges",
            "readme",
            "deno",
            "bun",
            "no bundler",
            "vite",
            "webpack",
            "esbuild",
            "the element",
            "element on a server",
            "the element in Vite’s development server",
            "the element built by Vite"
        ]
    );
    Ok(())
}
