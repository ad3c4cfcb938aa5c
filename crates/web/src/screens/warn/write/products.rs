//! Rows of products in the form of a warning. Whatever reads advisories from files fills these same rows.

use sakimori_warn::{Advisory, AffectedProduct};

use super::advisories::Read;
use crate::form::{Form, Problem};

/// Longest cell, in characters.
pub(super) const CELL_CHARS_MAX: usize = 500;
/// Most rows of a warning.
pub(super) const ROWS_MAX: usize = 200;
/// Empty rows offered beyond those that are filled.
const EMPTY_ROWS: usize = 2;

/// What was read and became no row, one a field: shown once and not kept.
pub(super) const NOT_TAKEN: &str = "advisory-not-taken";

/// The columns: name of the field.
pub(super) const COLUMNS: [&str; 7] = [
    "product-vendor",
    "product-name",
    "product-versions",
    "product-fixed",
    "product-cves",
    "product-remedy",
    "product-link",
];

/// One row as it stands in the form.
pub(super) struct Row {
    pub(super) cells: Vec<(&'static str, String)>,
}

impl Row {
    pub(super) fn is_filled(&self) -> bool {
        self.cells.iter().any(|(_, cell)| !cell.is_empty())
    }
}

/// The rows of a form, with room for more.
pub(super) fn rows(form: &Form) -> Vec<Row> {
    let filled = table(form);
    let room = if form.text("do") == "rows" { EMPTY_ROWS + 3 } else { EMPTY_ROWS };
    let empty = std::iter::repeat_n([const { String::new() }; COLUMNS.len()], room);
    let row =
        |cells: [String; COLUMNS.len()]| Row { cells: COLUMNS.into_iter().zip(cells).collect() };
    filled.into_iter().chain(empty).take(ROWS_MAX).map(row).collect()
}

/// Puts advisories into the form.
pub(super) fn fill(form: &mut Form, advisories: &[Advisory]) {
    for advisory in advisories {
        for product in &advisory.products {
            let cves = advisory.cves.join(", ");
            let cells = [
                product.vendor.as_str(),
                &product.product,
                &product.versions,
                &product.fixed_in,
                &cves,
                &advisory.remedy,
                &advisory.link,
            ];
            for (name, cell) in COLUMNS.into_iter().zip(cells) {
                form.add(name, cell);
            }
        }
    }
}

/// Puts what was read of a file or list below the rows that are there, and says what became no row.
pub(super) fn fill_read(form: &mut Form, read: &Read) {
    fill(form, &read.advisories);
    read.not_taken.iter().for_each(|line| form.add(NOT_TAKEN, line));
    if read.n_more > 0 {
        form.add(NOT_TAKEN, format!("+{}", read.n_more));
    }
}

/// The advisories of the form: neighbouring rows with the same CVE ids, remedy and link are one.
pub(super) fn read(form: &mut Form) -> Vec<Advisory> {
    let mut advisories: Vec<Advisory> = Vec::new();
    for row in table(form) {
        if let Some(word) = fault(&row) {
            form.wrong("products", Problem::new(word));
            continue;
        }
        let [vendor, product, versions, fixed_in, cves, remedy, link] = row;
        let cves = cves.split([',', '、', ' ', '\u{3000}']).filter(|one| !one.is_empty());
        let cves: Vec<String> = cves.map(str::to_uppercase).collect();
        let product = AffectedProduct { vendor, product, versions, fixed_in };
        match advisories.last_mut() {
            Some(last) if (&last.cves, &last.remedy, &last.link) == (&cves, &remedy, &link) => {
                last.products.push(product);
            }
            _ => advisories.push(Advisory { cves, products: vec![product], remedy, link }),
        }
    }
    advisories
}

fn fault(row: &[String; COLUMNS.len()]) -> Option<&'static str> {
    let [_, product, _, _, _, _, link] = row;
    if product.is_empty() {
        return Some("problem-product-name");
    }
    if !link.is_empty() && !link.starts_with("https://") && !link.starts_with("http://") {
        return Some("problem-link");
    }
    row.iter().any(|cell| cell.chars().count() > CELL_CHARS_MAX).then_some("problem-product-long")
}

/// The filled rows: browsers send every cell of a row, empty or not, so the columns are equally long.
fn table(form: &Form) -> Vec<[String; COLUMNS.len()]> {
    let columns = COLUMNS.map(|name| form.all(name).collect::<Vec<_>>());
    let n_rows = columns.iter().map(Vec::len).max().unwrap_or(0).min(ROWS_MAX);
    let cell = |column: &Vec<&str>, n: usize| column.get(n).copied().unwrap_or_default().to_owned();
    let row = |n: usize| columns.each_ref().map(|column| cell(column, n));
    (0..n_rows).map(row).filter(|row| row.iter().any(|cell| !cell.is_empty())).collect()
}
