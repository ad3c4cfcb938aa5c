//! Opening the stores of a data folder: the same for `up` and for the commands that read beside it.

use std::path::Path;
use std::sync::Arc;

use sakimori_federation::{Post, SecretKey};
use sakimori_lake::{
    CatalogueStore, Lake, LakeReader, LakeSettings, ObjectStore, SEAL_AFTER_BYTES,
    SEAL_AFTER_SECONDS, SigningKey,
};
use sakimori_ledger::Store;
use sakimori_query::Query;
use sakimori_words::{OrganisationId, Trouble};

use super::digest_files::DigestFiles;
use super::installation;
use crate::keys::Keys;
use crate::settings::Settings;
use crate::troubles;
use crate::world::World;

/// The organisation's ledger.
///
/// # Errors
/// When the engine cannot be reached or refuses.
pub(crate) async fn ledger(data: &Path, settings: &Settings) -> Result<Arc<dyn Store>, Trouble> {
    sakimori_ledger::open(&settings.ledger_address(data)).await.map_err(|error| error.trouble())
}

/// The organisation's ledger as it is there: commands that only look never make one, so that a lost ledger is noticed.
///
/// # Errors
/// SK-NODE-014 when it is not there; else as [`ledger`].
pub(crate) async fn existing_ledger(
    data: &Path,
    settings: &Settings,
) -> Result<Arc<dyn Store>, Trouble> {
    let address = settings.ledger_address(data);
    let file = address.strip_prefix("sqlite:");
    if let Some(gone) = file.filter(|file| !Path::new(file).try_exists().unwrap_or(true)) {
        return Err(Trouble::new(&troubles::MISSING, gone));
    }
    ledger(data, settings).await
}

/// The organisation's post, which knows its id and key.
///
/// # Errors
/// When the key or the ledger cannot be read.
pub(crate) async fn post(
    data: &Path,
    settings: &Settings,
    store: &Arc<dyn Store>,
    world: &World,
) -> Result<Post, Trouble> {
    let (clock, chance) = (Arc::clone(&world.clock), Arc::clone(&world.chance));
    let id = installation::organisation_id(store.as_ref(), clock.as_ref(), chance.as_ref()).await;
    let id = id.map_err(|error| error.trouble())?;
    let me = installation::organisation(store.as_ref(), &id, settings.role)
        .await
        .map_err(|error| error.trouble())?;
    let secret = Keys::open(data)?.secret("organisation", chance.as_ref())?;
    let post = Post::new(Arc::clone(store), clock, chance, me, SecretKey::from_bytes(&secret));
    Ok(post.with_files(Arc::new(DigestFiles::of_attachments(data))))
}

/// The organisation's post as it is there: without its key it would be somebody else.
///
/// # Errors
/// SK-NODE-014 when the key is not there; else as [`post`].
pub(crate) async fn existing_post(
    data: &Path,
    settings: &Settings,
    store: &Arc<dyn Store>,
    world: &World,
) -> Result<Post, Trouble> {
    check_own_key(data)?;
    post(data, settings, store, world).await
}

/// That the organisation's key is there, which opening the post would otherwise make.
///
/// # Errors
/// SK-NODE-014 when it is not.
pub(crate) fn check_own_key(data: &Path) -> Result<(), Trouble> {
    if Keys::existing_secret(data, "organisation")?.is_some() {
        return Ok(());
    }
    let path = data.join("keys").join("organisation");
    Err(Trouble::new(&troubles::MISSING, path.display().to_string()))
}

/// The node's log store, for writing. Events up to `seen_up_to` are known to have been in it.
///
/// # Errors
/// When another process has it, or it cannot be read or written.
pub(crate) async fn lake(
    data: &Path,
    settings: &Settings,
    organisation: &OrganisationId,
    seen_up_to: u64,
    world: &World,
) -> Result<Lake, Trouble> {
    let secret = Keys::open(data)?.secret("lake", world.chance.as_ref())?;
    let settings = LakeSettings {
        dir: data.join("lake"),
        catalogue: catalogue(data, settings)?,
        segments: segments(data, settings)?,
        retention: settings.retention_days,
        seal_after_bytes: SEAL_AFTER_BYTES,
        seal_after_seconds: SEAL_AFTER_SECONDS,
        signer: SigningKey::from_bytes(&secret),
        seen_up_to,
        origin: log_name(organisation),
    };
    Lake::open(settings, Arc::clone(&world.clock)).await.map_err(|error| error.trouble())
}

