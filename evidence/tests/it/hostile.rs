//! Files that are broken or meant to break: the rest still counts, and what is broken is pointed at.

use std::fmt::Write as _;

use insta::assert_snapshot;
use proptest::prelude::*;

use crate::shown;

const GOOD: &str = r#"{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"01","spanId":"02","name":"good"}]}]}]}"#;

/// Reads a file with a bad line between two good ones.
fn between_good_lines(bad: &[u8]) -> String {
    let file = [GOOD.as_bytes(), bad, GOOD.as_bytes()].join(&b'\n');
    let reading = shown::read(&[("traces.jsonl", &file)]);
    let tally = reading.traces.as_ref().unwrap();
    let reason = tally
        .first_broken
        .first()
        .map_or_else(|| "read".to_owned(), |broken| format!("{}:{} {}", broken.line, broken.column, broken.reason));
    format!("{} spans, {} lines, {} broken: {reason}", reading.evidence.spans.len(), tally.lines, tally.broken)
}

#[test]
fn a_broken_line_is_pointed_at_and_the_others_count() {
    let deep = format!(r#"{{"resourceSpans":{}1{}}}"#, "[".repeat(100_000), "]".repeat(100_000));
    let deep_value = (0..200).fold("{}".to_owned(), |inner, _| format!(r#"{{"arrayValue":{{"values":[{inner}]}}}}"#));
    let deep_value = format!(
        r#"{{"resourceSpans":[{{"scopeSpans":[{{"spans":[{{"attributes":[{{"key":"k","value":{deep_value}}}]}}]}}]}}]}}"#
    );
    let span = |fields: &str| format!(r#"{{"resourceSpans":[{{"scopeSpans":[{{"spans":[{{{fields}}}]}}]}}]}}"#);
    let cases: [(&str, Vec<u8>); 14] = [
        ("cut off", GOOD[..60].into()),
        ("not JSON", b"hello".into()),
        ("empty lines", b"\n  \r\n\t".into()),
        ("another type", b"[]".into()),
        ("a span that is a number", br#"{"resourceSpans":[{"scopeSpans":[{"spans":[7]}]}]}"#.into()),
        ("two values", format!("{GOOD}{GOOD}").into()),
        (
            "not UTF-8",
            [span(r#""name":"?""#).as_bytes()].concat().iter().map(|b| if *b == b'?' { 0xff } else { *b }).collect(),
        ),
        ("an id of other letters", span(r#""traceId":"xyz""#).into()),
        ("an id too long", span(r#""spanId":"00112233445566778""#).into()),
        ("a time below zero", span(r#""startTimeUnixNano":"-1""#).into()),
        ("a time beyond 64 bits", span(r#""startTimeUnixNano":"18446744073709551616""#).into()),
        ("nested 100,000 deep", deep.into()),
        ("a value nested 200 deep", deep_value.into()),
        ("nul bytes", vec![0; 64]),
    ];
    let mut table = String::new();
    for (what, bad) in cases {
        writeln!(table, "{what}: {}", between_good_lines(&bad)).unwrap();
    }
    assert_snapshot!(table, @r#"
    cut off: 2 spans, 3 lines, 1 broken: 2:60 EOF while parsing a string
    not JSON: 2 spans, 3 lines, 1 broken: 2:1 expected value
    empty lines: 2 spans, 2 lines, 0 broken: read
    another type: 2 spans, 3 lines, 1 broken: 2:0 invalid type: sequence, expected an object
    a span that is a number: 2 spans, 3 lines, 1 broken: 2:44 invalid type: integer `7`, expected an object
    two values: 2 spans, 3 lines, 1 broken: 2:94 trailing characters
    not UTF-8: 2 spans, 3 lines, 1 broken: 2:53 not UTF-8
    an id of other letters: 2 spans, 3 lines, 1 broken: 2:59 invalid value: string "xyz", expected at most 32 hex digits
    an id too long: 2 spans, 3 lines, 1 broken: 2:72 invalid value: string "00112233445566778", expected at most 16 hex digits
    a time below zero: 2 spans, 3 lines, 1 broken: 2:68 invalid value: string "-1", expected an unsigned integer, as a number or a string
    a time beyond 64 bits: 2 spans, 3 lines, 1 broken: 2:86 invalid value: string "18446744073709551616", expected an unsigned integer, as a number or a string
    nested 100,000 deep: 2 spans, 3 lines, 1 broken: 2:18 invalid type: sequence, expected an object
    a value nested 200 deep: 2 spans, 3 lines, 1 broken: 2:1067 recursion limit exceeded
    nul bytes: 2 spans, 3 lines, 1 broken: 2:1 expected value
    "#);
}

#[test]
fn a_compressed_file_that_ends_early_keeps_what_came_before() {
    let lines = format!("{GOOD}\n").repeat(20_000);
    let noise: String = (0..200_000_u32).map(|n| format!("{:x}\n", n.wrapping_mul(2_654_435_761))).collect();
    let whole = zstd::encode_all(format!("{lines}{noise}").as_bytes(), 1).unwrap();
    let reading = shown::read(&[("traces.jsonl.zst", &whole[..whole.len() / 2])]);
    assert_eq!(reading.evidence.spans.len(), 20_000);
    let last = reading.traces.as_ref().unwrap();
    assert!(last.broken > 1, "the end is broken, and is counted");
    let reading = shown::read(&[("traces.jsonl.zst", b"not zstd at all")]);
    assert_snapshot!(shown::reading(&reading), @"broken traces.jsonl.zst:1:0 Unknown frame descriptor");
}

#[test]
fn many_broken_lines_are_counted_and_the_first_ones_shown() {
    let reading = shown::read(&[("logs.jsonl", "x\n".repeat(1_000).as_bytes())]);
    let tally = reading.logs.unwrap();
    assert_eq!((tally.lines, tally.broken, tally.first_broken.len()), (1_000, 1_000, 20));
}

proptest! {
    #[test]
    fn no_bytes_make_the_reader_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        for name in ["traces.jsonl", "metrics.jsonl.gz", "logs.jsonl.zst"] {
            let reading = shown::read(&[(name, &bytes)]);
            prop_assert_eq!(reading.evidence.spans.len(), 0);
        }
    }

    #[test]
    fn no_damage_to_a_good_line_makes_the_reader_panic(at in 0..GOOD.len(), byte in any::<u8>()) {
        let mut line = GOOD.as_bytes().to_vec();
        line[at] = byte;
        let reading = shown::read(&[("traces.jsonl", &line)]);
        prop_assert!(reading.evidence.spans.len() <= 1);
    }
}
