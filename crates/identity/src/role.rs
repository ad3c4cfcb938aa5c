//! Roles: what a person is trusted with in this organisation.

use sakimori_words::Text;
use serde::{Deserialize, Serialize};

/// Which kind of deployment a role belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// An institution (医療機関).
    Node,
    /// An office: ministry, prefecture, city, ward, CEPTOAR body.
    Hub,
}

/// A role. A person may have several; rights add up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// 医療情報システム安全管理責任者・情報システム担当: watches, handles, decides.
    SafetyOfficer,
    /// 事務担当: writes down what happened, makes the calls, drafts reports.
    Clerk,
    /// 経営層 (院長・事務長): decides and approves.
    Director,
    /// 監査担当: reads everything, changes nothing.
    Reviewer,
    /// 担当官: writes and relays warnings, receives reports.
    Officer,
    /// 決裁者: releases warnings.
    Approver,
    /// 立入検査担当: reads reports and coverage.
    Inspector,
    /// システム管理者: people, settings, connections. Sees no logs and no cases by this role alone.
    Administrator,
    /// 名簿の医療機関の担当者: works in an office's portal for an institution without a node. Never one of the office's own people.
    Member,
}

impl Role {
    /// Every role, in the order of screens.
    pub const ALL: [Self; 9] = [
        Self::SafetyOfficer,
        Self::Clerk,
        Self::Director,
        Self::Reviewer,
        Self::Officer,
        Self::Approver,
        Self::Inspector,
        Self::Administrator,
        Self::Member,
    ];

    /// The roles of an organisation's own people.
    pub const STAFF: [Self; 8] = [
        Self::SafetyOfficer,
        Self::Clerk,
        Self::Director,
        Self::Reviewer,
        Self::Officer,
        Self::Approver,
        Self::Inspector,
        Self::Administrator,
    ];

    /// The role as it is stored: `safety_officer`…
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SafetyOfficer => "safety_officer",
            Self::Clerk => "clerk",
            Self::Director => "director",
            Self::Reviewer => "reviewer",
            Self::Officer => "officer",
            Self::Approver => "approver",
            Self::Inspector => "inspector",
            Self::Administrator => "administrator",
            Self::Member => "member",
        }
    }

    /// The role that is stored so.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == text)
    }

    /// Whether an organisation's own people on `side` can have it.
    #[must_use]
    pub const fn exists_on(self, side: Side) -> bool {
        match self {
            Self::SafetyOfficer | Self::Clerk | Self::Director | Self::Reviewer => {
                matches!(side, Side::Node)
            }
            Self::Officer | Self::Approver | Self::Inspector => matches!(side, Side::Hub),
            Self::Administrator => true,
            // Only by an invitation to the portal, which names the institution.
            Self::Member => false,
        }
    }

    /// The role in words.
    #[must_use]
    pub fn label(self) -> Text {
        match self {
            Self::SafetyOfficer => Text::new("安全管理責任者", "Safety officer"),
            Self::Clerk => Text::new("事務担当", "Clerk"),
            Self::Director => Text::new("経営層(院長・事務長)", "Director"),
            Self::Reviewer => Text::new("監査担当", "Reviewer"),
            Self::Officer => Text::new("担当官", "Officer"),
            Self::Approver => Text::new("決裁者", "Approver"),
            Self::Inspector => Text::new("立入検査担当", "Inspector"),
            Self::Administrator => Text::new("システム管理者", "Administrator"),
            Self::Member => Text::new("医療機関の担当者", "Person of an institution"),
        }
    }
}
