//! The board as it is shown: every text ready.

use sakimori_respond::{
    Case, Disclosure, EvidenceStanding, PatientNotice, Phase, Regions, Service, ServiceState,
    ServiceStep, Substitute, regions,
};
use sakimori_words::{Instant, Text};

use super::super::sentence;
use crate::frame::{Choice, Frame};

/// Everything the board shows.
pub(in super::super) struct Board {
    pub(super) id: String,
    pub(super) title: String,
    pub(super) exercise: bool,
    pub(super) open: bool,
    /// The moment that is shown.
    pub(super) at: String,
    /// Whether it is not now.
    pub(super) past: bool,
    pub(super) regions: Vec<RegionView>,
    /// State and names of the services in it, those that do not run as always first.
    pub(super) groups: Vec<GroupView>,
    pub(super) services: Vec<ServiceView>,
    pub(super) history: Vec<HistoryLine>,
    pub(super) phases: Vec<Choice>,
    pub(super) n_phases: usize,
    pub(super) states: Vec<Choice>,
    pub(super) service_choices: Vec<Choice>,
    pub(super) disclosures: Vec<Choice>,
    pub(super) n_disclosures: usize,
    pub(super) notices: Vec<Choice>,
    pub(super) n_notices: usize,
    pub(super) deciders: Vec<(String, String)>,
}

/// One region in one line.
pub(in super::super) struct RegionView {
    pub(in super::super) name: String,
    pub(in super::super) state: String,
    pub(in super::super) class: &'static str,
    pub(in super::super) more: String,
    /// Which form moves it; empty when it follows from elsewhere.
    pub(in super::super) doing: &'static str,
    /// Where it is worked on when no form here moves it.
    pub(in super::super) link: String,
}

/// The services in one state.
pub(in super::super) struct GroupView {
    pub(in super::super) state: String,
    pub(in super::super) class: &'static str,
    pub(in super::super) names: String,
    pub(in super::super) count: usize,
}

/// One service.
pub(super) struct ServiceView {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) priority: u8,
    pub(super) state: String,
    pub(super) class: &'static str,
    pub(super) since: String,
    pub(super) decider: String,
    pub(super) condition: String,
    pub(super) planned: String,
    pub(super) late: bool,
}

/// One step of a region or service, for the list of everything that was decided.
pub(super) struct HistoryLine {
    pub(super) at: Instant,
    pub(super) what: String,
    pub(super) state: String,
    pub(super) who: String,
    pub(super) more: String,
}

