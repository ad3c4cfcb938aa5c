//! The names of the register and of the people in a report, in the forms people write them.
//!
//! A text is short and the register long (hundreds of thousands of names), so the pieces of the text are looked up among the names,
//! not the names in the text: that needs no automaton of the whole register in memory.

use std::collections::{HashMap, HashSet};

use sakimori_words::Organisation;

use super::Kind;
use super::fold::{Folded, tight};

/// Legal forms that stand before a name.
const LEGAL_FORMS: [&str; 25] = [
    "地方独立行政法人",
    "独立行政法人",
    "国立研究開発法人",
    "国立大学法人",
    "公立大学法人",
    "医療法人社団",
    "医療法人財団",
    "社会医療法人",
    "特定医療法人",
    "医療法人",
    "社会福祉法人",
    "学校法人",
    "宗教法人",
    "一般社団法人",
    "公益社団法人",
    "一般財団法人",
    "公益財団法人",
    "社団",
    "財団",
    "国家公務員共済組合連合会",
    "地方公務員共済組合連合会",
    "株式会社",
    "有限会社",
    "合同会社",
    "生活協同組合",
];

/// What stands at the end of names of institutions.
const ENDINGS: [&str; 14] = [
    "総合医療センター",
    "医療センター",
    "メディカルセンター",
    "総合病院",
    "市民病院",
    "中央病院",
    "記念病院",
    "病院",
    "医院",
    "歯科クリニック",
    "クリニック",
    "診療所",
    "歯科",
    "薬局",
];

/// What is left of many names without their ending and says nothing.
const SAYS_NOTHING: [&str; 24] = [
    "市立", "県立", "町立", "村立", "公立", "国立", "私立", "総合", "中央", "市民", "記念", "大学",
    "医療", "国保", "地域", "東部", "西部", "南部", "北部", "中部", "第一", "第二", "救急", "日本",
];

/// Names to look for, each with what it names.
#[derive(Clone, Debug, Default)]
pub struct NameBook {
    names: HashMap<String, Kind>,
    /// The characters names begin with: most places of a text need no further look.
    firsts: HashSet<char>,
    /// Lengths of the longest and shortest name, in characters.
    longest: usize,
    shortest: usize,
}

impl NameBook {
    /// The names of every institution of a register.
    #[must_use]
    pub fn of_register(population: &[Organisation]) -> Self {
        let mut book = Self::default();
        for name in population.iter().flat_map(|one| formal_names(&one.name)) {
            book.add(&name, Kind::Facility);
        }
        book
    }

    /// Adds a name as it is written. Nothing that is too short to be one.
    pub fn add(&mut self, name: &str, kind: Kind) {
        let name = tight(name);
        let n_chars = name.chars().count();
        if n_chars < 2 || (name.is_ascii() && n_chars < 4) {
            return;
        }
        self.longest = self.longest.max(n_chars);
        self.shortest = if self.shortest == 0 { n_chars } else { self.shortest.min(n_chars) };
        self.firsts.extend(name.chars().next());
        self.names.entry(name).or_insert(kind);
    }

    /// Adds everything the victim is called: also what is left without `病院`.
    pub fn add_victim(&mut self, name: &str) {
        for form in formal_names(name).into_iter().chain(short_names(name)) {
            self.add(&form, Kind::Facility);
        }
    }

    /// Every place of a text where one of the names stands, the longest at each place.
    pub(crate) fn find(&self, folded: &Folded) -> Vec<(usize, usize, Kind)> {
        let text = folded.text.as_str();
        let mut starts: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
        starts.push(text.len());
        let mut found = Vec::new();
        for ((index, start), first) in starts.iter().enumerate().zip(text.chars()) {
            if !self.firsts.contains(&first) {
                continue;
            }
            let lengths = (self.shortest.max(1)..=self.longest).rev();
            let hit = lengths.filter_map(|n| starts.get(index + n)).find_map(|end| {
                let kind = self.names.get(text.get(*start..*end)?)?;
                Some((*start, *end, *kind))
            });
            found.extend(hit);
        }
        found
    }
}

/// The names of an institution as papers write them: whole, without brackets, without its legal form, and its parts; and the name
/// in brackets it had before.
#[must_use]
pub fn formal_names(name: &str) -> Vec<String> {
    let (outside, inside) = apart_from_brackets(name.trim());
    let mut forms = vec![name.trim().to_owned()];
    forms.extend(forms_of(outside.trim()));
    let former = inside.into_iter().map(|part| part.trim().trim_start_matches('旧').trim());
    let former = former.filter(|part| ENDINGS.iter().any(|ending| part.ends_with(ending)));
    forms.extend(former.flat_map(forms_of));
    forms.retain(|form| !is_common(form));
    forms.dedup();
    forms
}

/// What stands outside brackets, and what in each of them: `みどり病院（旧 あかね病院）`.
fn apart_from_brackets(name: &str) -> (String, Vec<&str>) {
    let mut parts = name.split(['（', '(']);
    let mut outside = parts.next().unwrap_or_default().to_owned();
    let mut inside = Vec::new();
    for part in parts {
        let (within, after) = part.split_once(['）', ')']).unwrap_or((part, ""));
        inside.push(within);
        outside.push_str(after);
    }
    (outside, inside)
}

/// What stands outside brackets.
pub(crate) fn without_brackets(name: &str) -> String {
    apart_from_brackets(name).0.trim().to_owned()
}

/// A company as people call it, without its legal form in front or at the end; `None` when that is no other name.
pub(crate) fn company_in_short(name: &str) -> Option<&str> {
    let mut rest = without_legal_form(name);
    while let Some(shorter) = LEGAL_FORMS.iter().find_map(|form| rest.strip_suffix(form)) {
        rest = shorter.trim_end();
    }
    (rest != name && !is_common(rest)).then_some(rest)
}

/// A name without brackets: whole, without its legal form, and its parts.
fn forms_of(name: &str) -> Vec<String> {
    let mut forms = vec![name.to_owned()];
    let without = without_legal_form(name);
    forms.push(without.to_owned());
    let parts: Vec<&str> = without.split_whitespace().collect();
    if parts.len() > 1 {
        forms.extend(parts.iter().map(|part| without_legal_form(part).to_owned()));
    }
    // 医療法人社団山田会山田病院: the society and the hospital.
    if let Some((society, rest)) = without.split_once('会')
        && !society.is_empty()
        && rest.chars().count() > 2
    {
        forms.push(format!("{society}会"));
        forms.push(rest.trim().to_owned());
    }
    forms
}

/// The names in short, without their ending.
#[must_use]
pub fn short_names(name: &str) -> Vec<String> {
    let mut forms = Vec::new();
    for formal in formal_names(name) {
        let stems = ENDINGS.iter().filter_map(|ending| formal.strip_suffix(ending));
        let stems = stems.map(|stem| stem.trim().to_owned()).filter(|stem| !is_common(stem));
        forms.extend(stems);
    }
    forms
}

fn without_legal_form(name: &str) -> &str {
    let mut rest = name;
    while let Some(shorter) = LEGAL_FORMS.iter().find_map(|form| rest.strip_prefix(form)) {
        rest = shorter.trim_start();
    }
    rest
}

/// Whether a form would be found in texts that speak of nobody.
fn is_common(form: &str) -> bool {
    form.chars().count() < 2 || SAYS_NOTHING.contains(&form) || ENDINGS.contains(&form)
}
