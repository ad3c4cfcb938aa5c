//! Versions with three answers. Makers write them as they like, so an order is claimed only where both sides have the same shape.
//!
//! Crates for version ordering were not used: each of them orders everything, and a wrong "not affected" is the one answer this
//! must not give (`docs/decisions/0027-not-affected-must-follow.md`).

use std::cmp::Ordering;

use sakimori_words::Text;
use unicode_normalization::UnicodeNormalization;

use super::Verdict;

/// Longest text about versions that is read, in characters. Longer ones are put before a person.
const TEXT_CHARS_MAX: usize = 400;

/// What an advisory says about versions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VersionRule {
    /// Every version.
    All,
    /// Any of these; the bounds of one hold together.
    AnyOf(Vec<Vec<Bound>>),
    /// In words that are not understood.
    Unread,
}

/// One bound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bound {
    operator: Operator,
    version: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    Below,
    UpTo,
    Is,
    From,
    Above,
}

impl Operator {
    /// Longest spelling first. Japanese and English words stand behind or before the version.
    const SIGNS: [(&'static str, Self); 7] = [
        ("<=", Self::UpTo),
        ("≦", Self::UpTo),
        (">=", Self::From),
        ("≧", Self::From),
        ("<", Self::Below),
        (">", Self::Above),
        ("=", Self::Is),
    ];
    const BEHIND: [(&'static str, Self); 12] = [
        ("より前", Self::Below),
        ("未満", Self::Below),
        ("以前", Self::UpTo),
        ("以下", Self::UpTo),
        ("まで", Self::UpTo),
        ("以降", Self::From),
        ("以上", Self::From),
        ("and earlier", Self::UpTo),
        ("and prior", Self::UpTo),
        ("or earlier", Self::UpTo),
        ("and later", Self::From),
        ("or later", Self::From),
    ];
    const BEFORE: [(&'static str, Self); 4] = [
        ("prior to", Self::Below),
        ("before", Self::Below),
        ("earlier than", Self::Below),
        ("up to", Self::UpTo),
    ];

    const fn sign(self) -> &'static str {
        match self {
            Self::Below => "<",
            Self::UpTo => "≦",
            Self::Is => "=",
            Self::From => "≧",
            Self::Above => ">",
        }
    }

    /// Whether it holds for a version that stands so to the bound.
    const fn holds(self, order: Ordering) -> bool {
        match self {
            Self::Below => order.is_lt(),
            Self::UpTo => order.is_le(),
            Self::Is => order.is_eq(),
            Self::From => order.is_ge(),
            Self::Above => order.is_gt(),
        }
    }

    /// Whether it holds for a version that begins with the bound: `8.2.1` and `8.2`, or `8.2.x` when the bound is `open`.
    const fn holds_within(self, open: bool) -> Option<bool> {
        match (self, open) {
            (Self::From, _) | (Self::UpTo | Self::Is, true) => Some(true),
            (Self::Below, false) => Some(false),
            // "Up to 8.2" often means up to any 8.2.x.
            _ => None,
        }
    }

    /// The sign that is true when this one is not.
    const fn opposite(self) -> &'static str {
        match self {
            Self::Below => "≧",
            Self::UpTo => ">",
            Self::Is => "≠",
            Self::From => "<",
            Self::Above => "≦",
        }
    }
}

impl VersionRule {
    /// Reads what an advisory says. Any text has an answer.
    #[must_use]
    pub fn read(text: &str) -> Self {
        if text.chars().count() > TEXT_CHARS_MAX {
            return Self::Unread;
        }
        let text = text.nfkc().collect::<String>().trim().to_lowercase();
        if is_all(&text) {
            return Self::All;
        }
        let parts = text.split(['|', ',', '、', ';']).map(str::trim).filter(|one| !one.is_empty());
        let bounds: Option<Vec<Vec<Bound>>> = parts.map(read_part).collect();
        match bounds.and_then(grouped) {
            Some(groups) if !groups.is_empty() => Self::AnyOf(groups),
            _ => Self::Unread,
        }
    }
}

/// Whether a device in version `ours` is affected when an advisory says `theirs`, fixed in `fixed_in`; with what was compared.
#[must_use]
pub fn judge_version(ours: &str, theirs: &str, fixed_in: &str) -> (Verdict, Text) {
    // "Fixed in" alone says as much as a bound.
    let theirs = match (theirs.trim(), fixed_in.trim()) {
        ("", fixed) if Version::read(fixed).is_some() => &format!("< {fixed}"),
        (said, _) => said,
    };
    if theirs.is_empty() {
        return (Verdict::CannotTell, Text::new("対象版の記載がありません", "no version is given"));
    }
    let groups = match VersionRule::read(theirs) {
        VersionRule::All => return (Verdict::Affected, Text::new("全版が対象", "every version")),
        VersionRule::Unread => return unread(ours, theirs),
        VersionRule::AnyOf(groups) => groups,
    };
    let Some(own) = Version::read(ours) else { return unread(ours, theirs) };
    let judged = groups.iter().map(|bounds| judge_group(&own, bounds));
    // Affected by one is affected; not affected only by all.
    let verdict = judged.clone().max().unwrap_or(Verdict::CannotTell);
    let why = match verdict {
        Verdict::CannotTell => return unread(ours, theirs),
        Verdict::Affected => {
            let group = groups.iter().find(|bounds| judge_group(&own, bounds) == verdict);
            group.map(|bounds| words(ours, bounds))
        }
        Verdict::NotAffected => {
            let broken = groups.iter().filter_map(|group| {
                group.iter().find(|bound| judge_bound(&own, bound) == Verdict::NotAffected)
            });
            let words =
                broken.map(|b| format!("{} {} {}", ours.trim(), b.operator.opposite(), b.version));
            Some(words.collect::<Vec<_>>().join(", "))
        }
    };
    let why = why.unwrap_or_default();
    (verdict, Text::new(why.clone(), why))
}

fn words(ours: &str, bounds: &[Bound]) -> String {
    let one =
        |bound: &Bound| format!("{} {} {}", ours.trim(), bound.operator.sign(), bound.version);
    bounds.iter().map(one).collect::<Vec<_>>().join(", ")
}

fn unread(ours: &str, theirs: &str) -> (Verdict, Text) {
    let ours = ours.trim();
    let why = if ours.is_empty() {
        Text::new(
            format!("機器の版が未記入（対象: {theirs}）"),
            format!("the version of the device is not on the list (affected: {theirs})"),
        )
    } else {
        Text::new(
            format!("版を比べられません（機器: {ours}、対象: {theirs}）"),
            format!("the versions cannot be compared (device: {ours}, affected: {theirs})"),
        )
    };
    (Verdict::CannotTell, why)
}

/// Bounds of one range hold together: the weakest link decides.
fn judge_group(own: &Version, bounds: &[Bound]) -> Verdict {
    bounds.iter().map(|bound| judge_bound(own, bound)).min().unwrap_or(Verdict::CannotTell)
}

fn judge_bound(own: &Version, bound: &Bound) -> Verdict {
    let Some(theirs) = Version::read(&bound.version) else { return Verdict::CannotTell };
    let holds = match own.relation(&theirs) {
        // `8.2` on our side may stand for any 8.2.x.
        Relation::Apart | Relation::WeAreShorter => None,
        Relation::TheyAreShorter => bound.operator.holds_within(theirs.open),
        // `7100` beside `7200` are models as often as versions: that they differ decides nothing.
        Relation::Ordered(order)
            if bound.operator == Operator::Is && order != Ordering::Equal && theirs.is_coarse() =>
        {
            None
        }
        Relation::Ordered(order) => Some(bound.operator.holds(order)),
    };
    match holds {
        Some(true) => Verdict::Affected,
        Some(false) => Verdict::NotAffected,
        None => Verdict::CannotTell,
    }
}

fn is_all(text: &str) -> bool {
    matches!(
        text,
        "vers:all/*"
            | "vers:generic/*"
            | "*"
            | "all"
            | "all versions"
            | "any"
            | "全て"
            | "すべて"
            | "全版"
            | "全バージョン"
            | "すべてのバージョン"
            | "全ての版"
            | "すべての版"
    )
}

/// One part between separators: one bound, or two where a range is written in one (`6.0.0 to 6.0.4`).
fn read_part(part: &str) -> Option<Vec<Bound>> {
    let ranges = [" to ", " through ", "から", "〜", "~"];
    let halves = ranges.iter().find_map(|sign| part.split_once(sign));
    if let Some((from, to)) = halves {
        let to = to.trim().strip_suffix("まで").unwrap_or(to);
        let (from, to) = (bound(Operator::From, from)?, bound(Operator::UpTo, to)?);
        return Some(vec![from, to]);
    }
    Some(vec![read_bound(part)?])
}

fn read_bound(part: &str) -> Option<Bound> {
    for (sign, operator) in Operator::SIGNS.into_iter().chain(Operator::BEFORE) {
        if let Some(version) = part.strip_prefix(sign) {
            return bound(operator, version);
        }
    }
    for (sign, operator) in Operator::BEHIND {
        if let Some(version) = part.strip_suffix(sign) {
            return bound(operator, version);
        }
    }
    bound(Operator::Is, part)
}

fn bound(operator: Operator, version: &str) -> Option<Bound> {
    let version = version.trim();
    Version::read(version)?;
    Some(Bound { operator, version: version.to_owned() })
}

/// `>= 1 | <= 2` is one range, `4.20 | 4.30` are two; every other mixture is not understood.
fn grouped(parts: Vec<Vec<Bound>>) -> Option<Vec<Vec<Bound>>> {
    let lower = |one: &Bound| matches!(one.operator, Operator::From | Operator::Above);
    let upper = |one: &Bound| matches!(one.operator, Operator::Below | Operator::UpTo);
    let mut groups: Vec<Vec<Bound>> = Vec::new();
    for part in parts {
        match (part.as_slice(), groups.last_mut()) {
            ([end], Some(open)) if upper(end) => match open.as_slice() {
                [start] if lower(start) && in_order(start, end) => open.extend(part),
                _ => return None,
            },
            ([start], Some(open)) if lower(start) && open.len() == 1 && open.iter().any(upper) => {
                return None;
            }
            _ => groups.push(part),
        }
    }
    Some(groups)
}

fn in_order(start: &Bound, end: &Bound) -> bool {
    let versions = (Version::read(&start.version), Version::read(&end.version));
    let (Some(start), Some(end)) = versions else { return false };
    !matches!(start.relation(&end), Relation::Apart | Relation::Ordered(Ordering::Greater))
}

/// How one version stands to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Relation {
    /// Both are written equally far.
    Ordered(Ordering),
    /// Ours is the beginning of theirs: `8.2` and `8.2.2`.
    WeAreShorter,
    /// Theirs is the beginning of ours.
    TheyAreShorter,
    /// No order is known.
    Apart,
}

