//! Processes that decode what strangers sent: one for each job, few at a time, and each within limits.
//!
//! A decoder that crashes, hangs or is taken over costs one request. See `commonhold_media::job` for what such a process
//! does, and gives up before.

use std::fs::File;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use commonhold_blob::{BlobStore, Place};
use commonhold_core::MediaInfo;
use commonhold_media::job::{Answer, Job, Order, Probe, REFUSED};
use commonhold_media::thumb::{self, Failure, Limits, Spec};
use commonhold_media::tools::Tools;
use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::{Child, Command};
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::timeout;

use crate::settings::MediaSettings;
use crate::{Error, Result, worker};

/// The program itself, also after another version has taken its name.
const ITSELF: &str = "/proc/self/exe";
/// Bytes of the largest answer.
const MAX_ANSWER: u64 = 64 << 20;
/// Bytes of the longest reason.
const MAX_REASON: u64 = 4 << 10;
/// Signals by which the kernel ends a process whose processor time is up.
const TIME_IS_UP: [i32; 2] = [24, 9];

/// Why there is no answer of a process, though nothing is wrong with the server.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RenderFailure {
    /// The process had a reason.
    #[error(transparent)]
    Failed(#[from] Failure),
    /// It took too long.
    #[error("it took too long")]
    TooSlow,
    /// It crashed, mostly because there was not enough memory.
    #[error("the decoder crashed")]
    Crashed,
    /// Too many others are waiting; it may be asked for again.
    #[error("too many others are waiting")]
    Busy,
}

impl RenderFailure {
    /// Whether it will always be so, for no fault of the file's.
    pub fn is_permanent(&self) -> bool {
        matches!(
            self,
            Self::Failed(Failure::TooLarge { .. } | Failure::TooMuchMemory { .. } | Failure::Unsupported(_))
        )
    }
}

/// What an order comes to.
type Outcome<T> = Result<std::result::Result<T, RenderFailure>>;

/// Starts the processes.
pub struct Decoders {
    blobs: Arc<dyn BlobStore>,
    /// Opens files; that may take a disk's time.
    pool: Arc<worker::Pool>,
    settings: MediaSettings,
    tools: Tools,
    /// As many as may run.
    running: Semaphore,
    /// As many as may run or wait.
    admitted: Semaphore,
}

impl Decoders {
    pub(crate) fn new(blobs: Arc<dyn BlobStore>, pool: Arc<worker::Pool>, settings: &MediaSettings) -> Self {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        let workers = if settings.workers == 0 { processors } else { settings.workers };
        Self {
            blobs,
            pool,
            settings: settings.clone(),
            tools: Tools::find(&settings.tools),
            running: Semaphore::new(workers),
            admitted: Semaphore::new(workers + settings.queue),
        }
    }

    /// Whether pictures can be made of files of a type.
    pub fn renders(&self, mime: &str) -> bool {
        thumb::renders(mime) || self.tools.program(mime).is_some()
    }

    /// The programs of others that were there when the server started.
    pub fn tools(&self) -> &Tools {
        &self.tools
    }

    /// Makes a picture of a file.
    pub async fn render(&self, source: &Place, spec: Spec) -> Outcome<Bytes> {
        Ok(match self.order(source, Job::Thumbnail(spec)).await? {
            Ok(Answer::Thumbnail(bytes)) => Ok(bytes.into()),
            Ok(_) => Err(RenderFailure::Crashed),
            Err(failure) => Err(failure),
        })
    }

    /// Describes a file. Nothing for one that can't be read, whatever the reason: it is kept all the same.
    pub async fn inspect(&self, source: &Place, mime: &str) -> Option<MediaInfo> {
        match self.run(source, Job::Inspect { mime: mime.to_owned() }).await {
            Ok(Ok(Answer::Info(info))) => Some(*info),
            Ok(Ok(_)) => None,
            Ok(Err(failure)) => {
                tracing::warn!(mime, %failure, "a file can't be described");
                None
            }
            Err(error) => {
                tracing::error!(mime, %error, "a file can't be described");
                None
            }
        }
    }

    /// Has a job done, unless too many wait.
    async fn order(&self, source: &Place, job: Job) -> Outcome<Answer> {
        let Ok(_admitted) = self.admitted.try_acquire() else { return Ok(Err(RenderFailure::Busy)) };
        self.run(source, job).await
    }

    /// Has a job done as soon as there is room for it.
    async fn run(&self, source: &Place, job: Job) -> Outcome<Answer> {
        let _running: SemaphorePermit<'_> = self.running.acquire().await.map_err(|_| Error::Gone)?;
        let (blobs, place) = (Arc::clone(&self.blobs), source.clone());
        let file = self.pool.run(move || blobs.open_file(&place)).await??;
        let program = match &job {
            Job::Thumbnail(spec) => self.tools.program(&spec.mime).map(Path::to_owned),
            Job::Inspect { .. } | Job::Probe(_) => None,
        };
        let order = Order { job, limits: self.settings.limits, program };
        carry_out(&self.settings, file, &order).await
    }
}

