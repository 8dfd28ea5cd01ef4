//! Connecting to a receiver: names that do not resolve, connections and handshakes that are cut, all kinds of proxies. A
//! failure before the request was written is retried and leaves the day open.

use anyhow::{Context, Result, ensure};
use callback_tests::recording_site::{Instead, Plays, Site};
use callback_tests::world::World;
use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};

/// What a listener does with a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Act {
    /// Closes at once.
    Close,
    /// Reads the first bytes, then closes.
    ReadAndClose,
    /// Reads part of the first bytes, then closes, which the kernel turns into a reset.
    ReadAndReset,
    /// Sends an unexpected answer.
    Babble,
    /// As a SOCKS5 or HTTP proxy: rejects.
    Refuse,
    /// As a SOCKS5 or HTTP proxy: connects, then copies in both directions.
    Connect,
    /// The same, but closes after the first bytes of the client.
    ConnectAndCut,
}

/// A listener that acts by a list and repeats the last entry.
struct Listener {
    port: u16,
    seen: Arc<Mutex<Vec<String>>>,
}

impl Listener {
    fn start(acts: &[Act]) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let port = listener.local_addr()?.port();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (mut acts, log) = (VecDeque::from(acts.to_vec()), Arc::clone(&seen));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let Some(&act) = acts.front() else { return };
                if acts.len() > 1 {
                    acts.pop_front();
                }
                let log = Arc::clone(&log);
                std::thread::spawn(move || {
                    let at = {
                        let mut log = log.lock().unwrap_or_else(PoisonError::into_inner);
                        log.push(String::new());
                        log.len() - 1
                    };
                    let note = |what: String| log.lock().unwrap_or_else(PoisonError::into_inner)[at] = what;
                    // Many of these tests are about clients that disconnect.
                    let _ = serve(stream, act, note);
                });
            }
        });
        Ok(Self { port, seen })
    }

    /// What clients sent, one entry per connection.
    fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn serve(mut stream: TcpStream, act: Act, note: impl Fn(String)) -> Result<()> {
    match act {
        Act::Close => Ok(()),
        Act::ReadAndClose => {
            let mut buffer = [0; 16 << 10];
            let length = stream.read(&mut buffer)?;
            note(format!("{:02x}", buffer[0]));
            ensure!(length > 0);
            Ok(())
        }
        Act::ReadAndReset => Ok(stream.read_exact(&mut [0; 5])?),
        Act::Babble => {
            let mut buffer = [0; 16 << 10];
            let length = stream.read(&mut buffer)?;
            ensure!(length > 0);
            stream.write_all(b"220 mail.example.org ESMTP ready\r\n\r\n")?;
            Ok(stream.shutdown(Shutdown::Write)?)
        }
        Act::Refuse | Act::Connect | Act::ConnectAndCut => {
            let mut first = [0];
            stream.peek(&mut first)?;
            let target = if first[0] == 5 { socks(&mut stream, act, note)? } else { http(&mut stream, act, note)? };
            match act {
                Act::Connect => copy(stream, &target),
                Act::ConnectAndCut => Ok(stream.read_exact(&mut [0; 1])?),
                _ => Ok(()),
            }
        }
    }
}

fn socks(stream: &mut TcpStream, act: Act, note: impl Fn(String)) -> Result<String> {
    let mut head = [0; 2];
    stream.read_exact(&mut head)?;
    let mut methods = vec![0; usize::from(head[1])];
    stream.read_exact(&mut methods)?;
    let mut user = String::new();
    if methods.contains(&2) {
        stream.write_all(&[5, 2])?;
        let mut sized = |skip: usize| -> Result<String> {
            let mut length = vec![0; skip + 1];
            stream.read_exact(&mut length)?;
            let mut text = vec![0; usize::from(length[skip])];
            stream.read_exact(&mut text)?;
            Ok(String::from_utf8(text)?)
        };
        user = format!("{}:{}@", sized(1)?, sized(0)?);
        stream.write_all(&[1, 0])?;
    } else {
        stream.write_all(&[5, 0])?;
    }
    let mut request = [0; 4];
    stream.read_exact(&mut request)?;
    let host = match request[3] {
        1 => {
            let mut address = [0; 4];
            stream.read_exact(&mut address)?;
            std::net::Ipv4Addr::from(address).to_string()
        }
        _ => {
            let mut length = [0];
            stream.read_exact(&mut length)?;
            let mut name = vec![0; usize::from(length[0])];
            stream.read_exact(&mut name)?;
            format!("name {}", String::from_utf8(name)?)
        }
    };
    let mut port = [0; 2];
    stream.read_exact(&mut port)?;
    note(format!("{user}{host}"));
    let status = if act == Act::Refuse { 2 } else { 0 };
    stream.write_all(&[5, status, 0, 1, 0, 0, 0, 0, 0, 0])?;
    Ok(format!("127.0.0.1:{}", u16::from_be_bytes(port)))
}

