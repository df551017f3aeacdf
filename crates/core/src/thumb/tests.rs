use proptest::prelude::*;

use super::*;

fn picture(format: Format, width: u32, height: u32) -> Picture {
    Picture {
        format,
        width,
        height,
        pages: 1,
        page_sizes: Vec::new(),
        duration: 0.0,
        turned: false,
        moves: false,
    }
}

fn scaled(picture: &Picture, width: i64, height: impl Into<Option<i64>>) -> Thumb {
    picture.scale(Bounds { width, height: height.into() }, &Options::default()).unwrap()
}

/// Width and height, and the names of the thumbnail and of those for denser screens; `-` for the file itself.
#[track_caller]
fn check(picture: &Picture, (width, height): (i64, i64), size: (u64, u64), names: &str) {
    let thumb = scaled(picture, width, (height > 0).then_some(height));
    assert_eq!((thumb.width, thumb.height), size);
    let of = |thumb: &Thumb| {
        if thumb.is_original { "-".to_owned() } else { thumb.param_string(picture.format) }
    };
    let denser = [3, 4].map(|halves| of(&picture.denser(&thumb, halves).unwrap()));
    assert_eq!(format!("{} {}", of(&thumb), denser.join(" ")), names);
}

#[test]
fn sizes_and_names_are_mediawikis() {
    let wide = picture(Format::Jpeg, 500, 300);
    check(&wide, (500, 50), (84, 50), "84px 125px 167px");
    check(&wide, (499, 0), (499, 299), "499px - -");
    check(&wide, (500, 0), (500, 300), "- - -");
    check(&wide, (5000, 0), (500, 300), "- - -");
    check(&wide, (i64::MAX, i64::MAX), (500, 300), "- - -");
    check(&wide, (100, 10), (17, 10), "17px 25px 34px");
    check(&picture(Format::Png, 900, 600), (200, 0), (200, 133), "200px 300px 399px");
    check(&picture(Format::Jpeg, 1600, 500), (500, 50), (160, 50), "160px 240px 320px");
    let turned = Picture { turned: true, ..picture(Format::Jpeg, 300, 400) };
    check(&turned, (100, 0), (100, 133), "100px 150px 199px");
    check(&turned, (5000, 0), (5000, 6667), "300px 300px 300px");
    let webp = picture(Format::Webp, 500, 300);
    check(&webp, (1000, 0), (1000, 600), "500px 500px 500px");
    let drawing = picture(Format::Drawing, 425, 283);
    check(&drawing, (425, 50), (75, 50), "75px 113px 150px");
    check(&drawing, (5000, 0), (5000, 3329), "5000px 7500px 7689px");
    check(&picture(Format::Gif, 100_000, 1), (10, 0), (10, 1), "10px 15px 20px");
}

#[test]
fn each_page_has_its_shape() {
    let mut document = picture(Format::Document, 600, 800);
    (document.pages, document.page_sizes) = (3, vec![(600, 800), (800, 600)]);
    let page = |page, width| {
        let options = Options { page: Some(page), ..Options::default() };
        let thumb = document.scale(Bounds { width, height: Some(300) }, &options).unwrap();
        (thumb.width, thumb.height, thumb.pixel_width, thumb.pixel_height)
    };
    assert_eq!(page(1, 1000), (225, 300, 225, 300));
    assert_eq!(page(2, 1000), (400, 300, 400, 300));
    assert_eq!(page(3, 60), (60, 80, 60, 80));
}

#[test]
fn some_sizes_no_image_has() {
    let wide = picture(Format::Jpeg, 500, 300);
    let options = Options::default();
    for (width, height) in [(0, None), (-5, None), (100, Some(0)), (100, Some(-1)), (i64::MIN, None)] {
        assert_eq!(wide.scale(Bounds { width, height }, &options), None, "{width} {height:?}");
    }
}

