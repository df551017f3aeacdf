//! Where a document's objects are, and what they are.

use std::collections::HashMap;
use std::io::Read;

use flate2::read::ZlibDecoder;

use super::syntax::{Dict, Object, Parser};
use crate::inspect::budget::Places;
use crate::source::array_at;

/// How many objects may be known.
const OBJECT_LIMIT: usize = 300_000;
/// How many tables of objects are read.
const TABLE_LIMIT: usize = 200;
/// How much of a table is read at once, in entries of twenty bytes.
const ENTRIES: u64 = 3000;
/// How much is read of an object, at first and at most.
const OBJECT_SIZES: [usize; 2] = [4 << 10, 1 << 20];
/// How much is read of a stream, and how much it may be unpacked.
const STREAM_LIMIT: usize = 4 << 20;
/// How much all streams together may be unpacked.
const UNPACK_LIMIT: u64 = 64 << 20;
/// How long a chain of references may be.
const CHAIN_LIMIT: usize = 16;
/// How much is parsed of what was unpacked.
const PARSE_LIMIT: usize = 64 << 20;
/// How many objects of one stream are known.
const STREAM_OBJECTS: usize = 100_000;
/// How many trailers are looked at, from the end.
const TRAILER_LIMIT: usize = 32;
/// How much of a document is searched whose table can't be used.
const SEARCH_LIMIT: usize = 8 << 20;

/// Where an object is.
#[derive(Clone, Copy)]
enum Entry {
    At(u64),
    /// In a stream of objects: the stream's number, and how many come before.
    In(u32, usize),
}

/// A document's objects.
pub(super) struct Objects<'p, 's> {
    places: &'p mut Places<'s>,
    entries: HashMap<u32, Entry>,
    pub(super) trailer: Dict,
    /// The last stream of objects.
    stream: Option<Stream>,
    /// Whether a stream of objects is being opened. What is needed for that can't be in such a stream, or it might be
    /// in the same one.
    is_opening: bool,
    unpacked: u64,
    parsed: usize,
}

/// A stream of objects, unpacked.
struct Stream {
    number: u32,
    bytes: Vec<u8>,
    /// Where its objects begin, in their order.
    offsets: Vec<usize>,
}

