//! Installs the tools that the tasks need, or names the command that installs them.

use crate::run::{cargo, command, output, root, run, run_quietly, say};
use anyhow::{Context, Result, bail};
use std::path::Path;

const WASM_TARGET: &str = "wasm32-unknown-unknown";

/// The tools that build the module.
pub(crate) fn for_module() -> Result<()> {
    wasm_target()?;
    // The program's version must equal the library's.
    let bindgen = workspace_version("wasm-bindgen")?;
    cargo_tool("wasm-bindgen-cli", "wasm-bindgen", &bindgen, false)?;
    cargo_tool("wasm-pack", "wasm-pack", &workspace_metadata("wasm-pack")?, true)?;
    npm_packages()
}

/// The other tools that the tests need.
pub(crate) fn for_tests() -> Result<()> {
    let deny = workspace_metadata("cargo-deny")?;
    cargo_tool("cargo-deny", "cargo-deny", &deny, true)?;
    debian("mariadbd", "mariadb-server")?;
    debian_file("/usr/lib/galera/libgalera_smm.so", "galera-4")?;
    // Certificates that no library would make.
    debian("openssl", "openssl")?;
    debian("pg_ctlcluster", "postgresql")?;
    debian("python3", "python3")?;
    // Users that no file in /etc names.
    debian_file("/usr/lib/libnss_extrausers.so.2", "libnss-extrausers")?;
    // What LibreNMS reads its settings with.
    debian("php", "php-cli")?;
    debian_file("/usr/share/php/Dotenv/autoload.php", "php-vlucas-phpdotenv")?;
    schemathesis()?;
    // Tests open the pages in a real browser and behind a real web server.
    debian("chromium", "chromium")?;
    debian("nginx", "nginx-light")?;
    // The sample configurations run in the servers that they are for.
    debian("apache2", "apache2-bin")?;
    debian("caddy", "caddy")?;
    debian("haproxy", "haproxy")?;
    debian("curl", "curl")?;
    // A real SNMP agent serves the fixtures, and a real SNMP client reads them.
    debian("snmpget", "snmp")?;
    python().map(drop)
}

/// The tools that fuzzing needs.
pub(crate) fn for_fuzzing() -> Result<()> {
    cargo_tool("cargo-fuzz", "cargo-fuzz", &workspace_metadata("cargo-fuzz")?, true)?;
    if output(command("rustc").arg("--version").env("RUSTUP_TOOLCHAIN", "nightly")).is_none() {
        bail!("a nightly toolchain is missing; install it with: rustup toolchain install nightly");
    }
    Ok(())
}

fn wasm_target() -> Result<()> {
    let libdir = output(command("rustc").args(["--print", "target-libdir", "--target", WASM_TARGET]));
    if libdir.is_some_and(|dir| Path::new(dir.trim()).is_dir()) {
        return Ok(());
    }
    say("adding the WebAssembly target to the toolchain");
    run_quietly(command("rustup").args(["target", "add", WASM_TARGET]))
        .with_context(|| format!("the WebAssembly target is missing; install it with: rustup target add {WASM_TARGET}"))
}

/// Installs a program from crates.io into target/tools, unless this version is there.
fn cargo_tool(package: &str, program: &str, version: &str, locked: bool) -> Result<()> {
    let tools = root().join("target/tools");
    let printed = output(command(tools.join("bin").join(program)).arg("--version")).unwrap_or_default();
    if printed.split_whitespace().nth(1) == Some(version) {
        return Ok(());
    }
    say(&format!("installing {package} {version} into target/tools (a few minutes, once)"));
    let mut install = cargo();
    install.args(["install", package, "--version", version, "--force", "--quiet", "--root"]).arg(&tools);
    // The workspace's own profile and target directory would build it slowly, and again after each change of profile.
    install.env("CARGO_TARGET_DIR", tools.join("build"));
    if locked {
        install.arg("--locked");
    }
    run(&mut install).with_context(|| format!("{package} {version} could not be installed"))
}

