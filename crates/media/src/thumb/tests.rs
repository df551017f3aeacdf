//! Whole pictures, from file to file.

use std::io::Cursor;

use super::*;
use crate::samples;

/// Left half of one colour, right half of another.
fn halves(width: usize, height: usize, left: &[u8], right: &[u8]) -> Vec<u8> {
    let row = [left.repeat(width / 2), right.repeat(width - width / 2)].concat();
    row.repeat(height)
}

fn jpeg_file(
    width: u16,
    height: u16,
    pixels: &[u8],
    colours: jpeg_encoder::ColorType,
    exif: &[u8],
) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = jpeg_encoder::Encoder::new(&mut bytes, 95);
    if !exif.is_empty() {
        encoder.add_app_segment(1, [b"Exif\0\0", exif].concat()).unwrap();
    }
    encoder.encode(pixels, width, height, colours).unwrap();
    bytes
}

fn png_file(
    width: u32,
    height: u32,
    depth: ::png::BitDepth,
    colours: ::png::ColorType,
    data: &[u8],
) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = ::png::Encoder::new(&mut bytes, width, height);
    encoder.set_depth(depth);
    encoder.set_color(colours);
    encoder.add_text_chunk("Comment".to_owned(), "/secret/path".to_owned()).unwrap();
    if colours == ::png::ColorType::Indexed {
        encoder.set_palette(vec![250, 0, 0, 0, 0, 250]);
        encoder.set_trns(vec![255, 100]);
    }
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(data).unwrap();
    writer.finish().unwrap();
    bytes
}

fn gif_file(width: u16, height: u16, colours: &[[u8; 3]]) -> Vec<u8> {
    let mut encoder = ::gif::Encoder::new(Vec::new(), width, height, &[]).unwrap();
    encoder.set_repeat(::gif::Repeat::Infinite).unwrap();
    for colour in colours {
        let pixels = colour.repeat(usize::from(width) * usize::from(height));
        let mut frame = ::gif::Frame::from_rgb(width, height, &pixels);
        frame.delay = 7;
        encoder.write_frame(&frame).unwrap();
    }
    encoder.into_inner().unwrap()
}

fn webp_file(width: u32, height: u32, pixels: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let encoder = image_webp::WebPEncoder::new(&mut bytes);
    encoder.encode(pixels, width, height, image_webp::ColorType::Rgba8).unwrap();
    bytes
}

/// Pages of one colour each.
fn tiff_file(width: u32, height: u32, pages: &[[u8; 3]]) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    let mut encoder = ::tiff::encoder::TiffEncoder::new(&mut bytes).unwrap();
    for colour in pages {
        let pixels = colour.repeat((width * height) as usize);
        encoder.write_image::<::tiff::encoder::colortype::RGB8>(width, height, &pixels).unwrap();
    }
    bytes.into_inner()
}

fn spec(mime: &str, width: u32, height: u32, output: Output) -> Spec {
    Spec {
        mime: mime.to_owned(),
        width,
        height,
        page: None,
        lang: None,
        low_quality: false,
        seek: None,
        output,
        rendition: None,
    }
}

fn made(file: &[u8], spec: &Spec) -> Vec<u8> {
    render(&mut Cursor::new(file), spec, &Limits::default()).unwrap()
}

fn failed(file: &[u8], spec: &Spec) -> Failure {
    render(&mut Cursor::new(file), spec, &Limits::default()).unwrap_err()
}

/// The pixel in the middle of the left and of the right half.
fn seen(file: &[u8], mime: &str, width: u32, height: u32) -> [Vec<u8>; 2] {
    let limits = Limits::default();
    let source: &mut dyn Source = &mut Cursor::new(file);
    let picture = match mime {
        "image/jpeg" => jpeg::decode(source, &spec(mime, width, height, Output::Jpeg), &limits),
        "image/png" => png::decode(source, &limits),
        _ => gif::first_frame(source, &limits),
    };
    let picture = picture.unwrap();
    assert_eq!((picture.width, picture.height), (width, height));
    [width / 4, width * 3 / 4].map(|x| {
        let samples = picture.layout.samples();
        let at = (height as usize / 2 * width as usize + x as usize) * samples;
        picture.pixels[at..at + samples].to_vec()
    })
}

