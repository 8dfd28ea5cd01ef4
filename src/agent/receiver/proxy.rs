//! The proxy for a URL: from the environment, or else from LibreNMS's settings. `no_proxy` works as in curl.

use crate::librenms::Settings;
use ipnet::IpNet;
use std::net::IpAddr;
use ureq::ProxyProtocol;
use ureq::http::Uri;

/// A proxy, and the setting that names it.
#[derive(Debug, Clone)]
pub(super) struct Proxy {
    pub(super) proxy: ureq::Proxy,
    /// The setting, for example `https_proxy`.
    source: String,
}

impl Proxy {
    /// Its host, and the setting that names it, without user and password.
    pub(super) fn host(&self) -> String {
        format!("\"{}\" (from {})", self.proxy.host(), self.source)
    }

    /// The same with the port.
    pub(super) fn place(&self) -> String {
        format!("\"{}:{}\" (from {})", self.proxy.host(), self.proxy.port(), self.source)
    }
}

/// The proxy for a URL, or why it cannot be determined.
pub(super) fn choose(url: &str, settings: Option<&Settings>) -> Result<Option<Proxy>, String> {
    let variable = |name: &str| {
        [name.to_owned(), name.to_ascii_uppercase()].into_iter().find_map(|name| {
            let value = std::env::var(&name).ok().filter(|value| !value.trim().is_empty())?;
            Some((name, value))
        })
    };
    let name = if url.starts_with("https:") { "https_proxy" } else { "http_proxy" };
    if let Some((source, proxy)) = variable(name).or_else(|| variable("all_proxy")) {
        let exceptions = variable("no_proxy").map(|(_, value)| value).unwrap_or_default();
        return unless_excepted(url, &exceptions, &proxy, source);
    }
    let setting = |name: &str| {
        let value = settings?.by_name.get(name);
        value.map(String::as_str).filter(|value| !value.trim().is_empty() && *value != "false")
    };
    if settings.is_some_and(|settings| [name, "no_proxy"].iter().any(|name| settings.unreadable.contains(name))) {
        return Err(
            "config.php computes the proxy, and the agent does not run PHP; set https_proxy in the environment"
                .to_owned(),
        );
    }
    let Some(proxy) = setting(name) else { return Ok(None) };
    unless_excepted(url, setting("no_proxy").unwrap_or_default(), proxy, format!("LibreNMS's {name}"))
}

/// The proxy, unless the URL is excepted by `no_proxy`.
fn unless_excepted(url: &str, exceptions: &str, proxy: &str, source: String) -> Result<Option<Proxy>, String> {
    if is_excepted(url, exceptions) {
        return Ok(None);
    }
    // The value is not repeated: it may hold a password.
    let invalid = || {
        format!(
            "the proxy in {source} is not valid; expected, for example, http://proxy.example.org:3128 or \
             socks5h://proxy.example.org:1080"
        )
    };
    let parsed = ureq::Proxy::new(proxy.trim()).map_err(|_| invalid())?;
    if parsed.host().is_empty() {
        return Err(invalid());
    }
    if parsed.protocol() == ProxyProtocol::Https {
        return Err(format!(
            "the proxy in {source} starts with https://, and TLS to a proxy is not supported; use http:// or socks5h://"
        ));
    }
    Ok(Some(Proxy { proxy: parsed, source }))
}

/// Whether a URL is on a `no_proxy` list: `*`, domains (with all names below them, with or without a leading dot),
/// addresses and networks, each with an optional port. Commas or spaces separate them, as in curl.
fn is_excepted(url: &str, list: &str) -> bool {
    let Ok(uri) = url.parse::<Uri>() else { return false };
    let Some(host) = uri.host() else { return false };
    let port = uri.port_u16().unwrap_or(if uri.scheme_str() == Some("https") { 443 } else { 80 });
    let host = without_dot(without_brackets(host)).to_ascii_lowercase();
    let address = host.parse::<IpAddr>().ok();
    list.split(|c: char| c == ',' || c.is_whitespace()).filter(|entry| !entry.is_empty()).any(|entry| {
        let (entry, wanted) = split_port(entry);
        wanted.is_none_or(|wanted| wanted == port) && (entry == "*" || names(entry, &host, address))
    })
}

