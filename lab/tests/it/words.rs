//! Texts as words, and names in texts replaced as whole names.

/// Lowercase runs of letters: `GET /products/{id}` is `get`, `products`, `id`.
pub(crate) fn words(text: &str) -> impl Iterator<Item = String> {
    text.split(|letter: char| !letter.is_ascii_alphabetic()).filter(|word| !word.is_empty()).map(str::to_lowercase)
}

/// Replaces names where they stand alone as the name of something: not inside of another word or dotted name, and not as
/// a part of a path.
pub(crate) fn renamed(text: &str, names: &[(&str, &str)]) -> String {
    let bytes = text.as_bytes();
    let inside = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while at < text.len() {
        let before = &bytes[..at];
        let path = before.ends_with(b"/") && !before.ends_with(b"//");
        let free = !path && !before.last().is_some_and(|byte| inside(*byte) || matches!(byte, b'.' | b'-'))
            // The second half of an arrow is no hyphen within a name.
            || before.ends_with(b"->");
        // The longest name first: one may begin with another.
        let found =
            names.iter().filter(|(name, _)| free && text[at..].starts_with(name)).max_by_key(|(name, _)| name.len());
        let ends = |name: &str| {
            let after = bytes.get(at + name.len());
            let dotted = after == Some(&b'.') && bytes.get(at + name.len() + 1).is_some_and(|byte| inside(*byte));
            !after.is_some_and(|byte| inside(*byte)) && !dotted
        };
        match found {
            Some((name, new)) if ends(name) => {
                out.push_str(new);
                at += name.len();
            }
            _ => {
                let letter = text[at..].chars().next().unwrap();
                out.push(letter);
                at += letter.len_utf8();
            }
        }
    }
    out
}

#[test]
fn names_are_replaced_where_they_stand_alone() {
    let names = [("catalog", "b"), ("catalog-cache", "a-b"), ("search", "zz")];
    let text =
        "http://catalog:80/search/7 edge:search->catalog-cache research catalog.cache.fallback catalog/2 search.";
    insta::assert_snapshot!(renamed(text, &names), @"http://b:80/search/7 edge:zz->a-b research catalog.cache.fallback b/2 zz.");
}
