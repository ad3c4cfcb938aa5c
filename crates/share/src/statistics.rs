//! Figures that nobody can subtract a victim out of: a table of fixed shape, small cells suppressed, and with them as many others as it
//! takes that no suppressed one follows from the sums. Pure.
//!
//! The shape never changes and is never cut anew on request, only quarters that are over are counted, and there is one table, not
//! several that share their sums: each of these would be a way to subtract.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use sakimori_content::Ladder;
use sakimori_words::{Date, Organisation};
use serde::{Deserialize, Serialize};

use crate::period::Period;
use sakimori_content::PeriodGrain;

/// The bands by beds that figures use.
const BANDS: &str = "four";

/// An incident as it is counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counted<'a> {
    /// The victim.
    pub institution: &'a Organisation,
    /// The day it was noticed.
    pub detected_on: Date,
}

/// A column: a part of the country and a band by beds.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Column {
    /// The part of the country, by its id in the ladder.
    pub block: String,
    /// First number of beds.
    pub beds_from: u32,
}

/// A figure: said, or suppressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Figure {
    count: u64,
    suppressed: bool,
}

impl Figure {
    /// The number, unless it is suppressed.
    #[must_use]
    pub fn said(self) -> Option<u64> {
        (!self.suppressed).then_some(self.count)
    }
}

/// The table: rows are quarters, columns are part of the country × band; the last row and the last column are the sums.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// The quarters.
    pub quarters: Vec<Period>,
    /// The columns.
    pub columns: Vec<Column>,
    figures: Vec<Vec<Figure>>,
}

