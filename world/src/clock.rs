//! Time: the machine's, or a virtual one that jumps to the next event.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::time::Instant;

/// One virtual nanosecond is this many of tokio's: its timers tick in whole milliseconds, so a thousandfold
/// stretch gives a resolution of a microsecond.
const STRETCH: u32 = 1_000;

/// Where virtual time begins: 2030-01-01T00:00:00Z.
pub const VIRTUAL_EPOCH_NS: u64 = 1_893_456_000_000_000_000;

/// A real timer fires on the next whole millisecond of the runtime's clock, and then a thread has to wake up.
/// The wake-up was measured on an idle two-core machine at 60 to 110 µs; virtual sleeps take the middle.
const WAKE_UP: Duration = Duration::from_micros(85);

/// A timer this late says that the machine, not the system under test, was slow.
pub const LATE: Duration = Duration::from_millis(250);

/// The clock of a world. Cheap to clone; clones share one time line.
#[derive(Clone, Debug)]
pub struct Clock(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    kind: Kind,
    start: Instant,
    epoch_ns: u64,
    timers: Timers,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Real,
    Virtual,
}

/// The deadline passed first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("finish in time")]
pub struct Elapsed;

impl Clock {
    /// The machine's clock, read once and then advanced monotonically.
    pub fn real() -> Self {
        let wall = SystemTime::now().duration_since(UNIX_EPOCH).expect("the system clock is set after 1970");
        Self::new(Kind::Real, nanos(wall))
    }

    /// A virtual clock that begins in 2030. Needs a current-thread runtime with paused time.
    pub fn simulated() -> Self {
        Self::new(Kind::Virtual, VIRTUAL_EPOCH_NS)
    }

    fn new(kind: Kind, epoch_ns: u64) -> Self {
        Self(Arc::new(Inner { kind, start: Instant::now(), epoch_ns, timers: Timers::default() }))
    }

    /// Whether time jumps from event to event.
    pub fn is_virtual(&self) -> bool {
        self.0.kind == Kind::Virtual
    }

    /// Time since this clock began.
    pub fn now(&self) -> Duration {
        let elapsed = self.0.start.elapsed();
        match self.0.kind {
            Kind::Real => elapsed,
            Kind::Virtual => elapsed / STRETCH,
        }
    }

    /// Nanoseconds since the Unix epoch.
    pub fn wall_ns(&self) -> u64 {
        self.0.epoch_ns + nanos(self.now())
    }

    /// Time on this clock of a wall time, zero if it lies before the clock's start.
    pub fn at_wall(&self, wall_ns: u64) -> Duration {
        Duration::from_nanos(wall_ns.saturating_sub(self.0.epoch_ns))
    }

    /// Waits for at least `duration`, as late as a real timer would be.
    pub async fn sleep(&self, duration: Duration) {
        if duration.is_zero() {
            return;
        }
        let due = self.now() + duration;
        match self.0.kind {
            Kind::Real => {
                tokio::time::sleep(duration).await;
                self.0.timers.note(self.now().saturating_sub(due));
            }
            Kind::Virtual => tokio::time::sleep_until(self.0.start + as_late_as_real(due) * STRETCH).await,
        }
    }

    /// Waits until this clock shows `deadline`.
    pub async fn sleep_until(&self, deadline: Duration) {
        self.sleep(deadline.saturating_sub(self.now())).await;
    }

    /// Waits for exactly `duration` in virtual time: for what is not a timer of the system under test.
    pub async fn pass(&self, duration: Duration) {
        match self.0.kind {
            Kind::Real => tokio::time::sleep(duration).await,
            Kind::Virtual => tokio::time::sleep(duration * STRETCH).await,
        }
    }

    /// Runs a future for at most `limit`.
    ///
    /// # Errors
    /// [`Elapsed`] if the limit passes first; the future is dropped then.
    pub async fn timeout<F: Future>(&self, limit: Duration, future: F) -> Result<F::Output, Elapsed> {
        let limit = match self.0.kind {
            Kind::Real => limit,
            Kind::Virtual => (as_late_as_real(self.now() + limit) - self.now()) * STRETCH,
        };
        tokio::time::timeout(limit, future).await.map_err(|_elapsed| Elapsed)
    }

    /// How punctual the timers of this clock were.
    pub fn lateness(&self) -> Lateness {
        self.0.timers.read()
    }
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).expect("584 years fit in 64 bits of nanoseconds")
}

fn as_late_as_real(due: Duration) -> Duration {
    let whole_ms = due.as_nanos().div_ceil(1_000_000);
    Duration::from_millis(u64::try_from(whole_ms).expect("584 million years fit in 64 bits of milliseconds")) + WAKE_UP
}

/// How late timers fired.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lateness {
    pub timers: u64,
    /// Later than [`LATE`].
    pub late: u64,
    /// The longest row of late ones.
    pub longest_row: u64,
    pub worst: Duration,
}

#[derive(Debug, Default)]
struct Timers {
    timers: AtomicU64,
    late: AtomicU64,
    row: AtomicU64,
    longest_row: AtomicU64,
    worst_ns: AtomicU64,
}

impl Timers {
    fn note(&self, lateness: Duration) {
        self.timers.fetch_add(1, Ordering::Relaxed);
        self.worst_ns.fetch_max(nanos(lateness), Ordering::Relaxed);
        if lateness > LATE {
            self.late.fetch_add(1, Ordering::Relaxed);
            let row = self.row.fetch_add(1, Ordering::Relaxed) + 1;
            self.longest_row.fetch_max(row, Ordering::Relaxed);
        } else {
            self.row.store(0, Ordering::Relaxed);
        }
    }

    fn read(&self) -> Lateness {
        Lateness {
            timers: self.timers.load(Ordering::Relaxed),
            late: self.late.load(Ordering::Relaxed),
            longest_row: self.longest_row.load(Ordering::Relaxed),
            worst: Duration::from_nanos(self.worst_ns.load(Ordering::Relaxed)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn virtual_sleeps_end_on_the_next_millisecond_and_a_wake_up() {
        let clock = Clock::simulated();
        clock.sleep(Duration::from_micros(4_300)).await;
        assert_eq!(clock.now(), Duration::from_millis(5) + WAKE_UP);
        assert_eq!(clock.wall_ns(), VIRTUAL_EPOCH_NS + 5_085_000);
    }

    #[tokio::test(start_paused = true)]
    async fn a_timeout_drops_what_takes_too_long() {
        let clock = Clock::simulated();
        assert_eq!(clock.timeout(Duration::from_secs(1), clock.sleep(Duration::from_secs(2))).await, Err(Elapsed));
        assert_eq!(clock.timeout(Duration::from_secs(2), clock.sleep(Duration::from_secs(1))).await, Ok(()));
    }

    #[test]
    fn three_late_timers_in_a_row_are_counted_as_a_row() {
        let timers = Timers::default();
        for ms in [300, 1, 260, 270, 280, 2] {
            timers.note(Duration::from_millis(ms));
        }
        let worst = Duration::from_millis(300);
        assert_eq!(timers.read(), Lateness { timers: 6, late: 4, longest_row: 3, worst });
    }
}
