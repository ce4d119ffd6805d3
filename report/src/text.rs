//! The one filter that every string from outside passes: control characters become visible, length is bounded.

/// An evidence id: `E12`.
const ID_BYTES: usize = 24;
/// A name, a component.
pub(crate) const NAME_BYTES: usize = 160;
/// A sentence.
pub(crate) const SENTENCE_BYTES: usize = 900;
/// A query to paste elsewhere.
pub(crate) const QUERY_BYTES: usize = 2_400;

/// An evidence id, fit to be shown.
pub(crate) fn id(text: &str) -> String {
    clean(text, ID_BYTES)
}

/// A name, fit to be shown.
pub(crate) fn name(text: &str) -> String {
    clean(text, NAME_BYTES)
}

/// A sentence, fit to be shown.
pub(crate) fn sentence(text: &str) -> String {
    clean(text, SENTENCE_BYTES)
}

/// Makes control, bidirectional and invisible characters visible as `\u{…}`, line breaks and tabs a space, and cuts
/// where the text would take more than `bytes` bytes once it is escaped for HTML.
pub(crate) fn clean(text: &str, bytes: usize) -> String {
    let mut shown = String::with_capacity(text.len().min(bytes));
    let mut cost = 0;
    for character in text.chars() {
        let before = shown.len();
        match character {
            '\n' | '\r' | '\t' => shown.push(' '),
            unsafe_one if is_deceptive(unsafe_one) => shown.extend(unsafe_one.escape_unicode()),
            plain => shown.push(plain),
        }
        cost += match character {
            '<' | '>' => 4,
            '&' => 5,
            '"' => 6,
            _ => shown.len() - before,
        };
        if cost > bytes {
            shown.truncate(before);
            shown.push_str(&format!("… ({} bytes)", text.len()));
            return shown;
        }
    }
    shown
}

/// Whether a character could move the cursor, reorder what is read, or hide.
fn is_deceptive(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{00ad}' | '\u{061c}' | '\u{180e}' | '\u{200b}' | '\u{200e}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn hostile_characters_become_visible() {
        insta::assert_snapshot!(
            sentence("a\0b\u{1b}[31mred\u{202e}txt.exe\u{200b}|\u{9b}2J\nnext"),
            @r"a\u{0}b\u{1b}[31mred\u{202e}txt.exe\u{200b}|\u{9b}2J next"
        );
    }

    #[test]
    fn a_megabyte_is_cut_and_says_so() {
        let cut = name(&"<".repeat(1 << 20));
        assert!(cut.ends_with("… (1048576 bytes)"), "{cut}");
        assert_eq!(cut.matches('<').count(), NAME_BYTES / 4);
    }

    #[test]
    fn ordinary_text_of_any_script_stays_as_it_is() {
        let text = "Bücher, 本棚, كتب, 👩‍🚀: p99 44 → 1,100 ms";
        assert_eq!(sentence(text), text);
    }

    proptest! {
        #[test]
        fn nothing_deceptive_is_left_and_the_escaped_form_is_bounded(text in any::<String>()) {
            let shown = clean(&text, 64);
            prop_assert!(!shown.chars().any(is_deceptive));
            let escaped = maud::html! { (shown) }.into_string();
            prop_assert!(escaped.len() <= 64 + "… (12345678 bytes)".len() + 2, "{escaped}");
        }
    }
}
