//! Certificates of every kind that database servers have in the field, made by OpenSSL: libraries make good ones only.

use anyhow::{Result, ensure};
use std::path::{Path, PathBuf};
use std::process::Command;

/// What is special about a server's certificate. Each but [`Kind::Ca`] is signed by the CA.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Nothing: version 3, for 127.0.0.1, valid.
    Good,
    /// X.509 version 1, as MySQL's and MariaDB's manuals make it.
    Version1,
    /// 127.0.0.1 is its common name only.
    CommonName,
    /// For another host.
    OtherName,
    /// It expired yesterday.
    Expired,
    /// The CA's own.
    Ca,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Self; 6] = [Self::Good, Self::Version1, Self::CommonName, Self::OtherName, Self::Expired, Self::Ca];

    const fn name(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Version1 => "version1",
            Self::CommonName => "common-name",
            Self::OtherName => "other-name",
            Self::Expired => "expired",
            Self::Ca => "ca",
        }
    }

    /// The extensions; version 1 has none.
    const fn extensions(self) -> Option<&'static str> {
        match self {
            Self::Good | Self::Expired => Some("basicConstraints=CA:FALSE\nsubjectAltName=IP:127.0.0.1\n"),
            Self::CommonName => Some("basicConstraints=CA:FALSE\n"),
            Self::OtherName => Some("basicConstraints=CA:FALSE\nsubjectAltName=DNS:other.example\n"),
            Self::Version1 | Self::Ca => None,
        }
    }
}

/// A directory with a CA, and a certificate and key of each kind.
pub struct Certificates {
    folder: tempfile::TempDir,
}

impl Certificates {
    /// Makes them.
    ///
    /// # Errors
    /// If OpenSSL is not installed or fails.
    pub fn new() -> Result<Self> {
        let made = Self { folder: tempfile::tempdir()? };
        let (ca, ca_key) = (made.certificate(Kind::Ca), made.key(Kind::Ca));
        for (certificate, key) in [(&ca, &ca_key), (&made.path("stranger.pem"), &made.path("stranger.key"))] {
            openssl(&[
                "req",
                "-x509",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:prime256v1",
                "-nodes",
                "-days",
                "30",
                "-subj",
                "/CN=CA of a test",
                "-addext",
                "subjectAltName=IP:127.0.0.1",
                "-keyout",
                text(key),
                "-out",
                text(certificate),
            ])?;
        }
        for kind in Kind::ALL.into_iter().filter(|kind| *kind != Kind::Ca) {
            let (request, extensions) = (made.path("request"), made.path("extensions"));
            openssl(&[
                "req",
                "-new",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:prime256v1",
                "-nodes",
                "-subj",
                "/CN=127.0.0.1",
                "-keyout",
                text(&made.key(kind)),
                "-out",
                text(&request),
            ])?;
            let certificate = made.certificate(kind);
            let days = if kind == Kind::Expired { "-1" } else { "30" };
            let mut sign = vec![
                "x509",
                "-req",
                "-in",
                text(&request),
                "-CA",
                text(&ca),
                "-CAkey",
                text(&ca_key),
                "-CAcreateserial",
                "-days",
                days,
                "-out",
                text(&certificate),
            ];
            if let Some(written) = kind.extensions() {
                std::fs::write(&extensions, written)?;
                sign.extend(["-extfile", text(&extensions)]);
            }
            openssl(&sign)?;
        }
        let shown = openssl(&["x509", "-in", text(&made.certificate(Kind::Version1)), "-noout", "-text"])?;
        ensure!(shown.contains("Version: 1 "), "this OpenSSL makes no certificates of version 1");
        Ok(made)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The certificate of a kind.
    #[must_use]
    pub fn certificate(&self, kind: Kind) -> PathBuf {
        self.path(&format!("{}.pem", kind.name()))
    }

    /// The key of a kind.
    #[must_use]
    pub fn key(&self, kind: Kind) -> PathBuf {
        self.path(&format!("{}.key", kind.name()))
    }

    /// A CA that signed none of them.
    #[must_use]
    pub fn other_ca(&self) -> PathBuf {
        self.path("stranger.pem")
    }

    /// Copies the certificate and key of a kind to where a server looks for them.
    ///
    /// # Errors
    /// If they cannot be written.
    pub fn present(&self, kind: Kind, folder: &Path) -> Result<()> {
        // Into the same files: they are the server's, and stay so.
        std::fs::write(folder.join("server.pem"), std::fs::read(self.certificate(kind))?)?;
        std::fs::write(folder.join("server.key"), std::fs::read(self.key(kind))?)?;
        std::fs::write(folder.join("ca.pem"), std::fs::read(self.certificate(Kind::Ca))?)?;
        Ok(())
    }
}

fn text(path: &Path) -> &str {
    crate::programs::text(path)
}

fn openssl(arguments: &[&str]) -> Result<String> {
    let output = Command::new("openssl").args(arguments).output()?;
    ensure!(output.status.success(), "openssl {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