/// Whether an entry without a port matches a host.
fn names(entry: &str, host: &str, address: Option<IpAddr>) -> bool {
    let entry = without_brackets(entry);
    let Some(address) = address else {
        let domain = without_dot(entry.strip_prefix('*').unwrap_or(entry));
        let domain = domain.strip_prefix('.').unwrap_or(domain).to_ascii_lowercase();
        let before = host.strip_suffix(domain.as_str());
        return !domain.is_empty() && before.is_some_and(|before| before.is_empty() || before.ends_with('.'));
    };
    let network = match entry.split_once('/') {
        // The brackets may enclose only the address of a network.
        Some((address, length)) => format!("{}/{length}", without_brackets(address)).parse::<IpNet>().ok(),
        None => entry.parse::<IpAddr>().ok().map(IpNet::from),
    };
    network.is_some_and(|network| network.contains(&address))
}

/// Splits an entry into host and port. The colons of an IPv6 address without brackets do not separate a port.
fn split_port(entry: &str) -> (&str, Option<u16>) {
    match entry.rsplit_once(':') {
        Some((host, port)) if !host.contains(':') || host.ends_with(']') => match port.parse() {
            Ok(port) => (host, Some(port)),
            Err(_) => (entry, None),
        },
        _ => (entry, None),
    }
}

fn without_brackets(host: &str) -> &str {
    host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host)
}

fn without_dot(host: &str) -> &str {
    host.strip_suffix('.').unwrap_or(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_proxy_works_as_in_curl_and_with_ports() {
        let cases: &[(&str, &[&str], &[&str])] = &[
            ("*", &["http://a.example/", "https://[2001:db8::1]/", "http://192.0.2.1/"], &[]),
            (
                "example.org",
                &["http://example.org/", "http://a.b.EXAMPLE.org./", "https://example.org:8443/"],
                &["http://anexample.org/", "http://example.org.test/"],
            ),
            (".example.org", &["http://example.org/", "http://a.example.org/"], &["http://anexample.org/"]),
            ("*.example.org", &["http://a.example.org/"], &["http://anexample.org/"]),
            ("127.0.0.0/8", &["http://127.0.0.1/", "http://127.200.3.4:81/"], &["http://128.0.0.1/"]),
            ("192.0.2.77/24", &["http://192.0.2.1/"], &["http://192.0.3.1/"]),
            ("192.0.2.1", &["http://192.0.2.1/", "http://192.0.2.1:8080/"], &["http://192.0.2.10/"]),
            // The end of an IP address is not a domain.
            ("2.1", &[], &["http://192.0.2.1/"]),
            ("2001:db8::/32", &["https://[2001:db8:1::2]/"], &["https://[2001:db9::1]/", "http://192.0.2.1/"]),
            ("[2001:db8::1]", &["https://[2001:db8:0::1]/"], &["https://[2001:db8::2]/"]),
            ("[2001:db8::]/32", &["https://[2001:db8::2]/"], &["https://[2001:db9::2]/"]),
            ("::1", &["http://[::1]:8080/"], &["http://[::2]/"]),
            ("[::1]:8080", &["http://[::1]:8080/"], &["http://[::1]/"]),
            ("example.org:8443", &["https://a.example.org:8443/"], &["https://example.org/"]),
            ("example.org:443", &["https://example.org/"], &["http://example.org/"]),
            ("127.0.0.0/8:81", &["http://127.0.0.1:81/"], &["http://127.0.0.1/"]),
            ("a.example, ,b.example c.example", &["http://b.example/", "http://c.example/"], &["http://d.example/"]),
            (" , ", &[], &["http://a.example/"]),
            ("300.0.0.0/8,10.0.0.0/99", &[], &["http://10.0.0.1/"]),
        ];
        for (list, direct, proxied) in cases {
            direct.iter().for_each(|url| assert!(is_excepted(url, list), "{url} {list}"));
            proxied.iter().for_each(|url| assert!(!is_excepted(url, list), "{url} {list}"));
        }
    }

    #[test]
    fn an_unusable_proxy_is_rejected_with_its_setting_without_its_value() {
        let chosen = |proxy: &str| unless_excepted("https://a.example/", "", proxy, "https_proxy".to_owned());
        for proxy in ["https://me:hunter2@proxy.example:3129", "socks9://hunter2", "http://", "hunter2 x", "://hunter2"]
        {
            let error = chosen(proxy).unwrap_err();
            assert!(error.contains("https_proxy") && !error.contains("hunter2"), "{error}");
        }
        for proxy in ["http://me:hunter2@proxy1:3128", "socks5h://me:hunter2@proxy1:3128", "me:hunter2@proxy1:3128"] {
            let proxy = chosen(proxy).unwrap().unwrap();
            assert_eq!(proxy.place(), "\"proxy1:3128\" (from https_proxy)");
            assert_eq!((proxy.proxy.username(), proxy.proxy.password()), (Some("me"), Some("hunter2")));
        }
    }
}