impl Table {
    /// Counts incidents into the quarters that are over on `today`, and suppresses with `k`.
    #[must_use]
    pub fn of(ladder: &Ladder, incidents: &[Counted<'_>], today: Date, k: u64) -> Self {
        let columns = columns(ladder);
        let mut counts: BTreeMap<(Period, &Column), u64> = BTreeMap::new();
        for incident in incidents {
            let quarter = Period::of(PeriodGrain::Quarter, incident.detected_on);
            let column = column_of(ladder, incident.institution);
            let column = columns.iter().find(|own| Some(*own) == column.as_ref());
            if let Some(column) = column.filter(|_| quarter.is_over(today)) {
                *counts.entry((quarter, column)).or_default() += 1;
            }
        }
        let quarters: BTreeSet<Period> = counts.keys().map(|(quarter, _)| *quarter).collect();
        let row = |quarter: &Period| -> Vec<u64> {
            let count = |column| counts.get(&(*quarter, column)).copied().unwrap_or_default();
            columns.iter().map(count).collect()
        };
        let rows: Vec<Vec<u64>> = quarters.iter().map(row).collect();
        let figures = suppressed(&rows, columns.len(), k);
        Self { quarters: quarters.into_iter().collect(), columns, figures }
    }

    /// The figure of a row and a column; a row behind the last quarter is the sum, and so is a column behind the last.
    #[must_use]
    pub fn figure(&self, row: usize, column: usize) -> Option<u64> {
        self.figures.get(row)?.get(column)?.said()
    }

    /// How many figures are suppressed.
    #[must_use]
    pub fn n_suppressed(&self) -> usize {
        self.figures.iter().flatten().filter(|figure| figure.suppressed).count()
    }
}

fn columns(ladder: &Ladder) -> Vec<Column> {
    let lower = ladder.bands(BANDS).map(|bands| bands.lower.clone()).unwrap_or_default();
    let of = |block: &sakimori_content::Block| {
        let id = block.id.clone();
        lower
            .iter()
            .map(move |from| Column { block: id.clone(), beds_from: *from })
            .collect::<Vec<_>>()
    };
    ladder.blocks.iter().flat_map(of).collect()
}

fn column_of(ladder: &Ladder, institution: &Organisation) -> Option<Column> {
    let block = ladder.block_of(institution.prefecture?)?.id.clone();
    let beds = institution.institution.as_ref()?.permitted_beds;
    Some(Column { block, beds_from: ladder.bands(BANDS)?.lower_of(beds) })
}

/// The counts with their sums as last row and last column; suppressed is every figure below `k`, and then the smallest that is said
/// in the line of one that could be worked out, until none can.
#[must_use]
pub fn suppressed(rows: &[Vec<u64>], n_columns: usize, k: u64) -> Vec<Vec<Figure>> {
    let mut figures = with_sums(rows, n_columns);
    for figure in figures.iter_mut().flatten() {
        figure.suppressed = figure.count < k;
    }
    while let Some((row, column)) = first_that_follows(&figures) {
        let Some((row, column)) = smallest_said_beside(&figures, row, column) else { break };
        if let Some(figure) = figures.get_mut(row).and_then(|row| row.get_mut(column)) {
            figure.suppressed = true;
        }
    }
    figures
}

fn with_sums(rows: &[Vec<u64>], n_columns: usize) -> Vec<Vec<Figure>> {
    let figure = |count| Figure { count, suppressed: false };
    let mut sums = vec![0_u64; n_columns + 1];
    let mut figures = Vec::new();
    for row in rows {
        let mut line: Vec<u64> = row.iter().copied().take(n_columns).collect();
        line.push(line.iter().sum());
        sums.iter_mut().zip(&line).for_each(|(sum, count)| *sum += count);
        figures.push(line.into_iter().map(figure).collect());
    }
    figures.push(sums.into_iter().map(figure).collect());
    figures
}

/// A suppressed figure whose number follows from what is said.
fn first_that_follows(figures: &[Vec<Figure>]) -> Option<(usize, usize)> {
    let places = figures.iter().enumerate().flat_map(|(row, line)| {
        line.iter().enumerate().map(move |(column, figure)| (row, column, *figure))
    });
    let mut hidden = places.filter(|(_, _, figure)| figure.suppressed);
    hidden
        .find(|(row, column, _)| !is_open(figures, *row, *column))
        .map(|(row, column, _)| (row, column))
}

/// Whether another table says the same and has another number here.
///
/// The table with its sums is a set of lines that each add up to nothing when sums count with the opposite sign. Another table that says
/// the same differs by a closed walk over suppressed figures, rows and columns by turns, one more here and one less there; no
/// figure can go below nothing. So a figure is open when it lies on such a walk, in one direction or the other.
fn is_open(figures: &[Vec<Figure>], row: usize, column: usize) -> bool {
    let (n_rows, n_columns) = (figures.len(), figures.first().map_or(0, Vec::len));
    let is_sum = |r: usize, c: usize| (r + 1 == n_rows) != (c + 1 == n_columns);
    let at = |r: usize, c: usize| figures.get(r).and_then(|line| line.get(c)).copied();
    let hidden = |r: usize, c: usize| at(r, c).is_some_and(|figure| figure.suppressed);
    let below = |r: usize, c: usize| at(r, c).is_some_and(|figure| figure.count > 0);
    // In the signed table: up for a cell is more, for a sum less.
    let may_rise = |r: usize, c: usize| hidden(r, c) && (!is_sum(r, c) || below(r, c));
    let may_fall = |r: usize, c: usize| hidden(r, c) && (is_sum(r, c) || below(r, c));
    let walk = |rising: bool| {
        // Nodes: rows 0.., then columns. A rising figure leads from its row to its column, a falling one back.
        let mut seen = vec![false; n_rows + n_columns];
        let (start, goal) = if rising { (n_rows + column, row) } else { (row, n_rows + column) };
        let mut queue = VecDeque::from([start]);
        while let Some(node) = queue.pop_front() {
            if node == goal {
                return true;
            }
            match seen.get_mut(node) {
                Some(seen) if !*seen => *seen = true,
                _ => continue,
            }
            if node < n_rows {
                let next =
                    (0..n_columns).filter(|c| (node, *c) != (row, column) && may_rise(node, *c));
                queue.extend(next.map(|c| n_rows + c));
            } else {
                let c = node - n_rows;
                queue.extend((0..n_rows).filter(|r| (*r, c) != (row, column) && may_fall(*r, c)));
            }
        }
        false
    };
    (may_rise(row, column) && walk(true)) || (may_fall(row, column) && walk(false))
}

/// The smallest figure that is said in the same row or column, else anywhere; sums last.
fn smallest_said_beside(
    figures: &[Vec<Figure>],
    row: usize,
    column: usize,
) -> Option<(usize, usize)> {
    let (n_rows, n_columns) = (figures.len(), figures.first().map_or(0, Vec::len));
    let places = (0..n_rows).flat_map(|r| (0..n_columns).map(move |c| (r, c)));
    let said = places.filter_map(|(r, c)| {
        let count = figures.get(r)?.get(c)?.said()?;
        let beside = r == row || c == column;
        let is_sum = r + 1 == n_rows || c + 1 == n_columns;
        Some(((!beside, is_sum, count), (r, c)))
    });
    said.min().map(|(_, place)| place)
}
