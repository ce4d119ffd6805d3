//! Templates by mining: texts that differ in what varies from record to record are one template.
//!
//! After Drain (He, Zhu, Zheng and Lyu, ICWS 2017): a tree of fixed depth leads each text to a leaf; there it joins the
//! most similar group if enough words agree, and words that differ within a group become wildcards. Other than there:
//!
//! - Drain reads a stream, so that what comes first decides. Here all texts are known: the most frequent ones found the
//!   groups, ties broken by when a text was first said. Neither the order of records nor the alphabet decides anything.
//! - Drain's leaves are found by leading words, too, which keeps messages apart that begin with what varies. Here leaves
//!   are found by what the caller knows (service, severity, exception) and by the number of words alone. What such a leaf
//!   throws together, words of a message that are no parameters, is parted again as in `IPLoM` (Makanju, Zincir-Heywood
//!   and Milios, KDD 2009): at the place with the fewest words, as long as they recur.

use std::collections::{BTreeMap, BTreeSet};

/// Stands for whatever varies.
pub(super) const WILDCARD: &str = "*";
/// Words kept of a text: longer ones differ in their tail anyway.
const MAX_WORDS: usize = 24;
/// Groups of a leaf. Drain's default for the children of a node; it keeps the search linear in hostile logs, where what
/// finds no group stands alone.
const MAX_GROUPS: usize = 100;
/// So many words at one place are alternatives that somebody wrote (methods, states, outcomes); more are values.
const MAX_ALTERNATIVES: usize = 8;

/// A text without its numbers, as often as it was said under one key.
#[derive(Clone, Debug)]
pub(super) struct Text<'t, K> {
    /// Texts of different keys are never one template.
    pub(super) key: K,
    /// As [`masked`] gives it.
    pub(super) text: &'t str,
    pub(super) count: u64,
    /// When it was first said, and by which request: tells apart what is equally frequent.
    pub(super) first: (u64, u128, u64),
}

/// Words that carry a digit vary from record to record (Drain masks them likewise); a row of them is one.
pub(super) fn masked(body: &str) -> String {
    let mut words: Vec<&str> = Vec::new();
    for word in body.split_whitespace().take(MAX_WORDS) {
        let varies = word.bytes().any(|byte| byte.is_ascii_digit());
        push(&mut words, if varies { WILDCARD } else { word });
    }
    words.join(" ")
}

fn push<'t>(words: &mut Vec<&'t str>, word: &'t str) {
    if word != WILDCARD || words.last() != Some(&WILDCARD) {
        words.push(word);
    }
}

/// The template of each text. O(texts × words × [`MAX_GROUPS`]) at worst; the order of the texts does not matter.
pub(super) fn mine<K: Copy + Ord>(texts: &[Text<'_, K>]) -> Vec<String> {
    let mut leaves: BTreeMap<(K, usize), Vec<Line<'_>>> = BTreeMap::new();
    for (index, text) in texts.iter().enumerate() {
        let line = Line {
            index,
            words: text.text.split(' ').collect(),
            count: text.count,
            first: text.first,
            text: text.text,
        };
        leaves.entry((text.key, line.words.len())).or_default().push(line);
    }
    let mut templates = vec![String::new(); texts.len()];
    for mut lines in leaves.into_values() {
        lines.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| (a.first, a.text).cmp(&(b.first, b.text))));
        for group in groups(lines) {
            part(group, &mut |members, template| {
                members.iter().for_each(|line| template.clone_into(&mut templates[line.index]));
            });
        }
    }
    templates
}

/// A text within its leaf.
#[derive(Clone, Debug)]
struct Line<'t> {
    /// Among all texts.
    index: usize,
    words: Vec<&'t str>,
    count: u64,
    first: (u64, u128, u64),
    text: &'t str,
}

