//! How a report stands with the offices it went to. Derived from what was recorded, never a state of its own.

use sakimori_words::{OrganisationId, Text};

use crate::{Case, Phase, ReplyKind, Report, ReportState, Stage};

/// How a report stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ReportStanding {
    /// Being written; waits for approval.
    Draft,
    /// Approved, not sent.
    Approved,
    /// Sent; no office confirmed it yet.
    Submitted,
    /// An office has it.
    Received,
    /// An office sent it back or asks: the next version answers.
    Returned,
    /// Every connected office accepted it.
    Accepted,
    /// A later version went out.
    Superseded,
}

impl ReportStanding {
    /// The standing in words.
    #[must_use]
    pub fn words(self) -> Text {
        let [ja, en] = match self {
            Self::Draft => ["案（承認待ち）", "draft, to be approved"],
            Self::Approved => ["承認済み・未提出", "approved, not sent"],
            Self::Submitted => ["提出済み（受領待ち）", "sent, receipt awaited"],
            Self::Received => ["受領された", "received"],
            Self::Returned => [
                "差し戻し・照会あり（次の報で答える）",
                "returned or asked about (the next one answers)",
            ],
            Self::Accepted => ["受理", "accepted"],
            Self::Superseded => ["次の報に引き継いだ", "followed by a later one"],
        };
        Text::new(ja, en)
    }
}

impl Report {
    /// How it stands among the reports of its case.
    #[must_use]
    pub fn standing(&self, all: &[Self]) -> ReportStanding {
        match &self.state {
            ReportState::Draft => ReportStanding::Draft,
            ReportState::Approved { .. } => ReportStanding::Approved,
            ReportState::Submitted { .. } if superseded_by(self, all).is_some() => {
                ReportStanding::Superseded
            }
            ReportState::Submitted { .. } => self.with_offices(),
        }
    }

    fn with_offices(&self) -> ReportStanding {
        let connected = self.addressees.iter().filter_map(|one| one.organisation.as_ref());
        let answers: Vec<Option<ReplyKind>> =
            connected.map(|office| self.last_answer(office)).collect();
        if answers.contains(&Some(ReplyKind::Question)) {
            return ReportStanding::Returned;
        }
        let accepted = |answer: &Option<ReplyKind>| *answer == Some(ReplyKind::Accepted);
        if !answers.is_empty() && answers.iter().all(accepted) {
            return ReportStanding::Accepted;
        }
        if self.receipts.is_empty() { ReportStanding::Submitted } else { ReportStanding::Received }
    }

    /// What an office's officer said last; the automatic receipt when no officer did.
    #[must_use]
    pub fn last_answer(&self, office: &OrganisationId) -> Option<ReplyKind> {
        let all = self.receipts.iter().filter(|receipt| receipt.from == *office);
        let said = all.clone().rfind(|receipt| receipt.kind != ReplyKind::Delivered);
        said.or_else(|| all.clone().next()).map(|receipt| receipt.kind)
    }
}

/// The first report that went out after this one.
#[must_use]
pub fn superseded_by<'a>(report: &Report, all: &'a [Report]) -> Option<&'a Report> {
    all.iter()
        .filter(|later| later.number > report.number && later.submission().is_some())
        .min_by_key(|later| later.number)
}

/// The names of those addressees who have had the final report, unless they returned it or the case went on since.
pub(crate) fn closed_for(case: &Case, reports: &[Report], to: &[crate::Addressee]) -> Vec<String> {
    let reopened = case.room.phases.windows(2).rfind(|pair| {
        matches!(pair, [before, after] if before.phase >= Phase::Closed && after.phase < Phase::Closed)
    });
    let since = reopened.and_then(|pair| pair.last()).map(|step| step.taken.recorded_at);
    let finals = reports.iter().filter(|report| {
        let submission = report.submission();
        report.stage == Stage::Final
            && submission.is_some_and(|sent| since.is_none_or(|since| sent.at >= since))
    });
    let mut names = Vec::new();
    for report in finals {
        for one in to.iter().filter(|one| report.addressees.contains(one)) {
            let answer = one.organisation.as_ref().and_then(|office| report.last_answer(office));
            if answer != Some(ReplyKind::Question) && !names.contains(&one.name) {
                names.push(one.name.clone());
            }
        }
    }
    names
}
