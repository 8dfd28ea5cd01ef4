//! The sample configurations of web servers, each in front of a real receiver: reports arrive, the rate limit counts the
//! client's network and not the server's, `/metrics` is hidden, and no file that either program writes has an address.

use anyhow::{Context, Result, ensure};
use callback_tests::nginx::{Certificate, free_port};
use callback_tests::programs::{program, root, text};
use callback_tests::receiver::{Connection, Receiver};
use callback_tests::simulated::{Size, payload, seeded, uuid};
use serde_json::Value;
use std::fs::File;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::{Duration, Instant};

/// The address that clients have, and one of another network.
const CLIENT: Ipv4Addr = Ipv4Addr::new(127, 9, 8, 7);
const OTHER: Ipv4Addr = Ipv4Addr::new(127, 9, 9, 7);

/// Requests per hour and network.
const LIMIT: usize = 12;

/// Where a site listens, and what it needs.
struct Place<'a> {
    directory: &'a Path,
    certificate: &'a Certificate,
    port: u16,
    receiver: &'a str,
}

/// A web server with a sample configuration.
struct Kind {
    sample: &'static str,
    /// The complete configuration from the sample's text.
    configure: fn(&Place<'_>, &str) -> String,
    /// The same sample with a log of addresses.
    logging: fn(&str) -> String,
    /// Starts it with its configuration file.
    start: fn(&Path) -> Command,
    package: &'static str,
}

const KINDS: [Kind; 4] = [
    Kind {
        sample: "nginx.conf",
        configure: |place, sample| {
            let directory = place.directory.display();
            let temp: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
                .iter()
                .map(|name| format!("{name}_temp_path {directory}/{name};\n"))
                .collect();
            let sample = sample
                .replace("listen 443 ssl;", &format!("listen 127.0.0.1:{} ssl;", place.port))
                .replace("listen [::]:443 ssl;", "");
            let sample = with_paths(place, &sample);
            format!(
                "daemon off;\nerror_log {directory}/error.log info;\npid {directory}/pid;\nevents {{}}\nhttp {{\n\
                 access_log {directory}/access.log;\n{temp}{sample}}}\n"
            )
        },
        logging: |sample| without_lines(sample, &["access_log", "error_log"]),
        start: |config| {
            let mut command = Command::new("/usr/sbin/nginx");
            command.arg("-c").arg(config);
            command
        },
        package: "nginx-light",
    },
    Kind {
        sample: "Caddyfile",
        configure: |place, sample| {
            let (certificate, key) = (&place.certificate.certificate, &place.certificate.key);
            let site = format!("https://localhost:{} {{\n    tls {} {}", place.port, text(certificate), text(key));
            with_paths(place, &sample.replace("stats.example.org {", &site)).replacen(
                "{\n",
                "{\n    admin off\n    auto_https disable_redirects\n",
                1,
            )
        },
        logging: |sample| sample.replace("stats.example.org {", "stats.example.org {\n    log"),
        start: |config| {
            let mut command = Command::new("caddy");
            command.args(["run", "--adapter", "caddyfile", "--config"]).arg(config);
            let home = config.parent().unwrap_or(Path::new("/"));
            command.envs([("HOME", home), ("XDG_DATA_HOME", home), ("XDG_CONFIG_HOME", home)]);
            command
        },
        package: "caddy",
    },
    Kind {
        sample: "apache.conf",
        configure: |place, sample| {
            let directory = place.directory.display();
            let modules: String = ["mpm_event", "authz_core", "ssl", "socache_shmcb", "headers", "proxy", "proxy_http"]
                .iter()
                .map(|name| format!("LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so\n"))
                .collect();
            let site = with_paths(place, &sample.replace("*:443", &format!("127.0.0.1:{}", place.port)));
            format!(
                "ServerRoot {directory}\n{modules}Listen 127.0.0.1:{}\nUser www-data\nGroup www-data\nPidFile {directory}/pid\n\
                 DefaultRuntimeDir {directory}\nServerName localhost\nLogLevel info\nErrorLog {directory}/error.log\n\
                 LogFormat \"%h %r\" common\nCustomLog {directory}/access.log common\n{site}",
                place.port
            )
        },
        logging: |sample| without_lines(sample, &["CustomLog", "ErrorLog"]),
        start: |config| {
            let mut command = Command::new("apache2");
            command.arg("-DFOREGROUND").arg("-f").arg(config);
            command
        },
        package: "apache2-bin",
    },
    Kind {
        sample: "haproxy.cfg",
        configure: |place, sample| {
            let both = place.directory.join("both.pem");
            let sample = without_lines(sample, &["bind :::443"])
                .replace("bind :443", &format!("bind 127.0.0.1:{}", place.port))
                .replace("/etc/haproxy/stats.example.org.pem", text(&both));
            with_paths(place, &sample)
        },
        logging: |sample| sample.replace("defaults\n", "defaults\n    log stdout format raw local0\n"),
        start: |config| {
            let mut command = Command::new("haproxy");
            command.arg("-db").arg("-f").arg(config);
            command
        },
        package: "haproxy",
    },
];

/// The sample with this test's certificate and receiver.
fn with_paths(place: &Place<'_>, sample: &str) -> String {
    sample
        .replace("/etc/letsencrypt/live/stats.example.org/fullchain.pem", text(&place.certificate.certificate))
        .replace("/etc/letsencrypt/live/stats.example.org/privkey.pem", text(&place.certificate.key))
        .replace("127.0.0.1:8080", place.receiver.trim_start_matches("http://"))
        .replace("stats.example.org", "localhost")
}

fn without_lines(sample: &str, starts: &[&str]) -> String {
    let lines = sample.lines().filter(|line| !starts.iter().any(|start| line.trim_start().starts_with(start)));
    lines.map(|line| format!("{line}\n")).collect()
}

/// A web server in front of a receiver.
struct Site {
    process: Child,
    receiver: Receiver,
    authority: PathBuf,
    port: u16,
    /// Everything that the server writes is in `server`.
    directory: tempfile::TempDir,
}

impl Drop for Site {
    fn drop(&mut self) {
        let _ = Command::new("kill").arg(self.process.id().to_string()).status();
        let _ = self.process.wait();
    }
}

impl Site {
    fn start(kind: &Kind, sample: &str) -> Result<Self> {
        let directory = tempfile::tempdir()?;
        let settings = format!("trusted_proxies = ['127.0.0.1']\nrequests_per_hour = {LIMIT}\n");
        let receiver = Receiver::start_in(&directory.path().join("data"), &settings)?;
        let server = directory.path().join("server");
        std::fs::create_dir(&server)?;
        // Their workers run as other users.
        for path in [directory.path(), &server] {
            std::fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o777))?;
        }
        let certificate = Certificate::issue(directory.path(), 30)?;
        let both = [std::fs::read(&certificate.certificate)?, std::fs::read(&certificate.key)?].concat();
        std::fs::write(server.join("both.pem"), both)?;
        let port = free_port()?;
        let place = Place { directory: &server, certificate: &certificate, port, receiver: &receiver.url };
        let config = server.join(kind.sample);
        std::fs::write(&config, (kind.configure)(&place, sample))?;
        let mut command = (kind.start)(&config);
        let output = File::create(server.join("output"))?;
        command.current_dir(&server).stdout(output.try_clone()?).stderr(output);
        let process = command
            .spawn()
            .with_context(|| format!("the web server is missing; install it with: apt-get install {}", kind.package))?;
        let mut site = Self { process, receiver, authority: certificate.authority, port, directory };
        let until = Instant::now() + Duration::from_secs(60);
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            let output = std::fs::read_to_string(server.join("output"))?;
            ensure!(site.process.try_wait()?.is_none(), "{}: {output}", kind.sample);
            ensure!(Instant::now() < until, "{} did not come up: {output}", kind.sample);
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(site)
    }

    /// The status of a request from an address.
    fn request(&self, from: Ipv4Addr, path: &str, arguments: &[&str]) -> Result<u16> {
        let output = Command::new("curl")
            .args(["--silent", "--show-error", "--output", "/dev/null", "--write-out", "%{http_code}", "--ipv4"])
            .args(["--interface", &from.to_string(), "--noproxy", "*", "--cacert", text(&self.authority)])
            .args(arguments)
            .arg(format!("https://localhost:{}{path}", self.port))
            .output()
            .context("curl is missing; install it with: apt-get install curl")?;
        ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        Ok(String::from_utf8(output.stdout)?.parse()?)
    }

    /// Whether the server or the receiver wrote the clients' addresses.
    fn wrote_address(&self) -> Result<bool> {
        let mut bytes = self.receiver.written()?;
        read_all(&self.directory.path().join("server"), &mut bytes)?;
        Ok([CLIENT, OTHER].iter().any(|address| {
            let address = address.to_string();
            bytes.windows(address.len()).any(|part| part == address.as_bytes())
        }))
    }
}

