//! The report as its readers get it: text, pages and their promises, made from a small run of the founding incident.

#[path = "../../../score/tests/it/cells.rs"]
mod cells;
#[path = "../../examples/sample/cited.rs"]
mod cited;
#[path = "../../examples/sample/founding.rs"]
mod founding;
mod hostile;
mod matrix;
mod page;
mod regression;
#[path = "../../../score/tests/it/runs.rs"]
mod runs;
#[path = "../../examples/sample/shop.rs"]
mod shop;
mod stories;
mod style;
mod terminal;
mod text_forms;
