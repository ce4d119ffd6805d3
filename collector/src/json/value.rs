//! Attributes, values, resources and scopes.

use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, EntityRef, InstrumentationScope, KeyValue};
use opentelemetry_proto::tonic::resource::v1::Resource;

use super::text::{self, Object};

pub(super) fn attribute(out: &mut Vec<u8>, attribute: &KeyValue) {
    // What nearly all attributes are, in as few steps as it takes; the rest goes field by field.
    if let (Some(AnyValue { value: Some(Value::StringValue(value)) }), 0) = (&attribute.value, attribute.key_strindex)
        && !attribute.key.is_empty()
    {
        out.extend_from_slice(b"{\"key\":");
        text::string(out, &attribute.key);
        out.extend_from_slice(b",\"value\":{\"stringValue\":");
        text::string(out, value);
        out.extend_from_slice(b"}}");
        return;
    }
    let mut object = Object::open(out);
    object.text("key", &attribute.key);
    any(object.field("value"), attribute.value.as_ref());
    object.number("keyStrindex", attribute.key_strindex);
    object.close();
}

/// A missing value and one without a type are both `{}`.
pub(super) fn any(out: &mut Vec<u8>, value: Option<&AnyValue>) {
    let mut object = Object::open(out);
    match value.and_then(|value| value.value.as_ref()) {
        None => {}
        Some(Value::StringValue(value)) => text::string(object.field("stringValue"), value),
        Some(Value::BoolValue(value)) => {
            object.field("boolValue").extend_from_slice(if *value { b"true" } else { b"false" });
        }
        Some(Value::IntValue(value)) => text::long(object.field("intValue"), *value),
        Some(Value::DoubleValue(value)) => text::double(object.field("doubleValue"), *value),
        Some(Value::ArrayValue(array)) => {
            let mut inner = Object::open(object.field("arrayValue"));
            inner.list("values", &array.values, |out, value| any(out, Some(value)));
            inner.close();
        }
        Some(Value::KvlistValue(map)) => {
            let mut inner = Object::open(object.field("kvlistValue"));
            inner.list("values", &map.values, attribute);
            inner.close();
        }
        Some(Value::BytesValue(value)) => text::bytes(object.field("bytesValue"), value),
        Some(Value::StringValueStrindex(index)) => {
            text::decimal(object.field("stringValueStrindex"), i64::from(*index));
        }
    }
    object.close();
}

/// A missing resource is an empty one.
pub(super) fn resource(out: &mut Vec<u8>, resource: Option<&Resource>) {
    let mut object = Object::open(out);
    if let Some(resource) = resource {
        object.list("attributes", &resource.attributes, attribute);
        object.number("droppedAttributesCount", resource.dropped_attributes_count);
        object.list("entityRefs", &resource.entity_refs, entity);
    }
    object.close();
}

fn entity(out: &mut Vec<u8>, entity: &EntityRef) {
    let mut object = Object::open(out);
    object.text("schemaUrl", &entity.schema_url);
    object.text("type", &entity.r#type);
    object.list("idKeys", &entity.id_keys, |out, key| text::string(out, key));
    object.list("descriptionKeys", &entity.description_keys, |out, key| text::string(out, key));
    object.close();
}

/// A missing scope is an empty one.
pub(super) fn scope(out: &mut Vec<u8>, scope: Option<&InstrumentationScope>) {
    let mut object = Object::open(out);
    if let Some(scope) = scope {
        object.text("name", &scope.name);
        object.text("version", &scope.version);
        object.list("attributes", &scope.attributes, attribute);
        object.number("droppedAttributesCount", scope.dropped_attributes_count);
    }
    object.close();
}