/// A version as runs of digits and letters, part by part.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Version {
    parts: Vec<Vec<Run>>,
    /// It ends in `.x`: every version that begins so.
    open: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Run {
    /// Digits without leading zeros: numbers of any length compare by length, then by text.
    Number(String),
    Letters(String),
}

impl Version {
    /// `None` when it is no version: empty, a sentence, a date in words, a letter alone.
    fn read(text: &str) -> Option<Self> {
        let text = text.nfkc().collect::<String>().trim().to_lowercase();
        let text = bare(&text);
        if text.is_empty() || text.contains(|c: char| !is_part(c) && !is_between(c)) {
            return None;
        }
        let mut parts: Vec<Vec<Run>> =
            text.split(is_between).filter(|part| !part.is_empty()).map(runs).collect();
        let mut open = false;
        while parts.len() > 1 && parts.last().is_some_and(|part| is_any(part)) {
            parts.pop();
            open = true;
        }
        let plain = parts.iter().all(|part| !part.is_empty() && !is_any(part));
        let numbered = parts.iter().flatten().any(|run| matches!(run, Run::Number(_)));
        (plain && numbered).then_some(Self { parts, open })
    }

    /// Whether it is a single number or word, which names a model as often as a version.
    fn is_coarse(&self) -> bool {
        self.parts.len() < 2 && !self.open
    }

