//! Work on a stranger's file in a process of its own.
//!
//! The parent starts `commonhold media-worker ORDER` with the file as standard input, opened for reading. The process
//! does one job and ends, so nothing of one file can reach another. What it made comes on standard output. Where it
//! has a reason to make nothing, it ends with [`REFUSED`] and tells the reason, a [`Failure`] as JSON, on standard error.

use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};
use std::os::fd::AsFd;
use std::path::PathBuf;

use commonhold_core::MediaInfo;
use serde::{Deserialize, Serialize};

use crate::priority;
use crate::sandbox;
use crate::thumb::{self, Failure, Limits, Prepared, Spec};
use crate::tools::{self, Tool};

/// Exit code of a process that had a reason to make nothing.
pub const REFUSED: u8 = 3;

/// What is to be done with a file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Job {
    /// Make a picture of it.
    Thumbnail(Spec),
    /// Describe it.
    Inspect {
        /// Its (logical) type.
        mime: String,
    },
    /// Try what must not work.
    Probe(Probe),
}

/// What a process tries that must not work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Probe {
    /// Open a file.
    Open,
    /// Connect to somewhere.
    Connect,
    /// Start a program.
    Execute,
    /// Take more memory than the limit. It ends the process if it isn't refused.
    Memory,
    /// Compute for longer than the limit. It ends the process.
    Time,
}

/// What a process found that tried.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Probed {
    /// Whether Landlock is in force.
    pub landlock: bool,
    /// Whether a filter of system calls is in force.
    pub seccomp: bool,
    /// Whether the attempt came to nothing.
    pub stopped: bool,
}

/// A job and what it may cost.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Order {
    /// What is to be done.
    pub job: Job,
    /// What it may cost.
    pub limits: Limits,
    /// The program that is there for files of this type, if they need one.
    #[serde(default)]
    pub program: Option<PathBuf>,
}

/// What came of a job.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// A picture, in the format that was wanted.
    Thumbnail(Vec<u8>),
    /// A description.
    Info(Box<MediaInfo>),
    /// What an attempt came to.
    Probed(Probed),
}

impl Answer {
    /// The form in which an answer goes from one process to the other.
    fn into_bytes(self) -> serde_json::Result<Vec<u8>> {
        match self {
            Self::Thumbnail(bytes) => Ok(bytes),
            Self::Info(info) => serde_json::to_vec(&info),
            Self::Probed(probed) => serde_json::to_vec(&probed),
        }
    }

    /// Reads what came for a job.
    pub fn from_bytes(job: &Job, bytes: Vec<u8>) -> serde_json::Result<Self> {
        match job {
            Job::Thumbnail(_) => Ok(Self::Thumbnail(bytes)),
            Job::Inspect { .. } => serde_json::from_slice(&bytes).map(Self::Info),
            Job::Probe(_) => serde_json::from_slice(&bytes).map(Self::Probed),
        }
    }
}

/// Does a job behind walls. Blocks.
fn run_enclosed(order: &Order, source: &mut File) -> io::Result<Result<Answer, Failure>> {
    let mut limits = order.limits;
    match &order.job {
        Job::Thumbnail(spec) => {
            if spec.mime == "image/svg+xml" {
                limits.seconds = limits.drawing_seconds;
            }
            let prepared = match Tool::of(&spec.mime) {
                Some(tool) => by_program(tool, order, source, spec)?,
                None => thumb::prepare(source, spec, &limits),
            };
            let prepared = match prepared {
                Ok(prepared) => prepared,
                Err(failure) => return Ok(Err(failure)),
            };
            sandbox::enter(&limits)?;
            priority::stand_back_further_later();
            Ok(thumb::render_prepared(source, spec, &limits, &prepared).map(Answer::Thumbnail))
        }
        Job::Inspect { mime } => {
            sandbox::enter(&limits)?;
            let len = source.seek(SeekFrom::End(0))?;
            Ok(Ok(Answer::Info(Box::new(crate::inspect(source, len, mime)?))))
        }
        Job::Probe(probe) => {
            let walls = sandbox::enter(&limits)?;
            let stopped = sandbox::is_stopped(*probe, &limits);
            Ok(Ok(Answer::Probed(Probed { landlock: walls.landlock, seccomp: walls.seccomp, stopped })))
        }
    }
}

/// Has another program make a picture, which is decoded when all walls stand.
fn by_program(
    tool: Tool,
    order: &Order,
    source: &mut File,
    spec: &Spec,
) -> io::Result<Result<Prepared, Failure>> {
    let unsupported = |why: &str| Ok(Err(Failure::Unsupported(why.to_owned())));
    let Some(program) = &order.program else { return unsupported("the program for it isn't there") };
    let walls = sandbox::enter_for_tool(&order.limits, program, source)?;
    // Other programs' mistakes are none that we could know.
    if !(walls.landlock && walls.seccomp) {
        return unsupported("this kernel can't enclose other programs");
    }
    Ok(tools::draw(tool, program, source, spec, &order.limits)?.map(Prepared::made))
}

/// All that a process does that was started for one job. Gives its exit code.
pub fn work(order: &str) -> io::Result<u8> {
    priority::stand_back();
    let order: Order = serde_json::from_str(order)?;
    let mut source = File::from(io::stdin().as_fd().try_clone_to_owned()?);
    match run_enclosed(&order, &mut source)? {
        Ok(answer) => {
            let mut out = io::stdout().lock();
            out.write_all(&answer.into_bytes()?)?;
            out.flush()?;
            Ok(0)
        }
        Err(failure) => {
            io::stderr().write_all(&serde_json::to_vec(&failure)?)?;
            Ok(REFUSED)
        }
    }
}