#[track_caller]
fn assert_near(pixel: &[u8], expected: &[u8]) {
    let near = pixel.len() == expected.len() && pixel.iter().zip(expected).all(|(a, b)| a.abs_diff(*b) <= 6);
    assert!(near, "{pixel:?} instead of {expected:?}");
}

#[test]
fn a_photograph_is_made_smaller() {
    let pixels = halves(400, 300, &[200, 40, 40], &[30, 60, 180]);
    let file = jpeg_file(400, 300, &pixels, jpeg_encoder::ColorType::Rgb, &[]);
    let wanted = spec("image/jpeg", 100, 75, Output::Jpeg);
    let [left, right] = seen(&made(&file, &wanted), "image/jpeg", 100, 75);
    assert_near(&left, &[200, 40, 40]);
    assert_near(&right, &[30, 60, 180]);
    let low = made(&file, &Spec { low_quality: true, ..wanted.clone() });
    assert!(low.len() < made(&file, &wanted).len());
    // Its own size, and larger.
    seen(&made(&file, &spec("image/jpeg", 400, 300, Output::Jpeg)), "image/jpeg", 400, 300);
    seen(&made(&file, &spec("image/jpeg", 800, 600, Output::Png)), "image/png", 800, 600);
}

#[test]
fn a_photograph_that_lies_on_its_side_is_turned_and_loses_what_it_told() {
    let exif = samples::tiff(&[samples::short(0x112, 6), samples::ascii(0x13b, "Somebody")], &[], &[]);
    // Stored: top red, bottom blue. Upright: left blue, right red.
    let pixels = [[200, 40, 40].repeat(400 * 150), [30, 60, 180].repeat(400 * 150)].concat();
    let file = jpeg_file(400, 300, &pixels, jpeg_encoder::ColorType::Rgb, &exif);
    let small = made(&file, &spec("image/jpeg", 60, 80, Output::Jpeg));
    let [left, right] = seen(&small, "image/jpeg", 60, 80);
    assert_near(&left, &[30, 60, 180]);
    assert_near(&right, &[200, 40, 40]);
    assert!(memchr::memmem::find(&small, b"Exif").is_none());
    assert!(memchr::memmem::find(&small, b"Somebody").is_none());
}

#[test]
fn inks_become_light() {
    // Cyan and black.
    let pixels = halves(64, 64, &[255, 0, 0, 0], &[0, 0, 0, 255]);
    for colours in [jpeg_encoder::ColorType::Cmyk, jpeg_encoder::ColorType::CmykAsYcck] {
        let file = jpeg_file(64, 64, &pixels, colours, &[]);
        let [left, right] = seen(&made(&file, &spec("image/jpeg", 32, 32, Output::Png)), "image/png", 32, 32);
        assert_near(&left[..3], &[0, 255, 255]);
        assert_near(&right[..3], &[0, 0, 0]);
    }
}

#[test]
fn png_of_every_kind_is_made_smaller_and_keeps_nothing_but_pixels() {
    use ::png::{BitDepth, ColorType};
    let wide = |samples: &[u8]| samples.iter().flat_map(|s| [*s, 7]).collect::<Vec<u8>>();
    let grey = halves(64, 64, &[200], &[90]);
    let clear = halves(64, 64, &[200, 30, 30, 255], &[30, 200, 30, 128]);
    let cases: [(Vec<u8>, &[u8], &[u8]); 5] = [
        (png_file(64, 64, BitDepth::Eight, ColorType::Grayscale, &grey), &[200], &[90]),
        (png_file(64, 64, BitDepth::Sixteen, ColorType::Grayscale, &wide(&grey)), &[200], &[90]),
        (
            png_file(64, 64, BitDepth::Eight, ColorType::Rgba, &clear),
            &[200, 30, 30, 255],
            &[30, 200, 30, 128],
        ),
        (
            png_file(64, 64, BitDepth::Sixteen, ColorType::Rgba, &wide(&clear)),
            &[200, 30, 30, 255],
            &[30, 200, 30, 128],
        ),
        (
            png_file(64, 64, BitDepth::One, ColorType::Indexed, &[0, 0, 0, 0, 255, 255, 255, 255].repeat(64)),
            &[250, 0, 0, 255],
            &[0, 0, 250, 100],
        ),
    ];
    for (file, left, right) in cases {
        let small = made(&file, &spec("image/png", 32, 32, Output::Png));
        let found = seen(&small, "image/png", 32, 32);
        assert_near(&found[0], left);
        assert_near(&found[1], right);
        assert!(memchr::memmem::find(&small, b"tEXt").is_none());
    }
}

