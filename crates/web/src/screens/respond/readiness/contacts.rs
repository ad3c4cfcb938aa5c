//! The contact tree: own people and firms with their numbers, deputies and systems.

use askama::Template;
use axum::extract::Path;
use sakimori_content::{
    Answered, ContactRole, Content, LocalContact, OwnPhone, PhoneKind, VERIFY_DAYS, deputy_circle,
};
use sakimori_identity::Action;
use sakimori_respond::readiness::is_dialable;
use sakimori_words::{Lang, jst_date, new_uuid7};

use super::super::dial;
use super::pass_to_read;
use crate::failure::{Answer, Failure};
use crate::flash::Flash;
use crate::form::{Form, Problem};
use crate::frame::{Choice, Frame};
use crate::profile::{self, Profile};
use crate::troubles;
use crate::visit::{Visit, page};
use crate::wording::say;

/// Telephones a form has room for.
const PHONES: [usize; 4] = [1, 2, 3, 4];
/// Deputies a form has room for.
const DEPUTIES: usize = 3;
/// Most contacts that are kept.
const CONTACTS_MAX: usize = 2_000;
/// Longest line, in characters.
const LINE_CHARS_MAX: usize = 200;

/// What a contact is for, as forms spell it.
pub(crate) const ROLES: [(&str, ContactRole); 9] = [
    ("staff", ContactRole::Staff),
    ("vendor", ContactRole::Vendor),
    ("police", ContactRole::Police),
    ("prefecture", ContactRole::Prefecture),
    ("ministry", ContactRole::Ministry),
    ("ceptoar", ContactRole::Ceptoar),
    ("privacy-commission", ContactRole::PrivacyCommission),
    ("national-cyber-office", ContactRole::NationalCyberOffice),
    ("other", ContactRole::Other),
];

#[derive(Template)]
#[template(path = "screens/respond/readiness/contacts.html")]
struct ListPage {
    frame: Frame,
    groups: Vec<Group>,
    may_change: bool,
}

/// The contacts of one role.
struct Group {
    role: String,
    rows: Vec<ContactLine>,
}

struct ContactLine {
    id: String,
    name: String,
    kana: String,
    duty: String,
    systems: String,
    phones: Vec<PhoneShown>,
    email: String,
    deputies: String,
    verified: String,
    stale: bool,
    ended: bool,
}

struct PhoneShown {
    phone: String,
    dial: String,
    words: String,
}

#[derive(Template)]
#[template(path = "screens/respond/readiness/contact.html")]
struct ContactPage {
    frame: Frame,
    form: Form,
    /// Empty for a new one.
    id: String,
    roles: Vec<Choice>,
    kinds: Vec<Choice>,
    others: Vec<Choice>,
    phones: Vec<PhoneFields>,
    deputies: Vec<String>,
}

/// Names of the fields of one telephone.
struct PhoneFields {
    n: usize,
    phone: String,
    kind: String,
    when: String,
    note: String,
}

pub(super) async fn list(visit: Visit) -> Answer {
    pass_to_read(&visit, "contacts", "").await?;
    let own = contacts_of(&visit).await?;
    let frame = visit.frame("contacts-title").await;
    let groups = ROLES
        .iter()
        .map(|(spelling, role)| Group {
            role: role_label(frame.lang, spelling),
            rows: own
                .iter()
                .filter(|one| one.role == *role)
                .map(|one| line(&frame, one, &own))
                .collect(),
        })
        .filter(|group| !group.rows.is_empty())
        .collect();
    page(&ListPage { groups, may_change: visit.may(Action::ManageSettings), frame })
}