    /// Whether it begins with a year; such versions are not compared with others.
    fn is_dated(&self) -> bool {
        self.parts.first().and_then(|part| part.first()).is_some_and(is_year)
    }

    /// Whether it is one number of three digits or more: as often a model or a build as a version.
    fn is_bare_number(&self) -> bool {
        matches!(self.parts.as_slice(), [part] if matches!(part.as_slice(), [Run::Number(digits)] if digits.len() >= 3))
    }

    /// How one stands to the other, as far as both are written.
    fn relation(&self, theirs: &Self) -> Relation {
        if self.is_dated() != theirs.is_dated() || self.is_bare_number() != theirs.is_bare_number()
        {
            return Relation::Apart;
        }
        for (ours, theirs) in self.parts.iter().zip(&theirs.parts) {
            match compare_parts(ours, theirs) {
                None => return Relation::Apart,
                Some(Ordering::Equal) => {}
                Some(order) => return Relation::Ordered(order),
            }
        }
        let rest =
            |parts: &[Vec<Run>], n: usize| parts.get(n..).map(<[_]>::to_vec).unwrap_or_default();
        let ours = rest(&self.parts, theirs.parts.len());
        let more = rest(&theirs.parts, self.parts.len());
        match (ours.iter().all(|part| is_zero(part)), more.iter().all(|part| is_zero(part))) {
            (true, true) if self.open => Relation::WeAreShorter,
            (true, true) if theirs.open => Relation::TheyAreShorter,
            (true, true) => Relation::Ordered(Ordering::Equal),
            // A suffix in letters may be older (`rc1`) or newer (`SR1`) than the version without.
            (false, _) if !starts_with_number(&ours) => Relation::Apart,
            (_, false) if !starts_with_number(&more) => Relation::Apart,
            (false, _) => Relation::TheyAreShorter,
            (_, false) => Relation::WeAreShorter,
        }
    }
}

