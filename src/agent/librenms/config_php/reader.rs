//! Follows the statements of a file, and of those that it includes, as far as their effect is certain.

use super::expression::{Scope, as_key, is_number};
use super::files::included;
use super::settings::{Node, Reached, Rest, Value};
use super::tokens::{Token, Tokens};
use super::words::{ASSIGNING, INCLUDES, MOVERS, READERS, SETTERS};
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};

/// Maximum nesting of includes.
const MAX_INCLUDES: usize = 8;

/// Maximum nesting of statements.
const MAX_DEPTH: usize = 64;

/// Maximum number of statements; those in loops count for each element.
const MAX_STATEMENTS: usize = 10_000_000;

/// Maximum number of files.
const MAX_FILES: usize = 10_000;

/// Maximum memory of the values of variables and settings, in bytes.
const MAX_MEMORY: usize = 64 << 20;

/// The key of `$config['name'][]`. No setting has it.
const APPENDED: &str = "\0";

/// The settings of the file.
#[derive(Debug, Clone)]
pub(in crate::librenms) struct ConfigPhp {
    settings: Node,
    /// Settings, by dotted name, that a reference may set at any time, with all below them.
    aliased: Vec<String>,
    /// Whether any setting may have been set.
    is_unclear: bool,
    /// The file that PHP cannot parse.
    broken: Option<PathBuf>,
}

impl ConfigPhp {
    /// Reads a file, with what it includes. A missing file sets nothing.
    pub(in crate::librenms) fn read(path: &Path) -> io::Result<Self> {
        let settings = Node::Array(BTreeMap::new(), Rest::Untouched);
        let mut reader = Reader {
            config: Self { settings, aliased: Vec::new(), is_unclear: false, broken: None },
            variables: BTreeMap::new(),
            aliased_variables: BTreeSet::new(),
            root: path.parent().unwrap_or(Path::new("")).to_owned(),
            loaded: BTreeMap::new(),
            may_have_ended: false,
            statements_left: MAX_STATEMENTS,
            files_left: MAX_FILES,
            memory_left: MAX_MEMORY,
        };
        reader.read_file(path, Reached::Once, MAX_INCLUDES)?;
        Ok(reader.config)
    }

    /// The file that PHP cannot parse: config.php, or one that it includes.
    pub(in crate::librenms) fn broken(&self) -> Option<&Path> {
        self.broken.as_deref()
    }

