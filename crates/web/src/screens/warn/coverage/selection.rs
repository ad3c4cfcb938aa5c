//! Which part of a coverage is shown: chosen by prefecture, kind, size and state, a page at a time; and the same in numbers.

use std::ops::Range;

use sakimori_warn::{BedBand, Counts, Coverage, RowState, Selection};
use sakimori_words::Prefecture;

use super::super::warning::ANSWERS;
use super::super::{KINDS, institution_word};
use crate::address::with_query;
use crate::form::Form;
use crate::frame::{Choice, Frame};

/// Rows on one page.
const PAGE_ROWS: usize = 100;

const BANDS: [(&str, BedBand); 6] = [
    ("0", BedBand::None),
    ("1-19", BedBand::UpTo19),
    ("20-99", BedBand::UpTo99),
    ("100-199", BedBand::UpTo199),
    ("200-399", BedBand::UpTo399),
    ("400-", BedBand::From400),
];

const BY_PREFECTURE: &str = "coverage-prefecture";
const BY_KIND: &str = "coverage-kind";
const BY_BEDS: &str = "coverage-beds";
const BY_STATE: &str = "coverage-which";

/// What the address asks for.
pub(super) struct Chosen {
    pub(super) selection: Selection,
    /// The rows of this page.
    pub(super) page: Range<usize>,
    form: Form,
}

impl Chosen {
    /// Reads the query string. What is not understood is left out: an address typed by hand shows more, never nothing.
    /// `to_telephone`: what "to be telephoned now" means at this moment.
    pub(super) fn read(query: &Form, to_telephone: RowState) -> Self {
        let state = match query.text(BY_STATE) {
            "silent" => RowState::Silent,
            "telephone" => to_telephone,
            "answered" => RowState::Answered,
            other => found(other, &ANSWERS.map(|(value, answer, _)| (value, answer)))
                .map_or(RowState::All, RowState::With),
        };
        let selection = Selection {
            prefecture: query.text(BY_PREFECTURE).parse().ok().and_then(Prefecture::from_code),
            kind: found(query.text(BY_KIND), &KINDS),
            beds: found(query.text(BY_BEDS), &BANDS),
            state,
        };
        let start = query.text("from").parse().unwrap_or(0_usize).min(1_000_000);
        Self { selection, page: start..start + PAGE_ROWS, form: query.clone() }
    }

    /// The address of another page of the same selection.
    pub(super) fn address(&self, path: &str, start: usize) -> String {
        let start = if start == 0 { String::new() } else { start.to_string() };
        let mut values = self.filters().to_vec();
        values.push(("from", &start));
        with_query(path, &values)
    }

    fn filters(&self) -> [(&str, &str); 4] {
        [BY_PREFECTURE, BY_KIND, BY_BEDS, BY_STATE].map(|name| (name, self.form.text(name)))
    }

    /// The addresses of the pages before and after, where there are any.
    pub(super) fn neighbours(
        &self,
        path: &str,
        n_selected: usize,
    ) -> (Option<String>, Option<String>) {
        let Range { start, end } = self.page;
        let before = (start > 0).then(|| self.address(path, start.saturating_sub(PAGE_ROWS)));
        let after = (end < n_selected).then(|| self.address(path, end));
        (before, after)
    }
}

/// The lists to choose from.
pub(super) struct Choices {
    pub(super) prefectures: Vec<Choice>,
    pub(super) kinds: Vec<Choice>,
    pub(super) beds: Vec<Choice>,
    pub(super) states: Vec<Choice>,
}

impl Choices {
    /// Only what occurs in the coverage can be chosen.
    pub(super) fn of(frame: &Frame, coverage: &Coverage) -> Self {
        let any = || Choice::new("", frame.t("coverage-any"));
        let prefectures = coverage.by_prefecture.keys().flatten();
        let kinds = KINDS.iter().filter(|(_, kind)| coverage.by_kind.contains_key(&Some(*kind)));
        let beds = BANDS.iter().filter(|(_, band)| coverage.by_beds.contains_key(band));
        let states = [
            ("silent", "coverage-silent"),
            ("telephone", "coverage-telephone"),
            ("answered", "coverage-answered"),
        ];
        let answers = ANSWERS.iter().map(|(value, _, word)| (*value, *word));
        Self {
            prefectures: std::iter::once(any())
                .chain(prefectures.map(|one| Choice::new(one.code(), one.name(frame.lang))))
                .collect(),
            kinds: std::iter::once(any())
                .chain(
                    kinds.map(|(value, kind)| Choice::new(value, frame.t(institution_word(*kind)))),
                )
                .collect(),
            beds: std::iter::once(any())
                .chain(beds.map(|(value, band)| Choice::new(value, frame.t(band_word(*band)))))
                .collect(),
            states: std::iter::once(any())
                .chain(
                    states
                        .into_iter()
                        .chain(answers)
                        .map(|(value, word)| Choice::new(value, frame.t(word))),
                )
                .collect(),
        }
    }
}

/// Counts of one part of a coverage, with the address that shows its rows.
pub(super) struct Part {
    pub(super) label: String,
    pub(super) address: String,
    pub(super) counts: Counts,
}

/// One table: by prefecture, by kind or by size.
pub(super) struct Breakdown {
    pub(super) title: String,
    pub(super) parts: Vec<Part>,
}

/// The tables that tell something: a prefecture's own office has no use for one by prefecture.
pub(super) fn breakdowns(frame: &Frame, path: &str, coverage: &Coverage) -> Vec<Breakdown> {
    let part = |name: &str, value: &str, label: String, counts: &Counts| Part {
        label,
        address: with_query(path, &[(name, value), (BY_STATE, "silent")]),
        counts: *counts,
    };
    let prefectures = coverage.by_prefecture.iter().map(|(prefecture, counts)| match prefecture {
        Some(one) => {
            part(BY_PREFECTURE, &one.code().to_string(), one.name(frame.lang).to_owned(), counts)
        }
        None => part("", "", frame.t("coverage-elsewhere"), counts),
    });
    let kinds = coverage.by_kind.iter().map(|(kind, counts)| {
        match KINDS.iter().find(|(_, one)| Some(*one) == *kind) {
            Some((value, one)) => part(BY_KIND, value, frame.t(institution_word(*one)), counts),
            None => part("", "", frame.t("coverage-other-kind"), counts),
        }
    });
    let beds = coverage.by_beds.iter().filter_map(|(band, counts)| {
        let (value, band) = BANDS.iter().find(|(_, one)| one == band)?;
        Some(part(BY_BEDS, value, frame.t(band_word(*band)), counts))
    });
    [
        ("coverage-by-prefecture", prefectures.collect::<Vec<Part>>()),
        ("coverage-by-kind", kinds.collect()),
        ("coverage-by-beds", beds.collect()),
    ]
    .into_iter()
    .filter(|(_, parts)| parts.len() > 1)
    .map(|(title, parts)| Breakdown { title: frame.t(title), parts })
    .collect()
}

const fn band_word(band: BedBand) -> &'static str {
    match band {
        BedBand::None => "coverage-beds-none",
        BedBand::UpTo19 => "coverage-beds-19",
        BedBand::UpTo99 => "coverage-beds-99",
        BedBand::UpTo199 => "coverage-beds-199",
        BedBand::UpTo399 => "coverage-beds-399",
        BedBand::From400 => "coverage-beds-400",
    }
}

fn found<T: Copy>(text: &str, options: &[(&str, T)]) -> Option<T> {
    options.iter().find(|(value, _)| *value == text).map(|(_, option)| *option)
}
