//! The API of pairs.

use super::cache::DocumentKey;
use super::csv::pairs_as_csv;
use super::document::{Document, Kind};
use super::json;
use super::query::PublicQuery;
use crate::http::problem::Problem;
use crate::http::state::Receiver;
use crate::publish::pairs::{Pair, Query};
use axum::extract::State;
use axum::response::Response;
use schemars::JsonSchema;
use serde::Serialize;
use std::sync::Arc;

/// Pairs that match.
#[derive(Serialize, JsonSchema)]
pub(super) struct PairList {
    /// The newest published day.
    #[schemars(extend("format" = "date"))]
    as_of: Option<String>,
    /// How many match.
    found: usize,
    /// How many were skipped.
    offset: usize,
    /// The pairs.
    pairs: Vec<Pair>,
}

/// `GET /api/v1/pairs`
pub(super) async fn list(State(receiver): State<Arc<Receiver>>, query: PublicQuery) -> Result<Response, Problem> {
    let (wanted, offset, limit) = query.pairs()?;
    let published = receiver.pairs().await?;
    let found = published.find(&wanted);
    let as_of = published.as_of.map(|day| day.to_string());
    let pairs: Vec<Pair> = found.iter().skip(offset).take(limit).cloned().collect();
    let list = PairList { as_of, found: found.len(), offset, pairs };
    Ok(json(&list)?.answer(&query.preconditions).await)
}

/// `GET /api/v1/pairs.csv`: all pairs that match.
pub(super) async fn csv(State(receiver): State<Arc<Receiver>>, query: PublicQuery) -> Result<Response, Problem> {
    let (wanted, ..) = query.pairs()?;
    // All pairs in one order may take several megabytes.
    let key = (wanted == Query::default()).then_some(DocumentKey::new("/api/v1/pairs.csv", ""));
    let make = async {
        let published = receiver.pairs().await?;
        Ok(Document::new(Kind::CSV, pairs_as_csv(&published.find(&wanted))))
    };
    Ok(receiver.document(key, make).await?.answer(&query.preconditions).await)
}
