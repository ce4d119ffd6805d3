//! The causal chain: components of one service drawn as one node, in the order in which the damage travels.

use std::collections::BTreeSet;

use rca_engine::component::Component;
use rca_engine::investigation::{BottleneckAnswer, Culprit, Roles};

use crate::role::Role;
use crate::text;

/// More nodes than this are not drawn; the root, the bottleneck and the symptom come first.
const NODES_MAX: usize = 12;
/// More links than this are not drawn.
const LINKS_MAX: usize = 40;

/// A node: who, in which roles, and what is known about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Node {
    /// The service, or the whole component where none owns it.
    pub(crate) name: String,
    /// In the order of [`Role`]; never empty.
    pub(crate) roles: Vec<Role>,
    /// Such as `v2 · bad_format` or `pool · saturated`.
    pub(crate) details: Vec<String>,
}

/// Damage that travels from one node to another, by index.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Link {
    pub(crate) from: usize,
    pub(crate) to: usize,
    pub(crate) effect: String,
}

/// What is drawn.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Chain {
    pub(crate) nodes: Vec<Node>,
    pub(crate) links: Vec<Link>,
    /// Nodes that found no room.
    pub(crate) left_out: usize,
    /// What set it off and what keeps it up, with a word for each, where no node shows it.
    pub(crate) beside: Vec<(&'static str, Culprit)>,
}

impl Chain {
    /// Orders nodes from the roots along the damage, the symptom last.
    pub(crate) fn of(roles: &Roles) -> Self {
        let symptom = key(&roles.symptom);
        let mut order: Vec<String> = Vec::new();
        let mut reached: BTreeSet<String> = BTreeSet::new();
        let mut visit = |name: String| {
            if reached.insert(name.clone()) && name != symptom {
                order.push(name);
            }
        };
        for culprit in &roles.root {
            visit(key(&culprit.component));
        }
        let mut rest: Vec<_> = roles.propagation.iter().map(|edge| (key(&edge.from), key(&edge.to))).collect();
        let mut known: BTreeSet<String> = roles.root.iter().map(|culprit| key(&culprit.component)).collect();
        while !rest.is_empty() {
            // A step whose start was not reached yet waits; if none can go on, the first one left starts anew.
            let next = rest.iter().position(|(from, _)| known.contains(from)).unwrap_or(0);
            let (from, to) = rest.remove(next);
            for name in [from, to] {
                known.insert(name.clone());
                visit(name);
            }
        }
        if let Some(component) = bottleneck_component(roles) {
            visit(key(component));
        }
        order.push(symptom);
        Self::drawn(roles, &order)
    }

    fn drawn(roles: &Roles, order: &[String]) -> Self {
        let mut nodes: Vec<Node> = order.iter().map(|name| node(roles, name)).collect();
        let left_out = nodes.len().saturating_sub(NODES_MAX);
        let mut index = nodes.len();
        while nodes.len() > NODES_MAX && index > 0 {
            index -= 1;
            if nodes[index].roles == [Role::Propagation] {
                nodes.remove(index);
            }
        }
        // Only many roots can still be too many: the last node is the symptom, and stays.
        if nodes.len() > NODES_MAX {
            let symptom = nodes.split_off(nodes.len() - 1);
            nodes.truncate(NODES_MAX - 1);
            nodes.extend(symptom);
        }
        let place = |component: &Component| nodes.iter().position(|node| node.name == key(component));
        let mut links: Vec<Link> = Vec::new();
        for edge in &roles.propagation {
            let (Some(from), Some(to)) = (place(&edge.from), place(&edge.to)) else { continue };
            if from == to {
                continue;
            }
            match links.iter().position(|link| (link.from, link.to) == (from, to)) {
                Some(known) if links[known].effect.split(", ").all(|effect| effect != edge.effect.as_str()) => {
                    links[known].effect.push_str(&format!(", {}", edge.effect));
                }
                None if links.len() < LINKS_MAX => {
                    links.push(Link { from, to, effect: edge.effect.as_str().to_owned() });
                }
                Some(_) | None => {}
            }
        }
        links.sort();
        let shown = |culprit: &Culprit| {
            is_root(roles, culprit) || nodes.iter().any(|node| node.name == key(&culprit.component))
        };
        let told = [("set off by", &roles.trigger), ("kept up by", &roles.sustaining)];
        let told = told.into_iter().filter_map(|(word, culprit)| Some((word, culprit.clone()?)));
        let beside = told.filter(|(_, culprit)| !shown(culprit)).collect();
        Self { nodes, links, left_out, beside }
    }
}

