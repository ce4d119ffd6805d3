//! Ids, attributes, values, resources and scopes.

use std::fmt;

use base64::Engine as _;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use evidence::otlp::{Enumeration, Flag, Float, Signed, Text, Unsigned};
use evidence::otlp_object;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{
    AnyValue, ArrayValue, EntityRef, InstrumentationScope, KeyValue, KeyValueList,
};
use opentelemetry_proto::tonic::metrics::v1::Exemplar;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::resource::v1::Resource;
use serde::de::{Error, Unexpected, Visitor};
use serde::{Deserialize, Deserializer};

use super::{Json, Messages};
use crate::batch::Batch;

otlp_object! { Json<KeyValue> {
    "key" => |attribute, key: Text<'de>| attribute.key = key.into();
    "value" => |attribute, value: Json<AnyValue>| attribute.value = Some(value.0);
    "keyStrindex" | "key_strindex" => |attribute, index: Int32| attribute.key_strindex = index.0;
}}

otlp_object! { Json<AnyValue> {
    "stringValue" | "string_value" => |any, value: Text<'de>| any.value = Some(Value::StringValue(value.into()));
    "boolValue" | "bool_value" => |any, value: Flag| any.value = Some(Value::BoolValue(value.0));
    "intValue" | "int_value" => |any, value: Signed| any.value = Some(Value::IntValue(value.0));
    "doubleValue" | "double_value" => |any, value: Float| any.value = Some(Value::DoubleValue(value.0));
    "arrayValue" | "array_value" => |any, value: Json<ArrayValue>| any.value = Some(Value::ArrayValue(value.0));
    "kvlistValue" | "kvlist_value" => |any, value: Json<KeyValueList>| any.value = Some(Value::KvlistValue(value.0));
    "bytesValue" | "bytes_value" => |any, value: Base64| any.value = Some(Value::BytesValue(value.0));
    "stringValueStrindex" | "string_value_strindex" => |any, index: Int32| {
        any.value = Some(Value::StringValueStrindex(index.0));
    };
}}

otlp_object! { Json<ArrayValue> {
    "values" => |array, values: Messages<AnyValue>| array.values = values.0;
}}

otlp_object! { Json<KeyValueList> {
    "values" => |map, values: Messages<KeyValue>| map.values = values.0;
}}

otlp_object! { Json<Resource> {
    "attributes" => |resource, attributes: Messages<KeyValue>| resource.attributes = attributes.0;
    "droppedAttributesCount" | "dropped_attributes_count" => |resource, count: Uint32| {
        resource.dropped_attributes_count = count.0;
    };
    "entityRefs" | "entity_refs" => |resource, entities: Messages<EntityRef>| resource.entity_refs = entities.0;
}}

otlp_object! { Json<EntityRef> {
    "schemaUrl" | "schema_url" => |entity, url: Text<'de>| entity.schema_url = url.into();
    "type" => |entity, kind: Text<'de>| entity.r#type = kind.into();
    "idKeys" | "id_keys" => |entity, keys: Vec<String>| entity.id_keys = keys;
    "descriptionKeys" | "description_keys" => |entity, keys: Vec<String>| entity.description_keys = keys;
}}

otlp_object! { Json<InstrumentationScope> {
    "name" => |scope, name: Text<'de>| scope.name = name.into();
    "version" => |scope, version: Text<'de>| scope.version = version.into();
    "attributes" => |scope, attributes: Messages<KeyValue>| scope.attributes = attributes.0;
    "droppedAttributesCount" | "dropped_attributes_count" => |scope, count: Uint32| {
        scope.dropped_attributes_count = count.0;
    };
}}

/// A `uint32`.
pub(super) struct Uint32(pub(super) u32);

impl<'de> Deserialize<'de> for Uint32 {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Unsigned(wide) = Unsigned::deserialize(deserializer)?;
        let narrow = u32::try_from(wide).ok();
        narrow.map(Self).ok_or_else(|| D::Error::invalid_value(Unexpected::Unsigned(wide), &"a 32-bit number"))
    }
}

/// An `int32` that is not an enum.
pub(super) struct Int32(pub(super) i32);

