//! The copy for the hour when everything is down: written every day and whenever what it is made of changes.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use sakimori_respond::readiness::ReadinessDesk;
use sakimori_web::{Failure, offline_copy as paper};
use sakimori_words::{Digest, Lang};

use super::House;
use crate::data_folder;
use crate::world::World;

/// The folder of the copy within the data folder.
pub(crate) const FOLDER: &str = "paper";

/// The file that is looked at to tell how old the copy is.
pub(crate) const SAMPLE: &str = "first-hour.ja.html";

/// How often it is looked whether something changed.
const LOOK_EVERY: Duration = Duration::from_secs(60);

/// Writes the copy, for ever: at once, with every new day in Japan, and when contacts, deciders or criteria changed.
pub(super) async fn keep(data: PathBuf, house: Arc<House>, world: World) {
    let desk = ReadinessDesk::new(
        Arc::clone(&house.store),
        Arc::clone(&world.clock),
        Arc::clone(&world.chance),
    );
    let folder = data.join(FOLDER);
    let mut written = None;
    loop {
        match look(&folder, &desk, &house, &world, written).await {
            Ok(basis) => written = Some(basis),
            Err(problem) => tracing::warn!(%problem, "the copy for paper could not be written"),
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// Writes the copy when it is not made of `written`; returns what it is made of now.
async fn look(
    folder: &Path,
    desk: &ReadinessDesk,
    house: &House,
    world: &World,
    written: Option<Digest>,
) -> Result<Digest, String> {
    let now = world.clock.now();
    let basis = paper::basis(&house.store, desk, &house.content, now).await.map_err(told)?;
    if written == Some(basis) {
        return Ok(basis);
    }
    std::fs::create_dir_all(folder).map_err(|error| error.to_string())?;
    data_folder::restrict(folder, 0o700).map_err(|error| error.to_string())?;
    for lang in [Lang::Ja, Lang::En] {
        let copy =
            paper::of_store(&house.store, desk, &house.content, now, lang).await.map_err(told)?;
        for (ending, body) in [("html", copy.html), ("txt", copy.text)] {
            let path = folder.join(format!("first-hour.{}.{ending}", lang.tag()));
            data_folder::replace_file(&path, body.as_bytes()).map_err(|error| error.to_string())?;
        }
    }
    Ok(basis)
}

fn told(failure: Failure) -> String {
    match failure {
        Failure::Trouble(trouble) => trouble.to_string(),
        Failure::SignIn { .. } | Failure::StepUp { .. } => "refused".to_owned(),
    }
}
