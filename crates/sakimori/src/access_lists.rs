//! The access review at the edge: lists in the data folder, accesses from the log.
//!
//! Lists stay as they were handed in, in `access-lists/`, readable by this account only: they name patients, and the journal,
//! which cannot forget, holds only their digests.

use std::path::{Path, PathBuf};

use sakimori_ledger::{Fact, Store};
use sakimori_query::{Cell, Limits, Query, Sight};
use sakimori_watch::access_review::{
    Access, Context, LIST_BYTES_MAX, List, ListKind, Month, ReviewSettings, Run, month_span,
};
use sakimori_words::{
    Chance, Clock, Date, Digest, Instant, PersonId, RECORD_ACCESS, Trouble, jst_datetime,
};
use serde_json::json;

use crate::{data_folder, files};

/// The folder of lists in the data folder.
const FOLDER: &str = "access-lists";

/// Lists read at most: daily ones of ten years.
const LISTS_MAX: usize = 20_000;

/// The shortest piece of time that is still divided when it holds more accesses than one search returns, in seconds.
const PIECE_SECONDS_MIN: i64 = 60;

/// A list that was handed in.
pub(crate) struct KeptList {
    pub(crate) kind: ListKind,
    pub(crate) name: String,
    path: PathBuf,
}

/// What is known, and from which lists.
pub(crate) struct Known {
    pub(crate) context: Context,
    pub(crate) lists: Vec<(String, Digest)>,
}

/// Keeps a list for the reviews to come, and writes into the journal that it was handed in.
///
/// # Errors
/// SK-WATCH-030 when it is no list; else when the folder or the ledger refuses.
pub(crate) async fn add(
    data: &Path,
    file: &Path,
    store: &dyn Store,
    clock: &dyn Clock,
    by: &PersonId,
) -> Result<List, Trouble> {
    let bytes = files::read_given(file, LIST_BYTES_MAX as u64)?;
    let list = List::read(&bytes).map_err(|error| error.trouble())?;
    let (digest, at) = (Digest::of(&bytes), clock.now());
    let folder = data.join(FOLDER);
    std::fs::create_dir_all(&folder)
        .and_then(|()| data_folder::restrict(&folder, 0o700))
        .map_err(|error| files::refused(&folder, &error))?;
    let name = format!(
        "{}-{}-{}.csv",
        list.kind.as_str(),
        jst_datetime(at).strftime("%Y%m%dT%H%M%S"),
        digest.short()
    );
    let path = folder.join(&name);
    data_folder::replace_file(&path, &bytes).map_err(|error| files::refused(&path, &error))?;
    let body = json!({
        "list": name, "kind": list.kind.as_str(), "digest": digest,
        "rows": list.n_rows(), "refused": list.n_refused,
    });
    let fact = Fact::new("access_lists", "access_list_added", at, by.as_str(), &body)
        .map_err(|error| error.trouble())?;
    store.commit(vec![fact]).await.map_err(|error| error.trouble())?;
    Ok(list)
}

/// The lists that count, by name: of staff, patients and marks the newest, which is the whole; of the others all.
///
/// # Errors
/// When the folder cannot be read. A folder that is not there holds no lists.
pub(crate) fn all(data: &Path) -> Result<Vec<KeptList>, Trouble> {
    let folder = data.join(FOLDER);
    let mut lists = Vec::new();
    let entries = match std::fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(lists),
        Err(error) => return Err(files::refused(&folder, &error)),
    };
    for entry in entries.take(LISTS_MAX) {
        let path = entry.map_err(|error| files::refused(&folder, &error))?.path();
        lists.extend(kept(path));
    }
    lists.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(counting(lists))
}

fn kept(path: PathBuf) -> Option<KeptList> {
    let name = path.file_name()?.to_str()?.to_owned();
    let kind = ListKind::parse(name.strip_suffix(".csv")?.split('-').next()?)?;
    Some(KeptList { kind, name, path })
}

fn counting(lists: Vec<KeptList>) -> Vec<KeptList> {
    let newest = |kind: ListKind| {
        let mut names = lists.iter().filter(|list| list.kind == kind).map(|list| list.name.clone());
        names.next_back()
    };
    let whole =
        [ListKind::Staff, ListKind::Patients, ListKind::Marks].map(|kind| (kind, newest(kind)));
    let counts = |list: &KeptList| {
        let of_kind = whole.iter().find(|(kind, _)| *kind == list.kind);
        of_kind.is_none_or(|(_, newest)| newest.as_ref() == Some(&list.name))
    };
    lists.into_iter().filter(counts).collect()
}

/// Reads all lists that count.
///
/// # Errors
/// When one that was taken in cannot be read any more.
pub(crate) fn known(data: &Path) -> Result<Known, Trouble> {
    let mut known = Known { context: Context::default(), lists: Vec::new() };
    for list in all(data)? {
        let bytes = files::read_given(&list.path, LIST_BYTES_MAX as u64)?;
        let read = List::read(&bytes).map_err(|error| error.trouble())?;
        known.context.add(&read);
        known.lists.push((list.name, Digest::of(&bytes)));
    }
    Ok(known)
}

/// Goes through the accesses of a month, a day at a time.
///
/// # Errors
/// When the lists or the log cannot be read.
pub(crate) async fn run(
    data: &Path,
    query: &Query,
    month: Date,
    settings: ReviewSettings,
    chance: &dyn Chance,
) -> Result<Run, Trouble> {
    let known = known(data)?;
    let mut seed = [0_u8; 32];
    chance.fill(&mut seed);
    let seed = Digest::from_bytes(seed);
    let mut gathered = Month::new(&known.context, settings, seed);
    let (from, to) = month_span(month);
    let days = std::iter::successors(Some(from), |day| Some(day.plus_days(1)));
    let days = days.take_while(|day| *day < to).map(|day| (day, day.plus_days(1)));
    // The stack holds later pieces first, so that accesses come in order of time.
    let mut pieces: Vec<(Instant, Instant)> = days.collect();
    pieces.reverse();
    while let Some((from, to)) = pieces.pop() {
        let found = query.sql(&statement(from, to), Sight::Full, Limits::EXPORT).await;
        let table = found.map_err(|error| error.trouble())?;
        let seconds = to.micros_since(from) / sakimori_words::SECOND_MICROS;
        if table.truncated && seconds > PIECE_SECONDS_MIN {
            let middle = from.plus_seconds(seconds / 2);
            pieces.extend([(middle, to), (from, middle)]);
            continue;
        }
        table.rows.iter().filter_map(|row| access(row)).for_each(|access| gathered.take(&access));
    }
    let outcome = gathered.finish();
    Ok(Run { month, outcome, seed, known: known.context.size(), lists: known.lists })
}

fn statement(from: Instant, to: Instant) -> String {
    format!(
        "SELECT seq, time, \"user\", patient, activity, host FROM events WHERE class_uid = {RECORD_ACCESS} \
         AND time >= TIMESTAMP '{}' AND time < TIMESTAMP '{}' ORDER BY time, seq",
        from.rfc3339(),
        to.rfc3339()
    )
}

fn access(row: &[Cell]) -> Option<Access<'_>> {
    let [Cell::Int(seq), Cell::Time(at), user, patient, activity, host] = row else { return None };
    Some(Access {
        seq: u64::try_from(*seq).ok()?,
        at: *at,
        user: text(user),
        patient: text(patient),
        activity: text(activity),
        host: text(host),
    })
}

fn text(cell: &Cell) -> &str {
    match cell {
        Cell::Text(text) => text,
        _ => "",
    }
}
