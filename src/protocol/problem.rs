//! HTTP errors: problem details (RFC 9457) with a stable code. They name the path and the rule, never a value of the
//! request.

use serde::{Deserialize, Serialize};

/// The media type of a problem.
pub const MEDIA_TYPE: &str = "application/problem+json";

/// A problem document of the receiver or the preview's server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Problem {
    /// `about:blank`: the code identifies the kind of problem.
    #[serde(rename = "type", default = "about_blank")]
    pub kind: String,
    /// The HTTP status in words.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What was expected, or what to do.
    pub detail: String,
    /// The path, such as `data.sensors[3].total`, or the name of a header; empty for the request as a whole.
    #[serde(default)]
    pub path: String,
    /// The kind of problem: one of [`Code`] from a receiver, one of the agent's codes from the preview's server.
    #[serde(default)]
    pub code: String,
    /// The code in the form of version 0.1, with underscores.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
}

fn about_blank() -> String {
    "about:blank".to_owned()
}

impl Problem {
    /// A problem with the request as a whole.
    #[must_use]
    pub fn new(status: u16, title: &str, code: &str, detail: &str) -> Self {
        Self {
            kind: about_blank(),
            title: title.to_owned(),
            status,
            detail: detail.to_owned(),
            path: String::new(),
            code: code.to_owned(),
            rule: None,
        }
    }
}

/// Problems of a receiver that an agent acts on. The receiver has more specific codes for malformed requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Code {
    /// The install has registered a secret, but the request has none.
    SecretMissing,
    /// The secret is not the one that the install has registered.
    SecretWrong,
    /// The secret may delete and send reports but not read them: it did not come with the install's first report.
    ClearOnly,
    /// The operator has blocked this install or this network.
    Blocked,
    /// Too many requests from one network.
    RateLimited,
    /// The receiver cannot store anything at the moment.
    StoreUnavailable,
    /// Not found.
    NotFound,
    /// The receiver failed. The reason is in the operator's log.
    Internal,
}

impl Code {
    /// All of them.
    pub const ALL: &'static [Self] = &[
        Self::SecretMissing,
        Self::SecretWrong,
        Self::ClearOnly,
        Self::Blocked,
        Self::RateLimited,
        Self::StoreUnavailable,
        Self::NotFound,
        Self::Internal,
    ];

    /// The code in kebab-case.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SecretMissing => "secret-missing",
            Self::SecretWrong => "secret-wrong",
            Self::ClearOnly => "clear-only",
            Self::Blocked => "blocked",
            Self::RateLimited => "rate-limited",
            Self::StoreUnavailable => "store-unavailable",
            Self::NotFound => "not-found",
            Self::Internal => "internal",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn codes_are_kebab_case_and_unique() {
        let mut seen = std::collections::BTreeSet::new();
        for code in Code::ALL {
            let text = code.as_str();
            assert!(text.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'), "{text}");
            assert!(!text.starts_with('-') && !text.ends_with('-') && seen.insert(text), "{text}");
        }
    }

    #[test]
    fn a_problem_of_an_older_version_is_read() {
        let old = json!({"type": "about:blank", "title": "Forbidden", "status": 403, "detail": "x", "path": "",
            "rule": "secret_wrong"});
        let problem: Problem = serde_json::from_value(old).unwrap();
        assert_eq!((problem.code.as_str(), problem.rule.as_deref()), ("", Some("secret_wrong")));
    }
}
