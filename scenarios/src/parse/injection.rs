//! `conditions` and `events`: levers on targets.

use std::ops::Range as Span;
use std::time::Duration;

use rca_engine::component::Component;

use super::fields::{Fields, suggestion};
use super::value::{Bounds, SHARE, choice, component, drawn, name, nullable, seconds, shortened, text};
use crate::lever::{ChangeKind, LeverSpec, Unit};
use crate::model::{Injection, Lever, Range, System};
use crate::problem::{Problem, Problems};
use crate::yaml::{Data, Node};

/// The longest that anything in a run can take, in seconds.
const LONGEST_S: f64 = 3_600.0;
/// What a lever without ratio or magnitude gets.
const WHOLE: Range<f64> = Range { low: 1.0, high: 1.0 };

const CHANGES: &[(&str, ChangeKind)] = &[("deploy", ChangeKind::Deploy), ("config", ChangeKind::Config)];

/// An injection and where its id stands.
#[derive(Debug)]
pub(super) struct Placed {
    pub(super) injection: Injection,
    id: Span<usize>,
    target: Span<usize>,
}

/// Everything that the truth can refer to by id.
pub(super) struct Named<'a> {
    pub(super) conditions: &'a [Placed],
    pub(super) events: &'a [Placed],
}

impl Named<'_> {
    /// The ids whose levers are recorded as changes.
    pub(super) fn changes(&self) -> Vec<&str> {
        let all = self.conditions.iter().chain(self.events).map(|placed| &placed.injection);
        all.filter(|injection| injection.change.is_some()).map(|injection| injection.id.as_str()).collect()
    }

    /// Whether any lever does harm.
    pub(super) fn harms(&self) -> bool {
        self.conditions.iter().chain(self.events).any(|placed| placed.injection.lever.spec().harms)
    }
}

/// When an event's lever is in force, and as what it is seen.
#[derive(Default)]
struct Course<'a> {
    after_onset: Duration,
    lasts: Option<Duration>,
    ramp: Duration,
    ramp_node: Option<&'a Node>,
    change: Option<ChangeKind>,
    change_node: Option<&'a Node>,
}

/// A lever in force from the start: it has no time.
pub(super) fn condition(node: &Node, problems: &Problems) -> Option<Placed> {
    let fields = Fields::open(node, "a condition", problems)?;
    lever(fields, node, &Course::default())
}

/// A lever with a window.
pub(super) fn event(node: &Node, problems: &Problems) -> Option<Placed> {
    let fields = Fields::open(node, "an event", problems)?;
    let after_onset = fields.required("at", "`onset`, or seconds after it", at);
    let (ramp_node, change_node) = (fields.find("ramp_s"), fields.find("change"));
    let course = Course {
        after_onset: after_onset.unwrap_or_default(),
        lasts: fields.or("for_s", None, nullable(seconds(0.001, LONGEST_S))),
        ramp: ramp_node.and_then(|node| seconds(0.0, LONGEST_S)(node, problems)).unwrap_or_default(),
        ramp_node,
        change: change_node.and_then(|node| choice(CHANGES)(node, problems)),
        change_node,
    };
    let placed = lever(fields, node, &course);
    after_onset?;
    placed
}

/// Ids are unique over conditions and events: the truth refers to both.
pub(super) fn unique(named: &Named<'_>, problems: &Problems) {
    let all: Vec<&Placed> = named.conditions.iter().chain(named.events).collect();
    for (index, placed) in all.iter().enumerate() {
        if let Some(first) = all[..index].iter().find(|known| known.injection.id == placed.injection.id) {
            let message = format!("the id `{}` stands twice", placed.injection.id);
            problems.push(Problem::new(placed.id.clone(), "again here", message).and(first.id.clone(), "first here"));
        }
    }
}

/// A lever on one instance needs a service that has it.
pub(super) fn reach(named: &Named<'_>, system: &System, problems: &Problems) {
    for placed in named.conditions.iter().chain(named.events) {
        let Component::Instance { service, instance } = &placed.injection.target else { continue };
        let instances = system.instances(service).all();
        if instance.parse().is_ok_and(|ordinal: u32| instances.contains(&ordinal)) {
            continue;
        }
        let message = format!("{service} has no instance {}", shortened(instance));
        let known: Vec<String> = instances.map(|ordinal| format!("instance:{service}/{ordinal}")).collect();
        problems.push(
            Problem::new(placed.target.clone(), "no such instance", message)
                .help(format!("it can be put on {}", known.join(", "))),
        );
    }
}