#[test]
fn what_is_transparent_becomes_white_in_a_jpeg() {
    let pixels = halves(64, 64, &[200, 30, 30, 255], &[30, 200, 30, 0]);
    let file = png_file(64, 64, ::png::BitDepth::Eight, ::png::ColorType::Rgba, &pixels);
    let [left, right] = seen(&made(&file, &spec("image/png", 32, 32, Output::Jpeg)), "image/jpeg", 32, 32);
    assert_near(&left, &[200, 30, 30]);
    assert_near(&right, &[255, 255, 255]);
}

/// Pixels of a WebP, four samples each where it has opacity and three where it has none.
fn webp_pixels(file: &[u8]) -> (usize, Vec<u8>) {
    let picture = webp::decode(&mut Cursor::new(file), &Limits::default()).unwrap();
    (picture.layout.samples(), picture.pixels)
}

#[test]
fn other_forms_look_the_same() {
    let pixels = halves(64, 64, &[200, 30, 30, 255], &[30, 200, 30, 0]);
    let file = png_file(64, 64, ::png::BitDepth::Eight, ::png::ColorType::Rgba, &pixels);
    let webp = |output| Spec { rendition: Some(Rendition::Webp), ..spec("image/png", 32, 32, output) };
    // White where a JPEG is white, transparent where a PNG is transparent.
    let (samples, pixels) = webp_pixels(&made(&file, &webp(Output::Jpeg)));
    assert_eq!(samples, 3);
    assert_near(&pixels[8 * 3..][..3], &[200, 30, 30]);
    assert_near(&pixels[24 * 3..][..3], &[255, 255, 255]);
    let (samples, pixels) = webp_pixels(&made(&file, &webp(Output::Png)));
    assert_eq!((samples, pixels[8 * 4 + 3], pixels[24 * 4 + 3]), (4, 255, 0));
    // A palette's colours are the very same.
    assert_eq!(&pixels[8 * 4..][..4], &[200, 30, 30, 255]);
    // Nothing of this is lost where there are no colours, or many.
    for colours in [::png::ColorType::Grayscale, ::png::ColorType::GrayscaleAlpha] {
        let ramp: Vec<u8> = (0..64 * 64 * colours.samples()).map(|at| (at / 16 % 256) as u8).collect();
        let file = png_file(64, 64, ::png::BitDepth::Eight, colours, &ramp);
        assert_eq!(webp_pixels(&made(&file, &webp(Output::Png))).0, 2 + colours.samples());
    }
    let many: Vec<u8> =
        (0..64 * 64_u32).flat_map(|at| [at % 64 * 4, at / 64 * 4, 9].map(|s| s as u8)).collect();
    let file = png_file(64, 64, ::png::BitDepth::Eight, ::png::ColorType::Rgb, &many);
    let (samples, pixels) = webp_pixels(&made(&file, &webp(Output::Png)));
    assert_eq!(samples, 3);
    assert!(pixels[(5 * 32 + 25) * 3].abs_diff(202) < 12);
}

