//! HAProxy: a frontend logs if it has a `log` line, or if the defaults before it have one.

use super::ProxyFindings;

/// Parts of a format that are the client's address.
const ADDRESSES: [&str; 4] = ["%ci", "src", "%hr", "%hs"];

/// A section that is being read; a frontend starts as a copy of the defaults.
#[derive(Clone, Default)]
struct Section {
    line: usize,
    is_frontend: bool,
    logs: Vec<usize>,
    /// Whether its own format is without addresses.
    is_format_clean: bool,
    forwards: bool,
}

pub(super) fn findings(text: &str) -> ProxyFindings {
    let mut found = ProxyFindings::default();
    let (mut defaults, mut current, mut in_defaults) = (Section::default(), Section::default(), false);
    // A backend may add the header instead of the frontend.
    let backend_forwards = sections_of(text, "backend").iter().any(|line| is_forward(line));
    for (number, line) in text.lines().enumerate() {
        let line = line.split('#').next().unwrap_or_default();
        let words: Vec<&str> = line.split_whitespace().collect();
        let Some(first) = words.first().copied() else { continue };
        if !line.starts_with(char::is_whitespace) {
            if in_defaults {
                defaults = current.clone();
            }
            judge(&current, backend_forwards, &mut found);
            in_defaults = first == "defaults";
            let is_frontend = ["frontend", "listen"].contains(&first);
            let base = if in_defaults { Section::default() } else { defaults.clone() };
            current = Section { line: number + 1, is_frontend, ..base };
            continue;
        }
        match (first, words.get(1).copied()) {
            ("no", Some("log")) => current.logs.clear(),
            ("log", _) => current.logs.push(number + 1),
            ("log-format", _) => current.is_format_clean = !ADDRESSES.iter().any(|part| line.contains(part)),
            ("option", Some("httplog" | "tcplog" | "httpslog")) => current.is_format_clean = false,
            _ if is_forward(line) => current.forwards = true,
            _ => {}
        }
    }
    judge(&current, backend_forwards, &mut found);
    found
}

/// Whether a line replaces or appends X-Forwarded-For. With `if-none`, clients could forge it.
fn is_forward(line: &str) -> bool {
    let words: Vec<&str> = line.split_whitespace().collect();
    match words.as_slice() {
        ["option", "forwardfor", rest @ ..] => !rest.contains(&"if-none"),
        ["http-request", "set-header", name, rest @ ..] => {
            name.eq_ignore_ascii_case("x-forwarded-for") && rest.iter().any(|word| word.contains("src"))
        }
        _ => false,
    }
}

/// The lines of all sections of a kind.
fn sections_of<'a>(text: &'a str, kind: &str) -> Vec<&'a str> {
    let mut is_inside = false;
    text.lines()
        .filter(|line| {
            if !line.starts_with(char::is_whitespace) && !line.trim().is_empty() {
                is_inside = line.split_whitespace().next() == Some(kind);
            }
            is_inside
        })
        .collect()
}

fn judge(section: &Section, backend_forwards: bool, found: &mut ProxyFindings) {
    if !section.is_frontend {
        return;
    }
    found.is_proxy = true;
    if !section.is_format_clean {
        let logs = section.logs.iter().map(|line| (*line, "this log contains addresses; remove it".to_owned()));
        found.logs.extend(logs);
    }
    if !section.forwards && !backend_forwards {
        found.address.push((section.line, "add: http-request set-header X-Forwarded-For %[src]".to_owned()));
    }
}
