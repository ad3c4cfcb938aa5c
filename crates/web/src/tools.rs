//! What was released, laid where other people's tools find it: STIX objects on the shelf of their label, and the items of the MISP feed.
//!
//! Laying out follows the release and is idempotent: what a crash kept from the shelf is laid there by the next round.

use std::sync::Arc;

use sakimori_content::Content;
use sakimori_federation::Post;
use sakimori_ledger::{Fact, LedgerError, Put, Store};
use sakimori_share::{Channel, OwnCase, ShareDesk, SharedContent, publisher};
use sakimori_standards::taxii::{self, Shelf};
use sakimori_standards::{SharedIntelligence, stix};
use sakimori_warn::{IssuedWarning, Warning, WarningContent, WarningDesk};
use sakimori_words::{Clock, Tlp, Trouble};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::frame::Frame;
use crate::screens::public;
use crate::screens::warn::formats;
use crate::site::{Side, Site};
use crate::visit::Visit;

/// Which revision of what lies on the shelf already: [`Laid`] by `case/…` and `warning/…`.
const LAID: &str = "tools-laid";
/// The newest so many cases, and as many warnings, are looked at.
const ITEMS_MAX: usize = 1_000;

/// The revision that was laid out last.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Laid {
    revision: u32,
}

/// What is laid out.
enum Item<'a> {
    Case(&'a OwnCase),
    Warning(&'a IssuedWarning),
}

/// An item with its key and its current revision.
type Due<'a> = (String, u32, Item<'a>);

/// Everything that laying out reads and writes.
pub struct Tools {
    /// The office's state.
    pub store: Arc<dyn Store>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Who publishes.
    pub post: Arc<Post>,
    /// The words of the lists.
    pub content: Arc<Content>,
    /// Shared cases.
    pub shares: Arc<ShareDesk>,
    /// Warnings.
    pub warnings: Arc<WarningDesk>,
}

impl Tools {
    /// The tools of a site.
    #[must_use]
    pub(crate) fn of(site: &Site) -> Self {
        Self {
            store: Arc::clone(&site.store),
            clock: Arc::clone(&site.clock),
            post: Arc::clone(&site.post),
            content: Arc::clone(&site.content),
            shares: Arc::clone(&site.shares),
            warnings: Arc::clone(&site.warnings),
        }
    }

    /// Lays out what was released and is not on the shelf yet; returns how many items were laid. An institution publishes nothing.
    ///
    /// # Errors
    /// When the ledger fails; what was not laid is laid the next time.
    pub async fn lay_out(&self) -> Result<usize, Trouble> {
        if !self.post.me().kind.is_office() {
            return Ok(0);
        }
        let own = self.shares.own(ITEMS_MAX).await.map_err(|error| error.trouble())?;
        let issued =
            self.warnings.issued(None, ITEMS_MAX).await.map_err(|error| error.trouble())?;
        let cases = own.iter().filter_map(|own| {
            let revision = own.current()?.case.revision;
            Some((format!("case/{}", own.id), revision, Item::Case(own)))
        });
        let warnings = issued.iter().filter_map(|issued| {
            let current = issued.current()?;
            Some((format!("warning/{}", current.key.id), current.revision, Item::Warning(issued)))
        });
        let due = self.not_laid(cases.chain(warnings).collect()).await;
        let mut n_laid = 0;
        for (key, revision, item) in due.map_err(|error| error.trouble())? {
            let objects = match item {
                Item::Case(own) => histories(&self.of_case(own)),
                Item::Warning(issued) => histories(&self.of_warning(issued)),
            };
            self.lay(&key, revision, &objects).await?;
            n_laid += usize::from(!objects.is_empty());
        }
        Ok(n_laid)
    }

