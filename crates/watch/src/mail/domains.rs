//! Domains that imitate others. No list of registries is asked; Japan's second levels are known, and common others.

use unicode_normalization::UnicodeNormalization as _;

/// Second levels below which names are given out, under a country's two letters.
const SECOND_LEVELS: [&str; 14] =
    ["co", "or", "ne", "ac", "ad", "ed", "go", "gr", "lg", "com", "org", "net", "gov", "edu"];

/// Prefectures under `.jp`, below which cities and older names stand.
const PREFECTURES: [&str; 47] = [
    "hokkaido",
    "aomori",
    "iwate",
    "miyagi",
    "akita",
    "yamagata",
    "fukushima",
    "ibaraki",
    "tochigi",
    "gunma",
    "saitama",
    "chiba",
    "tokyo",
    "kanagawa",
    "niigata",
    "toyama",
    "ishikawa",
    "fukui",
    "yamanashi",
    "nagano",
    "gifu",
    "shizuoka",
    "aichi",
    "mie",
    "shiga",
    "kyoto",
    "osaka",
    "hyogo",
    "nara",
    "wakayama",
    "tottori",
    "shimane",
    "okayama",
    "hiroshima",
    "yamaguchi",
    "tokushima",
    "kagawa",
    "ehime",
    "kochi",
    "fukuoka",
    "saga",
    "nagasaki",
    "kumamoto",
    "oita",
    "miyazaki",
    "kagoshima",
    "okinawa",
];

/// Shortest label of which a part or a typing error is telling.
const LABEL_CHARS_MIN: usize = 5;

/// How a domain imitates another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Imitation {
    /// Other characters of the same look.
    SameLook,
    /// The same name under another ending.
    OtherEnding,
    /// Hyphens more or fewer.
    Hyphen,
    /// The name with a word added.
    AddedWord,
    /// A typing error away.
    Typo,
    /// The whole name in front of somebody else's.
    InFront,
}

/// The part of a host that somebody registered: `mail.midori.or.jp` → `midori.or.jp`.
pub(super) fn registrable(host: &str) -> &str {
    let labels: Vec<&str> = host.trim_end_matches('.').split('.').collect();
    let second = labels.len().checked_sub(2).and_then(|at| labels.get(at)).copied().unwrap_or("");
    let top = labels.last().copied().unwrap_or_default();
    let shared = (top.len() == 2 && SECOND_LEVELS.contains(&second))
        || (top == "jp" && PREFECTURES.contains(&second));
    let kept = if shared { 3 } else { 2 };
    let skipped: usize =
        labels.iter().take(labels.len().saturating_sub(kept)).map(|label| label.len() + 1).sum();
    host.trim_end_matches('.').get(skipped..).unwrap_or(host)
}

/// Which of the known domains `host` imitates, and how. A host of a known domain imitates none.
pub(super) fn imitated<'a>(
    host: &str,
    known: impl Iterator<Item = &'a String> + Clone,
) -> Option<(&'a str, Imitation)> {
    let host = host.trim_end_matches('.').to_lowercase();
    let own = registrable(&host).to_owned();
    if own.is_empty() || known.clone().any(|known| registrable(&known.to_lowercase()) == own) {
        return None;
    }
    known.into_iter().find_map(|known| Some((known.as_str(), imitation(&host, &own, known)?)))
}

fn imitation(host: &str, own: &str, known: &str) -> Option<Imitation> {
    let known = known.trim().trim_start_matches('@').to_lowercase();
    let guarded = registrable(&known);
    let (guarded_label, guarded_ending) = guarded.split_once('.')?;
    if format!("{host}.").starts_with(&format!("{guarded}."))
        || host.contains(&format!(".{guarded}."))
    {
        return Some(Imitation::InFront);
    }
    let readable = unicode(own);
    let (label, ending) = readable.split_once('.')?;
    let long = guarded_label.chars().count() >= LABEL_CHARS_MIN;
    if skeleton(&readable) == skeleton(guarded) {
        return Some(Imitation::SameLook);
    }
    if label == guarded_label {
        return (guarded_label.chars().count() >= 4 && ending != guarded_ending)
            .then_some(Imitation::OtherEnding);
    }
    if !long {
        return None;
    }
    let joined = |label: &str| label.replace('-', "");
    if skeleton(label) == skeleton(guarded_label) {
        return Some(Imitation::SameLook);
    }
    if joined(label) == joined(guarded_label) {
        return Some(Imitation::Hyphen);
    }
    let added = label.strip_prefix(guarded_label).is_some_and(|rest| rest.starts_with('-'))
        || label.strip_suffix(guarded_label).is_some_and(|rest| rest.ends_with('-'));
    if added {
        return Some(Imitation::AddedWord);
    }
    let errors = if guarded_label.chars().count() >= 10 { 2 } else { 1 };
    (strsim::osa_distance(label, guarded_label) <= errors).then_some(Imitation::Typo)
}

