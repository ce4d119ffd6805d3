//! The scenarios that come with the lab, embedded.

/// Id and text of every scenario, by id.
pub fn catalog() -> Vec<(&'static str, &'static str)> {
    vec![
        ("bad_canary", include_str!("../catalog/bad_canary.yaml")),
        ("cache_poison_pill", include_str!("../catalog/cache_poison_pill.yaml")),
        ("cache_poison_pill_quiet", include_str!("../catalog/cache_poison_pill_quiet.yaml")),
        ("n_plus_one_quiet", include_str!("../catalog/n_plus_one_quiet.yaml")),
        ("null_near_threshold", include_str!("../catalog/null_near_threshold.yaml")),
        ("null_quiet", include_str!("../catalog/null_quiet.yaml")),
        ("pool_exhaustion", include_str!("../catalog/pool_exhaustion.yaml")),
        ("retry_storm", include_str!("../catalog/retry_storm.yaml")),
        ("search_regression", include_str!("../catalog/search_regression.yaml")),
        ("slow_database", include_str!("../catalog/slow_database.yaml")),
        ("traffic_surge", include_str!("../catalog/traffic_surge.yaml")),
    ]
}

/// The text of one scenario.
pub fn find(id: &str) -> Option<&'static str> {
    catalog().into_iter().find_map(|(known, text)| (known == id).then_some(text))
}