#[test]
fn other_forms_are_small_if_they_shall_be() {
    let noise: Vec<u8> =
        (0..200 * 200 * 3_u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let file = jpeg_file(200, 200, &noise, jpeg_encoder::ColorType::Rgb, &[]);
    for (form, beginning) in [(Rendition::Webp, b"WEBPVP8 "), (Rendition::Avif, b"ftypavif")] {
        let wanted = Spec { rendition: Some(form), ..spec("image/jpeg", 100, 100, Output::Jpeg) };
        let plain = made(&file, &wanted);
        assert!(plain[..16].windows(8).any(|eight| eight == beginning));
        assert!(made(&file, &Spec { low_quality: true, ..wanted }).len() < plain.len());
    }
}

#[test]
fn an_animation_stays_one_while_it_is_small_enough() {
    let colours = [[250, 0, 0], [0, 250, 0], [0, 0, 250]];
    let file = gif_file(40, 30, &colours);
    let wanted = spec("image/gif", 20, 15, Output::Gif);
    let frames = |bytes: &[u8]| {
        let mut options = ::gif::DecodeOptions::new();
        options.set_color_output(::gif::ColorOutput::RGBA);
        let mut decoder = options.read_info(bytes).unwrap();
        assert_eq!((decoder.width(), decoder.height()), (20, 15));
        let mut frames = Vec::new();
        while let Some(frame) = decoder.read_next_frame().unwrap() {
            frames.push(([frame.buffer[0], frame.buffer[1], frame.buffer[2]], frame.delay));
        }
        frames
    };
    assert_eq!(frames(&made(&file, &wanted)), colours.map(|colour| (colour, 7)));
    for limits in [
        Limits { max_pixels: 40 * 30 * 3 - 1, ..Limits::default() },
        Limits { max_frames: 2, ..Limits::default() },
    ] {
        let small = render(&mut Cursor::new(&file), &wanted, &limits).unwrap();
        assert_eq!(frames(&small), [([250, 0, 0], 0)]);
    }
}

#[test]
fn webp_is_made_smaller() {
    let file = webp_file(64, 64, &halves(64, 64, &[200, 30, 30, 255], &[30, 200, 30, 128]));
    let [left, right] = seen(&made(&file, &spec("image/webp", 32, 32, Output::Png)), "image/png", 32, 32);
    assert_near(&left, &[200, 30, 30, 255]);
    assert_near(&right, &[30, 200, 30, 128]);
}

/// A frame of one colour: where it lies, its size, milliseconds, and flags (2: doesn't blend, 1: goes).
fn webp_frame(at: [u32; 2], size: [u32; 2], delay: u32, flags: u8, colour: [u8; 4]) -> Vec<u8> {
    let picture = &webp_file(size[0], size[1], &colour.repeat((size[0] * size[1]) as usize))[12..];
    let three = |number: u32| number.to_le_bytes()[..3].to_vec();
    let mut part = [three(at[0] / 2), three(at[1] / 2), three(size[0] - 1), three(size[1] - 1)].concat();
    part.extend(three(delay));
    part.push(flags);
    [b"ANMF", ((part.len() + picture.len()) as u32).to_le_bytes().as_slice(), &part, picture].concat()
}

/// An animation of 40 by 30 pixels that is shown so often.
fn webp_animation(plays: u16, frames: &[Vec<u8>]) -> Vec<u8> {
    let head = b"VP8X\x0A\0\0\0\x12\0\0\0\x27\0\0\x1D\0\0ANIM\x06\0\0\0\0\0\0\0";
    let parts = [head.as_slice(), &plays.to_le_bytes(), &frames.concat()].concat();
    [b"RIFF", (4 + parts.len() as u32).to_le_bytes().as_slice(), b"WEBP", &parts].concat()
}

/// Of a frame, the pixels in the middle of its left and right half, and for how long it is shown.
type Shown = ([u8; 4], [u8; 4], u32);

/// The frames of an animated PNG, and how often they are shown.
fn png_frames(file: &[u8]) -> (Vec<Shown>, u32) {
    let mut decoder = ::png::Decoder::new(Cursor::new(file));
    decoder.set_transformations(::png::Transformations::normalize_to_color8());
    let mut reader = decoder.read_info().unwrap();
    let about = reader.info().animation_control.unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let frames = (0..about.num_frames).map(|_| {
        let samples = reader.next_frame(&mut pixels).unwrap().color_type.samples();
        let delay = reader.info().frame_control.unwrap();
        let pixel = |x: usize| {
            let mut pixel = [255; 4];
            pixel[..samples].copy_from_slice(&pixels[(7 * 20 + x) * samples..][..samples]);
            pixel
        };
        (pixel(5), pixel(15), u32::from(delay.delay_num) * 1000 / u32::from(delay.delay_den))
    });
    (frames.collect(), about.num_plays)
}

#[test]
fn an_animated_webp_becomes_an_animated_png() {
    let [red, green, blue] = [[250, 0, 0, 255], [0, 250, 0, 255], [0, 0, 250, 255]];
    let (nothing, whole, right) = ([0; 4], [40, 30], [20, 30]);
    let wanted = spec("image/webp", 20, 15, Output::Png);
    // Frames that cover all, one half, nothing; that blend and don't; that go and stay.
    let file = webp_animation(
        3,
        &[
            webp_frame([0, 0], whole, 70, 0, red),
            webp_frame([20, 0], right, 80, 1, green),
            webp_frame([0, 0], [2, 2], 90, 0, green),
            webp_frame([20, 0], right, 70_000, 0, [0, 0, 255, 128]),
            webp_frame([0, 0], whole, 10, 0, nothing),
            webp_frame([0, 0], whole, 0, 2, [0, 250, 0, 100]),
            webp_frame([0, 0], whole, 20, 0, [0, 250, 0, 255]),
        ],
    );
    let (frames, plays) = png_frames(&made(&file, &wanted));
    assert_eq!(plays, 3);
    let half = [0, 0, 255, 128];
    let expected = [
        (red, red, 70),
        (red, green, 80),
        (red, nothing, 90),
        (red, half, 70_000),
        (red, half, 10),
        ([0, 250, 0, 100], [0, 250, 0, 100], 0),
        (green, green, 20),
    ];
    assert_eq!(frames, expected);
    // Without end, and opaque.
    let file = webp_animation(0, &[red, green, blue].map(|colour| webp_frame([0, 0], whole, 7, 0, colour)));
    let (frames, plays) = png_frames(&made(&file, &wanted));
    assert_eq!((frames.len(), plays, frames[2]), (3, 0, (blue, blue, 7)));
    // Too many, too large, or in another form: the first frame stands for all.
    for limits in [
        Limits { max_pixels: 40 * 30 * 3 - 1, ..Limits::default() },
        Limits { max_frames: 2, ..Limits::default() },
    ] {
        let small = render(&mut Cursor::new(&file), &wanted, &limits).unwrap();
        assert!(memchr::memmem::find(&small, b"acTL").is_none());
        assert_near(&seen(&small, "image/png", 20, 15)[0], &red[..3]);
    }
    assert!(made(&file, &Spec { output: Output::Jpeg, ..wanted.clone() }).starts_with(b"\xFF\xD8"));
    let one = webp_animation(0, &[webp_frame([0, 0], whole, 7, 0, red)]);
    assert!(memchr::memmem::find(&made(&one, &wanted), b"acTL").is_none());
}

#[test]
fn a_damaged_animation_is_shown_as_far_as_it_goes() {
    let colours = [[250, 0, 0, 255], [0, 250, 0, 255], [0, 0, 250, 255]];
    let wanted = spec("image/webp", 20, 15, Output::Png);
    let good = colours.map(|colour| webp_frame([0, 0], [40, 30], 7, 0, colour));
    let off = webp_frame([30, 0], [40, 30], 7, 0, colours[2]);
    let mut lies = good[2].clone();
    lies[14] = 20;
    let mut broken = good[2].clone();
    broken[40..].fill(0xFF);
    for last in [off, lies, broken] {
        let file = webp_animation(0, &[good[0].clone(), good[1].clone(), last.clone()]);
        assert_eq!(png_frames(&made(&file, &wanted)).0.len(), 2);
        let file = webp_animation(0, &[last, good[0].clone()]);
        assert!(matches!(failed(&file, &wanted), Failure::Damaged(_)));
    }
    let file = webp_animation(0, &good);
    let cut = &file[..file.len() - 30];
    assert_eq!(png_frames(&made(cut, &wanted)).0.len(), 2);
}

#[test]
fn a_page_is_taken_out_of_many() {
    let file = tiff_file(40, 30, &[[250, 0, 0], [0, 250, 0], [0, 0, 250]]);
    for (page, colour) in
        [(None, [250, 0, 0]), (Some(1), [250, 0, 0]), (Some(2), [0, 250, 0]), (Some(9), [0, 0, 250])]
    {
        let wanted = Spec { page, ..spec("image/tiff", 20, 15, Output::Jpeg) };
        assert_near(&seen(&made(&file, &wanted), "image/jpeg", 20, 15)[0], &colour);
    }
}

#[test]
fn what_is_too_large_is_not_begun() {
    let header = samples::png(8, 2, &[]);
    let mut huge = header;
    // Width and height.
    huge[16..24].copy_from_slice(&[0, 0, 0xff, 0xdc, 0, 0, 0xff, 0xdc]);
    let failure = failed(&huge, &spec("image/png", 100, 100, Output::Png));
    assert!(matches!(failure, Failure::TooLarge { .. } | Failure::Damaged(_)), "{failure}");
    let small = webp_file(8, 8, &[0; 256]);
    let limits = Limits { max_pixels: 63, ..Limits::default() };
    let refused = render(&mut Cursor::new(small), &spec("image/webp", 4, 4, Output::Png), &limits);
    assert_eq!(refused, Err(Failure::TooLarge { pixels: 64, most: 63 }));
    let huge = spec("image/png", 70_000, 70_000, Output::Png);
    assert!(matches!(failed(b"", &huge), Failure::TooMuchMemory { .. }));
}

#[test]
fn a_damaged_file_is_refused_or_shown_as_far_as_it_goes() {
    let pixels = halves(48, 40, &[200, 40, 40], &[30, 60, 180]);
    let clear = halves(48, 40, &[200, 40, 40, 255], &[30, 60, 180, 9]);
    let files = [
        ("image/jpeg", jpeg_file(48, 40, &pixels, jpeg_encoder::ColorType::Rgb, &[])),
        ("image/png", png_file(48, 40, ::png::BitDepth::Eight, ::png::ColorType::Rgb, &pixels)),
        ("image/gif", gif_file(48, 40, &[[250, 0, 0], [0, 250, 0]])),
        ("image/webp", webp_file(48, 40, &clear)),
        ("image/tiff", tiff_file(48, 40, &[[250, 0, 0]])),
    ];
    for (mime, file) in files {
        let wanted = spec(mime, 24, 20, if mime == "image/gif" { Output::Gif } else { Output::Png });
        for cut in (0..file.len()).step_by(7) {
            let _ = render(&mut Cursor::new(&file[..cut]), &wanted, &Limits::default());
        }
        for at in (0..file.len()).step_by(5) {
            let mut broken = file.clone();
            broken[at] ^= 0x55;
            let _ = render(&mut Cursor::new(&broken), &wanted, &Limits::default());
        }
    }
}

#[test]
fn other_types_are_none_of_ours() {
    assert_eq!(
        failed(b"RIFF", &spec("audio/wav", 10, 10, Output::Png)),
        Failure::Unsupported("audio/wav".to_owned())
    );
}

/// The drawing's pixels.
fn drawn(svg: &str, lang: Option<&str>) -> [Vec<u8>; 2] {
    let lang = lang.map(str::to_owned);
    let wanted = Spec { lang, ..spec("image/svg+xml", 40, 20, Output::Png) };
    seen(&made(svg.as_bytes(), &wanted), "image/png", 40, 20)
}

fn svg(content: &str) -> String {
    format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="20" height="10">{content}</svg>"#
    )
}