fn lever(fields: Fields<'_>, node: &Node, course: &Course<'_>) -> Option<Placed> {
    let problems = fields.problems;
    let id_node = fields.need("id", "a short name; the truth refers to it");
    let id = id_node.and_then(|node| name(node, problems));
    let lever = fields.required("lever", "what is done", word);
    let target_node = fields.need("target", "what it is done to, such as `service:catalog-cache`");
    let target = target_node.and_then(|node| component(node, problems));
    let (ratio_node, magnitude_node) = (fields.find("ratio"), fields.find("magnitude"));
    fields.finish();
    let spec = lever?.spec();
    if let (Some(target), Some(node)) = (&target, target_node)
        && !spec.touches(target)
    {
        problems.push(
            Problem::new(node.span.clone(), "out of reach", format!("`{}` cannot be put on `{target}`", spec.word))
                .help(format!("it can be put on {}", spec.targets())),
        );
    }
    fits(&spec, course, problems);
    let ratio = ratio(&spec, ratio_node, problems);
    let magnitude = magnitude(&spec, magnitude_node, node, problems);
    let injection = Injection {
        id: id?,
        lever: lever?,
        target: target?,
        change: spec.change.or(course.change),
        after_onset: course.after_onset,
        lasts: course.lasts,
        ramp: course.ramp,
        ratio: ratio?,
        magnitude: magnitude?,
    };
    Some(Placed { injection, id: id_node?.span.clone(), target: target_node?.span.clone() })
}

/// Whether the lever can grow, and come as a change, as the event says.
fn fits(spec: &LeverSpec, course: &Course<'_>, problems: &Problems) {
    if let (false, false, Some(node)) = (spec.ramps, course.ramp.is_zero(), course.ramp_node) {
        let problem = Problem::new(node.span.clone(), "here", format!("`{}` cannot grow bit by bit", spec.word));
        problems.push(problem.help("remove `ramp_s`"));
    }
    if let (false, Some(node)) = (spec.comes_as_a_change(), course.change_node) {
        let what = match spec.change {
            Some(ChangeKind::Deploy) => "always comes as a deploy",
            Some(ChangeKind::Config) => "always comes as a configuration",
            None => "is no change of a service",
        };
        let problem = Problem::new(node.span.clone(), "here", format!("`{}` {what}", spec.word));
        problems.push(problem.help("remove `change`"));
    }
}

fn ratio(spec: &LeverSpec, node: Option<&Node>, problems: &Problems) -> Option<Range<f64>> {
    let Some(node) = node else { return Some(WHOLE) };
    let Some(of) = spec.ratio_of else {
        problems.push(
            Problem::new(node.span.clone(), "here", format!("`{}` has no ratio", spec.word)).help("remove `ratio`"),
        );
        return None;
    };
    let ratio = drawn(SHARE)(node, problems)?;
    if ratio.low <= 0.0 {
        problems.push(
            Problem::new(node.span.clone(), "may be nothing", "an event that does nothing is no event")
                .help(format!("the ratio is the share of {of} that is touched: give it a lower end above 0")),
        );
        return None;
    }
    Some(ratio)
}

fn magnitude(spec: &LeverSpec, node: Option<&Node>, whole: &Node, problems: &Problems) -> Option<Range<f64>> {
    match (spec.magnitude, node) {
        (None, None) => Some(WHOLE),
        (None, Some(node)) => {
            let problem = Problem::new(node.span.clone(), "here", format!("`{}` has no magnitude", spec.word));
            problems.push(problem.help("remove `magnitude`"));
            None
        }
        (Some(unit), None) => {
            let start = whole.span.start;
            let problem = Problem::new(start..start, "here", format!("`{}` needs a magnitude", spec.word));
            problems.push(problem.help(format!("in {}", unit.name)));
            None
        }
        (Some(Unit { name: unit, bounds: Range { low, high }, whole }), Some(node)) => {
            drawn(Bounds { low, high, unit, whole })(node, problems)
        }
    }
}

fn at(node: &Node, problems: &Problems) -> Option<Duration> {
    match &node.data {
        Data::Text(word) if word == "onset" => Some(Duration::ZERO),
        Data::Number(_) => seconds(0.0, LONGEST_S)(node, problems),
        Data::Null | Data::Bool(_) | Data::Text(_) | Data::Sequence(_) | Data::Mapping(_) => {
            problems.push(
                Problem::new(node.span.clone(), "not a time", "expected `onset` or seconds after it")
                    .help("the onset itself is drawn per seed"),
            );
            None
        }
    }
}

fn word(node: &Node, problems: &Problems) -> Option<Lever> {
    let text = text(node, problems)?;
    let found = Lever::ALL.into_iter().find(|lever| lever.as_str() == text);
    if found.is_none() {
        let problem =
            Problem::new(node.span.clone(), "unknown lever", format!("there is no lever `{}`", shortened(&text)));
        problems.push(problem.help(suggestion(&text, &Lever::ALL.map(Lever::as_str))));
    }
    found
}
