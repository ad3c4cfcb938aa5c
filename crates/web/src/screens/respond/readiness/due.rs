//! What of being prepared is due, for Today.

use super::{Part, parts};
use crate::failure::Failure;
use crate::frame::{Frame, Lamp};
use crate::visit::Visit;

/// Title, state and address of every part that somebody has to look at.
pub(crate) async fn lines(
    visit: &Visit,
    frame: &Frame,
) -> Result<Vec<(String, String, &'static str)>, Failure> {
    let waiting = parts(visit, frame).await?.into_iter().filter(|part| part.lamp != Lamp::Good);
    Ok(waiting.map(|Part { title, state, address, .. }| (title, state, address)).collect())
}
