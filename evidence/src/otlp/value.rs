//! The leaves of OTLP/JSON: 64-bit numbers as strings or numbers, doubles with their special names, hex ids, enums by
//! number or name.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, Error, SeqAccess, Unexpected, Visitor};

/// A string, borrowed from the input where it has no escapes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Text<'de>(pub Cow<'de, str>);

impl<'de> Deserialize<'de> for Text<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Borrowing;
        impl<'de> Visitor<'de> for Borrowing {
            type Value = Text<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Text(Cow::Borrowed(text)))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Text(Cow::Owned(text.to_owned())))
            }
        }
        deserializer.deserialize_str(Borrowing)
    }
}

impl From<Text<'_>> for String {
    fn from(text: Text<'_>) -> Self {
        text.0.into_owned()
    }
}

/// Reads a leaf by the JSON type it came as; each kind of leaf says what it makes of the types it accepts.
macro_rules! leaf {
    ($(#[$doc:meta])* $name:ident($inner:ty), $expecting:literal, { $($visit:ident($arg:ident: $argty:ty, $kind:ident) => $body:expr;)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq)]
        pub struct $name(pub $inner);

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Leaf;
                impl Visitor<'_> for Leaf {
                    type Value = $name;

                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str($expecting)
                    }

                    $(fn $visit<E: Error>(self, $arg: $argty) -> Result<Self::Value, E> {
                        $body.map($name).ok_or_else(|| E::invalid_value(Unexpected::$kind($arg), &self))
                    })+
                }
                deserializer.deserialize_any(Leaf)
            }
        }
    };
}

leaf! {
    /// A `uint64`, `fixed64` or `uint32`: `"7"` or `7`.
    Unsigned(u64), "an unsigned integer, as a number or a string", {
        visit_u64(value: u64, Unsigned) => Some(value);
        visit_i64(value: i64, Signed) => u64::try_from(value).ok();
        visit_f64(value: f64, Float) => whole(value).and_then(|whole| u64::try_from(whole).ok());
        visit_str(value: &str, Str) => value.parse().ok();
    }
}

leaf! {
    /// An `int64` or `int32`: `"-7"` or `-7`.
    Signed(i64), "an integer, as a number or a string", {
        visit_u64(value: u64, Unsigned) => i64::try_from(value).ok();
        visit_i64(value: i64, Signed) => Some(value);
        visit_f64(value: f64, Float) => whole(value).and_then(|whole| i64::try_from(whole).ok());
        visit_str(value: &str, Str) => value.parse().ok();
    }
}

leaf! {
    /// A `double`: a number, a number as a string, `"NaN"`, `"Infinity"` or `"-Infinity"`.
    Float(f64), "a number", {
        visit_u64(value: u64, Unsigned) => Some(value as f64);
        visit_i64(value: i64, Signed) => Some(value as f64);
        visit_f64(value: f64, Float) => Some(value);
        visit_str(value: &str, Str) => value.parse().ok();
    }
}

leaf! {
    /// A `bool`, also as a string.
    Flag(bool), "true or false", {
        visit_bool(value: bool, Bool) => Some(value);
        visit_str(value: &str, Str) => value.parse().ok();
    }
}

/// A float that is a whole number exactly, such as `1e3`.
fn whole(value: f64) -> Option<i128> {
    // Every f64 below 2^64 is far inside i128, and the cast back proves that nothing was rounded.
    let whole = value as i128;
    ((whole as f64).to_bits() == value.to_bits()).then_some(whole)
}

/// An enum by its number or by its protobuf name.
#[derive(Clone, Debug, PartialEq)]
pub enum Enumeration<'de> {
    Number(i32),
    Name(Cow<'de, str>),
}

impl Enumeration<'_> {
    /// The number, with names looked up; `None` for a name that is not known.
    pub fn number(&self, by_name: impl FnOnce(&str) -> Option<i32>) -> Option<i32> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Name(name) => by_name(name).or_else(|| name.parse().ok()),
        }
    }
}

impl<'de> Deserialize<'de> for Enumeration<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NumberOrName;
        impl<'de> Visitor<'de> for NumberOrName {
            type Value = Enumeration<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an enum, as a number or a name")
            }

            fn visit_u64<E: Error>(self, value: u64) -> Result<Self::Value, E> {
                let number =
                    i32::try_from(value).ok().ok_or_else(|| E::invalid_value(Unexpected::Unsigned(value), &self))?;
                Ok(Enumeration::Number(number))
            }

            fn visit_i64<E: Error>(self, value: i64) -> Result<Self::Value, E> {
                let number =
                    i32::try_from(value).ok().ok_or_else(|| E::invalid_value(Unexpected::Signed(value), &self))?;
                Ok(Enumeration::Number(number))
            }

            fn visit_borrowed_str<E: Error>(self, name: &'de str) -> Result<Self::Value, E> {
                Ok(Enumeration::Name(Cow::Borrowed(name)))
            }

            fn visit_str<E: Error>(self, name: &str) -> Result<Self::Value, E> {
                Ok(Enumeration::Name(Cow::Owned(name.to_owned())))
            }
        }
        deserializer.deserialize_any(NumberOrName)
    }
}

/// A trace or span id of `DIGITS` hex digits, upper or lower case; shorter ones count as padded with zeros on the left,
/// and an empty one is 0, which means none.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct HexId<const DIGITS: usize>(pub u128);