/// Whether a run is a year: `2018-1`, `2023.3`.
fn is_year(run: &Run) -> bool {
    matches!(run, Run::Number(digits) if digits.len() == 4 && (digits.starts_with("19") || digits.starts_with("20")))
}

/// Without what people write in front of a version.
fn bare(text: &str) -> &str {
    let before = ["version", "ver.", "ver", "firmware", "バージョン", "ファームウェア", "第", "v."];
    let mut rest = text;
    for word in before {
        rest = rest.strip_prefix(word).unwrap_or(rest).trim_start();
    }
    match rest.strip_prefix('v') {
        Some(number) if number.starts_with(|c: char| c.is_ascii_digit()) => number,
        _ => rest.trim_end_matches("版").trim(),
    }
}

const fn is_part(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '*'
}

const fn is_between(c: char) -> bool {
    matches!(c, '.' | '-' | '_' | '+')
}

fn runs(part: &str) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for c in part.chars() {
        match (runs.last_mut(), c.is_ascii_digit()) {
            (Some(Run::Number(digits)), true) | (Some(Run::Letters(digits)), false) => {
                digits.push(c);
            }
            (_, true) => runs.push(Run::Number(c.to_string())),
            (_, false) => runs.push(Run::Letters(c.to_string())),
        }
    }
    for run in &mut runs {
        if let Run::Number(digits) = run {
            *digits = digits.trim_start_matches('0').to_owned();
        }
    }
    runs
}

/// `x` or `*`: anything.
fn is_any(part: &[Run]) -> bool {
    matches!(part, [Run::Letters(word)] if word == "x" || word == "*" || word == "xx")
}

fn is_zero(part: &[Run]) -> bool {
    matches!(part, [Run::Number(digits)] if digits.is_empty())
}

fn starts_with_number(parts: &[Vec<Run>]) -> bool {
    let first = parts.iter().find(|part| !is_zero(part));
    matches!(first.map(Vec::as_slice), Some([Run::Number(_)]))
}

/// `None` when the parts have different shapes, or letters that do not say which is newer.
fn compare_parts(ours: &[Run], theirs: &[Run]) -> Option<Ordering> {
    // `012U000040` and `028U000061` are two articles, not two ages of one.
    let article = ours.len().max(theirs.len()) >= 3;
    for (n, (ours, theirs)) in ours.iter().zip(theirs).enumerate() {
        match compare_runs(ours, theirs)? {
            Ordering::Equal => {}
            _ if article && n == 0 => return None,
            order => return Some(order),
        }
    }
    (ours.len() == theirs.len()).then_some(Ordering::Equal)
}

fn compare_runs(ours: &Run, theirs: &Run) -> Option<Ordering> {
    match (ours, theirs) {
        (Run::Number(ours), Run::Number(theirs)) => {
            Some((ours.len(), ours.as_str()).cmp(&(theirs.len(), theirs.as_str())))
        }
        (Run::Letters(ours), Run::Letters(theirs)) if ours == theirs => Some(Ordering::Equal),
        _ => None,
    }
}
