//! Every class of incident at several positions of several systems: a rule must hold wherever the fault sits.

use rca_engine::investigate;
use rca_engine::investigation::{Culprit, Investigation};

use crate::incidents::{alert_about, options};
use crate::toy::SECOND;
use crate::web::Fault::{
    self, BadBuild, Batch, BlackHole, Connections, Delay, Extra, Fails, Nothing, Permits, Reach, Slow, SlowClass,
    SlowInstance, Surge,
};
use crate::web::{Web, run, service, to, web};

/// Users ask a shop; two ways lead to one ledger.
fn shop() -> Web {
    web(vec![
        service("gate", 5.0, &[to("users"), to("offers").at_once(3)]),
        service("users", 6.0, &[to("sessions").share(0.2)]),
        service("sessions", 9.0, &[]),
        service("offers", 6.0, &[to("price"), to("stock").share(0.3).connections(8)]),
        service("price", 5.0, &[to("ledger").share(0.05)]),
        service("stock", 7.0, &[to("ledger").share(0.4).connections(6).attempts(1, 1_000)]),
        service("ledger", 40.0, &[]).permits(4),
    ])
}

/// One behind the other.
fn chain() -> Web {
    web(vec![
        service("web", 4.0, &[to("api")]).permits(8),
        service("api", 10.0, &[to("auth"), to("core")]).permits(6),
        service("auth", 5.0, &[to("directory").share(0.3)]),
        service("directory", 12.0, &[]).permits(6),
        service("core", 25.0, &[to("disk").connections(8)]).instances(3),
        service("disk", 27.0, &[]).permits(6).instances(3),
    ])
}

/// What is wrong with a system, how it is noticed, and who is to be blamed.
struct Incident {
    system: Web,
    fault: Fault,
    sli: &'static str,
    threshold: f64,
    /// Root with its kind; empty where there is no incident.
    root: &'static str,
}

fn judge(system: &Web, incident: &Incident) -> Investigation {
    let signal = alert_about(system.services[0].name, incident.sli, incident.threshold);
    investigate(&signal, &run(system, incident.fault), &options())
}

fn roots(investigation: &Investigation) -> String {
    let root = |root: &Culprit| {
        let kind = root.kind.map(|kind| format!(" · {kind}")).unwrap_or_default();
        format!("{}{kind}", root.component)
    };
    investigation.core.roles.root.iter().map(root).collect::<Vec<_>>().join(" + ")
}

/// The best hypotheses with their reasons, for the message of a failure.
fn told(investigation: &Investigation) -> String {
    let shown = investigation.core.hypotheses.iter().take(3);
    shown
        .map(|hypothesis| format!("\n{} {:.2}: {}", hypothesis.root.component, hypothesis.score, hypothesis.why))
        .collect()
}

/// The first service has little room for its own work.
fn narrow_door() -> Web {
    web(vec![service("door", 20.0, &[to("desk")]).permits(2), service("desk", 8.0, &[])])
}

/// Reads are tried four times for 300 ms each.
fn impatient() -> Web {
    web(vec![
        service("door", 5.0, &[to("desk").at_once(3)]),
        service("desk", 8.0, &[to("files").attempts(4, 300)]),
        service("files", 60.0, &[]).permits(12),
    ])
}

const LIMIT_S: f64 = 0.3;

fn slow(system: Web, fault: Fault, root: &'static str) -> Incident {
    Incident { system, fault, sli: "latency", threshold: LIMIT_S, root }
}

fn lacking(system: Web, fault: Fault, threshold: f64, root: &'static str) -> Incident {
    Incident { system, fault, sli: "degraded", threshold, root }
}

fn assert_found(incidents: &[Incident]) {
    for incident in incidents {
        for seed in [1, 2] {
            let found = judge(&incident.system.seed(seed), incident);
            assert_eq!(roots(&found), incident.root, "{:?}, seed {seed}: {}", incident.fault, told(&found));
        }
    }
}

#[test]
fn slow_work_is_found_wherever_it_is() {
    let slower = |at, factor| Slow { at, factor, for_ns: None };
    assert_found(&[
        slow(shop(), slower("gate", 80.0), "service:gate · slow_service"),
        slow(shop(), slower("users", 60.0), "service:users · slow_service"),
        slow(shop(), slower("sessions", 60.0), "service:sessions · slow_service"),
        slow(shop(), slower("offers", 50.0), "service:offers · slow_service"),
        slow(shop(), slower("stock", 50.0), "service:stock · slow_service"),
        slow(shop(), slower("ledger", 6.0), "service:ledger · slow_service"),
        slow(chain(), slower("api", 15.0), "service:api · slow_service"),
        slow(chain(), slower("directory", 30.0), "service:directory · slow_service"),
        slow(chain(), slower("core", 15.0), "service:core · slow_service"),
        slow(chain(), slower("disk", 8.0), "service:disk · slow_service"),
    ]);
}

