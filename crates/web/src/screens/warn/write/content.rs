//! Between the form of a warning and its content.

use std::collections::BTreeSet;
use std::slice;

use sakimori_content::NameAliases;
use sakimori_warn::{
    Addressees, Advisory, Link, Period, RequestedAction, WarningContent, WarningKey,
};
use sakimori_words::{Date, OrganisationId, Prefecture, Tlp, WarningId};

use super::super::{CLASSES, KINDS, attachments};
use super::products;
use crate::form::{Form, Problem};

const LINE_CHARS_MAX: usize = 300;
const BODY_CHARS_MAX: usize = 20_000;

/// The form filled with a content.
pub(in super::super) fn fill(content: &WarningContent) -> Form {
    let mut form = Form::new();
    let class = CLASSES.iter().find(|(_, class, _, _)| *class == content.class);
    form.set("class", class.map_or("normal", |(value, _, _, _)| value));
    form.set("warning-title", &content.title);
    form.set("warning-body", &content.body);
    form.set("warning-number", &content.number);
    form.set("issuer", &content.issuer);
    form.set("warning-contact", &content.contact);
    form.set("issued-on", content.issued_on);
    form.set("tlp", content.tlp.label());
    form.set("template", &content.template);
    form.set("warning-actions", lines(&content.actions, action_line));
    form.set("warning-links", lines(&content.links, |link| format!("{} {}", link.title, link.url)));
    if let Some(period) = content.period {
        form.set("period-from", period.from);
        form.set("period-to", period.to);
    }
    if content.exercise {
        form.set("warning-exercise", "yes");
    }
    if let Some(earlier) = &content.supersedes {
        form.set("supersedes", &earlier.id);
    }
    attachments::fill(&mut form, &content.attachments);
    products::fill(&mut form, &content.advisories);
    fill_addressees(&mut form, &content.addressees);
    form
}

fn fill_addressees(form: &mut Form, rule: &Addressees) {
    for (value, kind) in KINDS {
        if rule.kinds.contains(&kind) {
            form.add("kinds", value);
        }
    }
    for prefecture in &rule.prefectures {
        form.add("prefectures", prefecture.code());
    }
    if let Some(beds) = rule.beds_min {
        form.set("beds-min", beds);
    }
    if let Some(beds) = rule.beds_max {
        form.set("beds-max", beds);
    }
    let functions: Vec<&str> = rule.functions.iter().map(String::as_str).collect();
    form.set("warning-functions", functions.join("、"));
    if rule.vendors {
        form.set("warning-vendors", "yes");
    }
    if rule.companies_only {
        form.set("warning-companies-only", "yes");
    }
    let companies: Vec<&str> = rule.companies.iter().map(String::as_str).collect();
    form.set("warning-companies", companies.join("、"));
}

/// What was typed as content of the office `me`; problems are noted in the form. Things only a release needs may still be missing.
pub(in super::super) fn read(
    form: &mut Form,
    today: Date,
    me: &OrganisationId,
    aliases: &NameAliases,
) -> Option<WarningContent> {
    let class = form.choice("class", &CLASSES.map(|(value, class, _, _)| (value, class)))?;
    let submitting = form.text("do") == "submit";
    let mut line = |name: &str, limit: usize| {
        if submitting { form.required(name, limit) } else { form.limited(name, limit) }
    };
    let title = line("warning-title", LINE_CHARS_MAX);
    let body = line("warning-body", BODY_CHARS_MAX);
    let number = line("warning-number", LINE_CHARS_MAX);
    let issuer = line("issuer", LINE_CHARS_MAX);
    let issued_on = form.date("issued-on").unwrap_or(today);
    let period = period(form);
    let advisories = products::read(form);
    let addressees = addressees(form, &advisories, aliases);
    Some(WarningContent {
        class,
        title,
        body,
        number,
        issued_on,
        period,
        contact: form.limited("warning-contact", LINE_CHARS_MAX),
        actions: typed_lines(form, "warning-actions").map(|line| action(&line)).collect(),
        advisories,
        links: links(form),
        attachments: attachments::kept(form),
        supersedes: supersedes(form, me),
        addressees,
        tlp: Tlp::from_label(form.text("tlp")),
        exercise: form.has("warning-exercise", "yes"),
        template: form.text("template").to_owned(),
        ..WarningContent::empty(&issuer, today)
    })
}

/// Only its own issuer replaces a warning.
fn supersedes(form: &Form, me: &OrganisationId) -> Option<WarningKey> {
    let id = Some(form.text("supersedes")).filter(|id| !id.is_empty())?;
    Some(WarningKey { origin: me.clone(), id: WarningId::from(id) })
}

fn period(form: &mut Form) -> Option<Period> {
    let from = form.date("period-from");
    let to = form.date("period-to");
    if from.is_some() != to.is_some() || from > to {
        form.wrong("period-to", Problem::new("problem-period"));
    }
    Some(Period { from: from?, to: to? })
}

