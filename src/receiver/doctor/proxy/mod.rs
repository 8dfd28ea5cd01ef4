//! What the configuration of the web server in front says about addresses: whether it logs them, and whether it passes
//! them on. It sees the given file only; other files of the server may log, too.

mod apache;
mod caddy;
mod haproxy;
mod nginx;

use super::checks::{Check, CheckCode};
use callback_common::io_error::describe;
use std::path::{Path, PathBuf};

/// What is wrong with a configuration.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProxyFindings {
    /// Where it logs addresses: the line, and why.
    pub logs: Vec<(usize, String)>,
    /// Where it does not pass on the client's address as it should.
    pub address: Vec<(usize, String)>,
    /// Whether it passes requests to a receiver at all.
    pub is_proxy: bool,
}

/// The kinds of web servers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProxyKind {
    /// nginx.
    Nginx,
    /// Caddy.
    Caddy,
    /// Apache httpd.
    Apache,
    /// HAProxy.
    HaProxy,
}

impl ProxyKind {
    /// The kind of a configuration; `None` if it is not recognised.
    #[must_use]
    pub fn of(text: &str) -> Option<Self> {
        let lines = || text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        let starts = |words: &[&str]| {
            lines().any(|line| {
                let first = line.split(|c: char| c.is_whitespace() || c == '>').next().unwrap_or_default();
                words.iter().any(|word| first.eq_ignore_ascii_case(word))
            })
        };
        if starts(&["<VirtualHost", "ProxyPass", "CustomLog", "ErrorLog"]) {
            Some(Self::Apache)
        } else if starts(&["frontend", "backend", "listen"]) && !lines().any(|line| line.ends_with(';')) {
            Some(Self::HaProxy)
        } else if starts(&["proxy_pass", "access_log", "error_log", "server"])
            && lines().any(|line| line.ends_with(';'))
        {
            Some(Self::Nginx)
        } else if starts(&["reverse_proxy"]) {
            Some(Self::Caddy)
        } else {
            None
        }
    }

    /// Its name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Nginx => "nginx",
            Self::Caddy => "Caddy",
            Self::Apache => "Apache",
            Self::HaProxy => "HAProxy",
        }
    }

    /// The file in `docs/samples` that does it right.
    const fn sample(self) -> &'static str {
        match self {
            Self::Nginx => "nginx.conf",
            Self::Caddy => "Caddyfile",
            Self::Apache => "apache.conf",
            Self::HaProxy => "haproxy.cfg",
        }
    }

    /// Looks for what is wrong.
    #[must_use]
    pub fn findings(self, text: &str) -> ProxyFindings {
        match self {
            Self::Nginx => nginx::findings(text),
            Self::Caddy => caddy::findings(text),
            Self::Apache => apache::findings(text),
            Self::HaProxy => haproxy::findings(text),
        }
    }
}

pub(super) fn check(files: &[PathBuf], checks: &mut Vec<Check>) {
    if files.is_empty() {
        for code in [CheckCode::ProxyLog, CheckCode::ProxyAddress] {
            checks.push(Check::not_checked(code, "name the web server's configuration with --proxy-config"));
        }
    }
    files.iter().for_each(|file| check_file(file, checks));
}

