//! Many cells at once: a thread each, as many as there are jobs, until all are done or somebody interrupts.

use std::panic::{AssertUnwindSafe, catch_unwind};

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;

/// A deep future without optimisation needs more than threads usually get.
const STACK_BYTES: usize = 16 << 20;

/// How the work ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    Complete,
    /// What was under way is done; the rest was not begun.
    Interrupted,
    /// What was under way is lost, too.
    Abandoned,
}

/// Why there is no crew.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CrewError {
    #[error("start the runtime that listens for signals")]
    Runtime(#[source] std::io::Error),
    #[error("listen for signals")]
    Signals(#[source] std::io::Error),
    #[error("start a thread")]
    Thread(#[source] std::io::Error),
}

/// What becomes of one task: its result, or what its panic said.
pub(crate) type Outcome<T> = Result<T, String>;

/// Works tasks off, at most `jobs` at once, each on a thread of its own, so that nothing a cell left in its thread
/// reaches another. `take` gets every outcome on the caller's thread, in the order in which they come; it returns whether
/// to go on. `interrupted` is called once, at the first interrupt, with the number of tasks under way.
///
/// # Errors
/// [`CrewError`] if the machine gives no thread or no signals.
pub(crate) fn work<T: Send + 'static, R: Send + 'static>(
    tasks: Vec<T>,
    jobs: usize,
    task: impl Fn(&T) -> R + Clone + Send + 'static,
    mut take: impl FnMut(T, Outcome<R>) -> bool,
    mut interrupted: impl FnMut(usize),
) -> Result<Ending, CrewError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(CrewError::Runtime)?;
    runtime.block_on(async {
        let mut interrupt = signal(SignalKind::interrupt()).map_err(CrewError::Signals)?;
        let mut terminate = signal(SignalKind::terminate()).map_err(CrewError::Signals)?;
        let (tell, mut told) = mpsc::channel::<(T, Outcome<R>)>(jobs);
        let mut waiting = tasks.into_iter();
        let mut under_way = 0_usize;
        let mut ending = Ending::Complete;
        loop {
            while under_way < jobs && ending == Ending::Complete {
                let Some(next) = waiting.next() else { break };
                begin(next, task.clone(), tell.clone())?;
                under_way += 1;
            }
            if under_way == 0 {
                return Ok(ending);
            }
            tokio::select! {
                biased;
                _ = async { tokio::select! { _ = interrupt.recv() => {}, _ = terminate.recv() => {} } } => {
                    if ending == Ending::Interrupted {
                        return Ok(Ending::Abandoned);
                    }
                    ending = Ending::Interrupted;
                    interrupted(under_way);
                }
                outcome = told.recv() => {
                    let (done, outcome) = outcome.expect("this side holds a sender, too");
                    under_way -= 1;
                    if !take(done, outcome) && ending == Ending::Complete {
                        ending = Ending::Interrupted;
                    }
                }
            }
        }
    })
}

fn begin<T: Send + 'static, R: Send + 'static>(
    next: T,
    task: impl Fn(&T) -> R + Send + 'static,
    tell: mpsc::Sender<(T, Outcome<R>)>,
) -> Result<(), CrewError> {
    let thread = std::thread::Builder::new().name("cell".to_owned()).stack_size(STACK_BYTES);
    let started = thread.spawn(move || {
        // A cell that breaks is one cell; the others have nothing to do with it.
        let outcome = catch_unwind(AssertUnwindSafe(|| task(&next))).map_err(|panic| said(&*panic));
        // Nobody listens any more after an abandoned regression.
        drop(tell.blocking_send((next, outcome)));
    });
    started.map(drop).map_err(CrewError::Thread)
}

fn said(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "nothing".to_owned())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn every_task_is_done_once_and_never_more_than_the_jobs_at_once() {
        let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let (inside, peak) = (Arc::clone(&now), Arc::clone(&most));
        let task = move |number: &u64| {
            peak.fetch_max(inside.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            std::thread::yield_now();
            inside.fetch_sub(1, Ordering::SeqCst);
            number * 2
        };
        let mut results = Vec::new();
        let take = |number: u64, outcome: Outcome<u64>| {
            results.push((number, outcome.unwrap()));
            true
        };
        let ending = work((0..50).collect(), 3, task, take, |_| ()).unwrap();
        results.sort_unstable();
        assert_eq!(results, (0..50).map(|number| (number, number * 2)).collect::<Vec<_>>());
        assert_eq!(ending, Ending::Complete);
        assert!((1..=3).contains(&most.load(Ordering::SeqCst)));
    }

    #[test]
    fn a_task_that_panics_says_what_and_harms_no_other() {
        let mut results = Vec::new();
        let task = |number: &u64| assert!(*number != 1, "number {number}");
        let take = |number: u64, outcome: Outcome<()>| {
            results.push((number, outcome.err().unwrap_or_default()));
            true
        };
        work(vec![0, 1, 2], 1, task, take, |_| ()).unwrap();
        assert_eq!(results, [(0, String::new()), (1, "number 1".to_owned()), (2, String::new())]);
    }

    #[test]
    fn who_refuses_an_outcome_ends_the_work() {
        let mut taken = 0;
        let take = |_: u64, _: Outcome<u64>| {
            taken += 1;
            false
        };
        let ending = work((0..50).collect(), 2, |number: &u64| *number, take, |_| ()).unwrap();
        assert_eq!(ending, Ending::Interrupted);
        assert_eq!(taken, 2);
    }
}
