//! Explaining an access: the first reason of care or work for which this person may have opened this record at this time.

use sakimori_words::{Instant, Text};
use serde::{Deserialize, Serialize};

use super::context::{Contact, Context, Employment, PatientFile};
use super::lists::{ListKind, Scope};
use super::settings::ReviewSettings;

const DAY: i64 = 86_400;

/// Why an access is explained.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Explanation {
    /// The patient lies or lay on the person's ward or under their department.
    Stay,
    /// An appointment or visit at the person's department, or with them by name.
    Visit,
    /// An order that the person's department carries out, or that they gave.
    Order,
    /// A referral to the person's department.
    Referral,
    /// The person was on duty for the house while the patient was in it.
    OnCall,
    /// The person works for every ward, and the patient was in the house.
    House,
    /// Claims and records after a visit or a stay.
    Administrative,
}

impl Explanation {
    /// Every explanation, in the order of the report.
    pub const ALL: [Self; 7] = [
        Self::Stay,
        Self::Visit,
        Self::Order,
        Self::Referral,
        Self::OnCall,
        Self::House,
        Self::Administrative,
    ];

    /// The explanation as machines read it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Stay => "stay",
            Self::Visit => "visit",
            Self::Order => "order",
            Self::Referral => "referral",
            Self::OnCall => "on_call",
            Self::House => "house",
            Self::Administrative => "administrative",
        }
    }

    /// The explanation in words.
    #[must_use]
    pub fn label(self) -> Text {
        match self {
            Self::Stay => Text::new("自部署の入院患者", "inpatient of the own ward or department"),
            Self::Visit => Text::new("自部署の予約・受診", "visit to the own department"),
            Self::Order => Text::new("オーダの依頼・実施", "order given or carried out"),
            Self::Referral => Text::new("院内紹介・コンサルト", "referral to the own department"),
            Self::OnCall => Text::new("当直・応援中の在院患者", "on duty while the patient was in"),
            Self::House => Text::new("全院担当で患者が在院", "works for all wards, patient was in"),
            Self::Administrative => Text::new("受診後の請求・記録事務", "claims or records work"),
        }
    }
}

/// Why this account may have opened this patient's record at that time; `None` when nothing known accounts for it.
///
/// `user` and `patient` are keys ([`super::user_key`], [`super::patient_key`]).
#[must_use]
pub fn explain(
    context: &Context,
    settings: &ReviewSettings,
    user: &str,
    patient: &str,
    at: Instant,
) -> Option<Explanation> {
    let file = context.patient(patient)?;
    let person = Person::at(context, settings, user, at)?;
    let by_care = file.contacts.iter().find_map(|contact| person.treats(settings, contact, at));
    by_care.or_else(|| person.serves(settings, file, at))
}

/// The holder of an account at one moment.
struct Person<'c> {
    user: &'c str,
    departments: Vec<&'c str>,
    on_call: bool,
    house: bool,
    administrative: bool,
}

impl<'c> Person<'c> {
    /// `None` for an account that no list knows at that time: nothing explains what it does.
    fn at(
        context: &'c Context,
        settings: &ReviewSettings,
        user: &'c str,
        at: Instant,
    ) -> Option<Self> {
        let mut employed = context.employed(user, at).peekable();
        employed.peek()?;
        let (mut departments, mut house, mut administrative) = (Vec::new(), false, false);
        for row in employed {
            departments.extend(row.departments.iter().map(String::as_str));
            house |= row.scope == Scope::House;
            administrative |= row.scope == Scope::Administrative;
        }
        let mut on_call = false;
        for duty in context.duties(user, at, settings.duty_slack_minutes * 60) {
            // A duty in a place is work there; one without is for the whole house.
            on_call |= duty.departments.is_empty();
            departments.extend(duty.departments.iter().map(String::as_str));
        }
        Some(Self { user, departments, on_call, house, administrative })
    }

    fn treats(
        &self,
        settings: &ReviewSettings,
        contact: &Contact,
        at: Instant,
    ) -> Option<Explanation> {
        let (explanation, before, after) = window(settings, contact.kind)?;
        let in_time = contact.span.holds(at, before * DAY, after * DAY);
        (in_time && self.is_among(contact)).then_some(explanation)
    }

    fn is_among(&self, contact: &Contact) -> bool {
        contact.users.iter().any(|user| user == self.user)
            || contact.departments.iter().any(|own| self.departments.contains(&own.as_str()))
    }

    /// Work for patients of other departments.
    fn serves(
        &self,
        settings: &ReviewSettings,
        file: &PatientFile,
        at: Instant,
    ) -> Option<Explanation> {
        if self.on_call && in_the_house(file, at) {
            return Some(Explanation::OnCall);
        }
        if self.house && in_the_house(file, at) {
            return Some(Explanation::House);
        }
        let billed = |contact: &Contact| {
            let before = settings.visit_before_days * DAY;
            contact.span.holds(at, before, settings.billing_after_days * DAY)
        };
        let explained = self.administrative && file.contacts.iter().any(billed);
        explained.then_some(Explanation::Administrative)
    }
}

/// What a contact explains, and how many days before and after it.
const fn window(settings: &ReviewSettings, kind: ListKind) -> Option<(Explanation, i64, i64)> {
    match kind {
        ListKind::Stays => {
            Some((Explanation::Stay, settings.stay_before_days, settings.stay_after_days))
        }
        ListKind::Visits => {
            Some((Explanation::Visit, settings.visit_before_days, settings.visit_after_days))
        }
        ListKind::Orders => {
            Some((Explanation::Order, settings.order_before_days, settings.order_after_days))
        }
        ListKind::Referrals => Some((Explanation::Referral, 0, settings.referral_after_days)),
        ListKind::Staff | ListKind::Duties | ListKind::Patients | ListKind::Marks => None,
    }
}

/// Whether the patient was admitted or visited within a day of that moment.
fn in_the_house(file: &PatientFile, at: Instant) -> bool {
    let present = |contact: &&Contact| matches!(contact.kind, ListKind::Stays | ListKind::Visits);
    file.contacts.iter().filter(present).any(|contact| contact.span.holds(at, DAY, DAY))
}

/// Whether the patient had any business with the hospital around that moment.
pub(super) fn has_contact(file: Option<&PatientFile>, at: Instant, days: i64) -> bool {
    let near = |contact: &Contact| contact.span.holds(at, days * DAY, days * DAY);
    file.is_some_and(|file| file.contacts.iter().any(near))
}

/// The first department and the role of an account, for showing and comparing with peers.
pub(super) fn place_of(employment: Option<&Employment>) -> (String, String) {
    employment.map_or_else(Default::default, |row| {
        (row.role.clone(), row.departments.first().cloned().unwrap_or_default())
    })
}
