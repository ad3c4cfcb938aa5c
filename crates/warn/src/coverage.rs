//! Who has answered a warning and who has not, the silent ones first. Pure: a hub shows it for ten institutions and for a
//! quarter of a million by the same functions, so nothing here holds more than is shown.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BinaryHeap};
use std::ops::Range;

use sakimori_words::{Instant, InstitutionKind, Organisation, OrganisationKind, Prefecture};
use serde::{Deserialize, Serialize};

use crate::answer::{Answer, AnswerState, Stage};
use crate::chase::Telephone;
use crate::exchange::{MemberSumsV1, SumCellV1};
use crate::tally::Brief;
use crate::warning::Warning;

/// One institution or vendor the warning is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CoverageRow {
    /// Who.
    pub organisation: Organisation,
    /// What is known of its answer.
    pub state: AnswerState,
    /// Whether no named person has answered although the deadline has passed.
    pub overdue: bool,
}

/// One office the warning was handed to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfficeRow {
    /// Which.
    pub organisation: Organisation,
    /// How far it is; [`Stage::Acknowledged`] means relayed.
    pub state: AnswerState,
}

/// Counts over institutions and vendors. Each organisation is counted once, whatever routes it answered by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// All.
    pub expected: usize,
    /// No named person has answered: unreached, delivered or opened.
    pub silent: usize,
    /// Nothing came back at all.
    pub unreached: usize,
    /// Delivered, not opened.
    pub delivered: usize,
    /// Opened, not answered.
    pub opened: usize,
    /// A named person has answered, done or not.
    pub acknowledged: usize,
    /// Answered 該当あり.
    pub affected: usize,
    /// Answered 該当なし.
    pub not_affected: usize,
    /// Answered 確認中.
    pub checking: usize,
    /// Done.
    pub done: usize,
    /// Silent after the deadline.
    pub overdue: usize,
}

/// Sizes as the notices and the surveys tell institutions apart, by permitted beds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum BedBand {
    /// 無床.
    #[serde(rename = "0")]
    None,
    /// 有床診療所: 1–19.
    #[serde(rename = "1-19")]
    UpTo19,
    /// 20–99.
    #[serde(rename = "20-99")]
    UpTo99,
    /// 100–199: supported by a お助け隊.
    #[serde(rename = "100-199")]
    UpTo199,
    /// 200–399: supported by the ministry.
    #[serde(rename = "200-399")]
    UpTo399,
    /// 400 and more: asked for its off-line backups.
    #[serde(rename = "400-")]
    From400,
}

impl BedBand {
    /// From the smallest to the largest.
    pub const ALL: [Self; 6] =
        [Self::None, Self::UpTo19, Self::UpTo99, Self::UpTo199, Self::UpTo399, Self::From400];

    /// The band of so many permitted beds.
    #[must_use]
    pub const fn of(beds: u32) -> Self {
        match beds {
            0 => Self::None,
            1..=19 => Self::UpTo19,
            20..=99 => Self::UpTo99,
            100..=199 => Self::UpTo199,
            200..=399 => Self::UpTo399,
            _ => Self::From400,
        }
    }
}

/// The state of a warning at its sender or at a relay, in numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    /// Over all institutions and vendors.
    pub counts: Counts,
    /// The same by prefecture; `None` for those without one.
    pub by_prefecture: BTreeMap<Option<Prefecture>, Counts>,
    /// The same by kind of institution; `None` for vendors and institutions without a profile.
    pub by_kind: BTreeMap<Option<InstitutionKind>, Counts>,
    /// The same by size; only institutions with a profile.
    pub by_beds: BTreeMap<BedBand, Counts>,
    /// What offices below told of the institutions that they ask themselves.
    pub sums: Vec<MemberSums>,
}

/// What an office below told about the institutions it asks itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberSums {
    /// The office.
    pub office: Organisation,
    /// When it counted.
    pub at: Instant,
    /// The numbers.
    pub counts: Counts,
    /// Whether they are part of the coverage. Those of a CEPTOAR body are not: its members are in a prefecture's register too.
    pub is_added: bool,
}

/// Which rows of a coverage are wanted. The default: all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// In one prefecture.
    pub prefecture: Option<Prefecture>,
    /// Of one kind.
    pub kind: Option<InstitutionKind>,
    /// Of one size.
    pub beds: Option<BedBand>,
    /// In this state.
    pub state: RowState,
}

/// States to choose rows by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RowState {
    /// Any.
    #[default]
    All,
    /// No named person has answered.
    Silent,
    /// To be telephoned now.
    ToTelephone(Telephone),
    /// A named person has answered.
    Answered,
    /// With this answer.
    With(Answer),
}

