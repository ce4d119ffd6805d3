//! The engine's figures, a line a scenario: what was found, how well, and what it led to.

use maud::{Markup, html};
use score::aggregate::{ScenarioFigures, Summary};

use crate::html::parts::wide;
use crate::regression::{classes, figure, first_actions, percent, seconds, share};
use crate::text;

pub(super) fn table(summary: &Summary) -> Option<Markup> {
    let rows: Vec<&ScenarioFigures> =
        summary.scenarios.iter().filter(|one| one.incident && one.root.is_some()).collect();
    let titles = [
        "Root top-1",
        "Of all runs",
        "Above chance",
        "Top-3",
        "MRR",
        "Service",
        "Kind",
        "Swapped",
        "Decoys",
        "Abstains",
        "Bottleneck",
        "Mode",
        "Path F1",
        "By service",
        "Roles",
        "Alert after",
        "First action",
    ];
    (!rows.is_empty()).then(|| {
        html! {
            p class="lede" {
                "Of all runs: those that do not count are wrong here. Swapped: the bottleneck was named as the root. Decoys: an "
                "innocent change or a decoy was named. Path F1: steps of the damage with their effects, and beside it the "
                "paths between services. Roles: balanced accuracy, 0.5 is chance."
            }
            (wide("The engine by scenario", &html! {
                table {
                    thead { tr {
                        th scope="col" { "Scenario" }
                        @for title in titles { th class="n" scope="col" { (title) } }
                    } }
                    tbody { @for figures in rows { (row(figures)) } }
                }
            }))
        }
    })
}

fn row(figures: &ScenarioFigures) -> Markup {
    let root = figures.root;
    let number = |value: Option<u64>| value.map_or_else(|| "–".to_owned(), |value| value.to_string());
    let entries = [
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
        share(figures.bottleneck),
        percent(figures.bottleneck_mode.map(|share| share.share)),
        figure(figures.propagation),
        figure(figures.propagation_contracted),
        figure(figures.roles),
        seconds(figures.alert_after_s.map(|spread| spread.median)),
        first_actions(figures).unwrap_or_else(|| "not tried".to_owned()),
    ];
    html! {
        tr {
            th scope="row" {
                (text::name(&figures.scenario))
                @if let Some(classes) = classes(figures) { br; span class="soft small" { (classes) } }
            }
            @for entry in entries { td class="n" { (entry) } }
        }
    }
}
