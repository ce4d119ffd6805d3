//! Fidelity as a table for a terminal.

use super::{Fidelity, Row};

/// The whole comparison.
pub(crate) fn table(fidelity: &Fidelity) -> String {
    let mut text = format!(
        "{}: {} live runs against {} on virtual time\n\n",
        fidelity.scenario,
        fidelity.live_seeds.len(),
        fidelity.sim_seeds.len()
    );
    let widest = fidelity.rows.iter().map(|row| row.service.len()).max().unwrap_or(0).max("service".len());
    let mut line = |line: std::fmt::Arguments<'_>| text.push_str(&format!("{line}\n"));
    line(format_args!(
        "  {:<widest$}  {:<8}  {:>21}  {:>21}  {:>20}  {:>5}",
        "service", "phase", "live p50/p95/p99 ms", "sim p50/p95/p99 ms", "sim/live", "KS"
    ));
    for row in &fidelity.rows {
        let [live, sim] = [row.live, row.sim].map(|side| triple(side.quantiles_ms, 0));
        line(format_args!(
            "  {:<widest$}  {:<8}  {live:>21}  {sim:>21}  {:>20}  {:>5.3}{}",
            row.service,
            row.phase.as_str(),
            triple(row.ratios, 2),
            row.ks,
            remark(row, fidelity.tolerance)
        ));
    }
    let agreement = &fidelity.agreement;
    line(format_args!("\n  the same verdict: {} of {} seeds that ran in both modes", agreement.same, agreement.pairs));
    for different in &agreement.different {
        line(format_args!("    {different}"));
    }
    for void in &fidelity.void {
        line(format_args!("  left out: {void}"));
    }
    text
}

fn triple(values: [f64; 3], digits: usize) -> String {
    let [a, b, c] = values.map(|value| format!("{value:.digits$}"));
    format!("{a} / {b} / {c}")
}

fn remark(row: &Row, tolerance: f64) -> String {
    if !row.counts {
        format!("  too few to hold against: {}, {}", row.live.count, row.sim.count)
    } else if row.holds(tolerance) {
        String::new()
    } else {
        format!("  MORE THAN {:.0} % APART", tolerance * 100.0)
    }
}
