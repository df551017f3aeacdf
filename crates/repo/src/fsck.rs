//! The catalogue against the storage: are the bytes there that rows name, are they what the rows say, and does
//! anything lie about that nothing needs?

use std::io::{Read, SeekFrom};

use commonhold_blob::{Hashing, Partial, Place, ReadSeek};
use commonhold_catalogue::ops::blobs::{self, Holding};
use commonhold_catalogue::ops::parts;
use commonhold_catalogue::ops::stash::{self, StashRow, StashStatus};
use commonhold_core::{BlobKey, FileKey, Hashes, Timestamp};

use crate::stash::place_of;
use crate::{Error, Repository, Result, worker};

/// Rows or keys that are looked at in one go.
const BATCH: usize = 200;
/// Bytes that are read in one go.
const BLOCK: usize = 256 * 1024;

/// What to check, and what to do about it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Check {
    /// Read all bytes, and compare them with the hashes that rows have of them.
    pub deep: bool,
    /// Mend what can be mended without losing anything.
    pub repair: bool,
    /// Bytes that no row names are a problem from this age on, in seconds.
    pub unused_after: i64,
}

/// What was looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Checked {
    /// Versions of files.
    pub versions: u64,
    /// Entries of the stash.
    pub stashed: u64,
    /// Blobs.
    pub blobs: u64,
    /// Blobs in the making.
    pub partials: u64,
    /// Blobs and partials that no row names, but that are too young to be a problem.
    pub young: u64,
    /// Bytes that were read.
    pub bytes: u64,
    /// Problems that were found.
    pub problems: u64,
    /// Those of them that were mended.
    pub repaired: u64,
}

/// Something that isn't as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// What it is about.
    pub subject: Subject,
    /// The blob.
    pub blob: BlobKey,
    /// What is wrong.
    pub fault: Fault,
    /// Whether it was mended.
    pub repaired: bool,
}

/// What a problem is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A version of a file, the current one unless it has an archive name.
    Version {
        /// The file's name, with underscores.
        name: String,
        /// The name of an old version.
        archive_name: Option<String>,
    },
    /// An entry of the stash.
    Stashed(FileKey),
    /// Bytes as such.
    Bytes,
}

/// What is wrong with bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// They aren't there.
    Missing,
    /// There are more or fewer than there should be; of an upload that is under way: fewer.
    Length {
        /// Bytes there should be.
        expected: u64,
        /// Bytes there are.
        found: u64,
    },
    /// They aren't those that were uploaded.
    Content,
    /// They can't be read.
    Unreadable(String),
    /// They are whole, but a crash left them with two names.
    HalfSealed,
    /// No row names them, and they are old.
    Unused,
}

/// Takes problems as they are found: there may be many.
pub type Report<'a> = &'a mut (dyn FnMut(&Problem) + Send);

/// What is known of a blob's bytes.
#[derive(Clone)]
enum Found {
    Length(u64),
    Hashes(Hashes),
    Fault(Fault),
}

struct Checker<'a> {
    repo: &'a Repository,
    check: Check,
    checked: Checked,
    report: Report<'a>,
    /// Reads on a thread of its own, so that uploads needn't wait for it.
    reader: worker::Pool,
}

impl Repository {
    /// Checks rows against bytes and bytes against rows. Nobody else may be at work on either: what comes and goes
    /// meanwhile would look wrong.
    pub async fn fsck(&self, check: Check, report: Report<'_>) -> Result<Checked> {
        let mut checker = Checker::new(self, check, report)?;
        checker.versions().await?;
        checker.stash().await?;
        checker.partials().await?;
        checker.blobs().await?;
        Ok(checker.checked)
    }

    /// Reads the bytes of all versions and stash entries, and compares them with their hashes. May be done while the
    /// repository is at work.
    pub async fn scrub(&self, report: Report<'_>) -> Result<Checked> {
        let check = Check { deep: true, ..Check::default() };
        let mut checker = Checker::new(self, check, report)?;
        checker.versions().await?;
        checker.stash().await?;
        Ok(checker.checked)
    }
}

impl<'a> Checker<'a> {
    fn new(repo: &'a Repository, check: Check, report: Report<'a>) -> Result<Self> {
        let reader = worker::Pool::new("check", 1, 1)?;
        Ok(Self { repo, check, checked: Checked::default(), report, reader })
    }

    fn tell(&mut self, problem: &Problem) {
        self.checked.problems += 1;
        self.checked.repaired += u64::from(problem.repaired);
        (self.report)(problem);
    }