fn line(frame: &Frame, own: &LocalContact, all: &[LocalContact]) -> ContactLine {
    let today = jst_date(frame.now);
    let name = |id: &String| all.iter().find(|one| one.id == *id).map(|one| one.name.as_str());
    let deputies: Vec<&str> = own.deputies.iter().filter_map(name).collect();
    ContactLine {
        id: own.id.clone(),
        name: own.name.clone(),
        kana: own.kana.clone(),
        duty: own.duty.clone(),
        systems: own.systems.join("、"),
        phones: own.phones.iter().map(|one| phone_shown(frame.lang, one)).collect(),
        email: own.email.clone(),
        deputies: deputies.join(" → "),
        verified: match own.verified_on {
            Some(day) => frame.with("contacts-verified", "day", day),
            None => frame.t("contacts-never-verified"),
        },
        stale: own.is_stale_on(today),
        ended: !own.is_valid_on(today),
    }
}

fn phone_shown(lang: Lang, own: &OwnPhone) -> PhoneShown {
    let (kind, when) = (own.kind.words(), own.answered.words());
    let parts = [kind.get(lang), when.get(lang), own.note.as_str()];
    let words: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    PhoneShown { phone: own.phone.clone(), dial: dial(&own.phone), words: words.join(" · ") }
}

pub(super) async fn offer(visit: Visit) -> Answer {
    visit.pass_personal(Action::ManageSettings, "contacts", "new", "").await?;
    let mut form = Form::new();
    form.set("ct-role", visit.query().text("role"));
    form.set("ct-replaces", "yes");
    draw(&visit, "", form).await
}

pub(super) async fn show(visit: Visit, Path(id): Path<String>) -> Answer {
    visit.pass_personal(Action::ManageSettings, "contacts", &id, "").await?;
    let all = contacts_of(&visit).await?;
    let own = all.iter().find(|own| own.id == id).ok_or_else(not_found)?;
    draw(&visit, &id, filled(own, visit.lang())).await
}

pub(super) async fn add(visit: Visit, form: Form) -> Answer {
    let id = format!("c-{}", new_uuid7(visit.site.clock.now(), visit.site.chance.as_ref()));
    visit.pass_personal(Action::ManageSettings, "contacts", &id, "").await?;
    keep(&visit, &id, true, form).await
}

pub(super) async fn change(visit: Visit, Path(id): Path<String>, form: Form) -> Answer {
    visit.pass_personal(Action::ManageSettings, "contacts", &id, "").await?;
    keep(&visit, &id, false, form).await
}

async fn keep(visit: &Visit, id: &str, new: bool, mut form: Form) -> Answer {
    let contact = read(&mut form, id, &visit.site.content);
    if !form.fine() {
        return draw(visit, if new { "" } else { id }, form).await;
    }
    let changed = change_contacts(visit, |all| {
        let room = new && all.len() < CONTACTS_MAX;
        match all.iter_mut().find(|own| own.id == contact.id) {
            Some(own) => *own = contact.clone(),
            None if room => all.push(contact.clone()),
            None => return false,
        }
        deputy_circle(all, &contact.id).is_none()
    })
    .await?;
    if matches!(changed, Changed::Nothing)
        && let Some(circle) = circle_with(visit, &contact).await?
    {
        form.wrong("ct-deputy-1", Problem::new("problem-deputy-circle").with("circle", circle));
        return draw(visit, if new { "" } else { id }, form).await;
    }
    match changed {
        Changed::NoProfile => {
            visit.done("/settings/organisation", &Flash::new("flash-organisation-first"))
        }
        Changed::Nothing => Err(not_found()),
        Changed::Kept => visit.done("/readiness/contacts", &Flash::new("flash-saved")),
    }
}

/// The circle of deputies there would be with this contact in the place of its earlier self.
async fn circle_with(visit: &Visit, contact: &LocalContact) -> Result<Option<String>, Failure> {
    let mut all = contacts_of(visit).await?;
    all.retain(|own| own.id != contact.id);
    all.push(contact.clone());
    Ok(deputy_circle(&all, &contact.id).map(|names| names.join(" → ")))
}

