//! The database connection of a LibreNMS install: TLS with every kind of certificate, clusters, IPv6, and errors that
//! name the setting.

use anyhow::{Context, Result, ensure};
use callback_tests::certificates::{Certificates, Kind};
use callback_tests::database_proxy::{DatabaseProxy, sha2_server};
use callback_tests::install_copy::copy_to_mariadb;
use callback_tests::mariadb::MariaDb;
use callback_tests::programs::{Agent, text};
use callback_tests::recording_site::{Plays, Site};
use callback_tests::world::{World, code, outcome};
use std::net::TcpListener;
use std::path::Path;

/// A LibreNMS directory, and the agent that reads it.
struct LibreNms {
    folder: tempfile::TempDir,
    agent: Agent,
}

impl LibreNms {
    fn new() -> Result<Self> {
        let made = Self { folder: tempfile::tempdir()?, agent: Agent::new()? };
        std::fs::write(made.folder.path().join("artisan"), "")?;
        Ok(made)
    }

    /// Exit status, code and output of a command that connects with these settings.
    fn look(&self, env: &str) -> Result<(i32, String, String)> {
        std::fs::write(self.folder.path().join(".env"), env)?;
        self.look_at(text(self.folder.path()))
    }

    /// The same for a location.
    fn look_at(&self, location: &str) -> Result<(i32, String, String)> {
        let output = self.agent.command(&["preview", "--json"]).env("CALLBACK_LIBRENMS", location).output()?;
        let said = String::from_utf8(output.stderr.clone())?;
        if output.status.success() {
            return Ok((0, "ok".to_owned(), said));
        }
        ensure!(!said.contains("UTF-8") && !said.contains("secret7"), "{said}");
        let (status, code) = code(&output)?;
        Ok((status, code, said))
    }
}

/// A database with the one table that makes it LibreNMS's, and two users: `nms`, and `tls` who must use TLS.
fn fill(server: &MariaDb) -> Result<()> {
    server.sql(
        "",
        "CREATE DATABASE librenms; CREATE TABLE librenms.devices (device_id INT, os VARCHAR(32));
         CREATE USER nms@'127.0.0.1' IDENTIFIED BY 'secret7'; GRANT SELECT ON librenms.* TO nms@'127.0.0.1';
         CREATE USER tls@'127.0.0.1' IDENTIFIED BY 'secret7' REQUIRE SSL; GRANT SELECT ON librenms.* TO tls@'127.0.0.1';
         CREATE USER x509@'127.0.0.1' IDENTIFIED BY 'secret7' REQUIRE X509; GRANT SELECT ON librenms.* TO x509@'127.0.0.1'",
    )?;
    Ok(())
}

fn env(server: u16, user: &str, more: &str) -> String {
    format!("DB_HOST=127.0.0.1\nDB_PORT={server}\nDB_USERNAME={user}\nDB_PASSWORD=secret7\n{more}\n")
}

/// A port where nothing listens.
fn closed_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

