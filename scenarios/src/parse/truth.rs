//! `truth`: the right answer.

use rca_engine::component::Component;
use rca_engine::vocabulary::Mode;

use super::fields::{Fields, suggestion, wrong_type};
use super::injection::Named;
use super::value::{component, list, nullable, seconds, word};
use crate::model::{RootSet, Truth, TruthBottleneck, TruthEdge};
use crate::problem::{Problem, Problems};
use crate::topology;
use crate::yaml::{Data, Node};

pub(super) fn truth(node: &Node, named: Option<&Named<'_>>, problems: &Problems) -> Option<Truth> {
    let fields = Fields::open(node, "`truth`", problems)?;
    let part = |node: &Node, problems: &Problems| known(node, named, problems);
    let roots_node = fields.find("roots");
    let roots = fields.right_or("roots", Vec::new(), |node, _| roots(node, named, problems));
    let trigger = fields.or("trigger", None, nullable(part));
    let sustaining = fields.or("sustaining", None, nullable(part));
    let edges_node = fields.find("edges");
    let edges = fields.right_or("edges", Vec::new(), list(|node, _| edge(node, named, problems)));
    let bottleneck = fields.required("bottleneck", "`derived`, `none` or `{component, mode}`", bottleneck);
    let symptom = fields.or("symptom", Component::service(topology::ENTRY), component);
    let decoys = fields.or("decoys", Vec::new(), list(part));
    let collateral = fields.or("collateral", Vec::new(), list(part));
    let clears_within = fields.or("clears_within_s", None, nullable(seconds(0.0, 3_600.0)));
    fields.finish();
    let (roots, edges) = (roots?, edges?);
    if let (true, false, Some(node)) = (roots.is_empty(), edges.is_empty(), edges_node) {
        problems.push(
            Problem::new(node.span.clone(), "these edges", "damage spreads, but nothing is its root")
                .help("name the root under `roots.all_of`, or remove the edges"),
        );
    }
    if let (false, Some(false), Some(node)) = (roots.is_empty(), named.map(Named::harms), roots_node) {
        problems.push(
            Problem::new(node.span.clone(), "this root", "no lever of the scenario does any harm")
                .help("add the event or condition that causes it"),
        );
    }
    Some(Truth {
        roots,
        trigger,
        sustaining,
        edges,
        bottleneck: bottleneck?,
        symptom,
        decoys,
        collateral,
        clears_within,
    })
}

fn roots(node: &Node, named: Option<&Named<'_>>, problems: &Problems) -> Option<Vec<RootSet>> {
    let fields = Fields::open(node, "`roots`", problems)?;
    let sets = fields.required("all_of", "one entry per root", list(|node, _| root(node, named, problems)));
    fields.finish();
    sets
}

fn root(node: &Node, named: Option<&Named<'_>>, problems: &Problems) -> Option<RootSet> {
    let fields = Fields::open(node, "a root", problems)?;
    let any_node = fields.need("any_of", "every name that is equally right, the best one first");
    let any_of = any_node.and_then(|node| list(|node, _| known(node, named, problems))(node, problems));
    let kind = fields.required("kind", "what is wrong with it", word);
    fields.finish();
    if let (Some(node), Some(true)) = (any_node, any_of.as_ref().map(Vec::is_empty)) {
        problems.push(Problem::new(node.span.clone(), "empty", "a root needs a name"));
        return None;
    }
    Some(RootSet { any_of: any_of?, kind: kind? })
}

fn edge(node: &Node, named: Option<&Named<'_>>, problems: &Problems) -> Option<TruthEdge> {
    let fields = Fields::open(node, "an edge", problems)?;
    let part = |node: &Node, problems: &Problems| known(node, named, problems);
    let from = fields.required("from", "what does the harm", part);
    let to = fields.required("to", "what is harmed", part);
    let effect = fields.required("effect", "how it is harmed", word);
    fields.finish();
    let edge = TruthEdge { from: from?, to: to?, effect: effect? };
    if edge.from == edge.to {
        let message = format!("`{}` cannot harm itself", edge.from);
        problems.push(Problem::new(node.span.clone(), "same on both ends", message));
        return None;
    }
    Some(edge)
}

fn bottleneck(node: &Node, problems: &Problems) -> Option<TruthBottleneck> {
    match &node.data {
        Data::Text(word) if word == "derived" => Some(TruthBottleneck::Derived),
        Data::Text(word) if word == "none" => Some(TruthBottleneck::None),
        Data::Mapping(_) => {
            let fields = Fields::open(node, "`bottleneck`", problems)?;
            let component = fields.required("component", "the bounded resource, edge or compute", component);
            let mode = fields.required::<Mode>("mode", "why it is the bottleneck", word);
            fields.finish();
            Some(TruthBottleneck::At { component: component?, mode: mode? })
        }
        Data::Null | Data::Bool(_) | Data::Number(_) | Data::Text(_) | Data::Sequence(_) => {
            problems.push(wrong_type(node, "expected `derived`, `none` or `{component, mode}`"));
            None
        }
    }
}

/// A component of the system, or a change that this scenario makes.
fn known(node: &Node, named: Option<&Named<'_>>, problems: &Problems) -> Option<Component> {
    let component = component(node, problems)?;
    // Where an event could not be read, its changes are unknown, and there is enough to tell already.
    if let (Component::Change(id), Some(named)) = (&component, named) {
        let changes = named.changes();
        if !changes.contains(&id.as_str()) {
            let problem = Problem::new(node.span.clone(), "no such change", format!("no event `{id}` makes a change"));
            let help = if changes.is_empty() {
                "the scenario has no event or condition that deploys".to_owned()
            } else {
                suggestion(id, &changes)
            };
            problems.push(problem.help(help));
            return None;
        }
    }
    Some(component)
}
