//! The punctuation, strings and numbers of JSON, written straight into a buffer.

use std::io::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Writes one object; fields at their default are left out.
pub(super) struct Object<'a> {
    out: &'a mut Vec<u8>,
    first: bool,
}

impl<'a> Object<'a> {
    pub(super) fn open(out: &'a mut Vec<u8>) -> Self {
        out.push(b'{');
        Self { out, first: true }
    }

    pub(super) fn close(self) {
        self.out.push(b'}');
    }

    /// Writes a name and hands out the buffer for its value. Names need no escaping.
    pub(super) fn field(&mut self, name: &str) -> &mut Vec<u8> {
        if !self.first {
            self.out.push(b',');
        }
        self.first = false;
        self.out.push(b'"');
        self.out.extend_from_slice(name.as_bytes());
        self.out.extend_from_slice(b"\":");
        self.out
    }

    pub(super) fn text(&mut self, name: &str, value: &str) {
        if !value.is_empty() {
            string(self.field(name), value);
        }
    }

    /// A trace or span id; all zeros means none.
    pub(super) fn id(&mut self, name: &str, id: &[u8]) {
        if id.iter().any(|byte| *byte != 0) {
            hex(self.field(name), id);
        }
    }

    /// A 32-bit number, an enum included.
    pub(super) fn number(&mut self, name: &str, value: impl Into<i64>) {
        let value = value.into();
        if value != 0 {
            decimal(self.field(name), value);
        }
    }

    /// A 64-bit number.
    pub(super) fn long(&mut self, name: &str, value: u64) {
        if value != 0 {
            long(self.field(name), value);
        }
    }

    /// A double that is left out at zero of either sign.
    pub(super) fn double(&mut self, name: &str, value: f64) {
        if value.abs().to_bits() != 0 {
            double(self.field(name), value);
        }
    }

    /// A double that is written whenever it is there.
    pub(super) fn present(&mut self, name: &str, value: Option<f64>) {
        if let Some(value) = value {
            double(self.field(name), value);
        }
    }

    pub(super) fn list<T>(&mut self, name: &str, items: &[T], write: impl FnMut(&mut Vec<u8>, &T)) {
        if !items.is_empty() {
            list(self.field(name), items, write);
        }
    }
}

/// Writes a list, also an empty one.
pub(super) fn list<T>(out: &mut Vec<u8>, items: &[T], mut write: impl FnMut(&mut Vec<u8>, &T)) {
    out.push(b'[');
    for (position, item) in items.iter().enumerate() {
        if position > 0 {
            out.push(b',');
        }
        write(out, item);
    }
    out.push(b']');
}

/// Writes a quoted string; control characters without a short form become `\u00xx`, all else stays as it is.
pub(super) fn string(out: &mut Vec<u8>, text: &str) {
    out.reserve(text.len() + 2);
    out.push(b'"');
    let mut rest = text.as_bytes();
    // Most strings need no escape at all: eight bytes at a time until one is seen.
    while let Some((word, _)) = rest.split_first_chunk::<8>() {
        if needs_escape(u64::from_le_bytes(*word)) {
            break;
        }
        rest = &rest[8..];
    }
    let plain = text.len() - rest.len();
    out.extend_from_slice(&text.as_bytes()[..plain]);
    escaped(out, rest);
    out.push(b'"');
}

/// Whether any of eight bytes is a quote, a backslash or a control character.
fn needs_escape(word: u64) -> bool {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    const HIGH: u64 = u64::from_ne_bytes([0x80; 8]);
    // The classic test for a zero byte (Mycroft 1987); it may err only beyond a byte that really is one.
    let has_zero = |word: u64| word.wrapping_sub(ONES) & !word & HIGH;
    let control = word.wrapping_sub(ONES * 0x20) & !word & HIGH;
    has_zero(word ^ (ONES * u64::from(b'"'))) | has_zero(word ^ (ONES * u64::from(b'\\'))) | control != 0
}

