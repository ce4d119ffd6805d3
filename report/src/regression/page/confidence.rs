//! Whether stated confidence means what it says: figures by scenario and over all, each with its risk-coverage curve.

use maud::{Markup, html};
use score::aggregate::{Confidence, Summary};

use crate::html::parts::{coordinate, wide};
use crate::regression::{figure, percent, ranged};
use crate::text;

/// A curve in its drawing.
const WIDTH: f64 = 120.0;
const HEIGHT: f64 = 44.0;

pub(super) fn tables(summary: &Summary) -> Option<Markup> {
    let overall = summary.overall.confidence.as_ref()?;
    let rows = summary.scenarios.iter().filter_map(|one| Some((text::name(&one.scenario), one.confidence.as_ref()?)));
    Some(html! {
        p class="lede" {
            "Brier skill: 1 is a prophet, 0 is always stating the base rate. Area: how often a right answer was stated "
            "with more confidence than a wrong one, 0.5 is chance. Slope: of right answers on the stated log-odds, 1 is honest, "
            "less claims too much. None can be told where all answers are alike. The curve "
            "is the share of wrong answers (upwards) among the surest, from few of them (left) to all."
        }
        (wide("Confidence by scenario", &html! {
            table {
                thead { tr {
                    th scope="col" { "Scenario" }
                    @for title in ["Answers", "Worth", "Right", "Stated", "Brier", "Skill", "Area", "Slope", "Risk by coverage"] {
                        th class="n" scope="col" { (title) }
                    }
                } }
                tbody { @for (name, confidence) in rows { (row(&name, confidence)) } }
                tfoot { (row("All", overall)) }
            }
        }))
        p class="soft small" {
            "Worth: runs of one scenario resemble each other, so that all of them together say less about incidents at "
            "large than their number; for what is said of one scenario each run counts."
        }
    })
}

fn row(name: &str, confidence: &Confidence) -> Markup {
    html! {
        tr {
            th scope="row" { (name) }
            td class="n" { (confidence.answers) }
            td class="n" { (format!("{:.0}", confidence.effective_n)) }
            td class="n" { (percent(Some(confidence.right as f64 / confidence.answers.max(1) as f64))) }
            td class="n" { (percent(Some(confidence.mean))) }
            td class="n" { (format!("{:.3}", confidence.brier)) }
            td class="n" { (figure(confidence.skill)) (ranged(confidence.skill_interval)) }
            td class="n" { (figure(confidence.area)) (ranged(confidence.area_interval)) }
            td class="n" { (figure(confidence.slope)) }
            td class="n" { (curve(confidence)) }
        }
    }
}

/// Steps: between two points the risk is that of the next one.
fn curve(confidence: &Confidence) -> Markup {
    let x = |share: f64| coordinate(1.0 + share * (WIDTH - 2.0));
    let y = |risk: f64| coordinate(HEIGHT - 1.0 - risk * (HEIGHT - 2.0));
    let mut path = String::new();
    let mut from = 0.0;
    for point in &confidence.curve {
        let step = if path.is_empty() { "M" } else { "L" };
        path.push_str(&format!("{step}{} {}L{} {}", x(from), y(point.risk), x(point.coverage), y(point.risk)));
        from = point.coverage;
    }
    let told: Vec<String> = confidence
        .curve
        .iter()
        .map(|point| format!("{} wrong of the surest {}", percent(Some(point.risk)), percent(Some(point.coverage))))
        .collect();
    html! {
        svg class="risk" viewBox={ "0 0 " (WIDTH) " " (HEIGHT) } role="img" {
            title { (told.join("; ")) }
            path class="grid" d={ "M1 1V" (HEIGHT - 1.0) "H" (WIDTH - 1.0) } {}
            path class="curve r-symp" d=(path) {}
        }
    }
}
