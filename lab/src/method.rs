//! Methods beside the engine: which ones are asked, and what each of them answered.

pub(crate) mod answer;
pub(crate) mod command;
pub(crate) mod copy;
pub(crate) mod foreign;
pub(crate) mod interrupt;
pub(crate) mod process;

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use evidence::Bundle;
use evidence::candidates::Candidates;
use evidence::opaque::Pseudonym;
use rca_engine::UniversalIncidentSignal;
use rca_engine::evidence::Evidence;
use scenarios::model::Scenario;
use score::naive::Prior;
use score::{Alert, Method, MethodOutput};

use crate::judge;
use command::Command;
use process::Groups;

/// How long a command may take where nobody says.
pub(crate) const USUAL_LIMIT: Duration = Duration::from_secs(60);

/// Who is asked beside the engine.
#[derive(Clone, Debug)]
pub(crate) struct Panel {
    /// Names of the lab's own methods; empty: all of them.
    pub(crate) names: Vec<String>,
    pub(crate) commands: Vec<Arc<Command>>,
    /// How long a command may take.
    pub(crate) limit: Duration,
    /// Where programs are looked for.
    pub(crate) path: String,
    /// Commands under way.
    pub(crate) groups: Groups,
}

/// What one method said.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) name: String,
    /// Or why there is none.
    pub(crate) output: Result<MethodOutput, String>,
    pub(crate) took: Duration,
}

/// One case as every method gets it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Question<'a> {
    pub(crate) signal: &'a UniversalIncidentSignal,
    pub(crate) evidence: &'a Evidence,
    pub(crate) candidates: &'a Candidates,
}

/// The same as a folder, for commands.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Folder<'a> {
    pub(crate) bundle: &'a Bundle,
    /// `alert.json`, where the folder does not have it yet.
    pub(crate) alert: &'a str,
    /// Ids that no method may see.
    pub(crate) hidden: &'a [Pseudonym],
}

impl Default for Panel {
    fn default() -> Self {
        let path = "/usr/bin:/bin".to_owned();
        Self { names: Vec::new(), commands: Vec::new(), limit: USUAL_LIMIT, path, groups: Groups::default() }
    }
}

impl Panel {
    /// What the lab's own methods say. `id` is the scenario's: what is fitted on the others must not know it.
    pub(crate) fn built_in(&self, question: &Question<'_>, id: &str, seed: u64) -> Vec<Answer> {
        let alert = Alert::new(question.signal.clone(), question.evidence);
        let wanted = |name: &str| self.names.is_empty() || self.names.iter().any(|known| known == name);
        let answer = |method: &dyn Method| {
            let started = judge::now();
            let output = method.rank(question.evidence, &alert, &question.candidates.candidates);
            Answer { name: method.name().to_owned(), output: Ok(output), took: started.elapsed() }
        };
        let mut methods = score::naive::methods(seed, &prior(id));
        methods.extend(score::published::methods());
        methods.iter().filter(|method| wanted(method.name())).map(|method| answer(&**method)).collect()
    }

    /// What commands say, each about a copy of its own.
    pub(crate) fn commanded(&self, folder: &Folder<'_>, candidates: &Candidates) -> Vec<Answer> {
        let answer = |command: &Arc<Command>| {
            let started = judge::now();
            let output = self.ask(command, folder, candidates);
            Answer { name: command.name.clone(), output, took: started.elapsed() }
        };
        self.commands.iter().map(answer).collect()
    }

    fn ask(&self, command: &Command, folder: &Folder<'_>, candidates: &Candidates) -> Result<MethodOutput, String> {
        let copy = copy::copy(folder, candidates).map_err(|error| judge::chain(&error))?;
        let out = process::run(command, copy.folder(), &self.path, self.limit, &self.groups);
        let out = out.map_err(|failure| failure.to_string())?;
        answer::read(&out).map_err(|wrong| wrong.to_string())
    }

    /// What is reported: everything, or what was named and every command.
    pub(crate) fn reported(&self) -> Vec<String> {
        let mut names: Vec<String> =
            if self.names.is_empty() { known().map(str::to_owned).collect() } else { self.names.clone() };
        names.extend(self.commands.iter().map(|command| command.name.clone()));
        names
    }
}

/// Everybody that can be asked by name.
pub(crate) fn known() -> impl Iterator<Item = &'static str> {
    std::iter::once(score::cell::ENGINE)
        .chain(scenarios::naive::METHODS)
        .chain(score::published::METHODS)
        .chain([score::learned::LEARNED])
}

/// The catalog, parsed once: a regression judges thousands of runs.
static CATALOG: LazyLock<Vec<(&str, Scenario)>> = LazyLock::new(|| {
    let parsed = |(id, text)| (id, scenarios::parse(id, text).expect("tests parse the whole catalog"));
    scenarios::catalog::catalog().into_iter().map(parsed).collect()
});

/// What the scenarios of the catalog teach, all but one.
fn prior(id: &str) -> Prior {
    Prior::fitted(CATALOG.iter().filter(|(other, _)| *other != id).map(|(_, scenario)| scenario))
}
