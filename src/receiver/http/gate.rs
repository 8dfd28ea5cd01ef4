//! How much of the machine requests may use at once: bytes in memory and threads that read reports. What does not fit
//! waits a while, then is asked to come again.

use super::network::content_length;
use super::problem::Problem;
use crate::code::Code;
use crate::wire::MAX_BODY;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, header};
use http_body_util::BodyExt;
use std::time::Duration;
use tokio::sync::{Semaphore, SemaphorePermit};

/// Memory that all requests together may take, in units of 1 KiB.
const MEMORY_KIB: u32 = 192 << 10;

/// What a request takes at least: its buffers and what small reports become.
const LEAST_KIB: u32 = 64;

/// How long a request may wait for memory or a thread.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long a body may bring nothing: a client that went away keeps its memory no longer.
const PART_WITHIN: Duration = Duration::from_secs(10);

/// How long a whole body may take.
const BODY_WITHIN: Duration = Duration::from_secs(60);

/// The gate.
pub(super) struct Gate {
    memory: Semaphore,
    threads: Semaphore,
}

/// A body with the memory that it may take until it is dropped.
pub(super) struct Admitted<'g> {
    /// The body's bytes.
    pub(super) body: Bytes,
    _memory: SemaphorePermit<'g>,
}

impl Default for Gate {
    fn default() -> Self {
        let threads = std::thread::available_parallelism().map_or(2, usize::from);
        Self { memory: Semaphore::new(MEMORY_KIB as usize), threads: Semaphore::new(threads) }
    }
}

impl Gate {
    /// Reads a body once there is memory for it.
    ///
    /// # Errors
    /// A [`Problem`] if it is too large, does not come in time, breaks off, or there is no memory for it.
    pub(super) async fn read(&self, headers: &HeaderMap, body: Body) -> Result<Admitted<'_>, Problem> {
        let too_large = || Problem::at("", Code::BodyTooLarge, "24 MiB");
        if content_length(headers).is_some_and(|length| length > MAX_BODY) {
            return Err(too_large());
        }
        let mut memory = self.more(LEAST_KIB).await?;
        let reading = async {
            let (mut body, mut read) = (body, Vec::new());
            while let Some(frame) = tokio::time::timeout(PART_WITHIN, body.frame()).await.map_err(|_| timed_out())? {
                let frame = frame.map_err(|_| Problem::from(Code::BodyIncomplete))?;
                let Ok(data) = frame.into_data() else { continue };
                if read.len() + data.len() > MAX_BODY {
                    return Err(too_large());
                }
                // As it arrives, not as it is announced: who sends slowly keeps nobody waiting.
                self.grow(&mut memory, needed(read.len() + data.len())).await?;
                read.extend_from_slice(&data);
            }
            Ok(read)
        };
        let body = tokio::time::timeout(BODY_WITHIN, reading).await.map_err(|_| timed_out())??;
        if headers.contains_key(header::CONTENT_ENCODING) {
            // What it is unpacked to is not known before.
            self.grow(&mut memory, needed(MAX_BODY)).await?;
        }
        Ok(Admitted { body: body.into(), _memory: memory })
    }

    /// Memory, once there is so much.
    async fn more(&self, kib: u32) -> Result<SemaphorePermit<'_>, Problem> {
        let memory = tokio::time::timeout(PATIENCE, self.memory.acquire_many(kib));
        memory.await.map_err(|_| busy())?.map_err(|_| busy())
    }

    /// Takes as much more memory as is needed in all.
    async fn grow<'g>(&'g self, memory: &mut SemaphorePermit<'g>, needed: u32) -> Result<(), Problem> {
        let has = u32::try_from(memory.num_permits()).unwrap_or(MEMORY_KIB);
        if needed > has {
            // In larger and larger steps, so that there are few.
            memory.merge(self.more(needed.max(2 * has).min(self::needed(MAX_BODY)) - has).await?);
        }
        Ok(())
    }

    /// Runs work that takes a processor, once there is one.
    ///
    /// # Errors
    /// A [`Problem`] if there is none for long, or the work ends in a bug.
    pub(super) async fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Problem> {
        let thread = tokio::time::timeout(PATIENCE, self.threads.acquire()).await.map_err(|_| busy())?;
        let _thread = thread.map_err(|_| busy())?;
        tokio::task::spawn_blocking(work).await.map_err(|_| Code::Internal.into())
    }
}

/// What a request takes in all for a body of so many bytes: itself, the payload in it, and what that becomes.
fn needed(bytes: usize) -> u32 {
    let bytes = (4 * bytes).min(3 * MAX_BODY);
    u32::try_from(bytes >> 10).unwrap_or(MEMORY_KIB).clamp(LEAST_KIB, MEMORY_KIB)
}

fn busy() -> Problem {
    Problem::later(Code::Busy, 60)
}

fn timed_out() -> Problem {
    Code::BodyTimeout.into()
}
