//! Queries to paste into other tools, with absolute times and the attribute names of the options.

use crate::component::Component;
use crate::investigation::{Pivot, RepresentativeTrace, Roles, Window};
use crate::options::Options;
use crate::signal::time::format_rfc3339;

/// Pivots for the services that play a role, and for the proof.
pub(crate) fn list(
    options: &Options,
    window: Window,
    roles: &Roles,
    proof: Option<&RepresentativeTrace>,
) -> Vec<Pivot> {
    let mut pivots = Vec::new();
    if let Some(proof) = proof {
        pivots.extend(of_trace(options, window, &proof.trace_id));
    }
    let named = roles.root.iter().map(|root| &root.component).chain([&roles.symptom]);
    let mut services: Vec<&str> = Vec::new();
    for service in named.filter_map(Component::owner) {
        if !services.contains(&service) {
            services.push(service);
        }
    }
    for service in services {
        pivots.extend(of_service(options, window, service));
    }
    pivots
}

fn of_trace(options: &Options, window: Window, trace_id: &str) -> Vec<Pivot> {
    let pivot = |tool: &str, query: String| Pivot {
        tool: tool.to_owned(),
        title: "the proof trace".to_owned(),
        query,
        from_ns: window.from_ns,
        to_ns: window.to_ns,
    };
    // Datadog shows the lower 64 bits of an OpenTelemetry trace id as a decimal number.
    let lower = u128::from_str_radix(trace_id, 16).unwrap_or(0) as u64;
    vec![
        pivot("Tempo", trace_id.to_owned()),
        pivot("Jaeger", format!("/trace/{trace_id}")),
        pivot("Loki", format!("{{{}=~\".+\"}} | trace_id=\"{trace_id}\"", options.pivots.service_label)),
        pivot(
            "ClickHouse",
            format!("SELECT * FROM {} WHERE TraceId = '{trace_id}' ORDER BY Timestamp", options.pivots.spans_table),
        ),
        pivot("Datadog", format!("trace_id:{lower}")),
    ]
}

fn of_service(options: &Options, window: Window, service: &str) -> Vec<Pivot> {
    let names = &options.pivots;
    let quoted = service.replace('\\', "\\\\").replace('"', "\\\"");
    let sql = service.replace('\\', "\\\\").replace('\'', "\\'");
    let pivot = |tool: &str, title: &str, query: String| Pivot {
        tool: tool.to_owned(),
        title: format!("{service}: {title}"),
        query,
        from_ns: window.from_ns,
        to_ns: window.to_ns,
    };
    let (from, to) = (format_rfc3339(window.from_ns), format_rfc3339(window.to_ns));
    vec![
        pivot("Tempo", "failing spans", format!("{{resource.{}=\"{quoted}\" && status=error}}", names.service)),
        pivot("Loki", "log records", format!("{{{}=\"{quoted}\"}}", names.service_label)),
        pivot(
            "Jaeger",
            "failing traces",
            format!(
                "/search?service={service}&tags=%7B%22error%22%3A%22true%22%7D&start={}&end={}",
                window.from_ns / 1_000,
                window.to_ns / 1_000
            ),
        ),
        pivot(
            "Prometheus",
            "p99 of requests",
            format!(
                "histogram_quantile(0.99, sum by (le) (rate({}_bucket{{{}=\"{quoted}\"}}[1m])))",
                names.duration_metric, names.service_label
            ),
        ),
        pivot(
            "ClickHouse",
            "slowest spans",
            format!(
                "SELECT TraceId, SpanName, Duration FROM {} WHERE ServiceName = '{sql}' AND Timestamp BETWEEN \
                 parseDateTime64BestEffort('{from}', 3) AND parseDateTime64BestEffort('{to}', 3) ORDER BY Duration DESC LIMIT 20",
                names.spans_table
            ),
        ),
        pivot("Datadog", "failing spans", format!("service:{service} status:error")),
    ]
}
