//! Coverage over the ledger: each warning that somebody looks at is tallied once from the shelf and follows the journal from there.

use std::collections::{BTreeMap, VecDeque};
use std::ops::Range;
use std::sync::Arc;

use sakimori_federation::KnownOrganisation;
use sakimori_ledger::LedgerError;
use sakimori_words::{Organisation, OrganisationId};
use tokio::sync::Mutex;

use super::{ANSWER, WarningDesk, answer_key, record_key, stream, summing};
use crate::answer::{AnswerState, Stage};
use crate::coverage::{
    Coverage, CoverageRow, OfficeRow, RowState, Selection, cells, offices, select,
};
use crate::devices::DeviceTotals;
use crate::error::WarnError;
use crate::exchange::SumCellV1;
use crate::routes::{Route, RouteResult, RouteTally};
use crate::tally::{Brief, Tally};
use crate::warning::{Warning, WarningKey};

/// So many answers are kept in memory, of the warnings looked at last: about 100 MB.
const ANSWERS_MAX: usize = 1_000_000;
/// Records and entries read at a time.
const PAGE: usize = 10_000;

/// A page of coverage rows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CoverageRows {
    /// The rows of the page, the silent ones first, then by answer, then by name.
    pub rows: Vec<CoverageRow>,
    /// How many the selection takes in all.
    pub n_selected: usize,
}

/// Those of which no named person has answered a warning; offices are not among them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Silent {
    /// With a node, which a reminder reaches.
    pub with_node: Vec<OrganisationId>,
    /// Members of the register.
    pub members: Vec<OrganisationId>,
}

/// A warning, how many answers its tally began with, and the tally.
type Slot = (WarningKey, usize, Arc<Mutex<Kept>>);

/// The tallies in memory with the number of answers each began with, those looked at last at the end.
#[derive(Default)]
pub(super) struct Tallies {
    kept: Mutex<VecDeque<Slot>>,
    below: Mutex<Option<Arc<Below>>>,
    nobody: Arc<Vec<Organisation>>,
}

/// A tally, and how it looks over those below us.
struct Kept {
    tally: Tally,
    view: Option<View>,
}

/// The tally beside the roll, and counted. Holds as long as the roll, the revision and the side of the deadline are the same; answers
/// that come meanwhile are followed.
struct View {
    below: Arc<Below>,
    revision: u32,
    late: bool,
    /// By place among those below.
    briefs: Vec<Brief>,
    coverage: Coverage,
}

/// Everybody below us, with a node or without, in the order of their ids.
struct Below {
    roll: Arc<Vec<KnownOrganisation>>,
    members: Arc<Vec<Organisation>>,
    all: Vec<Place>,
}

/// Where one of those below us stands: in the roll, or among the members, who have no node.
#[derive(Clone, Copy)]
enum Place {
    Roll(usize),
    Members(usize),
}

impl Below {
    fn new(roll: Arc<Vec<KnownOrganisation>>, members: Arc<Vec<Organisation>>) -> Self {
        let known = roll.iter().enumerate().filter(|(_, known)| known.below);
        let known = known.map(|(at, known)| (&known.organisation.id, Place::Roll(at)));
        let members_too =
            members.iter().enumerate().map(|(at, member)| (&member.id, Place::Members(at)));
        let mut all: Vec<(&OrganisationId, Place)> = known.chain(members_too).collect();
        // Stable, so that of two with one id the node stays.
        all.sort_by_key(|(id, _)| *id);
        all.dedup_by_key(|(id, _)| *id);
        let all = all.into_iter().map(|(_, place)| place).collect();
        Self { roll, members, all }
    }

    fn at(&self, place: Place) -> Option<&Organisation> {
        match place {
            Place::Roll(at) => self.roll.get(at).map(|known| &known.organisation),
            Place::Members(at) => self.members.get(at),
        }
    }

