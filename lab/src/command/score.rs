//! `rcalab score`: the verdict of a bundle against its truth, once more.

use std::path::Path;

use evidence::{Candidates, Manifest, layout};
use rca_engine::investigation::Investigation;
use scenarios::truth::TruthRecord;
use score::ScoreCard;
use serde::de::DeserializeOwned;

use crate::exit::Exit;
use crate::{cli, output};

/// A file of a bundle that cannot be used.
#[derive(Debug, thiserror::Error)]
enum FileError {
    #[error("read `{path}`")]
    Read { path: String, source: std::io::Error },
    #[error("understand `{path}`")]
    Shape { path: String, source: serde_json::Error },
}

/// Scores a bundle and prints what came out.
pub(crate) fn score(arguments: &cli::Score) -> Exit {
    match rescore(&arguments.bundle) {
        Ok(card) => {
            let text = if arguments.json { format!("{:#}\n", serde_json::json!(card)) } else { table(&card) };
            output::print(&text);
            Exit::of_score(card.exit)
        }
        Err(error) => {
            output::complain(&error);
            Exit::BadInput
        }
    }
}

/// The engine is scored again; methods and effect class are the run's.
fn rescore(bundle: &Path) -> Result<ScoreCard, FileError> {
    let truth: TruthRecord = file(bundle, layout::TRUTH)?;
    let investigation: Investigation = file(bundle, layout::VERDICT)?;
    let candidates: Candidates = file(bundle, &format!("{}/{}", layout::EVIDENCE, layout::CANDIDATES))?;
    let before: ScoreCard = file(bundle, layout::SCORE)?;
    let manifest: Manifest = file(bundle, layout::MANIFEST)?;
    let mut card = ScoreCard::new(&truth, before.class, &investigation, &[], &[], &candidates.candidates);
    if let Some(onset_ns) = manifest.windows.onset_ns {
        card.know_the_onset(&investigation, onset_ns);
    }
    Ok(ScoreCard { methods: before.methods, ..card })
}

fn file<T: DeserializeOwned>(bundle: &Path, name: &str) -> Result<T, FileError> {
    let path = bundle.join(name);
    let shown = path.display().to_string();
    let text = std::fs::read(&path).map_err(|source| FileError::Read { path: shown.clone(), source })?;
    serde_json::from_slice(&text).map_err(|source| FileError::Shape { path: shown, source })
}

fn table(card: &ScoreCard) -> String {
    let mut text = format!("{} seed {}\n", card.scenario, card.seed);
    for gate in &card.gates {
        text.push_str(&format!("  {:<6} {:<14} {}\n", verdict(gate.passed), gate.name, gate.why));
    }
    if let Some(diagnosis) = &card.diagnosis {
        text.push_str(&format!("  first wrong: {}: {}\n", diagnosis.stage, diagnosis.why));
    }
    for method in &card.methods {
        let note = if method.must_fail { "must be wrong here" } else { "" };
        text.push_str(&format!("  {:<6} {:<18} {note}\n", verdict(method.is_right()), method.name));
    }
    text
}

fn verdict(right: bool) -> &'static str {
    if right { "right" } else { "wrong" }
}