/// What the processes can't do, as they find themselves.
#[derive(Clone, Debug)]
pub struct Enclosure {
    /// Whether Landlock is in force.
    pub landlock: bool,
    /// Whether a filter of system calls is in force.
    pub seccomp: bool,
    /// What was tried, and whether it was stopped.
    pub attempts: Vec<(Probe, bool)>,
}

/// Has processes try what they must not be able to do.
pub async fn probe(settings: &MediaSettings) -> Result<Enclosure> {
    let mut enclosure = Enclosure { landlock: false, seccomp: false, attempts: Vec::new() };
    for probe in [Probe::Open, Probe::Connect, Probe::Execute, Probe::Memory, Probe::Time] {
        let nothing =
            File::open("/dev/null").map_err(|source| Error::Resource { what: "empty file", source })?;
        let limits = Limits { seconds: 1, ..settings.limits };
        let order = Order { job: Job::Probe(probe), limits, program: None };
        let began = Instant::now();
        let stopped = match carry_out(settings, nothing, &order).await? {
            Ok(Answer::Probed(probed)) => {
                (enclosure.landlock, enclosure.seccomp) = (probed.landlock, probed.seccomp);
                probed.stopped
            }
            // By the kernel, that is; not by our losing patience.
            Err(RenderFailure::TooSlow) => probe == Probe::Time && began.elapsed() < patience(&limits),
            // Nothing can be learned from anything else.
            Ok(_) | Err(_) => false,
        };
        enclosure.attempts.push((probe, stopped));
    }
    Ok(enclosure)
}

/// Has a process of its own do a job.
async fn carry_out(settings: &MediaSettings, file: File, order: &Order) -> Outcome<Answer> {
    let child = start(settings, file, order)?;
    let Ok(ended) = timeout(patience(&order.limits), attend(child)).await else {
        // Who waits no longer drops the process, which kills it.
        return Ok(Err(RenderFailure::TooSlow));
    };
    let ended = ended.map_err(|source| Error::Resource { what: "answer of a process", source })?;
    Ok(ended.judge(&order.job))
}

/// How long an answer is waited for: other processes may take most of the time meanwhile.
fn patience(limits: &Limits) -> Duration {
    Duration::from_secs(5 + limits.seconds.saturating_mul(3))
}

/// A process, and those that it started: all of them end when nobody waits any more.
struct Family(Child);

impl Family {
    /// The number of the process, which is that of its group; none once its end has been seen.
    fn first(&self) -> Option<Pid> {
        self.0.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw)
    }
}

impl Drop for Family {
    fn drop(&mut self) {
        end(self.first());
    }
}

/// Ends a group of processes, as far as they haven't ended by themselves.
fn end(group: Option<Pid>) {
    if let Some(group) = group {
        let _ = kill_process_group(group, Signal::KILL);
    }
}

fn start(settings: &MediaSettings, file: File, order: &Order) -> Result<Family> {
    let failed = |source| Error::Resource { what: "a process", source };
    let order = serde_json::to_string(order).map_err(|error| failed(error.into()))?;
    let program = settings.program.as_deref().unwrap_or(ITSELF.as_ref());
    Command::new(program)
        .arg("media-worker")
        .arg(order)
        .env_clear()
        .current_dir("/")
        .stdin(Stdio::from(file))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .kill_on_drop(true)
        .spawn()
        .map(Family)
        .map_err(failed)
}

/// What a process left when it ended.
struct Ended {
    status: ExitStatus,
    answer: Vec<u8>,
    reason: Vec<u8>,
}

/// Takes what a process says, and waits for its end.
async fn attend(mut family: Family) -> std::io::Result<Ended> {
    let first = family.first();
    let child = &mut family.0;
    let (out, err) = (child.stdout.take(), child.stderr.take());
    let (answer, reason) = tokio::try_join!(read_up_to(out, MAX_ANSWER), read_up_to(err, MAX_REASON))?;
    // Where it has more to say, nobody listens any more, and that ends it.
    let status = child.wait().await?;
    // It may have left others, in whose hands nothing of the job is any more. Their group keeps its number.
    end(first);
    Ok(Ended { status, answer, reason })
}

async fn read_up_to(from: Option<impl AsyncRead + Unpin>, most: u64) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    if let Some(from) = from {
        from.take(most).read_to_end(&mut bytes).await?;
    }
    Ok(bytes)
}

impl Ended {
    fn judge(self, job: &Job) -> std::result::Result<Answer, RenderFailure> {
        if self.status.success() {
            return Answer::from_bytes(job, self.answer).map_err(|_| RenderFailure::Crashed);
        }
        if self.status.code() == Some(REFUSED.into())
            && let Ok(failure) = serde_json::from_slice(&self.reason)
        {
            return Err(RenderFailure::Failed(failure));
        }
        if self.status.signal().is_some_and(|signal| TIME_IS_UP.contains(&signal)) {
            return Err(RenderFailure::TooSlow);
        }
        let reason = String::from_utf8_lossy(&self.reason);
        tracing::warn!(status = %self.status, ?reason, "a process that decodes crashed");
        Err(RenderFailure::Crashed)
    }
}
