//! Splits PHP source into tokens, in one pass, without interpreting them.

use std::borrow::Cow;

/// A token. Comments, white space and text outside of PHP are dropped; `?>` ends a statement, as `;` does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token<'s> {
    /// `$name`, without the dollar sign.
    Variable(&'s str),
    /// A keyword, or a name with its namespace.
    Word(&'s str),
    /// A number, as written.
    Number(&'s str),
    /// A string; `None` if only PHP knows its value.
    Text(Option<Cow<'s, str>>),
    /// An operator or a bracket.
    Sign(&'static str),
}

/// The tokens of one file.
#[derive(Debug, Default)]
pub(super) struct Tokens<'s> {
    pub(super) all: Vec<Token<'s>>,
    /// The index of the closing bracket for each opening one; 0 elsewhere.
    pub(super) partner: Vec<usize>,
    /// Whether the file has parts that cannot be tokenised with certainty.
    pub(super) is_unclear: bool,
    /// Whether PHP cannot parse the file either.
    pub(super) is_broken: bool,
    /// Whether what looks broken here may be valid with certain PHP settings or in rarer syntax.
    is_ambiguous: bool,
}

/// Operators, longest first.
const SIGNS: [&str; 64] = [
    "<=>", "**=", "...", "<<=", ">>=", "===", "!==", "??=", "?->", "++", "--", "->", "=>", "==", "!=", "<>", "<=",
    ">=", "&&", "||", "??", "::", "+=", "-=", "*=", "/=", ".=", "%=", "&=", "|=", "^=", "<<", ">>", "**", "(", ")",
    "[", "]", "{", "}", ";", ",", "=", ".", "&", "|", "^", "~", "!", "?", ":", "@", "+", "-", "*", "/", "%", "<", ">",
    "$", "#", "\\", "`", "'",
];

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

/// The length of the name at the start of a text.
fn name_length(text: &str, more: &[u8]) -> usize {
    text.bytes().position(|byte| !is_name(byte) && !more.contains(&byte)).unwrap_or(text.len())
}

/// Whether two values are adjacent, for example because a semicolon is missing.
fn lacks_operator(one: &Token<'_>, next: &Token<'_>) -> bool {
    let is_value = |token: &Token<'_>| matches!(token, Token::Variable(_) | Token::Number(_) | Token::Text(_));
    (is_value(one) || *one == Token::Sign("]")) && is_value(next)
}

impl<'s> Tokens<'s> {
    /// Splits a file.
    pub(super) fn of(php: &'s str) -> Self {
        let mut tokens = Self::default();
        let mut rest = php;
        while let Some(start) = rest.find("<?") {
            rest = &rest[start + 2..];
            let is_echo = rest.starts_with('=');
            let is_php = rest.get(..3).is_some_and(|word| word.eq_ignore_ascii_case("php"))
                && rest[3..].chars().next().is_none_or(|c| c.is_ascii_whitespace());
            // The meaning of `<?` alone depends on PHP's short_open_tag.
            tokens.is_ambiguous |= !is_echo && !is_php;
            rest = tokens.add_code(&rest[if is_php { 3 } else { usize::from(is_echo) }..]);
            tokens.all.push(Token::Sign(";"));
        }
        tokens.pair_brackets();
        tokens.is_broken |= tokens.all.windows(2).any(|pair| lacks_operator(&pair[0], &pair[1]));
        // Anything may follow it.
        tokens.is_ambiguous |= tokens
            .all
            .iter()
            .any(|token| matches!(token, Token::Word(word) if word.eq_ignore_ascii_case("__halt_compiler")));
        tokens.is_unclear |= tokens.is_broken || tokens.is_ambiguous;
        tokens.is_broken &= !tokens.is_ambiguous;
        tokens
    }

    fn pair_brackets(&mut self) {
        self.partner = vec![0; self.all.len()];
        let mut open = Vec::new();
        for (at, token) in self.all.iter().enumerate() {
            let Token::Sign(sign) = token else { continue };
            match *sign {
                "(" => open.push((at, ")")),
                "[" => open.push((at, "]")),
                "{" => open.push((at, "}")),
                ")" | "]" | "}" => match open.pop() {
                    Some((start, closing)) if closing == *sign => self.partner[start] = at,
                    _ => self.is_broken = true,
                },
                _ => {}
            }
        }
        self.is_broken |= !open.is_empty();
    }

    /// Adds code up to `?>`; returns the rest.
    fn add_code(&mut self, php: &'s str) -> &'s str {
        let mut rest = php;
        while let Some(&first) = rest.as_bytes().first() {
            if let Some(after) = rest.strip_prefix("?>") {
                return after;
            }
            rest = match first {
                _ if first.is_ascii_whitespace() => &rest[1..],
                b'#' if rest.starts_with("#[") => {
                    self.is_ambiguous = true;
                    &rest[2..]
                }
                b'#' => after_line_comment(rest),
                b'/' if rest.starts_with("//") => after_line_comment(rest),
                b'/' if rest.starts_with("/*") => {
                    let end = rest[2..].find("*/");
                    self.is_broken |= end.is_none();
                    end.map_or("", |end| &rest[end + 4..])
                }
                b'\'' | b'"' | b'`' => self.add_string(&rest[1..], first),
                b'<' if rest.starts_with("<<<") => self.add_heredoc(&rest[3..]),
                b'$' if rest[1..].bytes().next().is_some_and(|next| is_name(next) && !next.is_ascii_digit()) => {
                    let length = name_length(&rest[1..], &[]);
                    self.all.push(Token::Variable(&rest[1..=length]));
                    &rest[length + 1..]
                }
                b'0'..=b'9' => self.add_number(rest),
                b'.' if rest[1..].starts_with(|c: char| c.is_ascii_digit()) => self.add_number(rest),
                _ if is_name(first) || first == b'\\' => {
                    let length = name_length(rest, b"\\");
                    self.all.push(Token::Word(rest[..length].trim_start_matches('\\')));
                    &rest[length..]
                }
                _ => {
                    let sign = SIGNS.iter().find(|sign| rest.starts_with(**sign)).copied();
                    self.is_broken |= sign.is_none();
                    self.all.extend(sign.map(Token::Sign));
                    &rest[sign.map_or(1, str::len)..]
                }
            };
        }
        rest
    }

    fn add_number(&mut self, rest: &'s str) -> &'s str {
        let mut length = name_length(rest, b".");
        let is_exponent = rest[..length].ends_with(['e', 'E']) && !rest.starts_with("0x") && !rest.starts_with("0X");
        if is_exponent && rest[length..].starts_with(['+', '-']) {
            length += 1 + name_length(&rest[length + 1..], &[]);
        }
        self.all.push(Token::Number(&rest[..length]));
        &rest[length..]
    }

    /// Adds a string after its opening quote; returns the rest.
    fn add_string(&mut self, php: &'s str, quote: u8) -> &'s str {
        let bytes = php.as_bytes();
        let (mut at, mut has_escapes, mut has_variables) = (0, false, quote == b'`');
        while let Some(&byte) = bytes.get(at) {
            match byte {
                _ if byte == quote => break,
                b'\\' => {
                    has_escapes = true;
                    at += 1;
                }
                b'$' if quote != b'\'' && bytes.get(at + 1).is_some_and(|next| is_name(*next) || *next == b'{') => {
                    has_variables = true;
                }
                _ => {}
            }
            at += 1;
        }
        if at >= php.len() {
            self.is_broken = true;
            return "";
        }
        let text = &php[..at];
        if has_variables {
            self.is_unclear |= may_act(text);
        }
        self.all.push(Token::Text(if has_variables {
            None
        } else if has_escapes {
            unescaped(text, quote).map(Cow::Owned)
        } else {
            Some(Cow::Borrowed(text))
        }));
        &php[at + 1..]
    }

    /// Adds a heredoc or nowdoc, after its `<<<`.
    fn add_heredoc(&mut self, php: &'s str) -> &'s str {
        let opening = php.trim_start_matches([' ', '\t']);
        let is_raw = opening.starts_with('\'');
        let quote = ["'", "\""].into_iter().find(|quote| opening.starts_with(*quote)).unwrap_or_default();
        let name = &opening[quote.len()..];
        let label = &name[..name_length(name, &[])];
        let body = name[label.len()..].strip_prefix(quote).filter(|_| !label.is_empty());
        let body = body.and_then(|body| body.strip_prefix('\r').unwrap_or(body).strip_prefix('\n'));
        let Some(body) = body else {
            self.is_broken = true;
            return php;
        };
        let mut start = 0;
        for line in body.split_inclusive('\n') {
            let trimmed = line.trim_start_matches([' ', '\t']);
            if let Some(after) = trimmed.strip_prefix(label)
                && !after.bytes().next().is_some_and(is_name)
            {
                self.is_unclear |= !is_raw && may_act(&body[..start]);
                self.all.push(Token::Text(None));
                return &body[start + line.len() - after.len()..];
            }
            start += line.len();
        }
        self.is_broken = true;
        ""
    }
}

/// The rest after a line comment; `?>` ends it, too.
fn after_line_comment(rest: &str) -> &str {
    let bytes = rest.as_bytes();
    let end = (0..bytes.len()).find(|&at| matches!(bytes[at], b'\n' | b'\r') || bytes[at..].starts_with(b"?>"));
    &rest[end.unwrap_or(rest.len())..]
}

/// Whether evaluating a string's variables may have side effects: `{$a[f()]}`, `${name}`.
fn may_act(text: &str) -> bool {
    let (bytes, mut depth) = (text.as_bytes(), 0_usize);
    for (at, byte) in bytes.iter().enumerate() {
        match byte {
            b'$' if bytes.get(at + 1) == Some(&b'{') => return true,
            b'{' if depth > 0 || bytes.get(at + 1) == Some(&b'$') => depth += 1,
            b'}' => depth = depth.saturating_sub(1),
            b'(' | b'=' if depth > 0 => return true,
            b'+' | b'-' if depth > 0 && bytes.get(at + 1) == Some(byte) => return true,
            _ => {}
        }
    }
    false
}

/// A string with its escapes resolved; `None` for an unsupported escape.
fn unescaped(text: &str, quote: u8) -> Option<String> {
    let (mut plain, mut characters) = (String::with_capacity(text.len()), text.chars());
    while let Some(c) = characters.next() {
        if c != '\\' {
            plain.push(c);
            continue;
        }
        match (characters.next(), quote) {
            (Some('\\'), _) => plain.push('\\'),
            (Some(next), _) if next == char::from(quote) => plain.push(next),
            (Some('n'), b'"') => plain.push('\n'),
            (Some('t'), b'"') => plain.push('\t'),
            (Some('r'), b'"') => plain.push('\r'),
            (Some('$'), b'"') => plain.push('$'),
            (Some('0'..='9' | 'x' | 'u' | 'e' | 'v' | 'f'), b'"') => return None,
            (next, _) => {
                plain.push('\\');
                plain.extend(next);
            }
        }
    }
    Some(plain)
}
