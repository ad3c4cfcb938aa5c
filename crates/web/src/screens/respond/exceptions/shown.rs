//! How an exception is shown: its scope in words, its owner by name, its standing as a pill.

use std::collections::BTreeMap;

use sakimori_identity::Person;
use sakimori_watch::{Exception, Listed, Scope, Standing};
use sakimori_words::{Date, Instant, Involved, PersonId, jst_date};

use crate::failure::Failure;
use crate::form::{Form, Problem};
use crate::frame::{Choice, Frame};
use crate::site::Site;

/// Everybody with an account, by id.
pub(super) type People = BTreeMap<PersonId, Person>;

pub(super) async fn people(site: &Site) -> Result<People, Failure> {
    let people = site.identity.people().await?;
    Ok(people.into_iter().map(|person| (person.id.clone(), person)).collect())
}

/// Who can answer for an exception.
pub(super) fn owners(people: &People) -> Vec<Choice> {
    let active = people.values().filter(|person| person.active);
    active.map(|person| Choice::new(&person.id, person.display_name.as_str())).collect()
}

pub(super) fn name_of(people: &People, id: &PersonId) -> String {
    people.get(id).map_or_else(|| id.to_string(), |person| person.display_name.clone())
}

/// An exception in a list.
pub(super) struct Row {
    pub(super) id: String,
    pub(super) title: String,
    pub(super) standing: String,
    pub(super) standing_class: &'static str,
    pub(super) scope: String,
    pub(super) reason: String,
    pub(super) owner: String,
    /// Nobody answers for it any more.
    pub(super) orphan: bool,
    pub(super) expires_at: Instant,
    /// Whether the time left is of interest.
    pub(super) counts: bool,
    pub(super) findings: u64,
    pub(super) last_at: Option<Instant>,
}

impl Row {
    pub(super) fn of(frame: &Frame, people: &People, listed: &Listed) -> Self {
        let Listed { exception, held } = listed;
        let standing = exception.standing(frame.now);
        let (word, standing_class) = standing_words(standing);
        let values = scope_values(frame, exception).into_iter();
        let values = values.map(|(label, value)| format!("{label}: {value}"));
        Self {
            id: exception.id.to_string(),
            title: exception.title.get(frame.lang).to_owned(),
            standing: frame.t(word),
            standing_class,
            scope: values.collect::<Vec<_>>().join(" · "),
            reason: exception.term.reason.clone(),
            owner: name_of(people, &exception.term.owner),
            orphan: is_orphan(people, exception) && exception.is_active(frame.now),
            expires_at: exception.term.expires_at,
            counts: matches!(standing, Standing::Active | Standing::Expiring),
            findings: held.findings,
            last_at: held.last_at,
        }
    }
}

/// Whether its owner has no working account any more.
pub(super) fn is_orphan(people: &People, exception: &Exception) -> bool {
    !people.get(&exception.term.owner).is_some_and(|person| person.active)
}

pub(super) const fn standing_words(standing: Standing) -> (&'static str, &'static str) {
    match standing {
        Standing::Expiring => ("exception-expiring", "look"),
        Standing::Active => ("exception-active", "good"),
        Standing::Expired => ("exception-expired", ""),
        Standing::Withdrawn => ("exception-withdrawn", ""),
    }
}

/// What the exception covers, a label and a value each.
pub(super) fn scope_values(frame: &Frame, exception: &Exception) -> Vec<(String, String)> {
    let Scope { rule, host, user, source, involved } = &exception.scope;
    let rule = if rule.is_empty() {
        frame.t("exception-any-rule")
    } else {
        format!("{} ({rule})", exception.title.get(frame.lang))
    };
    let mut values = vec![("finding-rule", rule)];
    values.extend(
        [("finding-host", host), ("finding-user", user), ("finding-source", source)]
            .map(|(word, value)| (word, value.clone())),
    );
    values.extend(involved.iter().map(|one| (involved_word(one), one.to_string())));
    let said = values.into_iter().filter(|(_, value)| !value.is_empty());
    let mut said: Vec<(String, String)> =
        said.map(|(word, value)| (frame.t(word), value)).collect();
    if !exception.scope.names_somebody() {
        said.push((frame.t("exception-whoever"), frame.t("exception-whoever-all")));
    }
    said
}

pub(super) const fn involved_word(one: &Involved) -> &'static str {
    match one {
        Involved::Machine(_) => "exception-machine",
        Involved::Account(_) => "exception-account",
        Involved::Address(_) => "exception-address",
    }
}

/// The day after which it ends, as it is typed.
pub(super) fn day_in(now: Instant, days: i64) -> String {
    jst_date(now.plus_days(days)).to_string()
}

/// The end of the day that was typed; notes a problem otherwise.
pub(super) fn until(form: &mut Form) -> Option<Instant> {
    let day = form.date("exception-until");
    if day.is_none() && form.problem("exception-until").is_none() {
        form.wrong("exception-until", Problem::new("problem-required"));
    }
    day.and_then(end_of)
}

fn end_of(day: Date) -> Option<Instant> {
    Some(Instant::from_jst(day.tomorrow().ok()?.at(0, 0, 0, 0)))
}

/// The person who was chosen to answer for it; notes a problem otherwise.
pub(super) fn owner(form: &mut Form, people: &People) -> PersonId {
    let owner = PersonId::from(form.text("exception-owner"));
    if !people.get(&owner).is_some_and(|person| person.active) {
        form.wrong("exception-owner", Problem::new("problem-choice"));
    }
    owner
}
