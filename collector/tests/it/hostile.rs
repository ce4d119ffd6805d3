//! Bodies that are broken or meant to break, and what came back: never a panic, never more memory than the limits say.

use axum::body::{Body, Bytes};
use collector::{Limits, Receiver};
use insta::assert_snapshot;
use proptest::prelude::*;
use prost::Message as _;

use crate::requests::{JSON, PROTOBUF, answer, answer_of, gzip};
use crate::samples;
use crate::shown;

const GZIP: (&str, &str) = ("content-encoding", "gzip");

/// A field of a message: its number, and its content with its length before it.
fn field(number: u8, content: &[u8]) -> Vec<u8> {
    let mut out = vec![number << 3 | 2];
    let mut length = content.len();
    while length >= 0x80 {
        out.push(u8::try_from(length & 0x7f).unwrap() | 0x80);
        length >>= 7;
    }
    out.push(u8::try_from(length).unwrap());
    out.extend_from_slice(content);
    out
}

/// A trace request round the content of its one scope.
fn in_scope(content: &[u8]) -> Vec<u8> {
    field(1, &field(2, content))
}

/// A value nested in lists, inside of an attribute of the resource.
fn nested(depth: usize) -> Vec<u8> {
    let value = (0..depth).fold(Vec::new(), |inner, _| field(5, &field(1, &inner)));
    field(1, &field(1, &field(1, &field(2, &value))))
}

