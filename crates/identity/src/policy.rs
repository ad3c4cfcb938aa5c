//! Who may do what: one pure function, default deny.

use sakimori_words::{Instant, OrganisationId, SECOND_MICROS};

use crate::{Principal, Role};

/// How long a code proves the person for actions that ask for it, in minutes. Ten as in the design note (kanidm's default is 600 s).
pub const STEP_UP_MINUTES: i64 = 10;

macro_rules! actions {
    ($($(#[$doc:meta])* $name:ident = $text:literal),+ $(,)?) => {
        /// Something a person may be allowed to do.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Action {
            $($(#[$doc])* $name),+
        }

        impl Action {
            /// Every action, in the order of the loop.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// The action as access records name it.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text),+
                }
            }
        }
    };
}

actions! {
    /// See 今日.
    ViewToday = "view_today",
    /// Change one's own password, code, sessions.
    ManageOwnAccount = "manage_own_account",
    /// Read events.
    SearchLogs = "search_logs",
    /// See which patient a log record names, instead of a pseudonym.
    ViewPatients = "view_patients",
    /// Read findings.
    ViewFindings = "view_findings",
    /// Say what became of a finding.
    HandleFinding = "handle_finding",
    /// Announce, extend and cancel work plans of remote maintenance.
    PlanMaintenance = "plan_maintenance",
    /// Hand in a suspicious mail and see the answer.
    HandInMail = "hand_in_mail",
    /// See the mails that everybody handed in.
    ViewMails = "view_mails",
    /// Raise a suspicion (疑い).
    OpenCase = "open_case",
    /// Read a case.
    ViewCase = "view_case",
    /// Add to a case's timeline, note calls made.
    RecordCase = "record_case",
    /// Decide on isolation and other measures.
    Decide = "decide",
    /// Waive the evidence of a machine, approve the destruction of an item (証拠の放棄・廃棄).
    WaiveEvidence = "waive_evidence",
    /// Judge against the threshold of the notice (判断).
    Judge = "judge",
    /// Write a report.
    DraftReport = "draft_report",
    /// Approve a report somebody else wrote.
    ApproveReport = "approve_report",
    /// Read reports, own or received.
    ViewReports = "view_reports",
    /// Acknowledge a received report.
    ReceiveReport = "receive_report",
    /// Approve an office's report to the office above.
    ApproveOfficeReport = "approve_office_report",
    /// See the list of devices and systems.
    ViewAssets = "view_assets",
    /// Change the list of devices and systems.
    ManageAssets = "manage_assets",
    /// Read a warning (注意喚起).
    ReadWarning = "read_warning",
    /// Answer a warning in the organisation's name.
    AcknowledgeWarning = "acknowledge_warning",
    /// Write a warning.
    WriteWarning = "write_warning",
    /// Release a warning somebody else wrote.
    ReleaseWarning = "release_warning",
    /// Pass a warning on (周知).
    RelayWarning = "relay_warning",
    /// See who answered.
    ViewCoverage = "view_coverage",
    /// Read cases that offices shared.
    ReadShared = "read_shared",
    /// See the office's own shared cases and their drafts, which name the victim.
    ViewShared = "view_shared",
    /// Write a case to be shared, ask its victim.
    WriteShared = "write_shared",
    /// Release a shared case somebody else wrote.
    ReleaseShared = "release_shared",
    /// Answer in the institution's name whether its case may be shared.
    AnswerShareConsent = "answer_share_consent",
    /// See state of sources, store and links.
    ViewSystem = "view_system",
    /// Read and review access records.
    ReviewAccess = "review_access",
    /// Answer for the review of a month of accesses to patients' records.
    SignAccessReview = "sign_access_review",
    /// Invite, change and remove people.
    ManagePeople = "manage_people",
    /// Change settings and the organisation's profile.
    ManageSettings = "manage_settings",
    /// Add and change log sources.
    ManageSources = "manage_sources",
    /// Let logs go that are past their retention.
    DeleteLogs = "delete_logs",
    /// Join or admit an organisation.
    Enrol = "enrol",
    /// Take data out.
    ExportData = "export_data",
    /// Read the register of institutions (名簿).
    ViewRegister = "view_register",
    /// Enter, change and close institutions in the register, take lists in.
    ManageRegister = "manage_register",
    /// Invite a person of an institution in the register to the portal.
    InviteMember = "invite_member",
    /// Read in the portal what is addressed to one's own institution.
    UsePortal = "use_portal",
    /// Answer in the portal in one's own institution's name, report, keep its contacts.
    ActInPortal = "act_in_portal",
}

impl Action {
    /// Whether it asks for a code given in the last [`STEP_UP_MINUTES`].
    #[must_use]
    pub const fn needs_step_up(self) -> bool {
        matches!(
            self,
            Self::ViewPatients
                | Self::SignAccessReview
                | Self::ReleaseWarning
                | Self::ReleaseShared
                | Self::ManagePeople
                | Self::DeleteLogs
                | Self::Enrol
                | Self::ExportData
                | Self::InviteMember
        )
    }

    /// Whether it only looks, so that a look at nothing personal needs no record. Everything else is recorded always.
    #[must_use]
    pub const fn only_looks(self) -> bool {
        matches!(
            self,
            Self::ViewToday
                | Self::ViewFindings
                | Self::ViewCase
                | Self::ViewReports
                | Self::ViewAssets
                | Self::ReadWarning
                | Self::ViewCoverage
                | Self::ReadShared
                | Self::ViewShared
                | Self::ViewSystem
                | Self::UsePortal
        )
    }
}

/// What the action is done to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resource {
    /// The organisation that holds it. A report that an office received is held by the office.
    pub organisation: OrganisationId,
    /// What it is: `case`, `event`, `warning`…
    pub kind: &'static str,
    /// Its id; empty for the kind as a whole.
    pub id: String,
    /// Whether it can hold personal information (個人情報); then every access is recorded.
    pub personal: bool,
}