impl<'de, const DIGITS: usize> Deserialize<'de> for HexId<DIGITS> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Hex<const DIGITS: usize>;
        impl<const DIGITS: usize> Visitor<'_> for Hex<DIGITS> {
            type Value = HexId<DIGITS>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "at most {DIGITS} hex digits")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
                hex(text, DIGITS).map(HexId).ok_or_else(|| E::invalid_value(Unexpected::Str(text), &self))
            }
        }
        deserializer.deserialize_str(Hex)
    }
}

/// Reads hex digits without the sign that `from_str_radix` would accept.
fn hex(text: &str, most: usize) -> Option<u128> {
    if text.len() > most {
        return None;
    }
    let digits = |digits: &[u8]| {
        digits.iter().try_fold(0_u64, |id, digit| Some(id << 4 | u64::from((*digit as char).to_digit(16)?)))
    };
    // In halves, because 64-bit shifts are cheaper than 128-bit ones and ids are read for every span.
    let (high, low) = text.as_bytes().split_at(text.len().saturating_sub(16));
    Some(u128::from(digits(high)?) << 64 | u128::from(digits(low)?))
}

/// A list; elements that are `null` are left out.
#[derive(Clone, Debug, PartialEq)]
pub struct List<T>(pub Vec<T>);

impl<T> Default for List<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for List<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Elements<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Elements<T> {
            type Value = List<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Self::Value, A::Error> {
                // Lists of attributes are what there is most of, and mostly have a handful.
                let mut list = Vec::with_capacity(4);
                while let Some(element) = elements.next_element::<Option<T>>()? {
                    list.extend(element);
                }
                Ok(List(list))
            }
        }
        deserializer.deserialize_seq(Elements(PhantomData))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read<'de, T: Deserialize<'de> + fmt::Debug>(json: &'de str) -> String {
        serde_json::from_str::<T>(json).map_or_else(|error| error.to_string(), |value| format!("{value:?}"))
    }

    #[test]
    fn numbers_are_read_as_numbers_and_as_strings() {
        let rows = [
            read::<Unsigned>("\"18446744073709551615\""),
            read::<Unsigned>("7"),
            read::<Unsigned>("1e3"),
            read::<Unsigned>("-1"),
            read::<Unsigned>("1.5"),
            read::<Unsigned>("18446744073709551616"),
            read::<Signed>("\"-9223372036854775808\""),
            read::<Signed>("9223372036854775808"),
            read::<Signed>("true"),
            read::<Float>("\"-Infinity\""),
            read::<Float>("\"NaN\""),
            read::<Float>("3"),
            read::<Float>("\"\""),
            read::<Flag>("\"true\""),
        ];
        insta::assert_snapshot!(rows.join("\n"), @r#"
        Unsigned(18446744073709551615)
        Unsigned(7)
        Unsigned(1000)
        invalid value: integer `-1`, expected an unsigned integer, as a number or a string at line 1 column 2
        invalid value: floating point `1.5`, expected an unsigned integer, as a number or a string at line 1 column 3
        invalid value: floating point `1.8446744073709552e+19`, expected an unsigned integer, as a number or a string at line 1 column 20
        Signed(-9223372036854775808)
        invalid value: integer `9223372036854775808`, expected an integer, as a number or a string at line 1 column 19
        invalid type: boolean `true`, expected an integer, as a number or a string at line 1 column 4
        Float(-inf)
        Float(NaN)
        Float(3.0)
        invalid value: string "", expected a number at line 1 column 2
        Flag(true)
        "#);
    }

    #[test]
    fn ids_are_read_in_either_case_and_empty() {
        let rows = [
            read::<HexId<16>>("\"00F067AA0BA902b7\""),
            read::<HexId<16>>("\"\""),
            read::<HexId<16>>("\"b7\""),
            read::<HexId<16>>("\"+1\""),
            read::<HexId<16>>("\"00f067aa0ba902b7a\""),
            read::<HexId<16>>("7"),
        ];
        insta::assert_snapshot!(rows.join("\n"), @r#"
        HexId(67667974448284343)
        HexId(0)
        HexId(183)
        invalid value: string "+1", expected at most 16 hex digits at line 1 column 4
        invalid value: string "00f067aa0ba902b7a", expected at most 16 hex digits at line 1 column 19
        invalid type: integer `7`, expected at most 16 hex digits at line 1 column 1
        "#);
    }

    #[test]
    fn enums_are_read_by_number_and_by_name() {
        let kind = |json| {
            serde_json::from_str::<Enumeration<'_>>(json)
                .map(|kind| kind.number(|name| (name == "SPAN_KIND_SERVER").then_some(2)))
        };
        let rows =
            ["2", "\"SPAN_KIND_SERVER\"", "\"2\"", "\"server\"", "99999999999", "[]"].map(|json| match kind(json) {
                Ok(number) => format!("{json}: {number:?}"),
                Err(error) => format!("{json}: {error}"),
            });
        insta::assert_snapshot!(rows.join("\n"), @r#"
        2: Some(2)
        "SPAN_KIND_SERVER": Some(2)
        "2": Some(2)
        "server": None
        99999999999: invalid value: integer `99999999999`, expected an enum, as a number or a name at line 1 column 11
        []: invalid type: sequence, expected an enum, as a number or a name at line 1 column 2
        "#);
    }

    #[test]
    fn lists_leave_nulls_out() {
        insta::assert_snapshot!(read::<List<Unsigned>>("[1,null,\"2\"]"), @"List([Unsigned(1), Unsigned(2)])");
    }
}