/// States of a service by the spelling of the form.
pub(super) fn states() -> [(&'static str, ServiceState); 8] {
    let workaround = |by| ServiceState::Workaround { by };
    [
        ("degraded", ServiceState::Degraded),
        ("stopped", ServiceState::Stopped),
        ("paper", workaround(Substitute::Paper)),
        ("reference", workaround(Substitute::ReferenceCopy)),
        ("transfer", workaround(Substitute::Transfer)),
        ("partial", ServiceState::Partial { scope: String::new() }),
        ("restored", ServiceState::Restored),
        ("normal", ServiceState::Normal),
    ]
}

/// Phases people set, by the spelling of the form.
pub(super) const PHASES: [(&str, Phase); 6] = [
    ("confirmed", Phase::Confirmed),
    ("contained", Phase::Contained),
    ("eradicating", Phase::Eradicating),
    ("recovering", Phase::Recovering),
    ("monitoring", Phase::Monitoring),
    ("review", Phase::Review),
];

/// States of telling the public, by the spelling of the form.
pub(super) const DISCLOSURES: [(&str, Disclosure); 5] = [
    ("internal", Disclosure::Internal),
    ("prepared", Disclosure::Prepared),
    ("approved", Disclosure::Approved),
    ("published", Disclosure::Published),
    ("updated", Disclosure::Updated),
];

/// States of telling patients, by the spelling of the form, with the words of the choice.
pub(super) const NOTICES: [(&str, &str); 4] = [
    ("not-needed", "patients-not-needed"),
    ("planned", "patients-planned"),
    ("sent", "patients-sent"),
    ("substituted", "patients-substituted"),
];

impl Board {
    pub(super) fn of(frame: &Frame, case: &Case, evidence: EvidenceStanding, at: Instant) -> Self {
        let there = regions(case, evidence, at);
        let past = at < frame.now;
        Self {
            id: case.id.to_string(),
            title: case.title.clone(),
            exercise: case.exercise,
            open: case.is_open(),
            at: frame.minute(at),
            past,
            regions: region_views(frame, case, &there),
            groups: groups(frame, &there),
            services: there.services.iter().map(|one| service(frame, one, at)).collect(),
            history: history(frame, case, at),
            phases: phases(frame, case),
            n_phases: case.room.phases.len(),
            states: states()
                .iter()
                .map(|(value, state)| state_choice(frame, value, state))
                .collect(),
            service_choices: service_choices(frame, case),
            disclosures: disclosures(frame, case),
            n_disclosures: case.room.disclosure.len(),
            notices: notices(frame, case),
            n_notices: case.room.patient_notice.len(),
            deciders: deciders(case),
        }
    }
}

/// The five regions in their order, notice to patients under disclosure.
pub(in super::super) fn region_views(
    frame: &Frame,
    case: &Case,
    there: &Regions<'_>,
) -> Vec<RegionView> {
    let word = |text: &Text| text.get(frame.lang).to_owned();
    let room = |part: &str| format!("/cases/{}#{part}", case.id);
    let phase = there.phase.unwrap_or(Phase::Suspected);
    let mhlw = there.mhlw.map(|one| frame.with("region-mhlw", "phase", word(&one.words())));
    let services = there.disturbed();
    let notice = there.patient_notice.words();
    let region = |name: &str, state: String, class, more: String, doing, link| RegionView {
        name: frame.t(name),
        state,
        class,
        more,
        doing,
        link,
    };
    vec![
        region(
            "region-handling",
            word(&phase.words()),
            phase_class(phase),
            mhlw.unwrap_or_default(),
            "phase",
            String::new(),
        ),
        region(
            "region-evidence",
            word(&there.evidence.words()),
            evidence_class(there.evidence),
            String::new(),
            "",
            room("hold"),
        ),
        duties_region(frame, there, room("duties")),
        region(
            "region-services",
            services_words(frame, there, services),
            if services == 0 { "" } else { "bad" },
            String::new(),
            "service",
            String::new(),
        ),
        region(
            "region-disclosure",
            word(&there.disclosure.words()),
            "",
            frame.with("region-patients", "state", word(&notice)),
            "public",
            String::new(),
        ),
    ]
}

fn services_words(frame: &Frame, there: &Regions<'_>, disturbed: usize) -> String {
    match (there.services.len(), disturbed) {
        (0, _) => frame.t("region-services-none"),
        (_, 0) => frame.t("region-services-fine"),
        (all, _) => frame.with2("region-services-words", "disturbed", disturbed, "all", all),
    }
}

fn duties_region(frame: &Frame, there: &Regions<'_>, link: String) -> RegionView {
    let duties = there.duties;
    let (state, class) = match (duties.overdue, duties.open) {
        (0, 0) => (frame.t("region-duties-done"), "good"),
        (0, open) => (frame.with("region-duties-open", "open", open), "look"),
        (overdue, _) => (frame.with("region-duties-overdue", "overdue", overdue), "strong"),
    };
    let more = sentence(
        frame.lang,
        "region-duties-words",
        &[("met", &duties.met), ("sent", &duties.sent), ("excused", &duties.excused)],
    );
    RegionView { name: frame.t("region-duties"), state, class, more, doing: "", link }
}

/// The pill of a phase.
pub(in super::super) const fn phase_class(phase: Phase) -> &'static str {
    match phase {
        Phase::Suspected | Phase::Contained | Phase::Eradicating | Phase::Recovering => "look",
        Phase::Confirmed => "bad",
        Phase::Monitoring | Phase::Review | Phase::Closed => "good",
        Phase::Dismissed => "",
    }
}

const fn evidence_class(standing: EvidenceStanding) -> &'static str {
    match standing {
        EvidenceStanding::None | EvidenceStanding::Planned | EvidenceStanding::Collecting => "look",
        EvidenceStanding::Secured | EvidenceStanding::Waived => "good",
    }
}

const fn state_class(state: &ServiceState) -> &'static str {
    match state {
        ServiceState::Normal | ServiceState::Restored => "good",
        ServiceState::Degraded | ServiceState::Partial { .. } => "look",
        ServiceState::Workaround { .. } => "bad",
        ServiceState::Stopped => "strong",
    }
}

/// The services by state, so that "what is on paper" is one line.
pub(in super::super) fn groups(frame: &Frame, there: &Regions<'_>) -> Vec<GroupView> {
    let mut groups: Vec<GroupView> = Vec::new();
    for (service, step) in &there.services {
        let state = step.map_or(&ServiceState::Normal, |step| &step.state);
        let words = group_words(frame, state);
        match groups.iter_mut().find(|group| group.state == words) {
            Some(group) => {
                let comma = frame.t("board-comma");
                group.names.push_str(&format!("{comma}{}", service.name));
                group.count += 1;
            }
            None => groups.push(GroupView {
                state: words,
                class: state_class(state),
                names: service.name.clone(),
                count: 1,
            }),
        }
    }
    groups.sort_by_key(|group| group.class == "good");
    groups
}

fn group_words(frame: &Frame, state: &ServiceState) -> String {
    match state {
        ServiceState::Partial { .. } => frame.t("service-partial"),
        other => other.words().get(frame.lang).to_owned(),
    }
}

