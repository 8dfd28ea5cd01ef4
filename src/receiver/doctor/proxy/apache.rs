//! Apache: a virtual host without a log of its own uses those of the main server.

use super::ProxyFindings;
use std::collections::BTreeMap;

/// Parts of a format that are the client's address.
const ADDRESSES: [&str; 7] = ["%h", "%a", "%>h", "%{c}a", "%{c}h", "forwarded", "real-ip"];

/// The virtual host that is being read.
#[derive(Default)]
struct Host {
    line: usize,
    is_proxy: bool,
    access: Option<Vec<(usize, String)>>,
    error: Option<(usize, bool)>,
    error_format: Option<bool>,
    hides_address: Option<usize>,
}

pub(super) fn findings(text: &str) -> ProxyFindings {
    let mut found = ProxyFindings::default();
    let mut formats: BTreeMap<String, bool> = BTreeMap::new();
    let mut host = Host { line: 1, ..Host::default() };
    let joined = text.replace("\\\n", " \u{1}");
    let mut number = 0;
    for line in joined.lines() {
        number += 1;
        let own = number;
        number += line.matches('\u{1}').count();
        let words = words(&line.replace('\u{1}', " "));
        let Some(name) = words.first().map(|word| word.to_ascii_lowercase()) else { continue };
        let word = |at: usize| words.get(at).map_or("", String::as_str);
        match name.as_str() {
            "<virtualhost" => host = Host { line: own, ..Host::default() },
            "</virtualhost>" => {
                judge(&host, &formats, &mut found);
                host = Host { line: own, ..Host::default() };
            }
            "proxypass" | "proxypassmatch" if word(2) != "!" && word(1) != "!" => host.is_proxy = true,
            "logformat" => drop(formats.insert(word(2).to_owned(), has_address(word(1)))),
            "customlog" | "transferlog" => {
                let format = if name == "customlog" { word(2) } else { "common" };
                let logs = host.access.get_or_insert_default();
                if word(1) != "/dev/null" {
                    logs.push((own, format.to_owned()));
                }
            }
            "errorlog" => host.error = Some((own, word(1) == "/dev/null")),
            "errorlogformat" => host.error_format = Some(has_address(&words[1..].join(" "))),
            "proxyaddheaders" if word(1).eq_ignore_ascii_case("off") => host.hides_address = Some(own),
            _ => {}
        }
    }
    judge(&host, &formats, &mut found);
    found
}

/// The words of a line; quoted ones keep their spaces.
fn words(line: &str) -> Vec<String> {
    if line.trim_start().starts_with('#') {
        return Vec::new();
    }
    let (mut found, mut word, mut in_quotes) = (Vec::new(), String::new(), false);
    for c in line.chars() {
        match c {
            '"' => in_quotes = !in_quotes,
            c if c.is_whitespace() && !in_quotes => {
                if !word.is_empty() {
                    found.push(std::mem::take(&mut word));
                }
            }
            c => word.push(c),
        }
    }
    if !word.is_empty() {
        found.push(word);
    }
    found
}

fn has_address(format: &str) -> bool {
    let format = format.to_ascii_lowercase();
    ADDRESSES.iter().any(|part| format.contains(part))
}

fn judge(host: &Host, formats: &BTreeMap<String, bool>, found: &mut ProxyFindings) {
    if !host.is_proxy {
        return;
    }
    found.is_proxy = true;
    match &host.access {
        None => found
            .logs
            .push((host.line, "the main server's access log is used; add: CustomLog /dev/null common".to_owned())),
        Some(logs) => {
            for (line, format) in logs {
                // A name that is not in this file is one of the server's, which contain addresses; other texts are formats.
                let is_name = !format.contains('%');
                let logs_address = formats.get(format).copied().unwrap_or(is_name || has_address(format));
                if logs_address {
                    found.logs.push((*line, "this access log contains addresses".to_owned()));
                }
            }
        }
    }
    match (host.error, host.error_format) {
        (Some((_, true)), _) | (Some(_), Some(false)) => {}
        (Some((line, false)), _) => found.logs.push((line, "the error log names clients".to_owned())),
        (None, _) => {
            found.logs.push((host.line, "the main server's error log is used; add: ErrorLog /dev/null".to_owned()));
        }
    }
    if let Some(line) = host.hides_address {
        found.address.push((line, "X-Forwarded-For is not sent".to_owned()));
    }
}
