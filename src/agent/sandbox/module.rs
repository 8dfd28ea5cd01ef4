//! The module's bytes: embedded in this agent, or from a file that the configuration names with its digest.

use super::compile::MAX_MODULE;
use crate::code::Code;
use crate::config::Config;
use crate::error::{Error, Result};
use crate::files;
use callback_collector::digest::sha256_hex;
use std::borrow::Cow;
use std::io;
use std::path::Path;

/// The embedded module.
const EMBEDDED: Option<&[u8]> = include!(concat!(env!("OUT_DIR"), "/module.rs"));

/// A module with its digest.
#[derive(Debug, Clone)]
pub struct Module {
    /// The bytes of the `.wasm` file.
    pub bytes: Cow<'static, [u8]>,
    /// SHA-256 of the bytes, in lower-case hexadecimal.
    pub sha256: String,
}

impl Module {
    /// The configured module: the embedded one, unless the configuration names a file.
    ///
    /// # Errors
    /// [`Exit::Module`](crate::code::Exit::Module) if this build has no module, or the file's digest is not the
    /// expected one.
    pub fn load(config: &Config) -> Result<Self> {
        let Some(choice) = &config.module else { return Self::embedded() };
        let bytes = read(&choice.path)?;
        Self::checked(bytes.into(), &choice.sha256)
    }

    /// The embedded module.
    ///
    /// # Errors
    /// [`Exit::Module`](crate::code::Exit::Module) in a debug build from before the module was built.
    pub fn embedded() -> Result<Self> {
        let bytes = EMBEDDED.ok_or_else(|| {
            Error::new(
                Code::ModuleMissing,
                "this build does not include the module; run `cargo xtask assets` and build again",
            )
        })?;
        Ok(Self { sha256: sha256_hex(bytes), bytes: bytes.into() })
    }

    /// A module whose bytes must have a digest.
    ///
    /// # Errors
    /// [`Exit::Module`](crate::code::Exit::Module) if the digest differs.
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

/// Reads a regular file, up to the size limit.
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