/// The rule about addressees as it would be kept, for showing whom it reaches.
pub(in super::super) fn shown_addressees(form: &Form, aliases: &NameAliases) -> Addressees {
    let mut form = form.clone();
    let advisories = products::read(&mut form);
    addressees(&mut form, &advisories, aliases)
}

/// The rule about addressees, with the makers of the products of `advisories` when that was ticked; what is wrong is noted in the form.
fn addressees(form: &mut Form, advisories: &[Advisory], aliases: &NameAliases) -> Addressees {
    let beds_min = form.number("beds-min");
    let beds_max = form.number("beds-max");
    if beds_min.zip(beds_max).is_some_and(|(min, max)| min > max) {
        form.wrong("beds-max", Problem::new("problem-beds-order"));
    }
    let kinds = KINDS.iter().filter(|(value, _)| form.has("kinds", value));
    let mut companies = named(form.text("warning-companies"));
    if form.has("warning-makers", "yes") {
        companies.append(&mut makers(advisories, aliases));
    }
    let rule = Addressees {
        kinds: kinds.map(|(_, kind)| *kind).collect(),
        prefectures: form
            .all("prefectures")
            .filter_map(|code| Prefecture::from_code(code.parse().ok()?))
            .collect(),
        beds_min,
        beds_max,
        functions: named(form.text("warning-functions")),
        vendors: form.has("warning-vendors", "yes"),
        companies,
        companies_only: form.has("warning-companies-only", "yes"),
    };
    check_companies_only(form, &rule);
    rule
}

/// What is for companies alone names some, and asks nothing about institutions.
fn check_companies_only(form: &mut Form, rule: &Addressees) {
    if rule.names_nobody() {
        form.wrong("warning-companies", Problem::new("problem-companies-only"));
    }
    for name in ["kinds", "beds-min", "beds-max", "warning-functions"] {
        if rule.companies_only && !form.text(name).is_empty() {
            form.wrong(name, Problem::new("problem-no-institutions"));
        }
    }
}

/// Names typed one after the other.
fn named(typed: &str) -> BTreeSet<String> {
    let names = typed.split(['、', ',', '，']).map(str::trim);
    names.filter(|one| !one.is_empty()).map(str::to_owned).collect()
}

/// The makers of the products a warning is about, by every name they are known by.
fn makers(advisories: &[Advisory], aliases: &NameAliases) -> BTreeSet<String> {
    let products = advisories.iter().flat_map(|advisory| &advisory.products);
    let typed = products.map(|product| product.vendor.trim()).filter(|maker| !maker.is_empty());
    let mut makers: BTreeSet<String> = typed.map(str::to_owned).collect();
    let is_typed = |name: &String| makers.iter().any(|maker| name.eq_ignore_ascii_case(maker));
    let names =
        aliases.vendors.iter().map(|known| [slice::from_ref(&known.name), &*known.also].concat());
    let also: Vec<String> = names.filter(|names| names.iter().any(is_typed)).flatten().collect();
    makers.extend(also);
    makers
}

fn links(form: &mut Form) -> Vec<Link> {
    let mut links = Vec::new();
    let mut unread = false;
    for line in typed_lines(form, "warning-links") {
        // The address is the last word; whatever stands before it is the title.
        let (title, url) = line.rsplit_once([' ', '\u{3000}']).unwrap_or(("", line.as_str()));
        if url.starts_with("https://") || url.starts_with("http://") {
            let title = if title.trim().is_empty() { url } else { title.trim() };
            links.push(Link { title: title.to_owned(), url: url.to_owned() });
        } else {
            unread = true;
        }
    }
    if unread {
        form.wrong("warning-links", Problem::new("problem-link"));
    }
    links
}

/// `パスワードを変更する [S4-3, S4-4]`: the clauses stand in brackets at the end of the line.
fn action_line(action: &RequestedAction) -> String {
    if action.clauses.is_empty() {
        return action.text.clone();
    }
    format!("{} [{}]", action.text, action.clauses.join(", "))
}

fn action(line: &str) -> RequestedAction {
    let clauses = line.strip_suffix(']').and_then(|line| line.rsplit_once('['));
    match clauses {
        Some((text, clauses)) => RequestedAction {
            text: text.trim().to_owned(),
            clauses: clauses
                .split(',')
                .map(|one| one.trim().to_owned())
                .filter(|one| !one.is_empty())
                .collect(),
        },
        None => RequestedAction { text: line.to_owned(), clauses: Vec::new() },
    }
}

fn typed_lines(form: &Form, name: &str) -> impl Iterator<Item = String> {
    let text = form.value(name).replace("\r\n", "\n");
    let lines: Vec<String> =
        text.lines().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()).collect();
    lines.into_iter()
}

fn lines<T>(items: &[T], line: impl Fn(&T) -> String) -> String {
    items.iter().map(line).collect::<Vec<_>>().join("\n")
}
