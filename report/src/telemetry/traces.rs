//! The proof trace as rows beside a normal one: what each span took, what it usually takes, where its own time went.

use std::collections::BTreeMap;

use rca_engine::evidence::{Evidence, Span, Status, Symbol};

use super::spans::{SpanIndex, duration_ns, is_call};

/// Rows that are drawn at most.
pub(crate) const ROWS_MAX: usize = 32;
/// Spans that are looked at in one trace at most.
const SPANS_MAX: usize = 4_000;
/// Deeper nesting than this is drawn as if it were this deep.
pub(crate) const DEPTH_MAX: usize = 12;

/// One span of the proof trace.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Row<'a> {
    pub(crate) service: &'a str,
    pub(crate) name: &'a str,
    pub(crate) span_id: u64,
    pub(crate) depth: usize,
    pub(crate) is_call: bool,
    pub(crate) failed: bool,
    /// From the begin of the trace.
    pub(crate) begins_ns: u64,
    pub(crate) duration_ns: u64,
    /// Waiting for a bounded resource, as the span itself says.
    pub(crate) wait_ns: u64,
    /// Offsets from the begin of the trace that no child covers.
    pub(crate) own: Vec<(u64, u64)>,
    /// Begin and duration of the same span in the normal trace; none: the normal trace has no such span.
    pub(crate) normal: Option<(u64, u64)>,
    parent: Option<usize>,
}

/// What is drawn of a trace.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Waterfall<'a> {
    pub(crate) rows: Vec<Row<'a>>,
    pub(crate) duration_ns: u64,
    pub(crate) normal_ns: Option<u64>,
    /// Spans that found no room, and the most by which one of them is slower than usual.
    pub(crate) left_out: usize,
    pub(crate) left_out_excess_ns: u64,
}

impl Row<'_> {
    /// By how much it took longer than in the normal trace; a new span is excess as a whole.
    pub(crate) fn excess_ns(&self) -> u64 {
        self.duration_ns.saturating_sub(self.normal.map_or(0, |(_, duration)| duration))
    }
}

/// Lays a trace beside a normal one. None: the evidence does not hold the trace.
pub(crate) fn waterfall<'a>(evidence: &'a Evidence, trace: u128, normal: Option<u128>) -> Option<Waterfall<'a>> {
    let index = SpanIndex::new(evidence);
    let mut paths = Paths::default();
    let mut rows = rows(&index, trace, &mut paths);
    let duration_ns = rows.iter().map(|(row, _)| row.begins_ns + row.duration_ns).max()?;
    let normal_rows = normal.map(|normal| self::rows(&index, normal, &mut paths)).unwrap_or_default();
    let normal_ns = normal_rows.iter().map(|(row, _)| row.begins_ns + row.duration_ns).max();
    let known: BTreeMap<usize, (u64, u64)> =
        normal_rows.iter().map(|(row, path)| (*path, (row.begins_ns, row.duration_ns))).collect();
    for (row, path) in &mut rows {
        row.normal = known.get(path).copied();
    }
    let mut rows: Vec<Row<'_>> = rows.into_iter().map(|(row, _)| row).collect();
    let kept = kept(&rows);
    let left: Vec<u64> = rows.iter().zip(&kept).filter(|(_, kept)| !**kept).map(|(row, _)| row.excess_ns()).collect();
    let mut decision = kept.iter();
    rows.retain(|_| decision.next().copied().unwrap_or(false));
    let left_out_excess_ns = left.iter().copied().max().unwrap_or(0);
    Some(Waterfall { rows, duration_ns, normal_ns, left_out: left.len(), left_out_excess_ns })
}

/// Numbers for the places of spans in their trees: services and names from the root, and the how manieth of its like
/// under the same parent. The same place in two traces has the same number.
#[derive(Default)]
struct Paths<'a>(BTreeMap<(usize, &'a str, Symbol, usize), usize>);

impl<'a> Paths<'a> {
    fn number(&mut self, place: (usize, &'a str, Symbol, usize)) -> usize {
        let next = self.0.len() + 1;
        *self.0.entry(place).or_insert(next)
    }
}

/// A span that waits for its turn: depth, the row of its parent, its place.
type Open<'a> = (&'a Span, usize, Option<usize>, usize);

/// The spans of a trace in tree order, each with its place.
fn rows<'a>(index: &SpanIndex<'a>, trace: u128, paths: &mut Paths<'a>) -> Vec<(Row<'a>, usize)> {
    let Some(origin) = index.of_trace(trace).map(|span| span.start_ns).min() else { return Vec::new() };
    let mut rows: Vec<(Row<'a>, usize)> = Vec::new();
    let mut open: Vec<Open<'a>> = Vec::new();
    push_alike(index, paths, &mut open, heads(index, trace), (0, None, 0));
    while let Some((span, depth, parent, path)) = open.pop() {
        if rows.len() >= SPANS_MAX {
            break;
        }
        let own = index.own_time(span).iter().map(|(from, to)| (from - origin, to - origin)).collect();
        rows.push((
            Row {
                service: index.service(span.resource),
                name: index.evidence.names.text(span.name),
                span_id: span.span_id,
                depth: depth.min(DEPTH_MAX),
                is_call: is_call(span),
                failed: span.status == Status::Error,
                begins_ns: span.start_ns - origin,
                duration_ns: duration_ns(span),
                wait_ns: index.wait_ns(span),
                own,
                normal: None,
                parent,
            },
            path,
        ));
        let here = Some(rows.len() - 1);
        // A span that is its own ancestor would never end; no real trace is that deep.
        if depth < 64 {
            push_alike(index, paths, &mut open, index.children(span).collect(), (depth + 1, here, path));
        }
    }
    rows
}

/// The roots, or, where they are missing, the spans whose parent is not in the evidence.
fn heads<'a>(index: &SpanIndex<'a>, trace: u128) -> Vec<&'a Span> {
    let roots: Vec<&Span> = index.with_parent(trace, 0).collect();
    if !roots.is_empty() {
        return roots;
    }
    let mut ids: Vec<u64> = index.of_trace(trace).map(|span| span.span_id).collect();
    ids.sort_unstable();
    index.of_trace(trace).filter(|span| ids.binary_search(&span.parent_id).is_err()).collect()
}

