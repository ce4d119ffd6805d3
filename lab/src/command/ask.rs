//! `rcalab ask`: follow-up questions to a stored investigation, without reading the telemetry again.

use rca_engine::followup;
use rca_engine::investigation::Investigation;

use crate::exit::Exit;
use crate::{cli, output};

/// Answers a question and prints each sentence with the evidence it rests on.
pub(crate) fn ask(arguments: &cli::Ask) -> Exit {
    let path = if arguments.bundle.is_dir() {
        arguments.bundle.join(evidence::layout::VERDICT)
    } else {
        arguments.bundle.clone()
    };
    let investigation: Investigation = match read(&path) {
        Ok(investigation) => investigation,
        Err(why) => {
            output::remark(&format!("cannot read {}: {why}", path.display()));
            return Exit::BadInput;
        }
    };
    let reply = followup::ask(&investigation, &arguments.question.join(" "));
    let json = || format!("{:#}\n", serde_json::json!(reply));
    output::print(&if arguments.json { json() } else { report::reply(&reply, &output::terminal()) });
    // That a question is not understood is an answer for a person and none for a script.
    if reply.question.is_some() { Exit::Met } else { Exit::Nothing }
}

fn read(path: &std::path::Path) -> Result<Investigation, String> {
    let bytes = std::fs::read(path).map_err(|error| error.to_string())?;
    serde_json::from_slice(&bytes).map_err(|error| error.to_string())
}
