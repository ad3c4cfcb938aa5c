//! Reminders by mail, for those who have no node to be reminded on.

use sakimori_mail::{Addressee, Matter, Run};
use sakimori_register::Facility;
use sakimori_warn::{Reminders, Warning};
use sakimori_web::reminded_by_mail;
use sakimori_words::{Date, OrganisationId, Trouble, jst_date};

use super::{CHUNK, Mailing, addressee};

impl Mailing {
    /// Queues the letters of the newest reminder of a warning; of several that went out while no mail did, the others are past.
    ///
    /// What was reminded is read from the desk, so that a reminder of a life that ended badly is not lost.
    pub(super) async fn queue_reminder(
        &mut self,
        warning: &Warning,
        of_warning: &Matter,
    ) -> Result<(), Trouble> {
        let chased = self.house.warnings.chased(warning).await.map_err(|error| error.trouble())?;
        let Some(reminders) = chased.reminders.last() else { return Ok(()) };
        let n_reminders = u32::try_from(chased.reminders.len()).unwrap_or(u32::MAX);
        let matter = of_warning.reminder(n_reminders);
        if self.done.contains(&matter) {
            return Ok(());
        }
        if !self.room.run(&matter).await.map_err(|error| error.trouble())?.done {
            self.queue_to_silent(warning, &matter, reminders).await?;
        }
        self.done.insert(matter);
        Ok(())
    }

    async fn queue_to_silent(
        &self,
        warning: &Warning,
        matter: &Matter,
        reminders: &Reminders,
    ) -> Result<(), Trouble> {
        let silent = self.house.warnings.silent(warning).await.map_err(|error| error.trouble())?;
        let (room, register) = (self.room.as_ref(), self.house.register.as_ref());
        let reminded = reminded_by_mail(room, register, warning, &silent.members).await?;
        for some in reminded.chunks(CHUNK) {
            let addressed = self.addressed(some, reminders).await?;
            let run = Run::default();
            room.queue(matter, &addressed, &run).await.map_err(|error| error.trouble())?;
        }
        let done = Run { after: None, done: true };
        room.queue(matter, &[], &done).await.map_err(|error| error.trouble())
    }

    async fn addressed(
        &self,
        organisations: &[OrganisationId],
        reminders: &Reminders,
    ) -> Result<Vec<Addressee>, Trouble> {
        let day = jst_date(reminders.at);
        let mut addressed = vec![];
        for id in organisations {
            let entry = self.house.register.entry_of(id).await.map_err(|error| error.trouble())?;
            let Some(entry) = entry.filter(Facility::is_open) else { continue };
            let own = addressee(&entry, false);
            if let Some(own) = &own
                && reminders.deputies
            {
                addressed.extend(people(&entry, own, day));
            }
            addressed.extend(own);
        }
        Ok(addressed)
    }
}

/// The people of an entry who have an address of their own: whoever is in charge, and the deputies.
fn people(entry: &Facility, own: &Addressee, day: Date) -> Vec<Addressee> {
    let mut people: Vec<Addressee> = vec![];
    for person in entry.contacts.people.iter().filter(|person| person.is_valid_on(day)) {
        let address = person.email.trim();
        let mut known = std::iter::once(own).chain(&people);
        let is_known = known.any(|one| one.address.eq_ignore_ascii_case(address));
        if !address.is_empty() && !is_known {
            people.push(Addressee {
                person: person.name.clone(),
                address: address.to_owned(),
                ..own.clone()
            });
        }
    }
    people
}