fn read_all(directory: &Path, bytes: &mut Vec<u8>) -> Result<()> {
    for entry in std::fs::read_dir(directory)? {
        let path = entry?.path();
        if path.is_dir() {
            read_all(&path, bytes)?;
        } else {
            bytes.extend(std::fs::read(path)?);
        }
    }
    Ok(())
}

fn sample(kind: &Kind) -> Result<String> {
    Ok(std::fs::read_to_string(root().join("docs/samples").join(kind.sample))?)
}

async fn keeps_promises(kind: &Kind) -> Result<()> {
    let mut site = Site::start(kind, &sample(kind)?)?;
    let mut random = seeded(8);
    let uuid = uuid(&mut random);
    let report = format!("data={}&", payload(&mut random, &uuid, Size::Small));
    let body = site.directory.path().join("report");
    std::fs::write(&body, report)?;
    let upload = format!("@{}", text(&body));
    assert_eq!(site.request(CLIENT, "/log.php", &["--data-binary", &upload])?, 200);
    assert_eq!(site.receiver.reports().await?, 1);
    for path in ["/metrics", "/readyz"] {
        let status = site.request(CLIENT, path, &[])?;
        assert!(matches!(status, 403 | 404), "{}: {path} {status}", kind.sample);
    }
    // A forged header is not trusted: the limit counts the client's network, and only that.
    let statuses: Vec<u16> = (0..=LIMIT)
        .map(|n| site.request(CLIENT, "/api/v1/policy", &["--header", &format!("X-Forwarded-For: 198.51.{n}.1")]))
        .collect::<Result<_>>()?;
    assert!(statuses.contains(&200) && statuses.last() == Some(&429), "{}: {statuses:?}", kind.sample);
    assert_eq!(site.request(OTHER, "/api/v1/policy", &[])?, 200, "{}", kind.sample);
    doctor_agrees(kind, &site)?;
    // Errors: not TLS, and no receiver.
    let address = format!("http://127.0.0.1:{}", site.port);
    let _ = Connection::open_from(CLIENT, &address)?.post("/log.php", "", b"data=");
    site.receiver.kill()?;
    let status = site.request(OTHER, "/api/v1/policy", &[])?;
    assert!(matches!(status, 502 | 503), "{}: {status}", kind.sample);
    assert!(!site.wrote_address()?, "{}: an address was written", kind.sample);
    Ok(())
}

