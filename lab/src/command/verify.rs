//! `rcalab scenarios verify`: whether a scenario's labels are right, tested by intervention.

use std::ops::RangeInclusive;

use miette::Report;

use crate::exit::Exit;
use crate::intervene::VerifyError;
use crate::intervene::sweep::sweep;
use crate::setup::{self, SetupError};
use crate::{cli, machine, output};

/// More seeds than this are a slip of the hand.
const MAX_SEEDS: u64 = 100_000;

/// Verifies one scenario and prints the table.
pub(crate) fn verify(arguments: &cli::Verify) -> Exit {
    let Some(range) = seeds(&arguments.seeds) else {
        output::remark(&format!("cannot use --seeds {}: expected FROM..TO, such as 1..20", arguments.seeds));
        return Exit::Usage;
    };
    let seeds: Vec<u64> = range.collect();
    if seeds.is_empty() {
        output::remark("no seed is selected");
        return Exit::Nothing;
    }
    // A mistake in the scenario is told once, not once a seed.
    if let Err(error) = checked(&arguments.scenario) {
        output::point(&Report::new(error));
        return Exit::BadInput;
    }
    let all = seeds.len();
    let said = |done: usize| {
        if !arguments.quiet {
            output::remark(&format!("{done} of {all} seeds done"));
        }
    };
    let jobs = arguments.jobs.unwrap_or_else(machine::cores);
    let verification = match sweep(&arguments.scenario, &arguments.only, &seeds, jobs, &said) {
        Ok(verification) => verification,
        Err(error) => {
            output::complain(&error);
            return match error {
                VerifyError::Judge(_) => Exit::Invalid,
                VerifyError::Setup(_) | VerifyError::Run(_) => Exit::NotUp,
            };
        }
    };
    let json = || format!("{:#}\n", serde_json::json!(verification));
    output::print(&if arguments.json { json() } else { verification.table() });
    match (verification.counts(), verification.holds()) {
        (true, _) if verification.operations.is_empty() => Exit::Nothing,
        (false, _) => Exit::Invalid,
        (true, false) => Exit::Missed,
        (true, true) => Exit::Met,
    }
}

fn checked(name: &str) -> Result<(), SetupError> {
    let text = setup::read_scenario(name)?;
    scenarios::parse(name, &text).map(|_| ()).map_err(|errors| SetupError::Wrong(Box::new(errors)))
}

/// `7`, or `1..20` with both ends.
fn seeds(text: &str) -> Option<RangeInclusive<u64>> {
    let (from, to) = text.split_once("..").unwrap_or((text, text));
    let (from, to) = (from.parse::<u64>().ok()?, to.parse::<u64>().ok()?);
    (to.saturating_sub(from) < MAX_SEEDS).then_some(from..=to)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_are_one_or_a_range_with_both_ends() {
        assert_eq!(seeds("7"), Some(7..=7));
        assert_eq!(seeds("1..20"), Some(1..=20));
        assert!(seeds("5..4").is_some_and(|range| range.is_empty()));
        for wrong in ["", "..", "1..", "a", "-1", "1...3", "1..1000000000000"] {
            assert_eq!(seeds(wrong), None, "{wrong}");
        }
    }
}
