//! Against the library, which decodes by the book.

use std::io::{Cursor as Bytes, Seek, SeekFrom};

use jpeg_encoder::{ColorType, Encoder, SamplingFactor};
use proptest::prelude::*;

use super::*;

/// Something with soft colours, edges and, where it is wanted, grain.
fn picture(width: usize, height: usize, samples: usize, grain: usize) -> Vec<u8> {
    let mut chance = 1_u32;
    let mut sample = |x: usize, y: usize, sample: usize| {
        chance = chance.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let edge = if (x / 24 + y / 40).is_multiple_of(2) { 60 } else { 0 };
        let soft = (x * (sample + 1) + y * (3 - sample)) * 100 / (width + height);
        (30 + edge + soft + (chance >> 16) as usize % (grain + 1)).min(255) as u8
    };
    let places = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
    places.flat_map(|(x, y)| (0..samples).map(|s| sample(x, y, s)).collect::<Vec<_>>()).collect()
}

/// How a file is made.
struct Made {
    size: (usize, usize),
    sampling: SamplingFactor,
    restart: u16,
    grain: usize,
}

const PLAIN: Made = Made { size: (150, 93), sampling: SamplingFactor::R_4_2_0, restart: 0, grain: 0 };

fn encoded(made: &Made, colours: ColorType) -> Vec<u8> {
    let (width, height) = made.size;
    let samples = if colours == ColorType::Luma { 1 } else { 3 };
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, 92);
    encoder.set_sampling_factor(made.sampling);
    if made.restart > 0 {
        encoder.set_restart_interval(made.restart);
    }
    let pixels = picture(width, height, samples, made.grain);
    encoder.encode(&pixels, width as u16, height as u16, colours).unwrap();
    bytes
}

fn read(file: &[u8], eighths: u32) -> Result<Picture, Failure> {
    let mut source = Bytes::new(file);
    let head = Head::read(&mut source)?;
    source.seek(SeekFrom::Start(head.data)).unwrap();
    Reduced::new(&head, eighths).expect("is of the common kind").read(&mut source)
}

/// The same by the library, which knows 1, 2, 4 and 8 eighths.
fn by_library(file: &[u8], eighths: u32) -> (usize, usize, Vec<u8>) {
    let mut decoder = jpeg_decoder::Decoder::new(file);
    decoder.read_info().unwrap();
    let info = decoder.info().unwrap();
    let side = |full: u16| ((u32::from(full) * eighths).div_ceil(8)) as u16;
    let (width, height) = decoder.scale(side(info.width), side(info.height)).unwrap();
    (width.into(), height.into(), decoder.decode().unwrap())
}

/// How far two pictures are from each other on the average and at most. They needn't be the same: the library lets
/// neighbours share their colours.
fn assert_like(file: &[u8], eighths: u32, mean: f64, most: u8) {
    let picture = read(file, eighths).unwrap();
    let (width, height, pixels) = by_library(file, eighths);
    assert_eq!((picture.width as usize, picture.height as usize), (width, height));
    assert_eq!(picture.pixels.len(), pixels.len());
    let apart = |(a, b): (&u8, &u8)| a.abs_diff(*b);
    let farthest = picture.pixels.iter().zip(&pixels).map(apart).max().unwrap();
    let sum: f64 = picture.pixels.iter().zip(&pixels).map(apart).map(f64::from).sum();
    assert!(farthest <= most, "{farthest} at {eighths}");
    assert!(sum / pixels.len() as f64 <= mean, "{} at {eighths}", sum / pixels.len() as f64);
}

#[test]
fn grey_is_what_the_library_makes_of_it() {
    let file = encoded(&PLAIN, ColorType::Luma);
    for eighths in [1, 2, 4, 8] {
        assert_like(&file, eighths, 0.6, 3);
    }
}

#[test]
fn colours_are_what_the_library_makes_of_them() {
    let full = encoded(&Made { sampling: SamplingFactor::R_4_4_4, ..PLAIN }, ColorType::Rgb);
    for eighths in [1, 2, 4, 8] {
        assert_like(&full, eighths, 1.2, 5);
    }
    for sampling in [SamplingFactor::R_4_2_0, SamplingFactor::R_4_2_2, SamplingFactor::R_4_4_0] {
        let file = encoded(&Made { sampling, ..PLAIN }, ColorType::Rgb);
        for eighths in [1, 2, 4] {
            assert_like(&file, eighths, 2.0, 30);
        }
    }
}

#[test]
fn grain_and_more_than_one_piece_make_no_difference() {
    let made = Made { size: (700, 500), sampling: SamplingFactor::R_4_4_4, restart: 0, grain: 90 };
    let file = encoded(&made, ColorType::Rgb);
    assert!(file.len() > 1 << 17);
    for eighths in [1, 2, 4, 8] {
        assert_like(&file, eighths, 1.0, 6);
    }
}

#[test]
fn restarts_are_followed_and_missed() {
    let file = encoded(&Made { restart: 7, ..PLAIN }, ColorType::Rgb);
    let without = encoded(&PLAIN, ColorType::Rgb);
    assert_eq!(read(&file, 2).unwrap(), read(&without, 2).unwrap());
    let at = file.windows(2).position(|pair| pair == [0xff, 0xd3]).unwrap();
    let mut other = file.clone();
    other[at + 1] = 0xd5;
    assert!(matches!(read(&other, 2), Err(Failure::Damaged(_))));
}

