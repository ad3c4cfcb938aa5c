//! The room as it is shown: every text ready, nothing left for the template to decide but the order.

use sakimori_content::{
    CallEntry, CallLine, ContactRole, Content, DayKind, Deadline, DecisionGuide, Playbook,
};
use sakimori_identity::Action;
use sakimori_respond::readiness::Procedure;
use sakimori_respond::{
    CallOutcome, Case, CaseFile, EvidenceHold, Handling, Origin, TimelineEntry, addable_duties,
    followed, plays, regions,
};
use sakimori_words::{CaseId, Instant, SECOND_MICROS, jst_date};

use super::super::board::shown::{GroupView, RegionView, deciders, groups, region_views};
use super::super::cases::{handling_words, next_duty};
use super::super::evidence;
use super::super::open::LEARNED;
use super::super::readiness::sheet::sheet_for_case;
use super::super::readiness::{self, deciders::DeciderView};
use super::super::{Rights, actor, at_by, by, dial, sentence, span};
use super::choices::{self, ChoiceView};
use super::tasks::Tasks;
use super::{shown, timeline};
use crate::Failure;
use crate::form::Form;
use crate::frame::{Choice, Frame};
use crate::presence::Company;
use crate::profile;
use crate::visit::Visit;

/// Id of the guide for cutting networks and stopping systems.
pub(super) const ISOLATION: &str = "isolation";
/// What a person can do in the room.
const ACTS: [Action; 4] = [Action::RecordCase, Action::Decide, Action::Judge, Action::DraftReport];

/// Everything the incident room shows.
pub(super) struct Room {
    pub(super) id: String,
    pub(super) title: String,
    pub(super) exercise: bool,
    pub(super) open: bool,
    pub(super) state: String,
    pub(super) state_class: &'static str,
    pub(super) since: String,
    pub(super) next_duty: Option<String>,
    /// The first step to be done: its id and title.
    pub(super) next_step: Option<(String, String)>,
    pub(super) day_note: String,
    pub(super) calls: Vec<CallCard>,
    pub(super) calls_made: Vec<MadeCall>,
    pub(super) steps_note: String,
    /// The playbooks that are followed, that of the opening first.
    pub(super) playbooks: Vec<PlaybookView>,
    /// Playbooks that could be added.
    pub(super) plays: Vec<Choice>,
    pub(super) timeline: Vec<EntryView>,
    pub(super) note_kinds: Vec<Choice>,
    pub(super) kinds: Vec<KindLink>,
    pub(super) precisions: Vec<Choice>,
    pub(super) correcting: Option<Correcting>,
    pub(super) settling: Option<Correcting>,
    pub(super) verdicts: Vec<Choice>,
    pub(super) tasks: Tasks,
    pub(super) regions: Vec<RegionView>,
    pub(super) groups: Vec<GroupView>,
    pub(super) choices: Vec<ChoiceView>,
    pub(super) replacing: Option<(String, String)>,
    /// Names and positions to propose for who decided.
    pub(super) proposed_deciders: Vec<(String, String)>,
    pub(super) addable: Vec<AddableDuty>,
    /// Who else is looking, and what others wrote since the visitor last looked.
    pub(super) company: String,
    pub(super) news: String,
    /// What to say when the clock of this machine was set back; empty when it was not.
    pub(super) clock_behind: String,
    pub(super) decisions: Vec<DecisionView>,
    pub(super) guide: Option<GuideView>,
    /// Who decides, in order, with the number to try now.
    pub(super) deciders: Vec<DeciderView>,
    /// The institution's own criteria.
    pub(super) criteria: Option<Procedure>,
    /// Events of an exercise that were told by now.
    pub(super) told: Vec<String>,
    pub(super) judgement: Option<JudgementView>,
    /// Which of the folded forms was refused, so that it comes back unfolded.
    pub(super) refused: String,
    pub(super) questions: Vec<Question>,
    pub(super) tri: Vec<Choice>,
    pub(super) duties: Vec<DutyView>,
    pub(super) hold: HoldView,
    pub(super) evidence: evidence::Brief,
    pub(super) reports: Vec<ReportLine>,
    pub(super) facts: Vec<(String, String)>,
    pub(super) findings: Vec<FindingLine>,
    rights: Rights,
}

