//! Looking back: what is known only today, looked for in the log of the whole year.

mod desk;
#[cfg(test)]
mod desk_tests;
mod hits;
mod indicators;
mod matcher;
#[cfg(test)]
mod tests;

pub use self::desk::{
    Asked, Every, NewOrder, Order, Pace, Progress, RETRO_NAME_CHARS_MAX, RUN_HITS_MAX, Retro,
    RetroError, Run, RunHit, RunState, SCHEDULES_MAX, What,
};
pub(crate) use self::hits::gather;
pub use self::hits::{Found, Hit, INDICATOR_RULE, LookBack, RETRO_TAG, Sought, rule_of, shared};
pub use self::indicators::{
    INDICATORS_MAX, Indicator, IndicatorKind, IndicatorList, NotUnderstood, fuzz_indicators,
};
pub use self::matcher::{Matcher, MatcherError};