#[test]
fn names_have_the_parameters_of_their_types() {
    let name = |format: Format, name: &str, params: &str| {
        let picture = Picture { pages: 9, duration: 60.0, ..picture(format, 640, 480) };
        let read = format.parse(params)?;
        let width = read.width.unwrap_or(640);
        let thumb = picture.scale(Bounds { width, height: None }, &read.options)?;
        Some(thumb.file_name(&picture, name))
    };
    let table = [
        (Format::Jpeg, "A.jpg", "120px", "120px-A.jpg"),
        (Format::Jpeg, "A.jpeg", "qlow-120px", "qlow-120px-A.jpeg"),
        (Format::Png, "A.png", "120px", "120px-A.png"),
        (Format::Gif, "A.gif", "120px", "120px-A.gif"),
        (Format::Webp, "A.webp", "120px", "120px-A.webp.png"),
        (Format::Drawing, "A.svg", "langde-120px", "langde-120px-A.svg.png"),
        (Format::Drawing, "A.svg", "langzh-hans-120px", "langzh-hans-120px-A.svg.png"),
        (Format::Drawing, "A.svg", "langen-120px", "120px-A.svg.png"),
        (Format::Tiff, "A.tif", "120px", "lossy-page1-120px-A.tif.jpg"),
        (Format::Tiff, "A.tif", "lossless-page2-120px", "lossless-page2-120px-A.tif.png"),
        (Format::Document, "A.pdf", "page2-120px", "page2-120px-A.pdf.jpg"),
        (Format::Document, "A.djvu", "120px", "page1-120px-A.djvu.jpg"),
        (Format::Document, "A.pdf", "page0-120px", "page1-120px-A.pdf.jpg"),
        (Format::Document, "A.pdf", "page99999999999999999999-120px", "page9-120px-A.pdf.jpg"),
        (Format::Video, "A.webm", "120px-", "120px--A.webm.jpg"),
        (Format::Video, "A.webm", "120px-seek=12.50", "120px-seek=12.5-A.webm.jpg"),
        (Format::Video, "A.webm", "120px-seek=600", "120px-seek=60-A.webm.jpg"),
        (Format::Video, "A.ogv", "mid", "mid-A.ogv.jpg"),
    ];
    for (format, file, params, expected) in table {
        assert_eq!(name(format, file, params).as_deref(), Some(expected), "{params}");
    }
}

#[test]
fn what_is_no_parameter_string_is_not_read() {
    let bad = [
        (Format::Jpeg, "page2-120px qlow120px 120 px -1px +1px 1.5px 120px- 99999999999999999999px"),
        (Format::Png, "qlow-120px page2-120px langde-120px 120"),
        (Format::Drawing, "langDE-120px lang-120px lang../-120px lang-de-120px"),
        (Format::Tiff, "lossy-lossless-page1-120px page-120px pagex-120px page-1-120px"),
        (Format::Document, "lossy-page1-120px page page1px"),
        (
            Format::Video,
            "120px-seek= 120px-seek=-1 120px-seek=1e9 120px-seek=x midx 120px-120px 120px-seek=1.2.3",
        ),
    ];
    for (format, texts) in bad {
        for text in texts.split(' ') {
            assert_eq!(format.parse(text), None, "{format:?} {text}");
        }
    }
}

#[test]
fn a_width_may_be_left_out() {
    for (format, text) in [
        (Format::Jpeg, "qlow"),
        (Format::Drawing, "langde"),
        (Format::Document, "page2"),
        (Format::Tiff, "lossy-page2"),
        (Format::Tiff, "lossless"),
    ] {
        let read = format.parse(text).unwrap();
        assert_eq!(read.width, None, "{text}");
    }
}

#[test]
fn only_the_canonical_name_is_a_name() {
    let wide = picture(Format::Jpeg, 500, 300);
    assert_eq!(wide.named("A.jpg", "120px-A.jpg").unwrap(), scaled(&wide, 120, None));
    assert!(wide.named("A.jpg", "500px-A.jpg").unwrap().is_original);
    for other in [
        "0120px-A.jpg",
        "501px-A.jpg",
        "99999999999px-A.jpg",
        "120px-B.jpg",
        "120px-A.jpg.png",
        "120pxA.jpg",
        "A.jpg",
        "",
    ] {
        assert_eq!(wide.named("A.jpg", other), Err(NameError::NotCanonical), "{other}");
    }
    for other in ["0px-A.jpg", "page2-120px-A.jpg", "px-A.jpg", "-A.jpg"] {
        assert_eq!(wide.named("A.jpg", other), Err(NameError::Impossible), "{other}");
    }
    // Names may look like anything.
    for name in ["120px-A.jpg", "1.jpg", "-.jpg", "px-.jpg", "1px-1px-.jpg"] {
        let thumb = scaled(&wide, 120, None);
        assert_eq!(wide.named(name, &thumb.file_name(&wide, name)), Ok(thumb), "{name}");
    }
}

