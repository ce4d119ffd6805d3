//! Whatever is in a file, the answer is a report: no panic, no memory blow-up.

use proptest::prelude::*;
use scenarios::parse;

fn first_problem(text: &str) -> String {
    match parse("a.yaml", text) {
        Ok(scenario) => panic!("accepted as {}", scenario.id),
        Err(errors) => errors.problems().iter().map(ToString::to_string).collect::<Vec<_>>().join(" | "),
    }
}

#[test]
fn an_empty_file_says_so() {
    insta::assert_snapshot!(first_problem(""), @"the file is empty");
    insta::assert_snapshot!(first_problem("# only a comment\n"), @"the file is empty");
    insta::assert_snapshot!(first_problem("---\n"), @"the file is empty");
}

#[test]
fn what_is_not_a_mapping_is_refused() {
    insta::assert_snapshot!(first_problem("just words"), @"a scenario is a mapping of keys to values");
    insta::assert_snapshot!(first_problem("[1, 2]"), @"a scenario is a mapping of keys to values");
}

#[test]
fn a_bomb_of_anchors_is_refused_at_its_first_anchor() {
    let bomb = "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\n";
    insta::assert_snapshot!(first_problem(bomb), @"anchors and aliases are not read");
}

#[test]
fn deep_nesting_is_refused_in_both_styles() {
    insta::assert_snapshot!(first_problem(&"[".repeat(10_000)), @"the file is not YAML: recursion limit exceeded");
    let block: String = (0..400).map(|depth| format!("{}a:\n", " ".repeat(depth))).collect();
    assert!(block.len() > 65_536);
    let block: String = (0..200).map(|depth| format!("{}a:\n", " ".repeat(depth))).collect();
    insta::assert_snapshot!(first_problem(&block), @"the nesting is deeper than 16 levels");
}

#[test]
fn a_huge_file_is_refused_unread() {
    insta::assert_snapshot!(first_problem(&"a: b\n".repeat(100_000)), @"the file has 500000 bytes");
}

#[test]
fn a_second_document_a_tag_and_a_tab_are_refused() {
    insta::assert_snapshot!(first_problem("a: 1\n---\na: 2\n"), @"the file holds more than one document");
    insta::assert_snapshot!(first_problem("a: !!str 1\n"), @"tags have no meaning in a scenario");
    insta::assert_snapshot!(first_problem("a:\n\tb: 1\n"), @"the file is not YAML: tabs disallowed within this context (block indentation)");
}

#[test]
fn more_keys_than_a_mapping_can_have_are_refused() {
    let keys: String = (0..1_000).map(|n| format!("k{n}: 1\n")).collect();
    insta::assert_snapshot!(first_problem(&keys), @"more than 256 keys");
}

#[test]
fn a_flood_of_problems_is_cut_short() {
    let events: String = (0..2_000).map(|_| "  - {}\n").collect();
    let Err(errors) = parse("a.yaml", &format!("events:\n{events}")) else { panic!("accepted") };
    assert_eq!(errors.problems().len(), 51);
    assert!(errors.problems()[50].message.ends_with("further problems"));
}

proptest! {
    #[test]
    fn any_text_gets_an_answer(text in "\\PC{0,400}") {
        drop(parse("any.yaml", &text));
    }

    #[test]
    fn any_text_of_yaml_marks_gets_an_answer(text in "[-a-c:{}\\[\\],&*!|>'\"%@#? \n\t0-9.]{0,200}") {
        drop(parse("any.yaml", &text));
    }

    #[test]
    fn a_damaged_scenario_gets_an_answer_that_points_into_the_file(
        at in 0_usize..2_400, cut in 0_usize..60, put in "[-a-z:{}\\[\\],&* \n0-9é€]{0,12}",
    ) {
        let whole = scenarios::catalog::find("cache_poison_pill").unwrap();
        let ends: Vec<usize> = whole.char_indices().map(|(at, _)| at).collect();
        let from = ends[at.min(ends.len() - 1)];
        let to = ends[(at + cut).min(ends.len() - 1)].max(from);
        let text = format!("{}{put}{}", &whole[..from], &whole[to..]);
        if let Err(errors) = parse("damaged.yaml", &text) {
            for problem in errors.problems() {
                let span = problem.span();
                prop_assert!(text.get(span.clone()).is_some(), "{span:?} of {}", text.len());
            }
            // Rendering must not fail either.
            let shown = format!("{:?}", miette::Report::new(errors));
            prop_assert!(!shown.is_empty());
        }
    }
}
