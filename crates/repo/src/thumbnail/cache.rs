//! Thumbnails on disk and in memory, as long as there is room.
//!
//! Nothing here is needed: what isn't found is made again. So nothing fails for want of it, and the directory may be
//! deleted at any time. A file gets its name when all its bytes are on disk.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use commonhold_core::Timestamp;

use crate::lru::Lru;

/// Bytes of thumbnails in memory.
const MEMORY: u64 = 32 << 20;
/// Larger ones aren't kept in memory, and are read from disk in pieces.
pub(super) const LARGE: u64 = 1 << 20;
/// Bytes of such a piece.
const PIECE: u64 = 256 << 10;
/// The time of a file says when its thumbnail was read from disk last, give or take this. Those that memory gives out
/// look older to the next process than they are, and may have to be made once more.
const TOUCHED_AFTER: Duration = Duration::from_hours(1);
/// The way in which thumbnails are made. Whoever changes what comes out counts it up: those of another generation are in
/// another directory, and are other versions for whoever keeps copies.
pub const GENERATION: &str = "3";
/// Files that don't have their names yet.
const UNFINISHED: &str = "unfinished";

/// A thumbnail on disk. It can be read to its end even if it has lost its name.
#[derive(Debug)]
pub struct KeptFile {
    file: File,
    size: u64,
}

impl KeptFile {
    pub(super) fn size(&self) -> u64 {
        self.size
    }

    /// The first piece of a range of its bytes; blocks.
    pub(super) fn piece(&self, range: Range<u64>) -> io::Result<Bytes> {
        let length = PIECE.min(range.end.saturating_sub(range.start));
        let mut piece = vec![0; usize::try_from(length).unwrap_or_default()];
        self.file.read_exact_at(&mut piece, range.start)?;
        Ok(piece.into())
    }
}

/// What was found on disk.
pub(super) enum Kept {
    /// All of it.
    Bytes(Bytes),
    /// A large one, opened.
    File(KeptFile),
}

/// The thumbnails in memory.
pub(super) struct Memory(Mutex<Lru<Arc<str>, Bytes>>);

impl Default for Memory {
    fn default() -> Self {
        Self(Mutex::new(Lru::new(MEMORY)))
    }
}

impl Memory {
    pub(super) fn get(&self, name: &str) -> Option<Bytes> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(name).cloned()
    }

    pub(super) fn put(&self, name: &str, bytes: &Bytes) {
        let weight = bytes.len() as u64;
        if weight <= LARGE {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).put(name.into(), bytes.clone(), weight);
        }
    }
}

/// The thumbnails on disk. Everything here blocks.
pub(super) struct Disk {
    directory: PathBuf,
    /// Their sizes, by their names.
    files: Mutex<Lru<String, ()>>,
    /// Names unfinished files.
    count: AtomicU64,
}

impl Disk {
    /// Those in a directory, which is made when it is needed.
    pub(super) fn new(directory: &Path, most: u64) -> Self {
        let directory = directory.to_owned();
        Self { directory, files: Mutex::new(Lru::new(most)), count: AtomicU64::new(0) }
    }

