//! Evaluates constant expressions: strings, numbers, arrays, `__DIR__`, `glob` and the like.

use super::files;
use super::settings::Value;
use super::tokens::{Token, Tokens};
use std::collections::BTreeMap;
use std::path::Path;

/// Maximum nesting of brackets.
const MAX_DEPTH: usize = 64;

/// Maximum length of a joined string, and maximum number of items in an array of arrays.
const MAX_TEXT: usize = 1 << 20;

/// What an expression may refer to.
pub(super) struct Scope<'a> {
    pub(super) tokens: &'a Tokens<'a>,
    /// The file that contains the expression.
    pub(super) file: &'a Path,
    /// PHP's working directory.
    pub(super) root: &'a Path,
    /// Variables with a known value.
    pub(super) variables: &'a BTreeMap<String, Value>,
}

impl Scope<'_> {
    /// The value of the expression at `at`, and the position after it.
    pub(super) fn value(&self, at: usize) -> Option<(Value, usize)> {
        self.expression(at, MAX_DEPTH)
    }

    fn is(&self, at: usize, sign: &str) -> bool {
        matches!(self.tokens.all.get(at), Some(Token::Sign(found)) if *found == sign)
    }

    fn expression(&self, at: usize, depth: usize) -> Option<(Value, usize)> {
        let (mut value, mut at) = self.operand(at, depth.checked_sub(1)?)?;
        if !self.is(at, ".") {
            return Some((value, at));
        }
        let mut text = joinable(value)?;
        while self.is(at, ".") {
            (value, at) = self.operand(at + 1, depth - 1)?;
            text.push_str(&joinable(value)?);
            if text.len() > MAX_TEXT {
                return None;
            }
        }
        Some((Value::Text(text), at))
    }

    fn operand(&self, at: usize, depth: usize) -> Option<(Value, usize)> {
        match self.tokens.all.get(at)? {
            Token::Text(text) => Some((Value::Text(text.as_deref()?.to_owned()), at + 1)),
            Token::Number(number) => Some((self.number(number)?, at + 1)),
            Token::Sign("-") => match self.tokens.all.get(at + 1)? {
                Token::Number(number) => match self.number(number)? {
                    Value::Number(number) => Some((Value::Number(format!("-{number}")), at + 2)),
                    _ => None,
                },
                _ => None,
            },
            Token::Sign("[") => self.array(at, depth),
            Token::Sign("(") => {
                let (value, end) = self.expression(at + 1, depth)?;
                self.is(end, ")").then_some((value, end + 1))
            }
            // An element or property of a variable is a different value.
            Token::Variable(name) if !self.is(at + 1, "[") && !self.is(at + 1, "->") => {
                Some((self.variables.get(*name)?.clone(), at + 1))
            }
            Token::Word(word) => self.word(word, at, depth),
            _ => None,
        }
    }

    fn number(&self, number: &str) -> Option<Value> {
        // Octal, hexadecimal and binary numbers, and `_`, are not supported.
        let is_octal = number.len() > 1 && number.starts_with('0') && !number.contains('.');
        let is_plain = !is_octal && number.parse::<f64>().is_ok_and(f64::is_finite);
        is_plain.then(|| Value::Number(number.to_owned()))
    }

    fn word(&self, word: &str, at: usize, depth: usize) -> Option<(Value, usize)> {
        let word = word.to_ascii_lowercase();
        let directory = || Some(self.file.parent()?.to_str()?.to_owned());
        let constant = match word.as_str() {
            "true" => Some(Value::Bool(true)),
            "false" => Some(Value::Bool(false)),
            "null" => Some(Value::Null),
            "__dir__" => Some(Value::Text(directory()?)),
            "__file__" => Some(Value::Text(self.file.to_str()?.to_owned())),
            "directory_separator" => Some(Value::Text("/".to_owned())),
            _ => None,
        };
        if let Some(constant) = constant {
            return (!self.is(at + 1, "(") && !self.is(at + 1, "::")).then_some((constant, at + 1));
        }
        if !self.is(at + 1, "(") {
            return None;
        }
        if word == "array" {
            return self.array(at + 1, depth);
        }
        let (arguments, end) = self.arguments(at + 1, depth)?;
        let value = match (word.as_str(), arguments.as_slice()) {
            ("dirname", [Value::Text(path)]) if path.starts_with('/') => {
                Value::Text(Path::new(path).parent().unwrap_or(Path::new("/")).to_str()?.to_owned())
            }
            ("glob", [Value::Text(pattern)]) => list(files::glob(pattern, self.root)?.into_iter().map(Value::Text)),
            ("array_merge", [_, ..]) => merged(arguments)?,
            _ => return None,
        };
        Some((value, end))
    }

    /// The arguments of a function, between brackets.
    fn arguments(&self, open: usize, depth: usize) -> Option<(Vec<Value>, usize)> {
        let (close, mut at, mut values) = (self.tokens.partner[open], open + 1, Vec::new());
        while at < close {
            let (value, end) = self.expression(at, depth.checked_sub(1)?)?;
            values.push(value);
            at = self.after_comma(end, close)?;
        }
        Some((values, close + 1))
    }

    fn after_comma(&self, end: usize, close: usize) -> Option<usize> {
        if end == close { Some(end) } else { self.is(end, ",").then_some(end + 1) }
    }

    fn array(&self, open: usize, depth: usize) -> Option<(Value, usize)> {
        let (close, mut at, mut next) = (self.tokens.partner[open], open + 1, 0_i64);
        let mut items: BTreeMap<String, usize> = BTreeMap::new();
        let mut values: Vec<(String, Value)> = Vec::new();
        let depth = depth.checked_sub(1)?;
        while at < close {
            let (mut value, mut end) = self.expression(at, depth)?;
            let key = if self.is(end, "=>") {
                let key = as_key(&value)?;
                (value, end) = self.expression(end + 1, depth)?;
                key
            } else {
                next.to_string()
            };
            if let Ok(number) = key.parse::<i64>()
                && number.to_string() == key
            {
                // The next key after a negative one depends on PHP's version.
                next = if number < 0 { return None } else { next.max(number.checked_add(1)?) };
            }
            match items.get(&key) {
                Some(place) => values[*place].1 = value,
                None => {
                    items.insert(key.clone(), values.len());
                    values.push((key, value));
                }
            }
            at = self.after_comma(end, close)?;
        }
        Some((Value::Array(values), close + 1))
    }
}

