//! Heavy work, away from the threads that serve people.

use crate::LakeError;

/// Runs `work` on a thread for blocking work and waits for it.
pub(crate) async fn in_background<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, LakeError> + Send + 'static,
) -> Result<T, LakeError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) => Err(LakeError::Stopped { reason: error.to_string(), log_removed: false }),
    }
}
