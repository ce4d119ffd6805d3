//! Who emits: the OTLP resource of one build of one instance.

use contract::{IncidentContext, context, resource};
use opentelemetry::KeyValue;
use opentelemetry_sdk::Resource;

/// One build of one instance of a service, in one run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    pub service: String,
    pub version: String,
    pub instance: String,
    pub host: String,
    /// The incident of all work that no request brought.
    pub context: IncidentContext,
}

impl Identity {
    /// The resource; `start` is when this build began, in RFC 3339.
    pub(crate) fn resource(&self, start: &str) -> Resource {
        let context = &self.context;
        Resource::builder_empty()
            .with_attributes([
                KeyValue::new(resource::SERVICE_NAME, self.service.clone()),
                KeyValue::new(resource::SERVICE_NAMESPACE, resource::NAMESPACE),
                KeyValue::new(resource::SERVICE_VERSION, self.version.clone()),
                KeyValue::new(resource::SERVICE_INSTANCE_ID, self.instance.clone()),
                KeyValue::new(resource::HOST_NAME, self.host.clone()),
                KeyValue::new(resource::CLOUD_REGION, context.region.clone()),
                KeyValue::new(resource::PROCESS_START, start.to_owned()),
                KeyValue::new(context::RUN_ID, context.run_id.clone()),
                KeyValue::new(context::SCENARIO_ID, context.scenario_id.clone()),
                KeyValue::new(context::REGION, context.region.clone()),
                KeyValue::new(context::ENVIRONMENT, context.environment.clone()),
                KeyValue::new(context::ENVIRONMENT_NAME, context.environment.clone()),
                KeyValue::new("telemetry.sdk.language", "rust"),
                KeyValue::new("telemetry.sdk.name", "opentelemetry"),
            ])
            .build()
    }
}
