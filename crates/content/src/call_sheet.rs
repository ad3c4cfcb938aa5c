//! The call sheet: whom to call now, in which order, under which number.

use sakimori_words::{Date, Instant, Lang, Prefecture, Text, VendorContract, jst_date, wareki};
use serde::{Deserialize, Serialize};

use crate::own_contacts::same_system;
use crate::{Calendar, Contact, ContactRole, DayKind, Line, LocalContact, OwnPhone, Validity};

/// One number on the sheet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallLine {
    /// The number as it is dialled.
    pub phone: String,
    /// When it is answered.
    pub label: Text,
    /// The days it holds, in words, e.g. `12月29日〜1月3日`.
    pub validity: Text,
    /// Whether it is the right one today.
    pub right_now: bool,
}

/// One contact on the sheet; its right number stands first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallEntry {
    /// The contact's id: `vendor-1`, `police`, `ministry`, or a local contact's own.
    pub id: String,
    /// What it is for.
    pub role: ContactRole,
    /// Its name.
    pub name: Text,
    /// What to say or ask.
    pub what: Text,
    /// What to do because no number is known; empty texts when one is, or none is needed.
    pub without_number: Text,
    /// A rule to keep when calling; empty texts when there is none.
    pub rule: Text,
    /// A page that gives the current number or form; empty when there is none.
    pub url: String,
    /// Whether it is reached by the form on that page: nobody is called, unless the institution entered a number.
    pub by_form: bool,
    /// Its numbers, the right one first. Empty: the institution has to enter one.
    pub lines: Vec<CallLine>,
    /// Whether the institution entered it itself.
    pub own: bool,
    /// The document it was taken from.
    pub source: String,
    /// The clause behind it.
    pub basis: String,
    /// What the person or firm does; empty for an office of the pack.
    #[serde(default)]
    pub duty: String,
    /// The systems it is responsible for.
    #[serde(default)]
    pub systems: Vec<String>,
    /// Whether one of them is affected: called before the others of its role.
    #[serde(default)]
    pub affected: bool,
    /// Who is called when nobody answers, in order.
    #[serde(default)]
    pub deputies: Vec<Deputy>,
    /// When the institution last asked whether it is right; `None` for an office of the pack, or when nobody ever asked.
    #[serde(default)]
    pub verified_on: Option<Date>,
}

/// Who is called when nobody answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deputy {
    /// The contact's id: it has an entry of its own.
    pub id: String,
    /// Name.
    pub name: String,
    /// What the person does.
    pub duty: String,
    /// Its number now, or the first one when none is answered now; `None` when no number is known.
    pub line: Option<CallLine>,
}

impl Deputy {
    /// Whether somebody answers now.
    #[must_use]
    pub fn answers_now(&self) -> bool {
        self.line.as_ref().is_some_and(|line| line.right_now)
    }
}

impl CallEntry {
    /// Whether a number is known that is answered now.
    #[must_use]
    pub fn answers_now(&self) -> bool {
        self.dial().is_some()
    }

    /// The number to dial now, if one is known.
    #[must_use]
    pub fn dial(&self) -> Option<&CallLine> {
        self.lines.iter().find(|line| line.right_now)
    }
}

/// Whom to call, in order, as of one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallSheet {
    /// The moment it is made for.
    pub at: Instant,
    /// What kind of day that is for offices.
    pub day: DayKind,
    /// Whether offices are open at that moment.
    pub offices_open: bool,
    /// The contacts in the order of calling.
    pub entries: Vec<CallEntry>,
}

impl CallSheet {
    /// The first entry of a role.
    #[must_use]
    pub fn first(&self, role: ContactRole) -> Option<&CallEntry> {
        self.entries.iter().find(|entry| entry.role == role)
    }
}

/// Name of the police headquarters of a prefecture (警察法: 東京都 has the 警視庁).
#[must_use]
pub fn police_headquarters(prefecture: Prefecture, lang: Lang) -> String {
    const TOKYO: u8 = 13;
    match (prefecture.code(), lang) {
        (TOKYO, Lang::Ja) => "警視庁".to_owned(),
        (TOKYO, Lang::En) => "Tokyo Metropolitan Police Department".to_owned(),
        (_, Lang::Ja) => format!("{}警察本部", prefecture.name(lang)),
        (_, Lang::En) => format!("{} Prefectural Police Headquarters", prefecture.name(lang)),
    }
}

/// What a sheet is made for and from.
pub(crate) struct SheetRequest<'a> {
    pub(crate) now: Instant,
    pub(crate) prefecture: Option<Prefecture>,
    pub(crate) vendors: &'a [VendorContract],
    pub(crate) local: &'a [LocalContact],
    /// Systems that are affected, by name: who is responsible for one is called first.
    pub(crate) affected: &'a [String],
}