    /// Takes stock of what an earlier process left: it counts as well, and what is too much goes. Thumbnails may be made
    /// and removed meanwhile.
    pub(super) fn take_stock(&self) -> io::Result<()> {
        for draft in entries(&self.directory.join(UNFINISHED))? {
            let is_ours =
                draft.file_name().and_then(|n| n.to_str()).is_some_and(|n| n.starts_with(&draft_prefix()));
            if !is_ours {
                fs::remove_file(&draft)?;
            }
        }
        let mut all: Vec<(SystemTime, String, u64)> = Vec::new();
        for folder in entries(&self.directory)? {
            let name = folder.file_name();
            if name == Some(UNFINISHED.as_ref()) {
                continue;
            }
            if name != Some(GENERATION.as_ref()) {
                // Of another version of this program. Whatever it is, only we put anything here.
                if folder.is_dir() {
                    fs::remove_dir_all(&folder)?;
                } else {
                    fs::remove_file(&folder)?;
                }
                continue;
            }
            for group in entries(&folder)? {
                for file in entries(&group)? {
                    let about = match fs::metadata(&file) {
                        Ok(about) => about,
                        Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                        Err(error) => return Err(error),
                    };
                    if let Some(name) = file.file_name().and_then(|name| name.to_str()) {
                        all.push((about.modified()?, name.to_owned(), about.len()));
                    }
                }
            }
        }
        all.sort_unstable();
        for (_, name, size) in all {
            // What was asked for meanwhile is known, and newer.
            if self.files.lock().unwrap_or_else(PoisonError::into_inner).peek(&name).is_none() {
                self.add(&name, size);
            }
        }
        Ok(())
    }

    /// Notes that a thumbnail was asked for which is in memory as well.
    pub(super) fn touch(&self, name: &str) {
        self.files.lock().unwrap_or_else(PoisonError::into_inner).get(name);
    }

    /// A thumbnail by its name.
    pub(super) fn get(&self, name: &str, now: Timestamp) -> io::Result<Option<Kept>> {
        let mut file = match File::open(self.path(name)) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let about = file.metadata()?;
        let size = about.len();
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(now.unix().unsigned_abs());
        if about.modified()? + TOUCHED_AFTER < now {
            // So a later process knows what was asked for.
            file.set_modified(now)?;
        }
        if self.files.lock().unwrap_or_else(PoisonError::into_inner).get(name).is_none() {
            self.add(name, size);
        }
        if size > LARGE {
            return Ok(Some(Kept::File(KeptFile { file, size })));
        }
        let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or_default());
        file.read_to_end(&mut bytes)?;
        Ok(Some(Kept::Bytes(bytes.into())))
    }

    /// Keeps a thumbnail. Gives it back opened.
    pub(super) fn put(&self, name: &str, bytes: &[u8]) -> io::Result<KeptFile> {
        let (unfinished, path) = (self.directory.join(UNFINISHED), self.path(name));
        for directory in [Some(unfinished.as_path()), path.parent()].into_iter().flatten() {
            fs::create_dir_all(directory)?;
        }
        let draft =
            unfinished.join(format!("{}{}", draft_prefix(), self.count.fetch_add(1, Ordering::Relaxed)));
        let written = write(&draft, &path, bytes);
        if written.is_err() {
            // It may not even be there.
            let _ = fs::remove_file(&draft);
        }
        let file = written?;
        let size = bytes.len() as u64;
        self.add(name, size);
        Ok(KeptFile { file, size })
    }

    /// Counts a thumbnail, and removes those that there is no room for any more.
    fn add(&self, name: &str, size: u64) {
        let gone = self.files.lock().unwrap_or_else(PoisonError::into_inner).put(name.to_owned(), (), size);
        for (name, ()) in gone {
            if let Err(error) = fs::remove_file(self.path(&name))
                && error.kind() != io::ErrorKind::NotFound
            {
                tracing::warn!(%error, name, "a thumbnail can't be removed");
            }
        }
    }

    /// Where a thumbnail is. Names begin with a blob's key, whose end is random.
    fn path(&self, name: &str) -> PathBuf {
        let group = name.get(24..26).unwrap_or("other");
        self.directory.join(GENERATION).join(group).join(name)
    }
}

/// How the passing names of this process's files begin.
fn draft_prefix() -> String {
    format!("{}-", std::process::id())
}

/// Writes a file under a passing name, and then gives it its own.
fn write(draft: &Path, path: &Path, bytes: &[u8]) -> io::Result<File> {
    let mut file = File::options().read(true).write(true).create_new(true).open(draft)?;
    file.write_all(bytes)?;
    // Else a power failure could leave the name without the bytes.
    file.sync_data()?;
    #[expect(clippy::disallowed_methods, reason = "a cache: nothing depends on the name being durable")]
    fs::rename(draft, path)?;
    Ok(file)
}