/// One contact of the call sheet with the calls made to it.
#[expect(
    clippy::struct_excessive_bools,
    reason = "states of one contact that have nothing to do with each other"
)]
pub(super) struct CallCard {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) what: String,
    pub(super) rule: String,
    /// What to do because no number is known; empty when one is, or none is needed.
    pub(super) without_number: String,
    pub(super) url: String,
    /// Whether it is reached by a form on that page, so that there is no call to record.
    pub(super) by_form: bool,
    pub(super) lines: Vec<PhoneLine>,
    /// Whether it is responsible for an affected system.
    pub(super) affected: bool,
    /// Whether it is one of the institution's own people.
    pub(super) staff: bool,
    /// Whether numbers are known, and none is answered now.
    pub(super) silent: bool,
    /// Who is called when nobody answers; their numbers.
    pub(super) deputies: Vec<(String, PhoneLine)>,
    /// Whether the last call was not answered, so that the deputy is next.
    pub(super) unanswered: bool,
    pub(super) made: Vec<MadeCall>,
    pub(super) dialled: String,
    pub(super) receipt_number: String,
    pub(super) spoke_with: String,
    /// Whether the form about this contact was refused, so that it comes back unfolded.
    pub(super) refused: bool,
}

impl CallCard {
    /// Whether a number is known that is the right one now; otherwise the caller writes down which one was dialled.
    pub(super) fn has_number(&self) -> bool {
        self.lines.iter().any(|line| line.right_now)
    }
}

/// One number.
pub(super) struct PhoneLine {
    pub(super) phone: String,
    pub(super) dial: String,
    pub(super) label: String,
    pub(super) right_now: bool,
}

/// One call that was made.
pub(super) struct MadeCall {
    pub(super) contact: String,
    pub(super) outcome: String,
    pub(super) class: &'static str,
    pub(super) words: String,
}

/// A playbook with its steps.
pub(super) struct PlaybookView {
    pub(super) title: String,
    pub(super) purpose: String,
    pub(super) steps: Vec<StepView>,
}

/// A duty that applies only to some institutions.
pub(super) struct AddableDuty {
    pub(super) id: String,
    pub(super) words: String,
    pub(super) basis: String,
}

/// A filter of the timeline.
pub(super) struct KindLink {
    pub(super) value: String,
    pub(super) label: String,
    pub(super) current: bool,
}

/// One step of the playbook.
pub(super) struct StepView {
    /// Whether an open task was made of it.
    pub(super) task: bool,
    pub(super) id: String,
    pub(super) title: String,
    pub(super) detail: String,
    pub(super) who: String,
    /// The clause behind it, as people can look it up.
    pub(super) clause: String,
    pub(super) minutes: String,
    pub(super) state: String,
    pub(super) class: &'static str,
    pub(super) open: bool,
    /// Whether it is the one to do now in its playbook.
    pub(super) next: bool,
    pub(super) marked: String,
}

/// One entry of the timeline.
pub(super) struct EntryView {
    pub(super) id: String,
    pub(super) at: Instant,
    /// The time as exactly as it is known.
    pub(super) when: String,
    pub(super) kind: String,
    pub(super) kind_value: &'static str,
    pub(super) text: String,
    pub(super) by: String,
    pub(super) recorded: String,
    pub(super) corrects: String,
    pub(super) corrected: bool,
    /// What became of a hypothesis, with the pill's class; empty while nobody settled it.
    pub(super) settled: String,
    pub(super) settled_class: &'static str,
    /// Whether it is a hypothesis that nobody settled.
    pub(super) unsettled: bool,
    pub(super) recorded_at: Instant,
    /// Name of whoever wrote it.
    pub(super) writer: String,
    /// Whether somebody else wrote it since the visitor last looked.
    pub(super) new: bool,
}