fn joinable(value: Value) -> Option<String> {
    match value {
        Value::Text(text) => Some(text),
        _ => None,
    }
}

/// A value as an array key.
pub(super) fn as_key(value: &Value) -> Option<String> {
    match value {
        Value::Text(text) => Some(text.clone()),
        Value::Number(number) if number.parse::<i64>().is_ok_and(|parsed| parsed.to_string() == *number) => {
            Some(number.clone())
        }
        _ => None,
    }
}

fn list(values: impl Iterator<Item = Value>) -> Value {
    Value::Array(values.enumerate().map(|(at, value)| (at.to_string(), value)).collect())
}

/// `array_merge`, for lists or for arrays with names.
fn merged(arguments: Vec<Value>) -> Option<Value> {
    let mut items: Vec<(String, Value)> = Vec::new();
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    let mut next = 0_usize;
    for argument in arguments {
        let Value::Array(values) = argument else { return None };
        for (mut key, value) in values {
            if is_number(&key) {
                key = next.to_string();
                next += 1;
            }
            match places.get(&key) {
                Some(place) => items[*place].1 = value,
                None => {
                    places.insert(key.clone(), items.len());
                    items.push((key, value));
                }
            }
            if items.len() > MAX_TEXT {
                return None;
            }
        }
    }
    Some(Value::Array(items))
}

/// Whether PHP treats a key as a number.
pub(super) fn is_number(key: &str) -> bool {
    key.parse::<i64>().is_ok_and(|number| number.to_string() == key)
}
