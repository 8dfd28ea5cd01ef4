//! LibreNMS's `config.php`: PHP that is parsed, never run. A setting is known only if its value is certain. If a
//! statement might set it in a way that cannot be evaluated, it counts as unknown, so that no opt-out is overlooked.
//!
//! PHP parsers build a syntax tree, but what matters here is which statements are certain to take effect. So this is a
//! purpose-built parser.

mod expression;
mod files;
mod reader;
mod settings;
mod tokens;
mod words;

pub(super) use reader::ConfigPhp;

#[cfg(test)]
mod tests;
