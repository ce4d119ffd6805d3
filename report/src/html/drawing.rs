//! The causal chain as a drawing: nodes on a line, arrows between neighbours, arcs for links that skip or go back.

use maud::{Markup, html};
use rca_engine::vocabulary::Outcome;

use super::parts::{Context, chip};
use crate::chain::{Chain, Link, Node};
use crate::role::Role;

/// Up to so many nodes fit beside each other.
const ALONG_MAX: usize = 5;
const WIDTH: usize = 186;
const HEIGHT: usize = 92;
/// Between nodes that lie beside each other, and below each other.
const GAP_X: usize = 84;
const GAP_Y: usize = 52;
/// By how much one arc is farther out than the next.
const ARC: usize = 34;

pub(super) fn chain(context: &Context<'_>) -> Option<Markup> {
    if context.investigation.core.outcome != Outcome::Cause {
        return None;
    }
    let chain = Chain::of(&context.investigation.core.roles);
    let along = chain.nodes.len() <= ALONG_MAX;
    Some(html! {
        figure class=(if along { "chain" } else { "chain tall" }) {
            @if along { (drawn(&chain, Axis::Along)) }
            (drawn(&chain, Axis::Down))
            figcaption {
                (beside(context, &chain))
                ul class="legend" { @for role in Role::ALL { li { (chip(role)) " " (role.meaning()) } } }
                @if chain.left_out > 0 { p class="small soft" { (chain.left_out) " more components are not drawn." } }
            }
        }
    })
}

/// What set it off and what keeps it up, where the drawing does not say.
fn beside(context: &Context<'_>, chain: &Chain) -> Markup {
    html! {
        @if !chain.beside.is_empty() {
            dl class="pairs" {
                @for (word, culprit) in &chain.beside {
                    dt { (capital(word)) }
                    dd { (context.component(&culprit.component)) @if let Some(kind) = culprit.kind { span class="share" { " " (kind) } } }
                }
            }
        }
    }
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// Nodes beside each other, or below each other for narrow screens and long chains.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Axis {
    Along,
    Down,
}

impl Axis {
    fn class(self) -> &'static str {
        match self {
            Self::Along => "along",
            Self::Down => "down",
        }
    }

    /// Left upper corner of a node.
    fn corner(self, index: usize, before: usize) -> (usize, usize) {
        match self {
            Self::Along => (2 + index * (WIDTH + GAP_X), before),
            Self::Down => (2, 2 + index * (HEIGHT + GAP_Y)),
        }
    }
}

fn drawn(chain: &Chain, axis: Axis) -> Markup {
    let (levels, arcs) = levels(chain, axis);
    let far = |forward: bool| {
        let deepest = arcs.iter().zip(&levels).filter(|(link, _)| (link.to > link.from) == forward).map(|(_, l)| l + 1);
        deepest.max().unwrap_or(0)
    };
    // Beside each other, arcs forward run above and arcs back below; below each other, all run on the right.
    let above = if far(true) > 0 { far(true) * ARC + 22 } else { 2 };
    let below = if far(false) > 0 { far(false) * ARC + 22 } else { 2 };
    let n = chain.nodes.len();
    let (width, height) = match axis {
        Axis::Along => (n * WIDTH + (n - 1) * GAP_X + 4, HEIGHT + above + below),
        Axis::Down => (WIDTH + 4 + (far(true).max(far(false)) * ARC) + 76, n * HEIGHT + (n - 1) * GAP_Y + 4),
    };
    let head = format!("head-{}", axis.class());
    html! {
        svg class=(axis.class()) xmlns="http://www.w3.org/2000/svg" role="img" width=(width) height=(height)
            viewBox={ "0 0 " (width) " " (height) } aria-labelledby={ "chain-" (axis.class()) } {
            title id={ "chain-" (axis.class()) } { (sentence(chain)) }
            defs {
                marker id=(head) viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto" {
                    path class="head" d="M0 0.5 L8 4 L0 7.5 z" {}
                }
            }
            @for (index, node) in chain.nodes.iter().enumerate() { (box_of(node, axis.corner(index, above))) }
            @for link in chain.links.iter().filter(|link| link.to == link.from + 1) {
                (straight(link, axis, axis.corner(link.from, above), &head))
            }
            @for (link, level) in arcs.iter().zip(&levels).rev() {
                (arc(link, *level, axis, (axis.corner(link.from, above), axis.corner(link.to, above)), &head))
            }
        }
    }
}