fn check_file(file: &Path, checks: &mut Vec<Check>) {
    let subject = file.display().to_string();
    let codes = [CheckCode::ProxyLog, CheckCode::ProxyAddress];
    let text = match std::fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) => {
            checks.push(Check::failed(codes[0], subject, format!("cannot read it ({})", describe(&error))));
            checks.push(Check::not_checked(codes[1], "the configuration cannot be read"));
            return;
        }
    };
    let Some(kind) = ProxyKind::of(&text) else {
        let finding = "this is not a configuration of nginx, Caddy, Apache or HAProxy that passes requests on";
        checks.push(Check::warning(codes[0], subject, finding).remedy("check by hand that nothing logs addresses"));
        checks.push(Check::not_checked(codes[1], "the configuration is not recognised"));
        return;
    };
    let found = kind.findings(&text);
    let remedy = format!("see docs/samples/{}", kind.sample());
    let list = |found: &[(usize, String)]| {
        found.iter().map(|(line, why)| format!("line {line}: {why}")).collect::<Vec<_>>().join("; ")
    };
    let name = kind.as_str();
    for (code, problems, fine) in [
        (codes[0], &found.logs, "logs no addresses in this file"),
        (codes[1], &found.address, "passes the client's address on"),
    ] {
        checks.push(match (problems.as_slice(), found.is_proxy) {
            (_, false) => Check::warning(code, &subject, format!("{name} passes no requests on in this file"))
                .remedy("name the file that has the receiver's site"),
            ([], true) => Check::ok(code, &subject, format!("{name} {fine}")),
            (problems, true) => Check::failed(code, &subject, list(problems)).remedy(&remedy),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lines with problems: those that log, and those that do not pass on the address.
    fn lines(kind: ProxyKind, text: &str) -> (Vec<usize>, Vec<usize>) {
        assert_eq!(ProxyKind::of(text), Some(kind), "{text}");
        let found = kind.findings(text);
        assert!(found.is_proxy, "{text}");
        let numbers = |list: Vec<(usize, String)>| list.into_iter().map(|(line, _)| line).collect();
        (numbers(found.logs), numbers(found.address))
    }

    #[test]
    fn the_samples_are_right() {
        for (kind, sample) in [
            (ProxyKind::Nginx, include_str!("../../../../docs/samples/nginx.conf")),
            (ProxyKind::Caddy, include_str!("../../../../docs/samples/Caddyfile")),
            (ProxyKind::Apache, include_str!("../../../../docs/samples/apache.conf")),
            (ProxyKind::HaProxy, include_str!("../../../../docs/samples/haproxy.cfg")),
        ] {
            assert_eq!(lines(kind, sample), (vec![], vec![]), "{}", kind.as_str());
        }
    }

    #[test]
    fn nginx_logs_unless_both_logs_are_off_where_requests_are_passed_on() {
        let server = |inside: &str, location: &str| {
            format!("server {{\n{inside}\nlocation / {{\n{location}\nproxy_pass http://x;\n}}\n}}\n")
        };
        let address = "proxy_set_header X-Forwarded-For $remote_addr;";
        let off = "access_log off; error_log /dev/null crit;";
        for (text, expected) in [
            (server(off, address), (vec![], vec![])),
            (server("error_log /dev/null;", address), (vec![3], vec![])),
            (server("access_log off;", address), (vec![3], vec![])),
            (server(off, ""), (vec![], vec![5])),
            (server(off, &format!("{address} access_log /var/log/x;")), (vec![4], vec![])),
            (
                format!("log_format bare '$status';\n{}", server("access_log /x bare; error_log /dev/null;", address)),
                (vec![], vec![]),
            ),
            (
                format!("log_format x '$remote_addr';\n{}", server("access_log /x x; error_log /dev/null;", address)),
                (vec![3], vec![]),
            ),
            (format!("http {{\n{off}\n{}}}", server("", address)), (vec![], vec![])),
            (server(off, "proxy_set_header X-Forwarded-For $http_x_forwarded_for;"), (vec![], vec![5])),
        ] {
            assert_eq!(lines(ProxyKind::Nginx, &text), expected, "{text}");
        }
    }

    #[test]
    fn caddy_logs_where_a_site_has_a_log_or_errors_are_not_excluded() {
        let global = "{\n log {\n exclude http.log.error http.handlers.reverse_proxy\n }\n}\n";
        let site = |inside: &str, proxy: &str| {
            format!("x.example {{\n{inside}\nreverse_proxy 127.0.0.1:1 {{\n{proxy}\n}}\n}}\n")
        };
        for (text, expected) in [
            (format!("{global}{}", site("", "")), (vec![], vec![])),
            (site("", ""), (vec![3], vec![])),
            (format!("{global}{}", site("log", "")), (vec![7], vec![])),
            (format!("{global}{}", site("", "header_up -X-Forwarded-For")), (vec![], vec![9])),
        ] {
            assert_eq!(lines(ProxyKind::Caddy, &text), expected, "{text}");
        }
    }

    #[test]
    fn apache_logs_unless_the_virtual_host_has_logs_without_addresses() {
        let host = |inside: &str| format!("<VirtualHost *:443>\n{inside}\nProxyPass / http://x/\n</VirtualHost>\n");
        let off = "CustomLog /dev/null common\nErrorLog /dev/null";
        for (text, expected) in [
            (host(off), (vec![], vec![])),
            (host("ErrorLog /dev/null"), (vec![1], vec![])),
            (host("CustomLog /dev/null common"), (vec![1], vec![])),
            (host("CustomLog /x \"%h %r\"\nErrorLog /dev/null"), (vec![2], vec![])),
            (format!("LogFormat \"%>s\" bare\n{}", host("CustomLog /x bare\nErrorLog /dev/null")), (vec![], vec![])),
            (host("CustomLog /dev/null common\nErrorLog /x\nErrorLogFormat \"%m\""), (vec![], vec![])),
            (host(&format!("{off}\nProxyAddHeaders Off")), (vec![], vec![4])),
        ] {
            assert_eq!(lines(ProxyKind::Apache, &text), expected, "{text}");
        }
    }

    #[test]
    fn haproxy_logs_where_a_frontend_has_or_inherits_a_log() {
        let text = |defaults: &str, frontend: &str| {
            format!(
                "defaults\n {defaults}\nfrontend x\n {frontend}\n default_backend y\nbackend y\n server a 127.0.0.1:1\n"
            )
        };
        let forward = "option forwardfor";
        for (text, expected) in [
            (text("mode http", forward), (vec![], vec![])),
            (text("log global", forward), (vec![2], vec![])),
            (text("log global", &format!("{forward}\n no log")), (vec![], vec![])),
            (text("mode http", &format!("{forward}\n log /dev/log local0")), (vec![5], vec![])),
            (text("log global", &format!("{forward}\n log-format %ST")), (vec![], vec![])),
            (text("mode http", ""), (vec![], vec![3])),
            (text("mode http", "option forwardfor if-none"), (vec![], vec![3])),
        ] {
            assert_eq!(lines(ProxyKind::HaProxy, &text), expected, "{text}");
        }
    }
}
