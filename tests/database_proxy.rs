//! Runs between an agent and a MariaDB server: passes packets on, but for queries that it answers with an error, as
//! clusters and proxies do; or plays a server that only gets as far as the login.

use anyhow::{Context, Result, ensure};
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The command that a text query begins with.
const COM_QUERY: u8 = 3;

/// The most that a packet of these tests has.
const MAX_PACKET: usize = 1 << 24;

/// A proxy. It ends with the test.
pub struct DatabaseProxy {
    /// Where it listens.
    pub address: SocketAddr,
    rejected: Arc<AtomicUsize>,
}

impl DatabaseProxy {
    /// A proxy that passes everything on, of any protocol.
    ///
    /// # Errors
    /// If it cannot listen there.
    pub fn passing(listen: &str, server: u16) -> Result<Self> {
        Self::start(listen, server, None)
    }

    /// A proxy that answers queries which contain a text with an error of this number.
    ///
    /// # Errors
    /// If it cannot listen there.
    pub fn rejecting(listen: &str, server: u16, text: &'static str, number: u16) -> Result<Self> {
        Self::start(listen, server, Some((text, number)))
    }

    fn start(listen: &str, server: u16, rejects: Option<(&'static str, u16)>) -> Result<Self> {
        let listener = TcpListener::bind(listen)?;
        let (address, rejected) = (listener.local_addr()?, Arc::new(AtomicUsize::new(0)));
        let count = Arc::clone(&rejected);
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let count = Arc::clone(&count);
                // A client or server that leaves ends its connection, and nothing else.
                std::thread::spawn(move || pass(client, server, rejects, &count));
            }
        });
        Ok(Self { address, rejected })
    }

    /// How many queries were rejected.
    #[must_use]
    pub fn rejected(&self) -> usize {
        self.rejected.load(Ordering::SeqCst)
    }
}

fn pass(mut client: TcpStream, server: u16, rejects: Option<(&str, u16)>, count: &AtomicUsize) -> Result<()> {
    let mut server = TcpStream::connect(("127.0.0.1", server))?;
    let (mut answers, mut to_client) = (server.try_clone()?, client.try_clone()?);
    std::thread::spawn(move || {
        let _ = std::io::copy(&mut answers, &mut to_client);
        let _ = to_client.shutdown(Shutdown::Both);
    });
    let Some((text, number)) = rejects else {
        std::io::copy(&mut client, &mut server)?;
        return Ok(server.shutdown(Shutdown::Both)?);
    };
    while let Ok((sequence, payload)) = read_packet(&mut client) {
        if payload.first() == Some(&COM_QUERY) && String::from_utf8_lossy(&payload).contains(text) {
            count.fetch_add(1, Ordering::SeqCst);
            client.write_all(&packet(sequence + 1, &error(number)))?;
        } else {
            server.write_all(&packet(sequence, &payload))?;
        }
    }
    server.shutdown(Shutdown::Both)?;
    Ok(())
}

fn read_packet(from: &mut TcpStream) -> Result<(u8, Vec<u8>)> {
    let mut header = [0; 4];
    from.read_exact(&mut header)?;
    let length = usize::from(header[0]) | usize::from(header[1]) << 8 | usize::from(header[2]) << 16;
    ensure!(length < MAX_PACKET, "a packet of several parts");
    let mut payload = vec![0; length];
    from.read_exact(&mut payload)?;
    Ok((header[3], payload))
}

fn packet(sequence: u8, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap_or_default().to_le_bytes();
    [&length[..3], &[sequence], payload].concat()
}

/// An error packet.
fn error(number: u16) -> Vec<u8> {
    let mut payload = vec![0xff];
    payload.extend(number.to_le_bytes());
    payload.extend(b"#HY000rejected by a test");
    payload
}

/// A server without TLS whose user has `caching_sha2_password`: the first packets of MySQL's protocol, up to the public
/// key that it offers for the password. Returns its address.
///
/// # Errors
/// If it cannot listen.
pub fn sha2_server() -> Result<SocketAddr> {
    const PLUGIN: &[u8] = b"caching_sha2_password\0";
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    std::thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let _ = log_in(client, PLUGIN);
        }
    });
    Ok(address)
}

fn log_in(mut client: TcpStream, plugin: &[u8]) -> Result<()> {
    // CLIENT_PROTOCOL_41, CLIENT_CONNECT_WITH_DB, CLIENT_SECURE_CONNECTION and CLIENT_PLUGIN_AUTH; no CLIENT_SSL.
    let capabilities: u32 = 0x0008_8208;
    let [low, more, high, highest] = capabilities.to_le_bytes();
    let mut greeting = vec![10];
    greeting.extend(b"8.4.3\0");
    greeting.extend(7_u32.to_le_bytes());
    greeting.extend(b"12345678\0");
    greeting.extend([low, more, 0xff, 2, 0, high, highest, 21]);
    greeting.extend([0; 10]);
    greeting.extend(b"abcdefghijkl\0");
    greeting.extend(plugin);
    client.write_all(&packet(0, &greeting))?;
    let (sequence, _) = read_packet(&mut client)?;
    // The password is not in the server's cache: the whole login is needed.
    client.write_all(&packet(sequence + 1, &[1, 4]))?;
    let (sequence, asked) = read_packet(&mut client)?;
    ensure!(asked.first().context("a request for the key")? == &2, "the client sent something else: {asked:?}");
    client.write_all(&packet(sequence + 1, b"\x01-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----\n"))?;
    let _ = read_packet(&mut client);
    Ok(())
}