    async fn versions(&mut self) -> Result<()> {
        let mut last: Option<Holding> = None;
        // Versions come in the order of their blobs, so those that share one come together.
        let mut seen: Option<(BlobKey, Found)> = None;
        loop {
            let after = last.clone();
            let page = self
                .repo
                .db
                .read(move |read| {
                    let after = after.as_ref().map(|holding| (&holding.blob_key, holding.id));
                    blobs::holdings(read, after, BATCH as i64).map_err(Error::from)
                })
                .await?;
            let Some(end) = page.last() else { return Ok(()) };
            last = Some(end.clone());
            for holding in page {
                self.checked.versions += 1;
                let found = match &seen {
                    Some((key, found)) if *key == holding.blob_key => found.clone(),
                    _ => self.find(Place::Sealed(holding.blob_key.clone()), None).await?,
                };
                seen = Some((holding.blob_key.clone(), found.clone()));
                let Some(fault) = compare(found, holding.hashes) else { continue };
                let looked_at = holding.clone();
                let look =
                    move |read: &mut dyn commonhold_catalogue::Read| blobs::still_holds(read, &looked_at);
                if self.repo.db.read(look).await? {
                    let Holding { name, archive_name, blob_key, .. } = holding;
                    let subject = Subject::Version { name, archive_name };
                    self.tell(&Problem { subject, blob: blob_key, fault, repaired: false });
                }
            }
        }
    }

    async fn stash(&mut self) -> Result<()> {
        let mut after = None;
        loop {
            let look = move |read: &mut dyn commonhold_catalogue::Read| {
                stash::list_all(read, after, BATCH as i64).map_err(Error::from)
            };
            let page = self.repo.db.read(look).await?;
            let Some((last, _)) = page.last() else { return Ok(()) };
            after = Some(*last);
            for (_, row) in page {
                self.checked.stashed += 1;
                self.waiting_parts(&row).await?;
                if let Some(fault) = self.stash_fault(&row).await?
                    && let Some(row) = self.unchanged(row).await?
                {
                    let hopeless = matches!(fault, Fault::Missing)
                        || matches!(fault, Fault::Length { .. } if row.hashes.is_none());
                    let repaired = self.check.repair && hopeless && self.forget(&row).await?;
                    let subject = Subject::Stashed(row.filekey);
                    self.tell(&Problem { subject, blob: row.blob_key, fault, repaired });
                }
            }
        }
    }

    /// Chunks that wait for their turn. One whose bytes are gone is forgotten: then its sender is told to send it again.
    async fn waiting_parts(&mut self, row: &StashRow) -> Result<()> {
        let key = row.filekey.clone();
        for part in self.repo.db.read(move |read| parts::of_upload(read, &key).map_err(Error::from)).await? {
            let fault = match serde_json::from_str(&part.partial) {
                Ok(partial) => match self.find(Place::Partial(partial), Some(part.size)).await? {
                    Found::Length(found) if found < part.size => {
                        Some(Fault::Length { expected: part.size, found })
                    }
                    Found::Fault(fault) => Some(fault),
                    Found::Length(_) | Found::Hashes(_) => None,
                },
                Err(_) => Some(Fault::Missing),
            };
            let (key, start) = (row.filekey.clone(), part.start);
            let now = move |read: &mut dyn commonhold_catalogue::Read| parts::at(read, &key, start);
            if let Some(fault) = fault
                && self.repo.db.read(now).await?.as_ref() == Some(&part)
            {
                let repaired = self.check.repair && !matches!(fault, Fault::Unreadable(_));
                if repaired {
                    let key = row.filekey.clone();
                    self.repo.db.write(move |tx| parts::delete(tx, &key, start).map_err(Error::from)).await?;
                }
                let subject = Subject::Stashed(row.filekey.clone());
                self.tell(&Problem { subject, blob: part.blob_key, fault, repaired });
            }
        }
        Ok(())
    }

    /// What is wrong with the bytes of an entry, if it needs any.
    async fn stash_fault(&mut self, row: &StashRow) -> Result<Option<Fault>> {
        match (row.status, row.hashes) {
            (StashStatus::Chunks | StashStatus::Queued, _) => {
                let Ok(place) = place_of(row) else { return Ok(Some(Fault::Missing)) };
                let state = row.hash_state.as_deref().and_then(|state| Hashing::resume(state).ok());
                Ok(match (self.find(place, Some(row.offset)).await?, state) {
                    (Found::Length(found), _) if found < row.offset => {
                        Some(Fault::Length { expected: row.offset, found })
                    }
                    (found @ Found::Hashes(_), Some(state)) => compare(found, state.hashes()),
                    (Found::Fault(fault), _) => Some(fault),
                    _ => None,
                })
            }
            (StashStatus::Finished, Some(hashes)) => {
                Ok(compare(self.find(Place::Sealed(row.blob_key.clone()), None).await?, hashes))
            }
            // Done, refused, or replaced by another entry.
            _ => Ok(None),
        }
    }