fn json_value(value: &str) -> String {
    format!(r#"{{"resourceSpans":[{{"resource":{{"attributes":[{{"key":"k","value":{value}}}]}}}}]}}"#)
}

/// A table of what was sent and what came back; nothing of it may be left in the collector.
fn table(headers: &[(&str, &str)], cases: Vec<(&str, Vec<u8>)>) -> String {
    let bench = shown::plain();
    let rows = cases.into_iter().map(|(what, body)| {
        let answer = answer(&bench, Limits::default(), "/v1/traces", headers, body);
        let known = answer.split(" retry -: ").collect::<Vec<_>>();
        format!("{what}: {} {}", &known[0][..3], known[1])
    });
    let table = rows.collect::<Vec<_>>().join("\n");
    assert_eq!(bench.core.finish(1).unwrap().traces.received, 0, "no case has a whole span in it");
    table
}

#[test]
fn hostile_protobuf_is_answered_and_forgotten() {
    let valid = samples::traces().encode_to_vec();
    let cases = vec![
        ("protobuf cut off", valid[..valid.len() / 2].into()),
        ("protobuf of another signal", samples::logs().encode_to_vec()),
        ("noise as protobuf", (0..=255).collect()),
        ("a length beyond the body", vec![0x0a, 0xff, 0xff, 0xff, 0xff, 0x7f]),
        ("a number without an end", vec![0xff; 32]),
        ("nested 60 deep", nested(20)),
        ("nested 6,000 deep", nested(2_000)),
        ("a trace id of 15 bytes", in_scope(&field(2, &field(1, &[1; 15])))),
        ("a name that is not UTF-8", in_scope(&field(2, &field(5, &[0xff])))),
        ("two million empty spans", in_scope(&[0x12, 0].repeat(2_000_000))),
        ("60,000 spans", in_scope(&[0x12, 0].repeat(60_000))),
        ("a million empty attributes", in_scope(&field(2, &[0x4a, 0].repeat(1_000_000)))),
        ("257 attributes", in_scope(&field(2, &[0x4a, 0].repeat(257)))),
        ("a value of 200,000 bytes", in_scope(&field(2, &field(9, &field(2, &field(1, &vec![b'x'; 200_000])))))),
        ("9 MiB", vec![0; 9 << 20]),
    ];
    assert_snapshot!(table(&[PROTOBUF], cases), @"
    protobuf cut off: 400 3 cannot decode the body as traces: a field is longer than the body
    protobuf of another signal: 400 3 cannot decode the body as traces: a number has no end
    noise as protobuf: 400 3 cannot decode the body as traces: groups are not part of the protocol
    a length beyond the body: 400 3 cannot decode the body as traces: a field is longer than the body
    a number without an end: 400 3 cannot decode the body as traces: a number has no end
    nested 60 deep: 200 
    nested 6,000 deep: 400 3 cannot decode the body as traces: messages are nested too deep
    a trace id of 15 bytes: 400 3 cannot decode the body as traces: a trace id has 15 bytes
    a name that is not UTF-8: 400 3 cannot decode the body as traces: failed to decode Protobuf message: Span.name: ScopeSpans.spans: ResourceSpans.scope_spans: ExportTraceServiceRequest.resource_spans: invalid string value: data is not UTF-8 encoded
    two million empty spans: 413 8 cannot decode a body that would occupy more than 268435456 bytes
    60,000 spans: 413 8 cannot take 60000 items in one request: the limit is 50000
    a million empty attributes: 413 8 cannot take 1000000 attributes in one place: the limit is 256
    257 attributes: 413 8 cannot take 257 attributes in one place: the limit is 256
    a value of 200,000 bytes: 413 8 cannot take a key or value of 200000 bytes: the limit is 131072
    9 MiB: 413 8 cannot take a body of more than 8388608 bytes
    ");
}

#[test]
fn hostile_gzip_is_answered_and_forgotten() {
    let valid = samples::traces().encode_to_vec();
    let bomb = gzip(&vec![0; 64 << 20]);
    assert!(bomb.len() < 1 << 20, "a bomb is small");
    let mut broken = gzip(&valid);
    let end = broken.len() - 5;
    broken[end] ^= 1;
    let cases = vec![
        ("gzip cut off", gzip(&valid)[..40].into()),
        ("gzip that is none", b"hello".into()),
        ("gzip of nothing at all", Vec::new()),
        ("gzip with a broken checksum", broken),
        ("gzip with noise behind it", [gzip(&valid), b"noise noise noise".to_vec()].concat()),
        ("64 MiB of zeros in gzip", bomb),
        ("gzip in gzip", gzip(&gzip(&valid))),
    ];
    assert_snapshot!(table(&[PROTOBUF, GZIP], cases), @"
    gzip cut off: 400 3 cannot inflate the body as gzip
    gzip that is none: 400 3 cannot inflate the body as gzip
    gzip of nothing at all: 400 3 cannot inflate the body as gzip
    gzip with a broken checksum: 400 3 cannot inflate the body as gzip
    gzip with noise behind it: 400 3 cannot inflate the body as gzip
    64 MiB of zeros in gzip: 413 8 cannot inflate a body to more than 16777216 bytes
    gzip in gzip: 400 3 cannot decode the body as traces: groups are not part of the protocol
    ");
}

#[test]
fn hostile_json_is_answered_and_forgotten() {
    let deep = json_value(&format!("{}{{}}{}", r#"{"arrayValue":{"values":["#.repeat(5_000), "]}}".repeat(5_000)));
    let many = format!(r#"{{"resourceSpans":[{{"scopeSpans":[{{"spans":[{{}}{}]}}]}}]}}"#, ",{}".repeat(2_000_000));
    let span = |fields: &str| format!(r#"{{"resourceSpans":[{{"scopeSpans":[{{"spans":[{{{fields}}}]}}]}}]}}"#);
    let cases = vec![
        ("JSON cut off", br#"{"resourceSpans":[{"resource""#.into()),
        ("not UTF-8", br#"{"resourceSpans":"?"}"#.map(|byte| if byte == b'?' { 0xff } else { byte }).into()),
        ("JSON of another type", b"[1,2]".into()),
        ("nested 10,000 deep", deep.into_bytes()),
        ("a million open brackets", "[".repeat(1_000_000).into_bytes()),
        ("two million empty spans", many.into_bytes()),
        (
            "braces in a string are not objects",
            json_value(&format!(r#"{{"stringValue":"{}"}}"#, "{".repeat(100_000))).into_bytes(),
        ),
        ("an int beyond 64 bits", json_value(r#"{"intValue":"9223372036854775808"}"#).into_bytes()),
        ("a double that is a word", json_value(r#"{"doubleValue":"many"}"#).into_bytes()),
        ("bytes that are not base64", json_value(r#"{"bytesValue":"*"}"#).into_bytes()),
        ("a lone surrogate", json_value(r#"{"stringValue":"\ud800"}"#).into_bytes()),
        ("an enum nobody knows", span(r#""kind":"SIDEWAYS""#).into_bytes()),
        ("an id of 15 digits", span(r#""spanId":"0123456789abcde""#).into_bytes()),
        ("a number in 400 digits", json_value(&format!(r#"{{"doubleValue":1{}}}"#, "0".repeat(400))).into_bytes()),
    ];
    assert_snapshot!(table(&[JSON], cases), @r#"
    JSON cut off: 400 {"code":3,"message":"cannot decode the body as traces: EOF while parsing an object at line 1 column 29"}
    not UTF-8: 400 {"code":3,"message":"cannot decode the body as traces: not UTF-8 at byte 18"}
    JSON of another type: 400 {"code":3,"message":"cannot decode the body as traces: invalid type: sequence, expected an object at line 1 column 0"}
    nested 10,000 deep: 400 {"code":3,"message":"cannot decode the body as traces: recursion limit exceeded at line 1 column 1079"}
    a million open brackets: 400 {"code":3,"message":"cannot decode the body as traces: invalid type: sequence, expected an object at line 1 column 0"}
    two million empty spans: 413 {"code":8,"message":"cannot decode a body that would occupy more than 268435456 bytes"}
    braces in a string are not objects: 200 {}
    an int beyond 64 bits: 400 {"code":3,"message":"cannot decode the body as traces: invalid value: string \"9223372036854775808\", expected an integer, as a number or a string at line 1 column 97"}
    a double that is a word: 400 {"code":3,"message":"cannot decode the body as traces: invalid value: string \"many\", expected a number at line 1 column 85"}
    bytes that are not base64: 400 {"code":3,"message":"cannot decode the body as traces: invalid value: string \"*\", expected base64 at line 1 column 82"}
    a lone surrogate: 400 {"code":3,"message":"cannot decode the body as traces: unexpected end of hex escape at line 1 column 87"}
    an enum nobody knows: 400 {"code":3,"message":"cannot decode the body as traces: unknown enum Name(\"SIDEWAYS\") at line 1 column 62"}
    an id of 15 digits: 400 {"code":3,"message":"cannot decode the body as traces: invalid value: string \"0123456789abcde\", expected 16 hex digits or none at line 1 column 70"}
    a number in 400 digits: 400 {"code":3,"message":"cannot decode the body as traces: number out of range at line 1 column 480"}
    "#);
}

#[test]
fn a_body_is_cut_off_while_it_arrives_whatever_length_it_stated() {
    let bench = shown::plain();
    let limits = Limits { max_body_bytes: 1_000, ..Limits::default() };
    let chunks = |count: usize| {
        let chunk = || Ok::<_, std::io::Error>(Bytes::from_static(&[0; 100]));
        Body::from_stream(futures::stream::iter(std::iter::repeat_with(chunk).take(count)))
    };
    let broken =
        Body::from_stream(futures::stream::iter([Ok(Bytes::from_static(b"{")), Err(std::io::Error::other("reset"))]));
    let rows = [
        answer(&bench, limits, "/v1/traces", &[PROTOBUF], chunks(11)),
        answer(&bench, limits, "/v1/traces", &[PROTOBUF, ("content-length", "2000")], chunks(1)),
        answer(&bench, limits, "/v1/traces", &[PROTOBUF, ("content-length", "10")], chunks(11)),
        answer(&bench, limits, "/v1/traces", &[JSON], broken),
    ];
    assert_snapshot!(rows.join("\n"), @r#"
    413 application/x-protobuf retry -: 8 cannot take a body of more than 1000 bytes
    413 application/x-protobuf retry -: 8 cannot take a body of more than 1000 bytes
    413 application/x-protobuf retry -: 8 cannot take a body of more than 1000 bytes
    400 application/json retry -: {"code":3,"message":"cannot read the body to its end"}
    "#);
}

proptest! {
    #[test]
    fn no_bytes_make_the_receiver_panic(
        bytes in proptest::collection::vec(any::<u8>(), 0..300),
        path in 0_usize..3,
        json in any::<bool>(),
        gzipped in any::<bool>(),
    ) {
        let bench = shown::plain();
        let router = Receiver::new(std::sync::Arc::clone(&bench.core), Limits::default()).router();
        let path = ["/v1/traces", "/v1/metrics", "/v1/logs"][path];
        let mut headers = vec![if json { JSON } else { PROTOBUF }];
        headers.extend(gzipped.then_some(GZIP));
        let answer = answer_of(router, path, &headers, bytes);
        prop_assert!(["200", "400", "413"].iter().any(|status| answer.starts_with(status)), "{}", answer);
        prop_assert!(bench.core.finish(1).unwrap().balance());
    }

    /// Damage of a good body: it is read or refused, and what is read can be written and read again.
    #[test]
    fn no_damage_makes_the_receiver_panic(at in 0_usize..2_000, byte in any::<u8>(), metrics in any::<bool>()) {
        let (path, mut body) = if metrics {
            ("/v1/metrics", samples::metrics().encode_to_vec())
        } else {
            ("/v1/traces", samples::traces().encode_to_vec())
        };
        let length = body.len();
        body[at % length] = byte;
        let bench = shown::plain();
        let first = answer(&bench, Limits::default(), path, &[PROTOBUF], body);
        prop_assert!(["200", "400", "413"].iter().any(|status| first.starts_with(status)), "{}", first);
        bench.core.finish(1).unwrap();
        let line = bench.evidence.text();
        let again = shown::plain();
        if !line.is_empty() {
            let answered = answer(&again, Limits::default(), path, &[JSON], line.clone());
            prop_assert!(answered.starts_with("200"), "{}: {}", answered, line);
            again.core.finish(1).unwrap();
            prop_assert_eq!(again.evidence.text(), line);
        }
    }
}
