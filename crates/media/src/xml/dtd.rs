//! Document type definitions: only what drawing programs write is taken, so that nothing can be loaded and nothing
//! can grow.

use std::collections::HashMap;

/// What the declaration says outside of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum External {
    /// Nothing.
    None,
    /// One of the W3C's definitions of SVG.
    Known,
    /// Anything else.
    Other,
}

/// A definition that is safe.
#[derive(Debug)]
pub(crate) struct Definition {
    pub(crate) external: External,
    /// The declared entities' replacement texts.
    pub(crate) entities: HashMap<String, String>,
}

const KNOWN: &[&str] = &[
    "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd",
    "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11-basic.dtd",
    "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11-tiny.dtd",
    "http://www.w3.org/TR/2001/REC-SVG-20010904/DTD/svg10.dtd",
    "http://www.w3.org/TR/2001/PR-SVG-20010719/DTD/svg10.dtd",
];

/// What stands after `<!DOCTYPE`; `None` if it isn't safe.
pub(crate) fn parse(text: &str) -> Option<Definition> {
    let text = text.trim_start();
    let end = text.find(|c: char| c.is_ascii_whitespace() || c == '[').unwrap_or(text.len());
    if end == 0 {
        return None;
    }
    let (external, rest) = external(text[end..].trim_start())?;
    let rest = rest.trim();
    let mut entities = HashMap::new();
    if let Some(inner) = rest.strip_prefix('[') {
        subset(inner.strip_suffix(']')?, &mut entities)?;
    } else if !rest.is_empty() {
        return None;
    }
    Some(Definition { external, entities })
}

fn external(text: &str) -> Option<(External, &str)> {
    if let Some(rest) = text.strip_prefix("SYSTEM") {
        let (_, rest) = quoted(rest.trim_start())?;
        return Some((External::Other, rest));
    }
    let Some(rest) = text.strip_prefix("PUBLIC") else { return Some((External::None, text)) };
    let (public, rest) = quoted(rest.trim_start())?;
    let (system, rest) = quoted(rest.trim_start())?;
    let is_known = public.starts_with("-//W3C//") && KNOWN.contains(&system);
    Some((if is_known { External::Known } else { External::Other }, rest))
}

/// A literal and what follows it.
fn quoted(text: &str) -> Option<(&str, &str)> {
    let quote = text.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    text[1..].split_once(quote)
}

fn subset(text: &str, entities: &mut HashMap<String, String>) -> Option<()> {
    let mut text = text.trim_start();
    while !text.is_empty() {
        text = if let Some(rest) = text.strip_prefix("<!--") {
            rest.split_once("-->")?.1
        } else if let Some(rest) = text.strip_prefix("<!ENTITY") {
            entity(rest, entities)?
        } else {
            xlink_attribute(text.strip_prefix("<!ATTLIST")?)?
        }
        .trim_start();
    }
    Some(())
}

fn entity<'a>(text: &'a str, entities: &mut HashMap<String, String>) -> Option<&'a str> {
    let after = text.trim_start();
    if after.len() == text.len() {
        return None;
    }
    let (name, rest) = after.split_once(|c: char| c.is_ascii_whitespace())?;
    let (value, rest) = quoted(rest.trim_start())?;
    if name == "%" || !is_harmless(value) {
        return None;
    }
    // The first declaration of a name counts.
    entities.entry(name.to_owned()).or_insert_with(|| value.to_owned());
    rest.trim_start().strip_prefix('>')
}

/// One reference, or a short text without any but the predefined ones. Markup would be allowed by MediaWiki; no
/// drawing program writes it, and without it entities are text wherever they appear.
fn is_harmless(value: &str) -> bool {
    let name = value.strip_prefix('&').and_then(|v| v.strip_suffix(';'));
    if name.is_some_and(|n| (1..=64).contains(&n.len()) && !n.contains(['%', '&', ';', '#', '<'])) {
        return true;
    }
    let mut plain = value.to_owned();
    for reference in ["&amp;", "&quot;", "&apos;"] {
        plain = plain.replace(reference, "");
    }
    value.chars().count() <= 255 && !plain.contains(['%', '&', '<'])
}

/// The one attribute declaration that is written in practice.
fn xlink_attribute(text: &str) -> Option<&str> {
    let (declaration, rest) = text.split_once('>')?;
    let words: Vec<&str> = declaration.split_ascii_whitespace().collect();
    let known = ["svg", "xmlns:xlink", "CDATA", "#FIXED", "\"http://www.w3.org/1999/xlink\""];
    (words == known).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_what_illustrator_writes() {
        let text = " svg PUBLIC \"-//W3C//DTD SVG 1.1//EN\" \"http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd\" [\n\
            <!-- namespaces --><!ENTITY ns_svg \"http://www.w3.org/2000/svg\">\n<!ENTITY again '&ns_svg;'>\n\
            <!ATTLIST svg xmlns:xlink CDATA #FIXED \"http://www.w3.org/1999/xlink\">\n]";
        let definition = parse(text).unwrap();
        assert_eq!(definition.external, External::Known);
        assert_eq!(definition.entities["ns_svg"], "http://www.w3.org/2000/svg");
        assert_eq!(definition.entities["again"], "&ns_svg;");
    }

    #[test]
    fn refuses_what_loads_or_grows() {
        for text in [
            " svg [<!ENTITY x SYSTEM \"file:///etc/passwd\">]",
            " svg [<!ENTITY % x \"y\">]",
            " svg [<!ENTITY a \"&b;&b;\">]",
            " svg [<!ENTITY a \"&#60;script>\">]",
            " svg [<!ENTITY a \"<script/>\">]",
            " svg [<!ELEMENT svg ANY>]",
            " svg [%x;]",
            " svg [<!ATTLIST svg onload CDATA #FIXED \"alert(1)\">]",
            " svg nonsense",
        ] {
            assert!(parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn tells_foreign_definitions() {
        assert_eq!(parse(" svg SYSTEM \"http://e.org/x.dtd\"").unwrap().external, External::Other);
        assert_eq!(
            parse(" svg PUBLIC \"-//W3C//X\" 'http://e.org/x.dtd'").unwrap().external,
            External::Other
        );
        assert_eq!(parse(" svg").unwrap().external, External::None);
    }
}
