//! Whom a reminder reaches by mail: the same for the number on the screen and for the letters.

use sakimori_mail::{Letter, LetterState, Mailroom};
use sakimori_register::Register;
use sakimori_warn::Warning;
use sakimori_words::{Instant, OrganisationId, Tlp, Trouble};

use super::matter_of;

/// Letters looked up at a time.
const CHUNK: usize = 1_000;

/// Whether a warning goes by mail: released since mail is on, and not TLP:RED, which names its readers and no mail server.
#[must_use]
pub fn is_mailed(warning: &Warning, since_at: Instant) -> bool {
    warning.released_at >= since_at && warning.content.tlp != Tlp::Red
}

/// Those among `members` to whom a reminder of `warning` goes by mail, in their order.
///
/// They are those to whom its own letter was sent, or whose address was corrected since that letter failed. A letter that still waits is
/// not overtaken by its reminder.
///
/// # Errors
/// When letters or register cannot be read.
pub async fn reminded_by_mail(
    room: &Mailroom,
    register: &Register,
    warning: &Warning,
    members: &[OrganisationId],
) -> Result<Vec<OrganisationId>, Trouble> {
    let since_at = room.on_since().await.map_err(|error| error.trouble())?;
    if !since_at.is_some_and(|since_at| is_mailed(warning, since_at)) {
        return Ok(vec![]);
    }
    let matter = matter_of(warning);
    let mut reminded = vec![];
    for some in members.chunks(CHUNK) {
        let ids: Vec<&OrganisationId> = some.iter().collect();
        let letters = room.letters(&matter, &ids).await.map_err(|error| error.trouble())?;
        for letter in letters.into_iter().flatten() {
            if is_reminded(register, &letter).await? {
                reminded.push(letter.organisation);
            }
        }
    }
    Ok(reminded)
}

async fn is_reminded(register: &Register, letter: &Letter) -> Result<bool, Trouble> {
    match letter.state {
        LetterState::Sent { .. } => Ok(true),
        LetterState::Waiting { .. } | LetterState::Superseded { .. } => Ok(false),
        LetterState::Returned { .. }
        | LetterState::GivenUp { .. }
        | LetterState::Skipped { .. } => {
            let entry = register.entry_of(&letter.organisation).await;
            let entry = entry.map_err(|error| error.trouble())?;
            let address = entry.map(|entry| entry.contacts.mail).unwrap_or_default();
            let address = address.trim();
            Ok(!address.is_empty() && !address.eq_ignore_ascii_case(letter.address.trim()))
        }
    }
}
