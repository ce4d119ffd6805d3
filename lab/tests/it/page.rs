//! The report of a run, opened in a real browser.

use std::path::Path;
use std::process::{Command, Output};

use crate::folders::{POISONED, folder};
use crate::program::{missing, text};

/// The largest page that a run may make.
const MOST_BYTES: usize = 1 << 20;

fn browser() -> Option<&'static str> {
    let known = ["chromium", "chromium-browser", "google-chrome"];
    let found = known.into_iter().find(|name| Command::new(name).arg("--version").output().is_ok());
    if found.is_none() {
        missing("a Chromium browser");
    }
    found
}

/// Opens a page without a window, without a network of its own, and with what it asks for written down.
fn open(browser: &str, folder: &Path, more: &[&str], page: &Path) -> Output {
    let profile = format!("--user-data-dir={}", text(&folder.join("profile")));
    let quiet = [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--no-first-run",
        "--window-size=1280,2000",
        // A request to any host would fail; that there is none is read from the log of requests.
        "--host-resolver-rules=MAP * ~NOTFOUND",
    ];
    let mut command = Command::new(browser);
    command.args(quiet).arg(profile).args(more).arg(format!("file://{}", text(page)));
    command.output().unwrap()
}

/// Values of an attribute in a document.
fn values<'a>(dom: &'a str, attribute: &str) -> Vec<&'a str> {
    let start = format!("{attribute}=\"");
    dom.split(start.as_str()).skip(1).map(|rest| rest.split('"').next().unwrap()).collect()
}

#[test]
fn a_browser_shows_the_report_and_asks_nobody_for_anything() {
    let Some(browser) = browser() else { return };
    let folder = folder();
    let page = folder.path().join("report.html");
    std::fs::write(&page, &POISONED.report).unwrap();
    assert!(POISONED.report.len() < MOST_BYTES, "{} bytes", POISONED.report.len());
    let requests = folder.path().join("requests.json");
    let log = format!("--log-net-log={}", text(&requests));
    let output = open(browser, folder.path(), &["--dump-dom", &log], &page);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let dom = String::from_utf8(output.stdout).unwrap();
    for shown in ["catalog-cache", "bad_format", "database/pool", "ROOT CAUSE"] {
        let shown = shown.to_lowercase();
        assert!(dom.to_lowercase().contains(&shown), "{shown} is not on the page");
    }
    assert!(!dom.contains("<script") && !dom.contains("javascript:"));
    for attribute in ["src", "href", "xlink:href", "action"] {
        // Links within the page alone.
        let outside: Vec<&str> = values(&dom, attribute).into_iter().filter(|value| !value.starts_with('#')).collect();
        assert!(outside.is_empty(), "{attribute}: {outside:?}");
    }
    let asked = requested(&requests);
    assert!(asked.is_empty(), "{asked:?}");
}

/// The addresses on http that a browser wrote into its log of requests, but for those it asks on its own account.
fn requested(log: &Path) -> Vec<String> {
    let log = std::fs::read_to_string(log).unwrap();
    let urls = log.split("\"url\":\"http").skip(1).map(|rest| format!("http{}", rest.split('"').next().unwrap()));
    let mut urls: Vec<String> = urls.filter(|url| !["google", "gvt1"].iter().any(|own| url.contains(own))).collect();
    urls.sort();
    urls.dedup();
    urls
}

#[test]
fn a_browser_that_asks_for_something_is_noticed() {
    let Some(browser) = browser() else { return };
    let folder = folder();
    let (page, requests) = (folder.path().join("planted.html"), folder.path().join("requests.json"));
    std::fs::write(&page, "<!doctype html><img src=\"http://planted.example/x.png\">").unwrap();
    let log = format!("--log-net-log={}", text(&requests));
    open(browser, folder.path(), &["--dump-dom", &log], &page);
    assert_eq!(requested(&requests), ["http://planted.example/x.png"]);
}

#[test]
fn a_browser_can_print_the_report() {
    let Some(browser) = browser() else { return };
    let folder = folder();
    let page = folder.path().join("report.html");
    std::fs::write(&page, &POISONED.report).unwrap();
    let (full, empty) = (folder.path().join("full.png"), folder.path().join("empty.png"));
    let shot = |path: &Path, page: &Path| {
        let argument = format!("--screenshot={}", text(path));
        assert!(open(browser, folder.path(), &["--hide-scrollbars", &argument], page).status.success());
        std::fs::read(path).unwrap()
    };
    let blank = folder.path().join("blank.html");
    std::fs::write(&blank, "<!doctype html><title>nothing</title>").unwrap();
    let (full, empty) = (shot(&full, &page), shot(&empty, &blank));
    assert!(full.starts_with(b"\x89PNG\r\n\x1a\n"));
    // A page that shows nothing compresses to next to nothing.
    assert!(full.len() > 20_000 && full.len() > 4 * empty.len(), "{} against {} bytes", full.len(), empty.len());
}