/// The entry that is being corrected.
pub(super) struct Correcting {
    pub(super) id: String,
    pub(super) words: String,
}

/// One decision.
pub(super) struct DecisionView {
    pub(super) chosen: String,
    pub(super) holds: bool,
    pub(super) facts: Vec<(String, String)>,
    pub(super) order: Vec<String>,
}

/// The guide for the next decision.
pub(super) struct GuideView {
    pub(super) question: String,
    pub(super) decider: String,
    pub(super) considerations: Vec<String>,
    pub(super) options: Vec<OptionView>,
    pub(super) order: Vec<(String, String)>,
    pub(super) review_hint: String,
}

/// One way to decide.
pub(super) struct OptionView {
    pub(super) id: String,
    pub(super) label: String,
    pub(super) effect: String,
    pub(super) clinical: String,
    pub(super) revert: String,
}

/// The judgement that holds.
pub(super) struct JudgementView {
    pub(super) outcome: String,
    pub(super) class: &'static str,
    pub(super) by: String,
    pub(super) answers: Vec<(String, String)>,
}

/// One question of the threshold and the names of its fields.
pub(super) struct Question {
    pub(super) name: &'static str,
    pub(super) reason: &'static str,
}

/// One duty.
pub(super) struct DutyView {
    pub(super) id: String,
    pub(super) recipient: String,
    pub(super) duty: String,
    pub(super) limit: String,
    pub(super) due_at: Option<Instant>,
    pub(super) remind_at: Option<Instant>,
    pub(super) state: String,
    pub(super) class: &'static str,
    pub(super) open: bool,
    pub(super) done: String,
    pub(super) basis: String,
    /// How its deadline was moved.
    pub(super) moved: Vec<String>,
}

/// The order to keep evidence.
pub(super) struct HoldView {
    pub(super) words: String,
    pub(super) placed: String,
    pub(super) lifted: String,
}

/// One report.
pub(super) struct ReportLine {
    pub(super) id: String,
    pub(super) title: String,
    pub(super) state: String,
    pub(super) class: &'static str,
    pub(super) words: String,
}

/// One finding.
pub(super) struct FindingLine {
    pub(super) id: String,
    pub(super) title: String,
    pub(super) words: String,
}

impl Room {
    /// The room of a case. `form` is what somebody typed and could not be taken.
    pub(super) async fn of(
        visit: &Visit,
        frame: &Frame,
        id: &CaseId,
        form: &Form,
    ) -> Result<Self, Failure> {
        let site = &visit.site;
        let file = site.cases.file(id).await?;
        let profile = profile::load(site.store.as_ref()).await?;
        let sheet = sheet_for_case(&site.content, profile.as_ref(), &file.case, frame.now);
        let today = jst_date(frame.now);
        let content = &site.content;
        let guide = content.decision(ISOLATION, today);
        let evidence = evidence::brief(visit, frame, id).await?;
        let mut room = Self::new(visit, frame, &file, form, evidence);
        room.day_note = day_note(frame, &sheet.day, sheet.offices_open);
        room.calls =
            sheet.entries.iter().map(|entry| call_card(frame, entry, &file.case, form)).collect();
        room.show_steps(frame, content, &followed(&file.case, content, frame.now), &file.case);
        let plays = plays(&file.case, content, frame.now);
        room.plays =
            plays.into_iter().map(|one| Choice::new(&one.id, one.title.get(frame.lang))).collect();
        room.addable = addable_duties(&file.case, content, frame.now)
            .into_iter()
            .map(|one| addable(frame, one))
            .collect();
        room.guide = guide.map(|guide| guide_view(frame, guide));
        room.deciders = readiness::deciders::views(visit, frame).await?;
        room.criteria = visit.site.cases.own_criteria(ISOLATION).await?;
        Ok(room)
    }

