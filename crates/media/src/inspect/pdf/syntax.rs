//! The objects of a document, as they are written.

/// How deep objects may lie in each other.
const DEPTH_LIMIT: usize = 40;
/// How many objects may be read of one piece.
const OBJECT_LIMIT: usize = 100_000;

/// An object.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Object {
    /// What means nothing to us: null, truth values, keywords.
    Other,
    Number(f64),
    Name(String),
    Text(Vec<u8>),
    Array(Vec<Object>),
    Dict(Dict),
    /// The number of another object.
    Reference(u32),
}

/// Named objects.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Dict(Vec<(String, Object)>);

impl Dict {
    pub(super) fn get(&self, name: &str) -> Option<&Object> {
        self.0.iter().find(|(n, _)| n == name).map(|(_, o)| o)
    }

    /// A whole number that isn't negative.
    pub(super) fn number(&self, name: &str) -> Option<u64> {
        self.get(name)?.whole()
    }

    pub(super) fn is_named(&self, name: &str, value: &str) -> bool {
        matches!(self.get(name), Some(Object::Name(n)) if n == value)
    }
}

impl Object {
    pub(super) fn whole(&self) -> Option<u64> {
        match self {
            Self::Number(n) if (0.0..9e15).contains(n) => Some(*n as u64),
            _ => None,
        }
    }
}

/// Reads objects from bytes.
pub(super) struct Parser<'b> {
    bytes: &'b [u8],
    pub(super) at: usize,
    left: usize,
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, 0 | b'\t' | b'\n' | 0x0C | b'\r' | b' ')
}

fn is_delimiter(byte: u8) -> bool {
    matches!(byte, b'(' | b')' | b'<' | b'>' | b'[' | b']' | b'{' | b'}' | b'/' | b'%')
}

impl<'b> Parser<'b> {
    pub(super) fn new(bytes: &'b [u8], at: usize) -> Self {
        Self { bytes, at, left: OBJECT_LIMIT }
    }

    fn rest(&self) -> &'b [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    /// Passes over blanks and comments.
    pub(super) fn skip(&mut self) {
        loop {
            self.at += self.rest().iter().take_while(|b| is_blank(**b)).count();
            if self.rest().first() != Some(&b'%') {
                return;
            }
            self.at += self.rest().iter().take_while(|b| !matches!(b, b'\r' | b'\n')).count();
        }
    }

    /// Passes over a word, if it is next.
    pub(super) fn eat(&mut self, word: &[u8]) -> bool {
        self.skip();
        let is_next = self.rest().starts_with(word);
        self.at += if is_next { word.len() } else { 0 };
        is_next
    }

    /// The next whole number.
    pub(super) fn whole(&mut self) -> Option<u64> {
        self.skip();
        let digits = self.rest().iter().take_while(|b| b.is_ascii_digit()).count();
        let number = std::str::from_utf8(&self.rest()[..digits]).ok()?.parse().ok()?;
        self.at += digits;
        Some(number)
    }

    /// The head `n g obj` of an object; gives `n`.
    pub(super) fn head(&mut self) -> Option<u32> {
        let number = self.whole()?;
        self.whole()?;
        self.eat(b"obj").then(|| u32::try_from(number).ok())?
    }

    /// The next object; `None` where there is none, or where it isn't whole.
    pub(super) fn object(&mut self) -> Option<Object> {
        self.object_in(0)
    }

    /// The next object, if it is a dictionary.
    pub(super) fn dict(&mut self) -> Option<Dict> {
        match self.object()? {
            Object::Dict(dict) => Some(dict),
            _ => None,
        }
    }

    fn object_in(&mut self, depth: usize) -> Option<Object> {
        self.left = self.left.checked_sub(1)?;
        if depth > DEPTH_LIMIT {
            return None;
        }
        self.skip();
        match *self.rest().first()? {
            b'<' if self.rest().starts_with(b"<<") => {
                self.at += 2;
                let mut entries = Vec::new();
                while !self.eat(b">>") {
                    self.skip();
                    let Object::Name(name) = self.object_in(depth + 1)? else { return None };
                    entries.push((name, self.object_in(depth + 1)?));
                }
                Some(Object::Dict(Dict(entries)))
            }
            b'[' => {
                self.at += 1;
                let mut items = Vec::new();
                while !self.eat(b"]") {
                    items.push(self.object_in(depth + 1)?);
                }
                Some(Object::Array(items))
            }
            b'<' => self.hexadecimal(),
            b'(' => self.literal(),
            b'/' => {
                self.at += 1;
                Some(Object::Name(self.name()))
            }
            b'0'..=b'9' | b'+' | b'-' | b'.' => Some(self.number()),
            byte if is_delimiter(byte) => None,
            _ => {
                self.word();
                Some(Object::Other)
            }
        }
    }

