//! A regression for the summary page of a CI job.

use score::aggregate::{GateState, MethodInScenario, MustFail, Summary};

use super::{
    TROUBLES_MAX, classes, counted, figure, first_actions, mean, must_fail, of_state, overall, percent, reasons,
    seconds, share, size, strayed, told_roles,
};
use crate::markdown::{code, plain};
use crate::text;

/// `again` gives the command that carries a cell out once more.
pub fn markdown(summary: &Summary, again: &dyn Fn(&str, u64) -> String) -> String {
    let missed = of_state(summary, GateState::Missed).count();
    let word = if missed == 0 { "all gates met".to_owned() } else { format!("{missed} gates missed") };
    let mut page = format!("### Regression: {word}\n\n{}\n", plain(&size(summary)));
    gates(&mut page, summary);
    incidents(&mut page, summary);
    nulls(&mut page, summary);
    page.push_str("\n#### Over all\n\n");
    for (word, sentence) in overall(summary) {
        page.push_str(&format!("- {word}: {}\n", plain(&sentence)));
    }
    confidence(&mut page, summary);
    methods(&mut page, summary);
    troubles(&mut page, summary, again);
    page
}

fn gates(page: &mut String, summary: &Summary) {
    let open = |state| of_state(summary, state);
    let rows: Vec<_> = open(GateState::Missed).chain(open(GateState::NotTested)).collect();
    if rows.is_empty() {
        return;
    }
    page.push_str("\n| gate | scenario | | why |\n|---|---|---|---|\n");
    for gate in rows {
        let state = if gate.state == GateState::Missed { "**missed**" } else { "not tested" };
        let (name, scenario) = (plain(&text::name(&gate.name)), code(&gate.scenario));
        page.push_str(&format!("| {name} | {scenario} | {state} | {} |\n", plain(&text::sentence(&gate.why))));
    }
}

fn incidents(page: &mut String, summary: &Summary) {
    let mut rows = summary.scenarios.iter().filter(|figures| figures.incident).peekable();
    if rows.peek().is_none() {
        return;
    }
    page.push_str(
        "\n| scenario | count | root top-1 | of all cells | chance | skill | top-3 | MRR | kind | swapped | bottleneck \
         | path F1 | contracted | roles | alert after | notes |\n\
         |---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|\n",
    );
    for figures in rows {
        let root = figures.root;
        let alert = figures.alert_after_s;
        let notes = [classes(figures), strayed(figures), told_roles(figures), first_actions(figures)]
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
            .join("; ");
        let entries = [
            code(&figures.scenario),
            counted(figures),
            share(root.map(|root| root.top1)),
            percent(root.map(|root| root.top1_unconditional.share)),
            percent(root.map(|root| root.chance)),
            figure(root.and_then(|root| root.skill)),
            percent(root.map(|root| root.top3.share)),
            figure(root.map(|root| root.mrr)),
            percent(root.and_then(|root| root.kind).map(|kind| kind.share)),
            root.map_or_else(super::none, |root| root.swapped.to_string()),
            share(figures.bottleneck),
            figure(figures.propagation),
            figure(figures.propagation_contracted),
            figure(figures.roles),
            alert.map_or_else(super::none, |alert| {
                format!("{} ({:.1} to {:.1})", seconds(Some(alert.median)), alert.low, alert.high)
            }),
            plain(&notes),
        ];
        page.push_str(&format!("| {} |\n", entries.join(" | ")));
    }
}

fn nulls(page: &mut String, summary: &Summary) {
    let mut rows = summary.scenarios.iter().filter(|figures| !figures.incident).peekable();
    if rows.peek().is_none() {
        return;
    }
    page.push_str("\n| nothing is wrong in | count | convicted | acquitted | notes |\n|---|---|---|---|---|\n");
    for figures in rows {
        let null = figures.null;
        let (convicted, acquitted) = (null.map(|null| null.convicted), null.map(|null| null.acquitted));
        let (name, notes) = (code(&figures.scenario), plain(&classes(figures).unwrap_or_default()));
        let count = counted(figures);
        page.push_str(&format!("| {name} | {count} | {} | {} | {notes} |\n", share(convicted), share(acquitted)));
    }
}

fn confidence(page: &mut String, summary: &Summary) {
    let mut rows = summary.scenarios.iter().filter_map(|one| Some((one, one.confidence.as_ref()?))).peekable();
    if rows.peek().is_none() {
        return;
    }
    page.push_str("\n<details><summary>Confidence by scenario</summary>\n\n");
    page.push_str("| scenario | answers | right | stated | Brier | skill | area |\n|---|---|---|---|---|---|---|\n");
    for (figures, one) in rows {
        let (scenario, stated) = (code(&figures.scenario), percent(Some(one.mean)));
        let (skill, area) = (figure(one.skill), figure(one.area));
        let counts = format!("{} | {}", one.answers, one.right);
        page.push_str(&format!("| {scenario} | {counts} | {stated} | {:.3} | {skill} | {area} |\n", one.brier));
    }
    page.push_str("\n</details>\n");
}

fn methods(page: &mut String, summary: &Summary) {
    page.push_str("\n#### Methods\n\n| method | root top-1 | above chance | convicted | fails where it must |\n|---|---|---|---|---|\n");
    for method in &summary.methods {
        let convicted = percent(method.convicted.map(|share| share.share));
        let name = plain(&text::name(&method.name));
        let (top1, skill) = (mean(method.top1), figure(method.skill.map(|skill| skill.value)));
        page.push_str(&format!("| {name} | {top1} | {skill} | {convicted} | {} |\n", must_fail(method)));
    }
    page.push_str("\n<details><summary>Methods by scenario</summary>\n\n");
    page.push_str("| scenario | method | right | chance | |\n|---|---|---|---|---|\n");
    for figures in &summary.scenarios {
        for method in &figures.methods {
            let (scenario, name) = (code(&figures.scenario), plain(&text::name(&method.name)));
            let (right, chance) = (share(method.right), percent(method.chance));
            page.push_str(&format!("| {scenario} | {name} | {right} | {chance} | {} |\n", verdict(method)));
        }
    }
    page.push_str("\n</details>\n");
}

fn verdict(method: &MethodInScenario) -> &'static str {
    match method.must_fail {
        MustFail::NotAsked => "",
        MustFail::Fails => "fails, as it must",
        MustFail::Succeeds => "**must fail and does not**",
        MustFail::TooFewSeeds => "must fail; too few seeds to tell",
    }
}

fn troubles(page: &mut String, summary: &Summary, again: &dyn Fn(&str, u64) -> String) {
    if summary.troubles.is_empty() {
        return;
    }
    let number = summary.troubles.len();
    page.push_str(&format!("\n<details><summary>Cells to look at: {number}</summary>\n\n"));
    page.push_str("| scenario | seed | why | again |\n|---|---|---|---|\n");
    for trouble in summary.troubles.iter().take(TROUBLES_MAX) {
        let (scenario, why) = (code(&trouble.scenario), plain(&reasons(trouble)));
        let command = code(&again(&trouble.scenario, trouble.seed));
        page.push_str(&format!("| {scenario} | {} | {why} | {command} |\n", trouble.seed));
    }
    if number > TROUBLES_MAX {
        page.push_str(&format!("\n{} more are in the JSON form.\n", number - TROUBLES_MAX));
    }
    page.push_str("\n</details>\n");
}
