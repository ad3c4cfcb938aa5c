//! Everything one organisation's screens need, handed in by the program that runs them.

use std::sync::Arc;

use sakimori_content::Content;
use sakimori_federation::{Files, Post};
use sakimori_identity::{Gate, Identity};
use sakimori_ledger::Store;
use sakimori_mail::Mailroom;
use sakimori_prepare::{AssetDesk, ChecklistDesk};
use sakimori_register::Register;
use sakimori_respond::{CaseDesk, OfficeDesk};
use sakimori_share::ShareDesk;
use sakimori_standards::taxii;
use sakimori_warn::WarningDesk;
use sakimori_warn::paper::PaperDesk;
use sakimori_watch::access_review::Reviews;
use sakimori_watch::mail::MailDesk;
use sakimori_watch::maintenance::MaintenanceDesk;
use sakimori_watch::retro::Retro;
use sakimori_watch::{Findings, SavedSearches, Senders};
use sakimori_words::{Chance, Clock, OrganisationId};

pub use sakimori_identity::Side;

use crate::ports::{
    Demo, Keeping, LakeView, LogHeads, NodeControl, Printer, RecordAccesses, Search,
};
use crate::presence::Presence;

/// One organisation's site.
pub struct Site {
    /// Name, address and cookies.
    pub settings: SiteSettings,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Request numbers.
    pub chance: Arc<dyn Chance>,
    /// The organisation's state.
    pub store: Arc<dyn Store>,
    /// Accounts and sessions.
    pub identity: Arc<Identity>,
    /// The gate every handler passes.
    pub gate: Gate,
    /// Contacts, playbooks, forms, templates.
    pub content: Arc<Content>,
    /// What the detector found.
    pub findings: Arc<Findings>,
    /// Suppliers' remote maintenance and its work plans.
    pub maintenance: Arc<MaintenanceDesk>,
    /// Suspicious mails that staff handed in.
    pub mail: Arc<MailDesk>,
    /// Looking back over the log for what is known only today.
    pub retro: Arc<Retro>,
    /// Who may hand in records over HTTP.
    pub senders: Arc<Senders>,
    /// The list of devices and systems.
    pub assets: Arc<AssetDesk>,
    /// Checklists that institutions answer here.
    pub checklists: Arc<ChecklistDesk>,
    /// Warnings that came unsigned.
    pub papers: Arc<PaperDesk>,
    /// The files they came as.
    pub paper_files: Arc<dyn Files>,
    /// Searches kept for everybody who may search.
    pub saved_searches: Arc<SavedSearches>,
    /// Reviews of accesses to patients' records.
    pub access_reviews: Arc<Reviews>,
    /// The accesses of a month and what explains them.
    pub record_accesses: Arc<dyn RecordAccesses>,
    /// Cases of an institution.
    pub cases: CaseDesk,
    /// Photographs of evidence.
    pub pictures: Arc<dyn Files>,
    /// Who is looking at which case.
    pub presence: Presence,
    /// Reports an office received.
    pub office: OfficeDesk,
    /// The organisation's post office.
    pub post: Arc<Post>,
    /// What other people's tools may read, and whose.
    pub taxii: Arc<taxii::Server>,
    /// Warnings written, relayed and received.
    pub warnings: Arc<WarningDesk>,
    /// Cases shared so that their victim cannot be identified: written, asked about, received.
    pub shares: Arc<ShareDesk>,
    /// Institutions by which the ladder of sharing counts.
    pub population: Arc<dyn sakimori_share::Population>,
    /// The register of institutions, at an office.
    pub register: Arc<Register>,
    /// Letters by mail to institutions without a node, at an office.
    pub mailroom: Arc<Mailroom>,
    /// Search over the logs.
    pub search: Arc<dyn Search>,
    /// State of the log store.
    pub lake: Arc<dyn LakeView>,
    /// How long logs are kept.
    pub keeping: Arc<dyn Keeping>,
    /// Heads of logs, as witnesses see them.
    pub heads: Arc<dyn LogHeads>,
    /// Documents as files.
    pub printer: Arc<dyn Printer>,
    /// The running program.
    pub control: Arc<dyn NodeControl>,
    /// The demonstration this site is part of, if it is one.
    pub demo: Option<Arc<dyn Demo>>,
}

/// What is fixed for a site while it runs.
#[derive(Clone, Debug)]
pub struct SiteSettings {
    /// The organisation, by the id it chose at first start.
    pub organisation: OrganisationId,
    /// Short name for cookies and log lines, `[a-z0-9-]+`: two sites on one machine must not share a cookie.
    pub slug: String,
    /// A hospital's node or an office's hub.
    pub side: Side,
    /// Whether the site is served over TLS: cookies are then `Secure` and carry the `__Host-` prefix.
    pub tls: bool,
}

impl SiteSettings {
    /// Name of the session cookie.
    #[must_use]
    pub fn session_cookie(&self) -> String {
        self.cookie("")
    }

    /// Name of the cookie that marks a browser on which somebody has signed in before.
    #[must_use]
    pub fn device_cookie(&self) -> String {
        self.cookie("_device")
    }

    /// Name of the cookie for the sentence after a redirect.
    #[must_use]
    pub fn flash_cookie(&self) -> String {
        self.cookie("_flash")
    }

    fn cookie(&self, ending: &str) -> String {
        let prefix = if self.tls { "__Host-" } else { "" };
        format!("{prefix}sakimori_{}{ending}", self.slug)
    }
}
