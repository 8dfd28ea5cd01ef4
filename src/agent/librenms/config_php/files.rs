//! The files that PHP finds for `glob` and `include`.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// Where Debian's PHP looks for files as well, by its default `include_path`.
const SHARED: &str = "/usr/share/php";

/// The files that a pattern names, in PHP's order; nothing if that cannot be told.
pub(super) fn glob(pattern: &str, root: &Path) -> Option<Vec<String>> {
    let pattern = root.join(pattern);
    let (directory, names) = (pattern.parent()?, pattern.file_name()?.to_str()?);
    if directory.to_str()?.contains(['*', '?', '[', '{', '\\', '\0']) || names.contains(['[', '{', '\\', '\0']) {
        return None;
    }
    let entries = match std::fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => return Some(Vec::new()),
        Err(_) => return None,
    };
    let mut found = Vec::new();
    for entry in entries {
        let path = entry.ok()?.path();
        let name = path.file_name()?.as_encoded_bytes();
        // A wildcard stands for no dot at the start.
        if (!name.starts_with(b".") || names.starts_with('.')) && matches(names.as_bytes(), name) {
            found.push(path.to_str()?.to_owned());
        }
    }
    found.sort_unstable();
    Some(found)
}

/// Whether a name fits a pattern of `*` and `?`.
fn matches(pattern: &[u8], name: &[u8]) -> bool {
    let (mut p, mut n, mut retry) = (0, 0, None);
    while n < name.len() {
        match pattern.get(p) {
            Some(b'*') => {
                retry = Some((p, n));
                p += 1;
            }
            Some(&c) if c == b'?' || c == name[n] => {
                p += 1;
                n += 1;
            }
            _ => match retry {
                Some((star, from)) => {
                    p = star + 1;
                    n = from + 1;
                    retry = Some((star, n));
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|c| *c == b'*')
}

/// The file that `include` finds; nothing if that cannot be told. A file that is not there is the one that is missed.
pub(super) fn included(path: &str, file: &Path, root: &Path) -> Option<PathBuf> {
    if path.is_empty() || path.contains("://") || path.contains('\0') || path.starts_with("data:") {
        return None;
    }
    if path.starts_with('/') || path.starts_with("./") || path.starts_with("../") {
        return Some(root.join(path));
    }
    let places = [root, file.parent()?, Path::new(SHARED)].map(|place| place.join(path));
    let mut there = places.iter().filter(|place| place.exists() || place.is_symlink());
    match (there.next(), there.next()) {
        (None, _) => places.into_iter().next(),
        (Some(one), None) => Some(one.clone()),
        // Which of them it is depends on the directory that PHP was started in.
        (Some(one), Some(_)) => there.all(|other| other == one).then(|| one.clone()).filter(|_| places[0] == places[1]),
    }
}