/// The chain in words, for those who do not see it.
fn sentence(chain: &Chain) -> String {
    let name = |index: usize| {
        let node = &chain.nodes[index];
        let roles: Vec<&str> = node.roles.iter().map(|role| role.word()).collect();
        format!("{} ({})", node.name, roles.join(", "))
    };
    if chain.links.is_empty() {
        return (0..chain.nodes.len()).map(name).collect::<Vec<_>>().join(", ");
    }
    let steps: Vec<String> = chain
        .links
        .iter()
        .map(|link| format!("{} harms {} by {}", name(link.from), name(link.to), link.effect))
        .collect();
    steps.join("; ")
}

/// Links that are no straight arrows, the short ones first, each with its level: arcs on one side never share one
/// where they overlap.
fn levels(chain: &Chain, axis: Axis) -> (Vec<usize>, Vec<&Link>) {
    let mut arcs: Vec<&Link> = chain.links.iter().filter(|link| link.to != link.from + 1).collect();
    arcs.sort_by_key(|link| (link.from.abs_diff(link.to), link.from, link.to));
    let forward = |link: &Link| link.to > link.from;
    let ends = |link: &Link| (link.from.min(link.to), link.from.max(link.to));
    let mut levels: Vec<usize> = Vec::new();
    for (index, link) in arcs.iter().enumerate() {
        let (from, to) = ends(link);
        let taken: Vec<usize> = (0..index)
            .filter(|&other| {
                let (low, high) = ends(arcs[other]);
                let apart = axis == Axis::Along && forward(arcs[other]) != forward(link);
                !apart && low < to && from < high
            })
            .map(|other| levels[other])
            .collect();
        levels.push((0..).find(|level| !taken.contains(level)).expect("there is always a next number"));
    }
    (levels, arcs)
}

fn box_of(node: &Node, (x, y): (usize, usize)) -> Markup {
    let role = node.roles[0];
    let words: Vec<&str> = node.roles.iter().map(|role| role.word()).collect();
    html! {
        g class={ "node " (role.class()) } {
            title { (node.name) ": " (words.join(", ")) @for detail in &node.details { "; " (detail) } }
            rect x=(x) y=(y) width=(WIDTH) height=(HEIGHT) rx="9" {}
            rect class="edge" x=(x) y=(y + 14) width="4" height=(HEIGHT - 28) rx="2" {}
            text class="role" x=(x + 18) y=(y + 25) { (shortened(&words.join(" · "), 28)) }
            @let long = node.name.chars().count() > 18;
            text class=[long.then_some("long")] x=(x + 18) y=(y + 47) { (shortened(&node.name, if long { 25 } else { 18 })) }
            @for (index, line) in lines(&node.details).iter().enumerate() {
                text class="more" x=(x + 18) y=(y + 65 + index * 16) { (line) }
            }
        }
    }
}

fn straight(link: &Link, axis: Axis, (x, y): (usize, usize), head: &str) -> Markup {
    let (path, label, class) = match axis {
        Axis::Along => {
            let (from, middle) = (x + WIDTH, y + HEIGHT / 2);
            (format!("M{} {middle} H{}", from + 6, from + GAP_X - 4), (from + GAP_X / 2, middle - 9), "")
        }
        Axis::Down => {
            let (from, middle) = (y + HEIGHT, x + WIDTH / 2);
            (format!("M{middle} {} V{}", from + 6, from + GAP_Y - 4), (middle + 14, from + GAP_Y / 2 + 5), "side")
        }
    };
    html! {
        g class="link" {
            path d=(path) marker-end={ "url(#" (head) ")" } {}
            text class=(class) x=(label.0) y=(label.1) { (shortened(&link.effect, 22)) }
        }
    }
}

