//! Progress on stderr: a bar with the time left on a terminal, now and then a line elsewhere, nothing where quiet is asked for.

use super::output::note;
use crate::text::clock;
use indicatif::{ProgressBar, ProgressStyle};
use std::io::{IsTerminal, stderr};
use std::time::{Duration, Instant};

/// How often a pipe or a file hears of it.
pub(super) const EVERY: Duration = Duration::from_secs(30);

/// Whether stderr is a terminal that can draw a bar.
pub(super) fn is_drawn() -> bool {
    stderr().is_terminal() && std::env::var_os("TERM").is_none_or(|terminal| terminal != "dumb")
}

/// A style of the bar's own look.
pub(super) fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("█▉▊▋▌▍▎▏ ")
}

/// A bar that turns, with a word of what is awaited; to be hidden where none is drawn, since it estimates all the same.
pub(super) fn waiting(doing: &'static str, drawn: bool) -> ProgressBar {
    if !drawn {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::no_length().with_message(doing);
    bar.set_style(style("{spinner} {msg}"));
    bar.enable_steady_tick(Duration::from_millis(120));
    bar
}

/// The progress of work whose length is known once it has begun. It goes from the screen when dropped.
pub(super) struct Progress {
    bar: ProgressBar,
    quiet: bool,
    begun: bool,
    told: Instant,
}

impl Progress {
    /// Nothing is done yet; `doing`: what it waits for.
    pub(super) fn start(doing: &'static str, quiet: bool) -> Self {
        let bar = waiting(doing, !quiet && is_drawn());
        Self { bar, quiet, begun: false, told: Instant::now() }
    }

    /// So much is done. `rate` is given what is done in a second.
    pub(super) fn at(&mut self, what: &str, done: u64, total: u64, detail: impl Fn(f64) -> String) {
        if !self.begun {
            self.bar.disable_steady_tick();
            self.bar.reset_elapsed();
            self.bar.set_position(done);
            self.bar.reset_eta();
        }
        self.bar.set_prefix(what.to_owned());
        self.bar.set_length(total.max(1));
        self.bar.set_position(done);
        let rate = self.bar.per_sec();
        let left = if rate > 0.0 && done < total { total.saturating_sub(done) as f64 / rate } else { f64::NAN };
        let left = if left.is_finite() { format!("  {} left", clock(left)) } else { String::new() };
        let detail = format!("{}{left}", detail(rate));
        if !self.quiet && self.bar.is_hidden() && self.told.elapsed() >= EVERY {
            self.told = Instant::now();
            note(format_args!("{what}  {} %  {detail}", 100 * done / total.max(1)));
        }
        self.bar.set_message(detail);
        if !self.begun {
            self.begun = true;
            // The bar takes what the text leaves: at 80 columns little, but no word is cut.
            self.bar.set_style(style("{prefix} ▕{wide_bar}▏{percent:>3} %  {msg}"));
        }
    }

    /// Says something above the bar.
    pub(super) fn note(&self, text: impl std::fmt::Display) {
        self.bar.suspend(|| note(text));
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