/// The role of any component, by the service that owns it; the strongest one where there are several.
pub(crate) fn role_of(roles: &Roles, component: &Component) -> Option<Role> {
    let name = key(component);
    roles_of(roles, &name).first().copied()
}

/// The component that the verdict calls the bottleneck.
pub(crate) fn bottleneck_component(roles: &Roles) -> Option<&Component> {
    match &roles.bottleneck {
        Some(BottleneckAnswer::At { component, .. }) => Some(component),
        Some(BottleneckAnswer::None(_)) | None => None,
    }
}

/// What a component is drawn as: its service, or itself where it lies between services or outside them.
pub(crate) fn key(component: &Component) -> String {
    match component {
        Component::Edge { from, to } => text::name(&format!("{from} → {to}")),
        Component::Queue(_) | Component::Workload(_) | Component::Change(_) => text::name(&component.to_string()),
        Component::Service(service)
        | Component::Instance { service, .. }
        | Component::Version { service, .. }
        | Component::Resource { service, .. }
        | Component::Policy { service, .. } => text::name(service),
    }
}

fn roles_of(roles: &Roles, name: &str) -> Vec<Role> {
    let passes_on = roles.propagation.iter().any(|edge| key(&edge.from) == name || key(&edge.to) == name);
    let strong: Vec<Role> = [
        (Role::Root, roles.root.iter().any(|culprit| key(&culprit.component) == name)),
        (Role::Bottleneck, bottleneck_component(roles).is_some_and(|component| key(component) == name)),
        (Role::Symptom, key(&roles.symptom) == name),
    ]
    .into_iter()
    .filter_map(|(role, holds)| holds.then_some(role))
    .collect();
    if strong.is_empty() && passes_on { vec![Role::Propagation] } else { strong }
}

fn node(roles: &Roles, name: &str) -> Node {
    let tell = |culprit: &Culprit, word: Option<&str>| {
        let parts = [word.map(str::to_owned), part(&culprit.component), culprit.kind.map(|kind| kind.to_string())];
        (key(&culprit.component) == name).then(|| parts.into_iter().flatten().collect::<Vec<_>>().join(" · "))
    };
    let mut details: Vec<String> = roles.root.iter().filter_map(|culprit| tell(culprit, None)).collect();
    if let Some(BottleneckAnswer::At { component, mode }) = &roles.bottleneck
        && key(component) == name
    {
        details.push(part(component).map_or_else(|| mode.to_string(), |part| format!("{part} · {mode}")));
    }
    for (culprit, word) in [(&roles.trigger, "set it off"), (&roles.sustaining, "keeps it up")] {
        let culprit = culprit.as_ref().filter(|culprit| !is_root(roles, culprit));
        details.extend(culprit.and_then(|culprit| tell(culprit, Some(word))));
    }
    details.retain(|detail| !detail.is_empty());
    details.truncate(3);
    let mut roles = roles_of(roles, name);
    if roles.is_empty() {
        roles.push(Role::Propagation);
    }
    Node { name: name.to_owned(), roles, details: details.iter().map(|detail| text::name(detail)).collect() }
}