#[test]
fn a_site_may_have_few_sizes() {
    let sizes = Sizes::new(vec![600, 100, 300, 100], SizesMode::Snap);
    let wide = picture(Format::Jpeg, 500, 300);
    let given = |width| {
        let thumb = wide.at_step(&scaled(&wide, width, None), &sizes).unwrap();
        (thumb.width, thumb.pixel_width, thumb.is_original)
    };
    assert_eq!(given(10), (10, 100, false));
    assert_eq!(given(100), (100, 100, false));
    assert_eq!(given(101), (101, 300, false));
    assert_eq!(given(301), (500, 500, true));
    let drawing = picture(Format::Drawing, 20, 10);
    assert_eq!(drawing.at_step(&scaled(&drawing, 4000, None), &sizes).unwrap().pixel_width, 600);
    let exact = Sizes::default();
    assert_eq!(wide.at_step(&scaled(&wide, 77, None), &exact).unwrap().pixel_width, 77);
    assert!(exact.is_standard(240) && exact.is_standard(330) && !exact.is_standard(77));
}

proptest! {
    #[test]
    fn a_fitted_image_fits(w in 1u32..100_000, h in 1u32..100_000, width in 1i64..9000, height in 1i64..9000) {
        let picture = picture(Format::Webp, w, h);
        let thumb = scaled(&picture, width, height);
        prop_assert!(thumb.width <= width as u64);
        // One pixel is the least that an image has.
        prop_assert!(thumb.height <= height as u64 || thumb.width == 1);
        prop_assert!(thumb.pixel_width <= w && thumb.pixel_width >= 1 && thumb.pixel_height >= 1);
    }

    #[test]
    fn names_lead_back(w in 1u32..9000, h in 1u32..9000, width in 1i64..9000, seek in 0u32..500, kind in 0usize..8) {
        let formats = [
            Format::Jpeg, Format::Png, Format::Gif, Format::Webp, Format::Drawing, Format::Tiff, Format::Document,
            Format::Video,
        ];
        let picture = Picture { pages: 7, ..picture(formats[kind], w, h) };
        let options = Options {
            low_quality: seek % 2 == 0,
            language: Some("zh-hans".to_owned()),
            page: Some(seek),
            lossless: seek % 3 == 0,
            seek: (seek % 5 != 0).then_some(f64::from(seek) / 8.0),
            middle: false,
        };
        let thumb = picture.scale(Bounds { width, height: None }, &options).unwrap();
        let name = thumb.file_name(&picture, "X-1px.tif");
        let back = picture.named("X-1px.tif", &name).unwrap();
        prop_assert_eq!(back.file_name(&picture, "X-1px.tif"), name);
        prop_assert_eq!((back.pixel_width, back.pixel_height, back.options), (thumb.pixel_width, thumb.pixel_height, thumb.options));
    }

    #[test]
    fn no_text_is_too_much(text in ".{0,40}", file in "[A-Za-z0-9.-]{1,10}") {
        for format in [Format::Jpeg, Format::Drawing, Format::Tiff, Format::Document, Format::Video] {
            let _ = format.parse(&text);
            let _ = picture(format, 3, 2).named(&file, &text);
        }
    }
}

#[test]
fn what_is_still_and_not_too_large_has_other_forms() {
    let has = |picture: &Picture, width: i64| picture.has_renditions(&scaled(picture, width, None));
    for format in [Format::Jpeg, Format::Png, Format::Webp, Format::Drawing, Format::Tiff, Format::Document] {
        assert!(has(&picture(format, 6000, 4000), 1920), "{format:?}");
        assert!(!has(&picture(format, 6000, 4000), 3000), "{format:?}");
    }
    assert!(!has(&picture(Format::Gif, 6000, 4000), 120));
    assert!(!has(&Picture { moves: true, ..picture(Format::Webp, 600, 400) }, 120));
    // Few pixels, but in a longer row than WebP has.
    assert!(has(&picture(Format::Png, 20_000, 10), 16_383));
    assert!(!has(&picture(Format::Png, 20_000, 10), 16_384));
}

#[test]
fn each_form_is_a_version_of_its_own() {
    let tiff = picture(Format::Tiff, 600, 400);
    let thumb = scaled(&tiff, 120, None);
    let versions =
        [None, Some(Rendition::Webp), Some(Rendition::Avif)].map(|form| thumb.version(&tiff, form));
    assert_eq!(versions, ["lossy-page1-120px", "lossy-page1-120px.webp", "lossy-page1-120px.avif"]);
}

#[test]
fn animations_of_webp_are_known_by_what_they_say() {
    let info = |mime: &str, animated: Data| MediaInfo {
        mime: mime.to_owned(),
        media_type: MediaType::Bitmap,
        width: 40,
        height: 30,
        bits: 0,
        pages: None,
        duration: 0.0,
        metadata: Some(Data::map([("animated", animated)])),
        common: Data::Map(Vec::new()),
    };
    let moves = |mime: &str, animated: bool| Picture::of(&info(mime, animated.into())).unwrap().moves;
    assert!(moves("image/webp", true));
    assert!(!moves("image/webp", false) && !moves("image/png", true));
}