/// Makes the sheet. Pure: the same arguments give the same sheet.
pub(crate) fn call_sheet(
    contacts: &[Contact],
    calendar: &Calendar,
    request: &SheetRequest<'_>,
) -> CallSheet {
    let day = jst_date(request.now);
    let contacts: Vec<&Contact> =
        contacts.iter().filter(|contact| contact.provenance.holds_on(day)).collect();
    let local: Vec<&LocalContact> =
        request.local.iter().filter(|own| own.is_valid_on(day)).collect();
    let own_vendor = local.iter().any(|own| own.role == ContactRole::Vendor);
    let mut entries = vendor_entries(&contacts, &local, calendar, request);
    for contact in &contacts {
        let replaced = local.iter().any(|own| own.stands_for(contact));
        let placeholder =
            contact.role == ContactRole::Vendor && (own_vendor || !request.vendors.is_empty());
        if !replaced && !placeholder {
            entries.push(office_entry(contact, calendar, request));
        }
    }
    for own in &local {
        match contacts.iter().find(|contact| own.replaces.as_ref() == Some(&contact.id)) {
            Some(contact) if own.stands_for(contact) => {
                let pack = office_entry(contact, calendar, request);
                entries.push(replacing_entry(own, pack, calendar, request));
            }
            // Without a number it would only hide the pack's.
            Some(_) => {}
            None => entries.push(own_entry(own, calendar, request)),
        }
    }
    for entry in &mut entries {
        entry.affected = entry.systems.iter().any(|own| is_affected(own, request));
    }
    // Stable: vendors stay in the order of their contracts, the institution's own contacts after the pack's.
    entries.sort_by_key(|entry| (entry.role, !entry.affected));
    CallSheet {
        at: request.now,
        day: calendar.day_kind(day),
        offices_open: calendar.in_office_hours(request.now),
        entries,
    }
}

/// The vendors of the institution, in the order of their contracts, with the instructions of the pack's vendor contact. One that
/// is also an own contact is listed as that: it has more numbers, and deputies.
fn vendor_entries(
    contacts: &[&Contact],
    local: &[&LocalContact],
    calendar: &Calendar,
    request: &SheetRequest<'_>,
) -> Vec<CallEntry> {
    let guide = contacts.iter().find(|contact| contact.role == ContactRole::Vendor);
    let mut entries = Vec::new();
    for (index, vendor) in request.vendors.iter().enumerate() {
        let known = |own: &&LocalContact| {
            own.role == ContactRole::Vendor
                && own.has_number()
                && own.name.trim() == vendor.name.trim()
        };
        if local.iter().any(known) {
            continue;
        }
        let own = LocalContact {
            id: format!("vendor-{}", index + 1),
            role: ContactRole::Vendor,
            name: vendor.name.clone(),
            phones: vec![OwnPhone::always(&*vendor.phone, "")],
            systems: vec![vendor.system.clone()],
            ..LocalContact::default()
        };
        let mut entry = match guide {
            Some(guide) => {
                let pack = office_entry(guide, calendar, request);
                replacing_entry(&own, pack, calendar, request)
            }
            None => own_entry(&own, calendar, request),
        };
        entry.name = Text::new(
            format!("{}（{}）", vendor.name, vendor.system),
            format!("{} ({})", vendor.name, vendor.system),
        );
        entries.push(entry);
    }
    entries
}

fn is_affected(system: &str, request: &SheetRequest<'_>) -> bool {
    request.affected.iter().any(|affected| same_system(affected, system))
}

/// The deputies of an own contact that are contacts today.
fn deputies(own: &LocalContact, calendar: &Calendar, request: &SheetRequest<'_>) -> Vec<Deputy> {
    let day = jst_date(request.now);
    let known = own.deputies.iter().filter_map(|id| {
        request.local.iter().find(|one| one.id == *id && one.id != own.id && one.is_valid_on(day))
    });
    known
        .map(|one| Deputy {
            id: one.id.clone(),
            name: one.name.clone(),
            duty: one.duty.clone(),
            line: one.lines(request.now, calendar).into_iter().next(),
        })
        .collect()
}

fn office_entry(contact: &Contact, calendar: &Calendar, request: &SheetRequest<'_>) -> CallEntry {
    let mut lines: Vec<CallLine> = contact
        .lines
        .iter()
        .map(|line| CallLine {
            phone: line.phone.clone(),
            label: line.label.clone(),
            validity: validity_words(line, contact, calendar),
            right_now: contact.is_right_line(line, request.now, calendar),
        })
        .collect();
    lines.sort_by_key(|line| !line.right_now);
    CallEntry {
        id: contact.id.clone(),
        role: contact.role,
        name: fill_place(&contact.name, request.prefecture),
        what: contact.what.clone(),
        without_number: if lines.is_empty() {
            contact.without_number.clone()
        } else {
            Text::default()
        },
        rule: contact.rule.clone(),
        url: contact.url.clone(),
        by_form: contact.by_form && lines.is_empty(),
        lines,
        own: false,
        source: contact.provenance.source.clone(),
        basis: contact.provenance.basis.clone(),
        duty: String::new(),
        systems: Vec::new(),
        affected: false,
        deputies: Vec::new(),
        verified_on: None,
    }
}

