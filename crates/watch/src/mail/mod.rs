//! Suspicious mail: reads a mail that staff handed in, names the signs of an attack in it, and words the answer to them.
//!
//! [`examine`] is pure: bytes in, [`Examined`] out. Nothing is fetched, unpacked to disk or opened; what cannot be known
//! without asking the network is said to be unknown ([`Examined::unknown`]). Finding nothing never means that a mail is safe,
//! and no text here says so. [`MailDesk`] keeps what was handed in.

mod addresses;
mod answer;
mod attachments;
mod desk;
mod domains;
mod judge;
mod letter;
mod links;
mod outlook;
mod packed;
mod passes;
mod signs;

use std::collections::BTreeSet;

use sakimori_words::{Digest, Text};
use serde::{Deserialize, Serialize};

pub use self::addresses::{Address, House};
pub use self::answer::{Answer, answer, answer_mail};
pub use self::attachments::{Attachment, AttachmentKind};
pub use self::desk::{
    HandedIn, Handing, MAIL_SOURCE, MailDesk, MailDeskError, MailShelf, NAMES_MAX, NoShelf, Via,
};
pub use self::links::{Link, LinkOddity};
pub use self::passes::{Pass, Passes};
pub use self::signs::{Sign, SignKind, Weight};

/// Largest mail that is examined, in bytes. One event of the log store holds 16 MiB; mail gateways mostly stop at 10.
pub const MAIL_BYTES_MAX: usize = 15 << 20;

/// Mails inside mails that are followed.
const DEPTH_MAX: usize = 3;

/// Mails examined in one file.
const LETTERS_MAX: usize = 8;

/// Hops, links and attachments that are kept of one mail; more are counted in [`Examined::left_out`].
const HOPS_MAX: usize = 30;
const LINKS_MAX: usize = 100;
const ATTACHMENTS_MAX: usize = 50;

/// Names kept of what all archives of a mail hold.
const HELD_NAMES_MAX: usize = 300;

/// What was found in a mail.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Examined {
    /// What it comes to.
    pub verdict: Verdict,
    /// Why, the heaviest first.
    pub signs: Vec<Sign>,
    /// What could not be known.
    pub unknown: Vec<Text>,
    /// SHA-256 of the bytes handed in.
    pub digest: Digest,
    /// Their number.
    pub bytes: u64,
    /// Who forwarded it, when the suspicious mail came inside another one.
    pub forwarded_by: Option<Address>,
    /// The id of the mail it was forwarded in, without brackets.
    pub forwarded_in: String,
    /// Whether a machine wrote the mail it was forwarded in; machines get no answer, so that two never answer each other.
    pub forwarded_by_machine: bool,
    /// The sender it shows.
    pub from: Vec<Address>,
    /// Where answers would go, when that is said.
    pub reply_to: Vec<Address>,
    /// The envelope's sender as the last machine wrote it.
    pub return_path: String,
    /// Whom it is addressed to.
    pub to: Vec<Address>,
    /// Subject.
    pub subject: String,
    /// Its id, without brackets.
    pub message_id: String,
    /// When it was written by its own account.
    pub date: String,
    /// The machines that say they carried it, the last one first.
    pub hops: Vec<Hop>,
    /// What the receiving machine wrote about SPF, DKIM and DMARC.
    pub passes: Option<Passes>,
    /// Domains that say they signed it. Not verified again here.
    pub signed_by: Vec<String>,
    /// Where it leads to.
    pub links: Vec<Link>,
    /// What it carries.
    pub attachments: Vec<Attachment>,
    /// Hops, links and attachments beyond the limits.
    pub left_out: usize,
}

impl Examined {
    /// The address it shows as sender; empty when there is none.
    #[must_use]
    pub fn sender(&self) -> &str {
        self.from.first().map_or("", |from| from.address.as_str())
    }
}

/// What the signs come to. There is no "safe": that cannot be seen from a mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Nothing of what is looked for was found.
    NothingFound,
    /// Something that honest mail seldom has.
    Suspicious,
    /// Something that honest mail does not have, or several things that it seldom has.
    Dangerous,
}

impl Verdict {
    /// The verdict as exported records name it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NothingFound => "nothing_found",
            Self::Suspicious => "suspicious",
            Self::Dangerous => "dangerous",
        }
    }

    /// The verdict in words.
    #[must_use]
    pub fn words(self) -> Text {
        match self {
            Self::NothingFound => Text::new("不審な点は見つかりませんでした", "nothing was found"),
            Self::Suspicious => Text::new("不審", "suspicious"),
            Self::Dangerous => Text::new("危険", "dangerous"),
        }
    }
}

/// One machine that says it carried the mail. Only those written by one's own machines can be relied on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hop {
    /// Where it says it got the mail from.
    pub from: String,
    /// The address it saw.
    pub ip: String,
    /// Its own name.
    pub by: String,
    /// When, by its own clock.
    pub at: String,
}

/// Why bytes could not be examined as a mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotMail {
    /// There are none.
    #[error("there is nothing in it")]
    Empty,
    /// There are too many.
    #[error("it has {bytes} bytes, more than {MAIL_BYTES_MAX}")]
    TooLarge {
        /// How many.
        bytes: usize,
    },
    /// They are neither a mail as sent (.eml) nor one that Outlook saved (.msg).
    #[error("it is neither an .eml nor a .msg file")]
    Unknown,
}

