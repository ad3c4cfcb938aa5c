//! One organisation's post office: enrolment, outbox, inbox, exchange, delivery.

use std::sync::{Arc, Mutex, PoisonError, RwLock};

use sakimori_ledger::{Fact, LedgerError, Store};
use sakimori_words::{Audience, Chance, Clock, MessageId, Organisation, OrganisationId};

use crate::code::{CODE_HOURS, EnrolmentCode};
use crate::dsse::{PublicKey, SecretKey};
use crate::enrolment::Attempts;
use crate::errors::{EnrolError, ExchangeError, FileError, SendError};
use crate::files::{FileRef, Files, MemoryFiles};
use crate::minisign::minisign_public_key;
use crate::neighbour::{KnownOrganisation, LinkStatus, Neighbour, Relation};
use crate::parcel::{Answered, Delivery, Exchanged, Handler, Outgoing, Parcel};
use crate::refusals::RefusalTally;
use crate::wire::Wire;

mod confirm;
mod deliver;
mod directory;
mod enrol;
mod exchange;
mod files;
mod intake;
mod known;
mod medium;
mod publish;
mod receive;
mod resend;
mod send;
mod shelves;
mod work;

#[cfg(test)]
mod tests;

pub use directory::DIRECTORY_TYPE;
pub use files::{AwaitedFile, Fetched, awaited_files};
pub use medium::{BundleSignature, MEDIUM_CODE_DAYS};
pub use resend::RESEND_TYPE;

/// One organisation's post office. One value per organisation and process; share it in an `Arc`.
pub struct Post {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    chance: Arc<dyn Chance>,
    me: RwLock<Organisation>,
    key: SecretKey,
    /// One change at a time in this process; other processes are kept out by the ledger's expectations.
    changing: tokio::sync::Mutex<()>,
    /// One message is offered to the stages at a time, so that they get them in order.
    delivering: tokio::sync::Mutex<()>,
    attempts: Mutex<Attempts>,
    refusals: Mutex<RefusalTally>,
    roll: Mutex<Option<known::Roll>>,
    /// Halves that wait to be taken in: whoever holds `changing` takes in those of others with its own.
    waiting: Mutex<Vec<intake::Waiting>>,
    files: Arc<dyn Files>,
    /// What is there of a file whose line broke.
    begun_file: Mutex<Option<(FileRef, Vec<u8>)>>,
}

impl Post {
    /// The post of organisation `me`, which signs with `key`.
    #[must_use]
    pub fn new(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        chance: Arc<dyn Chance>,
        me: Organisation,
        key: SecretKey,
    ) -> Self {
        Self {
            store,
            clock,
            chance,
            me: RwLock::new(me),
            key,
            changing: tokio::sync::Mutex::new(()),
            delivering: tokio::sync::Mutex::new(()),
            attempts: Mutex::default(),
            refusals: Mutex::default(),
            roll: Mutex::default(),
            waiting: Mutex::default(),
            files: Arc::new(MemoryFiles::default()),
            begun_file: Mutex::default(),
        }
    }

    /// The same with the place where files of messages lie; without one they are kept in memory.
    #[must_use]
    pub fn with_files(mut self, files: Arc<dyn Files>) -> Self {
        self.files = files;
        self
    }

    /// Who we are.
    #[must_use]
    pub fn me(&self) -> Organisation {
        self.me.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The key others know us by.
    #[must_use]
    pub fn public_key(&self) -> PublicKey {
        self.key.public()
    }

    /// Takes over our own description, which another process of this organisation has told everybody.
    pub fn known_as(&self, me: Organisation) {
        let me = Organisation { id: self.me().id, ..me };
        *self.me.write().unwrap_or_else(PoisonError::into_inner) = me;
    }

    /// Changes how we describe ourselves and tells the hubs above. The id stays.
    ///
    /// # Errors
    /// When the change cannot be queued.
    pub async fn describe(&self, me: Organisation) -> Result<(), SendError> {
        directory::describe(self, me).await
    }

    /// Everybody we are enrolled with, in the order of their ids.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn neighbours(&self) -> Result<Vec<Neighbour>, LedgerError> {
        known::neighbours(self).await
    }

