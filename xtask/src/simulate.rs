//! `simulate`: the stories of a whole country, as many seeds as wanted, in the release profile.

use std::process::Command;

use anyhow::{Context, Result, bail};

/// Seeds played when no number is given.
const SEEDS: &str = "1000";
/// The test that plays them.
const TEST: &str = "country::nothing_is_lost_or_taken_twice_or_believed_wrongly_in_a_whole_country";

/// Plays `[SEEDS [FIRST]]`.
pub(crate) fn run(rest: &[&str]) -> Result<()> {
    let (seeds, first) = match rest {
        [] => (SEEDS, "1"),
        [seeds] => (*seeds, "1"),
        [seeds, first] => (*seeds, *first),
        _ => bail!("cargo xtask simulate [SEEDS [FIRST]]"),
    };
    for number in [seeds, first] {
        number.parse::<u64>().with_context(|| format!("`{number}` is no number"))?;
    }
    let status = Command::new(env!("CARGO"))
        .args(["test", "--release", "--quiet", "--package", "sakimori-warn", "--test", "it", "--"])
        .args(["--ignored", "--exact", "--nocapture", TEST])
        .env("SAKIMORI_SEEDS", seeds)
        .env("SAKIMORI_FIRST_SEED", first)
        .status()?;
    if !status.success() {
        bail!("a seed failed; the line above tells how to play it again");
    }
    Ok(())
}