/// The host with its international characters.
pub(super) fn unicode(host: &str) -> String {
    idna::domain_to_unicode(host).0
}

/// Whether the host holds characters beyond ASCII, written out or as `xn--`.
pub(super) fn is_international(host: &str) -> bool {
    !host.is_ascii() || host.split('.').any(|label| label.starts_with("xn--"))
}

/// What a hurried eye sees: signs of one look become one sign.
fn skeleton(name: &str) -> String {
    let seen: String = name.nfkd().filter(char::is_ascii_or_letter).map(look).collect();
    seen.replace("rn", "m").replace("vv", "w").replace("cl", "d")
}

trait Letter {
    fn is_ascii_or_letter(&self) -> bool;
}

impl Letter for char {
    /// Accents stand by themselves after decomposition, and are left out.
    fn is_ascii_or_letter(&self) -> bool {
        self.is_ascii() || self.is_alphabetic()
    }
}

/// Signs that are taken for a Latin letter.
const fn look(sign: char) -> char {
    match sign {
        '0' | 'о' | 'ο' | 'О' => 'o',
        '1' | 'i' | '|' | 'ı' | 'і' | 'ι' | 'ӏ' => 'l',
        '5' | 'ѕ' => 's',
        'а' | 'α' | 'ɑ' => 'a',
        'е' | 'є' => 'e',
        'р' | 'ρ' => 'p',
        'с' => 'c',
        'у' | 'γ' => 'y',
        'х' => 'x',
        'к' | 'κ' => 'k',
        'н' => 'h',
        'т' | 'τ' => 't',
        'м' => 'm',
        'ԁ' => 'd',
        'ɡ' => 'g',
        'ո' => 'n',
        'υ' | 'ս' => 'u',
        'ν' | 'ѵ' => 'v',
        'ԝ' | 'ω' => 'w',
        other => other.to_ascii_lowercase(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_somebody_registered_is_found_under_japans_second_levels_too() {
        let cases = [
            ("mail.midori-hp.or.jp", "midori-hp.or.jp"),
            ("midori-hp.example", "midori-hp.example"),
            ("www.city.kashiwa.chiba.jp", "kashiwa.chiba.jp"),
            ("a.b.example.com", "example.com"),
            ("jp", "jp"),
            ("", ""),
        ];
        for (host, expected) in cases {
            assert_eq!(registrable(host), expected, "{host}");
        }
    }

    #[test]
    fn imitations_are_seen_and_strangers_and_the_house_itself_are_not() {
        let known = ["midori-hp.or.jp".to_owned(), "sakuralab.example".to_owned()];
        let how = |host| imitated(host, known.iter()).map(|(_, how)| how);
        assert_eq!(how("mail.midori-hp.or.jp"), None);
        assert_eq!(how("rakuda.example"), None);
        assert_eq!(how("m1dori-hp.or.jp"), Some(Imitation::SameLook));
        assert_eq!(how("xn--sakuralb-5ya.example"), Some(Imitation::SameLook));
        assert_eq!(how("sakuralаb.example"), Some(Imitation::SameLook), "a Cyrillic letter");
        assert_eq!(how("midori-hp.example"), Some(Imitation::OtherEnding));
        assert_eq!(how("midorihp.or.jp"), Some(Imitation::Hyphen));
        assert_eq!(how("sakuralab-login.example"), Some(Imitation::AddedWord));
        assert_eq!(how("sakurlab.example"), Some(Imitation::Typo));
        assert_eq!(how("midori-hp.or.jp.account.example"), Some(Imitation::InFront));
    }
}
