//! The HTML page keeps its promises: sound markup, no script, no request, links that lead somewhere, headings in order.

use std::collections::BTreeSet;

use report::html;

use crate::{founding, shop};

fn sample() -> String {
    let run = shop::run();
    html(&founding::investigation(&run), Some(&run.evidence), Some(&founding::check()), &founding::facts())
}

/// Opening tags: name and attributes.
pub(crate) fn tags(page: &str) -> Vec<(String, Vec<(String, String)>)> {
    let body = page.split_once("<body>").expect("a body").1;
    let mut tags = Vec::new();
    for part in body.split('<').skip(1).filter(|part| !part.starts_with(['/', '!'])) {
        let tag = part.split_once('>').expect("a tag ends").0;
        let (name, mut rest) = tag.split_once(' ').unwrap_or((tag, ""));
        let mut attributes = Vec::new();
        while let Some((key, after)) = rest.split_once("=\"") {
            let (value, after) = after.split_once('"').expect("a value ends");
            attributes.push((key.trim().to_owned(), value.to_owned()));
            rest = after;
        }
        tags.push((name.to_owned(), attributes));
    }
    tags
}

fn values(page: &str, attribute: &str) -> Vec<String> {
    let all = tags(page).into_iter().flat_map(|(_, attributes)| attributes);
    all.filter(|(key, _)| key == attribute).map(|(_, value)| value).collect()
}

/// Every element that is opened is closed, in order.
pub(crate) fn assert_balanced(page: &str) {
    let void = ["meta", "br", "!DOCTYPE"];
    let mut open: Vec<&str> = Vec::new();
    let without_style = page.split_once("<style>").zip(page.split_once("</style>"));
    let ((before, _), (_, after)) = without_style.expect("a style sheet");
    for part in [before, after].concat().leak().split('<').skip(1) {
        let name = part.split([' ', '>']).next().unwrap_or_default();
        if let Some(closed) = name.strip_prefix('/') {
            assert_eq!(open.pop(), Some(closed), "before {part}");
        } else if !void.contains(&name) {
            open.push(name);
        }
    }
    assert!(open.is_empty(), "{open:?}");
}

#[test]
fn elements_are_balanced_and_ids_unique() {
    let page = sample();
    assert_balanced(&page);
    let ids = values(&page, "id");
    let distinct: BTreeSet<&String> = ids.iter().collect();
    assert_eq!(distinct.len(), ids.len(), "{ids:?}");
}

#[test]
fn nothing_is_loaded_and_nothing_runs() {
    let page = sample();
    for (name, attributes) in tags(&page) {
        assert!(!["script", "link", "img", "iframe", "object", "form", "base"].contains(&name.as_str()), "{name}");
        for (key, value) in attributes {
            assert!(!key.starts_with("on") && key != "style" && key != "src", "{name} {key}");
            if key == "href" || key == "xlink:href" {
                assert!(value.starts_with('#'), "{value}");
            }
        }
    }
    let policy = page.split_once("Content-Security-Policy\" content=\"").expect("a policy").1;
    let policy = policy.split_once('"').expect("its end").0;
    assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"), "{policy}");
    assert!(!policy.contains("unsafe"), "{policy}");
}

#[test]
fn every_link_leads_to_an_anchor_of_the_page() {
    let page = sample();
    let ids: BTreeSet<String> = values(&page, "id").into_iter().collect();
    let links = values(&page, "href");
    assert!(links.iter().filter(|link| link.starts_with("#E")).count() > 20, "{links:?}");
    for link in links {
        assert!(ids.contains(&link[1..]), "{link}");
    }
    for labelled in values(&page, "aria-labelledby") {
        assert!(ids.contains(&labelled), "{labelled}");
    }
}

#[test]
fn headings_step_down_one_level_at_a_time_and_landmarks_are_there() {
    let names: Vec<String> = tags(&sample()).into_iter().map(|(name, _)| name).collect();
    let levels: Vec<u8> =
        names.iter().filter_map(|name| name.strip_prefix('h').and_then(|level| level.parse().ok())).collect();
    assert_eq!((levels[0], levels.iter().filter(|level| **level == 1).count()), (1, 1));
    for pair in levels.windows(2) {
        assert!(pair[1] <= pair[0] + 1, "{levels:?}");
    }
    for landmark in ["header", "nav", "main", "footer"] {
        assert_eq!(names.iter().filter(|name| *name == landmark).count(), 1, "{landmark}");
    }
}

#[test]
fn drawings_are_named_or_hidden_and_header_cells_have_a_scope() {
    let page = sample();
    for (name, attributes) in tags(&page) {
        let has = |wanted: &str| attributes.iter().any(|(key, _)| key == wanted);
        if name == "svg" {
            assert!(has("aria-hidden") || has("role"), "{attributes:?}");
        }
        if name == "th" {
            assert!(has("scope"), "{attributes:?}");
        }
    }
    for drawing in
        page.split("<svg").skip(1).filter(|drawing| !drawing[..drawing.find('>').unwrap_or(0)].contains("aria-hidden"))
    {
        let content = drawing.split_once('>').expect("the tag ends").1;
        assert!(content.starts_with("<title"), "{}", &content[..60]);
    }
}

#[test]
fn the_page_shows_what_was_measured() {
    let page = sample();
    for shown in [
        "catalog-cache (root cause) harms catalog (propagation) by error",
        "db.client.connection.wait_time of database, medians before and during the incident",
        "requests began in the baseline",
        "in a normal trace of the same kind",
        "The parts sum to the whole",
        "00:00:21.300 UTC",
        "01:00:21.300 CET",
    ] {
        assert!(page.contains(shown), "{shown}");
    }
}

#[test]
fn the_truth_comes_last_and_closed() {
    let page = sample();
    let truth = page.find("<details class=\"truth\">").expect("closed: without the attribute open");
    assert!(page[truth..].find("<section").is_none());
    let run = shop::run();
    let unchecked = html(&founding::investigation(&run), Some(&run.evidence), None, &founding::facts());
    assert!(!unchecked.contains("class=\"truth\"") && !unchecked.contains("Was it right?"));
}

#[test]
fn without_evidence_the_verdict_stands_alone() {
    let investigation = founding::investigation(&shop::run());
    let page = html(&investigation, None, None, &founding::facts());
    assert_balanced(&page);
    assert!(page.contains("Where its time went") && !page.contains("Key series") && !page.contains("Who calls whom"));
}

#[test]
fn the_sample_stays_small() {
    let length = sample().len();
    assert!((40_000..150_000).contains(&length), "{length}");
}
