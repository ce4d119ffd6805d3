//! Attributes, values, resources and ids of messages, as lines have them.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::resource::v1;

use crate::line::Json;
use crate::line::value::{Any, Attribute, Attributes, Resource};
use crate::otlp::{HexId, List, Text};

pub(super) fn list<'a, T, U>(items: &'a [T], convert: impl Fn(&'a T) -> U) -> List<Json<U>> {
    List(items.iter().map(|item| Json(convert(item))).collect())
}

pub(super) fn text(text: &str) -> Text<'_> {
    Text(Cow::Borrowed(text))
}

pub(super) fn resource(resource: Option<&v1::Resource>) -> Resource<'_> {
    Resource { attributes: resource.map_or_else(List::default, |resource| attributes(&resource.attributes)) }
}

pub(super) fn attributes(all: &[KeyValue]) -> Attributes<'_> {
    List(all.iter().map(|one| Json(attribute(one))).collect())
}

fn attribute(attribute: &KeyValue) -> Attribute<'_> {
    Attribute { key: text(&attribute.key), value: attribute.value.as_ref().map_or(Any::Empty, any) }
}

/// A reference into a table of strings is of no use without the table, in a line as in a message.
pub(super) fn any(value: &AnyValue) -> Any<'_> {
    match &value.value {
        None | Some(Value::StringValueStrindex(_)) => Any::Empty,
        Some(Value::StringValue(text)) => Any::Text(Cow::Borrowed(text)),
        Some(Value::BoolValue(value)) => Any::Bool(*value),
        Some(Value::IntValue(value)) => Any::Int(*value),
        Some(Value::DoubleValue(value)) => Any::Double(*value),
        Some(Value::ArrayValue(array)) => Any::List(array.values.iter().map(|value| Json(any(value))).collect()),
        Some(Value::KvlistValue(map)) => Any::Map(map.values.iter().map(|one| Json(attribute(one))).collect()),
        Some(Value::BytesValue(bytes)) => Any::Text(Cow::Owned(STANDARD.encode(bytes))),
    }
}

/// An id of too many bytes is none: a line with it could not be read.
pub(super) fn id<const DIGITS: usize>(bytes: &[u8]) -> HexId<DIGITS> {
    let fits = bytes.len() * 2 <= DIGITS;
    HexId(if fits { bytes.iter().fold(0, |id, byte| id << 8 | u128::from(*byte)) } else { 0 })
}
