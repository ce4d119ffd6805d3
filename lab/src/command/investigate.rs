//! `rcalab investigate`: a verdict from a folder of evidence alone.

use std::path::Path;

use evidence::source::{self, Investigated};
use evidence::{Bundle, ReadError, Reading, layout};
use rca_engine::{Options, UniversalIncidentSignal};
use report::{OtherAnswer, RunFacts};
use serde_json::json;

use crate::command::run::LEARNS;
use crate::exit::Exit;
use crate::method::interrupt::unless_interrupted;
use crate::method::{Answer, foreign};
use crate::setup::CODE_VERSION;
use crate::{cli, names, output};

/// What other methods said, by name.
const METHODS: &str = "methods.json";

/// Investigates a folder and prints the verdict.
pub(crate) fn investigate(arguments: &cli::Investigate) -> Exit {
    if arguments.methods.learns() {
        output::remark(LEARNS);
        return Exit::Usage;
    }
    let (bundle, alert, signal) = match question(&arguments.folder) {
        Ok(question) => question,
        Err(exit) => return exit,
    };
    let options = match arguments.calibration.as_deref().map_or_else(|| Ok(names::options()), calibrated) {
        Ok(options) => options,
        Err(why) => {
            output::remark(&why);
            return Exit::BadInput;
        }
    };
    let asks = !arguments.methods.asked.is_empty();
    let (investigated, whole) = match read(&bundle, &signal, &options, asks) {
        Ok(read) => read,
        Err(error) => {
            output::complain(&error);
            return Exit::BadInput;
        }
    };
    let Investigated { investigation, evidence, tallies } = investigated;
    for line in tallies.iter().flat_map(|tally| &tally.first_broken) {
        output::remark(&format!("cannot {line}"));
    }
    let panel = arguments.methods.panel();
    let ask = |whole: &Reading| foreign::ask(&bundle, &alert, &signal, &whole.evidence, &panel);
    let answered = || whole.as_ref().map(ask).unwrap_or_default();
    let answers = match unless_interrupted(&panel, answered) {
        Ok(answers) => answers,
        Err(error) => {
            output::complain(&error);
            return error.exit();
        }
    };
    if let Some(out) = &arguments.out {
        let facts = RunFacts {
            mode: "replay".to_owned(),
            alert_ns: Some(signal.started_at_ns),
            second_zone: arguments.zone.time_zone.clone(),
            made_by: format!("rcalab {CODE_VERSION}"),
            ..RunFacts::default()
        };
        let page = report::html(&investigation, Some(&evidence), None, &facts);
        if let Err(error) = write(out, &investigation, &page, &answers) {
            output::remark(&format!("cannot write into {}: {error}", out.display()));
            return Exit::NoReport;
        }
    }
    if arguments.json {
        output::print(&format!("{:#}\n", serde_json::json!(investigation)));
    } else {
        let terminal = output::terminal_in(arguments.zone.time_zone.as_ref());
        output::print(&report::terminal(&investigation, None, &terminal));
        if asks {
            let told: Vec<OtherAnswer> = answers.iter().map(told).collect();
            output::print(&report::others(&told, &terminal));
        }
    }
    // Whether the verdict is right is for `score` to say: an honest abstention is no failure.
    Exit::Met
}

/// The investigation, and the whole folder where other methods are asked about it: the engine takes only what its budget
/// lets in.
fn read(
    bundle: &Bundle,
    signal: &UniversalIncidentSignal,
    options: &Options,
    asks: bool,
) -> Result<(Investigated, Option<Reading>), ReadError> {
    let whole = if asks { Some(bundle.read()?) } else { None };
    Ok((source::investigate(bundle, signal, options)?, whole))
}

/// The lab's names with the table of a file.
fn calibrated(file: &Path) -> Result<Options, String> {
    let unread = |why: &dyn std::fmt::Display| format!("cannot read the calibration in {}: {why}", file.display());
    let text = std::fs::read(file).map_err(|error| unread(&error))?;
    let calibration = serde_json::from_slice(&text).map_err(|error| unread(&error))?;
    Ok(Options { calibration, ..names::options() })
}

/// What is asked, and of which evidence.
fn question(folder: &Path) -> Result<(Bundle, String, UniversalIncidentSignal), Exit> {
    let refused = |error: &dyn std::error::Error| {
        output::complain(error);
        Exit::BadInput
    };
    let bundle = Bundle::open(folder).map_err(|error| refused(&error))?;
    let Some(alert) = bundle.alert().map_err(|error| refused(&error))? else {
        let folder = bundle.evidence_folder().display();
        output::remark(&format!("cannot find {folder}/{}: without an alert there is nothing to ask", layout::ALERT));
        return Err(Exit::BadInput);
    };
    let signal = UniversalIncidentSignal::parse(&alert).map_err(|error| refused(&error))?;
    Ok((bundle, alert, signal))
}

fn told(answer: &Answer) -> OtherAnswer {
    let (components, instead) = match &answer.output {
        Ok(output) => (&*output.ranks, output.outcome.to_string()),
        Err(why) => (&[][..], format!("no answer: it {why}")),
    };
    let components = components.iter().map(|rank| rank.component.to_string()).collect();
    OtherAnswer { method: answer.name.clone(), components, instead }
}

fn write(
    out: &Path,
    investigation: &rca_engine::investigation::Investigation,
    page: &str,
    answers: &[Answer],
) -> std::io::Result<()> {
    std::fs::create_dir_all(out)?;
    let mut text = serde_json::to_vec_pretty(investigation)?;
    text.push(b'\n');
    std::fs::write(out.join(layout::VERDICT), text)?;
    if !answers.is_empty() {
        let answered = |answer: &Answer| match &answer.output {
            Ok(output) => (answer.name.clone(), json!(output)),
            Err(why) => (answer.name.clone(), json!({"failure": why})),
        };
        let answered: serde_json::Map<_, _> = answers.iter().map(answered).collect();
        std::fs::write(out.join(METHODS), format!("{:#}\n", json!(answered)))?;
    }
    std::fs::write(out.join(layout::REPORT), page)
}
