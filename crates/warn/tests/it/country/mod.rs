//! A whole country in one process: a ministry, prefectures, a CEPTOAR body and hundreds of institutions, warnings and reports, and
//! everything that can go wrong between them, all from one seed.
//!
//! What holds whatever happens: once the storm is over, everybody addressed has every warning once, every answer and report has
//! reached its origin once and in order, nothing that was forged got in, and what was refused is on record. Decision 31 tells why the
//! network is our own.

mod check;
mod line;
mod mole;
mod places;
mod play;

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant as Stopwatch;

use check::check;
use places::{COUNTRY, Country, SMALL, Size};
use play::play;

use crate::recorder::NOTE_TYPE as REPORT_TYPE;

/// What a story was about, to see that it was one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Told {
    n_warnings: usize,
    n_received: usize,
    n_answers: usize,
    n_reports: usize,
    n_attacks: u64,
    n_refused: u64,
    n_crashes: usize,
}

impl Told {
    fn add(&mut self, more: Self) {
        self.n_warnings += more.n_warnings;
        self.n_received += more.n_received;
        self.n_answers += more.n_answers;
        self.n_reports += more.n_reports;
        self.n_attacks += more.n_attacks;
        self.n_refused += more.n_refused;
        self.n_crashes += more.n_crashes;
    }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().build().unwrap()
}

/// The command that plays a seed again, if it is one of the whole country; the small one's are played by its own test.
fn again(seed: u64) -> String {
    format!("play it again: cargo xtask simulate 1 {seed}")
}

/// The story of one seed; panics with the command that plays it again.
async fn tell(template: &Country, seed: u64) -> (Told, String) {
    let mut country = template.fork(seed);
    let story = play(&mut country).await;
    let told = check(&country, &story)
        .await
        .unwrap_or_else(|what| panic!("seed {seed}: {what}\n  {}", again(seed)));
    (told, country.fingerprint().await)
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().and_then(|n| n.parse().ok())
}

/// Plays seeds, one after the other on every core, each from the same peaceful country.
#[expect(clippy::print_stdout, reason = "how far it is goes to the terminal")]
fn play_many(size: Size, first: u64, n: u64) -> Told {
    let template = runtime().block_on(Country::found(size));
    let next = AtomicU64::new(first);
    let (watch, cores) = (Stopwatch::now(), std::thread::available_parallelism().unwrap().get());
    let mut all = Told::default();
    std::thread::scope(|scope| {
        let worker = || {
            let mut told = Told::default();
            loop {
                let seed = next.fetch_add(1, Ordering::Relaxed);
                if seed >= first + n {
                    return told;
                }
                told.add(runtime().block_on(tell(&template, seed)).0);
                if (seed - first + 1).is_multiple_of(100) {
                    println!("{} of {n} seeds in {:.0?}", seed - first + 1, watch.elapsed());
                }
            }
        };
        let workers: Vec<_> = (0..cores).map(|_| scope.spawn(worker)).collect();
        for worker in workers {
            match worker.join() {
                Ok(told) => all.add(told),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
    });
    println!("{n} seeds from {first} in {:.1?}: {all:?}", watch.elapsed());
    all
}

#[test]
fn nothing_is_lost_or_taken_twice_or_believed_wrongly_in_a_small_country() {
    let told = play_many(SMALL, 1, 4);
    assert!(told.n_warnings > 4 && told.n_answers > 20 && told.n_reports > 40, "{told:?}");
    assert!(told.n_attacks > 50 && told.n_refused > 50 && told.n_crashes > 4, "{told:?}");
}

#[test]
fn a_seed_tells_the_same_story_every_time() {
    let stories: Vec<(Told, String)> = (0..2)
        .map(|_| runtime().block_on(async { tell(&Country::found(SMALL).await, 7).await }))
        .collect();
    assert_eq!(stories[0], stories[1]);
    let other = runtime().block_on(async { tell(&Country::found(SMALL).await, 8).await });
    assert_ne!(stories[0], other);
}

/// `cargo xtask simulate [SEEDS [FIRST]]` plays a thousand of them in the release profile.
#[test]
#[ignore = "needs minutes"]
fn nothing_is_lost_or_taken_twice_or_believed_wrongly_in_a_whole_country() {
    let n = number("SAKIMORI_SEEDS").unwrap_or(50);
    let told = play_many(COUNTRY, number("SAKIMORI_FIRST_SEED").unwrap_or(1), n);
    assert!(told.n_received as u64 > 100 * n, "{told:?}");
}