fn escaped(out: &mut Vec<u8>, bytes: &[u8]) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let mut done = 0;
    for (position, byte) in bytes.iter().enumerate() {
        let escape = match byte {
            b'"' | b'\\' => *byte,
            b'\n' => b'n',
            b'\r' => b'r',
            b'\t' => b't',
            0..=0x1f => b'u',
            _ => continue,
        };
        out.extend_from_slice(&bytes[done..position]);
        out.extend_from_slice(&[b'\\', escape]);
        if escape == b'u' {
            out.extend_from_slice(&[b'0', b'0', HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
        }
        done = position + 1;
    }
    out.extend_from_slice(&bytes[done..]);
}

fn hex(out: &mut Vec<u8>, id: &[u8]) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    out.reserve(2 * id.len() + 2);
    out.push(b'"');
    for byte in id {
        out.extend_from_slice(&[HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
    }
    out.push(b'"');
}

/// Writes a number without quotes.
pub(super) fn decimal(out: &mut Vec<u8>, value: i64) {
    write!(out, "{value}").expect("writing to memory does not fail");
}

/// Writes a 64-bit number, which OTLP/JSON puts in quotes.
pub(super) fn long(out: &mut Vec<u8>, value: impl Into<i128>) {
    // Twenty digits, a sign and two quotes, filled in from the right because this is the hottest number.
    let value: i128 = value.into();
    let mut digits = [b'"'; 24];
    let mut start = digits.len() - 1;
    let mut rest = u64::try_from(value.unsigned_abs()).expect("both 64-bit ranges fit in u64 without their sign");
    loop {
        start -= 1;
        digits[start] = b'0' + u8::try_from(rest % 10).expect("a remainder of ten is one digit");
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    if value < 0 {
        start -= 1;
        digits[start] = b'-';
    }
    out.extend_from_slice(&digits[start - 1..]);
}

/// Writes the shortest digits that read back as the same double, with an exponent outside of 1e-6 to 1e21, as Go does.
pub(super) fn double(out: &mut Vec<u8>, value: f64) {
    let size = value.abs();
    let written = if value.is_nan() {
        out.write_all(b"\"NaN\"")
    } else if value.is_infinite() {
        out.write_all(if value > 0.0 { b"\"Infinity\"" } else { b"\"-Infinity\"" })
    } else if size.to_bits() == 0 || (1e-6..1e21).contains(&size) {
        write!(out, "{value}")
    } else {
        let text = format!("{value:e}");
        let (digits, exponent) = text.split_once('e').expect("the exponent form has an exponent");
        let (sign, exponent) = exponent.strip_prefix('-').map_or(('+', exponent), |exponent| ('-', exponent));
        write!(out, "{digits}e{sign}{exponent:0>2}")
    };
    written.expect("writing to memory does not fail");
}

/// Writes bytes as base64 in quotes.
pub(super) fn bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    out.push(b'"');
    out.extend_from_slice(STANDARD.encode(bytes).as_bytes());
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(write: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        write(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn doubles_are_spelt_as_go_spells_them() {
        let doubles = [
            0.0,
            -0.0,
            1.0,
            20.0,
            0.1,
            1e20,
            1e21,
            1.5e300,
            1e-6,
            9.9e-7,
            5e-324,
            f64::MAX,
            f64::NAN,
            f64::INFINITY,
            f64::NEG_INFINITY,
            123_456_789.123,
        ];
        let rows = doubles.map(|value| written(|out| double(out, value)));
        insta::assert_snapshot!(rows.join(" "), @r#"0 -0 1 20 0.1 100000000000000000000 1e+21 1.5e+300 0.000001 9.9e-07 5e-324 1.7976931348623157e+308 "NaN" "Infinity" "-Infinity" 123456789.123"#);
    }

    #[test]
    fn long_numbers_keep_every_digit() {
        let rows =
            [written(|out| long(out, u64::MAX)), written(|out| long(out, i64::MIN)), written(|out| long(out, 0))];
        insta::assert_snapshot!(rows.join(" "), @r#""18446744073709551615" "-9223372036854775808" "0""#);
    }

    #[test]
    fn strings_escape_what_json_forbids_and_nothing_else() {
        insta::assert_snapshot!(written(|out| string(out, "a\"b\\c\n\r\t\u{1}\u{8}\u{1f}\u{7f}</é\u{2028}")), @r#""a\"b\\c\n\r\t\u0001\u0008\u001f</é ""#);
    }

    proptest::proptest! {
        #[test]
        fn strings_read_back_as_they_were(text in ".*|[ -~]{0,40}|[\u{0}-\u{2f}é\\\\\"]{0,40}") {
            let read: String = serde_json::from_str(&written(|out| string(out, &text))).unwrap();
            proptest::prop_assert_eq!(read, text);
        }
    }
}
