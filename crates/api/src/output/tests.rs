//! What the printers write, byte for byte as a MediaWiki 1.39 does for the same tree.

use super::*;

fn body(value: impl Into<Value>, options: &OutputOptions) -> String {
    String::from_utf8(print(&value.into(), options).body).unwrap()
}

#[test]
fn an_empty_answer_is_an_object() {
    assert_eq!(body(Map::new(), &OutputOptions::default()), "{}");
}
