//! temporary driver
mod alert;
mod conduct;
mod exit;
mod machine;
mod progress;
mod service;
mod system;

use std::sync::{Arc, Mutex};
use std::time::Duration;

fn main() {
    let args: Vec<String> = std::env::args().collect();
    if args.get(1).map(String::as_str) == Some("service") {
        let orders = service::read_orders().unwrap();
        let rt = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        rt.block_on(service::run(orders, true)).unwrap();
        return;
    }
    let seed: u64 = args[1].parse().unwrap();
    let kind = args[2].clone();
    let out = args[3].clone();
    let rt = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    let t = std::time::Instant::now();
    rt.block_on(async {
        let (world, hosts) = system::sim::world(seed);
        let context = contract::IncidentContext { run_id: format!("r{seed}"), scenario_id: "x".into(), region: "eu-west-1".into(), environment: "lab".into() };
        let mut sys = scenarios::model::System::default();
        if kind.starts_with("quiet") {
            let s = Duration::from_secs;
            sys.database.pool.acquire = s(10);
            sys.catalog_cache.database.timeout = s(12);
            sys.catalog.database.timeout = s(12);
            sys.catalog.cache.timeout = s(14);
            sys.search.catalog.timeout = s(16);
            sys.catalog_cache.database.pool = Some(scenarios::model::ConnectionPool{ size: 200, acquire: s(10)});
            sys.catalog.database.pool = Some(scenarios::model::ConnectionPool{ size: 64, acquire: s(10)});
            sys.catalog_cache.on_unreadable = scenarios::model::OnUnreadable::ReadThrough;
        }
        if kind.ends_with("pool9") { sys.database.pool.size = 9; }
        let load = scenarios::model::Load::default();
        let sink = if kind.contains("off") { telemetry::Sink::Off } else { telemetry::Sink::Inline };
        let system = system::sim::SimSystem::start(&world, &hosts, &context, &sys, &load, &sink).await.unwrap();
        let dir = std::path::PathBuf::from(&out);
        let rule = scenarios::model::AlertRule { sli: scenarios::model::Sli::Latency, quantile: 0.99, window: Duration::from_secs(5), above: 0.5, for_: Duration::from_secs(6) };
        let watch = Arc::new(Mutex::new(alert::Watch::new(rule)));
        let core = collector::Core::new(collector::Config::default(), collector::Lines::create(&dir.join("evidence")).unwrap(), collector::Lines::create(&dir.join("after")).unwrap(), vec![conduct::tap(&watch)]);
        let warm_up = Duration::from_secs(5);
        let baseline = Duration::from_millis(18_000 + world.draws.unit("b", "").mul_add(6000.0, 0.0) as u64);
        let order = |id: &str, lever, role: services::Role, at: Duration, until| loadgen::Order { id: id.into(), port: system.addresses.controls[&role].clone(), token: system.addresses.token.clone(), lever, target: role.as_str().into(), magnitude: 0.0, ratio: 0.8 + 0.2 * world.draws.unit("ratio", ""), ramp: Duration::ZERO, at, until };
        let mut orders = vec![
            order("deploy-3fa2", services::control::Lever::Deploy, services::Role::Search, Duration::from_millis(9000 + (world.draws.unit("c1","") * 25000.0) as u64), None),
            order("deploy-77b1", services::control::Lever::Configure, services::Role::Database, Duration::from_millis(7000 + (world.draws.unit("c2","") * 25000.0) as u64), None),
        ];
        if !kind.contains("null") { orders.push(order("deploy-91cc", services::control::Lever::PoisonEntries, services::Role::CatalogCache, warm_up + baseline, None)); }
        let timeline = conduct::Timeline { load, drift_phase: world.draws.unit("phase", ""), warm_up, baseline, incident: Duration::from_secs(25), after_alert: Duration::from_secs(10), drain: Duration::from_secs(15),
            question: kind.contains("null").then_some(Duration::from_secs(15)), orders };
        let target = loadgen::Target { base: system.addresses.search.clone(), context, fan_out: 3 };
        let progress = progress::Progress::new(true);
        let mut pump = |core: &collector::Core, metrics: bool| system.pump(core, metrics).map_err(conduct::ConductError::Refused);
        let done = conduct::conduct(&world, target, &timeline, &core, &watch, &mut pump, &progress).await.unwrap();
        let remains = system.stop(&core).unwrap();
        let counters = core.finish(world.clock.wall_ns()).unwrap();
        std::fs::write(dir.join("evidence/alert.json"), serde_json::to_string_pretty(&done.webhook).unwrap()).unwrap();
        let mut l = String::new();
        for e in &remains.ledger { l += &serde_json::to_string(e).unwrap(); l.push('\n'); }
        std::fs::create_dir_all(dir.join("ledger")).unwrap();
        std::fs::write(dir.join("ledger/all.jsonl"), l).unwrap();
        let m = done.moments;
        println!("fired {} after {:.1} s; load {:?}", done.fired, (m.alert_ns as f64 - m.onset_ns as f64) / 1e9, done.load);
        println!("{:?}\n{:?} errors {:?}", counters.traces, counters.metrics, done.order_errors);
        let spans = remains.wills.values().flatten().fold(telemetry::Account::default(), |a, w| a.plus(w.account));
        println!("{spans:?}");
        // physics
        for (name, a, b) in [("base", m.evidence_from_ns, m.onset_ns), ("inc", m.onset_ns, m.load_to_ns)] {
            let secs = (b - a) as f64 / 1e9;
            let mut lat: Vec<u64> = remains.ledger.iter().filter(|e| e.station == "search" && e.to_ns >= a && e.to_ns < b).map(|e| e.to_ns - e.from_ns).collect();
            lat.sort();
            let busy: u64 = remains.ledger.iter().filter(|e| e.station == "database/pool" && e.phase == scenarios::ledger::Phase::Serve && e.to_ns >= a && e.to_ns < b).map(|e| e.to_ns - e.from_ns).sum();
            let offered = remains.ledger.iter().filter(|e| e.station == "database" && e.to_ns >= a && e.to_ns < b).count();
            let kd = remains.ledger.iter().filter(|e| e.station == "edge:catalog-cache->database" && e.to_ns >= a && e.to_ns < b).count();
            let cache = remains.ledger.iter().filter(|e| e.station == "catalog-cache" && e.to_ns >= a && e.to_ns < b).count();
            println!("{name}: {:.0}s searches {:.1}/s p50 {:.0} ms p99 {:.0} ms, db offered {:.1}/s busy {:.2} (of pool), kd/cache {:.3}", secs, lat.len() as f64 / secs, lat[lat.len()/2] as f64/1e6, lat[lat.len()*99/100] as f64/1e6, offered as f64/secs, busy as f64/1e9/secs/ f64::from(sys.database.pool.size), kd as f64/cache.max(1) as f64);
        }
    });
    println!("wall {:?}", t.elapsed());
}
