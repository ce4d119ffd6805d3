//! Evidence becomes series: which step something belongs to, what a counter rose by, what goes on where nothing is measured.

use rca_engine::evidence::Points;
use rca_engine::investigation::Window;
use rca_engine::windows::Windows;
use score::series::Table;

use crate::telemetry::{S, T0, Telemetry, distributions, numbers};

fn windows(baseline: (u64, u64), incident: (u64, u64)) -> Windows {
    let window = |(from, to)| Window { from_ns: T0 + from * S, to_ns: T0 + to * S };
    Windows { baseline: window(baseline), incident: window(incident) }
}

fn told(table: &Table) -> String {
    let columns = table.columns.iter().map(|column| {
        let values: Vec<String> = column.values.iter().map(|value| format!("{value:.0}")).collect();
        format!("{} {:?}: {}", column.service, column.quantity, values.join(" "))
    });
    let head = format!("{} s, {:?}, {:?}", table.step_ns / S, table.baseline, table.incident);
    std::iter::once(head).chain(columns).collect::<Vec<_>>().join("\n")
}

#[test]
fn requests_count_in_the_second_in_which_they_end() {
    let mut telemetry = Telemetry::new();
    for line in ["10<0 1 500..1000", "20<0 1 900..1001", "30<0 1 1000..1301 !", "40<0 1 2000..3500", "50<0 1 100..9000"]
    {
        telemetry.span(line);
    }
    let table = Table::new(&telemetry.evidence, &windows((0, 3), (3, 5)));
    insta::assert_snapshot!(told(&table), @"
    1 s, 0..3, 3..5
    service:catalog Latency: 500000000 201000000 201000000 1500000000 1500000000
    service:catalog Errors: 0 1 0 0 0
    service:catalog Requests: 1 2 0 1 0
    ");
}

#[test]
fn metrics_are_levels_increases_means_and_counts() {
    let mut telemetry = Telemetry::new();
    telemetry.series(0, "level", Points::Gauge(numbers(&[(2, 7.0), (4, 9.0)])));
    let counter = |cumulative, points| Points::Sum { monotonic: true, cumulative, points };
    // What came before the second point is not lost, and after the fall the counter began anew.
    telemetry.series(1, "counter", counter(true, numbers(&[(1, 5.0), (2, 8.0), (4, 9.0), (5, 2.0)])));
    telemetry.series(2, "delta", counter(false, numbers(&[(1, 5.0), (2, 8.0), (4, 9.0)])));
    let durations = distributions(&[(1, 2, 10.0), (2, 2, 10.0), (3, 4, 50.0)]);
    telemetry.series(3, "durations", Points::Histogram { cumulative: true, bounds: Box::default(), points: durations });
    telemetry.series(3, "later", Points::Gauge(numbers(&[(60, 7.0)])));
    let table = Table::new(&telemetry.evidence, &windows((0, 3), (3, 5)));
    insta::assert_snapshot!(told(&table), @"
    1 s, 0..3, 3..5
    service:search Metric: 0 7 7 9 9
    service:catalog Metric: 5 3 0 1 2
    service:catalog-cache Metric: 5 8 0 9 0
    service:database Metric: 2 0 2 0 0
    service:database Metric: 5 5 20 20 20
    ");
}

#[test]
fn a_counter_that_is_older_than_the_window_tells_nothing_by_its_first_point() {
    let mut telemetry = Telemetry::new();
    let points = numbers(&[(3, 500.0), (4, 501.0)]);
    telemetry.series(0, "counter", Points::Sum { monotonic: true, cumulative: true, points });
    let table = Table::new(&telemetry.evidence, &windows((2, 3), (3, 5)));
    assert_eq!(table.columns[0].values, [0.0, 1.0, 0.0]);
}

#[test]
fn a_long_window_has_long_steps_and_what_lies_between_the_windows_is_neither() {
    let mut telemetry = Telemetry::new();
    telemetry.series(0, "level", Points::Gauge(numbers(&[(600, 7.0)])));
    let table = Table::new(&telemetry.evidence, &windows((0, 400), (500, 900)));
    let Table { step_ns, baseline, incident, .. } = table;
    // 500 s are 166 steps of 3 s, so that the first one begins 2 s after the baseline.
    assert_eq!((step_ns, baseline, incident), (3 * S, 0..132, 166..299));
    let nothing = Table::new(&telemetry.evidence, &windows((0, 0), (0, 0)));
    assert_eq!((nothing.baseline, nothing.incident, nothing.columns), (0..0, 0..0, Vec::new()));
}