#[test]
fn a_drawing_is_drawn_at_the_size_that_is_wanted() {
    let halves = svg(
        "<rect width='10' height='10' fill='#f00'/><rect x='10' width='9' height='10' fill='#00f' opacity='.5'/>",
    );
    let [left, right] = drawn(&halves, None);
    assert_near(&left, &[255, 0, 0, 255]);
    assert_near(&right, &[0, 0, 255, 128]);
}

#[test]
fn a_drawing_speaks_the_language_that_is_wanted() {
    let switch = svg("<rect width='20' height='10'/><switch>\
        <rect systemLanguage='de' width='20' height='10' fill='#f00'/>\
        <rect systemLanguage='zh-Hans' width='20' height='10' fill='#0f0'/>\
        <rect systemLanguage='en' width='20' height='10' fill='#00f'/>\
        <rect width='20' height='10' fill='#fff'/></switch>");
    let colour = |lang| drawn(&switch, lang)[0][..3].to_vec();
    assert_eq!(colour(None), [0, 0, 255]);
    assert_eq!(colour(Some("de")), [255, 0, 0]);
    assert_eq!(colour(Some("zh-hans")), [0, 255, 0]);
    assert_eq!(colour(Some("zz")), [255, 255, 255]);
}

#[test]
fn a_drawing_gets_nothing_from_elsewhere() {
    let file = std::env::temp_dir().join(format!("commonhold-outside-{}.png", std::process::id()));
    let red = png_file(8, 8, ::png::BitDepth::Eight, ::png::ColorType::Rgb, &[255, 0, 0].repeat(64));
    std::fs::write(&file, red).unwrap();
    let content = format!(
        "<rect width='20' height='10' fill='#0f0'/><image width='20' height='10' xlink:href='{0}'/>\
         <image width='20' height='10' xlink:href='file://{0}'/>",
        file.display()
    );
    let [left, right] = drawn(&svg(&content), None);
    std::fs::remove_file(&file).unwrap();
    assert_eq!((&left[..3], &right[..3]), (&[0, 255, 0][..], &[0, 255, 0][..]));
}