/// Whether a culprit is one of the roots, whatever is said to be wrong with it.
fn is_root(roles: &Roles, culprit: &Culprit) -> bool {
    roles.root.iter().any(|root| root.component == culprit.component)
}

/// What of a service is meant, where it is not the whole.
fn part(component: &Component) -> Option<String> {
    match component {
        Component::Instance { instance, .. } => Some(format!("instance {instance}")),
        Component::Version { version, .. } => Some(format!("build {version}")),
        Component::Resource { resource, .. } => Some(resource.clone()),
        Component::Policy { policy, .. } => Some(format!("{policy} policy")),
        Component::Service(_)
        | Component::Edge { .. }
        | Component::Queue(_)
        | Component::Workload(_)
        | Component::Change(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use rca_engine::investigation::PropagationEdge;
    use rca_engine::vocabulary::{Effect, Kind, Mode};

    use super::*;

    fn component(text: &str) -> Component {
        text.parse().expect("a component")
    }

    fn roles(root: &[&str], edges: &[(&str, &str, Effect)], bottleneck: Option<&str>, symptom: &str) -> Roles {
        Roles {
            root: root.iter().map(|text| Culprit { component: component(text), kind: Some(Kind::BadFormat) }).collect(),
            trigger: None,
            sustaining: None,
            propagation: edges
                .iter()
                .map(|(from, to, effect)| PropagationEdge { from: component(from), to: component(to), effect: *effect })
                .collect(),
            bottleneck: bottleneck
                .map(|text| BottleneckAnswer::At { component: component(text), mode: Mode::Saturated }),
            symptom: component(symptom),
        }
    }

    fn drawn(chain: &Chain) -> String {
        let mut text = String::new();
        for node in &chain.nodes {
            let roles: Vec<_> = node.roles.iter().map(|role| role.word()).collect();
            text.push_str(&format!("{} = {} [{}]\n", node.name, roles.join(" + "), node.details.join("; ")));
        }
        for link in &chain.links {
            text.push_str(&format!(
                "{} ─{}→ {}\n",
                chain.nodes[link.from].name, link.effect, chain.nodes[link.to].name
            ));
        }
        text
    }

    #[test]
    fn parts_of_one_service_are_one_node_and_a_way_back_stays_a_link() {
        let roles = roles(
            &["version:k@v2"],
            &[
                ("service:c", "service:s", Effect::Latency),
                ("resource:d/pool", "service:c", Effect::Latency),
                ("service:c", "service:d", Effect::Load),
                ("service:k", "service:c", Effect::Error),
            ],
            Some("resource:d/pool"),
            "service:s",
        );
        insta::assert_snapshot!(drawn(&Chain::of(&roles)), @"
        k = root cause [build v2 · bad_format]
        c = propagation []
        d = bottleneck [pool · saturated]
        s = symptom []
        k ─error→ c
        c ─load→ d
        c ─latency→ s
        d ─latency→ c
        ");
    }

    #[test]
    fn one_component_can_have_every_role() {
        let roles = roles(&["service:s"], &[], Some("service:s"), "service:s");
        insta::assert_snapshot!(drawn(&Chain::of(&roles)), @"s = root cause + bottleneck + symptom [bad_format; saturated]");
    }

    #[test]
    fn too_many_nodes_leave_out_mere_propagation_first() {
        let names: Vec<String> = (0..40).map(|index| format!("service:p{index:02}")).collect();
        let edges: Vec<_> =
            names.windows(2).map(|pair| (pair[0].as_str(), pair[1].as_str(), Effect::Latency)).collect();
        let chain = Chain::of(&roles(&["service:p00"], &edges, Some("service:p39"), "service:s"));
        assert_eq!((chain.nodes.len(), chain.left_out), (NODES_MAX, 29));
        assert!(chain.nodes.iter().any(|node| node.roles.contains(&Role::Bottleneck)));
        assert_eq!(chain.nodes.last().map(|node| node.name.as_str()), Some("s"));
    }
}
