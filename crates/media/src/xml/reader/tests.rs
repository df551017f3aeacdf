use std::io::Cursor;

use super::*;
use crate::samples::{join, utf16};

/// The tokens in short; `!` at the end of what isn't well-formed.
fn tokens(document: &[u8]) -> String {
    let mut source = Cursor::new(document);
    let Ok(mut reader) = Reader::new(&mut source) else { return "!".to_owned() };
    let mut out = String::new();
    loop {
        match reader.next() {
            Ok(Some(Token::Start(element))) => {
                out.push_str(&format!("<{{{}}}{}", element.ns, element.local));
                for attribute in element.attributes {
                    out.push_str(&format!(" {}={:?}", attribute.name(), attribute.value));
                }
                out.push('>');
            }
            Ok(Some(Token::End)) => out.push_str("</>"),
            Ok(Some(Token::Text(text))) => out.push_str(&format!("{text:?}")),
            Ok(Some(Token::Instruction(text))) => out.push_str(&format!("?{text}?")),
            Ok(Some(Token::Doctype(external))) => out.push_str(&format!("{external:?}")),
            Ok(None) => return out,
            Err(_) => return out + "!",
        }
    }
}

#[test]
fn names_are_resolved() {
    let cases = [
        ("<a/>", "<{}a></>"),
        ("<a xmlns='u'><b/><c xmlns=''/></a>", "<{u}a><{u}b></><{}c></></>"),
        ("<p:a xmlns:p='u' p:x='1' y='2'/>", "<{u}a u:x=\"1\" y=\"2\"></>"),
        ("<p:a p:x='1' xmlns:p='u'><p:b xmlns:p='v'/><p:c/></p:a>", "<{u}a u:x=\"1\"><{v}b></><{u}c></></>"),
        ("<p:a p:x='1'/>", "<{p}a p:x=\"1\"></>"),
        ("<a xml:lang='de'/>", "<{}a http://www.w3.org/XML/1998/namespace:lang=\"de\"></>"),
        ("<a><b xmlns='u'/><c/></a>", "<{}a><{u}b></><{}c></></>"),
    ];
    for (document, expected) in cases {
        assert_eq!(tokens(document.as_bytes()), expected, "{document}");
    }
}

#[test]
fn references_are_replaced() {
    let cases = [
        ("<a b='&lt;&gt;&amp;&quot;&apos;&#65;&#x42;'/>", "<{}a b=\"<>&\\\"'AB\"></>"),
        ("<a>&lt;&#x1F600;</a>", "<{}a>\"<\"\"😀\"</>"),
        ("<a b='x\t\r\ny\nz&#9;&#10;&#13;'/>", "<{}a b=\"x  y z\\t\\n\\r\"></>"),
        ("<a>x\r\ny\rz</a>", "<{}a>\"x\\ny\\nz\"</>"),
        ("<a><![CDATA[<&\r\n]]></a>", "<{}a>\"<&\\n\"</>"),
        ("<a b='&'/>", "!"),
        ("<a b='&#;'/>", "!"),
        ("<a b='&#x;'/>", "!"),
        ("<a b='&#+5;'/>", "!"),
        ("<a b='&#4294967361;'/>", "!"),
        ("<a b='&none;'/>", "!"),
    ];
    for (document, expected) in cases {
        assert_eq!(tokens(document.as_bytes()), expected, "{document}");
    }
}

#[test]
fn encodings_are_read_by_mark_first_character_and_declaration() {
    let text = "<?xml version='1.0'?><a>ä</a>";
    let expected = "<{}a>\"ä\"</>";
    assert_eq!(tokens(text.as_bytes()), expected);
    assert_eq!(tokens(&join(&[b"\xEF\xBB\xBF", text.as_bytes()])), expected);
    for is_big_endian in [false, true] {
        let mark: &[u8] = if is_big_endian { b"\xFE\xFF" } else { b"\xFF\xFE" };
        assert_eq!(tokens(&utf16(text, is_big_endian)), expected);
        assert_eq!(tokens(&join(&[mark, &utf16(text, is_big_endian)])), expected);
    }
    assert_eq!(tokens(b"<?xml version='1.0' encoding='iso-8859-1'?><a>\xE4</a>"), expected);
    assert_eq!(tokens(b"<?xml version='1.0' encoding='windows-1251'?><a>\xE4</a>"), "<{}a>\"д\"</>");
    assert_eq!(tokens(b"<?xml version='1.0' encoding='UTF-16'?><a>\xC3\xA4</a>"), expected);
    for bad in [
        &b"<a>\xE4</a>"[..],
        b"<?xml version='1.0' encoding='utf-7'?><a/>",
        b"\xFF\xFE<\0a\0/\0>",
        b"<\0a\0\0\xD8/\0>\0",
    ] {
        assert!(tokens(bad).ends_with('!'), "{}", bad.escape_ascii());
    }
}

#[test]
fn what_is_longer_than_a_limit_is_not_read() {
    let attributes = |count: usize| (0..count).map(|n| format!(" a{n}=''")).collect::<String>();
    assert!(!tokens(format!("<a{}/>", attributes(ATTRIBUTE_LIMIT)).as_bytes()).ends_with('!'));
    assert!(tokens(format!("<a{}/>", attributes(ATTRIBUTE_LIMIT + 1)).as_bytes()).ends_with('!'));
    let namespace = |length: usize| format!("<a xmlns='{}'/>", "u".repeat(length));
    assert!(!tokens(namespace(NAMESPACE_LIMIT).as_bytes()).ends_with('!'));
    assert!(tokens(namespace(NAMESPACE_LIMIT + 1).as_bytes()).ends_with('!'));
    let nested = |depth: usize| "<a>".repeat(depth) + &"</a>".repeat(depth);
    assert!(!tokens(nested(DEPTH_LIMIT).as_bytes()).ends_with('!'));
    assert!(tokens(nested(DEPTH_LIMIT + 1).as_bytes()).ends_with('!'));
    let chain = |length: usize| {
        let links: String = (0..length).map(|n| format!("<!ENTITY e{n} '&e{};'>", n + 1)).collect();
        format!("<!DOCTYPE a [{links}<!ENTITY e{length} 'x'>]><a>&e0;</a>")
    };
    assert!(!tokens(chain(CHAIN_LIMIT - 1).as_bytes()).ends_with('!'));
    assert!(tokens(chain(CHAIN_LIMIT).as_bytes()).ends_with('!'));
}

#[test]
fn a_value_that_grows_too_much_is_not_read() {
    let entity = "x".repeat(255);
    let references = "&e;".repeat(VALUE_LIMIT / 255 + 1);
    let document = format!("<!DOCTYPE a [<!ENTITY e '{entity}'>]><a b='{references}'/>");
    assert!(tokens(document.as_bytes()).ends_with('!'));
}