#[test]
fn what_is_no_drawing_is_damaged() {
    let wanted = spec("image/svg+xml", 40, 20, Output::Png);
    for text in ["", "<svg", "<html/>", "<svg xmlns='http://www.w3.org/2000/svg' width='0' height='0'/>"] {
        assert!(matches!(failed(text.as_bytes(), &wanted), Failure::Damaged(_)), "{text}");
    }
}

/// A document of pages that are of one colour each.
fn pdf_file(pages: &[&str]) -> Vec<u8> {
    let kids: Vec<String> = (0..pages.len()).map(|n| format!("{} 0 R", 3 + 2 * n)).collect();
    let mut objects = vec![
        "<</Type/Catalog/Pages 2 0 R>>".to_owned(),
        format!("<</Type/Pages/Kids[{}]/Count {}>>", kids.join(" "), pages.len()),
    ];
    for (n, colour) in pages.iter().enumerate() {
        objects.push(format!(
            "<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 100]/Contents {} 0 R/Resources<<>>>>",
            4 + 2 * n
        ));
        let content = format!("{colour} rg 0 0 100 100 re f");
        objects.push(format!("<</Length {}>>\nstream\n{content}\nendstream", content.len()));
    }
    let mut file = "%PDF-1.4\n".to_owned();
    let mut table = "0000000000 65535 f \n".to_owned();
    for (number, object) in (1..).zip(&objects) {
        table.push_str(&format!("{:010} 00000 n \n", file.len()));
        file.push_str(&format!("{number} 0 obj\n{object}\nendobj\n"));
    }
    let (at, count) = (file.len(), objects.len() + 1);
    file.push_str(&format!(
        "xref\n0 {count}\n{table}trailer\n<</Root 1 0 R/Size {count}>>\nstartxref\n{at}\n%%EOF"
    ));
    file.into_bytes()
}

