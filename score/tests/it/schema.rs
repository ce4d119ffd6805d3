//! The published JSON schema of what a method answers is the one that the types say.

use score::MethodOutput;

/// As it stands in the repository.
const PUBLISHED: &str = include_str!("../../../docs/schema/method.schema.json");

#[test]
fn the_published_schema_is_the_generated_one() {
    let schema = schemars::schema_for!(MethodOutput);
    let generated = serde_json::to_value(&schema).expect("a schema is plain data");
    let published: serde_json::Value = serde_json::from_str(PUBLISHED).expect("the schema is JSON");
    // By value: in which order keys are written depends on what else of the workspace is built.
    assert_eq!(published, generated, "write this into docs/schema/method.schema.json:\n{generated:#}");
}