#[test]
fn one_instance_or_build_is_told_from_its_service() {
    let slow_build = |at| BadBuild { at, failing: 0.0, factor: 80.0 };
    let failing_build = |at| BadBuild { at, failing: 0.9, factor: 1.0 };
    assert_found(&[
        slow(chain(), SlowInstance { at: "core", factor: 30.0 }, "instance:core/0 · slow_service"),
        slow(chain(), SlowInstance { at: "disk", factor: 25.0 }, "instance:disk/0 · slow_service"),
        slow(shop(), slow_build("users"), "version:users@v2 · slow_service"),
        slow(chain(), slow_build("api"), "version:api@v2 · slow_service"),
        lacking(shop(), failing_build("gate"), 0.02, "version:gate@v2 · code_exception"),
        lacking(shop(), failing_build("offers"), 0.02, "version:offers@v2 · code_exception"),
    ]);
}

#[test]
fn failures_are_found_where_they_begin() {
    assert_found(&[
        lacking(shop(), Fails { at: "ledger", share: 0.5 }, 0.05, "service:ledger · code_exception"),
        lacking(shop(), Fails { at: "users", share: 0.5 }, 0.05, "service:users · code_exception"),
        lacking(chain(), Fails { at: "core", share: 0.5 }, 0.05, "service:core · code_exception"),
    ]);
}

#[test]
fn less_room_is_found_whether_or_not_the_limit_is_told() {
    let untold = || Web { tells_limits: false, ..chain() };
    let (disk, core) = (Permits { at: "disk", limit: 1 }, Permits { at: "core", limit: 1 });
    let connections = Connections { from: "core", to: "disk", limit: 1 };
    // Less room adds less than the other faults do.
    let crowded = |system, fault, root| Incident { threshold: 0.2, ..slow(system, fault, root) };
    assert_found(&[
        crowded(shop(), Permits { at: "ledger", limit: 1 }, "resource:ledger/work · capacity_reduced"),
        crowded(chain(), disk, "resource:disk/work · capacity_reduced"),
        crowded(chain(), core, "resource:core/work · capacity_reduced"),
        crowded(chain(), connections, "resource:core/to-disk · capacity_reduced"),
        crowded(untold(), disk, "resource:disk/work · capacity_reduced"),
        crowded(untold(), connections, "resource:core/to-disk · capacity_reduced"),
    ]);
}

#[test]
fn more_calls_are_charged_to_the_link_that_makes_them() {
    let extra = |from, to, times, share| Extra { from, to, times, share };
    assert_found(&[
        slow(shop(), extra("users", "sessions", 30, 0.1), "service:users · extra_calls"),
        slow(shop(), extra("offers", "stock", 20, 0.1), "service:offers · extra_calls"),
        slow(chain(), extra("api", "auth", 30, 0.1), "service:api · extra_calls"),
        slow(chain(), extra("core", "disk", 12, 0.3), "service:core · extra_calls"),
        // The calls behind it multiply, too, and are not to blame.
        slow(chain(), extra("web", "api", 4, 0.9), "service:web · extra_calls"),
        slow(shop(), Reach { from: "price", to: "ledger", share: 0.9 }, "service:price · wrong_key"),
    ]);
}

#[test]
fn a_surge_is_the_workload_whatever_it_crowds() {
    assert_found(&[
        slow(shop(), Surge { factor: 6.0 }, "workload · surge"),
        slow(chain(), Surge { factor: 12.0 }, "workload · surge"),
        slow(narrow_door(), Surge { factor: 5.0 }, "workload · surge"),
    ]);
}

#[test]
fn a_way_between_two_is_neither_of_them() {
    let delay = |from, to, ms| Delay { from, to, ms };
    assert_found(&[
        slow(shop(), delay("gate", "users", 200), "edge:gate->users · network_slow"),
        slow(shop(), delay("price", "ledger", 300), "edge:price->ledger · network_slow"),
        // Here the way holds connections: they are crowded, and not to blame.
        slow(shop(), delay("offers", "stock", 200), "edge:offers->stock · network_slow"),
        slow(chain(), delay("core", "disk", 200), "edge:core->disk · network_slow"),
        slow(shop(), BlackHole { from: "stock", to: "ledger" }, "edge:stock->ledger · network_drop"),
    ]);
}

#[test]
fn work_of_another_is_found_on_no_request() {
    assert_found(&[
        slow(shop(), Batch { on: "ledger", workers: 30 }, "service:batch · load_by_other"),
        slow(chain(), Batch { on: "disk", workers: 60 }, "service:batch · load_by_other"),
    ]);
}

#[test]
fn a_storm_is_sustained_by_the_policy_and_begun_by_what_has_recovered() {
    let blip = |for_ns| Slow { at: "files", factor: 10.0, for_ns };
    assert_found(&[
        lacking(impatient(), blip(Some(5 * SECOND)), 0.2, "policy:desk/retry · call_amplification"),
        lacking(impatient(), blip(None), 0.2, "service:files · slow_service"),
    ]);
}

#[test]
fn nobody_is_blamed_where_nothing_is_wrong() {
    assert_found(&[slow(shop(), Nothing, ""), slow(chain(), Nothing, ""), lacking(impatient(), Nothing, 0.2, "")]);
}

#[test]
fn a_class_of_users_that_suffers_is_named_and_not_blamed() {
    let incident = slow(shop(), SlowClass { at: "price", factor: 80.0 }, "service:price · slow_service");
    let found = judge(&incident.system, &incident);
    assert_eq!(roots(&found), incident.root);
    let impact = found.header.impact.iter().find(|line| line.contains("tenant"));
    assert_eq!(impact.map(String::as_str), Some("100 % of the breaching requests have tenant plus at gate"));
}
