//! The system's fonts, for a process that will not be able to open files any more.

use std::collections::HashMap;
use std::fs::File;
use std::io::Read;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use fontdb::{Database, Family, ID, Query, Source, Stretch, Style, Weight};
use resvg::usvg::{Font, FontFamily, FontResolver, FontStretch, FontStyle};

/// Font files that are held open.
const FILES: usize = 1_000;

/// Families that stand for a generic one, the best first.
const SERIF: &[&str] =
    &["Liberation Serif", "DejaVu Serif", "Noto Serif", "FreeSerif", "Nimbus Roman", "Times New Roman"];
const SANS_SERIF: &[&str] =
    &["DejaVu Sans", "Liberation Sans", "Noto Sans", "FreeSans", "Nimbus Sans", "Arial"];
const MONOSPACE: &[&str] =
    &["DejaVu Sans Mono", "Liberation Mono", "Noto Sans Mono", "FreeMono", "Nimbus Mono PS", "Courier New"];

/// Families that drawings name and few servers have, with those that look most like them.
const LIKE_SERIF: &[&str] = &["Liberation Serif", "Nimbus Roman", "FreeSerif"];
const LIKE_SANS_SERIF: &[&str] = &["Liberation Sans", "Nimbus Sans", "FreeSans"];
const LIKE_MONOSPACE: &[&str] = &["Liberation Mono", "Nimbus Mono PS", "FreeMono"];
const LIKENESSES: &[(&str, &[&str])] = &[
    ("arial", LIKE_SANS_SERIF),
    ("courier", LIKE_MONOSPACE),
    ("courier new", LIKE_MONOSPACE),
    ("helvetica", LIKE_SANS_SERIF),
    ("times", LIKE_SERIF),
    ("times new roman", LIKE_SERIF),
];

/// A font file that is open, and read when it is needed.
struct Lazy {
    file: File,
    bytes: OnceLock<Vec<u8>>,
}

impl AsRef<[u8]> for Lazy {
    fn as_ref(&self) -> &[u8] {
        self.bytes.get_or_init(|| {
            let mut bytes = Vec::new();
            // A font that can't be read has no letters.
            let _ = (&self.file).read_to_end(&mut bytes);
            bytes
        })
    }
}

/// Finds the system's fonts and opens their files, as many as fit into `most` bytes should all of them be read.
pub(super) fn open(most: u64) -> Arc<Database> {
    let mut found = Database::new();
    found.load_system_fonts();
    let mut fonts = Database::new();
    let mut files: HashMap<PathBuf, Option<Arc<Lazy>>> = HashMap::new();
    let mut room = most;
    for face in found.faces() {
        let Source::File(path) = &face.source else { continue };
        if !files.contains_key(path) {
            let opened = if files.len() < FILES { open_file(path, &mut room) } else { None };
            files.insert(path.clone(), opened);
        }
        if let Some(Some(file)) = files.get(path) {
            let mut face = face.clone();
            face.source = Source::Binary(Arc::<Lazy>::clone(file));
            fonts.push_face_info(face);
        }
    }
    let first = |names: &[&'static str]| {
        let has = |name: &&str| fonts.faces().any(|face| face.families.iter().any(|f| f.0 == *name));
        names.iter().copied().find(has).unwrap_or(names[0])
    };
    let (serif, sans_serif, monospace) = (first(SERIF), first(SANS_SERIF), first(MONOSPACE));
    fonts.set_serif_family(serif);
    fonts.set_sans_serif_family(sans_serif);
    fonts.set_cursive_family(serif);
    fonts.set_fantasy_family(sans_serif);
    fonts.set_monospace_family(monospace);
    Arc::new(fonts)
}

fn open_file(path: &PathBuf, room: &mut u64) -> Option<Arc<Lazy>> {
    let file = File::open(path).ok()?;
    *room = room.checked_sub(file.metadata().ok()?.len())?;
    Some(Arc::new(Lazy { file, bytes: OnceLock::new() }))
}

/// Chooses fonts for a drawing.
pub(super) fn resolver() -> FontResolver<'static> {
    FontResolver {
        select_font: Box::new(|font, fonts| select(font, fonts)),
        select_fallback: FontResolver::default_fallback_selector(),
    }
}

fn select(font: &Font, fonts: &Database) -> Option<ID> {
    let mut families = Vec::new();
    for family in font.families() {
        match family {
            FontFamily::Serif => families.push(Family::Serif),
            FontFamily::SansSerif => families.push(Family::SansSerif),
            FontFamily::Cursive => families.push(Family::Cursive),
            FontFamily::Fantasy => families.push(Family::Fantasy),
            FontFamily::Monospace => families.push(Family::Monospace),
            FontFamily::Named(name) => {
                families.push(Family::Name(name));
                let lower = name.to_lowercase();
                let like = LIKENESSES.iter().find(|(known, _)| *known == lower);
                families
                    .extend(like.iter().flat_map(|(_, names)| names.iter().map(|name| Family::Name(name))));
                // Inkscape writes generic names as if they were a font's.
                match lower.as_str() {
                    "sans" | "sans-serif" => families.push(Family::SansSerif),
                    "serif" => families.push(Family::Serif),
                    "mono" | "monospace" => families.push(Family::Monospace),
                    _ => {}
                }
            }
        }
    }
    families.push(Family::SansSerif);
    fonts.query(&Query {
        families: &families,
        weight: Weight(font.weight()),
        stretch: stretch(font.stretch()),
        style: style(font.style()),
    })
}

fn stretch(stretch: FontStretch) -> Stretch {
    match stretch {
        FontStretch::UltraCondensed => Stretch::UltraCondensed,
        FontStretch::ExtraCondensed => Stretch::ExtraCondensed,
        FontStretch::Condensed => Stretch::Condensed,
        FontStretch::SemiCondensed => Stretch::SemiCondensed,
        FontStretch::Normal => Stretch::Normal,
        FontStretch::SemiExpanded => Stretch::SemiExpanded,
        FontStretch::Expanded => Stretch::Expanded,
        FontStretch::ExtraExpanded => Stretch::ExtraExpanded,
        FontStretch::UltraExpanded => Stretch::UltraExpanded,
    }
}

fn style(style: FontStyle) -> Style {
    match style {
        FontStyle::Normal => Style::Normal,
        FontStyle::Italic => Style::Italic,
        FontStyle::Oblique => Style::Oblique,
    }
}
