//! Heavy work, away from the threads that serve people.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::mpsc;
use std::thread;

use tokio::sync::oneshot;

use crate::LakeError;

/// Runs `work` on a thread for blocking work and waits for it.
pub(crate) async fn in_background<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, LakeError> + Send + 'static,
) -> Result<T, LakeError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) => Err(stopped(error.to_string())),
    }
}

type Job = Box<dyn FnOnce() + Send>;

/// A thread of its own for work that needs much memory and is done one piece after the other: sealing, compaction.
///
/// What one piece of work gave back, an allocator keeps for the thread that had it. On threads that change, each would come to
/// keep as much: measured on a generated month, 60 MiB more (decision 38).
pub(crate) struct Worker(mpsc::Sender<Job>);

impl Worker {
    /// Starts the thread; it ends when the worker is dropped and its last work done.
    pub(crate) fn start() -> Result<Self, LakeError> {
        let (jobs, waiting) = mpsc::channel::<Job>();
        let run = move || {
            for job in waiting {
                // Its caller hears of a panic by getting no answer; the next work must not suffer for it.
                let _ = catch_unwind(AssertUnwindSafe(job));
            }
        };
        thread::Builder::new()
            .name("lake-sealer".to_owned())
            .spawn(run)
            .map_err(|error| LakeError::file("start", Path::new("lake-sealer"), error))?;
        Ok(Self(jobs))
    }

    /// Runs `work` on the thread and waits for it.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, LakeError> + Send + 'static,
    ) -> Result<T, LakeError> {
        let (reply, answer) = oneshot::channel();
        let job: Job = Box::new(move || drop(reply.send(work())));
        self.0.send(job).map_err(|_| gave_up())?;
        answer.await.unwrap_or_else(|_| Err(gave_up()))
    }
}

fn gave_up() -> LakeError {
    stopped("the work gave up".to_owned())
}

const fn stopped(reason: String) -> LakeError {
    LakeError::Stopped { reason, log_removed: false }
}
