//! Evidence as text, and folders made of text.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use evidence::{Bundle, Reading};
use rca_engine::evidence::{Evidence, Points, Symbol, Value};
use tempfile::TempDir;

/// A folder with these files.
pub(crate) fn folder(files: &[(&str, &[u8])]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, content) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    folder
}

pub(crate) fn read(files: &[(&str, &[u8])]) -> Reading {
    Bundle::open(folder(files).path()).unwrap().read().unwrap()
}

/// Every item on a line, in the order of the evidence; broken lines below.
pub(crate) fn reading(reading: &Reading) -> String {
    let mut text = evidence(&reading.evidence);
    for broken in reading.tallies().flat_map(|tally| &tally.first_broken) {
        let file = broken.file.file_name().unwrap().to_string_lossy();
        writeln!(text, "broken {file}:{}:{} {}", broken.line, broken.column, broken.reason).unwrap();
    }
    text
}

pub(crate) fn evidence(evidence: &Evidence) -> String {
    let name = |symbol: Symbol| evidence.names.text(symbol);
    let attributes = |attributes: &[(Symbol, Value)]| {
        let pairs = attributes.iter().map(|(key, value)| match value {
            Value::Text(text) => format!("{}={}", name(*key), name(*text)),
            Value::Int(value) => format!("{}={value}i", name(*key)),
            Value::Double(value) => format!("{}={value}f", name(*key)),
            Value::Bool(value) => format!("{}={value}", name(*key)),
        });
        pairs.collect::<Vec<_>>().join(" ")
    };
    let mut text = String::new();
    for span in &evidence.spans {
        writeln!(
            text,
            "span {:x}/{:x}<{:x} {} {:?} {:?} {}..{} on {} [{}] links {:x?}",
            span.trace_id,
            span.span_id,
            span.parent_id,
            name(span.name),
            span.kind,
            span.status,
            span.start_ns,
            span.end_ns,
            span.resource.0,
            attributes(&span.attributes),
            span.links,
        )
        .unwrap();
    }
    for log in &evidence.logs {
        let event = log.event_name.map_or("-", name);
        let (body, attributes) = (name(log.body), attributes(&log.attributes));
        writeln!(
            text,
            "log {} severity {} {event} `{body}` {:x}/{:x} on {} [{attributes}]",
            log.at_ns, log.severity, log.trace_id, log.span_id, log.resource.0
        )
        .unwrap();
    }
    for series in &evidence.series {
        let labels = attributes(&series.attributes);
        writeln!(
            text,
            "series {} {} on {} [{labels}] {}",
            name(series.name),
            name(series.unit),
            series.resource.0,
            points(&series.points),
        )
        .unwrap();
    }
    for (number, resource) in evidence.resources.iter().enumerate() {
        writeln!(text, "resource {number} [{}]", attributes(&resource.attributes)).unwrap();
    }
    for (from, to) in &evidence.topology {
        writeln!(text, "call {} -> {}", name(*from), name(*to)).unwrap();
    }
    text
}

fn points(points: &Points) -> String {
    match points {
        Points::Gauge(points) => {
            format!("gauge {:?}", points.iter().map(|point| (point.at_ns, point.value)).collect::<Vec<_>>())
        }
        Points::Sum { monotonic, cumulative, points } => {
            let points: Vec<_> = points.iter().map(|point| (point.start_ns, point.at_ns, point.value)).collect();
            format!("sum monotonic {monotonic} cumulative {cumulative} {points:?}")
        }
        Points::Histogram { cumulative, bounds, points } => {
            let points: Vec<_> = points
                .iter()
                .map(|point| (point.at_ns, point.count, point.sum, &*point.buckets, point.exemplars.len()))
                .collect();
            format!("histogram cumulative {cumulative} {bounds:?} {points:?}")
        }
    }
}

/// Names of the files below a folder, sorted.
pub(crate) fn files(folder: &Path) -> Vec<String> {
    let mut found: Vec<String> = evidence::manifest::digest(folder).unwrap().into_keys().collect();
    found.sort();
    found
}
