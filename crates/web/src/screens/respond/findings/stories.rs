//! Findings that belong to one attack, told in the order of their time.

use sakimori_watch::{KeptFinding, KeptStory};
use sakimori_words::{Instant, Level};

use crate::frame::Frame;

/// Most stories on the page; the others stand as findings below.
const STORIES_MAX: usize = 10;

/// A story as the page shows it.
pub(super) struct StoryCard {
    /// The id of its first finding.
    pub(super) id: String,
    pub(super) level: Level,
    /// How far the attack went.
    pub(super) course: String,
    pub(super) first_at: Instant,
    pub(super) last_at: Instant,
    pub(super) involved: String,
    pub(super) steps: Vec<Step>,
}

/// One finding of a story.
pub(super) struct Step {
    pub(super) id: String,
    pub(super) at: Instant,
    pub(super) title: String,
    pub(super) host: String,
    pub(super) count: u64,
}

/// The stories of more than one finding.
pub(super) fn cards(frame: &Frame, stories: Vec<KeptStory>) -> Vec<StoryCard> {
    let told = stories.into_iter().filter(|kept| kept.findings.len() > 1);
    told.take(STORIES_MAX).map(|kept| card(frame, kept)).collect()
}

fn card(frame: &Frame, KeptStory { story, findings }: KeptStory) -> StoryCard {
    StoryCard {
        id: findings.first().map(|first| first.finding.id.to_string()).unwrap_or_default(),
        level: story.level,
        course: story.course(frame.lang),
        first_at: story.first_at,
        last_at: story.last_at,
        involved: story.who(),
        steps: findings.into_iter().map(|kept| step(frame, kept)).collect(),
    }
}

fn step(frame: &Frame, kept: KeptFinding) -> Step {
    Step {
        id: kept.finding.id.to_string(),
        at: kept.first_at,
        title: kept.finding.title.get(frame.lang).to_owned(),
        host: kept.finding.host,
        count: kept.count,
    }
}