    /// The value of a setting; `Some(None)` if it cannot be determined.
    pub(in crate::librenms) fn get(&self, name: &str) -> Option<Option<&str>> {
        let is_below = |above: &String| {
            above.is_empty()
                || name.strip_prefix(above.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        if self.is_unclear || self.aliased.iter().any(is_below) {
            return Some(None);
        }
        // LibreNMS looks for a key that contains dots first.
        let dotted = self.settings.at([name].into_iter());
        let found = match dotted {
            Node::Rest(Rest::Untouched | Rest::Unset) => self.settings.at(name.split('.')),
            dotted => dotted,
        };
        match found {
            Node::Rest(Rest::Untouched) => None,
            Node::Rest(Rest::Unset) => Some(Some("")),
            Node::Scalar(value) => Some(Some(value)),
            Node::Rest(Rest::Unknown) | Node::Array(..) => Some(None),
        }
    }
}

/// The known state of PHP at a position.
struct Reader {
    config: ConfigPhp,
    /// Variables with a known value.
    variables: BTreeMap<String, Value>,
    /// Variables that a reference may set.
    aliased_variables: BTreeSet<String>,
    root: PathBuf,
    /// Files that were included, and whether that is certain.
    loaded: BTreeMap<PathBuf, bool>,
    /// Whether `exit` or `throw` may have ended the program.
    may_have_ended: bool,
    statements_left: usize,
    files_left: usize,
    memory_left: usize,
}

impl Reader {
    /// A value, unless the memory limit is exceeded.
    fn within_limit(&mut self, value: Value) -> Option<Value> {
        self.memory_left = self.memory_left.checked_sub(value.size())?;
        Some(value)
    }

    fn read_file(&mut self, path: &Path, reached: Reached, includes_left: usize) -> io::Result<()> {
        let bytes = match crate::files::read(path, crate::files::MAX_SETTINGS) {
            Ok(bytes) => bytes,
            // A dangling symbolic link may be valid for PHP: in another namespace, or with a different disk mounted.
            Err(error) if error.kind() == io::ErrorKind::NotFound && !path.is_symlink() => return Ok(()),
            Err(error) => return Err(error),
        };
        let known = self.loaded.entry(path.canonicalize().unwrap_or_else(|_| path.to_owned())).or_default();
        *known |= reached == Reached::Once && !self.may_have_ended;
        let source = String::from_utf8_lossy(&bytes);
        let tokens = Tokens::of(&source);
        if tokens.is_unclear {
            self.config.is_unclear = true;
            if tokens.is_broken {
                self.config.broken.get_or_insert_with(|| path.to_owned());
            }
            return Ok(());
        }
        let mut file = File { reader: self, tokens: &tokens, path, includes_left, may_be_over: false, is_over: false };
        file.statements(0, tokens.all.len(), reached, MAX_DEPTH);
        Ok(())
    }

    fn include(&mut self, path: &str, once: bool, from: &Path, mut reached: Reached, includes_left: usize) {
        let read = included(path, from, &self.root).filter(|_| includes_left > 0 && self.files_left > 0);
        let Some(file) = read else {
            self.config.is_unclear = true;
            return;
        };
        self.files_left -= 1;
        if once {
            match file.canonicalize().ok().and_then(|file| self.loaded.get(&file)) {
                Some(true) => return,
                Some(false) => reached = reached.at_least(Reached::Perhaps),
                None => {}
            }
        }
        self.config.is_unclear |= self.read_file(&file, reached, includes_left - 1).is_err();
    }

    fn set_variable(&mut self, name: &str, value: Option<Value>, reached: Reached) {
        let known = self.variables.get(name);
        let value = match reached {
            Reached::Never => return,
            Reached::Once => value,
            Reached::Perhaps => value.filter(|value| known == Some(value)),
            Reached::Often => None,
        };
        let value = value.filter(|_| !self.aliased_variables.contains(name));
        match value.and_then(|value| self.within_limit(value)) {
            Some(value) => drop(self.variables.insert(name.to_owned(), value)),
            None => drop(self.variables.remove(name)),
        }
    }
}

/// A file that is being read.
struct File<'f> {
    reader: &'f mut Reader,
    tokens: &'f Tokens<'f>,
    path: &'f Path,
    includes_left: usize,
    /// Whether a `return` may have ended it.
    may_be_over: bool,
    is_over: bool,
}

/// A variable, with the keys after it.
struct Mention {
    /// The keys, up to the first unknown one.
    keys: Vec<String>,
    /// Whether all keys are known.
    is_whole: bool,
    /// The position after the keys.
    end: usize,
}

/// What a bracket does with a variable inside it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Bracket {
    /// It only reads the variable.
    Reads,
    /// It passes the variable to a function, which may set it.
    Hands,
    /// It is an array of values, or of variables to be set.
    Lists,
}

