//! Follow-up questions: what is understood, what is answered, and that every sentence rests on something.

use rca_engine::followup::{Question, Reply, ask};
use rca_engine::investigation::Investigation;

use crate::incidents::{alert, options};
use crate::toy::{Fault, System, run};

fn investigation(fault: &Fault) -> Investigation {
    rca_engine::investigate(&alert("latency", 0.5), &run(&System::default(), fault), &options())
}

fn poisoned() -> Investigation {
    investigation(&Fault { unreadable: 0.9, ..Fault::default() })
}

fn told(reply: &Reply) -> String {
    let lines: Vec<String> = reply.sentences.iter().map(|s| format!("{} [{}]", s.text, s.evidence.join(" "))).collect();
    lines.join("\n")
}

#[test]
fn words_find_their_question() {
    let verdict = poisoned();
    let rows = [
        "What is the most causal line, and why does it beat the others?",
        "why not d?",
        "Why is resource:d/pool not the root",
        "why not the slowest one",
        "what should I do first",
        "What must not be done?",
        "what is missing",
        "show me E2",
        "how sure are you",
        "who is affected",
        "where is the time lost",
        "what is the weather like",
    ];
    let understood: Vec<String> = rows.iter().map(|row| format!("{row} → {:?}", ask(&verdict, row).question)).collect();
    insta::assert_snapshot!(understood.join("\n"), @r#"
    What is the most causal line, and why does it beat the others? → Some(MostCausal)
    why not d? → Some(WhyNot(Service("d")))
    Why is resource:d/pool not the root → Some(WhyNot(Resource { service: "d", resource: "pool" }))
    why not the slowest one → Some(Slowest)
    what should I do first → Some(FirstAction)
    What must not be done? → Some(Avoid)
    what is missing → Some(Missing)
    show me E2 → Some(Show("E2"))
    how sure are you → Some(Confidence)
    who is affected → Some(Impact)
    where is the time lost → Some(Slowest)
    what is the weather like → None
    "#);
}

#[test]
fn every_sentence_cites_evidence_that_exists_or_says_what_was_not_seen() {
    let verdict = poisoned();
    for words in
        ["most causal line", "why not d", "do first", "what must not be done", "show E1", "where is the time lost"]
    {
        let reply = ask(&verdict, words);
        assert!(!reply.sentences.is_empty(), "{words}");
        for sentence in &reply.sentences {
            assert!(!sentence.evidence.is_empty(), "{words}: {}", sentence.text);
            for id in &sentence.evidence {
                assert!(verdict.core.evidence.iter().any(|item| item.id == *id), "{words}: {id}");
            }
        }
    }
}

#[test]
fn the_most_causal_line_is_one_of_the_root() {
    let verdict = poisoned();
    let reply = ask(&verdict, "which line is the most causal");
    let line = &reply.sentences[0].evidence[0];
    assert!(verdict.core.hypotheses[0].supported_by.contains(line), "{}", told(&reply));
    assert_eq!(reply, ask(&verdict, "which line is the most causal"));
}

#[test]
fn a_healthy_run_blames_nobody() {
    let healthy = investigation(&Fault::default());
    let reply = ask(&healthy, "who is guilty?");
    assert_eq!(reply.question, Some(Question::MostCausal));
    assert!(reply.sentences[0].text.starts_with("nobody is named"), "{}", told(&reply));
    assert_eq!(ask(&healthy, "show E99").sentences.len(), 1);
}

#[test]
fn what_is_not_understood_is_said_with_what_can_be_asked() {
    let reply = ask(&poisoned(), "tell me a joke");
    assert_eq!(reply.question, None);
    assert!(told(&reply).contains("cannot be answered"), "{}", told(&reply));
}
