//! The JavaScript around the module: npm's entry points for Node, the preview element, its pages.

use crate::assets::{place, write};
use crate::run::{command, output, root, run_quietly, say};
use anyhow::{Context, Result};
use std::fs;
use std::path::Path;

/// Node's and CommonJS's entry points of the npm package, and their types.
pub(crate) fn package() -> Result<()> {
    let pkg = root().join("pkg");
    for (source, built) in [("node-source.js", "node.cjs"), ("slim.js", "slim.cjs")] {
        run_quietly(
            command(root().join("node_modules/.bin/esbuild"))
                .arg(pkg.join(source))
                .args(["--bundle", "--platform=node", "--format=cjs", "--target=node18", "--log-level=error"])
                .arg(format!("--outfile={}", pkg.join("dist").join(built).display())),
        )?;
    }
    // npm packs the licence next to package.json.
    for workspace in ["pkg", "www"] {
        place(&root().join("LICENSE"), &root().join(workspace).join("LICENSE"))?;
    }
    // The same types for `require`: TypeScript expects them next to the file, with a matching extension.
    place(&pkg.join("index.d.ts"), &pkg.join("dist/index.d.cts"))?;
    let slim = fs::read_to_string(pkg.join("slim.d.ts"))?.replace("./index.js", "./index.cjs");
    write(slim.as_bytes(), &pkg.join("dist/slim.d.cts"))
}

/// The element, the agent's page and the public page.
pub(crate) fn pages(module: &Path) -> Result<()> {
    let www = root().join("www");
    say("building the preview element and its pages");
    run_quietly(
        command(root().join("node_modules/.bin/vite")).args(["build", "--logLevel", "error"]).current_dir(&www),
    )?;
    let (dist, pages) = (www.join("dist"), www.join("pages"));
    place(module, &dist.join("collector.wasm"))?;
    let version = env!("CARGO_PKG_VERSION");
    let commit = output(command("git").args(["rev-parse", "--short=12", "HEAD"])).unwrap_or_default();
    let commit = if commit.trim().is_empty() { "unknown" } else { commit.trim() };
    let page = |name: &str, to: &Path| -> Result<()> {
        let text =
            fs::read_to_string(pages.join(name)).with_context(|| format!("www/pages/{name} could not be read"))?;
        write(text.replace("@VERSION@", version).replace("@COMMIT@", commit).as_bytes(), to)
    };
    for (directory, html, left_out) in
        [("preview", "index.html", ["try.js", "collector.wasm"]), ("public", "public.html", ["page.js", ""])]
    {
        let directory = root().join("target/assets").join(directory);
        let mut names = vec!["index.html".to_owned(), "page.css".to_owned(), "icon.svg".to_owned()];
        page(html, &directory.join("index.html"))?;
        for name in ["page.css", "icon.svg"] {
            place(&pages.join(name), &directory.join(name))?;
        }
        for file in fs::read_dir(&dist)? {
            let name = file?.file_name().to_string_lossy().into_owned();
            if !left_out.contains(&name.as_str()) {
                place(&dist.join(&name), &directory.join(&name))?;
                names.push(name);
            }
        }
        if html == "public.html" {
            place(&pages.join("demo-facts.json"), &directory.join("demo-facts.json"))?;
            names.push("demo-facts.json".to_owned());
        }
        // Otherwise files of an earlier build would be embedded, too.
        for file in fs::read_dir(&directory)? {
            let file = file?;
            if !names.iter().any(|name| file.file_name() == name.as_str()) {
                fs::remove_file(file.path())?;
            }
        }
    }
    say("target/assets/preview (the agent's page), target/assets/public (the public page)");
    Ok(())
}