impl NotMail {
    /// The error as a person sees it.
    #[must_use]
    pub fn trouble(&self) -> sakimori_words::Trouble {
        let kind = match self {
            Self::TooLarge { .. } => &crate::troubles::MAIL_TOO_LARGE,
            Self::Empty | Self::Unknown => &crate::troubles::NOT_MAIL,
        };
        sakimori_words::Trouble::because(kind, self)
    }
}

/// Examines a mail file. Pure: asks no network and no clock.
///
/// A mail that holds another one (forwarded as an attachment) is examined with it. The inner one is shown as the mail in
/// question when the outer one comes from the house itself or says nothing else; the signs of both count.
///
/// # Errors
/// [`NotMail`] when the bytes are no mail at all. A damaged mail is a mail.
pub fn examine(bytes: &[u8], house: &House) -> Result<Examined, NotMail> {
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(NotMail::Empty);
    }
    if bytes.len() > MAIL_BYTES_MAX {
        return Err(NotMail::TooLarge { bytes: bytes.len() });
    }
    let letters = letter::read(bytes).ok_or(NotMail::Unknown)?;
    let asked = letter_in_question(&letters, house);
    let mut signs = Vec::new();
    let mut unknown = BTreeSet::new();
    for (at, letter) in letters.iter().enumerate() {
        signs.extend(judge::signs(letter, house));
        let texts = judge::unknown(letter, at == asked);
        unknown.extend(texts.into_iter().map(|text| (text.ja, text.en)));
    }
    let signs = signs::sorted(signs);
    let Some(letter) = letters.get(asked) else { return Err(NotMail::Unknown) };
    let outer = letters.first().filter(|_| asked > 0);
    let kept_links: Vec<Link> = letters.iter().flat_map(|letter| letter.links.clone()).collect();
    let kept_attachments: Vec<Attachment> =
        letters.iter().flat_map(|letter| letter.attachments.clone()).collect();
    let over = |length: usize, limit: usize| length.saturating_sub(limit);
    let left_out = over(letter.hops.len(), HOPS_MAX)
        + over(kept_links.len(), LINKS_MAX)
        + over(kept_attachments.len(), ATTACHMENTS_MAX);
    Ok(Examined {
        verdict: signs::verdict(&signs),
        signs,
        unknown: unknown.into_iter().map(|(ja, en)| Text { ja, en }).collect(),
        digest: Digest::of(bytes),
        bytes: bytes.len() as u64,
        forwarded_by: outer.and_then(|outer| outer.from.first().cloned()),
        forwarded_in: outer.map(|outer| outer.message_id.clone()).unwrap_or_default(),
        forwarded_by_machine: outer.is_some_and(|outer| outer.by_machine),
        from: letter.from.clone(),
        reply_to: letter.reply_to.clone(),
        return_path: letter.return_path.clone(),
        to: letter.to.clone(),
        subject: letter.subject.clone(),
        message_id: letter.message_id.clone(),
        date: letter.date.clone(),
        hops: letter.hops.iter().take(HOPS_MAX).cloned().collect(),
        passes: letter.passes.clone(),
        signed_by: letter.signed_by.clone(),
        links: kept_links.into_iter().take(LINKS_MAX).collect(),
        attachments: kept(kept_attachments),
        left_out,
    })
}

/// Attachments up to the limits; the names that archives hold are cut together.
fn kept(attachments: Vec<Attachment>) -> Vec<Attachment> {
    let mut left = HELD_NAMES_MAX;
    let mut kept: Vec<Attachment> = attachments.into_iter().take(ATTACHMENTS_MAX).collect();
    for attachment in &mut kept {
        let n_names = attachment.holds.len().min(left);
        attachment.holds_more += attachment.holds.len() - n_names;
        attachment.holds.truncate(n_names);
        left -= n_names;
    }
    kept
}

/// Which mail of a forwarded bundle people ask about: the first one that did not come from the house itself.
///
/// Attackers put mails into mails too, so an outer mail of a stranger stays the one in question.
fn letter_in_question(letters: &[letter::Letter], house: &House) -> usize {
    let is_cover = |letter: &letter::Letter| {
        letter.holds_mail
            && match letter.from.first() {
                Some(from) => house.is_own(&from.address),
                None => true,
            }
    };
    let covers = letters.iter().take_while(|letter| is_cover(letter)).count();
    // Without the house's domains every sender is a stranger: then a cover that carries nothing but a mail is one.
    let bare = covers == 0
        && house.own_domains.is_empty()
        && letters.first().is_some_and(letter::Letter::is_bare_cover);
    if bare {
        1.min(letters.len().saturating_sub(1))
    } else {
        covers.min(letters.len().saturating_sub(1))
    }
}

/// Reads any bytes as a mail.
pub fn fuzz_mail(bytes: &[u8]) {
    let house = House {
        own_domains: vec!["midori-hp.example".to_owned()],
        partners: vec!["sakura-lab.example".to_owned()],
        people: vec!["院長".to_owned()],
        phone: "1234".to_owned(),
    };
    if let Ok(examined) = examine(bytes, &house) {
        let answer = answer(&examined, &house);
        let _ = answer_mail(&examined, &answer, &house);
    }
}

#[cfg(test)]
mod tests;