    /// All of them, and whether each is a member.
    fn iter(&self) -> impl Iterator<Item = (&Organisation, bool)> {
        let one = |place: &Place| Some((self.at(*place)?, matches!(place, Place::Members(_))));
        self.all.iter().filter_map(one)
    }

    /// The place of `id` among them.
    fn position(&self, id: &str) -> Option<usize> {
        let id_at = |place: &Place| self.at(*place).map(|one| one.id.as_str());
        self.all.binary_search_by(|place| id_at(place).cmp(&Some(id))).ok()
    }

    fn get(&self, position: usize) -> Option<&Organisation> {
        self.at(*self.all.get(position)?)
    }
}

impl View {
    fn new(warning: &Warning, below: Arc<Below>, tally: &Tally, late: bool) -> Self {
        let brief = |one: &Organisation| tally.brief(&one.id, warning.revision);
        let briefs: Vec<Brief> = below.iter().map(|(one, _)| brief(one)).collect();
        let lines = below.iter().map(|(one, _)| one).zip(briefs.iter().copied());
        let coverage = Coverage::of(warning, lines, late);
        Self { below, revision: warning.revision, late, briefs, coverage }
    }

    fn holds(&self, warning: &Warning, below: &Arc<Below>, late: bool) -> bool {
        Arc::ptr_eq(&self.below, below) && self.revision == warning.revision && self.late == late
    }

    /// The organisations below us, and how far each is.
    fn lines(&self) -> impl Iterator<Item = (&Organisation, Brief)> {
        self.below.iter().map(|(one, _)| one).zip(self.briefs.iter().copied())
    }

    /// Those of them that are members of the register, or those that have a node.
    fn of(&self, members: bool) -> impl Iterator<Item = (&Organisation, Brief)> {
        let lines = self.below.iter().zip(self.briefs.iter().copied());
        lines
            .filter(move |((_, is_member), _)| *is_member == members)
            .map(|((one, _), brief)| (one, brief))
    }

    /// What is known of `id` has changed.
    fn follow(&mut self, warning: &Warning, id: &OrganisationId, after: Brief) {
        let Some(at) = self.below.position(id.as_str()) else { return };
        let (Some(one), Some(brief)) = (self.below.get(at), self.briefs.get_mut(at)) else {
            return;
        };
        let before = std::mem::replace(brief, after);
        self.coverage.follow(warning, one, (before, after), self.late);
    }
}

impl Tallies {
    async fn of(&self, key: &WarningKey) -> Option<Arc<Mutex<Kept>>> {
        let mut tallies = self.kept.lock().await;
        let at = tallies.iter().position(|(kept, _, _)| kept == key)?;
        let found = tallies.remove(at)?;
        let kept = Arc::clone(&found.2);
        tallies.push_back(found);
        Some(kept)
    }

    async fn keep(&self, key: &WarningKey, kept: Kept) -> Arc<Mutex<Kept>> {
        let (n_answers, kept) = (kept.tally.len(), Arc::new(Mutex::new(kept)));
        let mut tallies = self.kept.lock().await;
        tallies.retain(|(other, _, _)| other != key);
        tallies.push_back((key.clone(), n_answers, Arc::clone(&kept)));
        while tallies.len() > 1 && tallies.iter().map(|one| one.1).sum::<usize>() > ANSWERS_MAX {
            tallies.pop_front();
        }
        kept
    }
}

/// Everybody below us; the same value as long as nobody comes, goes or changes.
async fn below(desk: &WarningDesk) -> Result<Arc<Below>, LedgerError> {
    let roll = desk.post.roll().await?;
    let members = match &desk.members {
        Some(members) => members.all().await?,
        None => Arc::clone(&desk.tallies.nobody),
    };
    let mut kept = desk.tallies.below.lock().await;
    let same = kept
        .as_ref()
        .filter(|below| Arc::ptr_eq(&below.roll, &roll) && Arc::ptr_eq(&below.members, &members));
    if let Some(below) = same {
        return Ok(Arc::clone(below));
    }
    let below = Arc::new(Below::new(roll, members));
    *kept = Some(Arc::clone(&below));
    Ok(below)
}