fn http(stream: &mut TcpStream, act: Act, note: impl Fn(String)) -> Result<String> {
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    let first = lines.next().context("no request")??;
    for line in lines {
        if line?.is_empty() {
            break;
        }
    }
    note(first.clone());
    let answer = if act == Act::Refuse { "HTTP/1.1 403 Forbidden\r\n\r\n" } else { "HTTP/1.1 200 OK\r\n\r\n" };
    stream.write_all(answer.as_bytes())?;
    let target = first.split(' ').nth(1).context("no target")?;
    Ok(format!("127.0.0.1:{}", target.rsplit(':').next().unwrap_or_default()))
}

fn copy(client: TcpStream, target: &str) -> Result<()> {
    let server = TcpStream::connect(target)?;
    let (mut from, mut to) = (client.try_clone()?, server.try_clone()?);
    let up = std::thread::spawn(move || {
        let _ = std::io::copy(&mut from, &mut to);
        let _ = to.shutdown(Shutdown::Write);
    });
    let (mut from, mut to) = (server, client);
    let _ = std::io::copy(&mut from, &mut to);
    let _ = to.shutdown(Shutdown::Both);
    let _ = up.join();
    Ok(())
}

/// A world that has opted in to a stock site at this address.
async fn opted_in(url: &str) -> Result<World> {
    let world = World::new().await?;
    world.configure(&format!(
        "[receiver]\nurl = '{url}'\n[submit]\nattempts = 3\nwait_seconds = 0\ntimeout_seconds = 5\n"
    ))?;
    world.ok(&["enable", "--yes"])?;
    Ok(world)
}

/// Runs `submit` twice: each run makes three attempts, reports the failure, and leaves the day open.
fn fails_and_leaves_the_day_open(world: &World, expected: &str, named: &[&str]) -> Result<()> {
    let (_, said) = world.run(&["submit"])?;
    for name in named {
        assert!(said.contains(name), "{name}: {said}");
    }
    assert_eq!(world.code(&["submit"])?, (7, expected.to_owned()), "{said}");
    assert_eq!(world.outcomes()?, ["not-sent", "not-sent"], "{said}");
    for run in world.runs()? {
        assert_eq!(run["ended"]["attempts"], 3, "{said}");
    }
    Ok(())
}

#[tokio::test]
async fn a_host_that_does_not_resolve_is_named_and_the_day_stays_open() -> Result<()> {
    for url in ["http://stats.invalid/log.php", "https://stats.invalid/log.php"] {
        let world = opted_in(url).await?;
        fails_and_leaves_the_day_open(&world, "receiver-not-resolved", &["cannot resolve \"stats.invalid\""])?;
    }
    Ok(())
}

#[tokio::test]
async fn a_refused_connection_leaves_the_day_open() -> Result<()> {
    let free = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
    let url = format!("https://{free}/log.php");
    fails_and_leaves_the_day_open(&opted_in(&url).await?, "receiver-unreachable", &[&url, "connection refused"])
}