    /// What a MISP feed holds: every item with its revisions.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn items(&self) -> Result<Vec<Vec<SharedIntelligence>>, Trouble> {
        let own = self.shares.own(ITEMS_MAX).await.map_err(|error| error.trouble())?;
        let issued =
            self.warnings.issued(None, ITEMS_MAX).await.map_err(|error| error.trouble())?;
        let mut items: Vec<_> = own.iter().flat_map(|own| self.of_case(own)).collect();
        items.extend(issued.iter().flat_map(|issued| self.of_warning(issued)));
        Ok(items)
    }

    fn of_case(&self, own: &OwnCase) -> Vec<Vec<SharedIntelligence>> {
        let publisher = publisher(&self.post.me());
        sakimori_share::intelligence(&own.published(), &publisher, self.content.sharing())
    }

    fn of_warning(&self, issued: &IssuedWarning) -> Vec<Vec<SharedIntelligence>> {
        let revisions: Vec<Warning> =
            issued.releases.iter().map(|release| release.warning.clone()).collect();
        formats::intelligence(&revisions, &publisher(&self.post.me()))
    }

    /// Those of which this revision does not lie on the shelf.
    async fn not_laid<'a>(&self, items: Vec<Due<'a>>) -> Result<Vec<Due<'a>>, LedgerError> {
        let places: Vec<(&str, &str)> =
            items.iter().map(|(key, ..)| (LAID, key.as_str())).collect();
        let mut due = vec![];
        let records = self.store.get_many(&places).await?;
        for (item, record) in items.into_iter().zip(records) {
            let laid: Option<Laid> = record.map(|record| record.read()).transpose()?;
            if laid != Some(Laid { revision: item.1 }) {
                due.push(item);
            }
        }
        Ok(due)
    }

    async fn lay(&self, key: &str, revision: u32, objects: &[Value]) -> Result<(), Trouble> {
        let shelf = Shelf::new(Arc::clone(&self.store), Arc::clone(&self.clock));
        let office = self.post.me().id;
        shelf.publish(&office, objects, "system").await.map_err(|error| error.trouble())?;
        self.remember(key, revision).await.map_err(|error| error.trouble())
    }

    async fn remember(&self, key: &str, revision: u32) -> Result<(), LedgerError> {
        let body = json!({ "item": key, "revision": revision });
        let put = Put::new(LAID, key, &Laid { revision })?;
        let fact = Fact::new("tools", "item_laid_out", self.clock.now(), "system", &body)?;
        self.store.commit(vec![fact.put(put)]).await.map(drop)
    }
}

fn histories(items: &[Vec<SharedIntelligence>]) -> Vec<Value> {
    items.iter().flat_map(|item| stix::history(item)).collect()
}

/// A way by which something leaves, in words, with whom it reaches now.
pub(crate) struct Way {
    pub(crate) name: String,
    pub(crate) detail: String,
}

/// The ways by which a case would leave, as they stand now.
pub(crate) async fn ways_of_case(
    visit: &Visit,
    frame: &Frame,
    content: &SharedContent,
) -> Result<Vec<Way>, Failure> {
    ways(visit, frame, content.tlp, Channel::of(content.tlp, content.exercise)).await
}

/// The ways by which a warning would leave, as they stand now.
pub(crate) async fn ways_of_warning(
    visit: &Visit,
    frame: &Frame,
    content: &WarningContent,
) -> Result<Vec<Way>, Failure> {
    let mut channels = vec![Channel::Members, Channel::Portal];
    if formats::is_for_tools(content) {
        channels.extend([Channel::Taxii, Channel::Misp]);
    }
    channels.extend(public::is_for_everybody(content).then_some(Channel::PublicPage));
    ways(visit, frame, content.tlp, channels).await
}

async fn ways(
    visit: &Visit,
    frame: &Frame,
    tlp: Tlp,
    channels: Vec<Channel>,
) -> Result<Vec<Way>, Failure> {
    let site = &visit.site;
    let readers = site.taxii.readers().list().await?;
    let reads = |reader: &&taxii::Reader| reader.revoked_at.is_none() && reader.audience.sees(tlp);
    let accounts = frame.with("ways-accounts", "count", readers.iter().filter(reads).count());
    let open = public::is_open(site.store.as_ref()).await.map_err(|error| error.trouble())?;
    let below = site.post.roll().await?.iter().filter(|one| one.below).count();
    let census = site.register.census().await.map_err(|error| error.trouble())?;
    let portal = census.reached_by(sakimori_register::Way::Portal.as_str());
    let way = |channel: Channel| {
        let (name, detail) = match channel {
            Channel::Members => ("ways-members", frame.with("ways-below", "count", below)),
            Channel::Portal => ("ways-portal", frame.with("ways-portal-users", "count", portal)),
            Channel::Taxii => ("ways-taxii", format!("{} · {accounts}", tlp.label())),
            Channel::Misp => ("ways-misp", accounts.clone()),
            Channel::PublicPage if open => ("ways-public", frame.t("public-is-open")),
            Channel::PublicPage => ("ways-public", frame.t("public-is-closed")),
        };
        Way { name: frame.t(name), detail }
    };
    Ok(channels.into_iter().map(way).collect())
}

/// Lays out after a release. The release stands whatever happens here: the regular round lays out what this one could not.
pub(crate) async fn lay_out_after_release(site: &Site) {
    if site.settings.side != Side::Hub {
        return;
    }
    if let Err(trouble) = Tools::of(site).lay_out().await {
        tracing::warn!(%trouble, "what was released could not be laid out for tools; it is tried again");
    }
}