/// What is in a directory; nothing if there is none.
fn entries(directory: &Path) -> io::Result<Vec<PathBuf>> {
    match fs::read_dir(directory) {
        Ok(entries) => entries.map(|entry| entry.map(|entry| entry.path())).collect(),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            Ok(Vec::new())
        }
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: &str = "01AAAAAAAAAAAAAAAAAAAAAA11-9px.png";
    const SECOND: &str = "01AAAAAAAAAAAAAAAAAAAAAA22-9px.png";

    fn get(disk: &Disk, name: &str) -> Option<Kept> {
        disk.get(name, Timestamp::from_unix(0)).unwrap()
    }

    fn has(disk: &Disk, name: &str) -> bool {
        get(disk, name).is_some()
    }

    #[test]
    fn thumbnails_stay_until_there_is_no_room() {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path().join("thumbnails");
        let disk = Disk::new(&root, 100);
        disk.take_stock().unwrap();
        assert!(!has(&disk, FIRST));
        disk.put(FIRST, &[1; 60]).unwrap();
        assert!(matches!(get(&disk, FIRST), Some(Kept::Bytes(bytes)) if bytes[..] == [1; 60]));
        disk.put(SECOND, &[2; 60]).unwrap();
        assert!(!has(&disk, FIRST) && has(&disk, SECOND));

        // A later process finds them, but no unfinished ones, and none of another generation.
        fs::write(root.join(UNFINISHED).join("0"), "half").unwrap();
        fs::create_dir(root.join("0")).unwrap();
        fs::write(root.join("note"), "not ours").unwrap();
        let later = Disk::new(&root, 100);
        later.take_stock().unwrap();
        assert!(has(&later, SECOND) && !root.join("0").exists() && !root.join("note").exists());
        assert!(entries(&root.join(UNFINISHED)).unwrap().is_empty());
        later.put(FIRST, &[1; 41]).unwrap();
        assert!(has(&later, FIRST) && !has(&later, SECOND));

        // Somebody tidies up.
        fs::remove_dir_all(&root).unwrap();
        assert!(!has(&later, FIRST));
        later.put(FIRST, &[1; 41]).unwrap();
        assert!(has(&later, FIRST));
        // With less room there are fewer.
        let smaller = Disk::new(&root, 10);
        smaller.take_stock().unwrap();
        assert!(!has(&smaller, FIRST));
    }

    #[test]
    fn what_was_asked_for_late_is_known_to_a_later_process() {
        let directory = tempfile::tempdir().unwrap();
        let disk = Disk::new(directory.path(), 100);
        disk.put(FIRST, &[1; 40]).unwrap();
        disk.put(SECOND, &[2; 40]).unwrap();
        let far = Timestamp::from_unix(5_000_000_000);
        disk.get(FIRST, far).unwrap().unwrap();
        let later = Disk::new(directory.path(), 100);
        later.take_stock().unwrap();
        later.put("another", &[3; 40]).unwrap();
        assert!(has(&later, FIRST) && !has(&later, SECOND));
    }

    #[test]
    fn a_large_one_is_read_in_pieces() {
        let directory = tempfile::tempdir().unwrap();
        let disk = Disk::new(directory.path(), 10 << 20);
        let content: Vec<u8> = (0..LARGE + 1000).map(|n| (n / 7) as u8).collect();
        disk.put(FIRST, &content).unwrap();
        let Some(Kept::File(file)) = get(&disk, FIRST) else { panic!("it is large") };
        let mut read = Vec::new();
        while (read.len() as u64) < file.size() {
            read.extend_from_slice(&file.piece(read.len() as u64..file.size()).unwrap());
        }
        assert!(read == content);
        assert_eq!(file.piece(3..9).unwrap(), content[3..9]);
        assert!(file.piece(file.size()..file.size()).unwrap().is_empty());
    }
}
