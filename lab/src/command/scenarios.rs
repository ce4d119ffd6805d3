//! `rcalab scenarios`: what there is, what it says, and whether it is right.

use miette::Report;

use crate::cli::Scenarios;
use crate::command::verify;
use crate::exit::Exit;
use crate::{output, setup};

/// Runs one of the sub-commands.
pub(crate) fn scenarios(which: &Scenarios) -> Exit {
    match which {
        Scenarios::List => list(),
        Scenarios::Show { scenario } => match setup::read_scenario(scenario) {
            Ok(text) => {
                output::print(&text);
                Exit::Met
            }
            Err(error) => {
                output::point(&Report::new(error));
                Exit::BadInput
            }
        },
        Scenarios::Check { scenarios } => check(scenarios),
        Scenarios::Verify(arguments) => verify::verify(arguments),
        Scenarios::Schema => {
            output::print(include_str!("../../../scenarios/schema/scenario.schema.json"));
            Exit::Met
        }
    }
}

fn list() -> Exit {
    let mut text = String::new();
    for (id, source) in scenarios::catalog::catalog() {
        match scenarios::parse(id, source) {
            Ok(scenario) => {
                text.push_str(&format!("{id:<28} difficulty {}  {}\n", scenario.difficulty, scenario.title));
            }
            Err(errors) => {
                output::point(&Report::new(errors));
                return Exit::BadInput;
            }
        }
    }
    output::print(&text);
    Exit::Met
}

fn check(names: &[String]) -> Exit {
    let all: Vec<String> = if names.is_empty() {
        scenarios::catalog::catalog().into_iter().map(|(id, _)| id.to_owned()).collect()
    } else {
        names.to_vec()
    };
    let mut wrong = 0;
    for name in &all {
        let checked = setup::read_scenario(name)
            .map_err(Report::new)
            .and_then(|text| scenarios::parse(name, &text).map_err(Report::new));
        match checked {
            Ok(scenario) => output::print(&format!("{name}: ok, {}\n", scenario.title)),
            Err(report) => {
                wrong += 1;
                output::point(&report);
            }
        }
    }
    if wrong > 0 { Exit::BadInput } else { Exit::Met }
}