/// The workspace's npm packages (wasm-opt among them), exactly as locked.
pub(crate) fn npm_packages() -> Result<()> {
    let stamp = root().join("node_modules/.package-lock.json");
    let lock = root().join("package-lock.json");
    let newer = |a: &Path, b: &Path| -> Option<bool> {
        Some(a.metadata().ok()?.modified().ok()? >= b.metadata().ok()?.modified().ok()?)
    };
    if newer(&stamp, &lock) == Some(true) {
        return Ok(());
    }
    if output(command("npm").arg("--version")).is_none() {
        bail!("npm is missing; install Node 20.19 or newer, on Debian with: apt-get install nodejs npm");
    }
    if root().join("node_modules").is_symlink() {
        bail!(
            "node_modules is a symlink and out of date; npm would empty the directory that it points to: remove the link"
        );
    }
    say("installing npm packages into node_modules");
    run_quietly(command("npm").args(["ci", "--no-audit", "--no-fund"]))
}

/// A program of a Debian package: installs it as root, otherwise names the package.
fn debian(program: &str, package: &str) -> Result<()> {
    let found = ["/usr/sbin", "/usr/bin", "/usr/local/bin"].iter().any(|dir| Path::new(dir).join(program).exists())
        || output(command(program).arg("--version")).is_some();
    if found { Ok(()) } else { install(program, package) }
}

/// A file of a Debian package: installs it as root, otherwise names the package.
fn debian_file(file: &str, package: &str) -> Result<()> {
    if Path::new(file).exists() { Ok(()) } else { install(file, package) }
}

fn install(missing: &str, package: &str) -> Result<()> {
    let advice = format!("{missing} is missing; install it with: apt-get install {package}");
    let root_on_debian =
        output(command("id").arg("-u")).is_some_and(|id| id.trim() == "0") && Path::new("/usr/bin/apt-get").exists();
    if !root_on_debian {
        bail!(advice);
    }
    say(&format!("installing {package} with apt-get"));
    let apt = |args: &[&str]| run_quietly(command("apt-get").args(args).env("DEBIAN_FRONTEND", "noninteractive"));
    apt(&["update"]).and_then(|()| apt(&["install", "--yes", "--no-install-recommends", package])).context(advice)
}

fn manifest() -> Result<toml::Table> {
    let path = root().join("Cargo.toml");
    let text = std::fs::read_to_string(&path).context("Cargo.toml could not be read")?;
    text.parse().context("Cargo.toml could not be parsed")
}

/// The exact version that the workspace pins a library to.
fn workspace_version(library: &str) -> Result<String> {
    let manifest = manifest()?;
    let pinned = manifest["workspace"]["dependencies"][library].as_str().unwrap_or_default();
    Ok(pinned.trim_start_matches('=').to_owned())
}

/// A version in `[workspace.metadata.tools]`.
fn workspace_metadata(tool: &str) -> Result<String> {
    let manifest = manifest()?;
    let version = manifest["workspace"]["metadata"]["tools"][tool].as_str();
    version.map(str::to_owned).with_context(|| format!("Cargo.toml names no version of {tool}"))
}

/// Schemathesis, which tests a receiver against its OpenAPI document, in target/tools.
fn schemathesis() -> Result<()> {
    let directory = root().join("target/tools/schemathesis");
    let version = workspace_metadata("schemathesis")?;
    let printed = output(command(directory.join("bin/st")).arg("--version")).unwrap_or_default();
    if printed.contains(&version) {
        return Ok(());
    }
    say(&format!("installing schemathesis {version} into target/tools"));
    run_quietly(command("python3").args(["-m", "venv"]).arg(&directory))
        .context("python3 cannot make an environment; install it with: apt-get install python3-venv")?;
    let package = format!("schemathesis=={version}");
    run_quietly(command(directory.join("bin/python3")).args(["-m", "pip", "install", "--quiet", &package]))
}

/// A Python environment for the corpus scorer, the install generator and snmpsim, in target/tools.
pub(crate) fn python() -> Result<std::path::PathBuf> {
    let directory = root().join("target/tools/python");
    let python = directory.join("bin/python3");
    let imports = || output(command(&python).args(["-c", "import regex, yaml, snmpsim, pysmi"])).is_some();
    if imports() {
        return Ok(python);
    }
    say("installing Python packages into target/tools/python");
    run_quietly(command("python3").args(["-m", "venv"]).arg(&directory))
        .context("python3 cannot make an environment; install it with: apt-get install python3-venv")?;
    run_quietly(command(&python).args([
        "-m",
        "pip",
        "install",
        "--quiet",
        "regex==2026.5.9",
        "PyYAML==6.0.3",
        "snmpsim==1.2.2",
        // snmpsim imports it without declaring the dependency.
        "pysmi==1.6.2",
    ]))?;
    Ok(python)
}
