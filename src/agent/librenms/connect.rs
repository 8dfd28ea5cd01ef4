//! Connects to MariaDB or MySQL. Tries each host of a cluster, and connects without TLS if TLS is optional and fails.

use super::database::Server;
use super::endpoint::Endpoint;
use super::refusal::server_error;
use super::tls;
use crate::code::Code;
use crate::error::{Error, Result};
use sqlx::ConnectOptions;
use sqlx::mysql::{MySqlConnectOptions, MySqlConnection, MySqlSslMode};
use std::time::Duration;

/// Timeout for connecting to a server.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(15);

/// Timeout for each host of a cluster, since the next one may be up.
const HOST_TIMEOUT: Duration = Duration::from_secs(5);

/// A connection to a server.
pub(super) struct Opened {
    pub(super) connection: MySqlConnection,
    pub(super) endpoint: Endpoint,
    /// Why optional TLS is not used although the server offers it.
    pub(super) unencrypted: Option<String>,
}

/// Connects to the first host that accepts the connection. A cluster's hosts for reading are not used: one that lags
/// behind may not have an opt-out yet, and would look as if the uuid had been removed.
///
/// # Errors
/// [`Exit::Database`](crate::code::Exit::Database): the first host's error.
pub(super) async fn connect(server: &Server) -> Result<Opened> {
    let more = &server.more_hosts;
    let limit = if more.is_empty() { CONNECT_TIMEOUT } else { HOST_TIMEOUT };
    let options = server.options.clone().disable_statement_logging();
    let port = options.get_port();
    let first = match at_host(server, options.clone(), server.endpoint.clone(), limit).await {
        Ok(opened) => return Ok(opened),
        Err(error) => error,
    };
    let mut failed = Vec::new();
    for (host, setting) in more {
        let endpoint = server.endpoint.at(host, port, setting);
        match at_host(server, options.clone().host(host), endpoint, limit).await {
            Ok(opened) => return Ok(opened),
            Err(error) => failed.push(format!("{setting} ({})", error.code().as_str())),
        }
    }
    if failed.is_empty() {
        return Err(first);
    }
    let message = format!("{}; the cluster's other hosts failed too: {}", first.message(), failed.join(", "));
    Err(Error::new(first.code(), message))
}

async fn at_host(server: &Server, options: MySqlConnectOptions, endpoint: Endpoint, limit: Duration) -> Result<Opened> {
    let options = server.tls.applied(options)?;
    // Optional TLS gets a third of the time, so that a hanging handshake leaves time for a connection without TLS.
    let first = attempt(&options, if server.tls.is_optional() { limit / 3 } else { limit }).await;
    let why = match first {
        Ok(Ok(connection)) => return Ok(Opened { connection, endpoint, unencrypted: None }),
        Ok(Err(error)) if server.tls.is_optional() && tls::failed(&error) => tls::reason(&error),
        Ok(Err(error)) => return Err(server_error(&error, &endpoint, &server.tls.ca_setting)),
        Err(_) if server.tls.is_optional() => "the handshake timed out".to_owned(),
        Err(_) => return Err(no_answer(&endpoint, limit)),
    };
    match attempt(&options.ssl_mode(MySqlSslMode::Disabled), limit).await {
        Ok(Ok(connection)) => Ok(Opened { connection, endpoint, unencrypted: Some(why) }),
        Ok(Err(error)) => Err(rejected_without_tls(&server_error(&error, &endpoint, &server.tls.ca_setting), &why)),
        Err(_) => Err(no_answer(&endpoint, limit)),
    }
}

/// The server's error without TLS, after TLS failed. MariaDB rejects a user who must use TLS as it rejects a wrong
/// password.
fn rejected_without_tls(error: &Error, why: &str) -> Error {
    let message = match error.code() {
        Code::DatabaseLogin | Code::DatabaseTls => {
            format!("{}; TLS could not be used ({why}), and the server may require it", error.message())
        }
        _ => error.message().to_owned(),
    };
    Error::new(error.code(), message)
}

/// One attempt, with a timeout for all of its steps.
async fn attempt(
    options: &MySqlConnectOptions,
    limit: Duration,
) -> std::result::Result<sqlx::Result<MySqlConnection>, tokio::time::error::Elapsed> {
    tokio::time::timeout(limit, options.connect()).await
}

fn no_answer(endpoint: &Endpoint, limit: Duration) -> Error {
    Error::new(
        Code::DatabaseUnreachable,
        format!(
            "the database at {} did not answer within {} seconds; check that it runs and can be reached, and {}",
            endpoint.place,
            limit.as_secs(),
            endpoint.address
        ),
    )
}
