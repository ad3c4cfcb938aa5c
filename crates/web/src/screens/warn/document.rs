//! What a warning says, ready for a page.

use sakimori_content::Content;
use sakimori_warn::{Addressees, Advisory, AffectedProduct, RequestedAction, WarningContent};
use sakimori_words::{Date, Lang, jst_date, wareki_with_western};

use super::attachments::{self, AttachmentView};
use super::{class_words, institution_word};
use crate::frame::Frame;

/// A warning's text with everything around it in words.
pub(in crate::screens) struct Document {
    pub(in crate::screens) title: String,
    pub(in crate::screens) number: String,
    pub(in crate::screens) issuer: String,
    pub(in crate::screens) issued_on: String,
    pub(in crate::screens) urgency: String,
    pub(in crate::screens) urgency_class: &'static str,
    pub(in crate::screens) body: Vec<String>,
    pub(in crate::screens) actions: Vec<(String, String)>,
    pub(in crate::screens) advisories: Vec<AdvisoryView>,
    pub(in crate::screens) links: Vec<LinkView>,
    pub(in crate::screens) attachments: Vec<AttachmentView>,
    pub(in crate::screens) facts: Vec<(String, String)>,
    pub(in crate::screens) exercise: bool,
    pub(in crate::screens) withdrawn: Option<String>,
}

/// What a warning says about products.
pub(in crate::screens) struct AdvisoryView {
    pub(in crate::screens) cves: String,
    /// Maker and product, affected versions, fixed in.
    pub(in crate::screens) products: Vec<[String; 3]>,
    pub(in crate::screens) remedy: String,
    pub(in crate::screens) link: Option<LinkView>,
}

/// A document published elsewhere.
pub(in crate::screens) struct LinkView {
    pub(in crate::screens) title: String,
    pub(in crate::screens) url: String,
    /// Whether it can be offered as a link: a web address and nothing a browser would run.
    pub(in crate::screens) safe: bool,
}

impl Document {
    /// `pack` says which notice a clause belongs to; `at`: the page on which it stands and below which its files are handed out, empty
    /// on paper.
    pub(in crate::screens) fn of(
        frame: &Frame,
        pack: &Content,
        content: &WarningContent,
        at: &str,
    ) -> Self {
        let (word, urgency_class) = class_words(content.class);
        let links = content.links.iter().map(|link| link_view(&link.title, &link.url));
        Self {
            title: content.title.clone(),
            number: content.number.clone(),
            issuer: content.issuer.clone(),
            issued_on: day(frame, content.issued_on),
            urgency: frame.t(word),
            urgency_class,
            body: paragraphs(&content.body),
            actions: content
                .actions
                .iter()
                .map(|action| (action.text.clone(), citation(frame, pack, action)))
                .collect(),
            advisories: content.advisories.iter().map(advisory).collect(),
            links: links.collect(),
            attachments: attachments::views(frame, content, at),
            facts: facts(frame, content),
            exercise: content.exercise,
            withdrawn: content.withdrawn.clone(),
        }
    }
}

fn link_view(title: &str, url: &str) -> LinkView {
    LinkView {
        title: title.to_owned(),
        url: url.to_owned(),
        safe: url.starts_with("https://") || url.starts_with("http://"),
    }
}

fn advisory(advisory: &Advisory) -> AdvisoryView {
    let product = |one: &AffectedProduct| {
        let name = format!("{} {}", one.vendor, one.product).trim().to_owned();
        [name, one.versions.clone(), one.fixed_in.clone()]
    };
    let link = Some(&advisory.link).filter(|url| !url.is_empty());
    AdvisoryView {
        cves: advisory.cves.join(", "),
        products: advisory.products.iter().map(product).collect(),
        remedy: advisory.remedy.clone(),
        link: link.map(|url| link_view(url, url)),
    }
}

fn citation(frame: &Frame, pack: &Content, action: &RequestedAction) -> String {
    let clauses = action.clauses.iter().map(String::as_str);
    pack.citation(clauses).get(frame.lang).to_owned()
}

/// Paragraphs are separated by an empty line.
fn paragraphs(body: &str) -> Vec<String> {
    let body = body.replace("\r\n", "\n");
    body.split("\n\n").map(str::trim).filter(|one| !one.is_empty()).map(str::to_owned).collect()
}

fn facts(frame: &Frame, content: &WarningContent) -> Vec<(String, String)> {
    let period = content
        .period
        .map(|period| format!("{} 〜 {}", day(frame, period.from), day(frame, period.to)));
    let rows = [
        ("warning-for", addressees(frame, &content.addressees)),
        ("warning-period", period.unwrap_or_default()),
        ("warning-ask", content.contact.clone()),
        ("warning-marking", content.tlp.label().to_owned()),
    ];
    rows.into_iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(word, value)| (frame.t(word), value))
        .collect()
}

/// Whom a warning is for, in words.
pub(in crate::screens) fn addressees(frame: &Frame, rule: &Addressees) -> String {
    let mut parts: Vec<String> = Vec::new();
    let kinds: Vec<String> =
        rule.kinds.iter().map(|kind| frame.t(institution_word(*kind))).collect();
    parts.push(match (rule.companies_only, kinds.is_empty()) {
        (true, _) => frame.t("for-companies-only"),
        (false, true) => frame.t("for-all-kinds"),
        (false, false) => kinds.join("・"),
    });
    if !rule.prefectures.is_empty() {
        let names: Vec<&str> = rule.prefectures.iter().map(|one| one.name(frame.lang)).collect();
        parts.push(names.join("・"));
    }
    if let Some(beds) = rule.beds_min {
        parts.push(frame.with("for-beds-min", "beds", beds));
    }
    if let Some(beds) = rule.beds_max {
        parts.push(frame.with("for-beds-max", "beds", beds));
    }
    if !rule.functions.is_empty() {
        let functions: Vec<&str> = rule.functions.iter().map(String::as_str).collect();
        parts.push(functions.join("・"));
    }
    if rule.vendors {
        parts.push(frame.t("for-vendors"));
    }
    if !rule.companies.is_empty() {
        let names: Vec<&str> = rule.companies.iter().map(String::as_str).collect();
        parts.push(frame.with("for-companies", "names", names.join("・")));
    }
    parts.join(" / ")
}

/// A calendar date as forms write it in the page's language.
pub(in crate::screens) fn day(frame: &Frame, day: Date) -> String {
    match frame.lang {
        Lang::Ja => wareki_with_western(day),
        Lang::En => day.to_string(),
    }
}

/// Today, in Japan.
pub(in crate::screens) fn today(frame: &Frame) -> Date {
    jst_date(frame.now)
}
