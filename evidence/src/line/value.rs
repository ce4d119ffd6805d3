//! Attributes, values and resources.

use std::borrow::Cow;
use std::fmt::Write as _;

use crate::line::Json;
use crate::otlp::{Flag, Float, List, Signed, Text};
use crate::otlp_object;

#[derive(Default)]
pub(crate) struct Attribute<'de> {
    pub(crate) key: Text<'de>,
    pub(crate) value: Any<'de>,
}

#[derive(Default)]
pub(crate) enum Any<'de> {
    #[default]
    Empty,
    /// A string, or bytes as their base64 text.
    Text(Cow<'de, str>),
    Int(i64),
    Double(f64),
    Bool(bool),
    List(Vec<Json<Self>>),
    Map(Vec<Json<Attribute<'de>>>),
}

#[derive(Default)]
pub(crate) struct Resource<'de> {
    pub(crate) attributes: Attributes<'de>,
}

pub(crate) type Attributes<'de> = List<Json<Attribute<'de>>>;

#[derive(Default)]
struct Values<T>(Vec<Json<T>>);

otlp_object! { Json<Attribute<'de>> {
    "key" => |attribute, key: Text<'de>| attribute.key = key;
    "value" => |attribute, value: Json<Any<'de>>| attribute.value = value.0;
}}

otlp_object! { Json<Any<'de>> {
    "stringValue" | "string_value" => |any, text: Text<'de>| *any = Any::Text(text.0);
    "intValue" | "int_value" => |any, value: Signed| *any = Any::Int(value.0);
    "boolValue" | "bool_value" => |any, value: Flag| *any = Any::Bool(value.0);
    "doubleValue" | "double_value" => |any, value: Float| *any = Any::Double(value.0);
    "arrayValue" | "array_value" => |any, list: Json<Values<Any<'de>>>| *any = Any::List(list.0.0);
    "kvlistValue" | "kvlist_value" => |any, map: Json<Values<Attribute<'de>>>| *any = Any::Map(map.0.0);
    "bytesValue" | "bytes_value" => |any, text: Text<'de>| *any = Any::Text(text.0);
}}

otlp_object! { Json<Values<Any<'de>>> {
    "values" => |list, values: List<Json<Any<'de>>>| list.0 = values.0;
}}

otlp_object! { Json<Values<Attribute<'de>>> {
    "values" => |map, values: List<Json<Attribute<'de>>>| map.0 = values.0;
}}

otlp_object! { Json<Resource<'de>> {
    "attributes" => |resource, attributes: Attributes<'de>| resource.attributes = attributes;
}}

impl Any<'_> {
    /// The plain JSON of a value: `["a",1]`, not the typed form of the protocol.
    pub(crate) fn to_json(&self) -> String {
        let mut json = String::new();
        self.write_json(&mut json);
        json
    }

    fn write_json(&self, json: &mut String) {
        match self {
            Self::Empty => json.push_str("null"),
            Self::Text(text) => write_string(json, text),
            Self::Int(value) => write!(json, "{value}").expect("writing to a string does not fail"),
            Self::Double(value) if value.is_finite() => {
                write!(json, "{value}").expect("writing to a string does not fail");
            }
            Self::Double(value) => write_string(json, &value.to_string()),
            Self::Bool(value) => json.push_str(if *value { "true" } else { "false" }),
            Self::List(values) => {
                json.push('[');
                for (position, Json(value)) in values.iter().enumerate() {
                    json.push_str(if position > 0 { "," } else { "" });
                    value.write_json(json);
                }
                json.push(']');
            }
            Self::Map(values) => {
                json.push('{');
                for (position, Json(attribute)) in values.iter().enumerate() {
                    json.push_str(if position > 0 { "," } else { "" });
                    write_string(json, &attribute.key.0);
                    json.push(':');
                    attribute.value.write_json(json);
                }
                json.push('}');
            }
        }
    }
}

fn write_string(json: &mut String, text: &str) {
    json.push_str(&serde_json::to_string(text).expect("a string is always JSON"));
}
