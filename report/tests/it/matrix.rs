//! The page of a regression keeps the promises of every page, and each cell leads to what stands behind it.

use std::collections::BTreeSet;

use report::{Links, regression_html};
use scenarios::effect::EffectClass;
use score::{Cell, Summary, Thresholds, summarise};

use crate::cells::{RIGHT, Sketch, failed};
use crate::page::{assert_balanced, tags};

fn again(scenario: &str, seed: u64) -> String {
    format!("rcalab run {scenario} --mode sim --seed {seed}")
}

fn page(summary: &Summary) -> String {
    let report = |scenario: &str, seed: u64| (seed < 5).then(|| format!("failed/{scenario}-{seed}/report.html"));
    regression_html(summary, &Links { again: &again, report: &report })
}

fn cells() -> Vec<Cell> {
    let quiet = Sketch { scenario: "null_quiet", answered: None, class: EffectClass::Quiet, ..RIGHT };
    let loud = |seed| {
        let answered = Some(if seed >= 4 { "service:database" } else { "service:catalog-cache" });
        Sketch { seed, answered, confidence: 0.5 + 0.05 * seed as f64, ..RIGHT }.cell()
    };
    let mut cells: Vec<Cell> = (1..=9).map(loud).collect();
    cells.push(failed(10));
    cells.push(Sketch { seed: 1, answered: Some("service:catalog"), ..quiet }.cell());
    cells.push(Sketch { seed: 2, ..quiet }.cell());
    cells
}

fn sample() -> String {
    page(&summarise("0.1.0+abc", &cells(), &[], Thresholds::default()))
}

/// The text of the page: what stands outside tags, white space folded.
fn text(page: &str) -> String {
    let body = page.split_once("<body>").expect("a body").1;
    let outside = body.split('<').map(|part| part.split_once('>').map_or(part, |(_, text)| text));
    outside.collect::<Vec<_>>().join(" ").split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn the_page_is_sound_loads_nothing_and_its_links_lead_somewhere() {
    let page = sample();
    assert_balanced(&page);
    let all = tags(&page);
    let values = |wanted: &str| -> Vec<String> {
        let attributes = all.iter().flat_map(|(_, attributes)| attributes);
        attributes.filter(|(key, _)| key == wanted).map(|(_, value)| value.clone()).collect()
    };
    let ids: BTreeSet<String> = values("id").into_iter().collect();
    assert_eq!(ids.len(), values("id").len());
    let links = values("href");
    assert!(links.iter().filter(|link| link.starts_with("#f-")).count() >= 3, "{links:?}");
    for link in links {
        assert!(link.strip_prefix('#').is_some_and(|id| ids.contains(id)) || link.starts_with("./failed/"), "{link}");
    }
    for (name, attributes) in &all {
        assert!(!["script", "link", "img", "iframe", "form"].contains(&name.as_str()), "{name}");
        assert!(attributes.iter().all(|(key, _)| !key.starts_with("on") && key != "style"), "{attributes:?}");
        assert!(name != "th" || attributes.iter().any(|(key, _)| key == "scope"), "{attributes:?}");
    }
    let levels: Vec<u8> =
        all.iter().filter_map(|(name, _)| name.strip_prefix('h').and_then(|level| level.parse().ok())).collect();
    assert!(levels[0] == 1 && levels.windows(2).all(|pair| pair[1] <= pair[0] + 1), "{levels:?}");
}

#[test]
fn a_cell_says_its_share_without_colour_and_leads_to_the_first_stage_that_went_wrong() {
    let page = sample();
    let text = text(&page);
    for shown in [
        // Three of nine, with the interval of Wilson, and chance and the best constant beside it.
        "cache_poison_pill worst 9 /10 10 100 33 12–65 0 † 0–30",
        "engine : 6 of 9 wrong (component 6)",
        "first wrong: component the damage was followed through service:catalog-cache",
        "Expected: version:catalog-cache@v2 or service:catalog-cache or change:",
        "Answered: service:database",
        "rcalab run cache_poison_pill --mode sim --seed 4",
        "3 more runs of this cell went wrong.",
        "8 more runs of this cell went wrong.",
        "With seed 4 the right root is version:catalog-cache@v2 or service:catalog-cache or change:",
        "slowest_span : 9 of 9 wrong (walk 9)",
        "outcome 1",
    ] {
        assert!(text.contains(shown), "{shown} is not in {text}");
    }
    // Only the engine has a report, and only where it was kept.
    assert!(page.contains("href=\"./failed/cache_poison_pill-4/report.html\""));
    assert!(!page.contains("failed/cache_poison_pill-5/"));
    assert_eq!(page.matches("the run's report").count(), 2, "seed 4, and the null with seed 1");
}

#[test]
fn names_from_elsewhere_stay_text() {
    let mut cells = cells();
    for cell in &mut cells {
        cell.scenario = "\"><script>alert(1)</script><a href=\"javascript:x\">\u{202e}".to_owned();
    }
    cells[9].complaints = vec!["</td><img src=x onerror=alert(1)>".to_owned()];
    let page = page(&summarise("<i>", &cells, &[], Thresholds::default()));
    assert_balanced(&page);
    for (name, attributes) in tags(&page) {
        assert!(!["script", "img", "i"].contains(&name.as_str()), "{name}");
        for (key, value) in attributes {
            assert!(!key.starts_with("on"), "{key}");
            assert!(key != "href" || value.starts_with('#') || value.starts_with("./failed/"), "{value}");
        }
    }
    assert!(!page.contains('\u{202e}'));
}

#[test]
fn forty_scenarios_with_fourteen_methods_stay_below_a_megabyte() {
    let mut cells = Vec::new();
    for scenario in 0..40 {
        for seed in 1..=4 {
            let mut cell = Sketch { seed, answered: Some("service:database"), ..RIGHT }.cell();
            cell.scenario = format!("a_scenario_with_number_{scenario}");
            let card = cell.card.as_mut().expect("it was scored");
            let method = card.methods[0].clone();
            card.methods =
                (0..13).map(|place| score::MethodCard { name: format!("method_{place}"), ..method.clone() }).collect();
            cells.push(cell);
        }
    }
    let page = page(&summarise("", &cells, &[], Thresholds::default()));
    assert!(page.len() < 1_000_000 && page.len() > 100_000, "{}", page.len());
}

#[test]
fn a_regression_in_which_nothing_failed_has_no_failures() {
    let cells: Vec<Cell> =
        (1..=2).map(|seed| Sketch { seed, slowest: "service:catalog-cache", ..RIGHT }.cell()).collect();
    let page = page(&summarise("", &cells, &[], Thresholds::default()));
    assert!(page.contains("every gate that could be tested is met") && !page.contains("Where it goes wrong"));
    assert_balanced(&page);
}
