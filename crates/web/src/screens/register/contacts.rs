//! Fields for the contacts of an institution: the same at the office and in the portal.

use sakimori_content::{Answered, ContactRole, LocalContact, OwnPhone};
use sakimori_register::{Contacts, read_mail, read_phone};
use sakimori_words::Text;

use crate::form::{Form, Problem};

/// Longest name or number, in characters.
const LINE_CHARS_MAX: usize = 200;
/// The person in charge and the first deputy, by the beginning of their fields.
const PEOPLE: [&str; 2] = ["reg-person", "reg-deputy"];

/// Fills the form with what is known.
pub(in crate::screens) fn lay_in(form: &mut Form, contacts: &Contacts) {
    form.set("reg-mail", &contacts.mail);
    form.set("reg-telephone", &contacts.telephone);
    form.set("reg-fax", &contacts.fax);
    for (person, field) in contacts.people.iter().zip(PEOPLE) {
        form.set(field, &person.name);
        form.set(&format!("{field}-phone"), person.first_phone());
        let answered = person.phones.first().map(|own| own.answered.words().ja);
        form.set(&format!("{field}-hours"), answered.unwrap_or_default());
        form.set(&format!("{field}-mail"), &person.email);
    }
}

/// The contacts as the form says; what it has no fields for stays as it was. Problems are noted in the form.
pub(in crate::screens) fn read(form: &mut Form, known: &Contacts) -> Contacts {
    let mut people: Vec<LocalContact> = vec![];
    for (n, field) in PEOPLE.into_iter().enumerate() {
        let before = known.people.get(n).cloned();
        people.extend(person(form, field, n, before));
    }
    people.extend(known.people.iter().skip(PEOPLE.len()).cloned());
    Contacts {
        mail: typed(form, "reg-mail", read_mail),
        telephone: typed(form, "reg-telephone", read_phone),
        fax: typed(form, "reg-fax", read_phone),
        people,
    }
}

/// What a field holds, read as lists are read; what cannot be read is noted.
fn typed(form: &mut Form, field: &str, read: fn(&str) -> Result<String, Text>) -> String {
    let text = form.limited(field, LINE_CHARS_MAX);
    if text.is_empty() {
        return text;
    }
    read(&text).unwrap_or_else(|why| {
        form.wrong(field, Problem::said(why));
        text
    })
}

/// A person; `None` when no name is typed.
fn person(
    form: &mut Form,
    field: &str,
    n: usize,
    before: Option<LocalContact>,
) -> Option<LocalContact> {
    let name = form.limited(field, LINE_CHARS_MAX);
    let phone = typed(form, &format!("{field}-phone"), read_phone);
    let hours = form.limited(&format!("{field}-hours"), LINE_CHARS_MAX);
    let email = typed(form, &format!("{field}-mail"), read_mail);
    let answered = Answered::parse(&hours);
    if answered.is_none() {
        form.wrong(&format!("{field}-hours"), Problem::new("problem-register-hours"));
    }
    if name.is_empty() {
        // A number without a name would be lost without a word.
        if [&phone, &hours, &email].into_iter().any(|typed| !typed.is_empty()) {
            form.wrong(field, Problem::new("problem-required"));
        }
        return None;
    }
    // A new name is a new person, of whom nothing is known yet.
    let known = before.filter(|before| before.name == name).unwrap_or_else(|| LocalContact {
        id: format!("p{}", n + 1),
        role: ContactRole::Staff,
        ..LocalContact::default()
    });
    let first = OwnPhone { phone, answered: answered.unwrap_or_default(), ..OwnPhone::default() };
    let others = known.phones.iter().skip(1).cloned();
    let phones = std::iter::once(first).chain(others).filter(|own| !own.phone.is_empty()).collect();
    Some(LocalContact { name, email, phones, ..known })
}
