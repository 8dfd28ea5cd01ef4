//! The module's bytes: those that were built with this agent, or those of a file that the configuration names
//! together with their digest.

use super::compile::MAX_MODULE;
use crate::code::Code;
use crate::config::Config;
use crate::error::{Error, Result};
use crate::files;
use callback_collector::digest::sha256_hex;
use std::borrow::Cow;
use std::io;
use std::path::Path;

/// The bytes that this agent was built with.
const EMBEDDED: Option<&[u8]> = include!(concat!(env!("OUT_DIR"), "/module.rs"));

/// A module with its digest.
#[derive(Debug, Clone)]
pub struct Module {
    /// The `.wasm` file's bytes.
    pub bytes: Cow<'static, [u8]>,
    /// Their SHA-256, lower-case hexadecimal.
    pub sha256: String,
}

impl Module {
    /// The module that the configuration asks for: the embedded one, unless it names a file.
    ///
    /// # Errors
    /// [`Exit::Module`](crate::code::Exit::Module) where this build has none, or the file's digest is not the expected one.
    pub fn load(config: &Config) -> Result<Self> {
        let Some(choice) = &config.module else { return Self::embedded() };
        let bytes = read(&choice.path)?;
        Self::checked(bytes.into(), &choice.sha256)
    }

    /// The embedded module.
    ///
    /// # Errors
    /// [`Exit::Module`](crate::code::Exit::Module) for a debug build that was made before the module was.
    pub fn embedded() -> Result<Self> {
        let bytes = EMBEDDED.ok_or_else(|| {
            Error::new(Code::ModuleMissing, "this build has no module in it; run `cargo xtask assets` and build again")
        })?;
        Ok(Self { sha256: sha256_hex(bytes), bytes: bytes.into() })
    }

    /// Bytes that must have a digest.
    ///
    /// # Errors
    /// [`Exit::Module`](crate::code::Exit::Module) if they have another.
    pub fn checked(bytes: Cow<'static, [u8]>, expected: &str) -> Result<Self> {
        let sha256 = sha256_hex(&bytes);
        if !sha256.eq_ignore_ascii_case(expected.trim()) {
            return Err(Error::new(
                Code::ModuleDigest,
                format!("the module's SHA-256 is {sha256}, not the one in `module.sha256`; it was not run"),
            ));
        }
        Ok(Self { bytes, sha256 })
    }
}

/// The bytes of a regular file; the rest of one that is too large stays unread.
fn read(path: &Path) -> Result<Vec<u8>> {
    let cannot = |why: &str| {
        Error::new(Code::ModuleNotRead, format!("cannot read {} (from `module.path`): {why}", path.display()))
    };
    if path.is_relative() {
        return Err(cannot("the path is relative; write it from the root directory"));
    }
    files::read(path, MAX_MODULE as u64).map_err(|error| match error.kind() {
        io::ErrorKind::FileTooLarge => cannot("it is larger than 2 MiB"),
        io::ErrorKind::IsADirectory => cannot("it is not a regular file"),
        _ => cannot(files::why(&error)).caused_by(error),
    })
}
