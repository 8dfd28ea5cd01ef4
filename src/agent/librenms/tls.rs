//! TLS with a database server: when it is used, its files, and its errors.

use super::endpoint::{Endpoint, Setting};
use crate::code::Code;
use crate::error::{Error, Result};
use crate::files::{MAX_SETTINGS, read, why};
use rustls::CertificateError;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use sqlx::mysql::{MySqlConnectOptions, MySqlSslMode};
use std::path::{Path, PathBuf};

/// The TLS settings of a connection.
#[derive(Debug, Clone)]
pub(super) struct Tls {
    pub(super) mode: MySqlSslMode,
    /// The CA's file. Without verification it is not read, as in PHP.
    pub(super) ca: Option<PathBuf>,
    /// The client's certificate.
    pub(super) certificate: Option<PathBuf>,
    /// Its key; if this is not set, the certificate's file contains the key.
    pub(super) key: Option<PathBuf>,
    /// The setting that names the CA.
    pub(super) ca_setting: Setting,
    /// The setting that names the client's certificate.
    pub(super) certificate_setting: Setting,
    /// The setting that names its key.
    pub(super) key_setting: Setting,
}

impl Tls {
    /// TLS if the server offers it and the handshake succeeds, without verification.
    pub(super) const fn preferred(ca_setting: Setting, certificate_setting: Setting, key_setting: Setting) -> Self {
        Self {
            mode: MySqlSslMode::Preferred,
            ca: None,
            certificate: None,
            key: None,
            ca_setting,
            certificate_setting,
            key_setting,
        }
    }

    /// The mode with this name in MySQL or PostgreSQL.
    pub(super) fn mode(word: &str) -> Option<MySqlSslMode> {
        Some(match word.to_ascii_lowercase().replace('_', "-").as_str() {
            "disable" | "disabled" => MySqlSslMode::Disabled,
            "allow" | "prefer" | "preferred" => MySqlSslMode::Preferred,
            "require" | "required" => MySqlSslMode::Required,
            "verify-ca" => MySqlSslMode::VerifyCa,
            "verify-full" | "verify-identity" => MySqlSslMode::VerifyIdentity,
            _ => return None,
        })
    }

    /// Whether an unencrypted connection is also allowed.
    pub(super) const fn is_optional(&self) -> bool {
        matches!(self.mode, MySqlSslMode::Preferred)
    }

    /// The options with the TLS files.
    ///
    /// # Errors
    /// [`Code::DatabaseTlsFile`] for a file that cannot be read or has the wrong content.
    pub(super) fn applied(&self, options: MySqlConnectOptions) -> Result<MySqlConnectOptions> {
        // A socket has no host name to verify.
        let mode = match self.mode {
            MySqlSslMode::VerifyIdentity if options.get_socket().is_some() => MySqlSslMode::VerifyCa,
            mode => mode,
        };
        let mut options = options.ssl_mode(mode);
        if matches!(mode, MySqlSslMode::Disabled) {
            return Ok(options);
        }
        let verifies = matches!(mode, MySqlSslMode::VerifyCa | MySqlSslMode::VerifyIdentity);
        if let Some(file) = self.ca.as_deref().filter(|_| verifies) {
            options = options.ssl_ca_from_pem(pem(file, &self.ca_setting, has_certificate, "certificate")?);
        }
        if let Some(file) = self.certificate.as_deref() {
            let (key_file, key_setting) = match self.key.as_deref() {
                Some(key) => (key, &self.key_setting),
                None => (file, &self.certificate_setting),
            };
            let certificate = pem(file, &self.certificate_setting, has_certificate, "certificate")?;
            let key = pem(key_file, key_setting, has_key, "private key")?;
            options = options.ssl_client_cert_from_pem(certificate).ssl_client_key_from_pem(key);
        }
        Ok(options)
    }
}

fn has_certificate(pem: &[u8]) -> bool {
    let mut found = CertificateDer::pem_slice_iter(pem).peekable();
    found.peek().is_some() && found.all(|certificate| certificate.is_ok())
}

fn has_key(pem: &[u8]) -> bool {
    PrivateKeyDer::from_pem_slice(pem).is_ok()
}

/// Reads a setting's PEM file.
fn pem(file: &Path, setting: &Setting, holds: fn(&[u8]) -> bool, what: &str) -> Result<Vec<u8>> {
    let shown = file.display();
    let bytes = read(file, MAX_SETTINGS).map_err(|error| {
        let message =
            format!("cannot read {shown}, which {setting} names: {}; check the path and its mode", why(&error));
        Error::new(Code::DatabaseTlsFile, message).caused_by(error)
    })?;
    if holds(&bytes) {
        return Ok(bytes);
    }
    let message = format!("{shown}, which {setting} names, has no {what} in PEM form; check the file");
    Err(Error::new(Code::DatabaseTlsFile, message))
}

/// The rustls error within a driver's error.
pub(super) fn cause(error: &sqlx::Error) -> Option<&rustls::Error> {
    match error {
        sqlx::Error::Io(error) => error.get_ref()?.downcast_ref(),
        sqlx::Error::Tls(error) => error.downcast_ref(),
        _ => None,
    }
}

