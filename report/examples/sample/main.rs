//! Writes the report of a small made-up run of the founding incident: HTML to standard output, or with the argument
//! `terminal` or `markdown` one of the other forms.
#![expect(clippy::print_stdout, reason = "an example prints what it made")]

mod cited;
mod founding;
mod shop;

use std::env;

fn main() {
    let run = shop::run();
    let investigation = founding::investigation(&run);
    let (check, facts) = (founding::check(), founding::facts());
    let text = match env::args().nth(1).as_deref() {
        Some("terminal") => {
            let options = report::Options { colour: true, ..report::Options::default() };
            report::terminal(&investigation, Some(&check), &options)
        }
        Some("markdown") => report::markdown(&investigation, Some(&check)),
        _ => report::html(&investigation, Some(&run.evidence), Some(&check), &facts),
    };
    println!("{text}");
}
