//! The same requests to the reference Collector and to ours: the files must say the same.
//!
//! `collector/reference/build.sh` builds the reference and prints its path; `RCALAB_REFERENCE_COLLECTOR` hands it
//! to the test.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use collector::{Batch, Limits};
use prost::Message as _;

use crate::requests::{JSON, PROTOBUF, answer};
use crate::samples;
use crate::shown;

#[expect(clippy::disallowed_methods, reason = "a test has no main that could read the environment")]
fn given() -> Option<PathBuf> {
    match std::env::var("RCALAB_REFERENCE_COLLECTOR") {
        Ok(binary) => Some(binary.into()),
        Err(_) => {
            assert!(std::env::var("CI").as_deref() != Ok("true"), "set RCALAB_REFERENCE_COLLECTOR to the built binary");
            println!("skipped: RCALAB_REFERENCE_COLLECTOR does not name a binary");
            None
        }
    }
}

/// A running reference Collector; it ends with this value.
struct Reference {
    process: Child,
    base: String,
    folder: tempfile::TempDir,
}

impl Reference {
    fn start(binary: &Path) -> Self {
        let folder = tempfile::tempdir().unwrap();
        // The port is free until the Collector takes it: nothing else on this machine asks for this very one.
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let exporter = |name: &str| {
            format!("  file/{name}: {{path: {}/{name}.jsonl, flush_interval: 10ms}}", folder.path().display())
        };
        let pipeline = |name: &str| format!("    {name}: {{receivers: [otlp], exporters: [file/{name}]}}");
        let signals = ["traces", "metrics", "logs"];
        let configuration = format!(
            "receivers:\n  otlp: {{protocols: {{http: {{endpoint: '127.0.0.1:{port}'}}}}}}\nexporters:\n{}\nservice:\n  telemetry: {{metrics: {{level: none}}}}\n  pipelines:\n{}\n",
            signals.map(exporter).join("\n"),
            signals.map(pipeline).join("\n"),
        );
        let path = folder.path().join("collector.yaml");
        fs::write(&path, configuration).unwrap();
        let process = Command::new(binary)
            .arg("--config")
            .arg(&path)
            .stdout(Stdio::null())
            .stderr(fs::File::create(folder.path().join("log")).unwrap())
            .spawn()
            .unwrap();
        Self { process, base: format!("http://127.0.0.1:{port}"), folder }
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap()
    }

    /// Waits until it answers, as long as it runs.
    async fn ready(&mut self, client: &reqwest::Client) {
        loop {
            let request = client.post(format!("{}/v1/traces", self.base)).header(JSON.0, JSON.1).body("{}");
            if request.send().await.is_ok_and(|response| response.status().is_success()) {
                return;
            }
            assert!(self.process.try_wait().unwrap().is_none(), "the reference ended: {}", self.log());
            tokio::task::yield_now().await;
        }
    }

    /// Ends it in order, so that everything is flushed, and reads what it wrote.
    fn finish(mut self, signal: &str) -> String {
        let id = self.process.id().to_string();
        assert!(Command::new("kill").args(["-INT", &id]).status().unwrap().success());
        assert!(self.process.wait().unwrap().success(), "{}", self.log());
        fs::read_to_string(self.folder.path().join(format!("{signal}.jsonl"))).unwrap()
    }
}

impl Drop for Reference {
    fn drop(&mut self) {
        // It has ended already, unless the test failed on the way; then there is nobody to tell.
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

fn path(batch: &Batch) -> String {
    format!("/v1/{}", batch.signal())
}

fn body(batch: &Batch) -> Vec<u8> {
    match batch {
        Batch::Traces(request) => request.encode_to_vec(),
        Batch::Metrics(request) => request.encode_to_vec(),
        Batch::Logs(request) => request.encode_to_vec(),
    }
}

/// Both collectors' files after the same two requests: protobuf, and our own line back as JSON.
async fn both(binary: &Path, batch: &Batch) -> (String, String) {
    let ours = shown::plain();
    ours.core.push(batch.clone()).unwrap();
    ours.core.tick(1).unwrap();
    let line = ours.evidence.text();
    ours.core.push(batch.clone()).unwrap();
    ours.core.finish(1).unwrap();
    let client = reqwest::Client::new();
    let mut reference = Reference::start(binary);
    reference.ready(&client).await;
    for (header, body) in [(PROTOBUF, body(batch)), (JSON, line.into_bytes())] {
        let url = format!("{}{}", reference.base, path(batch));
        let response = client.post(url).header(header.0, header.1).body(body).send().await.unwrap();
        let status = response.status();
        assert!(status.is_success(), "{status}: {}", response.text().await.unwrap());
    }
    (ours.evidence.text(), reference.finish(batch.signal().as_str()))
}

#[tokio::test]
async fn our_files_are_those_of_the_reference() {
    let Some(binary) = given() else { return };
    let batches: [Batch; 3] = [samples::traces().into(), samples::metrics().into(), samples::logs().into()];
    for batch in batches {
        let (ours, theirs) = both(&binary, &batch).await;
        let decoded = |text: &str| -> Vec<serde_json::Value> {
            text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
        };
        assert_eq!(decoded(&ours), decoded(&theirs), "{}", batch.signal());
        assert_eq!(ours, theirs, "the same values, byte for byte: {}", batch.signal());
    }
}

#[tokio::test]
async fn our_answers_have_the_status_of_the_reference() {
    let Some(binary) = given() else { return };
    let client = reqwest::Client::new();
    let mut reference = Reference::start(&binary);
    reference.ready(&client).await;
    let span = |fields: &str| format!(r#"{{"resourceSpans":[{{"scopeSpans":[{{"spans":[{{{fields}}}]}}]}}]}}"#);
    let cases: Vec<((&str, &str), Vec<u8>)> = vec![
        (JSON, b"{}".into()),
        (JSON, b"{".into()),
        (JSON, span(r#""traceId":"00""#).into_bytes()),
        (JSON, span(r#""startTimeUnixNano":"-1""#).into_bytes()),
        (JSON, span(r#""unknown":1"#).into_bytes()),
        (JSON, span(r#""start_time_unix_nano":1"#).into_bytes()),
        (PROTOBUF, Vec::new()),
        (PROTOBUF, vec![0xff; 32]),
        (PROTOBUF, vec![0x0a, 0x7f]),
        (("content-type", "text/plain"), Vec::new()),
    ];
    for (header, body) in cases {
        let url = format!("{}/v1/traces", reference.base);
        let theirs = client.post(url).header(header.0, header.1).body(body.clone()).send().await.unwrap();
        let status = theirs.status().as_u16().to_string();
        let shown_body = String::from_utf8_lossy(&body).into_owned();
        // The bench runs its own runtime, which must not be nested in this one.
        let ours = tokio::task::spawn_blocking(move || {
            answer(&shown::plain(), Limits::default(), "/v1/traces", &[header], body)
        });
        let ours = ours.await.unwrap();
        assert!(ours.starts_with(&status), "{shown_body:?}: theirs {status}, ours {ours}");
    }
    reference.finish("traces");
}