#[test]
fn tls_follows_librenms_s_settings_with_every_kind_of_certificate() -> Result<()> {
    let certificates = Certificates::new()?;
    let server = MariaDb::with_options(|folder| {
        certificates.present(Kind::Good, folder)?;
        let file = |name: &str| folder.join(name).display().to_string();
        Ok(vec![
            format!("--ssl-cert={}", file("server.pem")),
            format!("--ssl-key={}", file("server.key")),
            format!("--ssl-ca={}", file("ca.pem")),
        ])
    })?;
    fill(&server)?;
    let librenms = LibreNms::new()?;
    let not_pem = librenms.folder.path().join("not.pem");
    std::fs::write(&not_pem, "no certificate")?;

    let ca = format!("MYSQL_ATTR_SSL_CA={}\n", certificates.certificate(Kind::Ca).display());
    let verified = format!("{ca}MYSQL_ATTR_SSL_VERIFY_SERVER_CERT=true\n");
    let (verify_ca, required) = (format!("{ca}DB_SSLMODE=verify_ca\n"), "DB_SSLMODE=require\n".to_owned());
    let (nothing, disabled) = (String::new(), format!("{verified}DB_SSLMODE=disabled\n"));
    let with_ca = |file: &Path, verify: &str| {
        format!("MYSQL_ATTR_SSL_CA={}\nMYSQL_ATTR_SSL_VERIFY_SERVER_CERT={verify}\n", file.display())
    };
    let missing = librenms.folder.path().join("missing.pem");
    let client = format!(
        "{ca}MYSQL_ATTR_SSL_CERT={}\nMYSQL_ATTR_SSL_KEY={}\n",
        certificates.certificate(Kind::Good).display(),
        certificates.key(Kind::Good).display()
    );
    let rejected = "database-tls-certificate";
    for (kind, cases) in [
        (
            Kind::Good,
            vec![
                ("nms", &nothing, "ok"),
                ("tls", &nothing, "ok"),
                ("tls", &required, "ok"),
                ("tls", &ca, "ok"),
                ("tls", &verify_ca, "ok"),
                ("tls", &verified, "ok"),
                ("nms", &disabled, "ok"),
                ("tls", &disabled, "database-login"),
                ("x509", &client, "ok"),
                ("x509", &ca, "database-login"),
                ("tls", &with_ca(&missing, "false"), "ok"),
                ("tls", &with_ca(&missing, "true"), "database-tls-file"),
                ("tls", &with_ca(&not_pem, "true"), "database-tls-file"),
                ("tls", &with_ca(librenms.folder.path(), "true"), "database-tls-file"),
                ("tls", &with_ca(&certificates.other_ca(), "true"), rejected),
            ],
        ),
        (
            Kind::Version1,
            vec![
                ("nms", &nothing, "ok"),
                ("tls", &nothing, "database-login"),
                ("nms", &ca, rejected),
                ("nms", &verified, rejected),
                ("nms", &disabled, "ok"),
            ],
        ),
        (
            Kind::CommonName,
            vec![("tls", &nothing, "ok"), ("tls", &ca, "ok"), ("tls", &verify_ca, "ok"), ("tls", &verified, rejected)],
        ),
        (
            Kind::OtherName,
            vec![("tls", &nothing, "ok"), ("tls", &ca, "ok"), ("tls", &verify_ca, "ok"), ("tls", &verified, rejected)],
        ),
        (
            Kind::Expired,
            vec![
                ("tls", &nothing, "ok"),
                ("tls", &ca, "ok"),
                ("tls", &verify_ca, rejected),
                ("tls", &verified, rejected),
            ],
        ),
        (Kind::Ca, vec![("tls", &nothing, "ok"), ("tls", &ca, "ok"), ("tls", &verified, rejected)]),
    ] {
        certificates.present(kind, server.folder())?;
        server.sql("", "FLUSH SSL")?;
        for (user, settings, expected) in cases {
            let (_, code, said) = librenms.look(&env(server.port, user, settings))?;
            assert_eq!(code, expected, "{kind:?}, {user}, {settings}: {said}");
            if kind == Kind::Version1 && code != "ok" {
                assert!(said.contains("version 1"), "{said}");
            }
            if kind == Kind::OtherName && code != "ok" {
                assert!(said.contains("other.example") && !said.contains("DnsName"), "{said}");
            }
            if code != "ok" && code != "database-login" {
                assert!(said.contains(&server.port.to_string()) || said.contains("MYSQL_ATTR_SSL_CA"), "{said}");
            }
        }
    }

    // The same in a URL.
    certificates.present(Kind::Good, server.folder())?;
    server.sql("", "FLUSH SSL")?;
    let url = |parameters: &str| format!("{}?{parameters}", server.url("tls", "secret7", "librenms"));
    let ca = certificates.certificate(Kind::Ca);
    assert_eq!(librenms.look_at(&url(&format!("ssl-mode=verify_identity&ssl-ca={}", ca.display())))?.1, "ok");
    let other = certificates.other_ca();
    assert_eq!(librenms.look_at(&url(&format!("ssl-mode=verify_ca&ssl-ca={}", other.display())))?.1, rejected);
    assert_eq!(librenms.look_at(&url("ssl-mode=disabled"))?.1, "database-login");
    Ok(())
}