/// Whether it was the TLS handshake that failed, not the connection.
pub(super) fn failed(error: &sqlx::Error) -> bool {
    use std::io::ErrorKind as Kind;
    match error {
        sqlx::Error::Tls(_) => true,
        // A server that fails the handshake closes the connection.
        sqlx::Error::Io(io) => {
            cause(error).is_some()
                || matches!(
                    io.kind(),
                    Kind::InvalidData
                        | Kind::UnexpectedEof
                        | Kind::ConnectionReset
                        | Kind::ConnectionAborted
                        | Kind::BrokenPipe
                )
        }
        _ => false,
    }
}

/// The message for a TLS error, with what to do.
pub(super) fn error(error: &sqlx::Error, endpoint: &Endpoint, ca: &Setting) -> Error {
    let place = &endpoint.place;
    let Some(rustls::Error::InvalidCertificate(rejected)) = cause(error) else {
        let why = reason(error);
        let off = &endpoint.tls_off;
        return Error::new(
            Code::DatabaseTls,
            format!(
                "cannot use TLS with the database at {place}: {why}; check the server's TLS settings, or set {off}"
            ),
        );
    };
    let (why, advice) = rejection(rejected, endpoint, ca);
    Error::new(
        Code::DatabaseTlsCertificate,
        format!("the certificate of the database at {place} was rejected: {why}; {advice}"),
    )
}

/// Why TLS failed, in a few words.
pub(super) fn reason(error: &sqlx::Error) -> String {
    match cause(error) {
        Some(rustls::Error::InvalidCertificate(rejected)) => fault(rejected),
        Some(rustls::Error::AlertReceived(alert)) => format!("the server ended the handshake with alert {alert:?}"),
        Some(rustls::Error::PeerIncompatible(_)) => {
            "the server has neither TLS 1.2 nor 1.3, or no cipher in common".to_owned()
        }
        Some(_) => "the handshake failed".to_owned(),
        None => match error {
            sqlx::Error::Io(error) if error.kind() != std::io::ErrorKind::InvalidData => {
                format!("the handshake failed: {}", why(error))
            }
            sqlx::Error::Io(_) => "the handshake failed".to_owned(),
            _ => "the server does not offer it".to_owned(),
        },
    }
}

/// Why a certificate is invalid, in a few words.
fn fault(rejected: &CertificateError) -> String {
    use CertificateError as E;
    match rejected {
        E::Expired | E::ExpiredContext { .. } => "it has expired".to_owned(),
        E::NotValidYet | E::NotValidYetContext { .. } => "it is not valid yet".to_owned(),
        E::UnknownIssuer => "its issuer is not trusted".to_owned(),
        E::NotValidForNameContext { presented, .. } if presented.is_empty() => {
            "it has no subjectAltName, and a common name alone does not count".to_owned()
        }
        E::NotValidForName | E::NotValidForNameContext { .. } => "it is for a different host".to_owned(),
        E::Revoked => "it is revoked".to_owned(),
        E::BadSignature => "its signature is wrong".to_owned(),
        E::InvalidPurpose | E::InvalidPurposeContext { .. } => "it is not for servers".to_owned(),
        _ => match webpki(rejected) {
            Some(webpki::Error::UnsupportedCertVersion) => "it is an X.509 version 1 certificate".to_owned(),
            Some(webpki::Error::CaUsedAsEndEntity) => "it is a CA's own certificate".to_owned(),
            Some(error) => format!("it is not valid ({error:?})"),
            None => "it is not valid".to_owned(),
        },
    }
}

/// A name without rustls's wrapper: `DnsName("db1")`.
fn bare(name: &str) -> &str {
    let inner = name.split_once('(').and_then(|(_, rest)| rest.strip_suffix(')')).unwrap_or(name);
    inner.trim_matches('"')
}

/// The verifier's error, if rustls has no variant for it.
fn webpki(rejected: &CertificateError) -> Option<&webpki::Error> {
    match rejected {
        CertificateError::Other(other) => other.0.downcast_ref(),
        _ => None,
    }
}

/// Why a certificate was rejected, and what to do.
fn rejection(rejected: &CertificateError, endpoint: &Endpoint, ca: &Setting) -> (String, String) {
    use CertificateError as E;
    let off = &endpoint.tls_off;
    let reissue = |how: &str| format!("reissue it {how}, or connect without TLS: {off}");
    let for_host = endpoint.host.as_deref().map(|host| format!("for {host}")).unwrap_or_default();
    let advice = match rejected {
        E::NotValidForNameContext { presented, .. } if presented.is_empty() => {
            reissue(&format!("with a subjectAltName {for_host}"))
        }
        E::NotValidForName | E::NotValidForNameContext { .. } => {
            let names = match rejected {
                E::NotValidForNameContext { presented, .. } => {
                    presented.iter().map(|name| bare(name)).collect::<Vec<_>>().join(", ")
                }
                _ => String::new(),
            };
            let address = &endpoint.address;
            return (
                format!("it is for a different host ({names})"),
                format!("check {address}, or {}", reissue(&format!("with a subjectAltName {for_host}"))),
            );
        }
        E::UnknownIssuer => format!("check that {ca} names the CA that issued it"),
        E::Expired | E::ExpiredContext { .. } | E::NotValidYet | E::NotValidYetContext { .. } => {
            format!("check this host's clock, or {}", reissue("with valid dates"))
        }
        _ => match webpki(rejected) {
            Some(webpki::Error::UnsupportedCertVersion) => reissue("as version 3"),
            Some(webpki::Error::CaUsedAsEndEntity) => reissue("with a CA of its own, or with CA:FALSE"),
            _ => reissue("for this server"),
        },
    };
    (fault(rejected), advice)
}