    /// The hubs above us, which we dial. Cheap even at a hub with thousands of children.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn parents(&self) -> Result<Vec<Neighbour>, LedgerError> {
        known::parents(self).await
    }

    /// Everybody we know a key of: neighbours and those they vouch for, in the order of their ids.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn organisations(&self) -> Result<Vec<KnownOrganisation>, LedgerError> {
        known::organisations(self).await
    }

    /// How many of the organisations that enrolled under us the rule reaches now.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn n_reached(&self, audience: &Audience) -> Result<usize, LedgerError> {
        let roll = known::roll(self).await?;
        let is_child = |one: &&KnownOrganisation| one.relation == Some(Relation::Child);
        Ok(roll.iter().filter(is_child).filter(|one| audience.reach(&one.organisation)).count())
    }

    /// As [`Post::organisations`], kept in memory until somebody comes, goes or changes: cheap to ask for again and again, also
    /// with a quarter of a million of them.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn roll(&self) -> Result<Arc<Vec<KnownOrganisation>>, LedgerError> {
        known::roll(self).await
    }

    /// How each link is doing.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn links(&self) -> Result<Vec<LinkStatus>, LedgerError> {
        known::links(self).await
    }

    /// Gives up the link to `neighbour`: nothing more is sent to it or taken from it.
    ///
    /// # Errors
    /// When there is no such neighbour, or the ledger fails.
    pub async fn part_with(
        &self,
        neighbour: &OrganisationId,
        by: &str,
        reason: &str,
    ) -> Result<(), ExchangeError> {
        enrol::part_with(self, neighbour, by, reason).await
    }

    /// A new enrolment code for an organisation that shall come under us. It works once, within 24 hours.
    ///
    /// `again` names an organisation that lost its key and may enrol anew under its id.
    ///
    /// # Errors
    /// When the ledger fails.
    pub async fn invite(
        &self,
        by: &str,
        note: &str,
        again: Option<OrganisationId>,
    ) -> Result<EnrolmentCode, LedgerError> {
        enrol::invite(self, by, note, again, CODE_HOURS).await
    }

    /// What a hub says about itself to somebody who is about to enrol: name, key, and the certificate authority (DER) its server
    /// is recognised by from then on (empty over plain loopback).
    #[must_use]
    pub fn introduction(&self, authority: &[u8]) -> Vec<u8> {
        enrol::introduction(self, authority)
    }

    /// Answers an enrolment request. `source` (an address) is what attempts are counted by.
    ///
    /// # Errors
    /// When the code cannot be used, the proof does not fit, or attempts came too fast. Nobody is enrolled then.
    pub async fn handle_enrolment(
        &self,
        request: &[u8],
        source: &str,
    ) -> Result<Vec<u8>, EnrolError> {
        enrol::handle(self, request, source).await
    }

    /// Enrols with the hub at `address` by its code. The hub is recognised by the code before anything is sent.
    ///
    /// # Errors
    /// When the hub is another one, cannot be reached, or refuses. Nothing is enrolled then.
    pub async fn enrol_with(
        &self,
        address: &str,
        code: &str,
        by: &str,
        wire: &dyn Wire,
    ) -> Result<Neighbour, EnrolError> {
        enrol::enrol_with(self, address, code, by, wire).await
    }

    /// As [`Post::invite`], for an organisation without a line: the code works for [`MEDIUM_CODE_DAYS`], since files are carried.
    ///
    /// # Errors
    /// When the ledger fails.
    pub async fn invite_by_medium(
        &self,
        by: &str,
        note: &str,
        again: Option<OrganisationId>,
    ) -> Result<EnrolmentCode, LedgerError> {
        enrol::invite(self, by, note, again, MEDIUM_CODE_DAYS * 24).await
    }

    /// The request to be carried to a hub whose introduction came on a medium. It is recognised by `code` first; its answer is taken
    /// by [`Post::join_by_medium`] within a month.
    ///
    /// # Errors
    /// When the introduction is another hub's or the ledger fails. Nothing is asked then.
    pub async fn ask_by_medium(
        &self,
        introduction: &[u8],
        code: &str,
    ) -> Result<Vec<u8>, EnrolError> {
        medium::ask(self, introduction, code).await
    }

    /// Comes under the hub that answered our request of [`Post::ask_by_medium`]. It has no address: nobody dials it.
    ///
    /// # Errors
    /// When nothing was asked of it, or its proof does not fit. Nothing is enrolled then.
    pub async fn join_by_medium(&self, answer: &[u8]) -> Result<Neighbour, EnrolError> {
        medium::join(self, answer).await
    }

    /// The public key of the signatures beside our bundles, as minisign spells it.
    #[must_use]
    pub fn medium_key(&self) -> String {
        minisign_public_key(&self.key.for_media().public())
    }

    /// The public key beside the bundles of `neighbour`, as minisign spells it; `None` before the first one was read.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn medium_key_of(
        &self,
        neighbour: &OrganisationId,
    ) -> Result<Option<String>, LedgerError> {
        Ok(medium::key_of(self, neighbour).await?.as_ref().map(minisign_public_key))
    }

    /// The text of the signature file beside a bundle for `to`, which `minisign -V` accepts; its trusted comment says who wrote it for
    /// whom and when.
    #[must_use]
    pub fn sign_bundle(&self, bundle: &[u8], to: &Organisation) -> String {
        medium::sign(self, bundle, to)
    }

    /// What the signature file beside a bundle says, once the bundle was read: its writer's key is known from then on.
    ///
    /// # Errors
    /// When the bundle is none, or the ledger cannot be read.
    pub async fn check_bundle_signature(
        &self,
        bundle: &[u8],
        signature: Option<&str>,
    ) -> Result<BundleSignature, ExchangeError> {
        medium::check(self, bundle, signature).await
    }

    /// Signs and queues one message.
    ///
    /// # Errors
    /// When it is too large or no way leads to its addressee.
    pub async fn send(&self, outgoing: Outgoing) -> Result<MessageId, SendError> {
        let sent = self.post(vec![Parcel::New(outgoing)], vec![]).await?;
        sent.into_iter().next().ok_or_else(|| {
            SendError::Ledger(LedgerError::Damaged { what: "a parcel without an id".to_owned() })
        })
    }

    /// Queues parcels and keeps `facts`, all in one commit. Returns the message ids in the order of the parcels.
    ///
    /// # Errors
    /// When one parcel cannot be queued or an expectation of `facts` fails. Nothing is queued or kept then.
    pub async fn post(
        &self,
        parcels: Vec<Parcel>,
        facts: Vec<Fact>,
    ) -> Result<Vec<MessageId>, SendError> {
        send::post(self, &parcels, facts).await
    }

    /// One round with the hub above us: hands over what waits, takes what it has.
    ///
    /// # Errors
    /// When the hub cannot be reached or something does not hold. What waits is kept and goes with the next round.
    pub async fn exchange_once(
        &self,
        parent: &OrganisationId,
        wire: &dyn Wire,
    ) -> Result<Exchanged, ExchangeError> {
        exchange::exchange_once(self, parent, wire).await
    }

    /// Answers a child's exchange. The binary's HTTP door hands in the bytes of the request.
    ///
    /// # Errors
    /// When the request is refused: nothing of it is applied, and the refusal is in the journal.
    pub async fn handle_exchange(&self, request: &[u8]) -> Result<Answered, ExchangeError> {
        exchange::handle(self, request).await
    }

    /// Everything that waits for `neighbour`, as a file to be carried there. Still waits until the neighbour confirms.
    ///
    /// # Errors
    /// When there is no such neighbour or the ledger cannot be read.
    pub async fn write_bundle(&self, neighbour: &OrganisationId) -> Result<Vec<u8>, ExchangeError> {
        exchange::write_bundle(self, neighbour).await
    }

    /// Takes in a file a neighbour wrote. The same checks as over the wire, except for its age; reading it twice does no harm.
    ///
    /// # Errors
    /// When it is refused: nothing of it is applied, and the refusal is in the journal.
    pub async fn read_bundle(&self, bytes: &[u8]) -> Result<Exchanged, ExchangeError> {
        exchange::read_bundle(self, bytes).await
    }

    /// Keeps a file of our own, so that messages can name it.
    ///
    /// # Errors
    /// When it is empty, larger than [`crate::FILE_BYTES_MAX`], or cannot be written.
    pub async fn keep_file(&self, bytes: Vec<u8>) -> Result<FileRef, FileError> {
        files::keep(self, bytes).await
    }

    /// The bytes of a file, checked against its digest.
    ///
    /// # Errors
    /// When it is not here, was changed in its place, or cannot be read.
    pub async fn file(&self, file: &FileRef) -> Result<Vec<u8>, FileError> {
        files::read(self, file).await
    }

    /// The files that messages named and that are not here yet.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn awaited_files(&self) -> Result<Vec<AwaitedFile>, LedgerError> {
        awaited_files(&*self.store).await
    }

    /// Fetches the awaited files of messages that `parent` handed over. What a broken line interrupts goes on from there.
    ///
    /// # Errors
    /// When the hub cannot be reached or the ledger fails. A file that the hub does not have, or has changed, is counted, and still
    /// awaited.
    pub async fn fetch_files(
        &self,
        parent: &OrganisationId,
        wire: &dyn Wire,
    ) -> Result<Fetched, ExchangeError> {
        files::fetch(self, parent, wire).await
    }

    /// Answers a child that asks for a part of a file. The binary's HTTP door hands in the bytes of the request.
    ///
    /// # Errors
    /// When the request is refused, or the file is not here.
    pub async fn handle_file(&self, request: &[u8]) -> Result<Vec<u8>, ExchangeError> {
        files::hand_out(self, request).await
    }

    /// The files of everything that waits for `neighbour`: they go onto the medium beside its bundle.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn files_waiting_for(
        &self,
        neighbour: &OrganisationId,
    ) -> Result<Vec<FileRef>, LedgerError> {
        exchange::files_waiting(self, neighbour).await
    }

    /// Takes in a file that was carried here, when a message named it. Returns whether one did.
    ///
    /// # Errors
    /// When it cannot be kept.
    pub async fn take_carried_file(&self, bytes: Vec<u8>) -> Result<bool, ExchangeError> {
        files::take_carried(self, bytes).await
    }

    /// Offers every accepted message to the stage that takes its type, in the order of arrival, each exactly once.
    ///
    /// # Errors
    /// When the ledger fails; what was not delivered is offered next time.
    pub async fn deliver(&self, handlers: &[&dyn Handler]) -> Result<Delivery, LedgerError> {
        deliver::deliver(self, handlers).await
    }

    /// Offers what was set aside once more, for example after an update of the program.
    ///
    /// # Errors
    /// When the ledger fails.
    pub async fn deliver_set_aside(
        &self,
        handlers: &[&dyn Handler],
    ) -> Result<Delivery, LedgerError> {
        deliver::deliver_set_aside(self, handlers).await
    }

    /// Regular upkeep: forgets what has expired, asks again for messages that are missing in a stream, and after a week goes on without
    /// them. Call it every few minutes.
    ///
    /// # Errors
    /// When the ledger fails.
    pub async fn tend(&self) -> Result<(), LedgerError> {
        resend::tend(self).await
    }
}
