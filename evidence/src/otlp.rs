//! How OTLP/JSON spells its values, and one macro that reads its objects: tolerant of nulls, both cases of keys, and
//! numbers as strings.

pub mod value;

pub use value::{Enumeration, Flag, Float, HexId, List, Signed, Text, Unsigned};

/// Makes `$wrapper<$target>` readable from a JSON object.
///
/// Each row names the keys that mean the same, the type the value is read as, and what to do with it. A `null` leaves
/// the default, an unknown key is skipped, and of a key given twice the last one wins, as in protobuf.
#[macro_export]
macro_rules! otlp_object {
    ($wrapper:ident<$target:ty> { $($($key:literal)|+ => |$out:ident, $value:ident: $leaf:ty| $set:expr;)+ }) => {
        impl<'de> ::serde::Deserialize<'de> for $wrapper<$target> {
            fn deserialize<D: ::serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Fields<'de>(::std::marker::PhantomData<&'de ()>);
                impl<'de> ::serde::de::Visitor<'de> for Fields<'de> {
                    type Value = $target;

                    fn expecting(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                        f.write_str("an object")
                    }

                    fn visit_map<A: ::serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                        let mut target = <$target>::default();
                        while let Some(key) = map.next_key::<$crate::otlp::Text<'de>>()? {
                            match &*key.0 {
                                $($($key)|+ => {
                                    if let Some($value) = map.next_value::<Option<$leaf>>()? {
                                        let $out = &mut target;
                                        $set;
                                    }
                                })+
                                _ => { map.next_value::<::serde::de::IgnoredAny>()?; }
                            }
                        }
                        Ok(target)
                    }
                }
                deserializer.deserialize_map(Fields(::std::marker::PhantomData)).map($wrapper)
            }
        }
    };
}
