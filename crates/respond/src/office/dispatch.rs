//! Help on the spot: which team comes by the number of beds (S2-8), and how far it is. Pure.

use sakimori_words::{Instant, Text, new_uuid7};
use serde::{Deserialize, Serialize};

use super::case::OfficeCase;
use super::decide::{OfficeChange, must_be_open};
use super::error::OfficeError;
use crate::decide::{may_say, said};
use crate::{Actor, Moment, RespondError};

/// Up to so many beds the help team is meant (S2-8); both texts include exactly 200.
const BEDS_BOTH: u32 = 200;

/// Who helps first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DispatchRoute {
    /// サイバーセキュリティお助け隊サービス (up to 200 beds).
    HelpTeam,
    /// 厚生労働省の初動対応支援 (from 200 beds).
    MinistryTeam,
}

impl DispatchRoute {
    /// The route in words.
    #[must_use]
    pub fn words(self) -> Text {
        match self {
            Self::HelpTeam => Text::new(
                "サイバーセキュリティお助け隊（200床以下）",
                "Cybersecurity help team (up to 200 beds)",
            ),
            Self::MinistryTeam => Text::new(
                "厚生労働省の初動対応支援（200床以上）",
                "The ministry's first-response team (from 200 beds)",
            ),
        }
    }

    /// The route as it is stored: `help_team`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::HelpTeam => "help_team",
            Self::MinistryTeam => "ministry_team",
        }
    }
}

/// Who may help an institution of that size: both at exactly 200 beds, and both while the size is not known.
#[must_use]
pub const fn routes_for(beds: Option<u32>) -> &'static [DispatchRoute] {
    match beds {
        Some(beds) if beds < BEDS_BOTH => &[DispatchRoute::HelpTeam],
        Some(beds) if beds > BEDS_BOTH => &[DispatchRoute::MinistryTeam],
        _ => &[DispatchRoute::HelpTeam, DispatchRoute::MinistryTeam],
    }
}

/// How far help is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DispatchState {
    /// Asked for.
    Requested,
    /// Somebody was assigned.
    Assigned,
    /// On the way.
    OnTheWay,
    /// Working from a distance.
    Remote,
    /// Handed over to whoever goes on: the vendor, the hospital.
    HandedOver,
    /// Finished, or not needed any more.
    Closed,
}

impl DispatchState {
    /// All of them, in their order.
    pub const ALL: [Self; 6] = [
        Self::Requested,
        Self::Assigned,
        Self::OnTheWay,
        Self::Remote,
        Self::HandedOver,
        Self::Closed,
    ];

    /// The state in words.
    #[must_use]
    pub fn words(self) -> Text {
        match self {
            Self::Requested => Text::new("依頼済み", "Requested"),
            Self::Assigned => Text::new("担当決定", "Assigned"),
            Self::OnTheWay => Text::new("現地へ移動中", "On the way"),
            Self::Remote => Text::new("遠隔で対応中", "Working remotely"),
            Self::HandedOver => Text::new("引継ぎ済み", "Handed over"),
            Self::Closed => Text::new("終了", "Closed"),
        }
    }

    /// The state as it is stored: `on_the_way`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Requested => "requested",
            Self::Assigned => "assigned",
            Self::OnTheWay => "on_the_way",
            Self::Remote => "remote",
            Self::HandedOver => "handed_over",
            Self::Closed => "closed",
        }
    }

    /// What may follow. Closing is always possible: help may turn out not to be needed.
    #[must_use]
    pub const fn next(self) -> &'static [Self] {
        match self {
            Self::Requested => &[Self::Assigned, Self::Closed],
            Self::Assigned => &[Self::OnTheWay, Self::Remote, Self::Closed],
            Self::OnTheWay => &[Self::Remote, Self::HandedOver, Self::Closed],
            Self::Remote => &[Self::OnTheWay, Self::HandedOver, Self::Closed],
            Self::HandedOver => &[Self::Closed],
            Self::Closed => &[],
        }
    }
}

