//! Mail of an office: what was released becomes letters, and so do its reminders; letters go to the relay at an even pace, returned mail is taken in.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sakimori_mail::{
    Addressee, DkimKeys, HandOver, LINK_DAYS, Letter, MailError, MailSecret, Mailroom, Matter,
    Obstacle, Outcome, Relay, RelaySettings, Run, Security, Sender, SmtpRelay, Writing, compose,
};
use sakimori_register::{Asked, Facility, Way};
use sakimori_warn::{MemberWarning, Stage, Warning, WarningKey};
use sakimori_web::ports::MailFacts;
use sakimori_web::{Addressing, Answering, is_mailed, letter_by_mail, matter_of};
use sakimori_words::{Chance, Clock, Instant, OrganisationId, Trouble};
use zeroize::Zeroizing;

use super::House;
use super::returned_mail::ReturnedFolder;
use crate::files;
use crate::keys::Keys;
use crate::settings::{MailSecurity, MailSettings, Settings};

mod reminding;

/// How long to wait when nothing is due.
const IDLE: Duration = Duration::from_secs(2);

/// How often it is looked for released warnings, at most.
const LOOK_EVERY_SECONDS: i64 = 5;

/// Entries of the register looked through in one commit.
const CHUNK: usize = 500;

/// Letters looked up at a time.
const DUE_AT_ONCE: usize = 50;

/// Pauses after the relay could not be reached: doubled from the first up to the last, in seconds.
const PAUSE_SECONDS: [u64; 2] = [15, 900];

/// A password or a PEM file has no more bytes than this.
const FILE_BYTES_MAX: u64 = 1 << 20;

/// Why the relay takes nothing, while it takes nothing; shown on the office's screen.
pub(crate) type RelayTrouble = Arc<Mutex<Option<Trouble>>>;

/// The key of links and return paths.
pub(crate) fn secret(data: &Path, chance: &dyn Chance) -> Result<MailSecret, Trouble> {
    Ok(MailSecret::new(*Keys::open(data)?.secret("mail", chance)?))
}

/// The signing keys, made at the first call.
pub(crate) fn dkim_keys(
    data: &Path,
    selector: &str,
    chance: &dyn Chance,
) -> Result<DkimKeys, Trouble> {
    const RSA_FILE: &str = "dkim-rsa.pem";
    let keys = Keys::open(data)?;
    let rsa = match keys.text(RSA_FILE)? {
        Some(pem) => pem,
        None => {
            let pem = DkimKeys::new_rsa(chance).map_err(|error| error.trouble())?;
            keys.write(RSA_FILE, pem.as_bytes())?;
            pem
        }
    };
    let ed25519 = keys.secret("dkim-ed25519", chance)?;
    DkimKeys::new(selector, &rsa, &ed25519).map_err(|error| error.trouble())
}

/// The office's mail, ready to go out.
pub(crate) struct Mailing {
    house: Arc<House>,
    room: Arc<Mailroom>,
    clock: Arc<dyn Clock>,
    relay: Arc<dyn Relay>,
    sender: Sender,
    keys: DkimKeys,
    settings: MailSettings,
    since_at: Instant,
    trouble: RelayTrouble,
    /// Whether the relay took a letter since the start: a refusal by its rules is then about that letter.
    relay_takes: bool,
    /// Matters for which the whole register was gone through.
    done: BTreeSet<Matter>,
    looked_at: Instant,
}

/// What the mail of an office is made from.
pub(crate) struct Office<'a> {
    pub(crate) house: &'a Arc<House>,
    pub(crate) room: &'a Arc<Mailroom>,
    pub(crate) clock: &'a Arc<dyn Clock>,
    pub(crate) chance: &'a dyn Chance,
    pub(crate) data: &'a Path,
    pub(crate) settings: &'a Settings,
}

