//! The style sheet: text stands out enough from what it stands on, in the light and in the dark.

use std::collections::BTreeMap;

const STYLE: &str = include_str!("../../src/html/style.css");

/// Relative luminance of `#rrggbb`, as WCAG 2.2 defines it.
fn luminance(colour: &str) -> f64 {
    let channel = |at: usize| {
        let value = f64::from(u8::from_str_radix(&colour[at..at + 2], 16).expect("two hex digits")) / 255.0;
        if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5)
}

fn contrast(left: &str, right: &str) -> f64 {
    let (one, other) = (luminance(left), luminance(right));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

fn palette(block: &str) -> BTreeMap<String, String> {
    block
        .split(['{', ';', '\n'])
        .filter_map(|line| line.trim().strip_prefix("--")?.split_once(": #"))
        .map(|(name, value)| (name.to_owned(), format!("#{value}")))
        .collect()
}

#[test]
fn text_has_a_contrast_of_at_least_four_and_a_half() {
    let (light, rest) = STYLE.split_once("@media (prefers-color-scheme: dark)").expect("a dark palette");
    let dark = rest.split_once("* { box-sizing").expect("the end of the palette").0;
    for (mode, block) in [("light", light), ("dark", dark)] {
        let colours = palette(block);
        assert!(colours.len() >= 18, "{mode}: {colours:?}");
        for (text, under) in [
            ("ink", "paper"),
            ("ink", "card"),
            ("ink", "wash"),
            ("ink", "symp-wash"),
            ("soft", "paper"),
            ("soft", "card"),
            ("soft", "wash"),
            ("soft", "quiet-wash"),
            ("soft", "symp-wash"),
            ("root", "paper"),
            ("root", "card"),
            ("root", "root-wash"),
            ("prop", "paper"),
            ("prop", "card"),
            ("prop", "prop-wash"),
            ("bott", "paper"),
            ("bott", "card"),
            ("bott", "bott-wash"),
            ("symp", "paper"),
            ("symp", "card"),
            ("symp", "symp-wash"),
            ("good", "paper"),
            ("good", "card"),
            ("bad", "paper"),
            ("bad", "card"),
        ] {
            let ratio = contrast(&colours[text], &colours[under]);
            assert!(ratio >= 4.5, "{mode}: {text} on {under} is {ratio:.2}");
        }
    }
}

#[test]
fn the_sheet_loads_nothing() {
    assert!(!STYLE.contains("url(") && !STYLE.contains("@import") && !STYLE.contains("</"));
}
