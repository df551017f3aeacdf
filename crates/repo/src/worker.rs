//! Named threads for blocking work, with a bounded queue.

use std::sync::mpsc;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{Semaphore, oneshot};

use crate::{Error, Result};

type Job = Box<dyn FnOnce() + Send>;

/// A few threads that run what would block an async one.
pub(crate) struct Pool {
    jobs: mpsc::Sender<Job>,
    /// Bounds how many jobs wait; who comes later waits before queueing.
    room: Arc<Semaphore>,
}

impl Pool {
    /// Starts `threads` threads called `name`; at most `queue` jobs are waiting or running.
    pub(crate) fn new(name: &str, threads: usize, queue: usize) -> Result<Self> {
        let (jobs, inbox) = mpsc::channel::<Job>();
        let inbox = Arc::new(Mutex::new(inbox));
        for _ in 0..threads {
            let inbox = Arc::clone(&inbox);
            std::thread::Builder::new()
                .name(name.to_owned())
                .spawn(move || {
                    // Taking the next job is the only thing done under the lock.
                    loop {
                        let next = inbox.lock().unwrap_or_else(PoisonError::into_inner).recv();
                        match next {
                            Ok(job) => job(),
                            Err(mpsc::RecvError) => break,
                        }
                    }
                })
                .map_err(|source| Error::Resource { what: "a thread", source })?;
        }
        Ok(Self { jobs, room: Arc::new(Semaphore::new(queue)) })
    }

    /// Runs a job and gives its result. A job goes on when its caller gives up.
    pub(crate) async fn run<T: Send + 'static>(&self, job: impl FnOnce() -> T + Send + 'static) -> Result<T> {
        let room = Arc::clone(&self.room).acquire_owned().await.map_err(|_| Error::Gone)?;
        let (answer, result) = oneshot::channel();
        let job = Box::new(move || {
            // A panic costs this job, not the thread.
            let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(job));
            drop(room);
            if let Ok(value) = outcome {
                let _ = answer.send(value);
            }
        });
        self.jobs.send(job).map_err(|_| Error::Gone)?;
        result.await.map_err(|_| Error::Gone)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panicking_job_costs_only_itself() {
        let pool = Pool::new("test", 1, 1).unwrap();
        assert!(pool.run(|| panic!("expected in this test")).await.is_err());
        assert_eq!(pool.run(|| 7).await.unwrap(), 7);
    }
}
