//! Progress of a regression: cells and time left on a terminal, a plain line now and then elsewhere.

use std::io::IsTerminal as _;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::{judge, output};

/// Where there is no terminal, at most one line in this time.
const LINE_EVERY: Duration = Duration::from_secs(10);

/// Shown on standard error, so that standard output holds the report alone.
#[derive(Debug)]
pub(crate) struct Pace {
    bar: Option<ProgressBar>,
    quiet: bool,
    began: Instant,
    said: Instant,
    /// Cells that were there already, done now, and all of them.
    before: usize,
    done: usize,
    all: usize,
    troubles: usize,
}

impl Pace {
    /// For a regression of which some cells are there already.
    pub(crate) fn new(quiet: bool, before: usize, all: usize) -> Self {
        let bar = (!quiet && std::io::stderr().is_terminal()).then(|| {
            let style = ProgressStyle::with_template("{bar:24} {msg}").unwrap_or_else(|_| ProgressStyle::default_bar());
            let bar = ProgressBar::new(all as u64).with_style(style);
            bar.set_draw_target(ProgressDrawTarget::stderr());
            bar
        });
        let began = judge::now();
        let pace = Self { bar, quiet, began, said: began, before, done: 0, all, troubles: 0 };
        pace.show();
        pace
    }

    /// One more cell is done.
    pub(crate) fn done(&mut self, troubled: bool) {
        self.done += 1;
        self.troubles += usize::from(troubled);
        let now = judge::now();
        if self.bar.is_none() && now.saturating_duration_since(self.said) < LINE_EVERY {
            return;
        }
        self.said = now;
        self.show();
    }

    /// Leaves the screen to the report, and says how long it took.
    pub(crate) fn end(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
        if !self.quiet && self.done > 0 {
            let wall = judge::now().saturating_duration_since(self.began).as_secs_f64();
            let memory = crate::machine::peak_memory_bytes() >> 20;
            let rate = self.done as f64 / wall.max(1e-3);
            output::remark(&format!("{} cells in {wall:.1} s, {rate:.2} a second, {memory} MiB at most", self.done));
        }
    }

    /// A line that does not break the bar.
    pub(crate) fn remark(&self, text: &str) {
        match &self.bar {
            Some(bar) => bar.suspend(|| output::remark(text)),
            None => output::remark(text),
        }
    }

    fn show(&self) {
        let elapsed = judge::now().saturating_duration_since(self.began);
        let text =
            told(self.before + self.done, self.all, self.troubles, left(elapsed, self.done, self.all - self.before));
        match &self.bar {
            Some(bar) => {
                bar.set_position((self.before + self.done) as u64);
                bar.set_message(text);
            }
            None if !self.quiet => output::remark(&text),
            None => {}
        }
    }
}

/// How long the rest takes at the pace so far. None: nothing is done yet.
fn left(elapsed: Duration, done: usize, all: usize) -> Option<Duration> {
    (done > 0).then(|| elapsed.mul_f64((all - done) as f64 / done as f64))
}

fn told(done: usize, all: usize, troubles: usize, left: Option<Duration>) -> String {
    let troubles = if troubles == 0 { String::new() } else { format!(", {troubles} to look at") };
    let left = match left.map(|left| left.as_secs_f64().ceil() as u64) {
        Some(seconds) if seconds >= 120 => format!(", about {} min left", seconds.div_ceil(60)),
        Some(seconds) if seconds > 0 => format!(", about {seconds} s left"),
        Some(_) | None => String::new(),
    };
    format!("{done} of {all} cells{troubles}{left}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_left_follows_the_pace_so_far() {
        let shown = |seconds, done, all| told(done, all, 0, left(Duration::from_secs(seconds), done, all));
        insta::assert_snapshot!([shown(0, 0, 40), shown(10, 10, 40), shown(100, 10, 40), shown(40, 40, 40)].join("\n"), @"
        0 of 40 cells
        10 of 40 cells, about 30 s left
        10 of 40 cells, about 5 min left
        40 of 40 cells
        ");
        assert_eq!(told(3, 4, 1, None), "3 of 4 cells, 1 to look at");
    }
}
