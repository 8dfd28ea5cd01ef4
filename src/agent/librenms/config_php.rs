//! LibreNMS's `config.php`: PHP, read and never run. What is certain is taken; what might set a setting and cannot be
//! told counts as set to something that cannot be read, so that a no is never overlooked.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

/// How deep files may include others.
const DEEPEST: usize = 8;

/// What stands for a string of the source: this, its number, [`CLOSE`].
const OPEN: char = '\u{1}';
const CLOSE: char = '\u{2}';

/// What the file sets: values by dotted name, nothing for a value that cannot be read without running it.
#[derive(Debug, Clone, Default)]
pub(super) struct ConfigPhp {
    values: BTreeMap<String, Option<String>>,
    /// Names whose every setting below may be set: all of them, for the empty name.
    unreadable: Vec<String>,
}

impl ConfigPhp {
    /// Reads a file, with what it includes. A file that is not there sets nothing.
    pub(super) fn read(path: &Path) -> io::Result<Self> {
        let mut read = Self::default();
        read.add_file(path, DEEPEST)?;
        Ok(read)
    }

    /// What a setting is set to; `Some(None)` where that cannot be read.
    pub(super) fn get(&self, name: &str) -> Option<Option<&str>> {
        let is_below = |above: &String| {
            above.is_empty()
                || name.strip_prefix(above.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        if self.unreadable.iter().any(is_below) {
            return Some(None);
        }
        self.values.get(name).map(Option::as_deref)
    }

    fn add_file(&mut self, path: &Path, deepest: usize) -> io::Result<()> {
        let bytes = match std::fs::read(path) {
            Ok(bytes) => bytes,
            // A symbolic link that leads nowhere may lead somewhere for PHP: another namespace, a disk that is not mounted.
            Err(error) if error.kind() == io::ErrorKind::NotFound && !path.is_symlink() => return Ok(()),
            Err(error) => return Err(error),
        };
        let source = Source::of(&String::from_utf8_lossy(&bytes));
        self.add(&source, path.parent().unwrap_or(Path::new("")), deepest);
        Ok(())
    }

    fn nothing_is_certain(&mut self) {
        self.unreadable.push(String::new());
    }

    fn add(&mut self, source: &Source, folder: &Path, deepest: usize) {
        if source.is_beyond_us() {
            self.nothing_is_certain();
        }
        for path in source.includes(folder) {
            // What is included counts wherever it stands.
            let read = path.filter(|_| deepest > 0).map(|path| self.add_file(&path, deepest - 1));
            if !matches!(read, Some(Ok(()))) {
                self.nothing_is_certain();
            }
        }
        for mention in source.mentions() {
            self.add_mention(source, &mention);
        }
    }

    /// The last assignment wins, as it does in PHP, but one that says no or cannot be read is not undone by a later one:
    /// which of them is reached is known only to PHP.
    fn add_mention(&mut self, source: &Source, mention: &Mention<'_>) {
        let name = mention.keys.join(".");
        match mention.assigned {
            Assigned::Nothing => {}
            Assigned::Uncertain => self.unreadable.push(name),
            Assigned::Value(value) if mention.keys.is_empty() => {
                // `$config = [];` sets nothing; anything else may set everything.
                if !matches!(value.replace(char::is_whitespace, "").to_ascii_lowercase().as_str(), "[]" | "array()") {
                    self.nothing_is_certain();
                }
            }
            Assigned::Value(value) => {
                let constant = source.constant(value);
                if constant.is_none() {
                    // An array, or an expression: it may set what is below, too.
                    self.unreadable.push(name.clone());
                }
                let careful = |known: &Option<String>| known.as_ref().is_none_or(|known| known == "false");
                let known = self.values.entry(name).or_insert_with(|| constant.clone());
                if !careful(known) || constant.is_none() {
                    *known = constant;
                }
            }
        }
    }
}

/// PHP without comments, without what stands outside of it, and with each string replaced by its number.
struct Source {
    code: String,
    /// The strings; nothing for one with variables or escapes in it.
    strings: Vec<Option<String>>,
}

/// A place where `$config` stands.
struct Mention<'s> {
    keys: Vec<String>,
    assigned: Assigned<'s>,
}

enum Assigned<'s> {
    /// It is only read.
    Nothing,
    /// This is assigned.
    Value(&'s str),
    /// Something may be assigned.
    Uncertain,
}

impl Source {
    fn of(php: &str) -> Self {
        let (mut source, mut rest) = (Self { code: String::with_capacity(php.len()), strings: Vec::new() }, php);
        while let Some(start) = rest.find("<?") {
            rest = &rest[start + 2..];
            rest = rest.strip_prefix("php").or(rest.strip_prefix('=')).unwrap_or(rest);
            rest = source.add_code(rest);
            source.code.push(';');
        }
        source
    }

