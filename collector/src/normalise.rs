//! One vocabulary for all senders: both names of the environment on every resource, and on every log record its service,
//! environment and region.

use contract::context::{ENVIRONMENT, ENVIRONMENT_NAME, REGION};
use contract::resource::{CLOUD_REGION, SERVICE_NAME};
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::resource::v1::Resource;

use crate::batch::Batch;
use crate::order;

/// What a log record must say about itself, and where else it may be found: first on the record, then on its resource.
const LOG_DIMENSIONS: [(&str, &[&str]); 3] = [
    (SERVICE_NAME, &[SERVICE_NAME]),
    (ENVIRONMENT, &[ENVIRONMENT, ENVIRONMENT_NAME]),
    (REGION, &[REGION, CLOUD_REGION]),
];

/// Fills what is missing and never overwrites.
///
/// The order of what came in stays, except where the SDKs themselves take it from a hash table and it would differ from
/// process to process: attributes of resources, scopes of metrics, metric points and their attributes are sorted.
pub(crate) fn normalise(batch: &mut Batch) {
    match batch {
        Batch::Traces(request) => {
            for spans in &mut request.resource_spans {
                environment(&mut spans.resource);
            }
        }
        Batch::Metrics(request) => {
            for metrics in &mut request.resource_metrics {
                environment(&mut metrics.resource);
                order::metrics(metrics);
            }
        }
        Batch::Logs(request) => {
            for logs in &mut request.resource_logs {
                environment(&mut logs.resource);
                let resource = logs.resource.as_ref().map_or(&[][..], |resource| &resource.attributes);
                for record in logs.scope_logs.iter_mut().flat_map(|scope| &mut scope.log_records) {
                    dimensions(&mut record.attributes, resource);
                }
            }
        }
    }
}

fn environment(resource: &mut Option<Resource>) {
    let Some(resource) = resource else { return };
    let attributes = &mut resource.attributes;
    for (missing, present) in [(ENVIRONMENT, ENVIRONMENT_NAME), (ENVIRONMENT_NAME, ENVIRONMENT)] {
        if find(attributes, missing).is_none()
            && let Some(value) = find(attributes, present).cloned()
        {
            attributes.push(attribute(missing, value));
        }
    }
    attributes.sort_by(|left, right| left.key.cmp(&right.key));
}

fn dimensions(attributes: &mut Vec<KeyValue>, resource: &[KeyValue]) {
    for (dimension, sources) in LOG_DIMENSIONS {
        if find(attributes, dimension).is_some() {
            continue;
        }
        let on = |place: &[KeyValue]| sources.iter().find_map(|source| find(place, source)).cloned();
        if let Some(value) = on(attributes).or_else(|| on(resource)) {
            attributes.push(attribute(dimension, value));
        }
    }
}

/// The value of an attribute; one without a value counts as missing.
fn find<'a>(attributes: &'a [KeyValue], key: &str) -> Option<&'a AnyValue> {
    let value = attributes.iter().find(|attribute| attribute.key == key)?.value.as_ref()?;
    value.value.is_some().then_some(value)
}

fn attribute(key: &str, value: AnyValue) -> KeyValue {
    KeyValue { key: key.to_owned(), value: Some(value), ..KeyValue::default() }
}
