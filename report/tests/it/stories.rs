//! Verdicts of other incidents than the founding one read well: a workload, a policy that keeps the damage up, a canary, a
//! resource, an edge.

use insta::assert_snapshot;
use rca_engine::component::Component;
use rca_engine::investigation::{BottleneckAnswer, Culprit, Investigation, NoBottleneck, PropagationEdge, Roles};
use rca_engine::vocabulary::{Effect, Kind, Mode};
use report::{Options, RunFacts, html, markdown, terminal};

use crate::page::assert_balanced;
use crate::{founding, shop};

fn component(text: &str) -> Component {
    text.parse().expect("the test names components")
}

fn culprit(text: &str, kind: Kind) -> Culprit {
    Culprit { component: component(text), kind: Some(kind) }
}

fn edges(told: &[(&str, Effect, &str)]) -> Vec<PropagationEdge> {
    let edge = |(from, effect, to): &(&str, Effect, &str)| PropagationEdge {
        from: component(from),
        to: component(to),
        effect: *effect,
    };
    told.iter().map(edge).collect()
}

/// Nobody has a role yet but the symptom.
fn nobody() -> Roles {
    Roles {
        root: Vec::new(),
        trigger: None,
        sustaining: None,
        propagation: Vec::new(),
        bottleneck: None,
        symptom: component("service:search"),
    }
}

fn at(text: &str, mode: Mode) -> Option<BottleneckAnswer> {
    Some(BottleneckAnswer::At { component: component(text), mode })
}

fn told(roles: Roles) -> Investigation {
    let mut investigation = founding::investigation(&shop::run());
    investigation.core.roles = roles;
    investigation
}

/// How a narrow terminal tells the chain; every other form has to be sound as well.
fn chain(roles: Roles) -> String {
    let investigation = told(roles);
    let page = html(&investigation, None, None, &RunFacts::default());
    assert_balanced(&page);
    assert!(markdown(&investigation, None).contains("| role | component |"));
    let text = terminal(&investigation, None, &Options { width: 80, ..Options::default() });
    let from = text.find("HOW THE DAMAGE TRAVELS").expect("a chain");
    let section = &text[from..];
    section[..section.find("\n\nTIMELINE").expect("a timeline follows")].to_owned()
}

/// The words of the drawing on the page, once each way.
fn drawn(roles: Roles) -> String {
    let page = html(&told(roles), None, None, &RunFacts::default());
    let svg = page.split_once("<svg class=\"along\"").expect("a drawing").1.split_once("</svg>").expect("its end").0;
    let words = svg.split("<text").skip(1).map(|part| part.split_once('>').expect("a tag").1.split('<').next());
    words.map(|word| word.unwrap_or_default()).collect::<Vec<_>>().join(" | ")
}

fn surge() -> Roles {
    Roles {
        root: vec![culprit("workload", Kind::Surge)],
        propagation: edges(&[("workload", Effect::Load, "service:search")]),
        bottleneck: at("resource:search/compute", Mode::Saturated),
        ..nobody()
    }
}

