//! Directories whose entries are to be durable.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Condvar, Mutex, PoisonError};

/// Makes the entries of a directory durable.
pub(super) fn sync_directory(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

/// A directory that many threads sync. Those that wait for a sync to end share the next one.
pub(super) struct Directory {
    path: PathBuf,
    file: File,
    rounds: Mutex<Rounds>,
    ended: Condvar,
}

#[derive(Default)]
struct Rounds {
    running: bool,
    begun: u64,
    ended: u64,
    /// The rounds that failed, for those who wait for them. A healthy disk has none.
    failed: Vec<(u64, io::ErrorKind)>,
}

impl Directory {
    pub(super) fn open(path: PathBuf) -> io::Result<Self> {
        let file = File::open(&path)?;
        Ok(Self { path, file, rounds: Mutex::default(), ended: Condvar::new() })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Returns when everything that was in the directory at the call is durable.
    pub(super) fn sync(&self) -> io::Result<()> {
        let mut rounds = self.rounds.lock().unwrap_or_else(PoisonError::into_inner);
        // A round that runs already may have missed our entry.
        let mine = rounds.begun + 1;
        while rounds.running && rounds.ended < mine {
            rounds = self.ended.wait(rounds).unwrap_or_else(PoisonError::into_inner);
        }
        if rounds.ended < mine {
            rounds.running = true;
            rounds.begun = mine;
            drop(rounds);
            let outcome = self.file.sync_all();
            rounds = self.rounds.lock().unwrap_or_else(PoisonError::into_inner);
            rounds.running = false;
            rounds.ended = mine;
            if let Err(error) = &outcome {
                rounds.failed.push((mine, error.kind()));
            }
            self.ended.notify_all();
            return outcome;
        }
        match rounds.failed.iter().find(|(round, _)| *round == mine) {
            Some((_, kind)) => Err((*kind).into()),
            None => Ok(()),
        }
    }
}
