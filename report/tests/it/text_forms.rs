//! The Markdown form, and what is the same in all forms.

use insta::assert_snapshot;
use report::{Options, html, markdown, terminal};

use crate::{founding, shop};

#[test]
fn markdown_is_short_and_tells_verdict_roles_action_and_gates() {
    let investigation = founding::investigation(&shop::run());
    let page = markdown(&investigation, Some(&founding::check()));
    let (head, rest) = page.split_once("\n<details>").expect("a folded timeline");
    assert_snapshot!(head, @r"
    ### right: cause found, confidence 87 %

    - The new build of catalog-cache (v2) writes entries that its readers cannot decode.
    - confidence 87 %, likely: of 50 earlier verdicts this sure, 44 were right
    - One search of 1.63 s waited 1.44 s for the database's pool, because three look-ups in catalog-cache were unreadable.

    | role | component | |
    |---|---|---|
    | root cause | `catalog-cache` | build v2 · bad\_format |
    | propagation | `catalog` |  |
    | bottleneck | `database` | pool · saturated |
    | symptom | `search` |  |
    | trigger | `change:deploy-17` | |
    ");
    assert_snapshot!(rest.split_once("</details>").expect("its end").1.trim(), @r"
    **First action:** purge `service:catalog-cache`: Fallbacks at zero at once, p99 of search below 0.5 s within 10 s. (E2, E7)

    #### Truth of `cache_poison_pill`, seed 7, effect valid

    | gate | | why |
    |---|---|---|
    | root | right | expected version:catalog-cache&#64;v2 or an equal, answered version:catalog-cache&#64;v2 |
    | bottleneck | right | expected resource:database/pool (saturated), answered the same |
    | alerting service must fail | right | alerting\_service answered service:search |
    | the run counts | right | every span, point and record that was emitted is accounted for |

    | other method | said | |
    |---|---|---|
    | alerting\_service | `service:search` | **wrong** (misled, as this scenario means to) |
    | slowest\_span | `service:database` | **wrong** (misled, as this scenario means to) |
    | most\_errors | `service:catalog-cache` | right  |
    | latest\_change | `change:deploy-17` | right  |
    | always\_abstain | no answer | **wrong**  |
    ");
}

#[test]
fn markdown_reads_no_markup_in_telemetry() {
    let mut investigation = founding::investigation(&shop::run());
    investigation.header.root_cause = "a|b <script> [x](http://evil) *bold* @team `code` \u{202e}www.evil.com".into();
    let page = markdown(&investigation, None);
    let line = page.lines().find(|line| line.contains("script")).expect("the line is there");
    assert_snapshot!(line, @r"- a\|b &lt;script&gt; \[x\](http&#58;//evil) \*bold\* &#64;team \`code\` \\u\{202e\}www&#46;evil.com");
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    let both = [(); 2].map(|()| {
        let run = shop::run();
        let investigation = founding::investigation(&run);
        let (check, facts) = (founding::check(), founding::facts());
        (
            terminal(&investigation, Some(&check), &Options::default()),
            html(&investigation, Some(&run.evidence), Some(&check), &facts),
            markdown(&investigation, Some(&check)),
        )
    });
    assert_eq!(both[0], both[1]);
}

#[test]
fn the_order_of_the_evidence_does_not_matter() {
    let mut run = shop::run();
    let investigation = founding::investigation(&run);
    let facts = founding::facts();
    let forward = html(&investigation, Some(&run.evidence), None, &facts);
    run.evidence.spans.reverse();
    assert_eq!(html(&investigation, Some(&run.evidence), None, &facts), forward);
}
