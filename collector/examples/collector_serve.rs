//! The embedded collector alone, to measure it from outside: `collector_serve ADDRESS FOLDER`, until interrupted.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use collector::live::{Pace, serve};
use collector::{Config, Core, Limits, Lines, Receiver};
use tokio::net::TcpListener;

#[tokio::main]
#[expect(clippy::print_stdout, reason = "the counters are what this program ends with")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let (address, folder) =
        (arguments.next().ok_or("say where to listen")?, arguments.next().ok_or("say where to write")?);
    let folder = Path::new(&folder);
    let (evidence, after) = (Lines::create(&folder.join("evidence"))?, Lines::create(&folder.join("after"))?);
    let receiver =
        Receiver::new(Arc::new(Core::new(Config::default(), evidence, after, Vec::new())), Limits::default());
    let pace = Pace { now_ns, pause: async || pause().await, grace_pauses: 20 };
    let ended = async {
        // Without a way to be interrupted there is none to end in order, so it ends at once.
        tokio::signal::ctrl_c().await.ok();
    };
    let counters = serve(TcpListener::bind(address).await?, &receiver, pace, ended).await?;
    println!("{counters:#?}");
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "a program of its own, outside of any run and its clock")]
fn now_ns() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

#[expect(clippy::disallowed_methods, reason = "a program of its own, outside of any run and its clock")]
async fn pause() {
    tokio::time::sleep(Duration::from_millis(100)).await;
}
