//! Which call goes wrong, and how.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use commonhold_blob::faulty as blob;
use commonhold_catalogue::faulty as catalogue;

pub(crate) use commonhold_blob::faulty::Fault;

/// How the chosen call goes wrong, and what comes after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// It fails; the process goes on.
    Error(Fault),
    /// It fails, or half of it happens, and the process is no more: nothing reaches the stores from then on.
    Crash(Fault),
}

impl Mode {
    pub(crate) fn is_crash(self) -> bool {
        matches!(self, Self::Crash(_))
    }

    /// Whether this does to a call what no simpler mode does.
    pub(crate) fn fits(self, call: &str) -> bool {
        match self {
            Self::Error(Fault::Full) | Self::Crash(Fault::Full) => call == "Write",
            Self::Error(Fault::Lost) | Self::Crash(Fault::Lost) => ["Finish", "Seal"].contains(&call),
            _ => true,
        }
    }
}

/// One call that goes wrong, counted over both stores.
pub(crate) struct Plan {
    mode: Mode,
    at: usize,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    calls: Vec<String>,
    struck: bool,
}

impl Plan {
    pub(crate) fn new(mode: Mode, at: usize) -> Arc<Self> {
        Arc::new(Self { mode, at, state: Mutex::default() })
    }

    /// Only counts.
    pub(crate) fn without_faults() -> Arc<Self> {
        Self::new(Mode::Error(Fault::Before), usize::MAX)
    }

    pub(crate) fn mode(&self) -> Mode {
        self.mode
    }

    /// For the store.
    pub(crate) fn of_blobs(self: &Arc<Self>) -> blob::Plan {
        let plan = Arc::clone(self);
        Arc::new(move |call| plan.next(&format!("{call:?}")))
    }

    /// For the catalogue, to which the disk being full is an error like any other.
    pub(crate) fn of_catalogue(self: &Arc<Self>) -> catalogue::Plan {
        let plan = Arc::clone(self);
        Arc::new(move |call| {
            plan.next(&format!("catalogue {call:?}")).map(|fault| match fault {
                Fault::After => catalogue::Fault::After,
                Fault::Before | Fault::Full | Fault::Lost => catalogue::Fault::Before,
            })
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn next(&self, call: &str) -> Option<Fault> {
        let mut state = self.state();
        if state.struck && self.mode.is_crash() {
            // What is left of the process may call; nobody hears it.
            return Some(Fault::Before);
        }
        let number = state.calls.len();
        state.calls.push(call.to_owned());
        if number != self.at {
            return None;
        }
        state.struck = true;
        match self.mode {
            Mode::Error(fault) | Mode::Crash(fault) => Some(fault),
        }
    }

    /// Whether the call came.
    pub(crate) fn has_struck(&self) -> bool {
        self.state().struck
    }

    /// The calls up to the one that goes wrong.
    pub(crate) fn calls(&self) -> Vec<String> {
        let state = self.state();
        state.calls.iter().take(self.at.saturating_add(1)).cloned().collect()
    }
}