    /// What the record alone says.
    fn new(
        visit: &Visit,
        frame: &Frame,
        file: &CaseFile,
        form: &Form,
        evidence: evidence::Brief,
    ) -> Self {
        let case = &file.case;
        let open = case.is_open();
        let (state, state_class) = handling_words(frame, case);
        let there = regions(case, evidence.standing, frame.now);
        Self {
            id: case.id.to_string(),
            title: title(frame, case),
            exercise: case.exercise,
            open,
            state,
            state_class,
            since: since(frame, case),
            next_duty: next_duty(frame, case).filter(|_| open).map(|(words, _)| words),
            next_step: None,
            day_note: String::new(),
            calls: Vec::new(),
            calls_made: case.calls.iter().map(|call| shown::made_call(frame, call)).collect(),
            steps_note: String::new(),
            playbooks: Vec::new(),
            plays: Vec::new(),
            timeline: timeline::views(frame, &file.timeline, form.text("kind")),
            note_kinds: shown::note_kinds(frame),
            kinds: timeline::kinds(frame, form.text("kind")),
            precisions: timeline::precisions(frame),
            correcting: correcting(frame, &file.timeline, form, ["correct", "corrects"]),
            settling: correcting(frame, &file.timeline, form, ["settle", "settles"]),
            verdicts: timeline::verdicts(frame),
            tasks: Tasks::of(frame, case, &actor(visit), form.has("mine", "yes")),
            regions: region_views(frame, case, &there),
            groups: groups(frame, &there).into_iter().filter(|one| one.class != "good").collect(),
            choices: choices::views(frame, case),
            replacing: choices::replacing(case, form),
            proposed_deciders: deciders(case),
            addable: Vec::new(),
            company: String::new(),
            news: String::new(),
            clock_behind: timeline::clock_behind(frame, &file.timeline),
            decisions: shown::decisions(frame, &case.isolation),
            guide: None,
            deciders: Vec::new(),
            criteria: None,
            told: told(frame, case),
            judgement: case.judgement().map(|judgement| shown::judgement(frame, judgement)),
            refused: if form.fine() { String::new() } else { form.text("act").to_owned() },
            questions: shown::questions(),
            tri: shown::tri(frame),
            duties: shown::duties(frame, case),
            hold: hold(frame, &case.hold, case.exercise),
            evidence,
            reports: file.reports.iter().map(|report| shown::report(frame, report)).collect(),
            facts: facts(frame, case),
            findings: case.findings().map(|finding| shown::finding(frame, finding)).collect(),
            rights: Rights::of(visit, &ACTS),
        }
    }

    fn show_steps(
        &mut self,
        frame: &Frame,
        content: &Content,
        followed: &[(&Playbook, Instant)],
        case: &Case,
    ) {
        let view = |(playbook, _): &(&Playbook, Instant)| PlaybookView {
            title: playbook.title.get(frame.lang).to_owned(),
            purpose: playbook.purpose.get(frame.lang).to_owned(),
            steps: playbook
                .steps
                .iter()
                .map(|step| StepView {
                    clause: content.citation([step.clause.as_str()]).get(frame.lang).to_owned(),
                    ..shown::step(frame, playbook, step, case)
                })
                .collect(),
        };
        self.playbooks = followed.iter().map(view).collect();
        for playbook in &mut self.playbooks {
            if let Some(step) = playbook.steps.iter_mut().find(|step| step.open) {
                step.next = true;
            }
        }
        let next = self.steps().find(|step| step.open).filter(|_| self.open);
        self.next_step = next.map(|step| (step.id.clone(), step.title.clone()));
        let (total, done) = (self.steps().count(), self.steps().filter(|step| !step.open).count());
        self.steps_note =
            sentence(frame.lang, "steps-progress", &[("total", &total), ("done", &done)]);
    }

