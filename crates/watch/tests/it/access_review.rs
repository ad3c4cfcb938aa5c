//! The acceptance of the access review: a generated hospital with planted misuse.

use std::collections::{HashMap, HashSet};

use sakimori_testkit::{AccessYear, YearSize};
use sakimori_watch::access_review::{Access, Context, List, Month, Outcome, ReviewSettings};
use sakimori_words::{Digest, jst_date};

/// What a review of a generated period came to.
struct Result {
    accesses: u64,
    unexplained: u64,
    planted: usize,
    found: usize,
    /// Found within the first hundredth of the unexplained (person, patient, day), which is far less than of all accesses.
    found_strict: usize,
    missed: Vec<&'static str>,
}

impl Result {
    fn explained_percent(&self) -> u64 {
        100 * (self.accesses - self.unexplained) / self.accesses
    }
}

fn context(year: &AccessYear) -> Context {
    let mut context = Context::default();
    for (name, text) in year.lists() {
        let list = List::read(text.as_bytes()).unwrap();
        assert_eq!(list.n_refused, 0, "{name}: {:?}", list.refused.first());
        context.add(&list);
    }
    context
}

/// Reviews the period month by month, and looks which planted misuses stand within the first hundredth of each month.
fn review(seed: u64, size: YearSize) -> Result {
    let year = AccessYear::new(seed, size);
    let context = context(&year);
    let settings = ReviewSettings { candidates_max: usize::MAX, ..ReviewSettings::STANDARD };
    let (mut top, mut top_strict) = (HashSet::new(), HashSet::new());
    let mut result = Result {
        accesses: 0,
        unexplained: 0,
        planted: year.planted().len(),
        found: 0,
        found_strict: 0,
        missed: Vec::new(),
    };
    let mut month: Option<(i8, Month<'_>)> = None;
    let mut close = |month: Month<'_>| {
        let outcome = month.finish();
        result.accesses += outcome.accesses;
        result.unexplained += outcome.unexplained;
        take_top(&outcome, outcome.accesses / 100, &mut top);
        take_top_groups(&outcome, &mut top_strict);
    };
    for (seq, access) in (0..).zip(year.accesses()) {
        let number = jst_date(access.at).month();
        if month.as_ref().is_none_or(|(own, _)| *own != number) {
            let fresh = Month::new(&context, settings, Digest::of(b"seed"));
            if let Some((_, over)) = month.replace((number, fresh)) {
                close(over);
            }
        }
        month.as_mut().unwrap().1.take(&Access {
            seq,
            at: access.at,
            user: &access.user,
            patient: &access.patient,
            activity: access.activity,
            host: &access.host,
        });
    }
    close(month.unwrap().1);
    for planted in year.planted() {
        let is_in = |top: &HashSet<(String, String)>| {
            planted.patients.iter().any(|own| top.contains(&(planted.user.clone(), own.clone())))
        };
        result.found += usize::from(is_in(&top));
        result.found_strict += usize::from(is_in(&top_strict));
        if !is_in(&top) {
            result.missed.push(planted.kind);
        }
    }
    result
}

/// Down the list until it holds that many accesses.
fn take_top(outcome: &Outcome, budget: u64, top: &mut HashSet<(String, String)>) {
    let mut taken = 0;
    for one in &outcome.candidates {
        taken += one.count;
        if taken > budget {
            break;
        }
        top.insert((one.user.clone(), one.patient.clone()));
    }
}

fn take_top_groups(outcome: &Outcome, top: &mut HashSet<(String, String)>) {
    let n = outcome.candidates.len() / 100;
    top.extend(outcome.candidates[..n].iter().map(|one| (one.user.clone(), one.patient.clone())));
}

fn check(seeds: std::ops::Range<u64>, size: YearSize) {
    for seed in seeds {
        let result = review(seed, size);
        let mut missed: HashMap<&str, u32> = HashMap::new();
        result.missed.iter().for_each(|kind| *missed.entry(kind).or_default() += 1);
        let told = format!(
            "seed {seed}: {} accesses, {} % explained; {} of {} planted in the first 1 % of accesses \
             ({} in the first 1 % of the unexplained); missed: {missed:?}",
            result.accesses,
            result.explained_percent(),
            result.found,
            result.planted,
            result.found_strict,
        );
        assert!(result.explained_percent() >= 90, "{told}");
        assert!(result.found * 100 >= result.planted * 80, "{told}");
    }
}

#[test]
fn a_month_is_explained_to_nine_tenths_and_its_misuse_stands_at_the_top() {
    check(1..3, YearSize::MONTH);
}

#[test]
#[ignore = "needs minutes: two million accesses"]
fn a_year_of_two_million_accesses_is_explained_and_its_misuse_stands_at_the_top() {
    check(1..2, YearSize::YEAR);
}
