//! `expect`: what must be seen for a run to count, and which naive methods must fail.

use std::collections::BTreeMap;

use super::fields::{Fields, suggestion, wrong_type};
use super::value::{Bounds, choice, component, list, number, shortened, text};
use crate::measured;
use crate::model::{Expect, Movement, Statistic};
use crate::naive;
use crate::problem::{Problem, Problems};
use crate::yaml::{Data, Node};

const STATISTICS: &[(&str, Statistic)] =
    &[("rate", Statistic::Rate), ("mean", Statistic::Mean), ("p99", Statistic::P99), ("level", Statistic::Level)];

pub(super) fn expect(node: &Node, problems: &Problems) -> Option<Expect> {
    let fields = Fields::open(node, "`expect`", problems)?;
    let moves =
        fields.right_or("moves", Vec::new(), list(|node, problems| movement(node, "at_least_factor", problems)));
    let flat = fields.right_or("flat", Vec::new(), list(|node, problems| movement(node, "at_most_factor", problems)));
    let naive_must_fail = fields.right_or("naive_must_fail", Vec::new(), list(method));
    fields.finish();
    Some(Expect { moves: moves?, flat: flat?, naive_must_fail: naive_must_fail? })
}

fn movement(node: &Node, factor_key: &'static str, problems: &Problems) -> Option<Movement> {
    let fields = Fields::open(node, "a movement", problems)?;
    let metric = fields.required("metric", "a metric that the services export", metric);
    let component = fields.required("component", "whose metric it is", component);
    let attributes = fields.right_or("attributes", BTreeMap::new(), attributes);
    let statistic = fields.required("statistic", "`rate`, `mean`, `p99` or `level`", choice(STATISTICS));
    let factor = Bounds { low: 1.0, high: 1_000.0, unit: "", whole: false };
    let factor = fields.required(factor_key, "incident over baseline", number(factor));
    fields.finish();
    Some(Movement {
        metric: metric?,
        component: component?,
        attributes: attributes?,
        statistic: statistic?,
        factor: factor?,
    })
}

fn metric(node: &Node, problems: &Problems) -> Option<String> {
    let text = text(node, problems)?;
    if measured::METRICS.contains(&text.as_str()) {
        return Some(text);
    }
    let message = format!("no service exports `{}`", shortened(&text));
    problems
        .push(Problem::new(node.span.clone(), "unknown metric", message).help(suggestion(&text, &measured::METRICS)));
    None
}

fn attributes(node: &Node, problems: &Problems) -> Option<BTreeMap<String, String>> {
    let Data::Mapping(entries) = &node.data else {
        problems.push(wrong_type(node, "expected attributes and their values"));
        return None;
    };
    let pairs = entries.iter().map(|(key, value)| Some((key.text.clone(), text(value, problems)?)));
    // All are looked at before the first wrong one makes the whole wrong.
    pairs.collect::<Vec<_>>().into_iter().collect()
}

fn method(node: &Node, problems: &Problems) -> Option<String> {
    let text = text(node, problems)?;
    if naive::METHODS.contains(&text.as_str()) {
        return Some(text);
    }
    let message = format!("there is no naive method `{}`", shortened(&text));
    problems.push(Problem::new(node.span.clone(), "unknown method", message).help(suggestion(&text, &naive::METHODS)));
    None
}