    /// Says who else is in the room, and marks what others wrote since the visitor last looked.
    pub(super) fn show_company(&mut self, frame: &Frame, company: &Company, me: &str) {
        self.company = if company.others.is_empty() {
            frame.t("room-here-only-you")
        } else {
            frame.with("room-here", "names", company.others.join(&frame.t("board-comma")))
        };
        let Some(since) = company.last_looked_at else { return };
        for entry in &mut self.timeline {
            entry.new = entry.recorded_at > since && entry.writer != me;
        }
        let count = self.timeline.iter().filter(|entry| entry.new).count();
        if count > 0 {
            self.news = frame.with("room-new", "count", count);
        }
    }

    /// The steps of all playbooks that are followed.
    pub(super) fn steps(&self) -> impl Iterator<Item = &StepView> {
        self.playbooks.iter().flat_map(|playbook| &playbook.steps)
    }

    /// Whether own people are on the sheet.
    pub(super) fn has_staff(&self) -> bool {
        self.calls.iter().any(|entry| entry.staff)
    }

    /// Whether the person may do it to this case.
    pub(super) fn may(&self, action: Action) -> bool {
        self.rights.to(action)
    }
}

fn title(frame: &Frame, case: &Case) -> String {
    if case.title.is_empty() { frame.t("cases-untitled") } else { case.title.clone() }
}

fn since(frame: &Frame, case: &Case) -> String {
    match &case.handling {
        Handling::Suspected | Handling::Confirmed => {
            let seconds = frame.now.micros_since(case.knew_at) / SECOND_MICROS;
            frame.with("case-since", "span", span(frame, seconds))
        }
        Handling::Dismissed { at, by: who, reason } | Handling::Closed { at, by: who, reason } => {
            sentence(
                frame.lang,
                "case-ended",
                &[("by", &by(frame, who)), ("at", &frame.minute(*at)), ("reason", reason)],
            )
        }
    }
}

fn day_note(frame: &Frame, day: &DayKind, offices_open: bool) -> String {
    let hours = frame.t(if offices_open { "case-day-office" } else { "case-day-closed" });
    match day {
        DayKind::Holiday(name) | DayKind::Closed(name) => {
            format!("{}: {hours}", name.get(frame.lang))
        }
        DayKind::Business | DayKind::Weekend => hours,
    }
}

fn call_card(frame: &Frame, entry: &CallEntry, case: &Case, form: &Form) -> CallCard {
    let refused = !form.fine() && form.text("contact") == entry.id;
    let typed = |name: &str| if refused { form.value(name).to_owned() } else { String::new() };
    let made = case.calls.iter().filter(|record| record.call.contact == entry.id);
    CallCard {
        id: entry.id.clone(),
        name: entry.name.get(frame.lang).to_owned(),
        what: entry.what.get(frame.lang).to_owned(),
        rule: entry.rule.get(frame.lang).to_owned(),
        without_number: without_number(frame, entry),
        url: entry.url.clone(),
        by_form: entry.by_form,
        lines: entry.lines.iter().map(|line| phone_line(frame, line)).collect(),
        affected: entry.affected,
        staff: entry.role == ContactRole::Staff,
        silent: !entry.lines.is_empty() && !entry.answers_now(),
        deputies: entry
            .deputies
            .iter()
            .filter_map(|one| {
                let name = format!("{} {}", one.name, one.duty).trim().to_owned();
                Some((name, phone_line(frame, one.line.as_ref()?)))
            })
            .collect(),
        unanswered: made
            .clone()
            .next_back()
            .is_some_and(|record| record.call.outcome == CallOutcome::NoAnswer),
        made: made.map(|record| shown::made_call(frame, record)).collect(),
        refused,
        dialled: typed("dialled"),
        receipt_number: typed("receipt-number"),
        spoke_with: typed("spoke-with"),
    }
}

fn phone_line(frame: &Frame, line: &CallLine) -> PhoneLine {
    PhoneLine {
        phone: line.phone.clone(),
        dial: dial(&line.phone),
        label: shown::line_label(frame, line),
        right_now: line.right_now,
    }
}