impl Resource {
    /// A resource without personal information.
    #[must_use]
    pub fn new(organisation: OrganisationId, kind: &'static str, id: impl Into<String>) -> Self {
        Self { organisation, kind, id: id.into(), personal: false }
    }

    /// The same resource, holding personal information.
    #[must_use]
    pub fn personal(mut self) -> Self {
        self.personal = true;
        self
    }
}

/// The answer of the policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decision {
    /// Whether it is allowed.
    pub allowed: bool,
    /// The rule that decided, e.g. `role/director`, `deny/no_role`.
    pub policy: &'static str,
}

/// A decision that a fresh code would turn.
pub(crate) const DENY_STEP_UP: &str = "deny/step_up";

/// Whether `principal` may do `action` to `resource` at `now`. Pure; what no role grants is denied.
#[must_use]
pub fn decide(
    principal: &Principal,
    action: Action,
    resource: &Resource,
    now: Instant,
) -> Decision {
    if principal.organisation != resource.organisation {
        return deny("deny/other_organisation");
    }
    let Some(role) = principal.roles.iter().find(|role| granted_to(action).contains(role)) else {
        return deny("deny/no_role");
    };
    if action.needs_step_up() && !stepped_up(principal, now) {
        return deny(DENY_STEP_UP);
    }
    Decision { allowed: true, policy: policy_of(*role) }
}

/// Whether the principal proved themselves with a code recently. A proof from the future (the clock was set back) is none.
pub(crate) fn stepped_up(principal: &Principal, now: Instant) -> bool {
    let age = now.micros_since(principal.stepped_up_at);
    (0..=STEP_UP_MINUTES * 60 * SECOND_MICROS).contains(&age)
}

const fn deny(policy: &'static str) -> Decision {
    Decision { allowed: false, policy }
}

