//! A regression in all its forms, from cells made by hand.

use insta::assert_snapshot;
use quick_junit::{Report, TestCaseStatus};
use report::{Options, junit, regression, regression_markdown};
use scenarios::effect::EffectClass;
use score::{Cell, Summary, Thresholds, summarise};

use crate::cells::{RIGHT, Sketch, failed};

fn again(scenario: &str, seed: u64) -> String {
    format!("rcalab run {scenario} --mode sim --seed {seed}")
}

fn cells() -> Vec<Cell> {
    let quiet = Sketch { scenario: "null_quiet", answered: None, class: EffectClass::Quiet, ..RIGHT };
    let loud = |seed| {
        let answered = if seed == 4 { "service:database" } else { "service:catalog-cache" };
        let mut cell = Sketch { seed, answered: Some(answered), ..RIGHT }.cell();
        cell.first_action = Some(if seed == 4 { "eases" } else { "clears" }.to_owned());
        cell
    };
    let mut cells: Vec<Cell> = (1..=4).map(loud).collect();
    cells.push(failed(5));
    cells.extend((1..=2).map(|seed| Sketch { seed, ..quiet }.cell()));
    cells
}

fn summary() -> Summary {
    summarise("0.1.0+abc", &cells(), &[], Thresholds::default())
}