impl RowState {
    fn takes(self, brief: Brief) -> bool {
        match self {
            Self::All => true,
            Self::Silent => brief.stage < Stage::Acknowledged,
            Self::ToTelephone(telephone) => telephone.takes(brief.stage, brief.called),
            Self::Answered => brief.stage >= Stage::Acknowledged,
            Self::With(answer) => brief.answer == Some(answer),
        }
    }
}

impl Selection {
    fn takes(&self, organisation: &Organisation, brief: Brief) -> bool {
        let profile = organisation.institution.as_ref();
        self.state.takes(brief)
            && self.prefecture.is_none_or(|one| organisation.prefecture == Some(one))
            && self.kind.is_none_or(|one| profile.is_some_and(|profile| profile.kind == one))
            && self.beds.is_none_or(|one| {
                profile.is_some_and(|profile| BedBand::of(profile.permitted_beds) == one)
            })
    }
}

impl Coverage {
    /// The coverage of `warning` over the organisations below us; `late`: whether its deadline has passed.
    pub(crate) fn of<'a>(
        warning: &Warning,
        below: impl Iterator<Item = (&'a Organisation, Brief)>,
        late: bool,
    ) -> Self {
        let mut coverage = Self::default();
        for (organisation, brief) in below {
            coverage.count(warning, organisation, brief, late, Counts::add);
        }
        coverage
    }

    /// Takes in what `office` told of those it asks itself; `late`: whether the deadline has passed.
    pub(crate) fn take_told(&mut self, office: Organisation, told: &MemberSumsV1, late: bool) {
        let is_added = office.kind != OrganisationKind::CeptoarBody;
        if is_added {
            self.add_cells(&told.cells, late);
        }
        let mut counts = Counts::default();
        told.cells.iter().for_each(|cell| counts.add(&Counts::told(cell, late)));
        self.sums.push(MemberSums { office, at: told.at, counts, is_added });
    }

    pub(crate) fn add_cells(&mut self, cells: &[SumCellV1], late: bool) {
        for cell in cells {
            let counts = Counts::told(cell, late);
            self.counts.add(&counts);
            self.by_prefecture.entry(cell.prefecture).or_default().add(&counts);
            self.by_kind.entry(cell.kind).or_default().add(&counts);
            if let Some(beds) = cell.beds {
                self.by_beds.entry(beds).or_default().add(&counts);
            }
        }
    }

    /// Follows one organisation from `before` to `after`.
    pub(crate) fn follow(
        &mut self,
        warning: &Warning,
        organisation: &Organisation,
        (before, after): (Brief, Brief),
        late: bool,
    ) {
        self.count(warning, organisation, before, late, Counts::take_away);
        self.count(warning, organisation, after, late, Counts::add);
    }

    fn count(
        &mut self,
        warning: &Warning,
        organisation: &Organisation,
        brief: Brief,
        late: bool,
        with: fn(&mut Counts, &Counts),
    ) {
        if organisation.kind.is_office() || !is_expected(warning, organisation, brief) {
            return;
        }
        let one = Counts::of(brief, late);
        let profile = organisation.institution.as_ref();
        with(&mut self.counts, &one);
        with(self.by_prefecture.entry(organisation.prefecture).or_default(), &one);
        with(self.by_kind.entry(profile.map(|profile| profile.kind)).or_default(), &one);
        if let Some(profile) = profile {
            with(self.by_beds.entry(BedBand::of(profile.permitted_beds)).or_default(), &one);
        }
    }
}

/// Whether an answer is expected. Whoever answered counts even if the rule does not name it: relays know their members better than
/// profiles.
fn is_expected(warning: &Warning, organisation: &Organisation, brief: Brief) -> bool {
    brief.stage > Stage::Unreached || warning.content.addressees.reach(organisation)
}

/// The numbers an office tells about its members. Those it does not expect an answer from are left out.
pub(crate) fn cells<'a>(
    warning: &Warning,
    members: impl Iterator<Item = (&'a Organisation, Brief)>,
) -> Vec<SumCellV1> {
    let mut cells: BTreeMap<_, SumCellV1> = BTreeMap::new();
    for (member, brief) in members.filter(|(member, brief)| is_expected(warning, member, *brief)) {
        let profile = member.institution.as_ref();
        let kind = profile.map(|profile| profile.kind);
        let beds = profile.map(|profile| BedBand::of(profile.permitted_beds));
        let prefecture = member.prefecture;
        let cell = cells.entry((prefecture, kind, beds)).or_insert(SumCellV1 {
            prefecture,
            kind,
            beds,
            ..SumCellV1::default()
        });
        *match brief.stage {
            Stage::Unreached => &mut cell.unreached,
            Stage::Delivered => &mut cell.delivered,
            Stage::Opened => &mut cell.opened,
            Stage::Acknowledged => &mut cell.acknowledged,
            Stage::Done => &mut cell.done,
        } += 1;
        match brief.answer {
            Some(Answer::Affected) => cell.affected += 1,
            Some(Answer::NotAffected) => cell.not_affected += 1,
            Some(Answer::Checking) => cell.checking += 1,
            None => {}
        }
    }
    cells.into_values().collect()
}