/// The pack's entry under the institution's own name and number; the pack's numbers stay below it.
fn replacing_entry(
    own: &LocalContact,
    pack: CallEntry,
    calendar: &Calendar,
    request: &SheetRequest<'_>,
) -> CallEntry {
    let mut entry = CallEntry { what: pack.what, ..own_entry(own, calendar, request) };
    for (text, space) in [(&mut entry.what.ja, ""), (&mut entry.what.en, " ")] {
        if !own.note.is_empty() {
            text.push_str(space);
            text.push_str(&own.note);
        }
    }
    entry.lines.extend(pack.lines);
    if entry.lines.is_empty() {
        entry.without_number = pack.without_number;
        entry.by_form = pack.by_form;
    }
    CallEntry { rule: pack.rule, url: pack.url, source: pack.source, basis: pack.basis, ..entry }
}

fn own_entry(own: &LocalContact, calendar: &Calendar, request: &SheetRequest<'_>) -> CallEntry {
    CallEntry {
        id: own.id.clone(),
        role: own.role,
        name: Text::new(&*own.name, &*own.name),
        what: Text::new(&*own.note, &*own.note),
        without_number: Text::default(),
        rule: Text::default(),
        url: String::new(),
        by_form: false,
        lines: own.lines(request.now, calendar),
        own: true,
        source: String::new(),
        basis: String::new(),
        duty: own.duty.clone(),
        systems: own.systems.iter().filter(|one| !one.trim().is_empty()).cloned().collect(),
        affected: false,
        deputies: deputies(own, calendar, request),
        verified_on: own.verified_on,
    }
}

fn fill_place(name: &Text, prefecture: Option<Prefecture>) -> Text {
    let fill = |text: &str, lang: Lang| {
        let (place, police) = match (prefecture, lang) {
            (Some(prefecture), _) => {
                (prefecture.name(lang).to_owned(), police_headquarters(prefecture, lang))
            }
            (None, Lang::Ja) => ("都道府県".to_owned(), "都道府県警察本部".to_owned()),
            (None, Lang::En) => {
                ("Your prefecture".to_owned(), "Your prefectural police headquarters".to_owned())
            }
        };
        text.replace("{prefecture}", &place).replace("{police}", &police)
    };
    Text { ja: fill(&name.ja, Lang::Ja), en: fill(&name.en, Lang::En) }
}

/// When a line holds, in words that stay true all year.
fn validity_words(line: &Line, contact: &Contact, calendar: &Calendar) -> Text {
    match &line.validity {
        Validity::Always => Text::new("通年", "all year"),
        Validity::Period { period } => period_words(calendar, period),
        Validity::Weekdays { opens_minute, closes_minute } => {
            let (opens, closes) = (clock(*opens_minute), clock(*closes_minute));
            Text::new(
                format!("平日 {opens}〜{closes}（祝日・年末年始を除く）"),
                format!("working days {opens} to {closes}"),
            )
        }
        Validity::Dates { from, to } => {
            Text::new(format!("{}〜{}", wareki(*from), wareki(*to)), format!("{from} to {to}"))
        }
        Validity::Normal => {
            let special: Vec<Text> = contact
                .lines
                .iter()
                .filter(|other| other.validity.is_special())
                .map(|other| validity_words(other, contact, calendar))
                .collect();
            let ja: Vec<&str> = special.iter().map(|text| text.ja.as_str()).collect();
            let en: Vec<&str> = special.iter().map(|text| text.en.as_str()).collect();
            if special.is_empty() {
                return Text::new("通年", "all year");
            }
            Text::new(format!("{}を除く", ja.join("、")), format!("except {}", en.join(", ")))
        }
    }
}

/// `9:00` for 540 minutes since midnight.
fn clock(minute: i64) -> String {
    format!("{}:{:02}", minute / 60, minute % 60)
}

fn period_words(calendar: &Calendar, id: &str) -> Text {
    let Some(period) = calendar.period(id) else { return Text::default() };
    let ([first_month, first_day], [last_month, last_day]) = (period.first, period.last);
    Text::new(
        format!("{first_month}月{first_day}日〜{last_month}月{last_day}日"),
        format!("{first_month:02}-{first_day:02} to {last_month:02}-{last_day:02}"),
    )
}