/// The events of an exercise that were told by now, with their minutes.
fn told(frame: &Frame, case: &Case) -> Vec<String> {
    let told = case.rehearsal.told(case.opened_at, frame.now);
    told.into_iter()
        .map(|one| {
            let minutes = frame.with("exercise-after", "minutes", one.after_minutes);
            format!("{minutes}: {}", one.text)
        })
        .collect()
}

/// What to do because the entry has no number: the office's own advice, or for an entry the institution made itself, how to
/// find one.
fn without_number(frame: &Frame, entry: &CallEntry) -> String {
    if entry.own && entry.lines.is_empty() {
        return frame.t("call-no-number");
    }
    entry.without_number.get(frame.lang).to_owned()
}

fn guide_view(frame: &Frame, guide: &DecisionGuide) -> GuideView {
    let lang = frame.lang;
    GuideView {
        question: guide.question.get(lang).to_owned(),
        decider: guide.decider.get(lang).to_owned(),
        considerations: guide
            .considerations
            .iter()
            .map(|one| one.question.get(lang).to_owned())
            .collect(),
        options: guide
            .options
            .iter()
            .map(|option| OptionView {
                id: option.id.clone(),
                label: option.label.get(lang).to_owned(),
                effect: option.effect.get(lang).to_owned(),
                clinical: option.clinical.get(lang).to_owned(),
                revert: option.revert.get(lang).to_owned(),
            })
            .collect(),
        order: guide
            .order
            .iter()
            .map(|step| (step.action.get(lang).to_owned(), step.reason.get(lang).to_owned()))
            .collect(),
        review_hint: frame.with("decision-review-hint", "minutes", guide.review_minutes),
    }
}

/// The entry that one of those fields names.
fn correcting(
    frame: &Frame,
    timeline: &[TimelineEntry],
    form: &Form,
    fields: [&str; 2],
) -> Option<Correcting> {
    let wanted = fields.map(|name| form.text(name));
    let entry = timeline.iter().find(|entry| wanted.contains(&entry.id.as_str()))?;
    let words = format!("{} {}", frame.minute(entry.at), entry.text.get(frame.lang));
    Some(Correcting { id: entry.id.clone(), words })
}

fn addable(frame: &Frame, deadline: &Deadline) -> AddableDuty {
    AddableDuty {
        id: deadline.id.clone(),
        words: deadline.duty.get(frame.lang).to_owned(),
        basis: deadline.provenance.citation(),
    }
}

fn hold(frame: &Frame, hold: &EvidenceHold, exercise: bool) -> HoldView {
    let lifted = hold.released.as_ref().map(|(at, who, reason)| {
        sentence(
            frame.lang,
            "hold-lifted-words",
            &[("at", &frame.minute(*at)), ("by", &by(frame, who)), ("reason", reason)],
        )
    });
    HoldView {
        words: if exercise {
            frame.t("hold-exercise")
        } else {
            EvidenceHold::words().get(frame.lang).to_owned()
        },
        placed: at_by(frame, "hold-placed", hold.placed_at, &hold.placed_by),
        lifted: lifted.unwrap_or_default(),
    }
}

fn facts(frame: &Frame, case: &Case) -> Vec<(String, String)> {
    let learned = LEARNED.iter().find(|(_, from, _)| *from == case.learned_from);
    let learned = learned.map(|(_, _, word)| frame.t(word)).unwrap_or_default();
    let mut rows = vec![
        (frame.t("case-knew"), frame.minute(case.knew_at)),
        (frame.t("case-detected"), frame.minute(case.detected_at)),
        (frame.t("case-learned"), learned),
        (frame.t("case-opened"), frame.minute(case.opened_at)),
        (frame.t("case-opened-by"), by(frame, &case.opened_by)),
    ];
    if let Origin::Person { sentence } = &case.origin {
        rows.insert(0, (frame.t("case-origin"), sentence.clone()));
    }
    rows
}