impl<'de> Deserialize<'de> for Int32 {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Signed(wide) = Signed::deserialize(deserializer)?;
        let narrow = i32::try_from(wide).ok();
        narrow.map(Self).ok_or_else(|| D::Error::invalid_value(Unexpected::Signed(wide), &"a 32-bit number"))
    }
}

/// The number of an enum; a name nobody knows is an error, as it is to the reference.
pub(super) fn named<E: Error>(given: &Enumeration<'_>, by_name: impl FnOnce(&str) -> Option<i32>) -> Result<i32, E> {
    given.number(by_name).ok_or_else(|| E::custom(format_args!("unknown enum {given:?}")))
}

/// An id of exactly `BYTES` bytes in hex, or an empty one.
pub(super) struct Id<const BYTES: usize>(pub(super) Vec<u8>);

impl<'de, const BYTES: usize> Deserialize<'de> for Id<BYTES> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Hex<const BYTES: usize>;
        impl<const BYTES: usize> Visitor<'_> for Hex<BYTES> {
            type Value = Id<BYTES>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{} hex digits or none", BYTES * 2)
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
                let digits: Option<Vec<u8>> = text.chars().map(|digit| digit.to_digit(16)?.try_into().ok()).collect();
                let right_length = text.is_empty() || text.len() == BYTES * 2;
                match digits {
                    Some(digits) if right_length => {
                        Ok(Id(digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect()))
                    }
                    _ => Err(E::invalid_value(Unexpected::Str(text), &self)),
                }
            }
        }
        deserializer.deserialize_str(Hex)
    }
}

/// Bytes in either alphabet of base64, padded or not.
pub(super) struct Base64(Vec<u8>);

const INDIFFERENT: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);

impl<'de> Deserialize<'de> for Base64 {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Text::deserialize(deserializer)?;
        let alphabet = if text.0.contains(['-', '_']) { &URL_SAFE } else { &STANDARD };
        let bytes = GeneralPurpose::new(alphabet, INDIFFERENT).decode(&*text.0);
        bytes.ok().map(Self).ok_or_else(|| D::Error::invalid_value(Unexpected::Str(&text.0), &"base64"))
    }
}

/// Protobuf allows ids of any length; OTLP allows the right one and none.
pub(super) fn check_ids(batch: &Batch) -> Result<(), String> {
    match batch {
        Batch::Traces(request) => {
            let scopes = request.resource_spans.iter().flat_map(|resource| &resource.scope_spans);
            scopes.flat_map(|scope| &scope.spans).try_for_each(|span| {
                pair(&span.trace_id, &span.span_id)?;
                pair(&[], &span.parent_span_id)?;
                span.links.iter().try_for_each(|link| pair(&link.trace_id, &link.span_id))
            })
        }
        Batch::Logs(request) => {
            let scopes = request.resource_logs.iter().flat_map(|resource| &resource.scope_logs);
            let mut records = scopes.flat_map(|scope| &scope.log_records);
            records.try_for_each(|record| pair(&record.trace_id, &record.span_id))
        }
        Batch::Metrics(request) => {
            let scopes = request.resource_metrics.iter().flat_map(|resource| &resource.scope_metrics);
            let mut data = scopes.flat_map(|scope| &scope.metrics).filter_map(|metric| metric.data.as_ref());
            data.try_for_each(point_ids)
        }
    }
}

fn point_ids(data: &Data) -> Result<(), String> {
    let all = |exemplars: &[Exemplar]| exemplars.iter().try_for_each(|one| pair(&one.trace_id, &one.span_id));
    match data {
        Data::Gauge(data) => data.data_points.iter().try_for_each(|point| all(&point.exemplars)),
        Data::Sum(data) => data.data_points.iter().try_for_each(|point| all(&point.exemplars)),
        Data::Histogram(data) => data.data_points.iter().try_for_each(|point| all(&point.exemplars)),
        Data::ExponentialHistogram(data) => data.data_points.iter().try_for_each(|point| all(&point.exemplars)),
        Data::Summary(_) => Ok(()),
    }
}

fn pair(trace_id: &[u8], span_id: &[u8]) -> Result<(), String> {
    match (trace_id.len(), span_id.len()) {
        (0 | 16, 0 | 8) => Ok(()),
        (0 | 16, length) => Err(format!("a span id has {length} bytes")),
        (length, _) => Err(format!("a trace id has {length} bytes")),
    }
}
