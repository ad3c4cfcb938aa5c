//! The head of the log as the printed day carries it, so that the paper in the binder is a witness too.

use sakimori_identity::Action;
use sakimori_respond::custody::head_words;

use crate::frame::Frame;
use crate::site::Side;
use crate::visit::Visit;

/// Digits of the root in one group, as a person compares them.
const GROUP: usize = 4;

/// Groups in one row.
const ROW: usize = 8;

/// What is printed.
pub(super) struct PaperHead {
    pub(super) origin: String,
    pub(super) size: u64,
    /// The root in rows of groups.
    pub(super) root: Vec<String>,
    pub(super) key: String,
    /// The minute of the page.
    pub(super) at: String,
}

/// The head, when there is one and the visitor may see the state of the store.
pub(super) async fn head(visit: &Visit, frame: &Frame) -> Option<PaperHead> {
    if !visit.may(Action::ViewSystem) {
        return None;
    }
    // A store that cannot be read has a lamp of its own.
    let head = visit.site.heads.own().await.ok().flatten()?;
    Some(PaperHead {
        origin: head.origin,
        size: head.size,
        root: rows(&head.root.to_string()),
        key: head.key,
        at: frame.minute(frame.now),
    })
}

/// Title and head of the custody chain of each open case, for the same paper.
pub(super) async fn custody(visit: &Visit, frame: &Frame) -> Vec<(String, String)> {
    if visit.site.settings.side == Side::Hub
        || !visit.may(Action::ViewSystem)
        || !visit.may(Action::ViewCase)
    {
        return Vec::new();
    }
    let mut heads = Vec::new();
    for case in visit.site.cases.open_cases().await.unwrap_or_default() {
        let head = visit.site.cases.custody_head(&case.id).await.unwrap_or_default();
        if head.n > 0 {
            heads.push((case.title, frame.text(&head_words(head)).to_owned()));
        }
    }
    heads
}

fn rows(root: &str) -> Vec<String> {
    let digits: Vec<char> = root.chars().collect();
    let groups: Vec<String> = digits.chunks(GROUP).map(|group| group.iter().collect()).collect();
    groups.chunks(ROW).map(|row| row.join(" ")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_root_is_printed_in_groups_of_four() {
        let root = "0123456789abcdef".repeat(4);
        let row = "0123 4567 89ab cdef 0123 4567 89ab cdef";
        assert_eq!(rows(&root), [row, row]);
    }
}
