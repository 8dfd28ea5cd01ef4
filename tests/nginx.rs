//! A real nginx with its own configuration, in its own directory.

use crate::programs::text;
use anyhow::{Context, Result, ensure};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A running nginx, stopped on drop.
pub struct Nginx(Child);

impl Nginx {
    /// Starts one with this in its `http` block, and waits until it listens on `port`.
    ///
    /// # Errors
    /// If it is missing or does not start.
    pub fn start(folder: &Path, port: u16, http: &str) -> Result<Self> {
        let temp: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .iter()
            .map(|name| format!("{name}_temp_path {}/{name};\n", folder.display()))
            .collect();
        let config = format!(
            "daemon off;\nerror_log {0}/error.log;\npid {0}/pid;\nevents {{}}\nhttp {{\naccess_log off;\n{temp}{http}}}\n",
            folder.display()
        );
        let file = folder.join("nginx.conf");
        std::fs::write(&file, config)?;
        let child = Command::new("/usr/sbin/nginx")
            .arg("-c")
            .arg(&file)
            .arg("-p")
            .arg(folder)
            .stderr(Stdio::inherit())
            .spawn()
            .context("nginx is missing; install it with: apt-get install nginx-light")?;
        let nginx = Self(child);
        let until = Instant::now() + Duration::from_secs(20);
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            ensure!(Instant::now() < until, "nginx did not come up");
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(nginx)
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        let _ = Command::new("kill").arg(self.0.id().to_string()).status();
        let _ = self.0.wait();
    }
}

/// A free port on the loopback address.
///
/// # Errors
/// If there is no free port.
pub fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

/// A certificate for `localhost` by a private authority, for an hour or more.
pub struct Certificate {
    /// The authority's certificate.
    pub authority: PathBuf,
    /// The site's certificate.
    pub certificate: PathBuf,
    /// The site's private key.
    pub key: PathBuf,
}

impl Certificate {
    /// Issues one, valid for a number of days, with its files in a directory.
    ///
    /// # Errors
    /// If openssl is missing or fails.
    pub fn issue(directory: &Path, days: u32) -> Result<Self> {
        let at = |name: &str| directory.join(name);
        let days = days.to_string();
        let new_key = ["-newkey", "rsa:2048", "-nodes", "-days", "100"];
        openssl(
            &[&["req", "-x509", "-subj", "/CN=Test authority"], &new_key[..]].concat(),
            &[("-keyout", at("authority.key")), ("-out", at("authority.pem"))],
        )?;
        openssl(
            &[&["req", "-subj", "/CN=localhost"], &new_key[..3]].concat(),
            &[("-keyout", at("site.key")), ("-out", at("site.request"))],
        )?;
        std::fs::write(at("site.extensions"), "subjectAltName=DNS:localhost\nbasicConstraints=CA:FALSE\n")?;
        openssl(
            &["x509", "-req", "-days", &days, "-CAcreateserial"],
            &[
                ("-in", at("site.request")),
                ("-CA", at("authority.pem")),
                ("-CAkey", at("authority.key")),
                ("-extfile", at("site.extensions")),
                ("-out", at("site.pem")),
            ],
        )?;
        Ok(Self { authority: at("authority.pem"), certificate: at("site.pem"), key: at("site.key") })
    }
}

/// A site behind TLS, with a certificate for `localhost` by a private authority.
pub struct Tls {
    /// Its port.
    pub port: u16,
    /// The authority's certificate.
    pub authority: PathBuf,
    _nginx: Nginx,
    _folder: tempfile::TempDir,
}

impl Tls {
    /// Starts one in front of a site at an address such as `http://127.0.0.1:1234`.
    ///
    /// # Errors
    /// If openssl or nginx is missing or fails.
    pub fn before(site: &str) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let issued = Certificate::issue(folder.path(), 1)?;
        let port = free_port()?;
        let nginx = Nginx::start(
            folder.path(),
            port,
            &format!(
                "server {{\nlisten 127.0.0.1:{port} ssl;\nssl_certificate {};\nssl_certificate_key {};\n\
                 location / {{ proxy_pass {site}; }}\n}}\n",
                text(&issued.certificate),
                text(&issued.key),
            ),
        )?;
        Ok(Self { port, authority: issued.authority, _nginx: nginx, _folder: folder })
    }
}

fn openssl(arguments: &[&str], files: &[(&str, PathBuf)]) -> Result<()> {
    let mut command = Command::new("openssl");
    command.args(arguments);
    for (option, file) in files {
        command.arg(option).arg(file);
    }
    let made = command.output().context("openssl is missing; install it with: apt-get install openssl")?;
    ensure!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    Ok(())
}