#[test]
fn a_server_without_tls_is_used_unless_tls_is_required() -> Result<()> {
    let server = MariaDb::start()?;
    fill(&server)?;
    let librenms = LibreNms::new()?;
    assert_eq!(librenms.look(&env(server.port, "nms", ""))?.1, "ok");
    let (status, code, said) = librenms.look(&env(server.port, "nms", "MYSQL_ATTR_SSL_CA=/etc/ca.pem"))?;
    assert_eq!((status, &*code), (5, "database-tls"));
    assert!(said.contains(&format!("127.0.0.1:{}", server.port)) && said.contains("DB_SSLMODE"), "{said}");
    Ok(())
}

#[test]
fn ipv6_addresses_may_be_in_brackets() -> Result<()> {
    let server = MariaDb::start()?;
    fill(&server)?;
    let proxy = DatabaseProxy::passing("[::1]:0", server.port)?;
    let (librenms, port) = (LibreNms::new()?, proxy.address.port());
    for host in ["::1", "[::1]"] {
        let settings = env(port, "nms", "").replace("127.0.0.1", host);
        assert_eq!(librenms.look(&settings)?.1, "ok", "{host}");
    }
    let url = format!("mysql://nms:secret7@[::1]:{port}/librenms");
    assert_eq!(librenms.look(&format!("DB_URL={url}\n"))?.1, "ok");
    assert_eq!(librenms.look_at(&url)?.1, "ok");
    Ok(())
}

#[test]
fn a_host_of_a_cluster_that_is_down_is_replaced_by_the_next() -> Result<()> {
    let server = MariaDb::start()?;
    fill(&server)?;
    let librenms = LibreNms::new()?;
    // All hosts of a cluster have one port. A host to read from may lag behind, and is not asked.
    let settings = |connection: &str| {
        let env = env(server.port, "nms", "DB_HOST_R2=127.0.0.1\nDB_HOST_W2=127.0.0.3\nDB_HOST_W3=127.0.0.1");
        format!("DB_CONNECTION={connection}\n{}", env.replacen("127.0.0.1", "127.0.0.2", 1))
    };
    assert_eq!(librenms.look(&settings("mysql_cluster"))?.1, "ok");
    assert_eq!(librenms.look(&settings("mysql"))?.1, "database-unreachable");
    let (_, code, said) = librenms.look(&settings("mysql_cluster").replace("W3=127.0.0.1", "W3=127.0.0.4"))?;
    assert_eq!(code, "database-unreachable");
    for named in ["127.0.0.2", "DB_HOST_W2", "DB_HOST_W3"] {
        assert!(said.contains(named), "{named} is not in: {said}");
    }
    Ok(())
}

/// Runs `enable` and `submit` for two pollers of an install, which use these URLs, and returns the requests that the
/// site received.
async fn submitted(server: &MariaDb, librenms: &str) -> Result<Vec<String>> {
    let (world, site) = (World::new().await?, Site::start(Plays::Stock)?);
    copy_to_mariadb(&world.install, server, "librenms").await?;
    server
        .sql("", "CREATE USER nms@'127.0.0.1' IDENTIFIED BY 'secret7'; GRANT ALL ON librenms.* TO nms@'127.0.0.1'")?;
    let (one, two) = (Agent::new()?, Agent::new()?);
    let run = |agent: &Agent, arguments: &[&str]| {
        let mut command = agent.command(arguments);
        command.env("CALLBACK_LIBRENMS", librenms).args(["--receiver", &site.log()]).output()
    };
    for agent in [&one, &two] {
        let (status, said) = outcome(&run(agent, &["enable", "--yes"])?);
        assert_eq!(status, 0, "{said}");
    }
    let (status, said) = outcome(&run(&one, &["submit"])?);
    assert_eq!(status, 0, "{said}");
    // The row that the pollers share without a lock.
    assert_eq!(code(&run(&two, &["submit", "--json"])?)?, (0, "sent-elsewhere".to_owned()));
    let day = server.sql("librenms", "SELECT COUNT(*) FROM callback WHERE name IN ('uuid', 'agent_day')")?;
    assert_eq!(day.trim(), "2");
    Ok(site.lines())
}

