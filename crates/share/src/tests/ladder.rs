//! How exactly a case may be placed in space and time.

use std::collections::BTreeMap;

use proptest::prelude::*;
use sakimori_content::PeriodGrain;
use sakimori_words::{Prefecture, Tlp, parse_date};

use super::country::{content, hospitals};
use crate::{Area, Climb, LadderError, Period, Place, Spread, k_for};

#[test]
fn whoever_knows_the_rule_and_the_register_still_has_k_institutions_to_choose_from() {
    let ladder = &content().sharing().ladder;
    for (seed, tlp) in [(1, Tlp::Amber), (2, Tlp::Clear)] {
        let population = hospitals(seed);
        let spread = Spread::new(ladder, &population, k_for(ladder, tlp));
        let mut described: BTreeMap<Place, usize> = BTreeMap::new();
        for one in &population {
            let climb = spread.climb(&one.id).unwrap();
            *described.entry(climb.place().unwrap().clone()).or_default() += 1;
        }
        let least = described.values().min().copied().unwrap();
        assert!(least >= k_for(ladder, tlp), "{tlp:?}: {least}");
        let finest = described.keys().filter(|place| place.founder.is_some()).count();
        assert!(finest > 50, "and the words still say something: {finest}");
    }
}

#[test]
fn the_count_of_every_rung_that_was_tried_is_shown_and_grows() {
    let ladder = &content().sharing().ladder;
    let population = hospitals(3);
    let spread = Spread::new(ladder, &population, ladder.k_community);
    let tottori = Prefecture::from_code(31);
    let large = population.iter().find(|one| {
        one.prefecture == tottori
            && one.institution.as_ref().is_some_and(|own| own.permitted_beds >= 400)
    });
    let climb = spread.climb(&large.unwrap().id).unwrap();
    assert!(climb.tried.len() > 3, "a large hospital of the smallest prefecture climbs");
    assert!(climb.tried.windows(2).all(|pair| pair[0].n_fitting <= pair[1].n_fitting));
    let (last, before) = climb.tried.split_last().unwrap();
    assert!(last.n_candidates >= climb.k);
    assert!(before.iter().all(|tried| tried.n_candidates < climb.k));
}

#[test]
fn too_small_a_register_shares_nothing() {
    let ladder = &content().sharing().ladder;
    let population: Vec<_> = hospitals(4).into_iter().take(9).collect();
    let spread = Spread::new(ladder, &population, ladder.k_community);
    assert_eq!(spread.climb(&population[0].id), Err(LadderError::TooFew { n: 9, k: 10 }));
    assert_eq!(spread.climb(&"nobody".into()), Err(LadderError::NotInRegister));
}

#[test]
fn what_is_urgent_names_no_part_of_the_country_and_still_fits_k() {
    let ladder = content().sharing().ladder.without_region();
    let population = hospitals(5);
    let spread = Spread::new(&ladder, &population, ladder.k_world);
    for one in &population {
        let climb = spread.climb(&one.id).unwrap();
        assert_eq!(climb.place().unwrap().area, Area::Nation);
        assert!(climb.n_candidates() >= ladder.k_world);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    /// Whatever the register, whoever may be named at all is named in words that at least `k` would be named in.
    #[test]
    fn no_register_gives_words_for_fewer_than_k(
        seed in 0_u64..1000, from in 0_usize..8000, n in 1_usize..250, k in 2_usize..25,
    ) {
        let ladder = &content().sharing().ladder;
        let population: Vec<_> = hospitals(seed).into_iter().skip(from).step_by(3).take(n).collect();
        let spread = Spread::new(ladder, &population, k);
        let climbs: Vec<Climb> = population.iter().filter_map(|one| spread.climb(&one.id).ok()).collect();
        let mut described: BTreeMap<(usize, Place), usize> = BTreeMap::new();
        for climb in &climbs {
            let last = climb.tried.last().unwrap();
            *described.entry((last.rung, last.place.clone())).or_default() += 1;
        }
        prop_assert!(described.values().all(|n| *n >= k), "{described:?}");
        for climb in &climbs {
            let last = climb.tried.last().unwrap();
            prop_assert_eq!(last.n_candidates, described[&(last.rung, last.place.clone())]);
        }
        prop_assert!(population.len() < k || !climbs.is_empty(), "a large enough register names somebody");
    }
}

#[test]
fn a_date_is_never_a_span_that_is_still_going_on() {
    let [today, day] = ["2026-11-22", "2026-05-14"].map(|day| parse_date(day).unwrap());
    let say = |rung, published, day| Period::to_say(rung, published, day, today);
    assert_eq!(say(PeriodGrain::Quarter, false, day), Period::Quarter { year: 2026, quarter: 2 });
    assert_eq!(say(PeriodGrain::HalfYear, false, day), Period::HalfYear { year: 2026, half: 1 });
    assert_eq!(say(PeriodGrain::Month, false, day), Period::Quarter { year: 2026, quarter: 2 });
    assert_eq!(say(PeriodGrain::Quarter, true, day), Period::Month { year: 2026, month: 5 });
    let lately = parse_date("2026-10-31").unwrap();
    assert_eq!(say(PeriodGrain::Quarter, false, lately), Period::Unsaid);
    let july = parse_date("2026-07-01").unwrap();
    assert_eq!(say(PeriodGrain::Quarter, false, july), Period::Quarter { year: 2026, quarter: 3 });
    assert_eq!(say(PeriodGrain::HalfYear, false, july), Period::Unsaid);
}
