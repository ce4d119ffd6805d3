//! The live shell: serves the receiver on a listener, drives the core whenever something arrived, and ends in order.

use std::future::Future;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::net::TcpListener;

use crate::core::WriteError;
use crate::counters::Counters;
use crate::receive::Receiver;

/// Time as the caller has it: nothing in here looks at a clock.
pub struct Pace<N, P> {
    /// Nanoseconds since the Unix epoch.
    pub now_ns: N,
    /// Returns after the longest time that the core may stay without a tick, such as 100 ms.
    pub pause: P,
    /// Pauses that open connections get to end after the shutdown began.
    pub grace_pauses: u32,
}

/// Why a live collector ended before it was asked to, or lost something.
#[derive(Debug, thiserror::Error)]
pub enum LiveError {
    #[error("serve OTLP over HTTP")]
    Serve { source: io::Error },
    #[error(transparent)]
    Write(#[from] WriteError),
}

/// Serves `/v1/{traces,metrics,logs}` on the listener until `shutdown` resolves; then takes no more, lets requests in
/// flight end, writes what waits, flushes, and returns the final counters.
///
/// The core ticks on every arrival and at the latest after each pause, all on the calling task.
///
/// # Errors
/// The listener failed, or a line could not be written: then telemetry is lost and the run is invalid.
pub async fn serve<N, P>(
    listener: TcpListener,
    receiver: &Receiver,
    mut pace: Pace<N, P>,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<Counters, LiveError>
where
    N: Fn() -> u64,
    P: AsyncFnMut(),
{
    let ending = Arc::new(AtomicBool::new(false));
    let signal = {
        let ending = Arc::clone(&ending);
        async move {
            shutdown.await;
            ending.store(true, Ordering::SeqCst);
        }
    };
    let server = axum::serve(listener, receiver.router()).with_graceful_shutdown(signal);
    let mut served = pin!(server.into_future());
    let arrived = receiver.arrived();
    let core = receiver.core();
    while pace.grace_pauses > 0 {
        tokio::select! {
            biased;
            ended = &mut served => {
                ended.map_err(|source| LiveError::Serve { source })?;
                break;
            }
            () = arrived.notified() => {}
            () = (pace.pause)() => {
                if ending.load(Ordering::SeqCst) {
                    pace.grace_pauses -= 1;
                }
            }
        }
        core.tick((pace.now_ns)())?;
    }
    Ok(core.finish((pace.now_ns)())?)
}
