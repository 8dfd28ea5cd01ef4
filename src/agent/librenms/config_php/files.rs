//! The files that PHP's `glob` and `include` find.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// Debian's PHP also searches here, by its default `include_path`.
const SHARED: &str = "/usr/share/php";

/// The files that a pattern matches, in PHP's order; `None` if they cannot be determined.
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
        // A wildcard does not match a leading dot.
        if (!name.starts_with(b".") || names.starts_with('.')) && matches(names.as_bytes(), name) {
            found.push(path.to_str()?.to_owned());
        }
    }
    found.sort_unstable();
    Some(found)
}

/// Whether a name matches a pattern of `*` and `?`.
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

/// The file that `include` finds; `None` if it cannot be determined. If no file exists, the path that PHP would
/// report as missing.
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
        // Which of them PHP finds depends on the directory that it was started in.
        (Some(one), Some(_)) => there.all(|other| other == one).then(|| one.clone()).filter(|_| places[0] == places[1]),
    }
}
