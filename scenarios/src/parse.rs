//! A scenario file becomes a scenario, or a complete report of what is wrong with it.

mod alert;
mod expect;
mod fields;
mod injection;
mod load;
mod system;
mod truth;
mod value;

use crate::model::{Expect, Load, Phases, Scenario, System, Truth, TruthBottleneck};
use crate::problem::{Problem, Problems, ScenarioErrors};
use crate::yaml::Node;
use fields::Fields;
use injection::Named;

/// Reads a scenario file. `source_name` is what reports call it, such as its path.
///
/// # Errors
/// [`ScenarioErrors`] holds every problem of the file, each with its place.
pub fn parse(source_name: &str, text: &str) -> Result<Scenario, ScenarioErrors> {
    let problems = Problems::default();
    let scenario = crate::yaml::load(text, &problems).and_then(|root| scenario(&root, &problems));
    problems.settle(source_name, text, scenario)
}

fn scenario(root: &Node, problems: &Problems) -> Option<Scenario> {
    let fields = Fields::open(root, "a scenario", problems)?;
    let schema = fields.required("schema", "write `schema: 1`", value::count(1, 1, ""));
    let id = fields.required("id", "the id is the file's name without `.yaml`", value::name);
    let title = fields.required("title", "say in one line what happens", value::text);
    let difficulty = fields.required(
        "difficulty",
        "1 one clear signal, 2 one confounder, 3 key evidence missing or misleading, 4 compositional",
        value::count(1, 4, ""),
    );
    let modelled_on = fields.required("modelled_on", "give the address of a public incident of this kind", address);
    let system = fields.or("system", System::default(), system::system);
    let load = fields.or("load", Load::default(), load::load);
    let phases = fields.or("phases", Phases::default(), load::phases);
    let conditions = fields.right_or("conditions", Vec::new(), value::list(injection::condition));
    let events = fields.right_or("events", Vec::new(), value::list(injection::event));
    let placed = conditions.zip(events);
    let named = placed.as_ref().map(|(conditions, events)| Named { conditions, events });
    if let Some(named) = &named {
        injection::unique(named, problems);
        injection::reach(named, &system, problems);
    }
    let truth_node = fields.need("truth", "say what the right answer is, or `truth: {bottleneck: none}` for none");
    let truth = truth_node.and_then(|node| truth::truth(node, named.as_ref(), problems));
    let alert_node = fields.need("alert", "say what fires: `{sli: latency, window_s: 5, above: 0.5, for_s: 6}`");
    let quiet = truth.as_ref().is_some_and(|truth| truth.roots.is_empty());
    let alert = alert_node.and_then(|node| alert::alert(node, quiet, problems));
    let nothing = Expect { moves: Vec::new(), flat: Vec::new(), naive_must_fail: Vec::new() };
    let expect_node = fields.find("expect");
    let expect = expect_node.map_or(Some(nothing), |node| expect::expect(node, problems));
    if let (Some(truth), Some(expect), Some(node)) = (&truth, &expect, truth_node) {
        agree(truth, expect, node, problems);
    }
    fields.finish();
    schema?;
    let (conditions, events) = placed?;
    Some(Scenario {
        id: id?,
        title: title?,
        difficulty: u8::try_from(difficulty?).ok()?,
        modelled_on: modelled_on?,
        system,
        load,
        phases,
        conditions: conditions.into_iter().map(|placed| placed.injection).collect(),
        events: events.into_iter().map(|placed| placed.injection).collect(),
        alert: alert?,
        truth: truth?,
        expect: expect?,
    })
}

/// Truth and expectations must tell the same story.
fn agree(truth: &Truth, expect: &Expect, node: &Node, problems: &Problems) {
    if truth.roots.is_empty() {
        if truth.bottleneck != TruthBottleneck::None {
            problems.push(
                Problem::new(node.span.start..node.span.start, "here", "without a root there is no bottleneck")
                    .help("write `bottleneck: none`"),
            );
        }
    } else if expect.moves.is_empty() {
        problems.push(
            Problem::new(
                node.span.start..node.span.start,
                "this truth",
                "the truth has a root, but nothing is expected to move",
            )
            .help("list under `expect.moves` what must be seen for a run to count"),
        );
    }
}

fn address(node: &Node, problems: &Problems) -> Option<String> {
    let text = value::text(node, problems)?;
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    if rest.is_some_and(|rest| !rest.is_empty() && !rest.contains(char::is_whitespace)) {
        return Some(text);
    }
    problems.push(
        Problem::new(node.span.clone(), "not an address", "expected the address of a web page")
            .help("begin with `https://`"),
    );
    None
}
