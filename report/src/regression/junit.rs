//! A regression as JUnit: a suite a scenario, a test case a gate. A cell fails no test case by itself, because the gates
//! are about shares; the cells that pull a share down stand in the suite's output.

use quick_junit::{NonSuccessKind, Property, Report, TestCase, TestCaseStatus, TestSuite};
use score::aggregate::{GateResult, GateState, ScenarioFigures, Summary};

use super::reasons;
use crate::text;

/// Cells in the output of one suite at most.
const CELLS_MAX: usize = 100;

/// Why there is no JUnit text.
#[derive(Debug, thiserror::Error)]
#[error("write the regression as JUnit")]
pub struct JunitError(#[source] quick_junit::SerializeError);

/// Without times, so that the same regression is the same text. `again` gives the command that carries a cell out once
/// more.
///
/// # Errors
/// The text cannot be written as XML.
pub fn junit(summary: &Summary, again: &dyn Fn(&str, u64) -> String) -> Result<String, JunitError> {
    let mut report = Report::new("rcalab regress");
    for figures in &summary.scenarios {
        report.add_test_suite(suite(summary, figures, again));
    }
    report.to_string().map_err(JunitError)
}

fn suite(summary: &Summary, figures: &ScenarioFigures, again: &dyn Fn(&str, u64) -> String) -> TestSuite {
    let mut suite = TestSuite::new(text::name(&figures.scenario));
    suite.add_property(Property::new("code", text::name(&summary.code)));
    suite.add_property(Property::new("cells", figures.cells.to_string()));
    suite.add_property(Property::new("counted", figures.valid.hits.to_string()));
    for gate in summary.gates.iter().filter(|gate| gate.scenario == figures.scenario) {
        suite.add_test_case(case(gate));
    }
    let troubles = summary.troubles.iter().filter(|trouble| trouble.scenario == figures.scenario);
    let lines: Vec<String> = troubles
        .take(CELLS_MAX)
        .map(|trouble| {
            let command = text::sentence(&again(&trouble.scenario, trouble.seed));
            format!("seed {} {}\n  {command}\n", trouble.seed, reasons(trouble))
        })
        .collect();
    if !lines.is_empty() {
        suite.set_system_out(lines.concat());
    }
    suite
}

fn case(gate: &GateResult) -> TestCase {
    let why = text::sentence(&gate.why);
    let mut status = match gate.state {
        GateState::Met => TestCaseStatus::success(),
        GateState::Missed => TestCaseStatus::non_success(NonSuccessKind::Failure),
        GateState::NotTested => TestCaseStatus::skipped(),
    };
    if gate.state != GateState::Met {
        status.set_message(why.as_str());
    }
    if gate.state == GateState::Missed {
        status.set_type("gate");
    }
    let mut case = TestCase::new(text::name(&gate.name), status);
    case.set_classname(text::name(&gate.scenario));
    if gate.state == GateState::Met {
        case.set_system_out(why);
    }
    case
}