/// `members` of our register in numbers, and up to which journal entry these hold.
pub(super) async fn member_cells(
    desk: &WarningDesk,
    warning: &Warning,
    members: &[Organisation],
) -> Result<(Vec<SumCellV1>, u64), WarnError> {
    let kept = kept(desk, &warning.key).await?;
    let mut kept = kept.lock().await;
    let Kept { tally, view } = &mut *kept;
    follow(desk, warning, tally, view.as_mut()).await?;
    let brief = |member: &Organisation| tally.brief(&member.id, warning.revision);
    let cells = cells(warning, members.iter().map(|member| (member, brief(member))));
    Ok((cells, tally.through()))
}

/// The office of that id below us.
pub(super) async fn office_below(
    desk: &WarningDesk,
    id: &str,
) -> Result<Option<Organisation>, LedgerError> {
    let below = below(desk).await?;
    let found = below.position(id).and_then(|at| below.get(at));
    Ok(found.filter(|one| one.kind.is_office()).cloned())
}

pub(super) async fn is_below(desk: &WarningDesk, id: &OrganisationId) -> Result<bool, WarnError> {
    Ok(below(desk).await?.position(id.as_str()).is_some())
}

pub(super) async fn silent(desk: &WarningDesk, warning: &Warning) -> Result<Silent, WarnError> {
    let selection = Selection { state: RowState::Silent, ..Selection::default() };
    let ids = |silent: Vec<&Organisation>| silent.into_iter().map(|one| one.id.clone()).collect();
    look(desk, warning, |view| {
        let (with_node, _) = select(warning, view.of(false), &selection, 0..usize::MAX);
        let (members, _) = select(warning, view.of(true), &selection, 0..usize::MAX);
        Silent { with_node: ids(with_node), members: ids(members) }
    })
    .await
}

pub(super) async fn numbers(desk: &WarningDesk, warning: &Warning) -> Result<Coverage, WarnError> {
    let mut coverage = look(desk, warning, |view| view.coverage.clone()).await?;
    summing::add_told(desk, warning, &mut coverage).await?;
    Ok(coverage)
}

pub(super) async fn rows(
    desk: &WarningDesk,
    warning: &Warning,
    selection: &Selection,
    page: Range<usize>,
) -> Result<CoverageRows, WarnError> {
    let (organisations, late, n_selected) = look(desk, warning, |view| {
        let (page, n_selected) = select(warning, view.lines(), selection, page);
        (page.into_iter().cloned().collect::<Vec<_>>(), view.late, n_selected)
    })
    .await?;
    let states = states(desk, warning, &organisations).await?;
    let row = |(organisation, state): (Organisation, AnswerState)| CoverageRow {
        overdue: late && state.stage < Stage::Acknowledged,
        organisation,
        state,
    };
    let rows = organisations.into_iter().zip(states).map(row).collect();
    Ok(CoverageRows { rows, n_selected })
}

pub(super) async fn device_totals(
    desk: &WarningDesk,
    warning: &Warning,
) -> Result<DeviceTotals, WarnError> {
    look(desk, warning, |view| {
        let answered = view
            .lines()
            .filter(|(one, brief)| !one.kind.is_office() && brief.stage >= Stage::Acknowledged);
        DeviceTotals::over(answered.map(|(_, brief)| brief.devices))
    })
    .await
}

pub(super) async fn office_rows(
    desk: &WarningDesk,
    warning: &Warning,
) -> Result<Vec<OfficeRow>, WarnError> {
    let organisations: Vec<Organisation> =
        look(desk, warning, |view| offices(warning, view.lines()).into_iter().cloned().collect())
            .await?;
    let states = states(desk, warning, &organisations).await?;
    let row = |(organisation, state)| OfficeRow { organisation, state };
    Ok(organisations.into_iter().zip(states).map(row).collect())
}