impl<'p, 's> Objects<'p, 's> {
    /// Reads where the objects are.
    pub(super) fn open(places: &'p mut Places<'s>) -> Self {
        let mut objects = Self {
            places,
            entries: HashMap::new(),
            trailer: Dict::default(),
            stream: None,
            is_opening: false,
            unpacked: 0,
            parsed: 0,
        };
        let tail_at = objects.places.len().saturating_sub(2048);
        let tail = objects.places.at(tail_at, 2048);
        let start = memchr::memmem::rfind(&tail, b"startxref")
            .and_then(|at| Parser::new(&tail, at + b"startxref".len()).whole());
        if let Some(start) = start {
            objects.tables(start);
        }
        if !matches!(objects.follow(objects.trailer.get("Root").cloned()), Some(Object::Dict(_))) {
            objects.search();
        }
        objects
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// The object itself, where one stands for another.
    pub(super) fn follow(&mut self, object: Option<Object>) -> Option<Object> {
        let mut object = object?;
        for _ in 0..CHAIN_LIMIT {
            match object {
                Object::Reference(number) => object = self.load(number)?,
                other => return Some(other),
            }
        }
        None
    }

    /// A dictionary, in place or by reference.
    pub(super) fn dict(&mut self, object: Option<&Object>) -> Option<Dict> {
        match self.follow(object.cloned())? {
            Object::Dict(dict) => Some(dict),
            _ => None,
        }
    }

    fn load(&mut self, number: u32) -> Option<Object> {
        match *self.entries.get(&number)? {
            Entry::At(at) => self.object_at(at, number).map(|(object, _)| object),
            Entry::In(stream, index) => self.object_in(stream, index),
        }
    }

    /// The object at a place, and where it ends.
    fn object_at(&mut self, at: u64, number: u32) -> Option<(Object, u64)> {
        for size in OBJECT_SIZES {
            let bytes = self.places.at(at, size);
            let mut parser = Parser::new(&bytes, 0);
            if parser.head()? != number {
                return None;
            }
            if let Some(object) = parser.object() {
                return Some((object, at + parser.at as u64));
            }
            if bytes.len() < size {
                // There is no more to read.
                return None;
            }
        }
        None
    }

    fn object_in(&mut self, number: u32, index: usize) -> Option<Object> {
        if self.stream.as_ref().is_none_or(|stream| stream.number != number) {
            if self.is_opening {
                return None;
            }
            self.is_opening = true;
            let stream = self.open_stream(number);
            self.is_opening = false;
            self.stream = Some(stream?);
        }
        let stream = self.stream.as_ref().filter(|_| self.parsed < PARSE_LIMIT)?;
        let begin = *stream.offsets.get(index)?;
        let mut parser = Parser::new(&stream.bytes, begin);
        let object = parser.object();
        self.parsed += parser.at.saturating_sub(begin);
        object
    }

    fn open_stream(&mut self, number: u32) -> Option<Stream> {
        let Entry::At(at) = *self.entries.get(&number)? else { return None };
        let (Object::Dict(dict), end) = self.object_at(at, number)? else { return None };
        let first = usize::try_from(dict.number("First")?).ok()?;
        let bytes = self.unpack(&dict, end)?;
        let mut heads = Parser::new(&bytes, 0);
        let mut offsets = Vec::new();
        while offsets.len() < STREAM_OBJECTS && heads.at < first {
            let (Some(_), Some(offset)) = (heads.whole(), heads.whole()) else { break };
            offsets.push(usize::try_from(offset).ok()?.checked_add(first)?);
        }
        Some(Stream { number, bytes, offsets })
    }

    /// The content of a stream whose dictionary ends at a place.
    fn unpack(&mut self, dict: &Dict, end: u64) -> Option<Vec<u8>> {
        let length = self.follow(dict.get("Length").cloned())?.whole()?;
        let head = self.places.at(end, 64);
        let mut parser = Parser::new(&head, 0);
        if !parser.eat(b"stream") {
            return None;
        }
        let begin = match head.get(parser.at..)? {
            [b'\r', b'\n', ..] => parser.at + 2,
            [b'\n', ..] => parser.at + 1,
            _ => parser.at,
        };
        let raw = self.places.at(end + begin as u64, usize::try_from(length).ok()?.min(STREAM_LIMIT));
        let filter = match dict.get("Filter") {
            None => return Some(raw),
            Some(Object::Array(filters)) => <&[Object; 1]>::try_from(&filters[..]).ok().map(|[f]| f)?,
            Some(filter) => filter,
        };
        if *filter != Object::Name("FlateDecode".into()) || self.unpacked > UNPACK_LIMIT {
            return None;
        }
        let mut out = Vec::new();
        // What can be unpacked counts, though the end be damaged.
        let _fault = ZlibDecoder::new(&raw[..]).take(STREAM_LIMIT as u64).read_to_end(&mut out);
        self.unpacked += out.len() as u64;
        let parameters = match dict.get("DecodeParms") {
            Some(Object::Array(all)) => all.first().cloned(),
            other => other.cloned(),
        };
        match self.dict(parameters.as_ref()) {
            Some(p) if p.number("Predictor").unwrap_or(1) >= 10 => {
                unpredict(&out, usize::try_from(p.number("Columns").unwrap_or(1)).ok()?)
            }
            _ => Some(out),
        }
    }

    /// Reads the tables of objects, the newest first.
    fn tables(&mut self, start: u64) {
        let mut seen = Vec::new();
        let mut next = vec![start];
        while let Some(at) = next.pop() {
            if seen.contains(&at) || seen.len() == TABLE_LIMIT {
                continue;
            }
            seen.push(at);
            let Some(trailer) = self.table(at) else { continue };
            // The one of the same section comes before the one of an older section.
            next.extend(trailer.number("Prev"));
            next.extend(trailer.number("XRefStm"));
            if self.trailer.get("Root").is_none() {
                self.trailer = trailer;
            }
        }
    }

    fn table(&mut self, at: u64) -> Option<Dict> {
        let head = self.places.at(at, 64);
        let mut parser = Parser::new(&head, 0);
        if !parser.eat(b"xref") {
            return self.table_stream(at);
        }
        let mut at = at + parser.at as u64;
        loop {
            let bytes = self.places.at(at, 64);
            let mut parser = Parser::new(&bytes, 0);
            if parser.eat(b"trailer") {
                at += parser.at as u64;
                break;
            }
            let (first, count) = (parser.whole()?, parser.whole()?);
            parser.skip();
            at = self.section(at + parser.at as u64, first, count)?;
        }
        let bytes = self.places.at(at, OBJECT_SIZES[1]);
        Parser::new(&bytes, 0).dict()
    }

    /// Reads entries of twenty bytes; gives where they end.
    fn section(&mut self, at: u64, first: u64, count: u64) -> Option<u64> {
        let end = at.checked_add(count.checked_mul(20)?)?;
        let mut done = 0;
        while done < count {
            let some = (count - done).min(ENTRIES);
            let bytes = self.places.at(at + done * 20, some as usize * 20);
            if bytes.is_empty() || self.entries.len() >= OBJECT_LIMIT {
                break;
            }
            for (index, entry) in bytes.chunks_exact(20).enumerate() {
                let offset = std::str::from_utf8(&entry[..10]).ok().and_then(|t| t.trim().parse().ok());
                if let (Some(offset), b'n') = (offset, entry[17])
                    && let Some(number) = first.checked_add(done + index as u64)
                    && let Ok(number) = u32::try_from(number)
                {
                    self.entries.entry(number).or_insert(Entry::At(offset));
                }
            }
            done += some;
        }
        Some(end)
    }

    /// Reads a table that is a stream.
    fn table_stream(&mut self, at: u64) -> Option<Dict> {
        let head = self.places.at(at, 64);
        let number = Parser::new(&head, 0).head()?;
        let (Object::Dict(dict), end) = self.object_at(at, number)? else { return None };
        if !dict.is_named("Type", "XRef") {
            return None;
        }
        let numbers = |object: Option<&Object>| match object {
            Some(Object::Array(items)) => items
                .iter()
                .map(|o| o.whole().and_then(|n| usize::try_from(n).ok()))
                .collect::<Option<Vec<_>>>(),
            _ => None,
        };
        let widths = <[usize; 3]>::try_from(numbers(dict.get("W"))?).ok()?;
        if widths.iter().any(|w| *w > 8) || widths.iter().sum::<usize>() == 0 {
            return None;
        }
        let size = usize::try_from(dict.number("Size")?).ok()?;
        let index = numbers(dict.get("Index")).unwrap_or_else(|| vec![0, size]);
        let bytes = self.unpack(&dict, end)?;
        let mut rows = bytes.chunks_exact(widths.iter().sum());
        for range in index.chunks_exact(2) {
            for offset in 0..range[1] {
                let Some(row) = rows.next() else { return Some(dict) };
                let mut rest = row;
                let fields = widths.map(|width| {
                    let (field, after) = rest.split_at(width);
                    rest = after;
                    field.iter().fold(0_u64, |n, b| n << 8 | u64::from(*b))
                });
                let kind = if widths[0] == 0 { 1 } else { fields[0] };
                let entry = match kind {
                    1 => Some(Entry::At(fields[1])),
                    2 => u32::try_from(fields[1]).ok().map(|n| Entry::In(n, fields[2] as usize)),
                    _ => None,
                };
                if let (Some(entry), Some(Ok(number))) =
                    (entry, range[0].checked_add(offset).map(u32::try_from))
                    && self.entries.len() < OBJECT_LIMIT
                {
                    self.entries.entry(number).or_insert(entry);
                }
            }
        }
        Some(dict)
    }

    /// Finds the objects of a small document by looking for them, as other readers do where the table is damaged.
    fn search(&mut self) {
        if self.places.len() > SEARCH_LIMIT as u64 {
            return;
        }
        let bytes = self.places.at(0, SEARCH_LIMIT);
        for at in memchr::memmem::find_iter(&bytes, b"obj") {
            let before = &bytes[at.saturating_sub(24)..at];
            let number_at =
                before.trim_ascii_end().iter().rposition(|b| !b.is_ascii_digit()).and_then(|blank| {
                    let number = before[..=blank].trim_ascii_end();
                    let digits = number.iter().rev().take_while(|b| b.is_ascii_digit()).count();
                    (digits > 0 && digits <= 10).then(|| number.len() - digits)
                });
            let Some(number_at) = number_at else { continue };
            let begin = at - before.len() + number_at;
            if self.entries.len() < OBJECT_LIMIT
                && let Some(number) = Parser::new(&bytes, begin).head()
            {
                // The last one of a number is the newest.
                self.entries.insert(number, Entry::At(begin as u64));
            }
        }
        // The last one that names a root counts.
        let trailers = memchr::memmem::rfind_iter(&bytes, b"trailer").take(TRAILER_LIMIT);
        let found = trailers
            .filter_map(|at| Parser::new(&bytes, at + b"trailer".len()).dict())
            .find(|trailer| trailer.get("Root").is_some());
        if let Some(trailer) = found {
            self.trailer = trailer;
        }
    }
}

/// Undoes the prediction of rows by those above, as PNG has it.
fn unpredict(bytes: &[u8], columns: usize) -> Option<Vec<u8>> {
    if columns == 0 || columns > 1 << 16 {
        return None;
    }
    let mut above = vec![0; columns];
    let mut out = Vec::with_capacity(bytes.len());
    for row in bytes.chunks(columns + 1) {
        let (kind, data) = row.split_first()?;
        let mut left = 0_u8;
        for (at, byte) in data.iter().enumerate() {
            let value = match kind {
                0 => *byte,
                1 => byte.wrapping_add(left),
                2 => byte.wrapping_add(above[at]),
                3 => byte.wrapping_add(u16::midpoint(left.into(), above[at].into()) as u8),
                // Nothing else is written for tables.
                _ => return None,
            };
            above[at] = value;
            left = value;
            out.push(value);
        }
    }
    Some(out)
}

/// The number of a version in the head of a file.
pub(super) fn version(places: &mut Places<'_>) -> Option<String> {
    let head = places.at(0, 16);
    let number: [u8; 3] = array_at(&head, b"%PDF-".len())?;
    let is_version = number[0].is_ascii_digit() && number[1] == b'.' && number[2].is_ascii_digit();
    (head.starts_with(b"%PDF-") && is_version).then(|| number.iter().map(|b| char::from(*b)).collect())
}