impl Mailing {
    /// The mail of an office that switched it on; `None` while it is off.
    ///
    /// # Errors
    /// When keys, password or relay cannot be used.
    pub(crate) async fn open(
        office: &Office<'_>,
        trouble: RelayTrouble,
    ) -> Result<Option<Self>, Trouble> {
        let settings = &office.settings.mail;
        let since_at = office.room.switch(settings.on).await.map_err(|error| error.trouble())?;
        let Some(since_at) = since_at else { return Ok(None) };
        let me = office.house.post.me().name;
        let sender = Sender::new(&me, &settings.from, &settings.returns);
        let own_name = office.settings.names.first().cloned();
        let relay = relay_of(office.data, settings, own_name.unwrap_or_default())?;
        Ok(Some(Self {
            house: Arc::clone(office.house),
            room: Arc::clone(office.room),
            clock: Arc::clone(office.clock),
            relay: Arc::new(SmtpRelay::new(relay).map_err(|error| error.trouble())?),
            sender: sender.map_err(|error| error.trouble())?,
            keys: dkim_keys(office.data, &settings.selector, office.chance)?,
            settings: settings.clone(),
            since_at,
            trouble,
            relay_takes: false,
            done: BTreeSet::new(),
            looked_at: Instant::default(),
        }))
    }

    /// What the screen shows of it.
    pub(crate) fn facts(&self, folder: &Path) -> Result<MailFacts, Trouble> {
        let settings = &self.settings;
        let security = match settings.security {
            MailSecurity::StartTls => "STARTTLS",
            MailSecurity::Tls => "TLS",
            MailSecurity::Plain => "—",
        };
        let records = self.keys.records(self.sender.domain()).map_err(|error| error.trouble())?;
        Ok(MailFacts {
            relay: format!("{} ({security})", settings.relay),
            sender: format!("{} <{}>", self.house.post.me().name, settings.from),
            returns: settings.returns.clone(),
            folder: folder.display().to_string(),
            portal: settings.portal.clone(),
            records,
            trouble: None,
        })
    }

    /// Works for ever.
    pub(crate) async fn work(mut self, mut returned: ReturnedFolder) {
        let mut pause_seconds = None;
        loop {
            returned.look(&self.room, self.sender.returns_to()).await;
            if let Err(error) = self.queue_released().await {
                tracing::warn!(trouble = %error, "letters could not be queued");
            }
            match self.send_due().await {
                Ok(0) => tokio::time::sleep(IDLE).await,
                Ok(_) => pause_seconds = None,
                Err(trouble) => {
                    let pause = pause_seconds.map_or(PAUSE_SECONDS[0], |last: u64| last * 2);
                    let pause = pause.min(PAUSE_SECONDS[1]);
                    tracing::warn!(%trouble, "the relay does not take letters; tried again in {pause} s");
                    pause_seconds = Some(pause);
                    self.wait_for_relay(trouble, pause, &mut returned).await;
                }
            }
        }
    }

    /// Waits; returned mail is taken in meanwhile.
    async fn wait_for_relay(&self, trouble: Trouble, seconds: u64, returned: &mut ReturnedFolder) {
        *self.trouble.lock().unwrap_or_else(PoisonError::into_inner) = Some(trouble);
        let until = tokio::time::Instant::now() + Duration::from_secs(seconds);
        while tokio::time::Instant::now() < until {
            returned.look(&self.room, self.sender.returns_to()).await;
            tokio::time::sleep(IDLE).await;
        }
    }

    /// Goes through the register for every warning that went out since mail is on, and through the silent ones for every reminder.
    async fn queue_released(&mut self) -> Result<(), Trouble> {
        let now = self.clock.now();
        if now < self.looked_at.plus_seconds(LOOK_EVERY_SECONDS) {
            return Ok(());
        }
        self.looked_at = now;
        let gone_out = self.house.warnings.gone_out().await.map_err(|error| error.trouble())?;
        for (warning, _) in gone_out {
            if is_mailed(&warning, self.since_at) {
                let matter = matter_of(&warning);
                if !self.done.contains(&matter) {
                    self.queue_for(&warning, &matter).await?;
                    self.done.insert(matter.clone());
                }
                self.queue_reminder(&warning, &matter).await?;
            }
        }
        Ok(())
    }

