//! What cheats are tried on: runs of the catalog and of stories in which somebody else is accused, as a method sees them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use evidence::opaque::{self, Pseudonym};
use evidence::{Bundle, layout};
use scenarios::topology::SERVICES;
use tempfile::TempDir;

use crate::folders::{folder, json};
use crate::program::{rcalab, text};
use crate::regress::{BRIEF, brief};

/// One run as a method gets it, and who is guilty.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    pub(crate) story: String,
    pub(crate) seed: u64,
    /// The service that owns the root. None: nothing is wrong.
    pub(crate) guilty: Option<String>,
    /// The services among the candidates, in the order in which a method gets them.
    pub(crate) services: Vec<String>,
    /// Ids that may be the same in other runs, by what they are ids of: run, trace, instance.
    pub(crate) ids: BTreeMap<&'static str, BTreeSet<String>>,
    /// Services that stand first or last in a file, by file and end.
    pub(crate) ends: BTreeMap<String, String>,
    /// Services of lines that speak of the fault port or of what goes through it.
    pub(crate) controlled: Vec<String>,
    /// The copy of the evidence.
    pub(crate) folder: PathBuf,
}

/// Where the answer is put on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Leak {
    Ids,
    Candidates,
    Files,
    FaultPort,
    Neighbours,
}

/// Runs in brief: no cheat needs to see an incident unfold. In the catalog the root is always on the same service, so that
/// whoever always says its name is right; runs in which a deploy of another one is called the root make up for that.
pub(crate) static CASES: LazyLock<Vec<Case>> = LazyLock::new(|| {
    let folder: &'static TempDir = Box::leak(Box::new(folder()));
    let out = folder.path().join("out");
    let half = ["cache_poison_pill", "cache_poison_pill_quiet"].map(|story| brief(story, folder.path()));
    let others = SERVICES.iter().filter(|service| **service != "catalog-cache");
    let mut whole: Vec<PathBuf> = others.map(|service| accused(service, folder.path())).collect();
    whole.push(brief("null_quiet", folder.path()));
    for (stories, seeds) in [(&half[..], "1..4"), (&whole, "1..8")] {
        let mut arguments = vec!["regress", "--seeds", seeds, "--keep", "all", "--out", text(&out), "-q"];
        arguments.extend(stories.iter().map(|path| text(path)));
        // Too brief for an alert, so that they do not count; what is in their folders is the same.
        rcalab(&arguments).with(106);
    }
    let copies = folder.path().join("copies");
    std::fs::create_dir(&copies).unwrap();
    let bundles = std::fs::read_dir(out.join("bundles")).unwrap();
    let mut bundles: Vec<PathBuf> = bundles.map(|entry| entry.unwrap().path()).collect();
    bundles.sort();
    assert_eq!(bundles.len(), 2 * 4 + 4 * 8);
    (0..).zip(bundles).map(|(draw, bundle)| case(&bundle, &copies, draw)).collect()
});

/// A story in which a deploy at the onset is the root by decree. It does nothing, so that nothing but a leak can tell.
fn accused(service: &str, folder: &Path) -> PathBuf {
    let path = folder.join(format!("accused_{service}.yaml"));
    let story = format!(
        "schema: 1\nid: accused_{service}\ntitle: A deploy that did nothing is called the root\ndifficulty: 1\n\
         modelled_on: https://sre.google/sre-book/monitoring-distributed-systems/{BRIEF}\
         events:\n\
         - {{id: deploy, lever: deploy, target: \"service:{service}\", at: onset}}\n\
         - {{id: never, lever: poison_entries, target: \"service:catalog-cache\", at: 600, ratio: 1}}\n\
         alert: {{sli: latency, quantile: 0.99, window_s: 5, above: 0.5, for_s: 6}}\n\
         truth:\n  roots: {{all_of: [{{any_of: [\"service:{service}\", \"change:deploy\"], kind: config}}]}}\n  \
         bottleneck: none\n  symptom: service:search\n\
         expect: {{moves: [{{metric: http.server.request.duration, component: \"service:search\", statistic: rate, \
         at_least_factor: 2}}]}}\n"
    );
    std::fs::write(&path, story.replace("accused_catalog-cache", "accused_catalog_cache")).unwrap();
    path
}

