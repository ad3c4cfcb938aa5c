//! What a list changes in the entries of one prefecture. Pure.

use std::collections::{BTreeSet, HashMap};

use sakimori_words::{InstitutionKind, OrganisationId};

use crate::facility::{Facility, Source, Way};
use crate::folding::fold;
use crate::list::Row;

/// How much a list claims to name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// Some institutions; what it does not name is as before.
    Partial,
    /// All institutions of the kinds it names, in the prefectures it names; who is missing is proposed as closed.
    Complete,
}

impl Extent {
    /// The kinds of which the list names all.
    #[must_use]
    pub fn complete_kinds(self, rows: &[Row]) -> BTreeSet<InstitutionKind> {
        match self {
            Self::Partial => BTreeSet::new(),
            Self::Complete => rows.iter().map(|row| row.kind).collect(),
        }
    }
}

/// What is said of a list beside its rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    /// Where it comes from.
    pub source: Source,
    /// How much it claims to name.
    pub extent: Extent,
    /// How new institutions are reached of which it does not say so.
    pub new_way: Way,
}

impl Terms {
    /// A list whose new institutions are reached by telephone where it says nothing.
    #[must_use]
    pub const fn new(source: Source, extent: Extent) -> Self {
        Self { source, extent, new_way: Way::Telephone }
    }
}

/// What a list changes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Comparison {
    /// Entries that are new. Without an id, unless the row had one.
    pub added: Vec<Facility>,
    /// Entries of which the list says something else, as they are afterwards.
    pub changed: Vec<Facility>,
    /// Entries the list names, changed or not.
    pub named: BTreeSet<OrganisationId>,
    /// How many the list confirms.
    pub n_same: usize,
    /// Open entries that a complete list does not name.
    pub missing: BTreeSet<OrganisationId>,
}

/// Compares the rows of a list with the entries of the same prefecture.
///
/// A row is about an entry with its id, else with its code, else with the same kind, name and address; a row without an address is
/// about the only one of that kind and name. Open entries of the kinds in `complete` that no row names are missing.
#[must_use]
pub fn compare(
    known: &[Facility],
    rows: &[Row],
    complete: &BTreeSet<InstitutionKind>,
    terms: &Terms,
) -> Comparison {
    let index = Index::new(known);
    let mut comparison = Comparison::default();
    for row in rows {
        let before = index.find(row);
        let mut after = row.over(before, &terms.source);
        match before {
            None => {
                if row.way.is_none() {
                    after.way = terms.new_way.clone();
                }
                after.organisation.id = row.id.clone().unwrap_or_else(|| OrganisationId::from(""));
                comparison.added.push(after);
            }
            Some(before) => {
                // An entry that stays as it is keeps its source: it says when somebody last had something to say about it.
                if after == *before {
                    comparison.n_same += 1;
                } else {
                    after.source = terms.source.clone();
                    comparison.changed.push(after);
                }
                comparison.named.insert(before.id().clone());
            }
        }
    }
    let listed = |one: &&Facility| one.kind().is_some_and(|kind| complete.contains(&kind));
    let open = known.iter().filter(|one| one.is_open()).filter(listed).map(Facility::id);
    comparison.missing = open.filter(|id| !comparison.named.contains(id)).cloned().collect();
    comparison
}

/// What stands for an institution in a list that has neither id nor code.
type Likeness = (InstitutionKind, String, String);

/// Entries by what rows can name them with.
struct Index<'a> {
    ids: HashMap<&'a str, &'a Facility>,
    codes: HashMap<&'a str, &'a Facility>,
    likenesses: HashMap<Likeness, Vec<&'a Facility>>,
    names: HashMap<(InstitutionKind, String), Vec<&'a Facility>>,
}

impl<'a> Index<'a> {
    fn new(known: &'a [Facility]) -> Self {
        let mut index = Self {
            ids: HashMap::new(),
            codes: HashMap::new(),
            likenesses: HashMap::new(),
            names: HashMap::new(),
        };
        for one in known {
            index.ids.insert(one.id().as_str(), one);
            if !one.code().is_empty() {
                index.codes.insert(one.code(), one);
            }
            let Some(kind) = one.kind() else { continue };
            let (name, address) = (fold(&one.organisation.name), fold(&one.address));
            index.likenesses.entry((kind, name.clone(), address)).or_default().push(one);
            index.names.entry((kind, name)).or_default().push(one);
        }
        index
    }

    fn find(&self, row: &Row) -> Option<&'a Facility> {
        let by_id = row.id.as_ref().and_then(|id| self.ids.get(id.as_str()));
        let by_code = || row.code.as_deref().and_then(|code| self.codes.get(code));
        by_id.or_else(by_code).copied().or_else(|| self.alike(row))
    }

    /// The one entry that looks like the row, unless their codes differ.
    fn alike(&self, row: &Row) -> Option<&'a Facility> {
        let name = fold(&row.name);
        let alike = match &row.address {
            Some(address) => self.likenesses.get(&(row.kind, name, fold(address))),
            None => self.names.get(&(row.kind, name)),
        };
        let [only] = alike?.as_slice() else { return None };
        let differs =
            row.code.as_deref().is_some_and(|code| !only.code().is_empty() && only.code() != code);
        (!differs).then_some(*only)
    }
}