type Corners = ((usize, usize), (usize, usize));

/// A way round the nodes between: forward links leave a node right of its middle and arrive left of it, so that two
/// arcs at one node do not touch.
fn arc(link: &Link, level: usize, axis: Axis, (from, to): Corners, head: &str) -> Markup {
    let far = (level + 1) * ARC;
    let forward = link.to > link.from;
    let (path, label, class) = match axis {
        Axis::Along => {
            let side = |leaves: bool| if leaves == forward { WIDTH / 2 + 24 } else { WIDTH / 2 - 24 };
            let (start, end) = (from.0 + side(true), to.0 + side(false));
            let (edge, out, gap) = if forward {
                (from.1, from.1.saturating_sub(far), from.1 - 5)
            } else {
                (from.1 + HEIGHT, from.1 + HEIGHT + far, from.1 + HEIGHT + 5)
            };
            let round = if forward { 8 } else { -8 };
            let turn = if forward { 8i64 } else { -8 };
            let (edge, out) = (i64::try_from(edge).unwrap_or(0), i64::try_from(out).unwrap_or(0));
            let (start, end, gap) = (signed(start), signed(end), signed(gap));
            let path = format!(
                "M{start} {edge} V{} Q{start} {out} {} {out} H{} Q{end} {out} {end} {} V{gap}",
                out + turn,
                start + round,
                end - round,
                out + turn
            );
            (path, (i64::midpoint(start, end), if forward { out - 6 } else { out + 15 }), "")
        }
        Axis::Down => {
            let edge = signed(from.0 + WIDTH);
            let out = edge + signed(far);
            // All run on the right: each end has a height of its own, so that no two lines meet at a node.
            let side = |leaves: bool| {
                signed(HEIGHT / 2)
                    + match (forward, leaves) {
                        (true, true) => 26,
                        (false, false) => 9,
                        (true, false) => -9,
                        (false, true) => -26,
                    }
            };
            let (start, end) = (signed(from.1) + side(true), signed(to.1) + side(false));
            let turn = if forward { 8 } else { -8 };
            let path = format!(
                "M{edge} {start} H{} Q{out} {start} {out} {} V{} Q{out} {end} {} {end} H{}",
                out - 8,
                start + turn,
                end - turn,
                out - 8,
                edge + 5
            );
            (path, (out + 7, i64::midpoint(start, end) + 4), "side")
        }
    };
    html! {
        g class="link" {
            path d=(path) marker-end={ "url(#" (head) ")" } {}
            text class=(class) x=(label.0) y=(label.1) { (shortened(&link.effect, 22)) }
        }
    }
}

fn signed(value: usize) -> i64 {
    i64::try_from(value).expect("a drawing is smaller than 2^63")
}

/// What is known about a node, on at most two lines.
fn lines(details: &[String]) -> Vec<String> {
    const FITS: usize = 26;
    let mut lines: Vec<String> = details.to_vec();
    if let [one] = details
        && one.chars().count() > FITS
        && let Some((part, rest)) = one.split_once(" · ")
    {
        lines = vec![part.to_owned(), rest.to_owned()];
    }
    if lines.len() > 2 {
        let rest = lines.split_off(1).join("; ");
        lines.push(rest);
    }
    lines.iter().map(|line| shortened(line, FITS)).collect()
}

/// Text that has to fit into a box; the whole stands in the title.
fn shortened(text: &str, characters: usize) -> String {
    if text.chars().count() <= characters {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(characters - 1).collect();
    short.push('…');
    short
}
