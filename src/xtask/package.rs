//! Packages: the agent's for Debian (program, manual pages, completions, documentation; made with dpkg-deb alone), and the
//! tarballs for npm.

use crate::run::{cargo, command, output, root, run, run_quietly, say};
use anyhow::{Context, Result, bail};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

const CONTROL: &str = include_str!("debian/control");
const SCRIPTS: [(&str, &str); 3] = [
    ("postinst", include_str!("debian/postinst")),
    ("prerm", include_str!("debian/prerm")),
    ("postrm", include_str!("debian/postrm")),
];

/// Makes the tarballs for npm, of what `cargo xtask assets` built, in a folder; prints where they are.
pub(crate) fn npm(out: &Path) -> Result<()> {
    crate::assets::build()?;
    fs::create_dir_all(out)?;
    let out = out.canonicalize()?;
    for workspace in ["pkg", "www"] {
        let packed = output(
            command("npm")
                .args(["pack", "--silent", "--pack-destination"])
                .arg(&out)
                .current_dir(root().join(workspace)),
        )
        .with_context(|| format!("npm cannot pack {workspace}"))?;
        println!("{}", out.join(packed.trim()).display());
    }
    Ok(())
}

/// Makes the Debian package of a built program, or of one that is built here, in a folder; prints where it is.
pub(crate) fn debian(binary: Option<&Path>, revision: u32, out: &Path) -> Result<()> {
    let binary = match binary {
        Some(binary) => binary.to_owned(),
        None => built()?,
    };
    let architecture =
        output(command("dpkg").arg("--print-architecture")).context("dpkg is missing: this needs Debian")?;
    let architecture = architecture.trim();
    let version = format!("{}-{revision}", env!("CARGO_PKG_VERSION"));
    let name = format!("callback-agent_{version}_{architecture}");
    let tree = out.join(&name);
    if tree.exists() {
        fs::remove_dir_all(&tree)?;
    }
    let program = place(&tree, "usr/bin/callback-agent", &fs::read(&binary)?, 0o755)?;
    // Debug information of the dependencies is of no use to an admin.
    run_quietly(command("strip").arg("--strip-debug").arg(&program))?;
    manual_pages(&tree, &program)?;
    for (shell, path) in [
        ("bash", "usr/share/bash-completion/completions/callback-agent"),
        ("zsh", "usr/share/zsh/vendor-completions/_callback-agent"),
        ("fish", "usr/share/fish/vendor_completions.d/callback-agent.fish"),
    ] {
        let script = output(command(&program).args(["completions", shell])).context("completions cannot be made")?;
        place(&tree, path, script.as_bytes(), 0o644)?;
    }
    for (from, to) in [
        ("LICENSE", "copyright"),
        ("CHANGELOG.md", "changelog"),
        ("docs/agent.md", "agent.md"),
        ("docs/least-privilege.md", "least-privilege.md"),
    ] {
        place(&tree, &format!("usr/share/doc/callback-agent/{to}"), &fs::read(root().join(from))?, 0o644)?;
    }
    let control = CONTROL
        .replace("@VERSION@", &version)
        .replace("@MAINTAINER@", &maintainer()?)
        .replace("@ARCHITECTURE@", architecture)
        .replace("@SIZE@", &(fs::metadata(&program)?.len() / 1024).to_string());
    place(&tree, "DEBIAN/control", control.as_bytes(), 0o644)?;
    for (script, text) in SCRIPTS {
        place(&tree, &format!("DEBIAN/{script}"), text.as_bytes(), 0o755)?;
    }
    let package = out.join(format!("{name}.deb"));
    run_quietly(command("dpkg-deb").args(["--root-owner-group", "-Zgzip", "--build"]).arg(&tree).arg(&package))?;
    fs::remove_dir_all(&tree)?;
    println!("{}", package.display());
    Ok(())
}

/// Who answers for the package: whoever makes it, as Debian's own tools are told (DEBFULLNAME, DEBEMAIL), or as git is.
pub(crate) fn maintainer() -> Result<String> {
    let named = |variable: &str, setting: &str| {
        let variable = std::env::var(variable).ok().filter(|value| !value.trim().is_empty());
        let value = variable.or_else(|| output(command("git").args(["config", setting])))?;
        // It goes into a line of its own in the package's description.
        let value = value.trim().replace(['\n', '<', '>'], " ");
        (!value.is_empty()).then_some(value)
    };
    match (named("DEBFULLNAME", "user.name"), named("DEBEMAIL", "user.email")) {
        (Some(name), Some(mail)) => Ok(format!("{name} <{mail}>")),
        _ => bail!("a package names who made it; set DEBFULLNAME and DEBEMAIL, or git's user.name and user.email"),
    }
}

/// Builds the program as it is shipped.
fn built() -> Result<PathBuf> {
    crate::assets::build()?;
    say("building the agent");
    run(cargo().args(["build", "--quiet", "--release", "--locked", "--package", "callback-agent"]))?;
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
    Ok(root().join(target).join("release/callback-agent"))
}

fn manual_pages(tree: &Path, program: &Path) -> Result<()> {
    let folder = tree.join("usr/share/man/man1");
    run_quietly(command(program).args(["man", "--out"]).arg(&folder))?;
    for page in fs::read_dir(&folder)? {
        run_quietly(command("gzip").args(["-9", "-n"]).arg(page?.path()))?;
    }
    Ok(())
}

pub(crate) fn place(tree: &Path, path: &str, bytes: &[u8], mode: u32) -> Result<PathBuf> {
    let path = tree.join(path);
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(&path, bytes)?;
    fs::set_permissions(&path, fs::Permissions::from_mode(mode))?;
    Ok(path)
}