#[test]
fn a_surge_has_the_workload_as_its_root() {
    assert_snapshot!(chain(surge()), @"
    HOW THE DAMAGE TRAVELS
      root cause   workload  surge
            │ load
            ▼
      bottleneck, symptom  search  compute · saturated
    ");
    assert_snapshot!(drawn(surge()), @"root cause | workload | surge | bottleneck · symptom | search | compute · saturated | load");
}

fn storm() -> Roles {
    Roles {
        root: vec![culprit("policy:catalog/retry", Kind::CallAmplification)],
        trigger: Some(culprit("service:database", Kind::SlowService)),
        sustaining: Some(culprit("policy:catalog/retry", Kind::CallAmplification)),
        propagation: edges(&[
            ("service:database", Effect::Latency, "service:catalog"),
            ("service:catalog", Effect::Load, "service:database"),
            ("service:catalog", Effect::Error, "service:search"),
        ]),
        bottleneck: at("resource:database/pool", Mode::Saturated),
        ..nobody()
    }
}

#[test]
fn a_storm_tells_who_set_it_off_and_who_keeps_it_up() {
    assert_snapshot!(chain(storm()), @"
    HOW THE DAMAGE TRAVELS
      root cause   catalog  retry policy · call_amplification
            │ load
            ▼
      bottleneck   database  pool · saturated; set it off · slow_service

      symptom      search
      also         catalog ─error→ search
                   database ─latency→ catalog
    ");
    assert_snapshot!(drawn(storm()), @"root cause | catalog | retry policy | call_amplification | bottleneck | database | pool · saturated | set it off · slow_service | symptom | search | load | error | latency");
    // Where no node shows them, they stand beside the drawing.
    let trigger = Some(culprit("change:deploy-17", Kind::Config));
    let elsewhere = Roles { trigger, sustaining: Some(culprit("queue:products", Kind::Redelivery)), ..storm() };
    assert_snapshot!(chain(elsewhere), @"
    HOW THE DAMAGE TRAVELS
      root cause   catalog  retry policy · call_amplification
            │ load
            ▼
      bottleneck   database  pool · saturated

      symptom      search
      also         catalog ─error→ search
                   database ─latency→ catalog
      set off by   change:deploy-17  config
      kept up by   queue:products  redelivery
    ");
}

#[test]
fn a_canary_is_one_build_or_one_instance_of_its_service() {
    let with = |root: &str| Roles {
        root: vec![culprit(root, Kind::CodeException)],
        propagation: edges(&[("service:catalog", Effect::Error, "service:search")]),
        bottleneck: Some(BottleneckAnswer::None(NoBottleneck::None)),
        ..nobody()
    };
    assert_snapshot!(chain(with("version:catalog@v2")), @"
    HOW THE DAMAGE TRAVELS
      root cause   catalog  build v2 · code_exception
            │ error
            ▼
      symptom      search
    ");
    assert_snapshot!(drawn(with("instance:catalog/2")), @"root cause | catalog | instance 2 | code_exception | symptom | search | error");
}

#[test]
fn a_pool_can_be_root_and_bottleneck_at_once() {
    let roles = Roles {
        root: vec![culprit("resource:catalog-cache/db", Kind::CapacityReduced)],
        trigger: Some(culprit("change:configure-9", Kind::Config)),
        propagation: edges(&[
            ("service:catalog-cache", Effect::Latency, "service:catalog"),
            ("service:catalog", Effect::Latency, "service:search"),
        ]),
        bottleneck: at("resource:catalog-cache/db", Mode::Saturated),
        ..nobody()
    };
    assert_snapshot!(chain(roles.clone()), @"
    HOW THE DAMAGE TRAVELS
      root cause, bottleneck  catalog-cache  db · capacity_reduced; db · saturated
            │ latency
            ▼
      propagation  catalog
            │ latency
            ▼
      symptom      search
      set off by   change:configure-9  config
    ");
    assert_snapshot!(drawn(roles), @"root cause · bottleneck | catalog-cache | db · capacity_reduced | db · saturated | propagation | catalog | symptom | search | latency | latency");
}

#[test]
fn an_edge_stands_for_itself_and_a_lone_service_has_every_role() {
    let edge = Roles {
        root: vec![culprit("edge:catalog->catalog-cache", Kind::NetworkSlow)],
        propagation: edges(&[
            ("edge:catalog->catalog-cache", Effect::Latency, "service:catalog"),
            ("service:catalog", Effect::Latency, "service:search"),
        ]),
        bottleneck: at("edge:catalog->catalog-cache", Mode::Slow),
        ..nobody()
    };
    assert_snapshot!(chain(edge.clone()), @"
    HOW THE DAMAGE TRAVELS
      root cause, bottleneck  catalog → catalog-cache  network_slow; slow
            │ latency
            ▼
      propagation  catalog
            │ latency
            ▼
      symptom      search
    ");
    assert_snapshot!(drawn(edge), @"root cause · bottleneck | catalog → catalog-cache | network_slow | slow | propagation | catalog | symptom | search | latency | latency");
    let alone = Roles {
        root: vec![culprit("version:search@v2", Kind::SlowService)],
        bottleneck: at("service:search", Mode::Slow),
        ..nobody()
    };
    assert_snapshot!(chain(alone), @"
    HOW THE DAMAGE TRAVELS
      root cause, bottleneck, symptom  search  build v2 · slow_service; slow
    ");
}