pub(super) async fn verified(visit: Visit, Path(id): Path<String>) -> Answer {
    visit.pass_personal(Action::ManageSettings, "contacts", &id, "verified").await?;
    let today = jst_date(visit.site.clock.now());
    let changed = change_contacts(&visit, |all| {
        let own = all.iter_mut().find(|own| own.id == id);
        own.map(|own| own.verified_on = Some(today)).is_some()
    })
    .await?;
    if !matches!(changed, Changed::Kept) {
        return Err(not_found());
    }
    visit.done("/readiness/contacts", &Flash::new("flash-contact-verified"))
}

pub(super) async fn remove(visit: Visit, Path(id): Path<String>) -> Answer {
    visit.pass_personal(Action::ManageSettings, "contacts", &id, "remove").await?;
    let changed = change_contacts(&visit, |all| {
        let before = all.len();
        all.retain(|own| own.id != id);
        all.iter_mut().for_each(|own| own.deputies.retain(|deputy| *deputy != id));
        all.len() < before
    })
    .await?;
    if !matches!(changed, Changed::Kept) {
        return Err(not_found());
    }
    visit.done("/readiness/contacts", &Flash::new("flash-contact-removed"))
}

/// What became of a change.
pub(super) enum Changed {
    /// There is no profile yet to keep contacts in.
    NoProfile,
    /// There was nothing to change.
    Nothing,
    /// It is kept.
    Kept,
}

/// Changes the contacts; decided again when somebody else changed the profile in between.
pub(super) async fn change_contacts(
    visit: &Visit,
    change: impl Fn(&mut Vec<LocalContact>) -> bool + Sync,
) -> Result<Changed, Failure> {
    let (store, actor) = (visit.site.store.as_ref(), visit.principal.person.as_str());
    let mut asked = false;
    let kept = profile::change(store, actor, visit.site.clock.now(), |own: &mut Profile| {
        asked = true;
        change(&mut own.local_contacts)
    })
    .await?;
    Ok(match (kept, asked) {
        (true, _) => Changed::Kept,
        (false, true) => Changed::Nothing,
        (false, false) => Changed::NoProfile,
    })
}

/// The own contacts.
pub(super) async fn contacts_of(visit: &Visit) -> Result<Vec<LocalContact>, Failure> {
    let own = profile::load(visit.site.store.as_ref()).await?;
    Ok(own.map(|own| own.local_contacts).unwrap_or_default())
}

async fn draw(visit: &Visit, id: &str, form: Form) -> Answer {
    let all = contacts_of(visit).await?;
    let title = if id.is_empty() { "contact-new" } else { "contact-edit" };
    let frame = visit.frame(title).await;
    let lang = frame.lang;
    let others = all.iter().filter(|own| own.id != id);
    let nobody = Choice::new("", frame.t("contact-no-deputy"));
    let kind = |kind: &PhoneKind| {
        Choice::new(kind.as_str(), frame.t(&format!("phone-kind-{}", kind.as_str())))
    };
    page(&ContactPage {
        form,
        id: id.to_owned(),
        roles: ROLES.iter().map(|(value, _)| Choice::new(value, role_label(lang, value))).collect(),
        kinds: PhoneKind::ALL.iter().map(kind).collect(),
        others: std::iter::once(nobody)
            .chain(others.map(|own| Choice::new(&own.id, own.name.clone())))
            .collect(),
        phones: PHONES.iter().map(|n| fields(*n)).collect(),
        deputies: (1..=DEPUTIES).map(|n| format!("ct-deputy-{n}")).collect(),
        frame,
    })
}

fn fields(n: usize) -> PhoneFields {
    PhoneFields {
        n,
        phone: format!("ct-phone-{n}"),
        kind: format!("ct-kind-{n}"),
        when: format!("ct-when-{n}"),
        note: format!("ct-note-{n}"),
    }
}

