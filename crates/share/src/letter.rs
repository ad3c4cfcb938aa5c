//! A shared case as people read it: a letter, and a line of a list. Pure.

use sakimori_content::{Ladder, Sharing};
use sakimori_words::{InstitutionKind, Lang};

use crate::case::{SharedCase, SharedContent};

/// The case as a letter in `lang`.
#[must_use]
pub fn letter(case: &SharedCase, sharing: &Sharing, lang: Lang) -> String {
    let mut lines = vec![case.content.tlp.label().to_owned(), case.content.title.clone()];
    lines.extend(
        about(&case.content, &sharing.ladder, lang)
            .map(|(label, value)| format!("{label}: {value}")),
    );
    lines.extend(
        found(&case.content, sharing, lang).map(|(label, value)| format!("{label}: {value}")),
    );
    lines.push(case.content.course.clone());
    lines.push(case.content.lesson.clone());
    lines.extend(case.content.indicators.iter().map(|told| {
        let technique = told.technique.as_deref().unwrap_or_default();
        let parts = [broken_up(&told.indicator.value), told.seen_as.clone(), technique.to_owned()];
        let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        parts.join(" / ")
    }));
    lines.retain(|line| !line.trim().is_empty());
    lines.join("\n")
}

/// A value as people read it: broken up, so that nobody presses it by mistake.
#[must_use]
pub fn broken_up(value: &str) -> String {
    value.replace("://", "[://]").replace('.', "[.]")
}

/// The case as one line of a list in `lang`.
#[must_use]
pub fn line(case: &SharedCase, ladder: &Ladder, lang: Lang) -> String {
    let about: Vec<String> = about(&case.content, ladder, lang).map(|(_, value)| value).collect();
    format!("{} {} {}", case.content.tlp.label(), case.content.title, about.join(" / "))
}

/// Where and when, each with its label.
pub fn about(
    content: &SharedContent,
    ladder: &Ladder,
    lang: Lang,
) -> impl Iterator<Item = (&'static str, String)> + use<> {
    let labels = match lang {
        Lang::Ja => ["地域", "規模", "種別", "開設者", "時期"],
        Lang::En => ["Area", "Size", "Kind", "Founder", "When"],
    };
    let place = &content.place;
    let values = [
        Some(place.area_words(ladder, lang)),
        place.beds_words(lang),
        place.kind.map(|kind| kind_words(kind, lang).to_owned()),
        place.founder.map(|founder| founder_words(founder, lang).to_owned()),
        content.period.words(lang),
    ];
    labels.into_iter().zip(values).filter_map(|(label, value)| Some((label, value?)))
}

/// What the attacker did, how bad it was and what would have helped, each with its label.
pub fn found(
    content: &SharedContent,
    sharing: &Sharing,
    lang: Lang,
) -> impl Iterator<Item = (String, String)> + use<> {
    let words = &sharing.words;
    let labels = match lang {
        Lang::Ja => {
            ["侵入経路", "ランサムウェアの種類", "手法", "有効だった・有効と考えられる対策"]
        }
        Lang::En => ["Way in", "Family of ransomware", "Techniques", "What would have helped"],
    };
    let name = |list: &[sakimori_content::SharedWord], id: &str| {
        list.iter().find(|one| one.id == id).map(|one| one.name.get(lang).to_owned())
    };
    let techniques = content.analysis.techniques.iter();
    let techniques: Vec<String> = techniques
        .filter_map(|id| Some(format!("{id} {}", name(&words.techniques, id)?)))
        .collect();
    let safeguards: Vec<String> = content
        .analysis
        .safeguards
        .iter()
        .filter_map(|id| {
            let safeguard = words.safeguards.iter().find(|one| one.id == *id)?;
            Some(safeguard.name.get(lang).to_owned())
        })
        .collect();
    let values = [
        name(&words.routes, &content.analysis.route).unwrap_or_default(),
        content
            .analysis
            .family
            .as_ref()
            .and_then(|id| name(&words.families, id))
            .unwrap_or_default(),
        techniques.join("、"),
        safeguards.join("、"),
    ];
    let passed = content.technical.iter().chain(&content.damage);
    let mut rows: Vec<(String, String)> = passed
        .map(|field| (field.label.get(lang).to_owned(), field.value.get(lang).to_owned()))
        .collect();
    rows.extend(labels.iter().map(|label| (*label).to_owned()).zip(values));
    rows.retain(|(_, value)| !value.is_empty());
    rows.into_iter()
}

/// The kind of institution in words.
#[must_use]
pub const fn kind_words(kind: InstitutionKind, lang: Lang) -> &'static str {
    let [ja, en] = match kind {
        InstitutionKind::Hospital => ["病院", "hospital"],
        InstitutionKind::Clinic => ["診療所", "clinic"],
        InstitutionKind::DentalClinic => ["歯科診療所", "dental clinic"],
        InstitutionKind::MaternityHome => ["助産所", "maternity home"],
        InstitutionKind::Pharmacy => ["薬局", "pharmacy"],
        InstitutionKind::RegionalNetwork => ["地域医療情報連携ネットワーク", "regional network"],
    };
    match lang {
        Lang::Ja => ja,
        Lang::En => en,
    }
}

const fn founder_words(founder: sakimori_words::Founder, lang: Lang) -> &'static str {
    use sakimori_words::Founder;
    let [ja, en] = match founder {
        Founder::State => ["国", "state"],
        Founder::Prefecture => ["都道府県", "prefecture"],
        Founder::Municipality => ["市町村", "municipality"],
        Founder::PublicBody => ["公的機関", "public body"],
        Founder::MedicalCorporation => ["医療法人", "medical corporation"],
        Founder::Individual => ["個人", "individual"],
        Founder::Other => ["その他", "other"],
    };
    match lang {
        Lang::Ja => ja,
        Lang::En => en,
    }
}
