//! The real world behind the ports: system clock, operating-system chance, terminal, language.

use std::io::{IsTerminal, Write};
use std::sync::Arc;

use sakimori_words::{Chance, Clock, Instant, Lang, Trouble};

use crate::troubles;

/// What a command gets from outside.
#[derive(Clone)]
pub(crate) struct World {
    /// Language of everything a person reads.
    pub(crate) lang: Lang,
    /// The system clock.
    pub(crate) clock: Arc<dyn Clock>,
    /// The operating system's random numbers.
    pub(crate) chance: Arc<dyn Chance>,
}

impl World {
    /// The world as this process finds it. `SAKIMORI_LANG`, then `LC_ALL`, `LC_MESSAGES`, `LANG` choose the language;
    /// Japanese when none of them names one of ours.
    pub(crate) fn real() -> Self {
        let lang = ["SAKIMORI_LANG", "LC_ALL", "LC_MESSAGES", "LANG"]
            .iter()
            .filter_map(|name| std::env::var(name).ok())
            .find_map(|tag| Lang::from_tag(&tag))
            .unwrap_or_default();
        Self { lang, clock: Arc::new(SystemClock), chance: Arc::new(SystemChance) }
    }

    /// `pair` is Japanese, then English.
    pub(crate) const fn say<'a>(&self, pair: [&'a str; 2]) -> &'a str {
        let [ja, en] = pair;
        match self.lang {
            Lang::Ja => ja,
            Lang::En => en,
        }
    }

    /// Writes to standard output. A reader that went away (`| head`) is no trouble: the process simply ends.
    pub(crate) fn print(&self, text: &str) -> Result<(), Trouble> {
        match std::io::stdout().lock().write_all(text.as_bytes()) {
            Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => std::process::exit(0),
            Err(error) => Err(Trouble::because(&troubles::OUTPUT, &error)),
            Ok(()) => Ok(()),
        }
    }

    /// Writes a line for the person at the terminal, beside the result on standard output.
    pub(crate) fn note(&self, line: &str) {
        // Nothing is left to tell anybody when standard error itself is gone.
        let _ = writeln!(std::io::stderr().lock(), "{line}");
    }

    /// A sign of life on standard error for work of unknown length, when a person watches.
    pub(crate) fn waiting(&self, label: &str) -> indicatif::ProgressBar {
        if !std::io::stderr().is_terminal() {
            return indicatif::ProgressBar::hidden();
        }
        let spinner = indicatif::ProgressBar::new_spinner().with_message(label.to_owned());
        spinner.enable_steady_tick(std::time::Duration::from_millis(200));
        spinner
    }

    /// A progress bar on standard error when a person watches; otherwise one that draws nothing.
    pub(crate) fn progress(&self, n_steps: u64, label: &str) -> indicatif::ProgressBar {
        progress_bar(n_steps, label, "{msg} {bar:30} {pos}/{len} {eta}")
    }

    /// As [`World::progress`], counted in bytes.
    pub(crate) fn progress_bytes(&self, n_bytes: u64, label: &str) -> indicatif::ProgressBar {
        let template = "{msg} {bar:30} {bytes}/{total_bytes} {bytes_per_sec} {eta}";
        progress_bar(n_bytes, label, template)
    }
}

fn progress_bar(length: u64, label: &str, template: &str) -> indicatif::ProgressBar {
    if !std::io::stderr().is_terminal() {
        return indicatif::ProgressBar::hidden();
    }
    let bar = indicatif::ProgressBar::new(length).with_message(label.to_owned());
    match indicatif::ProgressStyle::with_template(template) {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_types,
        clippy::disallowed_methods,
        reason = "the one place where real time enters"
    )]
    fn now(&self) -> Instant {
        let since =
            std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        Instant::from_micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
    }
}

struct SystemChance;

impl Chance for SystemChance {
    fn fill(&self, buffer: &mut [u8]) {
        if getrandom::fill(buffer).is_err() {
            // Ids, salts and keys made without chance would be worse than no service.
            std::process::abort();
        }
    }
}