    async fn queue_for(&self, warning: &Warning, matter: &Matter) -> Result<(), Trouble> {
        let mut run = self.room.run(matter).await.map_err(|error| error.trouble())?;
        while !run.done {
            let register = &self.house.register;
            let shown = register.list(&Asked::default(), run.after.as_ref(), CHUNK).await;
            let shown = shown.map_err(|error| error.trouble())?;
            let addressed = shown.facilities.iter().filter_map(|entry| {
                let reached = warning.content.addressees.include(&entry.organisation);
                addressee(entry, self.settings.nodes_too).filter(|_| reached)
            });
            let addressed: Vec<Addressee> = addressed.collect();
            run = Run { done: shown.next.is_none(), after: shown.next };
            let queued = self.room.queue(matter, &addressed, &run).await;
            queued.map_err(|error| error.trouble())?;
        }
        Ok(())
    }

    /// Hands letters over at an even pace. Returns how many there were.
    ///
    /// # Errors
    /// What stands in the way of every letter. A relay that has taken nothing yet and refuses by its rules may lack an account or know
    /// nothing of this machine: such letters wait, as long as none is taken.
    async fn send_due(&mut self) -> Result<usize, Trouble> {
        let due = self.room.due(DUE_AT_ONCE).await.map_err(|error| error.trouble())?;
        let pace = Duration::from_millis(60_000 / u64::from(self.settings.letters_per_minute));
        let mut refused = None;
        for letter in &due {
            let outcome = self.hand_over(letter).await?;
            if let Outcome::Never { said, of_address: false } = &outcome
                && !self.relay_takes
            {
                refused = Some(said.clone());
                continue;
            }
            self.relay_takes |= outcome == Outcome::Accepted;
            self.room.settle(letter, &outcome).await.map_err(|error| error.trouble())?;
            if outcome != Outcome::Superseded {
                tokio::time::sleep(pace).await;
            }
        }
        if let Some(said) = refused.filter(|_| !self.relay_takes) {
            return Err(MailError::Stopped { obstacle: Obstacle::Refusal, said }.trouble());
        }
        if !due.is_empty() {
            *self.trouble.lock().unwrap_or_else(PoisonError::into_inner) = None;
        }
        Ok(due.len())
    }

    async fn hand_over(&self, letter: &Letter) -> Result<Outcome, Trouble> {
        let Some((subject, text)) = self.written(letter).await? else {
            return Ok(Outcome::Superseded);
        };
        let now = self.clock.now();
        let writing = Writing {
            id: &letter.id,
            to: &letter.address,
            subject: &subject,
            text: &text,
            at: now,
        };
        let message = match compose(&self.sender, &self.keys, &writing) {
            Ok(message) => message,
            Err(error @ MailError::Address { .. }) => {
                return Ok(Outcome::Never { said: error.to_string(), of_address: true });
            }
            Err(error) => return Err(error.trouble()),
        };
        let return_path = self.sender.return_path(self.room.secret(), &letter.id);
        match self.relay.hand_over(&return_path, &letter.address, &message).await {
            HandOver::Accepted => Ok(Outcome::Accepted),
            HandOver::NotNow { said } => Ok(Outcome::NotNow { said }),
            HandOver::Never { said, of_address } => Ok(Outcome::Never { said, of_address }),
            HandOver::Stopped { obstacle, said } => {
                Err(MailError::Stopped { obstacle, said }.trouble())
            }
        }
    }