/// Brings what is kept of a warning up to now and looks at it.
async fn look<T>(
    desk: &WarningDesk,
    warning: &Warning,
    at: impl FnOnce(&View) -> T,
) -> Result<T, WarnError> {
    let kept = kept(desk, &warning.key).await?;
    let below = below(desk).await?;
    let late = desk.clock.now() > warning.due_at;
    let mut kept = kept.lock().await;
    let Kept { tally, view } = &mut *kept;
    if view.as_ref().is_some_and(|view| !view.holds(warning, &below, late)) {
        *view = None;
    }
    follow(desk, warning, tally, view.as_mut()).await?;
    let view = view.get_or_insert_with(|| View::new(warning, below, tally, late));
    Ok(at(view))
}

/// The tally of a warning: the one in memory, or a new one from the shelf.
async fn kept(desk: &WarningDesk, key: &WarningKey) -> Result<Arc<Mutex<Kept>>, WarnError> {
    if let Some(kept) = desk.tallies.of(key).await {
        return Ok(kept);
    }
    // Where the journal ends is asked first: what is answered meanwhile is in the records read after it, or follows.
    let mut tally = Tally::new(desk.store.head().await?.seq);
    each_answer(desk, key, |state| tally.note(&state)).await?;
    Ok(desk.tallies.keep(key, Kept { tally, view: None }).await)
}

/// Shows `take` every answer to a warning.
async fn each_answer(
    desk: &WarningDesk,
    key: &WarningKey,
    mut take: impl FnMut(AnswerState),
) -> Result<(), WarnError> {
    let prefix = format!("{}/", record_key(key));
    let mut after = prefix.clone();
    loop {
        let page = desk.store.list(ANSWER, Some(&after), PAGE).await?;
        for record in page.iter().take_while(|record| record.key.starts_with(&prefix)) {
            take(record.read()?);
        }
        match page.last() {
            Some(last) if page.len() == PAGE && last.key.starts_with(&prefix) => {
                after.clone_from(&last.key);
            }
            _ => return Ok(()),
        }
    }
}

pub(super) async fn route_results(
    desk: &WarningDesk,
    warning: &Warning,
) -> Result<BTreeMap<Route, RouteResult>, WarnError> {
    let mut tally = RouteTally::new(warning, desk.post.me().id);
    each_answer(desk, &warning.key, |state| tally.note(&state)).await?;
    Ok(tally.results())
}

/// Takes in what was answered since.
async fn follow(
    desk: &WarningDesk,
    warning: &Warning,
    tally: &mut Tally,
    mut view: Option<&mut View>,
) -> Result<(), WarnError> {
    let stream = stream(&warning.key);
    loop {
        let found = desk.store.stream_puts(&stream, ANSWER, tally.through(), PAGE).await?;
        for id in tally.note_puts(&found) {
            if let Some(view) = &mut view {
                view.follow(warning, &id, tally.brief(&id, warning.revision));
            }
        }
        if found.n_entries < PAGE {
            return Ok(());
        }
    }
}

/// The full answers of these organisations, in their order.
async fn states(
    desk: &WarningDesk,
    warning: &Warning,
    organisations: &[Organisation],
) -> Result<Vec<AnswerState>, WarnError> {
    let keys: Vec<String> =
        organisations.iter().map(|one| answer_key(&warning.key, &one.id)).collect();
    let places: Vec<(&str, &str)> = keys.iter().map(|key| (ANSWER, key.as_str())).collect();
    let records = desk.store.get_many(&places).await?;
    let nothing =
        |id: &OrganisationId| AnswerState::new(warning.key.clone(), warning.revision, id.clone());
    let mut states = vec![];
    for (organisation, record) in organisations.iter().zip(records) {
        let state: Option<AnswerState> = record.map(|record| record.read()).transpose()?;
        let current = state.filter(|state| state.revision == warning.revision);
        states.push(current.unwrap_or_else(|| nothing(&organisation.id)));
    }
    Ok(states)
}