/// A URL of the install at a port.
fn url(port: u16) -> String {
    format!("mysql://nms:secret7@127.0.0.1:{port}/librenms")
}

#[tokio::test]
async fn a_cluster_is_written_to_by_its_other_hosts() -> Result<()> {
    let (server, librenms) = (MariaDb::start()?, LibreNms::new()?);
    let settings = env(server.port, "nms", "DB_HOST_R2=127.0.0.1\nDB_HOST_W2=127.0.0.3\nDB_HOST_W3=127.0.0.1");
    let settings = format!("DB_CONNECTION=mysql_cluster\n{}", settings.replacen("127.0.0.1", "127.0.0.2", 1));
    std::fs::write(librenms.folder.path().join(".env"), settings)?;
    assert_eq!(submitted(&server, text(librenms.folder.path())).await?, ["POST /log.php"]);
    Ok(())
}

#[tokio::test]
async fn a_cluster_that_rejects_get_lock_still_reports_once_a_day() -> Result<()> {
    let server = MariaDb::start()?;
    let proxy = DatabaseProxy::rejecting("127.0.0.1:0", server.port, "GET_LOCK(", 1105)?;
    assert_eq!(submitted(&server, &url(proxy.address.port())).await?, ["POST /log.php"]);
    assert!(proxy.rejected() > 0, "nothing asked for the lock");
    Ok(())
}

#[tokio::test]
async fn a_galera_node_reports_once_a_day() -> Result<()> {
    let server = MariaDb::galera()?;
    let ready = server.sql("", "SHOW STATUS LIKE 'wsrep_ready'")?;
    assert_eq!(ready.split_whitespace().last().context("a status")?, "ON");
    assert_eq!(submitted(&server, &url(server.port)).await?, ["POST /log.php"]);
    Ok(())
}

#[test]
fn a_login_that_needs_tls_fails_with_a_message() -> Result<()> {
    let server = sha2_server()?;
    let (status, code, said) = LibreNms::new()?.look(&env(server.port(), "nms", ""))?;
    assert_eq!((status, &*code), (5, "database-login-method"), "{said}");
    assert!(said.contains("caching_sha2_password") && said.contains(&server.to_string()), "{said}");
    Ok(())
}

#[test]
fn errors_name_the_setting_its_value_and_its_file() -> Result<()> {
    let librenms = LibreNms::new()?;
    let root = librenms.folder.path();
    let file = root.join(".env").display().to_string();
    let port = closed_port()?;
    let socket = root.join("no.sock").display().to_string();
    for (settings, names) in [
        (env(port, "nms", ""), vec!["DB_HOST", "127.0.0.1", &file]),
        ("DB_HOST=db.nowhere.invalid\n".to_owned(), vec!["DB_HOST", "db.nowhere.invalid", &file]),
        (format!("DB_SOCKET={socket}\n"), vec!["DB_SOCKET", &socket, &file]),
    ] {
        let (status, code, said) = librenms.look(&settings)?;
        assert_eq!((status, &*code), (5, "database-unreachable"), "{settings}");
        for name in names {
            assert!(said.contains(name), "{name} is not in: {said}");
        }
    }
    // Without a .env, the default is tried, and the message says that.
    std::fs::remove_file(root.join(".env"))?;
    let output = librenms
        .agent
        .command(&["--librenms", text(root), "preview", "--json"])
        .env("DB_PORT", port.to_string())
        .output()?;
    let said = String::from_utf8(output.stderr)?;
    assert!(said.contains(&format!("the default: {file} does not exist")), "{said}");
    let output = librenms
        .agent
        .command(&["--librenms", text(root), "preview", "--json"])
        .env("DB_PORT", port.to_string())
        .env("DB_HOST", "127.0.0.1")
        .output()?;
    assert_eq!(code(&output)?, (5, "database-unreachable".to_owned()));
    assert!(String::from_utf8(output.stderr)?.contains("from the environment"));
    Ok(())
}