    /// What stands before the next blank or delimiter.
    fn word(&mut self) -> &'b [u8] {
        let rest = self.rest();
        let length = rest.iter().take_while(|b| !is_blank(**b) && !is_delimiter(**b)).count();
        self.at += length;
        &rest[..length]
    }

    fn name(&mut self) -> String {
        let word = self.word();
        let mut name = Vec::new();
        let mut rest = word;
        while let Some((byte, after)) = rest.split_first() {
            let code = after.get(..2).filter(|_| *byte == b'#').and_then(|h| std::str::from_utf8(h).ok());
            if let Some(code) = code.and_then(|h| u8::from_str_radix(h, 16).ok()) {
                name.push(code);
                rest = &after[2..];
            } else {
                name.push(*byte);
                rest = after;
            }
        }
        String::from_utf8_lossy(&name).into_owned()
    }

    /// A number, or a reference, which begins like one.
    fn number(&mut self) -> Object {
        let word = self.word();
        let text = std::str::from_utf8(word).unwrap_or_default();
        if let Ok(number) = text.parse::<u32>() {
            let back = self.at;
            if self.whole().is_some() && self.eat(b"R") {
                return Object::Reference(number);
            }
            self.at = back;
        }
        text.parse().map_or(Object::Other, Object::Number)
    }

    fn hexadecimal(&mut self) -> Option<Object> {
        let end = self.rest().iter().position(|b| *b == b'>')?;
        let digits: Vec<u8> = self.rest()[1..end]
            .iter()
            .filter_map(|b| char::from(*b).to_digit(16).and_then(|d| u8::try_from(d).ok()))
            .collect();
        self.at += end + 1;
        Some(Object::Text(digits.chunks(2).map(|p| p[0] << 4 | p.get(1).unwrap_or(&0)).collect()))
    }

    fn literal(&mut self) -> Option<Object> {
        let mut text = Vec::new();
        let mut depth = 1;
        let rest = self.rest();
        let mut at = 1;
        while depth > 0 {
            let byte = *rest.get(at)?;
            at += 1;
            match byte {
                b'(' => depth += 1,
                b')' => depth -= 1,
                b'\\' => {
                    let escaped = *rest.get(at)?;
                    at += 1;
                    match escaped {
                        b'n' => text.push(b'\n'),
                        b'r' => text.push(b'\r'),
                        b't' => text.push(b'\t'),
                        b'b' | b'f' | b'\n' => {}
                        b'\r' => at += usize::from(rest.get(at) == Some(&b'\n')),
                        b'0'..=b'7' => {
                            let more =
                                rest[at..].iter().take(2).take_while(|b| (b'0'..=b'7').contains(*b)).count();
                            let code = rest[at - 1..at + more]
                                .iter()
                                .fold(0_u32, |n, b| n * 8 + u32::from(b - b'0'));
                            at += more;
                            text.push(code as u8);
                        }
                        other => text.push(other),
                    }
                    continue;
                }
                _ => {}
            }
            if depth > 0 {
                text.push(byte);
            }
        }
        self.at += at;
        Some(Object::Text(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Option<Object> {
        Parser::new(text.as_bytes(), 0).object()
    }

    #[test]
    fn reads_what_documents_are_made_of() {
        assert_eq!(parsed("% x\n -3.5 "), Some(Object::Number(-3.5)));
        assert_eq!(parsed("12 0 R"), Some(Object::Reference(12)));
        assert_eq!(parsed("[12 0 7]"), Some(Object::Array([12.0, 0.0, 7.0].map(Object::Number).to_vec())));
        assert_eq!(parsed("/A#20b/"), Some(Object::Name("A b".into())));
        assert_eq!(
            parsed(
                r"(a\(b\)(c)\101\
\n)"
            ),
            Some(Object::Text(b"a(b)(c)A\n".to_vec()))
        );
        assert_eq!(parsed("<FEFF 004>"), Some(Object::Text(b"\xFE\xFF\0\x40".to_vec())));
        let Some(Object::Dict(dict)) = parsed("<</Type/Page/Count 3 /K true/D<<>>>>") else { panic!() };
        assert_eq!((dict.number("Count"), dict.is_named("Type", "Page")), (Some(3), true));
        assert_eq!(dict.get("K"), Some(&Object::Other));
        assert_eq!(Parser::new(b"\n7 0 obj<<>>", 0).head(), Some(7));
    }

    #[test]
    fn what_is_not_whole_is_none() {
        for text in ["", "<<", "<</A", "<</A 1", "[1", "(a", "(a\\", "<0", ">>", "<<1 2>>"] {
            assert_eq!(parsed(text), None, "{text}");
        }
        assert_eq!(parsed(&"[".repeat(100_000)), None);
        assert_eq!(parsed(&format!("[{}]", "0 ".repeat(200_000))), None);
    }
}