#[test]
fn the_terminal_says_what_was_reached_what_was_missed_and_what_to_look_at() {
    assert_snapshot!(regression(&summary(), &again, &Options::default()), @"
    REGRESSION  7 cells of 2 scenarios, 6 count, code 0.1.0+abc

      scenario           count  root top-1     chance  above  top-3   MRR  bottleneck  path F1  alert
      cache_poison_pill    4/5  75 % [30, 95]    10 %   0.72   75 %  0.75       100 %     1.00  7.2 s

      nothing is wrong in  count  convicted    acquitted
      null_quiet             2/2  0 % [0, 66]  100 % [34, 100]

      method        root top-1  above chance  convicted  fails where it must
      engine        75 %                0.72  0 %
      slowest_span  0 %                −0.12  100 %      0 of 1, 1 not tested

      cache_poison_pill, cells: 1 failed, 4 valid
      cache_poison_pill, answers: 1 named the bottleneck
      cache_poison_pill, confidence: Brier 0.210, skill −0.12, area under the curve 0.50, slope –, 4
                                     answers
      cache_poison_pill, first action: 3 clears, 1 eases

    OVER ALL
      root top-1    75 %, mean over scenarios, no interval below 5 scenarios, worth 1 independent run
      above chance  0.72 of the way from chance to perfect, mean over scenarios
      worst         cache_poison_pill, right in 75 %
      best constant service:catalog-cache, right in 100 %
      best naive    slowest_span, right in 0 %
      confidence    90 % stated on average, 5 of 6 right, worth 6 answers; Brier 0.143, skill −0.03,
                    area under the curve 0.50, slope –
      surest first  17 % wrong of the surest 100 %

    GATES  3 of 6 met
      MISSED      cache_poison_pill valid: 4 of 5 cells count, at least 95 % needed
      MISSED      cache_poison_pill root_top1: 3 of 4 roots are right, at least 95 % needed
      not tested  cache_poison_pill slowest_span_fails: right in 0 of 4; it takes 20 seeds to tell, and
                  there are 5

    CELLS TO LOOK AT  2
      cache_poison_pill 4  wrong from component on: root: answered service:database
        rcalab run cache_poison_pill --mode sim --seed 4
      cache_poison_pill 5  does not count: cannot write telemetry
        rcalab run cache_poison_pill --mode sim --seed 5
    ");
}

#[test]
fn no_line_of_a_regression_is_wider_than_a_usual_terminal() {
    let text = regression(&summary(), &again, &Options::default());
    let wide: Vec<&str> = text.lines().filter(|line| line.chars().count() > 100).collect();
    assert!(wide.is_empty(), "{wide:#?}");
}

#[test]
fn markdown_has_the_figures_that_a_terminal_has_no_room_for() {
    let page = regression_markdown(&summary(), &again);
    let (head, _) = page.split_once("\n#### Over all").unwrap();
    assert_snapshot!(head, @r"
    ### Regression: 2 gates missed

    7 cells of 2 scenarios, 6 count, code 0.1.0+abc

    | gate | scenario | | why |
    |---|---|---|---|
    | valid | `cache_poison_pill` | **missed** | 4 of 5 cells count, at least 95 % needed |
    | root\_top1 | `cache_poison_pill` | **missed** | 3 of 4 roots are right, at least 95 % needed |
    | slowest\_span\_fails | `cache_poison_pill` | not tested | right in 0 of 4; it takes 20 seeds to tell, and there are 5 |

    | scenario | count | root top-1 | of all cells | chance | skill | top-3 | MRR | kind | swapped | bottleneck | path F1 | contracted | roles | alert after | notes |
    |---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|
    | `cache_poison_pill` | 4/5 | 75 % [30, 95] | 60 % | 10 % | 0.72 | 75 % | 0.75 | – | 1 | 100 % [51, 100] | 1.00 | 1.00 | 0.88 | 7.2 s (7.1 to 7.4) | 1 failed, 4 valid; 1 named the bottleneck; 3 clears, 1 eases |

    | nothing is wrong in | count | convicted | acquitted | notes |
    |---|---|---|---|---|
    | `null_quiet` | 2/2 | 0 % [0, 66] | 100 % [34, 100] |  |
    ");
    assert!(page.contains("must fail; too few seeds to tell"), "{page}");
}

#[test]
fn junit_is_read_back_with_a_case_a_gate() {
    let text = junit(&summary(), &again).unwrap();
    let report = Report::deserialize_from_str(&text).unwrap();
    let state = |status: &TestCaseStatus| match status {
        TestCaseStatus::Success { .. } => "met",
        TestCaseStatus::NonSuccess { .. } => "missed",
        TestCaseStatus::Skipped { .. } => "not tested",
    };
    let lines = report.test_suites.iter().flat_map(|suite| {
        let case = |case: &quick_junit::TestCase| {
            format!("{} {}: {}", suite.name.as_str(), case.name.as_str(), state(&case.status))
        };
        suite.test_cases.iter().map(case).collect::<Vec<_>>()
    });
    assert_snapshot!(lines.collect::<Vec<_>>().join("\n"), @"
    cache_poison_pill valid: missed
    cache_poison_pill root_top1: missed
    cache_poison_pill bottleneck: met
    cache_poison_pill slowest_span_fails: not tested
    null_quiet valid: met
    null_quiet convictions: met
    ");
    assert_eq!((report.tests, report.failures), (6, 2));
    let output = report.test_suites[0].system_out.as_ref().unwrap();
    assert!(output.as_str().contains("rcalab run cache_poison_pill --mode sim --seed 4"), "{}", output.as_str());
    // No time and no random number: the same regression is the same text.
    assert!(!text.contains("time") && !text.contains("uuid"), "{text}");
    assert_eq!(junit(&summary(), &again).unwrap(), text);
}

#[test]
fn what_came_from_elsewhere_cannot_break_out_of_any_form() {
    let mut cells = cells();
    for cell in &mut cells {
        cell.scenario = "<script>|`x`\u{1b}[2J\n# y".to_owned();
    }
    cells[0].complaints = vec!["]]> <b>&amp; \u{0}| [x](http://y)".to_owned()];
    let summary = summarise("`<i>`", &cells, &[], Thresholds::default());
    let page = regression_markdown(&summary, &again);
    assert!(!page.contains("<script") && !page.contains("<b>") && !page.contains("<i>"), "{page}");
    let text = junit(&summary, &again).unwrap();
    assert_eq!(Report::deserialize_from_str(&text).unwrap().test_suites.len(), 1);
    for form in [page, text, regression(&summary, &again, &Options::default())] {
        assert!(!form.contains('\u{1b}') && !form.contains('\u{0}'), "{form:?}");
    }
}
