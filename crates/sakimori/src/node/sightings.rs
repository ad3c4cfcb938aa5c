//! From a run that looked back for a shared case to the counts that go back. Stages do not know each other, so they meet here.

use sakimori_share::{Look, ShareDesk};
use sakimori_watch::retro::{Retro, RetroError, RunState};
use sakimori_words::Trouble;

/// Takes down what finished runs found.
pub(super) async fn take_down(shares: &ShareDesk, retro: &Retro) -> Result<(), Trouble> {
    for look in shares.running_looks().await.map_err(|error| error.trouble())? {
        take_down_one(shares, retro, &look).await?;
    }
    Ok(())
}

async fn take_down_one(shares: &ShareDesk, retro: &Retro, look: &Look) -> Result<(), Trouble> {
    let run = match retro.run(&look.run).await {
        Ok(run) => run,
        Err(RetroError::Unknown { .. }) => {
            return shares.look_ended(look).await.map_err(|error| error.trouble());
        }
        Err(error) => return Err(error.trouble()),
    };
    match run.state {
        RunState::Waiting | RunState::Running => return Ok(()),
        RunState::Cancelled { .. } | RunState::Failed { .. } => {
            return shares.look_ended(look).await.map_err(|error| error.trouble());
        }
        RunState::Done => {}
    }
    let list = retro.indicators(&run.order).await.map_err(|error| error.trouble())?;
    let done = shares.looked(look, &run.sightings(&list)).await;
    done.map(drop).map_err(|error| error.trouble())
}