    /// Subject and text of a letter; `None` when it says nothing any more: a newer revision or reminder went out, the institution
    /// is gone, or has answered what it is reminded of.
    async fn written(&self, letter: &Letter) -> Result<Option<(String, String)>, Trouble> {
        let house = &self.house;
        let entry = house.register.entry_of(&letter.organisation).await;
        let entry = entry.map_err(|error| error.trouble())?;
        let Some(entry) = entry.filter(Facility::is_open) else { return Ok(None) };
        let matter = &letter.matter;
        let key = WarningKey { origin: matter.origin.clone(), id: matter.warning.clone() };
        let seen = match house.warnings.member_warning(&key, &entry.organisation).await {
            Ok(seen) => seen,
            Err(sakimori_warn::WarnError::Unknown) => return Ok(None),
            Err(error) => return Err(error.trouble()),
        };
        if self.says_nothing(matter, &seen).await? {
            return Ok(None);
        }
        let url =
            format!("{}/m/{}", self.settings.portal.trim_end_matches('/'), self.room.link(letter));
        let until = letter.queued_at.plus_days(LINK_DAYS);
        let answering = match letter.answers {
            true => Answering::Link { url: &url, until },
            false => Answering::OwnNode,
        };
        let (office, now) = (house.post.me().name, self.clock.now());
        let to = Addressing {
            institution: &letter.name,
            person: &letter.person,
            reminder: matter.reminder,
        };
        let mail = letter_by_mail(&house.content, &office, to, &seen, answering, now);
        Ok(Some((mail.subject, sakimori_print::text(&mail.letter) + &mail.closing)))
    }

    async fn says_nothing(&self, matter: &Matter, seen: &MemberWarning) -> Result<bool, Trouble> {
        if seen.warning.revision != matter.revision {
            return Ok(true);
        }
        if matter.reminder == 0 {
            return Ok(false);
        }
        let chased = self.house.warnings.chased(&seen.warning).await;
        let n_reminders = chased.map_err(|error| error.trouble())?.reminders.len();
        let is_newest = usize::try_from(matter.reminder).is_ok_and(|own| own == n_reminders);
        Ok(!is_newest || seen.state.stage >= Stage::Acknowledged)
    }
}

/// To whom the letter of an entry goes; `None` when it has no address, or a node that is enough.
fn addressee(entry: &Facility, nodes_too: bool) -> Option<Addressee> {
    let address = entry.contacts.mail.trim();
    let node: Option<&OrganisationId> = match &entry.way {
        Way::Node { organisation } => Some(organisation),
        // Its own office writes to it.
        Way::Office => return None,
        Way::Portal | Way::Mail | Way::Telephone => None,
    };
    if address.is_empty() || (node.is_some() && !nodes_too) {
        return None;
    }
    Some(Addressee {
        organisation: node.unwrap_or(entry.id()).clone(),
        name: entry.organisation.name.clone(),
        person: String::new(),
        address: address.to_owned(),
        answers: node.is_none(),
    })
}

fn relay_of(
    data: &Path,
    settings: &MailSettings,
    own_name: String,
) -> Result<RelaySettings, Trouble> {
    let (host, port) = settings.relay_parts().unwrap_or_default();
    let account = match settings.account.as_str() {
        "" => None,
        account => {
            let bytes = files::read_given(&data.join(&settings.password_file), FILE_BYTES_MAX)?;
            let password = String::from_utf8_lossy(&bytes).trim_end().to_owned();
            Some((account.to_owned(), Zeroizing::new(password)))
        }
    };
    let authority_pem = match settings.authority.as_os_str().is_empty() {
        true => None,
        false => Some(files::read_given(&data.join(&settings.authority), FILE_BYTES_MAX)?),
    };
    Ok(RelaySettings {
        host: host.to_owned(),
        port,
        security: match settings.security {
            MailSecurity::StartTls => Security::StartTls,
            MailSecurity::Tls => Security::Tls,
            MailSecurity::Plain => Security::Plain,
        },
        account,
        own_name,
        authority_pem,
    })
}

#[cfg(test)]
mod postfix;
#[cfg(test)]
mod tests;
