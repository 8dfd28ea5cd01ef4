//! Caddy: a site has no access log unless it has a `log` directive; errors are logged with the request, unless excluded.

use super::ProxyFindings;

/// Loggers whose errors contain the request.
const LOGGERS: [&str; 2] = ["http.log.error", "http.handlers.reverse_proxy"];

pub(super) fn findings(text: &str) -> ProxyFindings {
    let mut found = ProxyFindings::default();
    let mut excluded: Vec<String> = Vec::new();
    // The first words of the blocks around a line; global options have none.
    let mut blocks: Vec<String> = Vec::new();
    let mut first_proxy = None;
    for (number, line) in text.lines().enumerate() {
        let words: Vec<&str> = line.split('#').next().unwrap_or_default().split_whitespace().collect();
        let first = words.first().copied().unwrap_or_default();
        let outer = blocks.first().map(String::as_str);
        let is_global = outer == Some("");
        match first {
            "exclude" if is_global && blocks.get(1).is_some_and(|block| block == "log") => {
                excluded.extend(words[1..].iter().map(|word| (*word).to_owned()));
            }
            "log" if outer.is_some() && !is_global => {
                found.logs.push((number + 1, "an access log contains addresses; remove it".to_owned()));
            }
            "reverse_proxy" => {
                found.is_proxy = true;
                first_proxy.get_or_insert(number + 1);
            }
            "header_up" if words.get(1).is_some_and(|name| name.eq_ignore_ascii_case("-x-forwarded-for")) => {
                found.address.push((number + 1, "X-Forwarded-For is removed".to_owned()));
            }
            _ => {}
        }
        for word in &words {
            match *word {
                "{" => blocks.push(if first == "{" { String::new() } else { first.to_owned() }),
                "}" => drop(blocks.pop()),
                _ => {}
            }
        }
    }
    if let Some(line) = first_proxy
        && !LOGGERS.iter().all(|logger| excluded.iter().any(|name| name == logger))
    {
        let advice =
            format!("errors are logged with addresses; in the global options: log {{ exclude {} }}", LOGGERS.join(" "));
        found.logs.push((line, advice));
    }
    found
}