/// One step of a dispatch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DispatchStep {
    /// How far.
    pub state: DispatchState,
    /// When.
    pub at: Instant,
    /// Who recorded it.
    pub by: Actor,
    /// Who helps, or to whom it was handed over; may be empty.
    pub person: String,
    /// A remark; may be empty.
    pub note: String,
}

/// Help for one institution.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dispatch {
    /// Its id within the case.
    pub id: String,
    /// Who is to help.
    pub route: DispatchRoute,
    /// The provider or team, and its telephone; may be empty until one is assigned.
    pub provider: String,
    /// Its steps, in order; the first is the request.
    pub steps: Vec<DispatchStep>,
}

impl Dispatch {
    /// How far it is.
    #[must_use]
    pub fn state(&self) -> DispatchState {
        self.steps.last().map_or(DispatchState::Requested, |step| step.state)
    }

    /// When it was asked for.
    #[must_use]
    pub fn requested_at(&self) -> Instant {
        self.steps.first().map(|step| step.at).unwrap_or_default()
    }

    /// How far it is, in one line for the institution.
    #[must_use]
    pub fn words(&self) -> Text {
        let (route, state) = (self.route.words(), self.state().words());
        let person = self.steps.last().map(|step| step.person.as_str()).unwrap_or_default();
        let named: Vec<&str> =
            [self.provider.as_str(), person].into_iter().filter(|name| !name.is_empty()).collect();
        let who = match named.join("、") {
            who if who.is_empty() => who,
            who => format!("（{who}）"),
        };
        Text::new(
            format!("初動対応の支援: {}{who} {}", state.ja, route.ja),
            format!("First-response help: {} {}{who}", state.en, route.en),
        )
    }
}

/// Asks for help.
///
/// # Errors
/// When the case is not open, the route does not fit the number of beds, or a text is endless.
pub(super) fn request(
    case: &OfficeCase,
    route: DispatchRoute,
    provider: &str,
    note: &str,
    moment: Moment<'_>,
) -> Result<OfficeChange, RespondError> {
    must_be_open(case)?;
    if !routes_for(case.institution.beds).contains(&route) {
        return Err(OfficeError::DispatchOrder { to: route.as_str() }.into());
    }
    let dispatch = Dispatch {
        id: new_uuid7(moment.now, moment.chance),
        route,
        provider: may_say(provider, "name")?,
        steps: vec![step(DispatchState::Requested, "", note, moment)?],
    };
    let words = dispatch.words();
    let mut after = case.clone();
    after.dispatches.push(dispatch);
    Ok(OfficeChange::new("dispatch_requested", after, words, moment))
}

/// Takes a dispatch one step on. Assigning and handing over name somebody.
///
/// # Errors
/// When there is no such dispatch, it cannot go there from where it is, or nobody is named where somebody must be.
pub(super) fn advance(
    case: &OfficeCase,
    dispatch: &str,
    to: DispatchState,
    person: &str,
    note: &str,
    moment: Moment<'_>,
) -> Result<OfficeChange, RespondError> {
    let mut after = case.clone();
    let known = after.dispatches.iter_mut().find(|one| one.id == dispatch);
    let known =
        known.ok_or_else(|| RespondError::Unknown { what: "dispatch", id: dispatch.to_owned() })?;
    if !known.state().next().contains(&to) {
        return Err(OfficeError::DispatchOrder { to: to.as_str() }.into());
    }
    let person = match to {
        DispatchState::Assigned | DispatchState::HandedOver => said(person, "person")?,
        _ => may_say(person, "person")?,
    };
    known.steps.push(step(to, &person, note, moment)?);
    let words = known.words();
    Ok(OfficeChange::new("dispatch_advanced", after, words, moment))
}

fn step(
    state: DispatchState,
    person: &str,
    note: &str,
    moment: Moment<'_>,
) -> Result<DispatchStep, RespondError> {
    Ok(DispatchStep {
        state,
        at: moment.now,
        by: moment.by.clone(),
        person: person.to_owned(),
        note: may_say(note, "note")?,
    })
}
