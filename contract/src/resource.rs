//! Attributes of an OTLP resource: who emits.

pub const SERVICE_NAME: &str = "service.name";
pub const SERVICE_NAMESPACE: &str = "service.namespace";
pub const SERVICE_VERSION: &str = "service.version";
pub const SERVICE_INSTANCE_ID: &str = "service.instance.id";
pub const HOST_NAME: &str = "host.name";
pub const CLOUD_REGION: &str = "cloud.region";
/// RFC 3339 time at which this build of the process began.
pub const PROCESS_START: &str = "process.creation.time";

/// The one namespace of the lab's services.
pub const NAMESPACE: &str = "shop";