const fn policy_of(role: Role) -> &'static str {
    match role {
        Role::SafetyOfficer => "role/safety_officer",
        Role::Clerk => "role/clerk",
        Role::Director => "role/director",
        Role::Reviewer => "role/reviewer",
        Role::Officer => "role/officer",
        Role::Approver => "role/approver",
        Role::Inspector => "role/inspector",
        Role::Administrator => "role/administrator",
        Role::Member => "role/member",
    }
}

/// Whom an action is granted to. At 3 a.m. whoever works in the institution must be able to raise a suspicion; the
/// administrator's role alone sees no logs and no cases.
const fn granted_to(action: Action) -> &'static [Role] {
    use Role::{
        Administrator, Approver, Clerk, Director, Inspector, Member, Officer, Reviewer,
        SafetyOfficer,
    };
    match action {
        Action::ManageOwnAccount => &Role::ALL,
        Action::ViewToday | Action::ReadWarning | Action::ReadShared => &Role::STAFF,
        Action::SearchLogs | Action::ViewPatients => &[SafetyOfficer, Reviewer],
        // Suppliers announce their work at the desk that answers the telephone.
        Action::PlanMaintenance => &[SafetyOfficer, Clerk],
        // A mail is handed in by whoever got it; what others got is their own correspondence.
        Action::HandInMail => &[SafetyOfficer, Clerk, Director, Reviewer, Administrator],
        Action::ViewMails => &[SafetyOfficer, Reviewer],
        Action::ViewFindings | Action::OpenCase | Action::ViewCase => {
            &[SafetyOfficer, Clerk, Director, Reviewer]
        }
        Action::ViewAssets => &[SafetyOfficer, Clerk, Director, Reviewer, Administrator],
        Action::ManageAssets => &[SafetyOfficer, Clerk, Administrator],
        Action::HandleFinding => &[SafetyOfficer],
        Action::RecordCase => &[SafetyOfficer, Clerk, Director],
        Action::Decide | Action::Judge | Action::ApproveReport => &[SafetyOfficer, Director],
        // Uda 2018: whoever is pressed to get a machine back must not be the one who gives its evidence up.
        Action::WaiveEvidence => &[Director],
        Action::DraftReport => &[SafetyOfficer, Clerk],
        Action::ViewReports => {
            &[SafetyOfficer, Clerk, Director, Reviewer, Officer, Approver, Inspector]
        }
        Action::ReceiveReport | Action::WriteWarning | Action::WriteShared => &[Officer],
        // Another person than the drafter, or the drafter alone and loudly: the desk holds them to that.
        Action::ApproveOfficeReport => &[Officer, Approver],
        Action::AcknowledgeWarning => &[SafetyOfficer, Clerk, Director, Officer],
        Action::ReleaseWarning | Action::ReleaseShared => &[Approver],
        // What leaves about an institution is decided by those who answer for it.
        Action::AnswerShareConsent => &[SafetyOfficer, Director],
        Action::ViewShared => &[Officer, Approver],
        Action::RelayWarning => &[Officer, Approver],
        Action::ViewCoverage => &[Officer, Approver, Inspector],
        Action::ViewSystem => &[SafetyOfficer, Director, Reviewer, Officer, Administrator],
        Action::ReviewAccess => &[SafetyOfficer, Director, Reviewer, Inspector],
        Action::SignAccessReview => &[SafetyOfficer, Director],
        Action::ManagePeople => &[Administrator],
        Action::ManageSettings | Action::ManageSources => &[SafetyOfficer, Administrator],
        Action::DeleteLogs => &[SafetyOfficer],
        Action::Enrol => &[SafetyOfficer, Officer, Administrator],
        Action::ExportData => &[SafetyOfficer, Officer],
        Action::ViewRegister => &[Officer, Approver, Inspector, Administrator],
        Action::ManageRegister => &[Officer, Administrator],
        Action::InviteMember => &[Officer, Administrator],
        Action::UsePortal | Action::ActInPortal => &[Member],
    }
}
