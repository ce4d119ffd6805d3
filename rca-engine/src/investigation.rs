//! What an investigation says: the byte-stable core, and beside it ids, header, plan and pivots.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::component::Component;
use crate::vocabulary::{Effect, Kind, Mode, Outcome, Verb};

/// The whole result: `verdict.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Investigation {
    /// Version of this shape.
    pub schema: u32,
    /// The verdict itself: it depends on no run or scenario id.
    pub core: Core,
    /// What the confidence rests on.
    #[serde(default)]
    pub grounds: Grounds,
    /// What was asked.
    pub envelope: Envelope,
    /// Three lines and the impact.
    pub header: Header,
    /// At most twelve lines; the last says what could not be seen.
    pub timeline: Vec<TimelineLine>,
    /// The trace shown as proof, if there are traces.
    pub proof: Option<RepresentativeTrace>,
    /// The queries that were asked, with their cost.
    pub plan: Vec<PlannedQuery>,
    /// Where to look on, by tool.
    pub pivots: Vec<Pivot>,
}

/// The verdict.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Core {
    pub outcome: Outcome,
    /// 0 to 1.
    pub confidence: f64,
    pub roles: Roles,
    /// Best first.
    pub hypotheses: Vec<Hypothesis>,
    pub evidence: Vec<EvidenceItem>,
    /// Best first.
    pub actions: Vec<Action>,
    /// Why the slowest component is not the root, or that it is.
    pub why_not_slowest: Option<String>,
}

/// What a confidence rests on: the strength of the evidence by the engine's own scale, and how earlier verdicts of such
/// strength fared.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Grounds {
    /// 0 to 1, before it is held against earlier verdicts. None: the engine abstains.
    pub strength: Option<f64>,
    /// What it is made of; empty where the engine abstains.
    pub parts: Vec<Ground>,
    /// Earlier verdicts about as strong, and how many of them were right. None: it abstains, or none are known.
    pub earlier: Option<Earlier>,
}

impl Grounds {
    /// In one sentence. None: the engine abstains.
    pub fn told(&self) -> Option<String> {
        let parts: Vec<String> = self.parts.iter().map(|part| format!("{} {:.2}", part.name, part.value)).collect();
        Some(format!("strength {:.2} of 1, made of {}", self.strength?, parts.join(", ")))
    }
}

/// One part of the strength.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Ground {
    /// `explained`, `margin`, `necessity`, `requests`, `families` for a cause, `steadiness` where nothing is wrong.
    pub name: String,
    /// 0 to 1.
    pub value: f64,
}

/// How earlier verdicts fared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Earlier {
    pub verdicts: u64,
    pub right: u64,
}

/// Who did what.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Roles {
    /// Empty unless the outcome is a cause.
    pub root: Vec<Culprit>,
    pub trigger: Option<Culprit>,
    pub sustaining: Option<Culprit>,
    pub propagation: Vec<PropagationEdge>,
    pub bottleneck: Option<BottleneckAnswer>,
    pub symptom: Component,
}

/// A component and what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Culprit {
    pub component: Component,
    pub kind: Option<Kind>,
}

/// One step of the damage, in failure direction: `from` harms `to`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct PropagationEdge {
    pub from: Component,
    pub to: Component,
    pub effect: Effect,
}

/// The bottleneck: `"none"`, or a component with its mode. A missing answer is `null` one level up.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum BottleneckAnswer {
    /// The literal `"none"`: the symptom is not about time.
    None(NoBottleneck),
    /// Where the time went.
    At { component: Component, mode: Mode },
}

/// The word `none`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub enum NoBottleneck {
    #[serde(rename = "none")]
    None,
}

/// A root that was considered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Hypothesis {
    /// From 1.
    pub rank: u32,
    pub root: Culprit,
    /// 0 to 1.
    pub score: f64,
    /// Evidence ids that speak for it.
    #[serde(rename = "for")]
    pub supported_by: Vec<String>,
    /// Evidence ids that speak against it.
    pub against: Vec<String>,
    /// In one sentence, why it stands where it stands.
    pub why: String,
}

