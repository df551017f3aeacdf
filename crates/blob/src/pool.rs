//! Named threads that do a store's blocking work.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;

use tokio::sync::{Semaphore, oneshot};

use crate::{Error, Result};

type Job = Box<dyn FnOnce() + Send>;

/// A few threads and the jobs that wait for them. Dropping it lets the waiting jobs end.
pub(crate) struct Pool {
    queue: Arc<Queue>,
    /// Bounds the jobs that wait or run, which outlive callers that give up.
    room: Arc<Semaphore>,
}

#[derive(Default)]
struct Queue {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    jobs: VecDeque<Job>,
    closed: bool,
}

/// The result of a job that runs meanwhile.
pub(crate) struct Answer<T>(oneshot::Receiver<Result<T>>);

impl<T> Answer<T> {
    /// Waits for the job.
    pub(crate) async fn get(self) -> Result<T> {
        self.0.await.unwrap_or(Err(Error::Gone))
    }
}

impl Pool {
    /// Starts `threads` threads for at most `room` jobs at a time.
    pub(crate) fn new(name: &str, threads: usize, room: usize) -> Result<Self> {
        let pool = Self { queue: Arc::default(), room: Arc::new(Semaphore::new(room)) };
        for number in 0..threads {
            let queue = Arc::clone(&pool.queue);
            thread::Builder::new()
                .name(format!("{name}-{number}"))
                .spawn(move || queue.work())
                .map_err(|source| Error::Io { doing: "starting a thread", source })?;
        }
        Ok(pool)
    }

    /// Queues a job, as soon as there is room.
    pub(crate) async fn start<T, F>(&self, job: F) -> Result<Answer<T>>
    where
        T: Send + 'static,
        F: FnOnce() -> Result<T> + Send + 'static,
    {
        let permit = Arc::clone(&self.room).acquire_owned().await.map_err(|_| Error::Gone)?;
        let (answer, receiver) = oneshot::channel();
        let job = Box::new(move || {
            // A panic costs its job, not the thread.
            let result = catch_unwind(AssertUnwindSafe(job)).unwrap_or(Err(Error::Gone));
            drop(permit);
            // Nobody waits any more when the caller gave up.
            let _ = answer.send(result);
        });
        self.queue.state.lock().unwrap_or_else(PoisonError::into_inner).jobs.push_back(job);
        self.queue.changed.notify_one();
        Ok(Answer(receiver))
    }

    /// Runs a job and waits for it. The job goes on when its caller gives up.
    pub(crate) async fn run<T, F>(&self, job: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce() -> Result<T> + Send + 'static,
    {
        self.start(job).await?.get().await
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.queue.state.lock().unwrap_or_else(PoisonError::into_inner).closed = true;
        self.queue.changed.notify_all();
    }
}

impl Queue {
    fn work(&self) {
        while let Some(job) = self.next() {
            job();
        }
    }

    fn next(&self) -> Option<Job> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let idle = |state: &mut State| state.jobs.is_empty() && !state.closed;
        self.changed.wait_while(state, idle).unwrap_or_else(PoisonError::into_inner).jobs.pop_front()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panicking_job_costs_only_itself() {
        let pool = Pool::new("test", 1, 1).unwrap();
        assert!(matches!(
            pool.run(|| -> Result<()> { panic!("expected in this test") }).await,
            Err(Error::Gone)
        ));
        assert_eq!(pool.run(|| Ok(7)).await.unwrap(), 7);
    }

    #[tokio::test]
    async fn what_was_queued_is_done_although_the_pool_and_the_caller_are_gone() {
        let pool = Pool::new("test", 1, 8).unwrap();
        let (entered, started) = oneshot::channel();
        let (open, gate) = std::sync::mpsc::channel::<()>();
        let (done, finished) = oneshot::channel();
        drop(pool.start(move || Ok((entered.send(()), gate.recv()))).await.unwrap());
        drop(pool.start(move || Ok(done.send(()))).await.unwrap());
        started.await.unwrap();
        drop(pool);
        open.send(()).unwrap();
        finished.await.unwrap();
    }
}
