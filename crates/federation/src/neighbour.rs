//! Who is around us in the tree: neighbours we are enrolled with, and organisations they vouch for.

use sakimori_words::{Instant, Organisation, OrganisationId, OrganisationKind};
use serde::{Deserialize, Serialize};

use crate::dsse::PublicKey;

/// Which side of a link a neighbour is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Relation {
    /// A hub above us, which we dial.
    Parent,
    /// An organisation below us, which dials us.
    Child,
}

/// An organisation we are enrolled with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Neighbour {
    /// As it describes itself.
    pub organisation: Organisation,
    /// Its key, learned at enrolment.
    pub key: PublicKey,
    /// Above or below us.
    pub relation: Relation,
    /// Where it is dialled, for a parent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// The certificate authority (DER) its server is recognised by, for a parent; empty over plain loopback.
    #[serde(default, with = "crate::dsse::base64_bytes")]
    pub authority: Vec<u8>,
    /// When it was enrolled.
    pub enrolled_at: Instant,
    /// When and why the link was given up; such a neighbour is not spoken to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parted: Option<Parted>,
}

impl Neighbour {
    /// Its id.
    #[must_use]
    pub const fn id(&self) -> &OrganisationId {
        &self.organisation.id
    }

    /// Whether we still speak to it.
    #[must_use]
    pub const fn is_active(&self) -> bool {
        self.parted.is_none()
    }
}

/// How a link ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parted {
    /// When.
    pub at: Instant,
    /// Why, in the words of the person who decided it.
    pub reason: String,
}

/// An organisation somebody we trust vouches for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownOrganisation {
    /// As it describes itself.
    pub organisation: Organisation,
    /// Its key.
    pub key: PublicKey,
    /// The neighbours that vouch for it; itself when it is a neighbour.
    pub vouchers: Vec<OrganisationId>,
    /// Whether it lies below us.
    pub below: bool,
    /// On which side of our own links it stands; `None` when others vouch for it.
    pub relation: Option<Relation>,
}

/// How a link is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkStatus {
    /// With whom.
    pub neighbour: Neighbour,
    /// Envelopes waiting to be read by it.
    pub n_waiting: u64,
    /// Envelopes read from it in all.
    pub n_received: u64,
    /// When the last exchange succeeded.
    pub last_contact_at: Option<Instant>,
    /// Failed attempts since then.
    pub n_failures: u32,
    /// What went wrong at the last attempt: trouble code and particulars; empty when nothing did.
    pub last_trouble: String,
}

/// Whether an organisation of kind `child` may enrol under one of kind `hub`.
#[must_use]
pub const fn may_enrol_under(child: OrganisationKind, hub: OrganisationKind) -> bool {
    use OrganisationKind as K;
    match hub {
        K::Ministry => !matches!(child, K::Ministry),
        K::Prefecture => {
            matches!(child, K::HealthCentreCity | K::SpecialWard | K::Institution | K::Vendor)
        }
        K::CeptoarBody => matches!(child, K::CeptoarBody | K::Institution | K::Vendor),
        K::HealthCentreCity | K::SpecialWard => matches!(child, K::Institution | K::Vendor),
        K::Institution | K::Vendor => false,
    }
}
