//! Spans from text, for tests: `trace span parent service kind from_ms to_ms [wait=MS] [peer=NAME] [failed]` a line.

use contract::{resource, span};
use rca_engine::evidence::{Evidence, Resource, ResourceId, Span, SpanKind, Status, Value};

pub(super) fn evidence(text: &str) -> Evidence {
    let mut evidence = Evidence::default();
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        let words: Vec<&str> = line.split_whitespace().collect();
        let number = |index: usize| words[index].parse::<u64>().expect("a number");
        let option = |key: &str| words[7..].iter().find_map(|word| word.strip_prefix(key));
        let names = &mut evidence.names;
        let mut attributes = Vec::new();
        if let Some(wait) = option("wait=") {
            let ns = wait.parse::<i64>().expect("milliseconds") * 1_000_000;
            attributes.push((names.intern(span::WAIT_DURATION), Value::Int(ns)));
        }
        if let Some(peer) = option("peer=") {
            attributes.push((names.intern(span::PEER_SERVICE), Value::Text(names.intern(peer))));
        }
        let of = Resource {
            attributes: [(names.intern(resource::SERVICE_NAME), Value::Text(names.intern(words[3])))].into(),
        };
        let name = names.intern(&format!("{} of {}", words[4], words[3]));
        let known = evidence.resources.iter().position(|known| *known == of).unwrap_or_else(|| {
            evidence.resources.push(of);
            evidence.resources.len() - 1
        });
        evidence.spans.push(Span {
            trace_id: u128::from(number(0)),
            span_id: number(1),
            parent_id: number(2),
            resource: ResourceId(u32::try_from(known).expect("few services")),
            name,
            kind: match words[4] {
                "server" => SpanKind::Server,
                "client" => SpanKind::Client,
                _ => SpanKind::Internal,
            },
            status: if words[7..].contains(&"failed") { Status::Error } else { Status::Unset },
            start_ns: number(5) * 1_000_000,
            end_ns: number(6) * 1_000_000,
            attributes: attributes.into(),
            links: Box::default(),
        });
    }
    evidence
}
