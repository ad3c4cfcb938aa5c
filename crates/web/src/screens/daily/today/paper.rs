//! The head of the log as the printed day carries it, so that the paper in the binder is a witness too.

use sakimori_identity::Action;

use crate::frame::Frame;
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