fn service(
    frame: &Frame,
    (service, step): &(&Service, Option<&ServiceStep>),
    at: Instant,
) -> ServiceView {
    let state = step.map_or(&ServiceState::Normal, |step| &step.state);
    let planned = step.and_then(|step| step.planned_restore);
    ServiceView {
        id: service.id.clone(),
        name: service.name.clone(),
        priority: service.priority,
        state: state.words().get(frame.lang).to_owned(),
        class: state_class(state),
        since: step.map(|step| frame.minute(step.taken.at)).unwrap_or_default(),
        decider: step
            .map(|step| step.taken.decider().get(frame.lang).to_owned())
            .unwrap_or_default(),
        condition: step.map(|step| step.condition.clone()).unwrap_or_default(),
        planned: planned.map(|planned| frame.minute(planned)).unwrap_or_default(),
        late: planned.is_some_and(|planned| planned < at) && state_class(state) != "good",
    }
}

/// Every step of every region up to `at`, the latest first.
fn history(frame: &Frame, case: &Case, at: Instant) -> Vec<HistoryLine> {
    let word = |text: Text| text.get(frame.lang).to_owned();
    let line =
        |what: String, state: Text, taken: &sakimori_respond::Taken, more: &str| HistoryLine {
            at: taken.at,
            what,
            state: word(state),
            who: word(taken.decider()),
            more: more.to_owned(),
        };
    let room = &case.room;
    let mut lines = Vec::new();
    for step in &room.phases {
        lines.push(line(frame.t("region-handling"), step.phase.words(), &step.taken, &step.reason));
    }
    for service in &room.services {
        let steps = service.steps.iter();
        lines.extend(steps.map(|step| {
            line(service.name.clone(), step.state.words(), &step.taken, &step.condition)
        }));
    }
    for step in &room.disclosure {
        lines.push(line(frame.t("region-disclosure"), step.state.words(), &step.taken, &step.note));
    }
    for step in &room.patient_notice {
        lines.push(line(frame.t("board-patients"), step.state.words(), &step.taken, ""));
    }
    lines.retain(|line| line.at <= at);
    lines.sort_by_key(|line| std::cmp::Reverse(line.at));
    lines
}

/// The phases, the usual next one first and named so.
fn phases(frame: &Frame, case: &Case) -> Vec<Choice> {
    let now = case.phase();
    let mut all: Vec<(&str, Phase)> =
        PHASES.iter().filter(|(_, phase)| *phase != now).copied().collect();
    all.sort_by_key(|(_, phase)| !phase.follows(now));
    let label = |phase: Phase| {
        let words = phase.words().get(frame.lang).to_owned();
        if phase.follows(now) { words } else { frame.with("phase-needs-reason", "phase", words) }
    };
    all.into_iter().map(|(value, phase)| Choice::new(value, label(phase))).collect()
}

fn state_choice(frame: &Frame, value: &str, state: &ServiceState) -> Choice {
    Choice::new(value, group_words(frame, state))
}

/// The services with how they run now; the value carries how many steps the person saw.
fn service_choices(frame: &Frame, case: &Case) -> Vec<Choice> {
    let label = |service: &Service| {
        let state = service.state().words();
        sentence(
            frame.lang,
            "board-service-choice",
            &[("name", &service.name), ("state", &state.get(frame.lang))],
        )
    };
    let value = |service: &Service| format!("{}~{}", service.id, service.steps.len());
    case.room.services.iter().map(|one| Choice::new(value(one), label(one))).collect()
}

fn disclosures(frame: &Frame, case: &Case) -> Vec<Choice> {
    let now = case.disclosure();
    let next = DISCLOSURES.iter().filter(|(_, state)| now.leads_to(*state));
    next.map(|(value, state)| Choice::new(value, state.words().get(frame.lang))).collect()
}

fn notices(frame: &Frame, case: &Case) -> Vec<Choice> {
    let told = case.patient_notice().is_done();
    let open =
        NOTICES.iter().filter(|(value, _)| !told || matches!(*value, "sent" | "substituted"));
    open.map(|(value, word)| Choice::new(value, frame.t(word))).collect()
}

/// What was typed as a state of telling patients.
pub(super) fn notice_of(value: &str, how: String, by: Option<Instant>) -> Option<PatientNotice> {
    match value {
        "not-needed" => Some(PatientNotice::NotNeeded { reason: how }),
        "planned" => Some(PatientNotice::Planned { by, how }),
        "sent" => Some(PatientNotice::Sent { how }),
        "substituted" => Some(PatientNotice::Substituted { how }),
        _ => None,
    }
}

/// Names and roles of those who decided before in this case, to choose from.
pub(in super::super) fn deciders(case: &Case) -> Vec<(String, String)> {
    let room = &case.room;
    let taken = room.phases.iter().map(|step| &step.taken);
    let taken =
        taken.chain(room.services.iter().flat_map(|one| &one.steps).map(|step| &step.taken));
    let taken = taken.chain(room.decisions.iter().map(|one| &one.taken));
    let taken = taken.chain(room.disclosure.iter().map(|step| &step.taken));
    let cut = case.isolation.iter();
    let cut = cut.map(|one| (one.decided_by.clone(), one.decider_role.clone()));
    let named = taken.map(|taken| (taken.decided_by.clone(), taken.decider_role.clone()));
    let mut all: Vec<(String, String)> = cut.chain(named).collect();
    all.sort();
    all.dedup();
    all
}
