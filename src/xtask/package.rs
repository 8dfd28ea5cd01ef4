//! Packages: the Debian packages of agent and receiver, and the npm tarballs. The Debian packages are built with dpkg-deb
//! alone, so a checkout needs no packaging tools.

use crate::run::{cargo, command, output, root, run, run_quietly, say};
use anyhow::{Context, Result, bail};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// A Debian package of one program.
pub(crate) struct Debian {
    /// Name of the package, the program and its crate.
    name: &'static str,
    control: &'static str,
    /// Files in `docs/` that are installed as documentation.
    docs: &'static [&'static str],
    /// Other files: path in the package, contents, mode.
    files: &'static [(&'static str, &'static str, u32)],
    /// Whether the program writes its own manual pages and shell completions.
    has_manual: bool,
    /// Whether the program embeds what `cargo xtask assets` builds.
    embeds_assets: bool,
}

/// The agent's package.
pub(crate) const AGENT: Debian = Debian {
    name: "callback-agent",
    control: include_str!("debian/control"),
    docs: &["agent.md", "least-privilege.md"],
    files: &[
        ("DEBIAN/postinst", include_str!("debian/postinst"), 0o755),
        ("DEBIAN/prerm", include_str!("debian/prerm"), 0o755),
        ("DEBIAN/postrm", include_str!("debian/postrm"), 0o755),
    ],
    has_manual: true,
    embeds_assets: true,
};

/// The receiver's package.
pub(crate) const RECEIVER: Debian = Debian {
    name: "callback-receiver",
    control: include_str!("debian/receiver/control"),
    docs: &["receiver.md", "deploy.md", "upgrade.md"],
    files: &[
        (
            "usr/lib/systemd/system/callback-receiver.service",
            include_str!("../../docs/samples/callback-receiver.service"),
            0o644,
        ),
        (
            "usr/lib/systemd/system/callback-receiver-backup.service",
            include_str!("../../docs/samples/callback-receiver-backup.service"),
            0o644,
        ),
        (
            "usr/lib/systemd/system/callback-receiver-backup.timer",
            include_str!("../../docs/samples/callback-receiver-backup.timer"),
            0o644,
        ),
        ("usr/share/doc/callback-receiver/samples/nginx.conf", include_str!("../../docs/samples/nginx.conf"), 0o644),
        ("usr/share/doc/callback-receiver/samples/Caddyfile", include_str!("../../docs/samples/Caddyfile"), 0o644),
        ("usr/share/doc/callback-receiver/samples/apache.conf", include_str!("../../docs/samples/apache.conf"), 0o644),
        ("usr/share/doc/callback-receiver/samples/haproxy.cfg", include_str!("../../docs/samples/haproxy.cfg"), 0o644),
        (
            "usr/share/doc/callback-receiver/samples/prometheus-alerts.yml",
            include_str!("../../docs/samples/prometheus-alerts.yml"),
            0o644,
        ),
        (
            "usr/share/doc/callback-receiver/samples/grafana-dashboard.json",
            include_str!("../../docs/samples/grafana-dashboard.json"),
            0o644,
        ),
        ("etc/callback-receiver/receiver.toml", include_str!("debian/receiver/receiver.toml"), 0o600),
        ("DEBIAN/conffiles", include_str!("debian/receiver/conffiles"), 0o644),
        ("DEBIAN/postinst", include_str!("debian/receiver/postinst"), 0o755),
        ("DEBIAN/prerm", include_str!("debian/receiver/prerm"), 0o755),
        ("DEBIAN/postrm", include_str!("debian/receiver/postrm"), 0o755),
    ],
    has_manual: true,
    embeds_assets: false,
};

/// Packs the npm tarballs from what `cargo xtask assets` builds, in the directory `out`. Prints their paths.
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

