//! The scenarios that come with the lab, embedded.

/// Id and text of every scenario, by id.
pub fn catalog() -> Vec<(&'static str, &'static str)> {
    vec![
        ("cache_poison_pill", include_str!("../catalog/cache_poison_pill.yaml")),
        ("cache_poison_pill_quiet", include_str!("../catalog/cache_poison_pill_quiet.yaml")),
        ("null_quiet", include_str!("../catalog/null_quiet.yaml")),
    ]
}

/// The text of one scenario.
pub fn find(id: &str) -> Option<&'static str> {
    catalog().into_iter().find_map(|(known, text)| (known == id).then_some(text))
}
