//! Which detections of the pack look for a technique. Pure.

use sakimori_content::{Content, Detection};

/// The detections whose rule carries the technique or one of its parts: `T1021` is carried by `attack.t1021.002`.
#[must_use]
pub fn detections_for<'c>(content: &'c Content, technique: &str) -> Vec<&'c Detection> {
    let tag = format!("attack.{}", technique.to_ascii_lowercase());
    let carries = |detection: &&Detection| {
        let lines = detection.rule.lines().map(|line| line.trim().trim_start_matches("- "));
        lines.map(str::trim).any(|line| {
            line.strip_prefix(tag.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        })
    };
    content.detections().iter().filter(carries).collect()
}
