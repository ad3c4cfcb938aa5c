//! What holds for every order of acts.

use std::sync::Arc;

use proptest::prelude::*;
use sakimori_words::{Instant, OrganisationKind};

use super::{chief, media, officer};
use crate::office::{OfficeCase, OfficeChange, decide};
use crate::tests::{TestChance, jst};
use crate::{HandIn, Moment};

/// An act somebody may try.
#[derive(Clone, Copy, Debug)]
enum Act {
    Told,
    Excuse,
    Close,
    Reopen,
    Join,
    Part,
    Note,
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let one = prop_oneof![
        Just(Act::Told),
        Just(Act::Excuse),
        Just(Act::Close),
        Just(Act::Reopen),
        Just(Act::Join),
        Just(Act::Part),
        Just(Act::Note),
    ];
    proptest::collection::vec(one, 0..12)
}

fn entered(at: Instant, known_at: Instant, name: &str, chance: &TestChance) -> OfficeCase {
    let mut entering = media(name);
    entering.known_at = Some(known_at);
    let by = officer();
    let moment = Moment { now: at, by: &by, chance };
    decide::enter(&entering, OrganisationKind::Prefecture, "C2026-0001", moment).unwrap().case
}

/// Does the act where it is allowed; both cases afterwards.
fn step(
    act: Act,
    one: &OfficeCase,
    two: &OfficeCase,
    moment: Moment<'_>,
) -> (OfficeCase, OfficeCase) {
    let hand_in = HandIn { channel: "電話".to_owned(), receipt_number: String::new(), at: None };
    let result = match act {
        Act::Told => decide::told(one, "office-report-up", &hand_in, moment),
        Act::Excuse => decide::excuse(one, "office-report-up", "別に報告済み", moment),
        Act::Close => decide::close(one, "終了", moment),
        Act::Reopen => decide::reopen(one, "再発", moment),
        Act::Join => decide::join(two, one, "同じ", moment),
        Act::Part => decide::part(two, one, "別", moment),
        Act::Note => decide::note(one, super::super::EntryHeading::Damage, "追記", None, moment),
    };
    match result {
        Ok(OfficeChange { case, other, .. }) => {
            (case, other.map_or_else(|| two.clone(), |(other, _)| other))
        }
        Err(_) => (one.clone(), two.clone()),
    }
}

proptest! {
    #[test]
    fn clocks_never_move_later_and_a_closed_case_has_no_open_duty(acts in acts(), gap in 1_i64..600) {
        let chance = Arc::new(TestChance::default());
        let now = jst("2026-11-20T21:00");
        let mut one = entered(now, now, "見本病院", &chance);
        let mut two = entered(now, now.plus_seconds(-60 * gap), "見本病院", &chance);
        let by = chief();
        for (index, act) in acts.into_iter().enumerate() {
            let now = now.plus_seconds(60 * (i64::try_from(index).unwrap() + 1));
            let (clock, known) = (one.duties[0].remind_at, one.known_at);
            (one, two) = step(act, &one, &two, Moment { now, by: &by, chance: chance.as_ref() });
            prop_assert!(one.duties[0].remind_at <= clock, "{act:?} moved the clock later");
            prop_assert!(one.known_at <= known && one.duties[0].anchor_at <= known);
            let closed = matches!(one.state, super::super::OfficeState::Closed { .. });
            prop_assert!(!closed || one.duties.iter().all(|duty| !duty.is_open()));
        }
    }
}