/// `doctor` finds the site in order.
fn doctor_agrees(kind: &Kind, site: &Site) -> Result<()> {
    let config = root().join("docs/samples").join(kind.sample);
    let output = Command::new(program("callback-receiver"))
        .args(["doctor", "--json", "--data", text(&site.receiver.data), "--proxy-config", text(&config)])
        .args(["--public-url", &format!("https://localhost:{}", site.port)])
        .env("SSL_CERT_FILE", &site.authority)
        .output()?;
    // Other checks may fail here.
    let diagnosis: Value = serde_json::from_slice(&output.stdout)?;
    for code in ["proxy-log", "proxy-address", "public-url", "public-certificate", "public-metrics", "clock"] {
        let checks = diagnosis["checks"].as_array().into_iter().flatten();
        let check = checks.into_iter().find(|check| check["code"] == code).context(code)?;
        assert_eq!(check["status"], "ok", "{}: {check:#}", kind.sample);
    }
    Ok(())
}

/// The tests would notice an address: with a log, the server writes it.
fn writes_addresses_with_a_log(kind: &Kind) -> Result<()> {
    let sample = sample(kind)?;
    let logging = (kind.logging)(&sample);
    assert_ne!(logging, sample, "{}", kind.sample);
    let site = Site::start(kind, &logging)?;
    site.request(CLIENT, "/api/v1/policy", &[])?;
    let until = Instant::now() + Duration::from_secs(20);
    while !site.wrote_address()? {
        ensure!(Instant::now() < until, "{} wrote no address", kind.sample);
        std::thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}

#[tokio::test]
async fn nginx_keeps_the_promises() -> Result<()> {
    keeps_promises(&KINDS[0]).await
}

#[tokio::test]
async fn caddy_keeps_the_promises() -> Result<()> {
    keeps_promises(&KINDS[1]).await
}

#[tokio::test]
async fn apache_keeps_the_promises() -> Result<()> {
    keeps_promises(&KINDS[2]).await
}

#[tokio::test]
async fn haproxy_keeps_the_promises() -> Result<()> {
    keeps_promises(&KINDS[3]).await
}

#[test]
fn with_a_log_each_of_them_writes_addresses() -> Result<()> {
    KINDS.iter().try_for_each(writes_addresses_with_a_log)
}

#[test]
fn nginx_accepts_the_mirror_of_the_stock_site() -> Result<()> {
    let directory = tempfile::tempdir()?;
    let mirror = std::fs::read_to_string(root().join("docs/samples/nginx-mirror.conf"))?;
    let mirror = mirror.replace("http://old-site", "http://127.0.0.1:1");
    let at = directory.path().display();
    let config = directory.path().join("nginx.conf");
    let text = format!("error_log {at}/error.log;\npid {at}/pid;\nevents {{}}\nhttp {{\nserver {{\n{mirror}}}\n}}\n");
    std::fs::write(&config, text)?;
    let output = Command::new("/usr/sbin/nginx").args(["-t", "-c"]).arg(&config).output()?;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}