#[tokio::test]
async fn a_tls_handshake_that_is_cut_leaves_the_day_open() -> Result<()> {
    for act in [Act::Close, Act::ReadAndClose, Act::ReadAndReset, Act::Babble] {
        let listener = Listener::start(&[act])?;
        let world = opted_in(&format!("https://localhost:{}/log.php", listener.port)).await?;
        fails_and_leaves_the_day_open(&world, "receiver-tls", &["TLS handshake with \"localhost\""])?;
        assert_eq!(listener.seen().len(), 6, "{act:?}");
        if act == Act::ReadAndClose {
            assert!(listener.seen().iter().all(|first| first == "16"), "the ClientHello came, and nothing else");
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_request_that_was_written_may_have_arrived() -> Result<()> {
    // Over plain HTTP, the first bytes are those of the request, with or without a proxy.
    for act in [Act::ReadAndClose, Act::ReadAndReset] {
        let listener = Listener::start(&[act])?;
        let world = opted_in(&format!("http://127.0.0.1:{}/log.php", listener.port)).await?;
        assert_eq!(world.code(&["submit"])?, (7, "receiver-no-answer".to_owned()), "{act:?}");
        assert_eq!((world.outcomes()?, listener.seen().len()), (vec!["unknown".to_owned()], 1), "{act:?}");
        assert_eq!(world.code(&["submit"])?.1, "maybe-sent", "{act:?}");
    }
    for scheme in ["http", "socks5h"] {
        let proxy = Listener::start(&[Act::ConnectAndCut])?;
        let mut world = opted_in("http://stats.invalid/log.php").await?;
        world.variables = vec![("http_proxy", format!("{scheme}://127.0.0.1:{}", proxy.port))];
        assert_eq!(world.code(&["submit"])?, (7, "receiver-no-answer".to_owned()), "{scheme}");
        assert_eq!((world.outcomes()?, proxy.seen().len()), (vec!["unknown".to_owned()], 1), "{scheme}");
    }
    Ok(())
}

#[tokio::test]
async fn a_proxy_that_is_not_found_or_fails_leaves_the_day_open() -> Result<()> {
    let free = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    for scheme in ["http", "socks5", "socks5h"] {
        let mut world = opted_in("https://127.0.0.1:9/log.php").await?;
        world.variables = vec![("https_proxy", format!("{scheme}://me:hunter2@proxy1.invalid:3128"))];
        let named = ["cannot resolve the proxy \"proxy1.invalid\" (from https_proxy)"];
        fails_and_leaves_the_day_open(&world, "proxy-unreachable", &named)?;
        assert!(!world.run(&["submit"])?.1.contains("hunter2"));

        let mut world = opted_in("https://127.0.0.1:9/log.php").await?;
        world.variables = vec![("ALL_PROXY", format!("{scheme}://127.0.0.1:{free}"))];
        let named = [format!("the proxy \"127.0.0.1:{free}\" (from ALL_PROXY): connection refused")];
        fails_and_leaves_the_day_open(&world, "proxy-unreachable", &[&named[0]])?;
    }
    for scheme in ["http", "socks5h"] {
        for act in [Act::Close, Act::ReadAndClose, Act::ReadAndReset, Act::Babble, Act::Refuse] {
            let proxy = Listener::start(&[act])?;
            let mut world = opted_in("https://stats.invalid/log.php").await?;
            world.variables = vec![("https_proxy", format!("{scheme}://127.0.0.1:{}", proxy.port))];
            fails_and_leaves_the_day_open(&world, "proxy-unreachable", &["\"stats.invalid\"", "(from https_proxy)"])?;
            assert_eq!(proxy.seen().len(), 6, "{scheme} {act:?}");
        }
        // Cut during the handshake with the receiver, after the proxy connected.
        let proxy = Listener::start(&[Act::ConnectAndCut])?;
        let mut world = opted_in("https://stats.invalid/log.php").await?;
        world.variables = vec![("https_proxy", format!("{scheme}://127.0.0.1:{}", proxy.port))];
        fails_and_leaves_the_day_open(&world, "receiver-tls", &["\"stats.invalid\""])?;
    }
    Ok(())
}

#[tokio::test]
async fn a_report_is_sent_through_proxies() -> Result<()> {
    for (proxy_url, expected) in [
        ("http://127.0.0.1:", "CONNECT stats.invalid:"),
        ("socks5h://127.0.0.1:", "name stats.invalid"),
        ("socks5h://me:p%40ss@127.0.0.1:", "me:p@ss@name stats.invalid"),
    ] {
        let site = Site::start(Plays::Stock)?;
        let port = site.url.rsplit(':').next().context("no port")?.to_owned();
        let proxy = Listener::start(&[Act::Close, Act::Refuse, Act::Connect])?;
        let mut world = opted_in(&format!("http://stats.invalid:{port}/log.php")).await?;
        world.variables = vec![("http_proxy", format!("{proxy_url}{}", proxy.port))];
        world.ok(&["submit"])?;
        assert_eq!((site.kept().len(), world.outcomes()?), (1, vec!["sent".to_owned()]), "{proxy_url}");
        assert_eq!(world.runs()?[0]["ended"]["attempts"], 3);
        assert!(proxy.seen()[2].starts_with(expected), "{:?}", proxy.seen());
    }
    // With socks5, the agent resolves the name.
    let site = Site::start(Plays::Stock)?;
    let proxy = Listener::start(&[Act::Connect])?;
    let mut world = opted_in(&site.log()).await?;
    world.variables = vec![("ALL_PROXY", format!("socks5://127.0.0.1:{}", proxy.port))];
    site.next(Instead::KeepAndClose);
    assert_eq!(world.code(&["submit"])?, (7, "receiver-no-answer".to_owned()));
    assert_eq!((world.outcomes()?, proxy.seen()), (vec!["unknown".to_owned()], vec!["127.0.0.1".to_owned()]));
    Ok(())
}

#[tokio::test]
async fn librenms_s_own_proxy_setting_may_be_a_socks_proxy() -> Result<()> {
    let (world, site) = World::reporting(Plays::Stock).await?;
    let proxy = Listener::start(&[Act::Connect])?;
    let socks = format!("socks5h://127.0.0.1:{}", proxy.port);
    world.sql(&format!("INSERT INTO config VALUES ('http_proxy', '\"{socks}\"')")).await?;
    world.ok(&["submit"])?;
    assert_eq!((site.kept().len(), proxy.seen().len()), (1, 1));
    Ok(())
}

#[tokio::test]
async fn an_unsupported_proxy_is_rejected_at_once_and_nothing_is_sent() -> Result<()> {
    let (mut world, site) = World::reporting(Plays::Stock).await?;
    for value in ["https://127.0.0.1:9", "socks9://127.0.0.1:9", "http://", "://"] {
        world.variables = vec![("http_proxy", value.to_owned())];
        assert_eq!(world.code(&["submit"])?, (7, "proxy-invalid".to_owned()), "{value}");
    }
    assert!(site.requests().is_empty());
    for run in world.runs()? {
        assert_eq!((&run["ended"]["outcome"], &run["ended"]["attempts"]), (&"not-sent".into(), &1.into()));
    }
    Ok(())
}

#[tokio::test]
async fn no_proxy_takes_networks_and_ports() -> Result<()> {
    let (mut world, site) = World::reporting(Plays::Stock).await?;
    let port = site.url.rsplit(':').next().context("no port")?.to_owned();
    let proxy = ("http_proxy", "http://127.0.0.1:9".to_owned());
    let direct =
        ["127.0.0.0/8".to_owned(), "*".to_owned(), format!("127.0.0.1:{port}"), "a.example 127.0.0.1".to_owned()];
    for (sent, list) in direct.into_iter().enumerate() {
        world.variables = vec![proxy.clone(), ("no_proxy", list.clone())];
        world.ok(&["submit", "--again"])?;
        assert_eq!(site.kept().len(), sent + 1, "{list}");
    }
    for list in ["128.0.0.0/8", "127.0.0.1:1", "0.0.1", ".1"] {
        world.variables = vec![proxy.clone(), ("no_proxy", list.to_owned())];
        assert_eq!(world.code(&["submit", "--again"])?, (7, "proxy-unreachable".to_owned()), "{list}");
    }
    assert_eq!(site.kept().len(), 4);
    Ok(())
}

#[tokio::test]
async fn a_callback_receiver_on_another_host_needs_https_or_a_setting() -> Result<()> {
    let (world, site) = World::reporting(Plays::Ours).await?;
    let port = site.url.rsplit(':').next().context("no port")?.to_owned();
    // It gets no request: the name does not resolve.
    let configure = |more: &str| {
        world.configure(&format!(
            "[receiver]\nurl = 'http://stats.invalid:{port}/log.php'\nkind = 'callback-stats'\n{more}\
             [submit]\nattempts = 1\ntimeout_seconds = 2\n"
        ))
    };
    world.ok(&["submit"])?;
    configure("")?;
    for arguments in [&["enable", "--yes"][..], &["submit"], &["config", "check"]] {
        assert_eq!(world.code(arguments)?, (3, "receiver-url-insecure".to_owned()), "{arguments:?}");
    }
    configure("allow_http = true\n")?;
    world.ok(&["config", "check"])?;
    world.ok(&["enable", "--yes"])?;
    assert_eq!(world.code(&["submit", "--again"])?, (7, "receiver-not-resolved".to_owned()));
    // Opting out and deleting work without an allowed receiver.
    configure("")?;
    world.ok(&["disable"])?;
    world.ok(&["clear"])?;
    Ok(())
}

#[tokio::test]
async fn php_is_found_even_if_it_prints_warnings_first() -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let mut world = World::new().await?;
    let programs = world.folder.path().join("programs");
    std::fs::create_dir(&programs)?;
    let php = programs.join("php");
    std::fs::write(
        &php,
        "#!/bin/sh\necho\necho \"Warning: PHP Startup: Unable to load dynamic library 'ldap.so' in Unknown on line 0\"\n\
         echo 'PHP Warning:  PHP Startup: the same again'\necho 'PHP 8.2.36 (cli) (built: Aug  3 2026 20:00:00) (NTS)'\n",
    )?;
    std::fs::set_permissions(&php, std::fs::Permissions::from_mode(0o755))?;
    let path = std::env::var("PATH").unwrap_or_default();
    world.variables = vec![("PATH", format!("{}:{path}", programs.display()))];
    let report: serde_json::Value = serde_json::from_str(&world.ok(&["preview", "--raw"])?)?;
    assert!(report.to_string().contains("8.2.36"), "{}", report["info"]);
    Ok(())
}
