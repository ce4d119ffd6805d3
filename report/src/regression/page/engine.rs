//! The engine's figures, a line a scenario: what was found and how well, and then what follows from it.

use maud::{Markup, html};
use score::aggregate::{ScenarioFigures, Summary};

use crate::html::parts::wide;
use crate::regression::{classes, figure, first_actions, percent, seconds, share};
use crate::text;

const ROOT: [&str; 10] =
    ["Root top-1", "Of all runs", "Above chance", "Top-3", "MRR", "Service", "Kind", "Swapped", "Decoys", "Abstains"];
const REST: [&str; 7] = ["Bottleneck", "Mode", "Path F1", "By service", "Roles", "Alert after", "First action"];

pub(super) fn table(summary: &Summary) -> Option<Markup> {
    let rows: Vec<&ScenarioFigures> =
        summary.scenarios.iter().filter(|one| one.incident && one.root.is_some()).collect();
    (!rows.is_empty()).then(|| {
        html! {
            p class="lede" {
                "Of all runs: those that do not count are wrong here. Service: right where components are taken for their "
                "services. Kind: of the right roots. Swapped: the bottleneck was named as the root. Decoys: an innocent change "
                "or a decoy was named. Abstains: nothing was named."
            }
            (columns("The root by scenario", &ROOT, &rows, root))
            p class="lede after" {
                "Path F1: steps of the damage with their effects; beside it paths between services. Roles: balanced accuracy of "
                "root, propagation and bottleneck, 0.5 is chance. First action: what came of doing what the verdict proposes "
                "first, where it was tried."
            }
            (columns("Bottleneck, path and action by scenario", &REST, &rows, rest))
        }
    })
}

fn columns(
    label: &str,
    titles: &[&str],
    rows: &[&ScenarioFigures],
    entries: impl Fn(&ScenarioFigures) -> Vec<String>,
) -> Markup {
    wide(
        label,
        &html! {
            table {
                thead { tr {
                    th scope="col" { "Scenario" }
                    @for title in titles { th class="n" scope="col" { (title) } }
                } }
                tbody { @for figures in rows {
                    tr {
                        th scope="row" {
                            (text::name(&figures.scenario))
                            @if let Some(classes) = classes(figures) { span class="part soft small" { (classes) } }
                        }
                        @for entry in entries(figures) { td class="n" { (entry) } }
                    }
                } }
            }
        },
    )
}

fn root(figures: &ScenarioFigures) -> Vec<String> {
    let root = figures.root;
    let number = |value: Option<u64>| value.map_or_else(|| "–".to_owned(), |value| value.to_string());
    vec![
        share(root.map(|root| root.top1)),
        percent(root.map(|root| root.top1_unconditional.share)),
        figure(root.and_then(|root| root.skill)),
        percent(root.map(|root| root.top3.share)),
        figure(root.map(|root| root.mrr)),
        percent(root.and_then(|root| root.by_service).map(|share| share.share)),
        percent(root.and_then(|root| root.kind).map(|share| share.share)),
        number(root.map(|root| root.swapped)),
        number(root.map(|root| root.decoys)),
        percent(figures.abstained.map(|share| share.share)),
    ]
}

fn rest(figures: &ScenarioFigures) -> Vec<String> {
    vec![
        share(figures.bottleneck),
        percent(figures.bottleneck_mode.map(|share| share.share)),
        figure(figures.propagation),
        figure(figures.propagation_contracted),
        figure(figures.roles),
        seconds(figures.alert_after_s.map(|spread| spread.median)),
        first_actions(figures).unwrap_or_else(|| "not tried".to_owned()),
    ]
}
