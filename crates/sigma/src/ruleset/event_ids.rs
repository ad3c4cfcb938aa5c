//! Which event ids a condition can hold for at all.

use std::collections::BTreeSet;

use crate::detection::{Expr, Target, Test};
use crate::glob::Shape;
use crate::matcher::Matcher;

/// The event ids outside which `expr` is false; `None` when it does not depend on the id, or not in a way that is certain.
pub(crate) fn possible_event_ids(expr: &Expr) -> Option<BTreeSet<i64>> {
    match expr {
        Expr::Test(test) => tested_ids(test),
        Expr::All(parts) => parts
            .iter()
            .filter_map(possible_event_ids)
            .reduce(|left, right| left.intersection(&right).copied().collect()),
        Expr::Any(parts) | Expr::AtLeast(1.., parts) => {
            let each = parts.iter().map(possible_event_ids).collect::<Option<Vec<_>>>()?;
            Some(each.into_iter().flatten().collect())
        }
        // That an id is excluded leaves all others.
        Expr::AtLeast(0, _) | Expr::Not(_) => None,
    }
}

fn tested_ids(test: &Test) -> Option<BTreeSet<i64>> {
    if test.target != Target::Field("EventID".into()) {
        return None;
    }
    test.any.iter().map(exact_id).collect()
}

/// The number a plain value means. Spellings such as `0041` are left to the test itself: they are no number's own spelling.
fn exact_id(matcher: &Matcher) -> Option<i64> {
    match matcher {
        Matcher::Text { shape: Shape::Equals(text), .. } => {
            let id: i64 = text.parse().ok()?;
            (id.to_string() == **text).then_some(id)
        }
        _ => None,
    }
}
