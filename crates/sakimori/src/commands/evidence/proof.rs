//! `sakimori evidence export SEQ --out FILE`: events with everything that proves them, for somebody who does not trust this node.

use std::path::Path;

use clap::ArgMatches;
use sakimori_lake::proof::{Evidence, GatherError, SeenElsewhere, check_evidence, gather_evidence};
use sakimori_ledger::{LedgerError, Store};
use sakimori_words::{Lang, Trouble};

use crate::commands::{self, Outcome};
use crate::data_folder;
use crate::files;
use crate::heads;
use crate::node::stores;
use crate::settings::Settings;
use crate::stamps;
use crate::troubles;
use crate::world::World;

/// Writes the events and their proofs.
///
/// # Errors
/// When an event is not sealed or not there, or a file cannot be read or written.
pub(super) fn run(given: &ArgMatches, world: &World) -> Result<Outcome, Trouble> {
    let data = commands::existing_data_folder(given)?;
    let asked = super::text(given, "what");
    let ranges = ranges(&asked)
        .ok_or_else(|| Trouble::new(&troubles::WRONG_USE, format!("SEQ: `{asked}`")))?;
    let out = super::path(given, "out");
    let evidence = commands::block_on(gather(&data, &ranges))??;
    let text = evidence.to_text();
    // Nothing leaves that the receiver would refuse.
    check_evidence(text.as_bytes(), Some(&evidence.key)).map_err(|error| error.trouble())?;
    data_folder::replace_file(&out, text.as_bytes())
        .map_err(|error| files::refused(&out, &error))?;
    world.note(&said(&evidence, &out, world.lang));
    Ok(Outcome::Fine)
}

/// Gathers the proofs of the events in `ranges`, with what offices and authorities have seen.
pub(super) async fn gather(data: &Path, ranges: &[(u64, u64)]) -> Result<Evidence, Trouble> {
    let settings = Settings::load(data)?.unwrap_or_default();
    let store = stores::existing_ledger(data, &settings).await?;
    let seen = seen(store.as_ref()).await.map_err(|error| error.trouble())?;
    let segments = stores::segments(data, &settings)?;
    let catalogue = stores::catalogue(data, &settings)?;
    let gathered = gather_evidence(&*catalogue, segments.as_ref(), ranges, &seen).await;
    gathered.map_err(|error: GatherError| error.trouble())
}

/// What the offices have cosigned, and what authorities have stamped.
async fn seen(store: &dyn Store) -> Result<SeenElsewhere, LedgerError> {
    let (cosigned, stamped) = (heads::cosigned(store).await?, stamps::kept(store).await?);
    Ok(SeenElsewhere { cosigned, stamped })
}

/// `3,5-7` as pairs of first and last; `None` when it is anything else.
fn ranges(text: &str) -> Option<Vec<(u64, u64)>> {
    let range = |part: &str| {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (first, last) = (first.trim().parse().ok()?, last.trim().parse().ok()?);
        (first <= last).then_some((first, last))
    };
    text.split(',').map(range).collect()
}

fn said(evidence: &Evidence, out: &Path, lang: Lang) -> String {
    let (n_events, path, key) = (evidence.events.len(), out.display(), &evidence.key);
    match lang {
        Lang::Ja => format!(
            "{n_events} 件を {path} に書き出しました。\n受け取った人は `sakimori verify --evidence FILE --key 'KEY'` で確かめられます。\n\
             KEY（次の行）は、ファイルとは別の経路で伝えてください。\n{key}"
        ),
        Lang::En => format!(
            "{n_events} events written to {path}\nwhoever receives it runs `sakimori verify --evidence FILE --key 'KEY'`\n\
             tell them the key by another way than the file:\n{key}"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_ranges_are_read() {
        assert_eq!(ranges("3"), Some(vec![(3, 3)]));
        assert_eq!(ranges("3, 5-7"), Some(vec![(3, 3), (5, 7)]));
        for wrong in ["", "x", "5-3", "1-2-3", "-1", "1,"] {
            assert_eq!(ranges(wrong), None, "{wrong}");
        }
    }
}