/// Makes a Debian package in the directory `out` from a built program, or builds that first. Prints the package's path.
pub(crate) fn debian(package: &Debian, binary: Option<&Path>, revision: u32, out: &Path) -> Result<()> {
    let binary = match binary {
        Some(binary) => binary.to_owned(),
        None => built(package)?,
    };
    let architecture =
        output(command("dpkg").arg("--print-architecture")).context("dpkg is missing: this needs Debian")?;
    let architecture = architecture.trim();
    let version = format!("{}-{revision}", env!("CARGO_PKG_VERSION"));
    let name = format!("{}_{version}_{architecture}", package.name);
    let tree = out.join(&name);
    if tree.exists() {
        fs::remove_dir_all(&tree)?;
    }
    let program = place(&tree, &format!("usr/bin/{}", package.name), &fs::read(&binary)?, 0o755)?;
    // Admins do not need the debug information of dependencies.
    run_quietly(command("strip").arg("--strip-debug").arg(&program))?;
    if package.has_manual {
        manual_pages(&tree, &program)?;
        completions(&tree, &program, package.name)?;
    }
    let docs = package.docs.iter().map(|page| (format!("docs/{page}"), *page));
    for (from, to) in
        [("LICENSE".to_owned(), "copyright"), ("CHANGELOG.md".to_owned(), "changelog")].into_iter().chain(docs)
    {
        place(&tree, &format!("usr/share/doc/{}/{to}", package.name), &fs::read(root().join(from))?, 0o644)?;
    }
    for (path, text, mode) in package.files {
        place(&tree, path, text.as_bytes(), *mode)?;
    }
    let control = package
        .control
        .replace("@VERSION@", &version)
        .replace("@MAINTAINER@", &maintainer()?)
        .replace("@ARCHITECTURE@", architecture)
        .replace("@SIZE@", &(fs::metadata(&program)?.len() / 1024).to_string());
    place(&tree, "DEBIAN/control", control.as_bytes(), 0o644)?;
    let file = out.join(format!("{name}.deb"));
    run_quietly(command("dpkg-deb").args(["--root-owner-group", "-Zgzip", "--build"]).arg(&tree).arg(&file))?;
    fs::remove_dir_all(&tree)?;
    println!("{}", file.display());
    Ok(())
}

/// The package's maintainer: DEBFULLNAME and DEBEMAIL, as Debian's own tools read them, or git's user.
fn maintainer() -> Result<String> {
    let named = |variable: &str, setting: &str| {
        let variable = std::env::var(variable).ok().filter(|value| !value.trim().is_empty());
        let value = variable.or_else(|| output(command("git").args(["config", setting])))?;
        // It must fit on one line of the control file.
        let value = value.trim().replace(['\n', '<', '>'], " ");
        (!value.is_empty()).then_some(value)
    };
    match (named("DEBFULLNAME", "user.name"), named("DEBEMAIL", "user.email")) {
        (Some(name), Some(mail)) => Ok(format!("{name} <{mail}>")),
        _ => bail!("no maintainer for the package; set DEBFULLNAME and DEBEMAIL, or git's user.name and user.email"),
    }
}

/// Builds the program for release.
fn built(package: &Debian) -> Result<PathBuf> {
    if package.embeds_assets {
        crate::assets::build()?;
    }
    say(&format!("building {}", package.name));
    run(cargo().args(["build", "--quiet", "--release", "--locked", "--package", package.name]))?;
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
    Ok(root().join(target).join("release").join(package.name))
}

fn manual_pages(tree: &Path, program: &Path) -> Result<()> {
    let (man1, man5) = (tree.join("usr/share/man/man1"), tree.join("usr/share/man/man5"));
    run_quietly(command(program).args(["man", "--out"]).arg(&man1))?;
    fs::create_dir_all(&man5)?;
    // The receiver writes all pages into one directory.
    for page in fs::read_dir(&man1)? {
        let page = page?.path();
        if page.extension().is_some_and(|section| section == "5") {
            fs::rename(&page, man5.join(page.file_name().context("a page has a name")?))?;
        }
    }
    for directory in [man1, man5] {
        for page in fs::read_dir(&directory)? {
            run_quietly(command("gzip").args(["-9", "-n"]).arg(page?.path()))?;
        }
    }
    Ok(())
}

fn completions(tree: &Path, program: &Path, name: &str) -> Result<()> {
    for (shell, path) in [
        ("bash", format!("usr/share/bash-completion/completions/{name}")),
        ("zsh", format!("usr/share/zsh/vendor-completions/_{name}")),
        ("fish", format!("usr/share/fish/vendor_completions.d/{name}.fish")),
    ] {
        let script = output(command(program).args(["completions", shell]))
            .with_context(|| format!("{name} cannot write completions for {shell}"))?;
        place(tree, &path, script.as_bytes(), 0o644)?;
    }
    Ok(())
}

fn place(tree: &Path, path: &str, bytes: &[u8], mode: u32) -> Result<PathBuf> {
    let path = tree.join(path);
    if let Some(directory) = path.parent() {
        fs::create_dir_all(directory)?;
    }
    fs::write(&path, bytes)?;
    fs::set_permissions(&path, fs::Permissions::from_mode(mode))?;
    Ok(path)
}
