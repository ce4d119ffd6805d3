//! What a command printed, read as an answer; what is wrong with it is pointed at.

use std::collections::BTreeSet;

use rca_engine::vocabulary::Outcome;
use score::MethodOutput;

/// More candidates than any case has.
const RANKS_MAX: usize = 10_000;

/// Why what was printed is no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Wrong {
    #[error("printed nothing")]
    Nothing,
    #[error("printed no answer: at `{place}`: {why}")]
    Shape { place: String, why: String },
}

/// Reads an answer, which is all that standard output may hold.
///
/// # Errors
/// [`Wrong`] names the place.
pub(super) fn read(out: &[u8]) -> Result<MethodOutput, Wrong> {
    if out.trim_ascii().is_empty() {
        return Err(Wrong::Nothing);
    }
    let mut reader = serde_json::Deserializer::from_slice(out);
    let read = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let place = error.path().to_string();
        let place = if place == "." { "the whole of it".to_owned() } else { place };
        Wrong::Shape { place, why: error.into_inner().to_string() }
    });
    let output: MethodOutput = read?;
    reader.end().map_err(|error| wrong("the end", &error.to_string()))?;
    check(&output)?;
    Ok(output)
}

fn wrong(place: &str, why: &str) -> Wrong {
    Wrong::Shape { place: place.to_owned(), why: why.to_owned() }
}

/// What the shape alone does not say.
fn check(output: &MethodOutput) -> Result<(), Wrong> {
    match (output.outcome, output.ranks.len()) {
        (Outcome::Cause, 0) => return Err(wrong("ranks", "a cause needs at least one")),
        (Outcome::Cause, count) if count > RANKS_MAX => {
            return Err(wrong("ranks", &format!("at most {RANKS_MAX}, and there are {count}")));
        }
        (Outcome::NoIncident | Outcome::InsufficientEvidence, 1..) => {
            return Err(wrong("ranks", &format!("must be empty where `outcome` is {}", output.outcome)));
        }
        _ => {}
    }
    let mut seen = BTreeSet::new();
    for (at, rank) in output.ranks.iter().enumerate() {
        if !seen.insert(&rank.component) {
            let why = format!("{} stands there already", rank.component);
            return Err(wrong(&format!("ranks[{at}].component"), &why));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_with_an_answer_is_pointed_at() {
        let ranks = |ranks: &str| format!(r#"{{"outcome": "cause", "ranks": [{ranks}]}}"#);
        let one = r#"{"component": "service:a", "score": 1}"#;
        for (text, place, why) in [
            (String::new(), "", "printed nothing"),
            ("Traceback".to_owned(), "at `the whole of it`", "expected value at line 1 column 1"),
            ("{}".to_owned(), "at `the whole of it`", "missing field `outcome`"),
            (r#"{"outcome": "cause"}"#.to_owned(), "at `ranks`", "a cause needs at least one"),
            (r#"{"outcome": "maybe"}"#.to_owned(), "at `outcome`", "unknown variant `maybe`, expected one of `cause`"),
            (r#"{"outcome": "cause", "rank": []}"#.to_owned(), "", "unknown field `rank`"),
            (ranks(r#"{"component": "servce:a", "score": 1}"#), "at `ranks[0].component`", "`servce:a` as a component"),
            (ranks(&format!("{one}, {one}")), "at `ranks[1].component`", "service:a stands there already"),
            (ranks(one).replace("cause", "no_incident"), "at `ranks`", "must be empty where `outcome` is no_incident"),
            (ranks(&one.replace('1', "\"high\"")), "at `ranks[0].score`", "invalid type: string \"high\""),
            (ranks(&format!("{one}, {{\"component\": \"service:b\"}}")), "at `ranks[1]`", "missing field `score`"),
            (format!("{} debug", ranks(one)), "at `the end`", "trailing characters"),
        ] {
            let told = read(text.as_bytes()).map_or_else(|wrong| wrong.to_string(), |output| format!("{output:?}"));
            assert!(told.contains(place) && told.contains(why), "{text}: {told}");
        }
    }

    #[test]
    fn an_answer_may_say_little_or_much() {
        let little = read(br#"{"outcome": "insufficient_evidence"}"#).unwrap();
        assert_eq!(little, MethodOutput::abstain());
        let much = br#"{"outcome": "cause",
            "ranks": [{"component": "version:cache@v2", "kind": "bad_format", "score": 0.9},
                      {"component": "edge:a->b", "score": -3}],
            "roles": {"bottleneck": {"component": "resource:db/pool", "mode": "saturated"},
                      "propagation": [{"from": "service:cache", "to": "service:a", "effect": "error"}]}}
            "#;
        let much = read(much).unwrap();
        assert_eq!(much.ranks.len(), 2);
        assert!(much.roles.is_some_and(|roles| roles.bottleneck.is_some() && roles.root.is_none()));
    }
}