    /// Adds code up to `?>`, and returns what comes after that.
    fn add_code<'p>(&mut self, php: &'p str) -> &'p str {
        let mut rest = php;
        while let Some(c) = rest.chars().next() {
            if let Some(after) = rest.strip_prefix("?>") {
                return after;
            }
            if rest.starts_with("//") || (c == '#' && !rest.starts_with("#[")) {
                // `?>` ends such a comment, too.
                let line = rest.find('\n').unwrap_or(rest.len());
                rest = &rest[rest.find("?>").map_or(line, |end| end.min(line))..];
            } else if rest.starts_with("/*") {
                rest = &rest[rest.find("*/").map_or(rest.len(), |end| end + 2)..];
                self.code.push(' ');
            } else if c == '\'' || c == '"' {
                rest = self.add_string(&rest[1..], c);
            } else {
                self.code.push(c);
                rest = &rest[c.len_utf8()..];
            }
        }
        rest
    }

    /// Adds a string, whose opening quote was read, and returns what comes after it.
    fn add_string<'p>(&mut self, php: &'p str, quote: char) -> &'p str {
        let (mut text, mut certain, mut characters) = (String::new(), true, php.char_indices());
        let mut end = php.len();
        while let Some((at, c)) = characters.next() {
            match c {
                _ if c == quote => {
                    end = at + 1;
                    break;
                }
                '\\' => match (quote, characters.next().map(|(_, next)| next)) {
                    (_, Some(next)) if next == '\\' || next == quote => text.push(next),
                    ('\'', Some(next)) => text.extend(['\\', next]),
                    (_, Some('$')) => text.push('$'),
                    _ => certain = false,
                },
                '$' if quote == '"' => certain = false,
                _ => text.push(c),
            }
        }
        self.code.extend([OPEN.to_string(), self.strings.len().to_string(), CLOSE.to_string()]);
        self.strings.push(certain.then_some(text));
        &php[end..]
    }

    /// Whether it holds ways of setting variables that cannot be followed.
    fn is_beyond_us(&self) -> bool {
        let code = self.code.to_ascii_lowercase();
        let called = |name: &str| {
            code.match_indices(name).any(|(at, _)| {
                let before = code[..at].chars().next_back();
                !before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '>' || c == ':' || c == '$')
                    && code[at + name.len()..].trim_start().starts_with('(')
            })
        };
        ["<<<", "${", "$$", "$globals", "__halt_compiler"].iter().any(|sign| code.contains(sign))
            || ["eval", "extract", "parse_str", "create_function", "assert"].iter().any(|name| called(name))
    }

    /// The files that it includes; nothing for one that cannot be told.
    fn includes(&self, folder: &Path) -> Vec<Option<PathBuf>> {
        let code = self.code.as_str();
        let mut found = Vec::new();
        for (at, word) in words(code) {
            if !["include", "include_once", "require", "require_once"].contains(&word.to_ascii_lowercase().as_str()) {
                continue;
            }
            let argument = until_end(&code[at + word.len()..]);
            let argument = argument.trim().trim_start_matches('(').trim_end_matches(')').trim();
            if let Some(variable) = argument.strip_prefix('$') {
                match self.globbed(variable, folder) {
                    Some(paths) => found.extend(paths.into_iter().map(Some)),
                    None => found.push(None),
                }
                continue;
            }
            found.push(self.path(argument, folder));
        }
        found
    }

    /// A path that is written as a string, or as one after `__DIR__`.
    fn path(&self, argument: &str, folder: &Path) -> Option<PathBuf> {
        let (beside, text) = match argument.strip_prefix("__DIR__") {
            Some(rest) => (true, rest.trim_start().strip_prefix('.')?.trim_start()),
            None => (false, argument),
        };
        let text = self.string(text)?;
        // Joining an absolute path gives that path. Where PHP looks for a relative one depends on how it was started;
        // LibreNMS runs in its own folder.
        Some(folder.join(if beside { text.trim_start_matches('/') } else { text }))
    }

    /// The files of `foreach (glob('/folder/*.php') as $variable)`, as LibreNMS's image for containers has it.
    fn globbed(&self, variable: &str, folder: &Path) -> Option<Vec<PathBuf>> {
        let (_, loops) = self.code.split_once("foreach")?;
        let (call, rest) =
            loops.trim_start().strip_prefix('(')?.trim_start().strip_prefix("glob")?.split_once(" as ")?;
        if rest.trim_start().strip_prefix('$')?.split(')').next()?.trim() != variable {
            return None;
        }
        let pattern = self.path(call.trim().strip_prefix('(')?.strip_suffix(')')?.trim(), folder)?;
        let (place, names) = (pattern.parent()?, pattern.file_name()?.to_str()?);
        let (start, end) =
            names.split_once('*').filter(|(start, end)| !format!("{start}{end}").contains(['*', '?', '[', '{']))?;
        if place.to_str()?.contains(['*', '?', '[', '{']) {
            return None;
        }
        let mut paths = Vec::new();
        match std::fs::read_dir(place) {
            Ok(entries) => {
                for entry in entries {
                    let path = entry.ok()?.path();
                    let name = path.file_name()?.to_str()?;
                    if name.len() >= start.len() + end.len() && name.starts_with(start) && name.ends_with(end) {
                        paths.push(path);
                    }
                }
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(_) => return None,
        }
        Some(paths)
    }

    /// Every place where `$config` stands.
    fn mentions(&self) -> impl Iterator<Item = Mention<'_>> {
        self.code.match_indices("$config").filter_map(|(at, name)| {
            let after = &self.code[at + name.len()..];
            if after.starts_with(|c: char| c.is_alphanumeric() || c == '_') {
                return None;
            }
            let before = self.code[..at].trim_end();
            let mut mention = self.mention(after);
            let is_reference = before.ends_with('&') && !before.ends_with("&&");
            let is_global = before.to_ascii_lowercase().ends_with("global");
            if is_reference || before.ends_with("++") || before.ends_with("--") || is_global {
                mention.assigned = Assigned::Uncertain;
            }
            Some(mention)
        })
    }

    /// What is done with the keys that follow.
    fn mention<'s>(&self, after: &'s str) -> Mention<'s> {
        let (mut rest, mut keys) = (after.trim_start(), Vec::new());
        while let Some(inner) = rest.strip_prefix(['[', '{']) {
            let Some(end) = inner.find([']', '}']) else { return Mention { keys, assigned: Assigned::Uncertain } };
            let key = inner[..end].trim();
            match self.string(key) {
                Some(key) => keys.push(key.to_owned()),
                None if key.is_empty() || key.parse::<i64>().is_ok() => keys.push(key.to_owned()),
                None => return Mention { keys, assigned: Assigned::Uncertain },
            }
            rest = inner[end + 1..].trim_start();
        }
        let assigned = match rest.strip_prefix('=') {
            Some(value) if !value.starts_with(['=', '>']) => match until_end(value).trim() {
                value if value.starts_with('&') => Assigned::Uncertain,
                value => Assigned::Value(value),
            },
            Some(_) => Assigned::Nothing,
            // `.=`, `??=` and their like; `++`; and where something is handed over, which may set it.
            None => {
                let signs: String = rest.chars().take(3).collect();
                let compound = signs.find('=').is_some_and(|at| {
                    matches!(
                        &signs[..at],
                        "." | "+" | "-" | "*" | "/" | "%" | "&" | "|" | "^" | "??" | "**" | "<<" | ">>"
                    ) && !rest[at..].starts_with("==")
                });
                let handed_over = rest.starts_with([')', ']', ',']);
                let is_uncertain = compound || rest.starts_with("++") || rest.starts_with("--") || handed_over;
                if is_uncertain { Assigned::Uncertain } else { Assigned::Nothing }
            }
        };
        Mention { keys, assigned }
    }

    /// The string that a piece of code is, if it is one and nothing else.
    fn string(&self, code: &str) -> Option<&str> {
        let number = code.strip_prefix(OPEN)?.strip_suffix(CLOSE)?;
        self.strings.get(number.parse::<usize>().ok()?)?.as_deref()
    }

    /// The value of a constant.
    fn constant(&self, code: &str) -> Option<String> {
        match code.to_ascii_lowercase().as_str() {
            "true" => Some("true".to_owned()),
            "false" | "null" => Some("false".to_owned()),
            number if number.parse::<f64>().is_ok() => Some(number.to_owned()),
            _ => self.string(code).map(str::to_owned),
        }
    }
}

