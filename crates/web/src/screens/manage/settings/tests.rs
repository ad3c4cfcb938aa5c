use sakimori_content::Content;

use super::read_contacts;
use crate::form::Form;

/// What each contact takes the place of, from rows of role, name and telephone.
fn replaced(rows: &[[&str; 3]]) -> Vec<Option<String>> {
    let mut form = Form::new();
    for [role, name, phone] in rows {
        form.add("contact-role", role);
        form.add("contact-name", name);
        form.add("contact-phone", phone);
        form.add("contact-hours", "");
    }
    let contacts = read_contacts(&mut form, &Content::embedded().unwrap());
    contacts.into_iter().map(|contact| contact.replaces).collect()
}

#[test]
fn the_first_own_contact_of_an_office_takes_its_place_and_an_insurer_nobodys() {
    let rows = [
        ["police", "サイバー犯罪対策課", "06-0000-0110"],
        ["police", "最寄りの警察署", "06-0000-0111"],
        ["other", "サイバー保険", "0120-000-000"],
        ["ceptoar", "大阪府医師会", "06-0000-0222"],
    ];
    assert_eq!(replaced(&rows), [Some("police".to_owned()), None, None, None]);
}
