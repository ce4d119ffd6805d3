//! The catalog holds what its listing says.

use scenarios::catalog::catalog;
use scenarios::parse;

#[test]
fn every_scenario_of_the_catalog_is_sound_and_named_after_its_file() {
    for (id, text) in catalog() {
        match parse(id, text) {
            Ok(scenario) => assert_eq!(scenario.id, id),
            Err(errors) => panic!("{:?}", miette::Report::new(errors)),
        }
    }
}

#[test]
fn the_catalog_is_listed_by_id_and_lists_every_file() {
    let listed: Vec<_> = catalog().into_iter().map(|(id, _)| id.to_owned()).collect();
    assert!(listed.is_sorted());
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/catalog");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    files.sort();
    assert_eq!(listed, files);
}
