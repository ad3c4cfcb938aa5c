//! How long logs are kept: by class, with the disk it will take, and letting go what is past its time.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::routing::get;
use sakimori_identity::Action;
use sakimori_words::{Instant, SECOND_MICROS};

use crate::failure::Answer;
use crate::flash::Flash;
use crate::frame::{Frame, Lamp};
use crate::ports::{KeepingState, KeptClass};
use crate::site::Site;
use crate::visit::{Visit, page};

pub(crate) fn routes() -> Router<Arc<Site>> {
    Router::new().route("/sources/retention", get(show).post(let_go))
}

#[derive(Template)]
#[template(path = "screens/logs/retention/page.html")]
struct RetentionPage {
    frame: Frame,
    state: KeepingState,
    classes: Vec<ClassLine>,
    forecast: Forecast,
    may_delete: bool,
    /// Whether a fresh code is there.
    ready: bool,
}

/// One class as the table shows it.
struct ClassLine {
    name: String,
    meaning: String,
    days: u32,
    kept_days: i64,
    events: u64,
    bytes: u64,
    /// Bytes that its whole time will take at the rate so far.
    expected_bytes: u64,
}

/// Whether the disk will do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Forecast {
    /// Nothing is known of the disk, or of the rate.
    Unknown,
    /// It will.
    Enough { expected_bytes: u64, free_bytes: u64 },
    /// It will be full in so many days.
    Short { expected_bytes: u64, free_bytes: u64, days: u64 },
}

async fn show(visit: Visit) -> Answer {
    visit.pass(Action::ViewSystem, "retention", "").await?;
    let state = visit.site.keeping.state().await?;
    let frame = visit.frame("retention-title").await;
    let classes: Vec<_> = state.classes.iter().map(|class| line(class, &frame)).collect();
    page(&RetentionPage {
        forecast: forecast(&classes, state.free_bytes),
        may_delete: visit.may(Action::DeleteLogs),
        ready: visit.is_ready_for(Action::DeleteLogs),
        classes,
        state,
        frame,
    })
}

async fn let_go(visit: Visit) -> Answer {
    let permit = visit.pass(Action::DeleteLogs, "retention", "").await?;
    let gone = visit.site.keeping.let_go(permit.person()).await?;
    let told = Flash::new("flash-logs-let-go").with("count", gone.events);
    visit.done("/sources/retention", &told)
}

fn line(class: &KeptClass, frame: &Frame) -> ClassLine {
    let kept_days = days_since(class.oldest_at, frame.now);
    ClassLine {
        name: frame.t(&format!("retention-{}", class.name)),
        meaning: frame.t(&format!("retention-{}-is", class.name)),
        days: class.days,
        kept_days,
        events: class.events,
        bytes: class.bytes,
        expected_bytes: expected(class.bytes, kept_days, class.days),
    }
}

fn days_since(at: Instant, now: Instant) -> i64 {
    now.micros_since(at).max(0) / (86_400 * SECOND_MICROS)
}

/// Bytes of a whole retention at the rate of the days so far; 0 in the first week, which says too little.
fn expected(bytes: u64, kept_days: i64, days: u32) -> u64 {
    let kept = u64::try_from(kept_days).unwrap_or_default();
    if kept < 7 {
        return 0;
    }
    (bytes / kept).saturating_mul(u64::from(days)).max(bytes)
}

fn forecast(classes: &[ClassLine], free_bytes: Option<u64>) -> Forecast {
    let expected_bytes: u64 = classes.iter().map(|class| class.expected_bytes).sum();
    let (Some(free_bytes), 1..) = (free_bytes, expected_bytes) else { return Forecast::Unknown };
    let bytes: u64 = classes.iter().map(|class| class.bytes).sum();
    if expected_bytes - bytes.min(expected_bytes) <= free_bytes {
        return Forecast::Enough { expected_bytes, free_bytes };
    }
    let a_day = |class: &ClassLine| class.bytes / u64::try_from(class.kept_days.max(1)).unwrap_or(1);
    let rate: u64 = classes.iter().map(a_day).sum();
    Forecast::Short { expected_bytes, free_bytes, days: free_bytes / rate.max(1) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn class(days: u32, kept_days: i64, bytes: u64) -> ClassLine {
        let expected_bytes = expected(bytes, kept_days, days);
        let (name, meaning) = (String::new(), String::new());
        ClassLine { name, meaning, days, kept_days, events: 0, bytes, expected_bytes }
    }

    #[test]
    fn a_disk_that_will_not_do_is_told_with_the_days_it_lasts() {
        let classes = [class(400, 40, 40_000), class(1_000, 100, 10_000)];
        let expected_bytes = 400_000 + 100_000;
        let free_bytes = 450_000;
        assert_eq!(
            forecast(&classes, Some(free_bytes)),
            Forecast::Enough { expected_bytes, free_bytes }
        );
        let short = Forecast::Short { expected_bytes, free_bytes: 110_000, days: 100 };
        assert_eq!(forecast(&classes, Some(110_000)), short);
        assert_eq!(forecast(&classes, None), Forecast::Unknown);
        assert_eq!(forecast(&[class(400, 3, 40_000)], Some(1)), Forecast::Unknown);
    }
}
