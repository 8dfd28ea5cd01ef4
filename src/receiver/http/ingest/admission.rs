//! Limits how much memory and how many threads requests use at once. Requests beyond that wait a while, and are then asked
//! to retry.

use crate::code::Code;
use crate::http::headers::content_length;
use crate::http::problem::Problem;
use crate::wire::MAX_BODY;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, header};
use http_body_util::BodyExt;
use std::time::Duration;
use tokio::sync::{Semaphore, SemaphorePermit};

/// Memory for all requests together, in KiB.
const MEMORY_KIB: u32 = 192 << 10;

/// Memory that every request counts for: its buffers, and a small report.
const MIN_KIB: u32 = 64;

/// How long a request may wait for memory or a thread.
const ADMISSION_TIMEOUT: Duration = Duration::from_secs(10);

/// Longest gap in a body, after which the client is taken to be gone.
const PART_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a whole body may take.
const BODY_TIMEOUT: Duration = Duration::from_secs(60);

/// The limits.
pub(in crate::http) struct Admission {
    memory: Semaphore,
    threads: Semaphore,
}

/// A body, with the memory that it counts for until it is dropped.
pub(super) struct Admitted<'g> {
    /// The body's bytes.
    pub(super) body: Bytes,
    _memory: SemaphorePermit<'g>,
}

impl Default for Admission {
    fn default() -> Self {
        let threads = std::thread::available_parallelism().map_or(2, usize::from);
        Self { memory: Semaphore::new(MEMORY_KIB as usize), threads: Semaphore::new(threads) }
    }
}

impl Admission {
    /// Reads a body once there is memory for it.
    ///
    /// # Errors
    /// A [`Problem`] if it is too large, too slow or incomplete, or there is no memory for it.
    pub(super) async fn read(&self, headers: &HeaderMap, body: Body) -> Result<Admitted<'_>, Problem> {
        let too_large = || Problem::at("", Code::BodyTooLarge, "24 MiB");
        if content_length(headers).is_some_and(|length| length > MAX_BODY) {
            return Err(too_large());
        }
        let mut memory = self.acquire(MIN_KIB).await?;
        let reading = async {
            let (mut body, mut read) = (body, Vec::new());
            while let Some(frame) = tokio::time::timeout(PART_TIMEOUT, body.frame()).await.map_err(|_| timed_out())? {
                let frame = frame.map_err(|_| Problem::from(Code::BodyIncomplete))?;
                let Ok(data) = frame.into_data() else { continue };
                if read.len() + data.len() > MAX_BODY {
                    return Err(too_large());
                }
                // As data arrives, not as announced, so that slow clients do not block others.
                self.grow(&mut memory, needed(read.len() + data.len())).await?;
                read.extend_from_slice(&data);
            }
            Ok(read)
        };
        let body = tokio::time::timeout(BODY_TIMEOUT, reading).await.map_err(|_| timed_out())??;
        if headers.contains_key(header::CONTENT_ENCODING) {
            // The unpacked size is not known in advance.
            self.grow(&mut memory, needed(MAX_BODY)).await?;
        }
        Ok(Admitted { body: body.into(), _memory: memory })
    }

    /// Waits for memory.
    async fn acquire(&self, kib: u32) -> Result<SemaphorePermit<'_>, Problem> {
        let memory = tokio::time::timeout(ADMISSION_TIMEOUT, self.memory.acquire_many(kib));
        memory.await.map_err(|_| busy())?.map_err(|_| busy())
    }

    /// Waits until the request has the memory that it needs in all.
    async fn grow<'g>(&'g self, memory: &mut SemaphorePermit<'g>, needed: u32) -> Result<(), Problem> {
        let has = u32::try_from(memory.num_permits()).unwrap_or(MEMORY_KIB);
        if needed > has {
            // Doubling keeps the number of steps small.
            memory.merge(self.acquire(needed.max(2 * has).min(self::needed(MAX_BODY)) - has).await?);
        }
        Ok(())
    }

    /// Runs CPU-bound work once a thread is available.
    ///
    /// # Errors
    /// A [`Problem`] if none becomes available in time, or the work panics.
    pub(super) async fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Problem> {
        let thread = tokio::time::timeout(ADMISSION_TIMEOUT, self.threads.acquire()).await.map_err(|_| busy())?;
        let _thread = thread.map_err(|_| busy())?;
        tokio::task::spawn_blocking(work).await.map_err(|_| Code::Internal.into())
    }
}

/// Memory for a body of this size: the body, its payload, and the parsed report.
fn needed(bytes: usize) -> u32 {
    let bytes = (4 * bytes).min(3 * MAX_BODY);
    u32::try_from(bytes >> 10).unwrap_or(MEMORY_KIB).clamp(MIN_KIB, MEMORY_KIB)
}

fn busy() -> Problem {
    Problem::later(Code::Busy, 60)
}

fn timed_out() -> Problem {
    Code::BodyTimeout.into()
}
