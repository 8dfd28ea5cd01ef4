//! The documents that the programs exchange, one type for each: those between agent and receiver ([`receipt`], [`keys`],
//! [`policy`], [`problem`]), and the agent's answers on the command line and to the preview page ([`agent_api`]).
//! [`signing`] defines which bytes of a document are signed.
//!
//! This crate does no I/O and reads no clock. Agent and receiver depend on it and never on each other.
//! JSON Schemas of all documents are in `docs/schema` (feature `schema`).
//!
//! ```
//! use callback_protocol::receipt::{RECEIPT, Receipt};
//! use callback_protocol::signing::{SecretKey, sign, verify};
//!
//! let key = SecretKey::from_bytes(&[7; 32]);
//! let receipt = Receipt {
//!     payload_sha256: "ab".repeat(32),
//!     day: "2026-08-01".into(),
//!     expires: "2026-10-30".into(),
//!     cleaned: [("identifier".to_owned(), 2)].into(),
//!     receiver: "callback-receiver/0.1.0".into(),
//! };
//! let mut document = sign(RECEIPT, &receipt, &key)?;
//! assert!(verify(RECEIPT, &document, &key.public()));
//!
//! document["day"] = "2026-08-02".into();
//! assert!(!verify(RECEIPT, &document, &key.public()));
//! # Ok::<(), serde_json::Error>(())
//! ```

#![forbid(unsafe_code)]

pub mod agent_api;
pub mod keys;
pub mod policy;
pub mod problem;
pub mod receipt;
#[cfg(feature = "schema")]
pub mod schema;
pub mod signing;

pub use keys::PublishedKeys;
pub use policy::Policy;
pub use problem::{Code, Problem};
pub use receipt::{ClearNonce, ClearReceipt, HeldReports, Receipt};
pub use signing::{PublicKey, SecretKey};
