//! Figures out of which nobody can subtract a victim.

use proptest::prelude::*;
use sakimori_words::parse_date;

use super::country::{content, hospitals};
use crate::{Counted, Figure, Table, suppressed};

/// Every table of small numbers that says the same as `figures`, tried one by one: an attacker with all the time in the world.
fn could_be(figures: &[Vec<Figure>], most: u64) -> Vec<Vec<Vec<u64>>> {
    let (n_rows, n_columns) = (figures.len() - 1, figures[0].len() - 1);
    let mut tables = vec![Vec::new()];
    for place in 0..n_rows * n_columns {
        let figure = figures[place / n_columns][place % n_columns].said();
        let candidates: Vec<u64> = figure.map_or_else(|| (0..=most).collect(), |said| vec![said]);
        tables = tables
            .into_iter()
            .flat_map(|table: Vec<u64>| {
                candidates.iter().map(move |next| [table.as_slice(), &[*next]].concat())
            })
            .collect();
    }
    let lines = |cells: &Vec<u64>| -> Vec<Vec<u64>> {
        let mut rows: Vec<Vec<u64>> = cells.chunks(n_columns).map(<[u64]>::to_vec).collect();
        rows.iter_mut().for_each(|row| row.push(row.iter().sum()));
        let sums = (0..=n_columns).map(|c| rows.iter().map(|row| row[c]).sum()).collect();
        rows.push(sums);
        rows
    };
    let fits = |table: &Vec<Vec<u64>>| {
        let pairs = table.iter().flatten().zip(figures.iter().flatten());
        pairs.into_iter().all(|(count, figure)| figure.said().is_none_or(|said| said == *count))
    };
    tables.iter().map(lines).filter(fits).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// For every suppressed figure there is another table that says the same and has another number there.
    #[test]
    fn no_suppressed_figure_follows_from_the_sums(rows in prop::collection::vec(prop::collection::vec(0_u64..6, 3), 1..3)) {
        let figures = suppressed(&rows, 3, 3);
        let tables = could_be(&figures, 7);
        for (r, row) in figures.iter().enumerate() {
            for (c, figure) in row.iter().enumerate() {
                if figure.said().is_none() {
                    let numbers: std::collections::BTreeSet<u64> = tables.iter().map(|table| table[r][c]).collect();
                    prop_assert!(numbers.len() > 1, "{r},{c} can only be {numbers:?} in {figures:?}");
                }
            }
        }
    }

    /// What is said is never below k and never wrong.
    #[test]
    fn what_is_said_is_true_and_large_enough(rows in prop::collection::vec(prop::collection::vec(0_u64..60, 5), 0..8)) {
        let figures = suppressed(&rows, 5, 10);
        for (row, line) in rows.iter().zip(&figures) {
            let sum: u64 = row.iter().sum();
            for (count, figure) in row.iter().chain([&sum]).zip(line) {
                prop_assert!(figure.said().is_none_or(|said| said == *count && said >= 10));
            }
        }
    }
}

#[test]
fn only_quarters_that_are_over_are_counted() {
    let population = hospitals(5);
    let days = ["2026-02-03", "2026-05-14", "2026-11-01"].map(|day| parse_date(day).unwrap());
    let incidents: Vec<Counted<'_>> = population
        .iter()
        .zip(days.into_iter().cycle())
        .map(|(institution, detected_on)| Counted { institution, detected_on })
        .collect();
    let today = parse_date("2026-11-22").unwrap();
    let table = Table::of(&content().sharing().ladder, &incidents, today, 60);
    assert_eq!(table.quarters.len(), 2, "the last quarter is still going on");
    assert_eq!(table.columns.len(), 24);
    assert_eq!(table.figure(2, 24), Some(5462), "the sum of both");
    assert!(table.n_suppressed() > 0);
}