/// Code up to the end of its statement.
fn until_end(code: &str) -> &str {
    code.split([';', '}']).next().unwrap_or_default()
}

/// The words of code, with their places.
fn words(code: &str) -> impl Iterator<Item = (usize, &str)> {
    let part = |c: char| c.is_alphanumeric() || c == '_';
    let starts = move |at: usize| !code[..at].chars().next_back().is_some_and(|c| part(c) || c == '$' || c == '>');
    let all = code.char_indices().filter(move |(at, c)| part(*c) && starts(*at));
    all.map(move |(at, _)| (at, &code[at..code[at..].find(|c: char| !part(c)).map_or(code.len(), |end| at + end)]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(php: &str) -> ConfigPhp {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("config.php"), php).unwrap();
        ConfigPhp::read(&folder.path().join("config.php")).unwrap()
    }

    #[test]
    fn constants_are_read_and_nothing_is_run() {
        let read = read(
            "<?php\n// $config['callback_post'] = 'https://old.example/';\n\
             $config['callback_post'] = 'https://stats.example/log.php?a=1;b=2'; # here\n\
             $config['reporting']['usage'] = false;\n/* $config['http_proxy'] = 'x'; */\n\
             $config[\"no_proxy\"] = \"a,b\";\n$config['db_host'] = getenv('HOST');\n$config['db_pass']=\"a;b\";\n\
             $config['update_channel'] = 'release';\n$config['a;b'] = 'it\\'s';\n$config['nets'][] = '10.0.0.0/8';\n\
             if ($config['debug'] == true) { echo \"it's $x\"; }\n",
        );
        let get = |name: &str| read.get(name).flatten();
        assert_eq!(get("callback_post"), Some("https://stats.example/log.php?a=1;b=2"));
        assert_eq!(get("reporting.usage"), Some("false"));
        assert_eq!((get("no_proxy"), get("db_pass")), (Some("a,b"), Some("a;b")));
        assert_eq!((get("update_channel"), get("a;b")), (Some("release"), Some("it's")));
        assert_eq!((read.get("http_proxy"), read.get("db_host")), (None, Some(None)));
    }

    #[test]
    fn whatever_may_be_a_no_is_never_a_yes() {
        for php in [
            "if (file_exists('/x')) { include '/nonexistent/x'; }\n$config['reporting']['usage'] = false;",
            "if (true) { $config['reporting']['usage'] = FALSE; }",
            "$config['reporting'] = ['usage' => false];",
            "$config['reporting']['usage'] = null;",
            "$config['reporting']['usage'] = getenv('X') === 'y';",
            "$config [ 'reporting' ] [ 'usage' ] = 0;",
            "?>it's text\n<?php $config['reporting']['usage'] = '';",
            "$x = <<<END\nit's\nEND;\n$config['reporting']['usage'] = false;",
            "$config['reporting']['usage'] = false; if (0) { $config['reporting']['usage'] = true; }",
            "$config = ['reporting' => ['usage' => false]];",
            "$config = array_merge($config, ['reporting' => ['usage' => false]]);",
            "$k = 'usage'; $config['reporting'][$k] = false;",
            "$config['reporting']['us' . 'age'] = false;",
            "$config['reporting']['usage'] &= false;",
            "$config['reporting']['usage'] ??= false;",
            "$c = &$config['reporting']; $c['usage'] = false;",
            "$GLOBALS['config']['reporting']['usage'] = false;",
            "list($config['reporting']['usage']) = [false];",
            "['usage' => $config['reporting']['usage']] = ['usage' => false];",
            "foreach ([false] as $config['reporting']['usage']) {}",
            "${'config'}['reporting']['usage'] = false;",
            "$name = 'config'; $$name = ['reporting' => []];",
            "// note ?><?php $config['reporting']['usage'] = false;",
            "eval('$x');",
            "extract(['config' => []]);",
            "include $somewhere;",
            "require dirname(__FILE__) . '/x.php';",
            "settings($config);",
            "/* $config['reporting']['usage'] = true; */ $config['reporting']['usage'] = 'false';",
        ] {
            let value = read(&format!("<?php {php}")).get("reporting.usage").map(|value| value.map(str::to_owned));
            let is_no = matches!(&value, Some(None))
                || value.clone().flatten().is_some_and(|v| matches!(v.as_str(), "" | "0" | "false"));
            assert!(is_no, "{php}: {value:?}");
        }
    }

    #[test]
    fn what_is_read_only_sets_nothing() {
        for php in [
            "$configuration['reporting']['usage'] = false;",
            "$config['log_dir'] = $config['install_dir'] . '/logs';",
            "if ($config['reporting']['usage'] === false) { echo 'off'; }",
            "# don't\n$config['user'] = 'librenms'; // it's fine\n$config['nets'][] = \"10.0.0.0/8\";",
            "$config = []; $config['rrd_dir'] = '/opt/rrd';",
            "include '/nonexistent/callback-agent-test.php';",
        ] {
            assert_eq!(read(&format!("<?php {php}")).get("reporting.usage"), None, "{php}");
        }
    }

    #[test]
    fn included_files_count() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::fs::create_dir(at("conf.d")).unwrap();
        std::fs::write(at("conf.d/privacy.php"), "<?php $config['reporting']['usage'] = false;").unwrap();
        let all = format!("foreach (glob(\"{}/*.php\") as $file)\n    include $file;", at("conf.d").display());
        for include in [
            "include 'conf.d/privacy.php';",
            "require_once(__DIR__ . '/conf.d/privacy.php');",
            "foreach (glob(__DIR__ . '/conf.d/*.php') as $name) { require $name; }",
            &all,
        ] {
            std::fs::write(at("config.php"), format!("<?php {include}")).unwrap();
            let read = ConfigPhp::read(&at("config.php")).unwrap();
            assert_eq!(read.get("reporting.usage"), Some(Some("false")), "{include}");
        }
        // A folder without such files sets nothing; a file that includes itself cannot be followed.
        std::fs::write(at("config.php"), format!("<?php {}", all.replace("*.php", "*.inc"))).unwrap();
        assert_eq!(ConfigPhp::read(&at("config.php")).unwrap().get("reporting.usage"), None);
        std::fs::write(at("config.php"), "<?php include 'config.php';").unwrap();
        assert_eq!(ConfigPhp::read(&at("config.php")).unwrap().get("reporting.usage"), Some(None));
        std::os::unix::fs::symlink("/nonexistent/callback", at("linked.php")).unwrap();
        assert!(ConfigPhp::read(&at("linked.php")).is_err());
    }
}
