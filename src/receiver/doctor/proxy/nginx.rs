//! nginx: logs are inherited from outer blocks, and both are on by default.

use super::ProxyFindings;
use std::collections::BTreeMap;

/// Variables with the client's address.
const ADDRESSES: [&str; 6] = [
    "$remote_addr",
    "$binary_remote_addr",
    "$realip_remote_addr",
    "$proxy_protocol_addr",
    "$proxy_add_x_forwarded_for",
    "$http_x_forwarded_for",
];

/// A directive with its block.
struct Directive {
    line: usize,
    words: Vec<String>,
    block: Vec<Directive>,
}

impl Directive {
    fn name(&self) -> &str {
        self.words.first().map_or("", String::as_str)
    }

    fn word(&self, at: usize) -> &str {
        self.words.get(at).map_or("", String::as_str)
    }
}

/// What a block inherits.
#[derive(Clone, Default)]
struct Scope {
    /// Access logs with addresses; without any directive, the default one.
    access: Option<Vec<usize>>,
    /// The error log: its line, and whether it is `/dev/null`.
    error: Option<(usize, bool)>,
    /// Whether X-Forwarded-For is set as it should be.
    forwards: bool,
    /// The line of the server.
    server: usize,
}

pub(super) fn findings(text: &str) -> ProxyFindings {
    let mut tokens = tokens(text).into_iter();
    let directives = block(&mut tokens);
    let mut formats = BTreeMap::new();
    collect_formats(&directives, &mut formats);
    let mut found = ProxyFindings::default();
    walk(&directives, &Scope::default(), &formats, &mut found);
    found.logs.sort();
    found.logs.dedup();
    found
}

/// Words, and `;`, `{` and `}`, each with its line. Quoted words keep their text.
fn tokens(text: &str) -> Vec<(usize, String, bool)> {
    let mut found = Vec::new();
    let (mut line, mut word, mut quote, mut in_comment) = (1, String::new(), None, false);
    for c in text.chars() {
        // `${name}` is part of a word.
        let is_variable = (c == '{' && word.ends_with('$')) || (c == '}' && word.contains("${") && !word.contains('}'));
        let is_end = quote.is_none() && !is_variable && (c.is_whitespace() || ";{}#".contains(c));
        if is_end && !in_comment {
            if !word.is_empty() {
                found.push((line, std::mem::take(&mut word), false));
            }
            if ";{}".contains(c) {
                found.push((line, c.to_string(), true));
            }
            in_comment = c == '#';
        } else if !in_comment {
            match quote {
                Some(mark) if c == mark => quote = None,
                None if c == '"' || c == '\'' => quote = Some(c),
                _ => word.push(c),
            }
        }
        if c == '\n' {
            line += 1;
            in_comment = false;
        }
    }
    found
}

fn block(tokens: &mut impl Iterator<Item = (usize, String, bool)>) -> Vec<Directive> {
    let (mut directives, mut words, mut first) = (Vec::new(), Vec::new(), 0);
    while let Some((line, word, is_mark)) = tokens.next() {
        match word.as_str() {
            "}" if is_mark => break,
            "{" | ";" if is_mark => {
                let block = if word == "{" { block(tokens) } else { Vec::new() };
                directives.push(Directive { line: first, words: std::mem::take(&mut words), block });
            }
            _ => {
                if words.is_empty() {
                    first = line;
                }
                words.push(word);
            }
        }
    }
    directives
}

/// Formats of access logs, with whether they contain addresses.
fn collect_formats(directives: &[Directive], formats: &mut BTreeMap<String, bool>) {
    for directive in directives {
        if directive.name() == "log_format" {
            let text = directive.words[1..].join(" ");
            formats.insert(directive.word(1).to_owned(), ADDRESSES.iter().any(|variable| text.contains(variable)));
        }
        collect_formats(&directive.block, formats);
    }
}

fn walk(directives: &[Directive], outer: &Scope, formats: &BTreeMap<String, bool>, found: &mut ProxyFindings) {
    let mut scope = outer.clone();
    let of = |name: &'static str| directives.iter().filter(move |directive| directive.name() == name);
    if of("access_log").next().is_some() {
        let logs = of("access_log").filter(|log| has_addresses(log, formats));
        scope.access = Some(logs.map(|log| log.line).collect());
    }
    if let Some(log) = of("error_log").next_back() {
        scope.error = Some((log.line, log.word(1) == "/dev/null"));
    }
    if of("proxy_set_header").next().is_some() {
        scope.forwards = of("proxy_set_header").any(|header| {
            header.word(1).eq_ignore_ascii_case("x-forwarded-for")
                && ["$remote_addr", "$proxy_add_x_forwarded_for"].contains(&header.word(2))
        });
    }
    for directive in directives {
        if directive.name() == "proxy_pass" {
            found.is_proxy = true;
            judge(directive.line, &scope, found);
        }
        if !directive.block.is_empty() {
            let server = if directive.name() == "location" { directive.line } else { scope.server };
            walk(&directive.block, &Scope { server, ..scope.clone() }, formats, found);
        }
    }
}

fn has_addresses(log: &Directive, formats: &BTreeMap<String, bool>) -> bool {
    let format = Some(log.word(2)).filter(|word| !word.is_empty() && !word.contains('=')).unwrap_or("combined");
    // A format that is not in this file may have addresses; the built-in one does.
    !["off", "/dev/null"].contains(&log.word(1)) && formats.get(format).copied().unwrap_or(true)
}

fn judge(line: usize, scope: &Scope, found: &mut ProxyFindings) {
    match &scope.access {
        None => found.logs.push((scope.server, "the access log is on by default; add: access_log off;".to_owned())),
        Some(logs) => {
            found.logs.extend(logs.iter().map(|line| (*line, "this access log contains addresses".to_owned())));
        }
    }
    match scope.error {
        None => found.logs.push((
            scope.server,
            "the error log is on by default and names clients; add: error_log /dev/null crit;".to_owned(),
        )),
        Some((line, false)) => found.logs.push((line, "the error log names clients".to_owned())),
        Some((_, true)) => {}
    }
    if !scope.forwards {
        found.address.push((line, "add: proxy_set_header X-Forwarded-For $remote_addr;".to_owned()));
    }
}