impl<'f> File<'f> {
    fn sign(&self, at: usize) -> &'static str {
        match self.tokens.all.get(at) {
            Some(Token::Sign(sign)) => sign,
            _ => "",
        }
    }

    fn word(&self, at: usize) -> String {
        match self.tokens.all.get(at) {
            Some(Token::Word(word)) => word.to_ascii_lowercase(),
            _ => String::new(),
        }
    }

    /// The position of the first of these signs outside of brackets, or the end.
    fn find(&self, mut at: usize, end: usize, signs: &[&str]) -> usize {
        while at < end && !signs.contains(&self.sign(at)) {
            at = self.tokens.partner[at].max(at) + 1;
        }
        at.min(end)
    }

    fn value(&self, at: usize) -> Option<(Value, usize)> {
        let Reader { root, variables, .. } = &*self.reader;
        Scope { tokens: self.tokens, file: self.path, root, variables }.value(at)
    }

    fn unclear(&mut self, reached: Reached) {
        self.reader.config.is_unclear |= reached != Reached::Never;
    }

    fn statements(&mut self, mut at: usize, end: usize, reached: Reached, depth: usize) {
        while at < end && !self.is_over && !self.reader.config.is_unclear {
            at = self.statement(at, end, reached, depth);
        }
    }

    /// Reads a statement; returns the position after it.
    fn statement(&mut self, at: usize, end: usize, mut reached: Reached, depth: usize) -> usize {
        if depth == 0 || self.reader.statements_left == 0 {
            self.reader.config.is_unclear = true;
            self.is_over = true;
            return end;
        }
        self.reader.statements_left -= 1;
        if self.may_be_over || self.reader.may_have_ended {
            reached = reached.at_least(Reached::Perhaps);
        }
        match &self.tokens.all[at] {
            Token::Sign(";") => at + 1,
            Token::Sign("@") if at + 1 < end => self.statement(at + 1, end, reached, depth - 1),
            Token::Sign("{") => {
                let close = self.tokens.partner[at];
                self.statements(at + 1, close, reached, depth - 1);
                close + 1
            }
            Token::Variable(name) => {
                let stop = self.find(at, end, &[";"]);
                if reached != Reached::Never && !self.assigns(name, at, stop, reached) {
                    self.scan(at, stop, reached);
                }
                stop + 1
            }
            Token::Word(word) => {
                let word = word.to_ascii_lowercase();
                self.keyword(&word, at, end, reached, depth)
            }
            _ => self.expression(at, end, reached),
        }
    }

    /// Reads a statement in which only the variables matter.
    fn expression(&mut self, at: usize, end: usize, reached: Reached) -> usize {
        let stop = self.find(at, end, &[";"]);
        self.scan(at, stop, reached);
        stop + 1
    }

    fn keyword(&mut self, word: &str, at: usize, end: usize, reached: Reached, depth: usize) -> usize {
        let close = if self.sign(at + 1) == "(" { self.tokens.partner[at + 1] } else { 0 };
        let stop = |file: &Self| file.find(at, end, &[";"]);
        match word {
            "foreach" if close > 0 => self.foreach(at + 1, close, end, reached, depth),
            "if" | "elseif" | "switch" | "declare" | "while" | "for" if close > 0 => {
                let often = matches!(word, "while" | "for");
                let inner = reached.at_least(if often { Reached::Often } else { Reached::Perhaps });
                self.scan(at + 2, close, inner);
                self.body(close + 1, end, inner, reached, depth)
            }
            "catch" if close > 0 => {
                self.forget(at + 2, close, reached);
                self.body(close + 1, end, reached.at_least(Reached::Perhaps), reached, depth)
            }
            "else" if self.sign(at + 1) == ":" => at + 2,
            "else" | "try" | "finally" if at + 1 < end => {
                self.body(at + 1, end, reached.at_least(Reached::Perhaps), reached, depth)
            }
            "do" if at + 1 < end => self.body(at + 1, end, reached.at_least(Reached::Often), reached, depth),
            "case" | "default" => {
                let stop = self.find(at, end, &[":", ";"]);
                self.scan(at + 1, stop, reached);
                stop + 1
            }
            "return" | "exit" | "die" | "throw" | "break" | "continue" => {
                let stop = stop(self);
                self.scan(at + 1, stop, reached);
                match (word, reached) {
                    (_, Reached::Never) | ("break" | "continue", _) => {}
                    ("return", Reached::Once) => self.is_over = true,
                    ("return", _) => self.may_be_over = true,
                    _ => self.reader.may_have_ended = true,
                }
                stop + 1
            }
            "abstract" | "class" | "enum" | "final" | "function" | "interface" | "readonly" | "trait"
                if matches!(self.tokens.all.get(at + 1), Some(Token::Word(_))) || self.sign(at + 1) == "&" =>
            {
                let body = self.find(at, end, &["{", ";"]);
                let after = self.tokens.partner.get(body).copied().unwrap_or_default().max(body) + 1;
                self.definition(at, after.min(end), reached);
                after
            }
            "namespace" | "use" | "goto" => {
                self.unclear(reached);
                stop(self) + 1
            }
            "global" | "static" => {
                let stop = stop(self);
                self.alias(at, stop, reached);
                stop + 1
            }
            "unset" if close > 0 && close + 1 == stop(self) => {
                self.unset(at + 2, close, reached);
                close + 2
            }
            _ if INCLUDES.contains(&word) => {
                let stop = stop(self);
                self.include(at, stop, reached);
                stop + 1
            }
            _ => self.expression(at, end, reached),
        }
    }

    /// Reads the body of a condition or loop: a statement, or statements up to `endif` and the like.
    fn body(&mut self, at: usize, end: usize, reached: Reached, outer: Reached, depth: usize) -> usize {
        let after = self.pass(at, end, reached, depth);
        // The second pass treats what the first one set as unknown. An outer loop has two passes already.
        if reached == Reached::Often && outer != reached { self.pass(at, end, reached, depth) } else { after }
    }

    fn pass(&mut self, mut at: usize, end: usize, reached: Reached, depth: usize) -> usize {
        if at >= end {
            return end;
        }
        if self.sign(at) != ":" {
            return self.statement(at, end, reached, depth - 1);
        }
        at += 1;
        while at < end && !self.is_over && !self.reader.config.is_unclear {
            match self.word(at).as_str() {
                "endif" | "endwhile" | "endfor" | "endforeach" | "endswitch" | "enddeclare" => return at + 1,
                _ => at = self.statement(at, end, reached, depth - 1),
            }
        }
        end
    }

    fn foreach(&mut self, open: usize, close: usize, end: usize, reached: Reached, depth: usize) -> usize {
        let mut of = open + 1;
        while of < close && self.word(of) != "as" {
            of = self.tokens.partner[of].max(of) + 1;
        }
        if reached == Reached::Never {
            return self.pass(close + 1, end, reached, depth);
        }
        let target = self.tokens.all.get(of + 1..close).unwrap_or_default();
        let names = match target {
            [Token::Variable(value)] => Some((None, *value)),
            [Token::Variable(key), Token::Sign("=>"), Token::Variable(value)] => Some((Some(*key), *value)),
            _ => None,
        };
        let names = names.filter(|(key, value)| *value != "config" && *key != Some("config"));
        let subject = match self.value(open + 1) {
            Some((Value::Array(items), after)) if after == of => Some(items),
            _ => None,
        };
        let (Some((key, name)), Some(items)) = (names, subject) else {
            if target.contains(&Token::Sign("&")) {
                self.alias(open, close, reached);
            }
            self.scan(open + 1, of.min(close), reached);
            self.forget(of, close, reached);
            return self.body(close + 1, end, reached.at_least(Reached::Often), reached, depth);
        };
        let after = self.pass(close + 1, end, Reached::Never, depth);
        let words = &self.tokens.all[close + 1..after.min(end)];
        let jumps =
            |word: &str| ["break", "continue", "return", "goto"].iter().any(|jump| word.eq_ignore_ascii_case(jump));
        let has_jumps = words.iter().any(|token| matches!(token, Token::Word(word) if jumps(word)));
        self.reader.statements_left = self.reader.statements_left.saturating_sub(items.len());
        let inner = if has_jumps { reached.at_least(Reached::Perhaps) } else { reached };
        for (at, item) in items {
            if self.is_over {
                break;
            }
            if let Some(key) = key {
                let at = if is_number(&at) { Value::Number(at) } else { Value::Text(at) };
                self.reader.set_variable(key, Some(at), Reached::Once);
            }
            self.reader.set_variable(name, Some(item), Reached::Once);
            self.pass(close + 1, end, inner, depth);
        }
        if inner != Reached::Once {
            self.forget(of, close, reached);
        }
        after
    }

    /// Reads an assignment statement; `false` for anything else.
    fn assigns(&mut self, name: &str, at: usize, stop: usize, reached: Reached) -> bool {
        let mention = self.mention(at);
        let start = mention.end + 1;
        if self.sign(mention.end) != "=" || !mention.is_whole || self.sign(start) == "&" {
            return false;
        }
        let value = self.value(start).filter(|(_, after)| *after == stop).map(|(value, _)| value);
        if name != "config" {
            if mention.end == at + 1 && value.is_some() && !matches!(name, "this" | "GLOBALS") {
                self.reader.set_variable(name, value, reached);
                return true;
            }
            return false;
        }
        match value {
            Some(value) if !mention.keys.is_empty() || matches!(value, Value::Array(_)) => {
                let node = self.reader.within_limit(value).map_or(Node::UNKNOWN, Node::from);
                self.reader.config.settings.set(&mention.keys, node, reached);
                true
            }
            Some(_) => false,
            None => self.merges(&mention.keys, start, stop, reached),
        }
    }

    /// `$config = array_merge($config, […])`, also for a part of it.
    fn merges(&mut self, keys: &[String], at: usize, stop: usize, reached: Reached) -> bool {
        let is_merge = self.word(at) == "array_merge"
            && self.sign(at + 1) == "("
            && self.tokens.all.get(at + 2) == Some(&Token::Variable("config"))
            && self.tokens.partner[at + 1] + 1 == stop;
        if !is_merge {
            return false;
        }
        let same = self.mention(at + 2);
        if !same.is_whole || same.keys != keys {
            return false;
        }
        let (mut at, mut changes) = (same.end, Vec::new());
        while self.sign(at) == "," && self.sign(at + 1) != ")" {
            let Some((Value::Array(items), after)) = self.value(at + 1) else { return false };
            changes.extend(items);
            at = after;
        }
        if self.sign(at) == "," {
            at += 1;
        }
        if at + 1 != stop {
            return false;
        }
        for (key, value) in changes {
            let key = if is_number(&key) { APPENDED.to_owned() } else { key };
            let node = self.reader.within_limit(value).map_or(Node::UNKNOWN, Node::from);
            self.reader.config.settings.set(&[keys, &[key]].concat(), node, reached);
        }
        true
    }

    fn unset(&mut self, mut at: usize, close: usize, reached: Reached) {
        while at < close {
            let stop = self.find(at, close, &[","]);
            let mention = self.mention(at);
            match self.tokens.all[at] {
                Token::Variable("config") if mention.is_whole && mention.end == stop && !mention.keys.is_empty() => {
                    self.reader.config.settings.set(&mention.keys, Node::Rest(Rest::Unset), reached);
                }
                Token::Variable(name) if name != "config" => self.reader.set_variable(name, None, reached),
                _ => self.unclear(reached),
            }
            at = stop + 1;
        }
    }

    fn include(&mut self, at: usize, stop: usize, reached: Reached) {
        if reached == Reached::Never {
            return;
        }
        let path = match self.value(at + 1) {
            Some((Value::Text(path), after)) if after == stop => Some(path),
            _ => None,
        };
        match path {
            Some(path) => {
                let once = self.word(at).ends_with("_once");
                self.reader.include(&path, once, self.path, reached, self.includes_left);
            }
            None => self.unclear(reached),
        }
    }

    /// A function or class: its own variables do not matter.
    fn definition(&mut self, start: usize, end: usize, reached: Reached) {
        let mut tokens = self.tokens.all[start..end].iter();
        let reaches_out = |token: &Token<'_>| match token {
            Token::Variable(name) => matches!(*name, "config" | "GLOBALS"),
            Token::Word(word) => word.eq_ignore_ascii_case("eval"),
            Token::Sign(sign) => *sign == "$",
            _ => false,
        };
        if tokens.any(reaches_out) {
            self.unclear(reached);
        }
    }

    /// References to variables: from now on any of them may be set through these.
    fn alias(&mut self, start: usize, end: usize, reached: Reached) {
        if reached == Reached::Never {
            return;
        }
        for at in start..end {
            match self.tokens.all[at] {
                Token::Variable("config") => {
                    let name = self.mention(at).keys.join(".");
                    self.reader.config.aliased.push(name);
                }
                Token::Variable(name) => {
                    self.reader.variables.remove(name);
                    self.reader.aliased_variables.insert(name.to_owned());
                }
                _ => {}
            }
        }
    }

    /// Marks variables as unknown.
    fn forget(&mut self, start: usize, end: usize, reached: Reached) {
        if reached == Reached::Never {
            return;
        }
        for at in start..end {
            match self.tokens.all[at] {
                Token::Variable("config") => {
                    let mention = self.mention(at);
                    self.reader.config.settings.set(&mention.keys, Node::UNKNOWN, Reached::Often);
                }
                Token::Variable("this" | "GLOBALS") | Token::Sign("$") => self.unclear(reached),
                Token::Variable(name) => drop(self.reader.variables.remove(name)),
                _ => {}
            }
        }
    }

    fn mention(&self, at: usize) -> Mention {
        let mut mention = Mention { keys: Vec::new(), is_whole: true, end: at + 1 };
        while self.sign(mention.end) == "[" {
            let close = self.tokens.partner[mention.end];
            if mention.is_whole {
                let key = match self.value(mention.end + 1) {
                    _ if close == mention.end + 1 => Some(APPENDED.to_owned()),
                    Some((value, after)) if after == close => as_key(&value),
                    _ => None,
                };
                mention.is_whole = key.is_some();
                mention.keys.extend(key);
            }
            mention.end = close + 1;
        }
        mention
    }

    /// Scans an expression for anything that it may set.
    fn scan(&mut self, start: usize, end: usize, reached: Reached) {
        if reached == Reached::Never {
            return;
        }
        let mut open = vec![Bracket::Reads];
        let (mut has_function, mut has_config) = (false, false);
        for at in start..end {
            if self.reader.config.is_unclear {
                return;
            }
            let before = if at > start { self.tokens.all.get(at - 1) } else { None };
            match &self.tokens.all[at] {
                Token::Sign("(" | "[" | "{") => {
                    open.push(self.bracket(at, before, *open.last().unwrap_or(&Bracket::Reads)))
                }
                Token::Sign(")" | "]" | "}") => drop(open.pop()),
                Token::Sign("$") => self.unclear(reached),
                Token::Word(word) if !matches!(before, Some(Token::Sign("->" | "?->" | "::"))) => {
                    let word = word.to_ascii_lowercase();
                    has_function |= matches!(word.as_str(), "function" | "fn" | "class");
                    self.scan_word(&word, at, end, reached);
                }
                Token::Variable("this" | "GLOBALS") => self.unclear(reached),
                Token::Variable(name) => {
                    has_config |= *name == "config";
                    self.scan_variable(name, at, before, *open.last().unwrap_or(&Bracket::Reads));
                }
                _ => {}
            }
        }
        if has_function && has_config {
            self.unclear(reached);
        }
    }

    fn scan_word(&mut self, word: &str, at: usize, end: usize, reached: Reached) {
        let is_called = self.sign(at + 1) == "(";
        if INCLUDES.contains(&word) {
            let stop = self.find(at + 1, end, &[";", ",", ")", "]", "}"]);
            self.include(at, stop, reached.at_least(Reached::Perhaps));
        } else if matches!(word, "exit" | "die" | "throw") {
            self.reader.may_have_ended = true;
        } else if is_called && (SETTERS.contains(&word) || MOVERS.contains(&word) || self.sets_include_path(word, at))
            || word == "__halt_compiler"
        {
            self.unclear(reached);
        } else if word.ends_with("config") && self.sign(at + 1) == "::" {
            // LibreNMS's own class, which also sets settings.
            if !matches!(self.word(at + 2).as_str(), "get" | "has") {
                self.unclear(reached);
            }
        }
    }

    /// Whether `ini_set` may change the directories in which PHP looks for included files.
    fn sets_include_path(&self, word: &str, at: usize) -> bool {
        let is_other = |name: &str| !name.eq_ignore_ascii_case("include_path");
        let is_harmless = matches!(self.tokens.all.get(at + 2), Some(Token::Text(Some(name))) if is_other(name))
            && matches!(self.sign(at + 3), "," | ")");
        matches!(word, "ini_set" | "ini_alter" | "ini_restore") && !is_harmless
    }

    fn bracket(&self, at: usize, before: Option<&Token<'_>>, outer: Bracket) -> Bracket {
        match (self.sign(at), before) {
            ("(", Some(Token::Word(word))) => {
                let is_method = at >= 2 && matches!(self.sign(at - 2), "->" | "?->" | "::");
                let is_new = at >= 2 && self.word(at - 2) == "new";
                let word = word.to_ascii_lowercase();
                let reads = !is_method && !is_new && READERS.binary_search(&word.as_str()).is_ok();
                if reads { Bracket::Reads } else { Bracket::Hands }
            }
            ("(", Some(Token::Variable(_) | Token::Text(_) | Token::Sign(")" | "]" | "}"))) => Bracket::Hands,
            ("(", _) => outer,
            ("[", Some(Token::Variable(_) | Token::Text(_) | Token::Word(_) | Token::Sign(")" | "]" | "}"))) => {
                Bracket::Reads
            }
            ("[", _) => Bracket::Lists,
            _ => Bracket::Reads,
        }
    }

    fn scan_variable(&mut self, name: &str, at: usize, before: Option<&Token<'_>>, bracket: Bracket) {
        let mention = self.mention(at);
        let next = self.sign(mention.end);
        let named = matches!(before, Some(Token::Sign("&")))
            || next == "=" && self.sign(mention.end + 1) == "&"
            || matches!(before, Some(Token::Word(word)) if word.eq_ignore_ascii_case("as"))
            || bracket == Bracket::Hands && matches!(next, ")" | ",")
            || name == "config" && matches!(next, "->" | "?->" | "{");
        let set = ASSIGNING.contains(&next)
            || matches!(before, Some(Token::Sign("++" | "--")))
            || bracket == Bracket::Lists && matches!(next, "]" | ",");
        if named {
            self.alias(at, at + 1, Reached::Often);
        } else if set {
            self.forget(at, at + 1, Reached::Often);
        }
    }
}
