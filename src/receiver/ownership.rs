//! Files that root creates for the service: they get the owner of their directory, or the service could not use them.

use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// Gives a file that root has just created to the owner of its directory.
pub(crate) fn give_to_owner_of_directory(file: &Path) -> io::Result<()> {
    let directory = file.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let (own, owner) = (std::fs::symlink_metadata(file)?, std::fs::metadata(directory)?);
    if own.uid() == 0 && rustix::process::geteuid().is_root() && owner.uid() != 0 {
        std::os::unix::fs::lchown(file, Some(owner.uid()), Some(owner.gid()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_of_root_in_another_users_directory_change_their_owner() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("file");
        std::fs::write(&file, "").unwrap();
        let before = std::fs::metadata(&file).unwrap().uid();
        give_to_owner_of_directory(&file).unwrap();
        assert_eq!(std::fs::metadata(&file).unwrap().uid(), before);
        if rustix::process::geteuid().is_root() {
            std::os::unix::fs::chown(directory.path(), Some(65534), Some(65534)).unwrap();
            give_to_owner_of_directory(&file).unwrap();
            assert_eq!(std::fs::metadata(&file).unwrap().uid(), 65534);
        }
    }
}