fn filled(own: &LocalContact, lang: Lang) -> Form {
    let mut form = Form::new();
    let spelling = ROLES.iter().find(|(_, role)| *role == own.role).map_or("other", |(own, _)| own);
    form.set("ct-role", spelling);
    form.set("ct-replaces", if own.replaces.is_some() { "yes" } else { "" });
    for (name, value) in [
        ("ct-name", &own.name),
        ("ct-kana", &own.kana),
        ("ct-duty", &own.duty),
        ("ct-email", &own.email),
        ("ct-note", &own.note),
        ("ct-systems", &own.systems.join("、")),
    ] {
        form.set(name, value);
    }
    for (name, day) in
        [("ct-verified", own.verified_on), ("ct-from", own.valid_from), ("ct-to", own.valid_to)]
    {
        form.set(name, day.map(|day| day.to_string()).unwrap_or_default());
    }
    for (n, phone) in PHONES.iter().zip(&own.phones) {
        let names = fields(*n);
        form.set(&names.phone, &phone.phone);
        form.set(&names.kind, phone.kind.as_str());
        form.set(&names.when, phone.answered.words().get(lang));
        form.set(&names.note, &phone.note);
    }
    for (n, deputy) in (1..=DEPUTIES).zip(&own.deputies) {
        form.set(&format!("ct-deputy-{n}"), deputy);
    }
    form
}

fn read(form: &mut Form, id: &str, content: &Content) -> LocalContact {
    let role = form.choice("ct-role", &ROLES).unwrap_or(ContactRole::Other);
    // "Other" and own people are no role of one office, so that an insurer never hides an advice desk.
    let one_office = !matches!(role, ContactRole::Other | ContactRole::Staff | ContactRole::Vendor);
    let general = content.contacts().iter().find(|one| one.role == role);
    let replaces = general.filter(|_| one_office && form.has("ct-replaces", "yes"));
    let replaces = replaces.map(|one| one.id.clone());
    let phones = PHONES.iter().filter_map(|n| read_phone(form, &fields(*n))).collect();
    let mut deputies: Vec<String> = Vec::new();
    for n in 1..=DEPUTIES {
        let deputy = form.text(&format!("ct-deputy-{n}")).to_owned();
        if !deputy.is_empty() && deputy != id && !deputies.contains(&deputy) {
            deputies.push(deputy);
        }
    }
    let systems = form.limited("ct-systems", 2 * LINE_CHARS_MAX);
    let systems = systems.split(['、', ',', '，']).map(str::trim).filter(|one| !one.is_empty());
    LocalContact {
        id: id.to_owned(),
        role,
        replaces,
        name: form.required("ct-name", LINE_CHARS_MAX),
        kana: form.limited("ct-kana", LINE_CHARS_MAX),
        duty: form.limited("ct-duty", LINE_CHARS_MAX),
        phones,
        email: form.limited("ct-email", LINE_CHARS_MAX),
        deputies,
        systems: systems.map(str::to_owned).collect(),
        verified_on: form.date("ct-verified"),
        valid_from: form.date("ct-from"),
        valid_to: form.date("ct-to"),
        note: form.limited("ct-note", 2 * LINE_CHARS_MAX),
    }
}

fn read_phone(form: &mut Form, names: &PhoneFields) -> Option<OwnPhone> {
    let phone = form.limited(&names.phone, LINE_CHARS_MAX);
    let note = form.limited(&names.note, LINE_CHARS_MAX);
    if phone.is_empty() {
        return None;
    }
    if !is_dialable(&phone) {
        form.wrong(&names.phone, Problem::new("problem-phone"));
    }
    let answered = Answered::parse(form.text(&names.when));
    if answered.is_none() {
        form.wrong(&names.when, Problem::new("problem-answered"));
    }
    Some(OwnPhone {
        phone,
        kind: PhoneKind::parse(form.text(&names.kind)).unwrap_or_default(),
        answered: answered.unwrap_or_default(),
        note,
    })
}

/// What a contact is for, in words.
pub(crate) fn role_label(lang: Lang, value: &str) -> String {
    say(lang, &format!("contact-role-{value}"))
}

impl ListPage {
    const fn days(&self) -> i32 {
        VERIFY_DAYS
    }
}

fn not_found() -> Failure {
    Failure::new(&troubles::NOT_FOUND, "")
}