    /// The entry, if it is still what it was when its bytes were looked at.
    async fn unchanged(&self, row: StashRow) -> Result<Option<StashRow>> {
        let key = row.filekey.clone();
        let now = self.repo.db.read(move |read| stash::get(read, &key).map_err(Error::from)).await?;
        Ok(now.filter(|now| *now == row))
    }

    async fn forget(&self, row: &StashRow) -> Result<bool> {
        let row = row.clone();
        self.repo.db.write(move |tx| stash::delete(tx, &row).map_err(Error::from)).await
    }

    async fn partials(&mut self) -> Result<()> {
        let mut after: Option<BlobKey> = None;
        loop {
            let page = self.repo.blobs.list_partials(after.as_ref(), BATCH).await?;
            let Some(last) = page.last() else { return Ok(()) };
            after = Some(last.key().clone());
            self.checked.partials += page.len() as u64;
            let mut open = Vec::new();
            for partial in page {
                match self.repo.blobs.stat(partial.key()).await? {
                    Some(size) => self.half_sealed(&partial, size).await?,
                    None => open.push(partial.key().clone()),
                }
            }
            self.unused(open).await?;
        }
    }

    async fn half_sealed(&mut self, partial: &Partial, size: u64) -> Result<()> {
        if self.check.repair {
            self.repo.blobs.seal(partial, size).await?;
        }
        let (blob, repaired) = (partial.key().clone(), self.check.repair);
        self.tell(&Problem { subject: Subject::Bytes, blob, fault: Fault::HalfSealed, repaired });
        Ok(())
    }

    async fn blobs(&mut self) -> Result<()> {
        let mut after: Option<BlobKey> = None;
        loop {
            let page = self.repo.blobs.list(after.as_ref(), BATCH).await?;
            let Some(last) = page.last() else { return Ok(()) };
            after = Some(last.clone());
            self.checked.blobs += page.len() as u64;
            self.unused(page).await?;
        }
    }

    /// Tells of those keys that no row names.
    async fn unused(&mut self, keys: Vec<BlobKey>) -> Result<()> {
        let before: Timestamp = self.repo.now() + -self.check.unused_after;
        let asked = keys.clone();
        let named = self.repo.db.read(move |read| blobs::named(read, &asked).map_err(Error::from)).await?;
        for blob in keys {
            if named.contains(&blob) {
                continue;
            }
            if blob.born() > before {
                self.checked.young += 1;
                continue;
            }
            self.tell(&Problem { subject: Subject::Bytes, blob, fault: Fault::Unused, repaired: false });
        }
        Ok(())
    }

    /// What is known of some bytes: their length, or if all are to be read, the hashes of all or of the first ones.
    async fn find(&mut self, place: Place, first: Option<u64>) -> Result<Found> {
        let (blobs, deep) = (self.repo.blobs.clone(), self.check.deep);
        let found = self.reader.run(move || {
            let mut source = match blobs.open(&place) {
                Ok(source) => source,
                Err(commonhold_blob::Error::Missing(_)) => return Found::Fault(Fault::Missing),
                Err(error) => return Found::Fault(Fault::Unreadable(error.to_string())),
            };
            let found = length_or_hashes(&mut *source, deep, first);
            found.unwrap_or_else(|error| Found::Fault(Fault::Unreadable(error.to_string())))
        });
        let found = found.await?;
        if let Found::Hashes(hashes) = &found {
            self.checked.bytes += hashes.size;
        }
        Ok(found)
    }
}

fn length_or_hashes(source: &mut dyn ReadSeek, deep: bool, first: Option<u64>) -> std::io::Result<Found> {
    let length = source.seek(SeekFrom::End(0))?;
    let wanted = first.unwrap_or(length);
    if !deep || length < wanted {
        return Ok(Found::Length(length));
    }
    source.seek(SeekFrom::Start(0))?;
    let mut source = source.take(wanted);
    let mut hashing = Hashing::new();
    let mut block = vec![0; BLOCK];
    loop {
        match source.read(&mut block) {
            Ok(0) => return Ok(Found::Hashes(hashing.hashes())),
            Ok(read) => hashing.update(&block[..read]),
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// What is wrong with bytes that should be these.
fn compare(found: Found, expected: Hashes) -> Option<Fault> {
    match found {
        Found::Fault(fault) => Some(fault),
        Found::Length(found) | Found::Hashes(Hashes { size: found, .. }) if found != expected.size => {
            Some(Fault::Length { expected: expected.size, found })
        }
        Found::Hashes(found) if found != expected => Some(Fault::Content),
        _ => None,
    }
}
