//! The incident context: four baggage members that say which incident a signal belongs to.

/// Baggage key and attribute: which run.
pub const RUN_ID: &str = "run_id";
/// Baggage key and attribute: which scenario.
pub const SCENARIO_ID: &str = "scenario_id";
/// Baggage key and attribute: which region.
pub const REGION: &str = "region";
/// Baggage key and attribute: which environment, under the name the mission uses.
pub const ENVIRONMENT: &str = "deployment.environment";
/// Attribute: which environment, under the stable semantic convention.
pub const ENVIRONMENT_NAME: &str = "deployment.environment.name";

/// The baggage members that are stamped onto every signal; all others are passed on and never stamped.
pub const KEYS: [&str; 4] = [RUN_ID, SCENARIO_ID, REGION, ENVIRONMENT];

/// W3C baggage: the most members that are passed on.
pub const MAX_BAGGAGE_MEMBERS: usize = 64;
/// W3C baggage: the most bytes that are passed on.
pub const MAX_BAGGAGE_BYTES: usize = 8_192;
/// The longest value that is stamped; longer ones are cut off as forged.
pub const MAX_VALUE_BYTES: usize = 128;

/// Which incident a process, a request or a piece of background work belongs to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct IncidentContext {
    pub run_id: String,
    pub scenario_id: String,
    pub region: String,
    pub environment: String,
}

impl IncidentContext {
    /// The four members as key and value, in the order of [`KEYS`].
    pub fn members(&self) -> [(&'static str, &str); 4] {
        [
            (RUN_ID, &self.run_id),
            (SCENARIO_ID, &self.scenario_id),
            (REGION, &self.region),
            (ENVIRONMENT, &self.environment),
        ]
    }

    /// The context as a `baggage` header; values must satisfy [`is_plain`].
    pub fn baggage_header(&self) -> String {
        self.members().map(|(key, value)| format!("{key}={value}")).join(",")
    }
}

/// Whether a value needs no escaping in a baggage header and may be stamped: `[A-Za-z0-9._-]`, 1 to 128 bytes.
pub fn is_plain(value: &str) -> bool {
    !value.is_empty()
        && value.len() <= MAX_VALUE_BYTES
        && value.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_context_becomes_one_header() {
        let context = IncidentContext {
            run_id: "r1".into(),
            scenario_id: "s1".into(),
            region: "eu-west-1".into(),
            environment: "lab".into(),
        };
        assert_eq!(context.baggage_header(), "run_id=r1,scenario_id=s1,region=eu-west-1,deployment.environment=lab");
    }

    #[test]
    fn only_plain_values_are_stamped() {
        assert!(is_plain("eu-west-1") && is_plain("a.b_c-9"));
        assert!(!is_plain("") && !is_plain("a b") && !is_plain("a%20b") && !is_plain(&"x".repeat(129)));
    }
}
