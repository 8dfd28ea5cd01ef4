//! I/O errors in words that an admin understands.

use rustix::io::Errno;
use std::io::{Error, ErrorKind};

/// What went wrong, as a phrase that completes "cannot read FILE: …". The caller adds the path.
#[must_use]
pub fn describe(error: &Error) -> &'static str {
    match error.kind() {
        ErrorKind::NotFound => "not found",
        ErrorKind::PermissionDenied => "permission denied",
        ErrorKind::AlreadyExists => "already exists",
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => "disk full",
        ErrorKind::ReadOnlyFilesystem => "read-only file system",
        ErrorKind::NotADirectory => "part of the path is not a directory",
        ErrorKind::IsADirectory => "is a directory",
        ErrorKind::FileTooLarge => "is too large",
        ErrorKind::InvalidData => "not UTF-8",
        ErrorKind::BrokenPipe => "broken pipe",
        ErrorKind::TimedOut => "timed out",
        ErrorKind::ConnectionRefused => "connection refused",
        ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted => "connection reset",
        ErrorKind::UnexpectedEof => "connection closed early",
        ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable | ErrorKind::NetworkDown => "network unreachable",
        ErrorKind::AddrInUse => "address already in use",
        ErrorKind::AddrNotAvailable => "address not available on this host",
        // By number: the kind has no stable name yet.
        _ if Errno::from_io_error(error) == Some(Errno::LOOP) => "is a symbolic link",
        // For example, from opening a socket.
        _ if Errno::from_io_error(error) == Some(Errno::NXIO) => "is not a regular file",
        _ if Errno::from_io_error(error) == Some(Errno::MFILE) => "too many open files",
        _ => "input/output error",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_symbolic_link_that_is_not_followed_has_its_own_phrase() {
        let directory = tempfile::tempdir().unwrap();
        let link = directory.path().join("link");
        std::os::unix::fs::symlink("file", &link).unwrap();
        let error = rustix::fs::open(&link, rustix::fs::OFlags::NOFOLLOW, rustix::fs::Mode::empty()).unwrap_err();
        assert_eq!(describe(&error.into()), "is a symbolic link");
        assert_eq!(describe(&std::fs::read(directory.path()).unwrap_err()), "is a directory");
    }
}