#[test]
fn a_page_of_a_document_is_drawn_on_white() {
    let file = pdf_file(&["1 0 0", "0 1 0"]);
    for (page, colour) in [(None, [255, 0, 0]), (Some(2), [0, 255, 0]), (Some(9), [0, 255, 0])] {
        let wanted = Spec { page, ..spec("application/pdf", 60, 30, Output::Jpeg) };
        let [left, right] = seen(&made(&file, &wanted), "image/jpeg", 60, 30);
        assert_near(&left, &colour);
        assert_near(&right, &[255, 255, 255]);
    }
    let wanted = spec("application/pdf", 60, 30, Output::Jpeg);
    for cut in (0..file.len()).step_by(11) {
        let _ = render(&mut Cursor::new(&file[..cut]), &wanted, &Limits::default());
    }
    assert!(matches!(failed(b"%PDF-1.4\n%%EOF", &wanted), Failure::Damaged(_)));
}

#[test]
fn what_a_decoder_finds_is_the_files_fault_and_what_the_system_says_is_not() {
    for error in [io::Error::other("no such code"), io::ErrorKind::UnexpectedEof.into()] {
        assert!(matches!(Failure::from(error), Failure::Damaged(_)));
    }
    assert!(matches!(Failure::from(io::Error::from_raw_os_error(5)), Failure::Source(_)));
}