/// Those of the institutions and vendors that `selection` takes, from `page.start` up to `page.end` in order: the silent ones first,
/// then by answer, then by name. And how many it takes in all.
pub(crate) fn select<'a>(
    warning: &Warning,
    below: impl Iterator<Item = (&'a Organisation, Brief)>,
    selection: &Selection,
    page: Range<usize>,
) -> (Vec<&'a Organisation>, usize) {
    let mut n_selected = 0;
    // Only so many as are shown are held and put in order: a page of a hundred does not wait for a quarter of a million names.
    let mut first: BinaryHeap<Rank<'a>> = BinaryHeap::new();
    for (organisation, brief) in below {
        if organisation.kind.is_office()
            || !selection.takes(organisation, brief)
            || !is_expected(warning, organisation, brief)
        {
            continue;
        }
        n_selected += 1;
        let rank = Rank::new(organisation, brief);
        if first.len() < page.end {
            first.push(rank);
        } else if let Some(mut last) = first.peek_mut().filter(|last| rank < **last) {
            *last = rank;
        }
    }
    let rows = first.into_sorted_vec().into_iter().skip(page.start);
    (rows.map(|rank| rank.organisation).collect(), n_selected)
}

/// The offices the warning was handed to, those that have not relayed first.
pub(crate) fn offices<'a>(
    warning: &Warning,
    below: impl Iterator<Item = (&'a Organisation, Brief)>,
) -> Vec<&'a Organisation> {
    let mut offices: Vec<Rank<'a>> = below
        .filter(|(organisation, _)| organisation.kind.is_office())
        .filter(|(organisation, brief)| is_expected(warning, organisation, *brief))
        .map(|(organisation, brief)| Rank::new(organisation, brief))
        .collect();
    offices.sort_unstable();
    offices.into_iter().map(|rank| rank.organisation).collect()
}

/// An organisation in the order of the list.
struct Rank<'a> {
    brief: Brief,
    organisation: &'a Organisation,
}

impl<'a> Rank<'a> {
    const fn new(organisation: &'a Organisation, brief: Brief) -> Self {
        Self { brief, organisation }
    }

    fn key(&self) -> (Stage, Option<Answer>, &str, &str) {
        let Self { brief, organisation } = self;
        (brief.stage, brief.answer, organisation.name.as_str(), organisation.id.as_str())
    }
}

impl Ord for Rank<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key().cmp(&other.key())
    }
}

impl PartialOrd for Rank<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Rank<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Rank<'_> {}

impl Counts {
    fn told(cell: &SumCellV1, late: bool) -> Self {
        let n = |count: u32| usize::try_from(count).unwrap_or(usize::MAX);
        let silent = n(cell.unreached) + n(cell.delivered) + n(cell.opened);
        let acknowledged = n(cell.acknowledged) + n(cell.done);
        Self {
            expected: silent + acknowledged,
            silent,
            unreached: n(cell.unreached),
            delivered: n(cell.delivered),
            opened: n(cell.opened),
            acknowledged,
            affected: n(cell.affected),
            not_affected: n(cell.not_affected),
            checking: n(cell.checking),
            done: n(cell.done),
            overdue: if late { silent } else { 0 },
        }
    }

    fn of(brief: Brief, late: bool) -> Self {
        let is = |what: bool| usize::from(what);
        let silent = brief.stage < Stage::Acknowledged;
        Self {
            expected: 1,
            silent: is(silent),
            unreached: is(brief.stage == Stage::Unreached),
            delivered: is(brief.stage == Stage::Delivered),
            opened: is(brief.stage == Stage::Opened),
            acknowledged: is(!silent),
            affected: is(brief.answer == Some(Answer::Affected)),
            not_affected: is(brief.answer == Some(Answer::NotAffected)),
            checking: is(brief.answer == Some(Answer::Checking)),
            done: is(brief.stage == Stage::Done),
            overdue: is(silent && late),
        }
    }

    fn add(&mut self, other: &Self) {
        for (own, other) in self.numbers().into_iter().zip(other.clone().numbers()) {
            *own += *other;
        }
    }

    fn take_away(&mut self, other: &Self) {
        for (own, other) in self.numbers().into_iter().zip(other.clone().numbers()) {
            *own = own.saturating_sub(*other);
        }
    }

    const fn numbers(&mut self) -> [&mut usize; 11] {
        [
            &mut self.expected,
            &mut self.silent,
            &mut self.unreached,
            &mut self.delivered,
            &mut self.opened,
            &mut self.acknowledged,
            &mut self.affected,
            &mut self.not_affected,
            &mut self.checking,
            &mut self.done,
            &mut self.overdue,
        ]
    }
}