/// Groups round the most frequent texts: each text joins the one that it is most like, or founds its own.
fn groups(lines: Vec<Line<'_>>) -> Vec<Vec<Line<'_>>> {
    let mut groups: Vec<Vec<Line<'_>>> = Vec::new();
    let mut alone = Vec::new();
    for line in lines {
        let mut best: Option<(usize, usize)> = None;
        for (place, group) in groups.iter().enumerate() {
            let alike = alike(&group[0].words, &line.words);
            // The first of equals is the most frequent one.
            if let Some(alike) = alike
                && best.is_none_or(|(most, _)| alike > most)
            {
                best = Some((alike, place));
            }
        }
        match best {
            Some((_, place)) => groups[place].push(line),
            None if groups.len() < MAX_GROUPS => groups.push(vec![line]),
            None => alone.push(vec![line]),
        }
    }
    groups.append(&mut alone);
    groups
}

/// How many words agree, if most do: what is cut out of both says nothing. Drain asks for half of them; a message of two
/// words that shares one with another is another message.
fn alike(a: &[&str], b: &[&str]) -> Option<usize> {
    let told = a.iter().zip(b).filter(|(a, b)| **a != WILDCARD || **b != WILDCARD);
    let (mut told_of, mut agreed) = (0, 0);
    for (a, b) in told {
        told_of += 1;
        agreed += usize::from(a == b);
    }
    is_most(agreed, told_of).then_some(agreed)
}

fn is_most(part: usize, whole: usize) -> bool {
    2 * part > whole
}

/// Parts a group where its words are alternatives, and tells the template of each part.
fn part(group: Vec<Line<'_>>, tell: &mut impl FnMut(&[Line<'_>], &str)) {
    let length = group[0].words.len();
    let records: u64 = group.iter().map(|line| line.count).sum();
    let at = |place: usize| group.iter().map(move |line| line.words[place]).collect::<BTreeSet<&str>>();
    let variety: Vec<usize> = (0..length).map(|place| at(place).len()).collect();
    // Words of a language recur, and names do less the more of them there are: the words seen grow like the square root of
    // what is said (Heaps, 1978). Where there are more, they are values.
    let recurs = |words: usize| words <= MAX_ALTERNATIVES && (words as u64).pow(2) <= records;
    let places = variety.iter().enumerate().filter(|(_, words)| **words > 1 && recurs(**words));
    if let Some((place, _)) = places.min_by_key(|(place, words)| (**words, *place)) {
        let mut parts: BTreeMap<&str, Vec<Line<'_>>> = BTreeMap::new();
        for line in group {
            parts.entry(line.words[place]).or_default().push(line);
        }
        parts.into_values().for_each(|members| part(members, tell));
        return;
    }
    let words = |line: &Line<'_>| {
        let mut words = Vec::new();
        let told = line.words.iter().zip(&variety);
        told.for_each(|(word, variety)| push(&mut words, if *variety > 1 { WILDCARD } else { word }));
        words.join(" ")
    };
    let cut_out = |place: usize| variety[place] == 1 && group[0].words[place] == WILDCARD;
    let told = (0..length).filter(|place| !cut_out(*place)).count();
    let varied = variety.iter().filter(|words| **words > 1).count();
    if group.len() == 1 || is_most(told - varied, told) {
        let template = words(&group[0]);
        tell(&group, &template);
    } else {
        // Each is like the first one in another way: what they have in common says nothing.
        group.iter().for_each(|line| tell(std::slice::from_ref(line), line.text));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Bodies with how often each was said, in the order in which they were first said.
    fn texts<'t>(said: &'t [(String, u64)]) -> Vec<Text<'t, ()>> {
        let text = |(at_ns, (text, count)): (u64, &'t (String, u64))| Text {
            key: (),
            text,
            count: *count,
            first: (at_ns, 0, 0),
        };
        (0..).zip(said).map(text).collect()
    }

    /// Templates with how much is said by each, in alphabetical order.
    fn mined(bodies: &[(&str, u64)]) -> Vec<String> {
        let said: Vec<(String, u64)> = bodies.iter().map(|(body, count)| (masked(body), *count)).collect();
        let mut sums: BTreeMap<String, u64> = BTreeMap::new();
        for (template, (_, count)) in mine(&texts(&said)).into_iter().zip(&said) {
            *sums.entry(template).or_default() += count;
        }
        sums.into_iter().map(|(template, count)| format!("{count} {template}")).collect()
    }

    #[test]
    fn what_carries_a_digit_is_cut_out() {
        assert_eq!(masked("12:03:11 user 17 18 failed at 0x3f"), "* user * failed at *");
        assert_eq!(masked(""), "");
    }

    #[test]
    fn words_that_vary_like_names_are_cut_out() {
        let users = ["alice", "bob", "carol", "dave"].map(|user| format!("user {user} failed"));
        let users: Vec<(&str, u64)> = users.iter().map(|text| (text.as_str(), 3)).collect();
        assert_eq!(mined(&users), ["12 user * failed"]);
        // Also where they come first, and where two of them vary at once.
        assert_eq!(mined(&[("alice logged in", 1), ("bob logged in", 2)]), ["3 * logged in"]);
        let paid = ["alice pays bob for tea", "carol pays dave for milk", "erin pays frank for salt"];
        assert_eq!(
            mined(&paid.map(|text| (text, 1))),
            ["1 alice pays bob for tea", "1 carol pays dave for milk", "1 erin pays frank for salt"]
        );
        let asked = ["order of alice in paris was refused", "order of bob in london was refused"];
        assert_eq!(mined(&asked.map(|text| (text, 1))), ["2 order of * in * was refused"]);
    }

    #[test]
    fn many_names_are_values_however_often_they_are_said() {
        let said: Vec<String> = (0..50).map(|user| format!("user {} failed", name(user))).collect();
        let said: Vec<(&str, u64)> = said.iter().map(|text| (text.as_str(), 60)).collect();
        assert_eq!(mined(&said), ["3000 user * failed"]);
    }

    #[test]
    fn messages_of_equal_length_stay_apart() {
        let said = [
            ("connection to store opened", 40),
            ("connection to store closed", 38),
            ("connection to broker opened", 20),
            ("cannot decode the entry", 7),
            ("request was served", 900),
            ("queue is full", 3),
            ("cache hit", 1),
            ("cache miss", 1),
        ];
        assert_eq!(
            mined(&said),
            [
                "1 cache hit",
                "1 cache miss",
                "7 cannot decode the entry",
                "20 connection to broker opened",
                "38 connection to store closed",
                "40 connection to store opened",
                "3 queue is full",
                "900 request was served",
            ]
        );
    }

    #[test]
    fn another_key_is_another_template() {
        let text = |key, text| Text { key, text, count: 1, first: (0, 0, 0) };
        let both = [text("info", "user alice failed"), text("error", "user bob failed")];
        assert_eq!(mine(&both), ["user alice failed", "user bob failed"]);
    }

    /// A word without a digit for each number.
    fn name(mut number: u32) -> String {
        let mut word = String::new();
        while word.len() < 3 || number > 0 {
            word.push(char::from(b'a' + u8::try_from(number % 26).expect("below 26")));
            number /= 26;
        }
        word
    }

    #[test]
    fn what_a_hostile_log_says_ends_in_time() {
        // A hundred thousand texts of which no two have a word in common.
        let said: Vec<String> =
            (0..100_000).map(|text| (0..4).map(|word| name(text * 4 + word)).collect::<Vec<_>>().join(" ")).collect();
        let said: Vec<(String, u64)> = said.into_iter().map(|text| (text, 1)).collect();
        let templates: BTreeSet<String> = mine(&texts(&said)).into_iter().collect();
        assert_eq!(templates.len(), said.len());
        // And as many that have one in common, beside a name each.
        let said: Vec<(String, u64)> = (0..100_000).map(|text| (format!("no such user {}", name(text)), 1)).collect();
        assert_eq!(mine(&texts(&said)).into_iter().collect::<BTreeSet<_>>().len(), 1);
    }

    proptest! {
        #[test]
        fn the_order_of_texts_does_not_matter(
            bodies in proptest::collection::btree_map("(a|b|c|7)( (a|b|c|d|e|7)){1,4}", 1_u64..9, 1..40),
            keys in proptest::collection::vec(any::<u32>(), 40),
        ) {
            let said: Vec<(String, u64)> = bodies.into_iter().collect();
            let texts = texts(&said);
            let mut shuffled: Vec<(u32, Text<'_, ()>)> = keys.into_iter().zip(texts.clone()).collect();
            shuffled.sort_by_key(|(key, _)| *key);
            let shuffled: Vec<Text<'_, ()>> = shuffled.into_iter().map(|(_, text)| text).collect();
            let sorted = |texts: &[Text<'_, ()>]| {
                let mut both: Vec<(String, String)> =
                    texts.iter().map(|text| text.text.to_owned()).zip(mine(texts)).collect();
                both.sort();
                both
            };
            prop_assert_eq!(sorted(&texts), sorted(&shuffled));
        }

        #[test]
        fn the_alphabet_does_not_matter(
            bodies in proptest::collection::btree_map("(a|b|c)( (a|b|c|d|e)){1,4}", 1_u64..9, 1..40),
        ) {
            let said: Vec<(String, u64)> = bodies.into_iter().collect();
            // Another word for each, in another order.
            let other = |text: &str| text.chars().map(|letter| match letter {
                'a'..='e' => char::from(b'a' + b'z' - letter as u8),
                other => other,
            }).collect::<String>();
            let renamed: Vec<(String, u64)> = said.iter().map(|(text, count)| (other(text), *count)).collect();
            let templates: Vec<String> = mine(&texts(&said)).iter().map(|text| other(text)).collect();
            prop_assert_eq!(templates, mine(&texts(&renamed)));
        }
    }
}
