//! What a bundle contributes: how long each service's requests took, and what the verdict was.

use std::collections::BTreeMap;
use std::path::Path;

use evidence::manifest::{Manifest, Windows};
use evidence::{Bundle, layout};
use rca_engine::evidence::{Evidence, SpanKind};
use rca_engine::investigation::{BottleneckAnswer, Core, Investigation};
use serde::{Deserialize, Serialize};

use crate::setup::Mode;

/// Which part of a run; a run without an incident is baseline alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Phase {
    Baseline,
    Incident,
}

impl Phase {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Baseline => "baseline",
            Self::Incident => "incident",
        }
    }
}

/// One run.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Sample {
    pub(crate) mode: &'static str,
    pub(crate) seed: u64,
    /// Outcome, root and bottleneck in one line: what two modes have to agree on.
    pub(crate) verdict: String,
    /// Why the run does not count.
    pub(crate) void: Option<String>,
    /// Durations of server spans, nanoseconds, by service and phase.
    pub(crate) durations: BTreeMap<(String, Phase), Vec<u64>>,
}

/// Why a bundle cannot be compared.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SampleError {
    #[error("read {path}")]
    File { path: String, source: std::io::Error },
    #[error("understand {path}")]
    Json { path: String, source: serde_json::Error },
    #[error("open the run's evidence")]
    Open(#[source] evidence::OpenError),
    #[error("read the run's evidence")]
    Read(#[source] evidence::ReadError),
    #[error("compare {path}: its mode is `{mode}`, neither live nor sim")]
    Mode { path: String, mode: String },
}

/// The part of `score.json` that says whether the run counts.
#[derive(Deserialize)]
struct Scored {
    class: String,
}

/// Reads one bundle; none if it is a run of another scenario.
///
/// # Errors
/// [`SampleError`] names the file that cannot be read.
pub(crate) fn read(folder: &Path, scenario: &str) -> Result<Option<Sample>, SampleError> {
    let manifest: Manifest = json(&folder.join(layout::MANIFEST))?;
    if manifest.scenario_id != scenario {
        return Ok(None);
    }
    let mode = [Mode::Live, Mode::Sim].into_iter().map(Mode::as_str).find(|mode| *mode == manifest.mode);
    let Some(mode) = mode else {
        return Err(SampleError::Mode { path: folder.display().to_string(), mode: manifest.mode });
    };
    let scored: Scored = json(&folder.join(layout::SCORE))?;
    let investigation: Investigation = json(&folder.join(layout::VERDICT))?;
    let bundle = Bundle::open(folder).map_err(SampleError::Open)?;
    let evidence = bundle.read().map_err(SampleError::Read)?.evidence;
    let expected = ["valid", "quiet"].contains(&scored.class.as_str());
    Ok(Some(Sample {
        mode,
        seed: manifest.seed,
        verdict: verdict(&investigation.core),
        void: (!expected).then(|| format!("its effect is {}", scored.class)),
        durations: durations(&evidence, &manifest.windows),
    }))
}

fn json<T: serde::de::DeserializeOwned>(path: &Path) -> Result<T, SampleError> {
    let shown = || path.display().to_string();
    let bytes = std::fs::read(path).map_err(|source| SampleError::File { path: shown(), source })?;
    serde_json::from_slice(&bytes).map_err(|source| SampleError::Json { path: shown(), source })
}

/// Ids of changes differ from run to run, so the verdict is told by what it is about.
fn verdict(core: &Core) -> String {
    let roots: Vec<String> = core.roles.root.iter().map(|root| root.component.to_string()).collect();
    let bottleneck = match &core.roles.bottleneck {
        Some(BottleneckAnswer::At { component, mode }) => format!("{component} {mode}"),
        Some(BottleneckAnswer::None(_)) => "none".to_owned(),
        None => "not answered".to_owned(),
    };
    let roots = if roots.is_empty() { "none".to_owned() } else { roots.join(" and ") };
    format!("{}, root {roots}, bottleneck {bottleneck}", core.outcome)
}

fn durations(evidence: &Evidence, windows: &Windows) -> BTreeMap<(String, Phase), Vec<u64>> {
    let onset = windows.onset_ns.or(windows.alert_ns).unwrap_or(u64::MAX);
    let mut durations: BTreeMap<(String, Phase), Vec<u64>> = BTreeMap::new();
    for span in evidence.spans.iter().filter(|span| span.kind == SpanKind::Server) {
        let name = evidence.resource_text(span.resource, contract::resource::SERVICE_NAME);
        let Some(service) = name.map(str::to_owned) else { continue };
        let phase = if span.start_ns < onset || windows.onset_ns.is_none() { Phase::Baseline } else { Phase::Incident };
        durations.entry((service, phase)).or_default().push(span.end_ns - span.start_ns);
    }
    durations
}