/// A fact that was measured in the telemetry.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EvidenceItem {
    /// `E1`, `E2`, …
    pub id: String,
    /// The analysis that found it, one word: `error_origin`, `mode_change`, `time`, `load`, `metric`, `log`, `change`, …
    pub kind: String,
    #[serde(rename = "ref")]
    pub reference: Reference,
    /// Nanoseconds since the Unix epoch.
    pub at_ns: u64,
    /// One sentence with quantity before and after, unit and count.
    pub text: String,
    pub supports: Vec<Component>,
    pub against: Vec<Component>,
}

/// Where a fact can be looked up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Reference {
    /// `traces.jsonl`, `metrics.jsonl`, `logs.jsonl`.
    pub file: String,
    /// 32 hex digits.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub trace_id: Option<String>,
    /// 16 hex digits.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub span_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub metric: Option<String>,
    pub from_ns: u64,
    pub to_ns: u64,
}

/// Something an operator can do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Action {
    pub verb: Verb,
    pub target: Component,
    pub precondition: String,
    pub blast_radius: String,
    pub reversible: bool,
    /// The effect to expect, and when.
    pub expect: String,
    /// Cited evidence ids.
    pub evidence: Vec<String>,
    /// What not to do instead, and why.
    pub avoid: String,
}

/// What was asked, and how evidence was selected.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Envelope {
    pub mode: CorrelationMode,
    /// Exact ids: name and value (trace, request, correlation, run, span).
    pub exact: Vec<(String, String)>,
    /// Strong dimensions: name and value (service, environment, region, scenario).
    pub strong: Vec<(String, String)>,
    /// Weak hints: free text.
    pub weak: Vec<String>,
    pub baseline: Window,
    pub incident: Window,
}

/// How evidence was selected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CorrelationMode {
    TraceFirst,
    RunFirst,
    DimensionFirst,
}

/// A half-open span of time in nanoseconds since the Unix epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Window {
    pub from_ns: u64,
    pub to_ns: u64,
}

/// What a tired person reads first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Header {
    /// Confidence, in words.
    pub confidence: String,
    /// The root cause, in one sentence.
    pub root_cause: String,
    /// The proof trace, in one sentence.
    pub proof: String,
    /// Since when, still burning, share of requests, which slice, what is not affected.
    pub impact: Vec<String>,
    /// What lowered the confidence.
    pub doubts: Vec<String>,
    /// What would refute the verdict.
    pub refuted_by: Vec<String>,
}

/// One line of the story.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TimelineLine {
    /// Evidence id; none for the last line.
    pub evidence: Option<String>,
    /// Nanoseconds since the estimated onset; negative before it.
    pub offset_ns: i64,
    /// Quantity before and after with unit and count.
    pub text: String,
    /// `supports`, `against` or `blind`.
    pub stance: Stance,
}

/// What a timeline line does to the verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Stance {
    Supports,
    Against,
    Context,
    Blind,
}

/// A trace that shows the incident, and why this one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RepresentativeTrace {
    /// 32 hex digits.
    pub trace_id: String,
    pub duration_ns: u64,
    pub why: String,
    /// The next best trace, 32 hex digits.
    pub runner_up: Option<String>,
    /// A normal trace of the same kind from the baseline, 32 hex digits.
    pub normal: Option<String>,
    /// Exact time accounting by part: the parts sum to `duration_ns`.
    pub accounting: Vec<TimeShare>,
}

/// A part of a root span's time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TimeShare {
    pub component: Component,
    /// `self`, `resource_wait`, `network` or `queue`.
    pub part: String,
    pub ns: u64,
    /// The same part in the baseline, mean per request.
    pub baseline_ns: u64,
}

/// A query of the plan and what it cost.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PlannedQuery {
    pub id: u32,
    /// `traces`, `metrics` or `logs`.
    pub source: String,
    pub text: String,
    pub priority: u32,
    /// Items that came back.
    pub items: u64,
    /// Whether everything asked for came back.
    pub complete: bool,
}

/// A query to paste elsewhere.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Pivot {
    /// `Tempo`, `Prometheus`, …
    pub tool: String,
    pub title: String,
    pub query: String,
    pub from_ns: u64,
    pub to_ns: u64,
}
