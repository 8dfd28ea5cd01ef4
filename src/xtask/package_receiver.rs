//! The Debian package of the receiver: program, service, settings, documentation; made with dpkg-deb alone.

use crate::package::{maintainer, place};
use crate::run::{cargo, command, output, root, run, run_quietly, say};
use anyhow::{Context, Result};
use std::fs;
use std::path::{Path, PathBuf};

const CONTROL: &str = include_str!("debian/receiver/control");

/// What goes in as it is, besides program and documentation: where, what, mode.
const FILES: [(&str, &str, u32); 6] = [
    (
        "usr/lib/systemd/system/callback-receiver.service",
        include_str!("debian/receiver/callback-receiver.service"),
        0o644,
    ),
    ("etc/callback-receiver/receiver.toml", include_str!("debian/receiver/receiver.toml"), 0o600),
    ("DEBIAN/conffiles", include_str!("debian/receiver/conffiles"), 0o644),
    ("DEBIAN/postinst", include_str!("debian/receiver/postinst"), 0o755),
    ("DEBIAN/prerm", include_str!("debian/receiver/prerm"), 0o755),
    ("DEBIAN/postrm", include_str!("debian/receiver/postrm"), 0o755),
];

/// Makes the package of a built program, or of one that is built here, in a folder; prints where it is.
pub(crate) fn package(binary: Option<&Path>, revision: u32, out: &Path) -> Result<()> {
    let binary = match binary {
        Some(binary) => binary.to_owned(),
        None => built()?,
    };
    let architecture =
        output(command("dpkg").arg("--print-architecture")).context("dpkg is missing: this needs Debian")?;
    let architecture = architecture.trim();
    let version = format!("{}-{revision}", env!("CARGO_PKG_VERSION"));
    let name = format!("callback-receiver_{version}_{architecture}");
    let tree = out.join(&name);
    if tree.exists() {
        fs::remove_dir_all(&tree)?;
    }
    let program = place(&tree, "usr/bin/callback-receiver", &fs::read(&binary)?, 0o755)?;
    run_quietly(command("strip").arg("--strip-debug").arg(&program))?;
    for (from, to) in [
        ("LICENSE", "copyright"),
        ("CHANGELOG.md", "changelog"),
        ("docs/receiver.md", "receiver.md"),
        ("docs/deploy.md", "deploy.md"),
    ] {
        place(&tree, &format!("usr/share/doc/callback-receiver/{to}"), &fs::read(root().join(from))?, 0o644)?;
    }
    for (path, text, mode) in FILES {
        place(&tree, path, text.as_bytes(), mode)?;
    }
    let control = CONTROL
        .replace("@VERSION@", &version)
        .replace("@MAINTAINER@", &maintainer()?)
        .replace("@ARCHITECTURE@", architecture)
        .replace("@SIZE@", &(fs::metadata(&program)?.len() / 1024).to_string());
    place(&tree, "DEBIAN/control", control.as_bytes(), 0o644)?;
    let package = out.join(format!("{name}.deb"));
    run_quietly(command("dpkg-deb").args(["--root-owner-group", "-Zgzip", "--build"]).arg(&tree).arg(&package))?;
    fs::remove_dir_all(&tree)?;
    println!("{}", package.display());
    Ok(())
}

/// Builds the program as it is shipped.
fn built() -> Result<PathBuf> {
    say("building the receiver");
    run(cargo().args(["build", "--quiet", "--release", "--locked", "--package", "callback-receiver"]))?;
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
    Ok(root().join(target).join("release/callback-receiver"))
}
