//! Interrupts while commands are asked: they have process groups of their own, which a terminal's Ctrl-C does not reach.

use std::io;

use tokio::runtime::Builder;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;

use super::Panel;
use crate::exit::Exit;

/// Why work in which commands were asked has no result.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LeftError {
    #[error("go on: interrupted")]
    Interrupted,
    #[error("listen for signals")]
    Signals(#[source] io::Error),
}

impl LeftError {
    /// How a program ends by it.
    pub(crate) fn exit(&self) -> Exit {
        match self {
            Self::Interrupted => Exit::Interrupted,
            Self::Signals(_) => Exit::NotUp,
        }
    }
}

/// Does some work in which a panel's commands may be asked. An interrupt ends the commands, so that the work soon ends,
/// too; what came of it is then not given. Without commands an interrupt ends the program, as usual.
///
/// # Errors
/// [`LeftError`] if somebody interrupts, or the machine gives no signals.
pub(crate) fn unless_interrupted<T>(panel: &Panel, work: impl FnOnce() -> T) -> Result<T, LeftError> {
    if panel.commands.is_empty() {
        return Ok(work());
    }
    let runtime = Builder::new_current_thread().enable_all().build().map_err(LeftError::Signals)?;
    let (mut interrupt, mut terminate) = {
        let _inside = runtime.enter();
        let listen = |kind| signal(kind).map_err(LeftError::Signals);
        (listen(SignalKind::interrupt())?, listen(SignalKind::terminate())?)
    };
    let (working, done) = oneshot::channel::<()>();
    std::thread::scope(|scope| {
        let listening = scope.spawn(move || {
            let interrupted = runtime.block_on(async {
                tokio::select! {
                    biased;
                    _ = done => false,
                    _ = interrupt.recv() => true,
                    _ = terminate.recv() => true,
                }
            });
            if interrupted {
                panel.groups.close();
            }
            interrupted
        });
        let result = work();
        drop(working);
        let interrupted = listening.join().expect("nothing in listening panics");
        if interrupted { Err(LeftError::Interrupted) } else { Ok(result) }
    })
}
