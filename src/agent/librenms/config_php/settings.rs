//! The settings known so far while `config.php` is read: a tree whose parts are set, unset, untouched or unknown.

use std::collections::BTreeMap;

/// Maximum depth of keys. No setting is nested deeper; anything below is unknown.
const MAX_KEYS: usize = 32;

/// The value of a constant expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    Null,
    Bool(bool),
    /// As written.
    Number(String),
    Text(String),
    /// By key, in PHP's order.
    Array(Vec<(String, Value)>),
}

impl Value {
    /// Its memory use, roughly.
    pub(super) fn size(&self) -> usize {
        match self {
            Self::Null | Self::Bool(_) => 32,
            Self::Number(text) | Self::Text(text) => 32 + text.len(),
            Self::Array(items) => items.iter().map(|(key, value)| 64 + key.len() + value.size()).sum::<usize>() + 32,
        }
    }
}

/// How certain it is that a statement is executed, most certain first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Reached {
    /// Never: the statement is only skipped.
    Never,
    Once,
    /// Maybe, for example in an `if`.
    Perhaps,
    /// Any number of times, for example in a loop.
    Often,
}

impl Reached {
    /// The less certain of the two.
    pub(super) fn at_least(self, other: Self) -> Self {
        if self == Self::Never { self } else { self.max(other) }
    }
}

/// The state of tree parts without an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rest {
    /// Not set here; the database decides.
    Untouched,
    /// Removed here, or null.
    Unset,
    /// Only PHP knows the value.
    Unknown,
}

impl Rest {
    fn as_node(self) -> &'static Node {
        static UNTOUCHED: Node = Node::Rest(Rest::Untouched);
        static UNSET: Node = Node::Rest(Rest::Unset);
        static UNKNOWN: Node = Node::UNKNOWN;
        match self {
            Self::Untouched => &UNTOUCHED,
            Self::Unset => &UNSET,
            Self::Unknown => &UNKNOWN,
        }
    }
}

/// A setting, or an array of settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Node {
    Rest(Rest),
    Scalar(String),
    Array(BTreeMap<String, Node>, Rest),
}

impl From<Value> for Node {
    fn from(value: Value) -> Self {
        match value {
            Value::Null => Self::Rest(Rest::Unset),
            Value::Bool(value) => Self::Scalar(value.to_string()),
            Value::Number(text) | Value::Text(text) => Self::Scalar(text),
            Value::Array(items) => {
                Self::Array(items.into_iter().map(|(key, value)| (key, value.into())).collect(), Rest::Unset)
            }
        }
    }
}

impl Node {
    pub(super) const UNKNOWN: Self = Self::Rest(Rest::Unknown);

    /// The part below these keys.
    pub(super) fn at<'k>(&self, keys: impl Iterator<Item = &'k str>) -> &Self {
        let mut node = self;
        for key in keys {
            match node {
                Self::Array(children, _) if children.contains_key(key) => node = &children[key],
                Self::Array(_, rest) | Self::Rest(rest) => return rest.as_node(),
                // A key of a value that is not an array gives null.
                Self::Scalar(_) => return Rest::Unset.as_node(),
            }
        }
        node
    }

    /// Sets the part below these keys.
    pub(super) fn set(&mut self, keys: &[String], value: Self, reached: Reached) {
        let (keys, value) = match keys.get(..MAX_KEYS) {
            Some(keys) => (keys, Self::UNKNOWN),
            None => (keys, value),
        };
        let mut node = self;
        for key in keys {
            if let Self::Rest(rest) = *node {
                *node = Self::Array(BTreeMap::new(), rest);
            }
            let Self::Array(children, rest) = node else {
                // A key of a string or number: PHP changes one character, or fails.
                *node = Self::UNKNOWN;
                return;
            };
            let rest = *rest;
            node = children.entry(key.clone()).or_insert(Self::Rest(rest));
        }
        *node = match reached {
            Reached::Never => return,
            Reached::Once => value,
            Reached::Perhaps => std::mem::replace(node, Self::UNKNOWN).or(value),
            Reached::Often => Self::UNKNOWN,
        };
    }

    /// What is known in both of two alternatives.
    fn or(self, other: Self) -> Self {
        match (self, other) {
            (one, other) if one == other => one,
            (Self::Array(one, rest), Self::Array(other, other_rest)) => merged(one, rest, other, other_rest),
            (Self::Array(one, rest), Self::Rest(other)) | (Self::Rest(other), Self::Array(one, rest)) => {
                merged(one, rest, BTreeMap::new(), other)
            }
            _ => Self::UNKNOWN,
        }
    }
}

fn merged(one: BTreeMap<String, Node>, rest: Rest, mut other: BTreeMap<String, Node>, other_rest: Rest) -> Node {
    let mut children = BTreeMap::new();
    for (key, node) in one {
        let opposite = other.remove(&key).unwrap_or(Node::Rest(other_rest));
        children.insert(key, node.or(opposite));
    }
    children.extend(other.into_iter().map(|(key, node)| (key, node.or(Node::Rest(rest)))));
    Node::Array(children, if rest == other_rest { rest } else { Rest::Unknown })
}