/// The node's log store, for reading beside a running `up`.
///
/// # Errors
/// When its settings cannot be read or its segments not be reached.
pub(crate) fn lake_reader(data: &Path) -> Result<LakeReader, Trouble> {
    let settings = Settings::load(data)?.unwrap_or_default();
    let (catalogue, segments) = (catalogue(data, &settings)?, segments(data, &settings)?);
    Ok(LakeReader::open(&data.join("lake"), catalogue, segments))
}

/// Searching the node's log store beside a running `up`.
///
/// # Errors
/// As [`lake_reader`], or when the threads for searching cannot be started.
pub(crate) fn log_query(data: &Path) -> Result<Query, Trouble> {
    let settings = Settings::load(data)?.unwrap_or_default();
    query(lake_reader(data)?, &settings)
}

/// Searching what `reader` sees: on the grid of the settings when the log is large enough for it, else here.
///
/// # Errors
/// When the threads for searching cannot be started.
pub(crate) fn query(reader: LakeReader, settings: &Settings) -> Result<Query, Trouble> {
    let query = Query::new(reader).map_err(|error| error.trouble())?;
    #[cfg(feature = "grid")]
    if let Some(scheduler) = settings.grid.scheduler {
        let events_min = settings.grid.events_min;
        tracing::info!(%scheduler, events_min, "a log with that many sealed events is searched on the grid");
        return Ok(query.with_grid(sakimori_query::Grid::new(scheduler, settings.grid.events_min)));
    }
    // Settings that name a scheduler are refused by a build that cannot ask it.
    debug_assert!(settings.grid.scheduler.is_none());
    Ok(query)
}

/// Where the catalogue of a data folder's log is.
///
/// # Errors
/// When the address cannot be used.
pub(crate) fn catalogue(
    data: &Path,
    settings: &Settings,
) -> Result<Arc<dyn CatalogueStore>, Trouble> {
    sakimori_lake::open_catalogue(&data.join("lake"), &settings.catalogue)
        .map_err(|error| error.trouble())
}

/// Where the sealed segments of a data folder are.
///
/// # Errors
/// When the address cannot be used.
pub(crate) fn segments(data: &Path, settings: &Settings) -> Result<Arc<dyn ObjectStore>, Trouble> {
    let local = data.join("lake").display().to_string();
    let address = if settings.segments.is_empty() { &local } else { &settings.segments };
    open_segments(address)
}

/// What a bucket is told from this process's environment, and nothing else of it. Keys come from here alone: settings are
/// copied and shown more easily.
const BUCKET_OPTIONS: [&str; 12] = [
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
    "AWS_ENDPOINT_URL",
    "AWS_ALLOW_HTTP",
    "AWS_VIRTUAL_HOSTED_STYLE_REQUEST",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_ROLE_ARN",
];

/// The segment store at an address, with this process's own keys when it is a bucket.
///
/// # Errors
/// When the address cannot be used.
pub(crate) fn open_segments(address: &str) -> Result<Arc<dyn ObjectStore>, Trouble> {
    let given = BUCKET_OPTIONS.iter().filter_map(|name| {
        let value = std::env::var(name).ok()?;
        Some(((*name).to_owned(), value))
    });
    let options: Vec<_> = given.collect();
    sakimori_lake::open_store(address, &options).map_err(|error| error.trouble())
}

/// The name of an organisation's log in its signed checkpoints.
pub(crate) fn log_name(organisation: &OrganisationId) -> String {
    format!("sakimori.log/{organisation}")
}
