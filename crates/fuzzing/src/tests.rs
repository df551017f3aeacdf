//! Runs every target over its corpus, and over a fixed number of changes to it.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use super::*;

/// How many changed inputs each target gets.
const CHANGED: usize = 3000;
/// Bytes of the longest input of a corpus.
const LONGEST: u64 = 64 << 10;
/// Values that lengths and flags turn on.
const VALUES: [u8; 8] = [0, 1, 0x7F, 0x80, 0xFF, b'<', b'&', b'%'];

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus")
}

/// The inputs of a target in the order of their names.
fn seeds(target: &str) -> Vec<Vec<u8>> {
    let folder = corpus().join(target);
    let entries = std::fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    let mut paths: Vec<PathBuf> = entries.map(|e| e.unwrap().path()).collect();
    paths.sort();
    let read = |path: PathBuf| {
        let mut bytes = Vec::new();
        File::open(path).unwrap().take(LONGEST).read_to_end(&mut bytes).unwrap();
        bytes
    };
    paths.into_iter().map(read).collect()
}

/// Numbers that look random and are the same each time.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit.max(1) as u64) as usize
    }
}

/// A changed copy of an input: bytes set, pieces taken out, repeated, or put in from another.
fn changed(seeds: &[Vec<u8>], numbers: &mut Numbers) -> Vec<u8> {
    let mut bytes = seeds[numbers.below(seeds.len())].clone();
    for _ in 0..=numbers.below(6) {
        let at = numbers.below(bytes.len() + 1);
        let length = numbers.below(24).min(bytes.len() - at);
        match numbers.below(6) {
            0 if at < bytes.len() => bytes[at] = numbers.below(256) as u8,
            1 if at < bytes.len() => bytes[at] = VALUES[numbers.below(VALUES.len())],
            2 => drop(bytes.drain(at..at + length)),
            3 => {
                let piece = bytes[at..at + length].repeat(1 + numbers.below(5));
                bytes.splice(at..at, piece);
            }
            4 => {
                let other = &seeds[numbers.below(seeds.len())];
                let from = numbers.below(other.len() + 1);
                let piece = other[from..(from + length).min(other.len())].to_vec();
                bytes.splice(at..at, piece);
            }
            _ => bytes.truncate(at.max(bytes.len() / 2)),
        }
    }
    bytes
}

#[test]
fn every_target_stands_its_corpus_and_changes_to_it() {
    for (name, target) in TARGETS {
        let seeds = seeds(name);
        assert!(!seeds.is_empty(), "{name} has no corpus");
        for seed in &seeds {
            target(seed);
        }
        let mut numbers = Numbers(0x9E37_79B9_7F4A_7C15);
        for number in 0..CHANGED {
            let input = changed(&seeds, &mut numbers);
            let outcome = std::panic::catch_unwind(|| target(&input));
            assert!(outcome.is_ok(), "{name} fails at change {number}: {}", input.escape_ascii());
        }
    }
}

#[test]
fn every_target_has_a_program_and_every_corpus_a_target() {
    for entry in std::fs::read_dir(corpus()).unwrap() {
        let name = entry.unwrap().file_name();
        assert!(TARGETS.iter().any(|(target, _)| name == *target), "there is no target {}", name.display());
    }
    for (name, _) in TARGETS {
        let program = corpus().join(format!("../fuzz_targets/{name}.rs"));
        assert!(program.exists(), "{} is lacking", program.display());
    }
}

/// A corpus of nothing but refused files would find nothing in what comes after.
#[test]
fn some_seeds_of_each_decoder_become_pictures() {
    for (target, mime, output) in [
        ("thumb_drawing", "image/svg+xml", Output::Png),
        ("thumb_gif", "image/gif", Output::Png),
        ("thumb_gif_animated", "image/gif", Output::Gif),
        ("thumb_jpeg", "image/jpeg", Output::Jpeg),
        ("thumb_pdf", "application/pdf", Output::Jpeg),
        ("thumb_png", "image/png", Output::Png),
        ("thumb_tiff", "image/tiff", Output::Jpeg),
        ("thumb_webp", "image/webp", Output::Png),
    ] {
        let becomes_picture = |seed: &Vec<u8>| {
            let (spec, file) = wanted(seed, mime, output)?;
            thumb::render(&mut Cursor::new(file), &spec, &limits()).ok()
        };
        assert!(seeds(target).iter().any(|seed| becomes_picture(seed).is_some()), "{target}");
    }
    let made = |seed: &Vec<u8>| {
        let (spec, file) = wanted(seed, "image/vnd.djvu", Output::Jpeg)?;
        thumb::render_made(file, &spec, &limits()).ok()
    };
    assert!(seeds("thumb_pnm").iter().any(|seed| made(seed).is_some()));
}