fn case(bundle: &Path, copies: &Path, draw: u128) -> Case {
    let truth = json(&bundle.join(layout::TRUTH));
    let manifest = json(&bundle.join(layout::MANIFEST));
    let of = |key: &str| manifest[key].as_str().unwrap().to_owned();
    let roots = truth["roots"].as_array().unwrap();
    let names = roots.iter().flat_map(|root| root["any_of"].as_array().unwrap());
    let guilty = names.filter_map(|name| name.as_str()?.strip_prefix("service:")).next().map(str::to_owned);
    // The scenario's id is hidden, as from every method; that of the run stays, which asks more of it than it has to bear.
    let hidden = [Pseudonym { id: of("scenario_id"), opaque: format!("s-{draw:06}") }];
    let folder = opaque::copy(&Bundle::open(bundle).unwrap(), copies, draw, &hidden).unwrap();
    let evidence = Bundle::open(&folder).unwrap().read().unwrap().evidence;
    let instances = (0..).take(evidence.resources.len()).map(rca_engine::evidence::ResourceId);
    let instances = instances.filter_map(|resource| evidence.resource_text(resource, "service.instance.id"));
    let ids = BTreeMap::from([
        ("run", BTreeSet::from([of("run_id")])),
        ("trace", evidence.spans.iter().map(|span| format!("{:032x}", span.trace_id)).collect()),
        ("instance", instances.map(str::to_owned).collect()),
    ]);
    let candidates = json(&folder.join(layout::CANDIDATES));
    let candidates = candidates["candidates"].as_array().unwrap().iter();
    let services = candidates.filter_map(|one| one.as_str()?.strip_prefix("service:")).map(str::to_owned).collect();
    let (ends, controlled) = seen(&folder);
    let (story, seed) = (of("scenario_id"), manifest["seed"].as_u64().unwrap());
    Case { story, seed, guilty, services, ids, ends, controlled, folder }
}

/// Who stands first and last in each file, and in lines about the fault port.
fn seen(folder: &Path) -> (BTreeMap<String, String>, Vec<String>) {
    let mut ends = BTreeMap::new();
    let mut controlled = Vec::new();
    for file in [layout::TRACES, layout::METRICS, layout::LOGS] {
        let content = std::fs::read_to_string(folder.join(file)).unwrap();
        let named = |text: &str, last: bool| {
            let places = SERVICES.iter().filter_map(|service| {
                let value = format!("\"stringValue\":\"{service}\"");
                Some((if last { text.rfind(&value) } else { text.find(&value) }?, (*service).to_owned()))
            });
            if last { places.max() } else { places.min() }.map(|(_, service)| service)
        };
        ends.extend(named(&content, false).map(|service| (format!("first of {file}"), service)));
        ends.extend(named(&content, true).map(|service| (format!("last of {file}"), service)));
        let telling = ["/faults", "control", "lever", "inject", "poison", "token"];
        let lines = content.lines().filter(|line| telling.iter().any(|word| line.contains(word)));
        controlled.extend(lines.filter_map(|line| named(line, false)));
    }
    (ends, controlled)
}

impl Case {
    /// One of the services, or that nothing is wrong.
    pub(crate) fn chance(&self) -> f64 {
        1.0 / (self.services.len() + 1) as f64
    }

    pub(crate) fn is_right(&self, answer: Option<&String>) -> bool {
        self.guilty.as_ref() == answer
    }
}

/// The same cases with the answer somewhere.
pub(crate) fn planted(leak: Leak) -> Vec<Case> {
    let mut cases = CASES.clone();
    for case in &mut cases {
        let guilty = case.guilty.clone();
        let told = guilty.clone().unwrap_or_else(|| "nothing".to_owned());
        match leak {
            Leak::Ids => drop(case.ids.insert("instance", BTreeSet::from([told]))),
            Leak::Candidates => case.services.sort_by_key(|service| Some(service) != guilty.as_ref()),
            Leak::Files => drop(case.ends.insert("last of logs.jsonl".to_owned(), told)),
            Leak::FaultPort => case.controlled = guilty.into_iter().collect(),
            Leak::Neighbours => {
                let out = case.folder.ancestors().nth(2).unwrap().join("out/bundles");
                case.folder = out.join(format!("{}-{}/evidence", case.story, case.seed));
            }
        }
    }
    cases
}
