//! Drawings: whether one could run something or load something from elsewhere. Nothing is rewritten; what isn't safe
//! is refused.

mod css;
mod filter;
mod namespaces;

use std::io;

use crate::Reason;
use crate::source::Source;
use crate::xml::{External, Fault, Reader, Token};

/// What is to be done with a drawing.
pub(crate) enum Verdict {
    Fine,
    /// Not well-formed, so that nothing is known.
    Malformed,
    Refused(Reason),
}

/// Reads a drawing to its end. An element counts when it ends, and the last fault is the one that is told, except that
/// a strange namespace comes before all others: this is what MediaWiki answers.
pub(crate) fn check(source: &mut dyn Source) -> io::Result<Verdict> {
    match scan(source) {
        Ok(None) => Ok(Verdict::Fine),
        Ok(Some(reason)) => Ok(Verdict::Refused(reason)),
        Err(Fault::Malformed) => Ok(Verdict::Malformed),
        Err(Fault::Io(error)) => Err(error),
    }
}

/// An element that has not ended yet.
struct Open {
    hit: Option<Reason>,
    /// What a style sheet says so far.
    style: Option<String>,
}

fn scan(source: &mut dyn Source) -> Result<Option<Reason>, Fault> {
    let mut reader = Reader::new(source)?;
    let mut open: Vec<Open> = Vec::new();
    let mut namespace = None;
    let mut last = None;
    while let Some(token) = reader.next()? {
        let hit = match token {
            Token::Start(element) => {
                let is_style = element.local.eq_ignore_ascii_case("style");
                open.push(Open { hit: filter::fault_of(&element), style: is_style.then(String::new) });
                None
            }
            Token::Text(text) => {
                if let Some(Open { style: Some(style), .. }) = open.last_mut() {
                    style.push_str(&text);
                    if style.len() > css::SHEET_LIMIT {
                        return Err(Fault::Malformed);
                    }
                }
                None
            }
            Token::End => open.pop().and_then(Open::judge),
            Token::Instruction(text) => {
                let target = text.split_ascii_whitespace().next().unwrap_or_default();
                let is_style = target.to_ascii_lowercase().contains("xml-stylesheet");
                is_style.then(|| Reason::new("upload-scripted-pi-callback"))
            }
            Token::Doctype(external) => {
                (external == External::Other).then(|| Reason::new("upload-scripted-dtd"))
            }
        };
        match hit {
            Some(reason) if reason.key == filter::NAMESPACE => namespace = Some(reason),
            Some(reason) => last = Some(reason),
            None => {}
        }
    }
    Ok(namespace.or(last))
}

impl Open {
    fn judge(self) -> Option<Reason> {
        let comes_first =
            self.hit.as_ref().is_some_and(|r| [filter::NAMESPACE, filter::SCRIPT].contains(&r.key));
        let is_hostile = self.style.is_some_and(|s| css::is_hostile_style(&s));
        if is_hostile && !comes_first { Some(Reason::new("uploaded-hostile-svg")) } else { self.hit }
    }
}

#[cfg(test)]
mod tests;