/// Puts siblings on the stack so that the earliest is taken first, with the place of each among its like.
fn push_alike<'a>(
    index: &SpanIndex<'a>,
    paths: &mut Paths<'a>,
    open: &mut Vec<Open<'a>>,
    siblings: Vec<&'a Span>,
    (depth, parent, path): (usize, Option<usize>, usize),
) {
    let mut seen: BTreeMap<(&str, Symbol), usize> = BTreeMap::new();
    let mut ordered = Vec::with_capacity(siblings.len());
    for span in siblings {
        let service = index.service(span.resource);
        let place = seen.entry((service, span.name)).and_modify(|place| *place += 1).or_insert(0);
        ordered.push((span, depth, parent, paths.number((path, service, span.name, *place))));
    }
    open.extend(ordered.into_iter().rev());
}

/// The rows worth drawing: the largest excess first, each with its ancestors.
fn kept(rows: &[Row<'_>]) -> Vec<bool> {
    let mut kept = vec![rows.len() <= ROWS_MAX; rows.len()];
    if rows.len() <= ROWS_MAX {
        return kept;
    }
    let mut order: Vec<usize> = (0..rows.len()).collect();
    order.sort_by_key(|&row| (std::cmp::Reverse(rows[row].excess_ns()), row));
    let mut room = ROWS_MAX;
    for row in order {
        let mut line: Vec<usize> = std::iter::successors(Some(row), |&row| rows[row].parent).collect();
        line.retain(|&row| !kept[row]);
        if line.len() > room {
            continue;
        }
        room -= line.len();
        for row in line {
            kept[row] = true;
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::telemetry::fixture;

    fn drawn(spans: &str, trace: u128, normal: Option<u128>) -> String {
        let evidence = fixture::evidence(spans);
        let Some(falls) = waterfall(&evidence, trace, normal) else { return "no such trace".to_owned() };
        let ms = |ns: u64| ns / 1_000_000;
        let mut text = format!("{} ms, usual {:?}\n", ms(falls.duration_ns), falls.normal_ns.map(ms));
        for row in &falls.rows {
            let indent = "  ".repeat(row.depth);
            let own: Vec<String> = row.own.iter().map(|(from, to)| format!("{}-{}", ms(*from), ms(*to))).collect();
            let (excess, wait) = (ms(row.excess_ns()), ms(row.wait_ns));
            text.push_str(&format!(
                "{indent}{} {} +{excess} wait {wait} own {}\n",
                row.service,
                ms(row.duration_ns),
                own.join(" ")
            ));
        }
        text
    }

    #[test]
    fn each_span_finds_its_like_in_the_normal_trace() {
        insta::assert_snapshot!(drawn(
            "1 1 0 shop server 100 140
             1 2 1 shop client 110 130
             1 3 2 store server 111 129
             2 1 0 shop server 5000 5400
             2 2 1 shop client 5010 5020
             2 3 2 store server 5011 5019
             2 4 1 shop client 5020 5390
             2 5 4 db server 5021 5389 wait=300",
            2,
            Some(1),
        ), @"
        400 ms, usual Some(40)
        shop 400 +360 wait 0 own 0-10 390-400
          shop 10 +0 wait 0 own 10-11 19-20
            store 8 +0 wait 0 own 11-19
          shop 370 +370 wait 0 own 20-21 389-390
            db 368 +368 wait 300 own 21-389
        ");
    }

    #[test]
    fn a_trace_without_its_root_begins_where_the_parents_end() {
        insta::assert_snapshot!(drawn("1 7 99 store server 10 30\n1 8 7 store client 12 20", 1, None), @"
        20 ms, usual None
        store 20 +20 wait 0 own 0-2 10-20
          store 8 +8 wait 0 own 2-10
        ");
        assert_eq!(drawn("1 7 99 store server 10 30", 4, None), "no such trace");
    }

    #[test]
    fn a_large_trace_keeps_its_largest_excess_with_all_above_it() {
        let mut spans = String::from("1 1 0 shop server 0 9000\n");
        for child in 2..200 {
            spans.push_str(&format!("1 {child} 1 store server 0 {}\n", 100 + child));
        }
        spans.push_str("1 900 150 db server 0 8000\n");
        let evidence = fixture::evidence(&spans);
        let falls = waterfall(&evidence, 1, None).expect("the trace is there");
        assert_eq!((falls.rows.len(), falls.left_out), (ROWS_MAX, 200 - ROWS_MAX));
        let db = falls.rows.iter().position(|row| row.service == "db").expect("the slowest is kept");
        assert_eq!(falls.rows[db - 1].span_id, 150);
    }
}
