//! The published JSON schema of `verdict.json` is the one that the types say.

use rca_engine::investigation::Investigation;

/// As it stands in the repository.
const PUBLISHED: &str = include_str!("../../schema/verdict.schema.json");

#[test]
fn the_published_schema_is_the_generated_one() {
    let schema = schemars::schema_for!(Investigation);
    let generated = serde_json::to_string_pretty(&schema).expect("a schema is plain data") + "\n";
    assert_eq!(PUBLISHED, generated, "write this into rca-engine/schema/verdict.schema.json");
}
