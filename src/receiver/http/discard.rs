//! Reads the rest of a request's body before the response goes out.
//!
//! A response that is sent before the body was read makes hyper close the connection with unread data, and the kernel
//! resets it. A web server in front then answers 502, and the client never sees the real status or `Retry-After`.

use super::headers::content_length;
use crate::wire::MAX_BODY;
use axum::body::{Body, BodyDataStream};
use axum::extract::Request;
use axum::http::header;
use futures_util::StreamExt;
use futures_util::stream::{Fuse, unfold};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::timeout;

/// How long to read data that nobody needs.
const DISCARD_TIMEOUT: Duration = Duration::from_secs(20);

/// The body of a request, shared with its handler.
pub(super) struct UnreadBody(Arc<Mutex<Fuse<BodyDataStream>>>);

impl UnreadBody {
    /// Shares the body of a request. There is nothing to discard without a body, with one that is too large to be read,
    /// and with one that the client sends only once the receiver asks for it.
    pub(super) fn share(request: &mut Request) -> Option<Self> {
        let headers = request.headers();
        let has_body = match content_length(headers) {
            Some(length) => (1..=MAX_BODY).contains(&length),
            None => headers.contains_key(header::TRANSFER_ENCODING),
        };
        if !has_body || headers.contains_key(header::EXPECT) {
            return None;
        }
        let body = std::mem::take(request.body_mut()).into_data_stream().fuse();
        let shared = Arc::new(Mutex::new(body));
        *request.body_mut() = Body::from_stream(unfold(Arc::clone(&shared), async |shared| {
            let data = shared.lock().await.next().await?;
            Some((data, shared))
        }));
        Some(Self(shared))
    }

    /// Reads and discards what the handler left, within limits of time and size.
    pub(super) async fn discard(self) {
        let reading = async {
            let mut body = self.0.lock().await;
            let mut discarded = 0;
            while let Some(Ok(data)) = body.next().await {
                discarded += data.len();
                if discarded > MAX_BODY {
                    break;
                }
            }
        };
        // A slow client gets its response anyway, as well as the connection allows.
        let _ = timeout(DISCARD_TIMEOUT, reading).await;
    }
}
