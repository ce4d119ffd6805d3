//! Progress of a run: phase and time left on a terminal, plain lines elsewhere.

use std::io::IsTerminal as _;
use std::sync::Mutex;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::conduct::Timeline;

/// Shown on standard error, so that standard output holds the report alone.
#[derive(Debug)]
pub(crate) struct Progress {
    bar: Option<ProgressBar>,
    last_phase: Mutex<String>,
    quiet: bool,
}

impl Progress {
    /// For one run.
    pub(crate) fn new(quiet: bool) -> Self {
        let bar = (!quiet && std::io::stderr().is_terminal()).then(|| {
            let style = ProgressStyle::with_template("{bar:24} {msg}").unwrap_or_else(|_| ProgressStyle::default_bar());
            let bar = ProgressBar::new(1).with_style(style);
            bar.set_draw_target(ProgressDrawTarget::stderr());
            bar
        });
        Self { bar, last_phase: Mutex::default(), quiet }
    }

    /// Time since the load began.
    pub(crate) fn at(&self, now: Duration, timeline: &Timeline, called: bool) {
        let onset = timeline.warm_up + timeline.baseline;
        let longest = onset + timeline.incident;
        let phase = match now {
            now if now < timeline.warm_up => "warm-up",
            now if now < onset => "baseline",
            _ if called => "incident, alert fired",
            _ => "incident",
        };
        self.say(phase, now, longest);
    }

    /// A phase without a known length.
    pub(crate) fn phase(&self, phase: &str) {
        self.say(phase, Duration::ZERO, Duration::ZERO);
    }

    /// Leaves the screen to the report.
    pub(crate) fn end(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }

    fn say(&self, phase: &str, now: Duration, longest: Duration) {
        let left = longest.saturating_sub(now).as_secs();
        let left = if longest.is_zero() { String::new() } else { format!(", at most {left} s left") };
        if let Some(bar) = &self.bar {
            bar.set_length(longest.as_secs().max(1));
            bar.set_position(now.as_secs());
            bar.set_message(format!("{phase}{left}"));
            return;
        }
        let mut last = self.last_phase.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if !self.quiet && *last != phase {
            phase.clone_into(&mut last);
            crate::output::remark(&format!("{phase}{left}"));
        }
    }
}