#[test]
fn sizes_between_the_librarys_are_there() {
    let file = encoded(&Made { sampling: SamplingFactor::R_4_4_4, ..PLAIN }, ColorType::Rgb);
    for eighths in 1..=8 {
        let picture = read(&file, eighths).unwrap();
        assert_eq!(
            (picture.width, picture.height),
            ((150 * eighths).div_ceil(8), (93 * eighths).div_ceil(8))
        );
        // Right of the middle of the left edge: no other colour has come in.
        let at = (picture.height as usize / 2 * picture.width as usize + 1) * 3;
        let (_, _, whole) = by_library(&file, 8);
        let there = (46 * 150 + 8 / eighths as usize) * 3;
        for (a, b) in picture.pixels[at..at + 3].iter().zip(&whole[there..there + 3]) {
            assert!(a.abs_diff(*b) < 12, "{eighths}");
        }
    }
}

#[test]
fn red_green_and_blue_need_no_change() {
    let made = Made { sampling: SamplingFactor::R_4_4_4, ..PLAIN };
    let mut file = encoded(&made, ColorType::Ycbcr);
    let jfif = file.windows(4).position(|four| four == b"JFIF").unwrap();
    file[jfif..jfif + 4].copy_from_slice(b"none");
    for marker in [0xc0, 0xda] {
        let (from, step) = if marker == 0xc0 { (10, 3) } else { (5, 2) };
        let at = file.windows(2).position(|pair| pair == [0xff, marker]).unwrap();
        for (number, id) in b"RGB".iter().enumerate() {
            file[at + from + number * step] = *id;
        }
    }
    let picture = read(&file, 8).unwrap();
    let pixels = self::picture(150, 93, 3, 0);
    let apart = picture.pixels.iter().zip(&pixels).map(|(a, b)| f64::from(a.abs_diff(*b)));
    assert!(apart.sum::<f64>() / (pixels.len() as f64) < 2.0);
}

#[test]
fn what_ends_too_soon_is_damaged() {
    let file = encoded(&PLAIN, ColorType::Rgb);
    for end in [file.len() / 2, file.len() - 40] {
        assert!(matches!(read(&file[..end], 1), Err(Failure::Damaged(_))), "{end}");
    }
    // All there but for the mark of the end.
    assert_eq!(read(&file[..file.len() - 2], 1).unwrap(), read(&file, 1).unwrap());
}

#[test]
fn what_is_not_of_the_common_kind_is_left_alone() {
    let reads =
        |file: &[u8], eighths| Reduced::new(&Head::read(&mut Bytes::new(file)).unwrap(), eighths).is_some();
    let file = encoded(&PLAIN, ColorType::Rgb);
    assert!(reads(&file, 4));
    // Blocks of the other components would have to be larger than they are.
    assert!(!reads(&file, 5));
    let changed = |from: &[u8], to: &[u8]| {
        let at = file.windows(from.len()).position(|part| part == from).unwrap();
        let mut file = file.clone();
        file[at..at + to.len()].copy_from_slice(to);
        reads(&file, 1)
    };
    assert!(changed(&[0xff, 0xc0], &[0xff, 0xc1]));
    for (from, to) in [
        (&[0xff, 0xc0][..], &[0xff, 0xc2][..]),
        (&[0xff, 0xc0, 0, 17, 8], &[0xff, 0xc0, 0, 17, 12]),
        (&[0xff, 0xc0, 0, 17, 8, 0, 93], &[0xff, 0xc0, 0, 17, 8, 0, 0]),
        (&[0xff, 0xdb], &[0xff, 0xfe]),
        (&[0xff, 0xc4], &[0xff, 0xfe]),
        (&[0xff, 0xda, 0, 12, 3], &[0xff, 0xda, 0, 12, 3, 99]),
    ] {
        assert!(!changed(from, to), "{to:x?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn damage_of_any_kind_is_an_error_or_a_picture(
        changes in prop::collection::vec((0..1_usize << 16, any::<u8>()), 1..6),
        eighths in 1..=8_u32,
        restart in 0..4_u16,
        sampled in any::<bool>(),
    ) {
        let sampling = if sampled { SamplingFactor::R_4_2_0 } else { SamplingFactor::R_4_4_4 };
        let mut file = encoded(&Made { size: (70, 40), sampling, restart, grain: 20 }, ColorType::Rgb);
        for (at, byte) in changes {
            let at = at % file.len();
            file[at] = byte;
        }
        let mut source = Bytes::new(&file);
        if let Ok(head) = Head::read(&mut source)
            && let Some(reduced) = Reduced::new(&head, eighths)
            && reduced.memory() < 1 << 24
        {
            source.seek(SeekFrom::Start(head.data)).unwrap();
            if let Ok(picture) = reduced.read(&mut source) {
                let pixels = picture.width as usize * picture.height as usize;
                prop_assert_eq!(picture.pixels.len(), pixels * picture.layout.samples());
            }
        }
    }
}
