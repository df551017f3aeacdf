use super::*;

#[test]
fn a_type_has_its_extensions_and_no_others() {
    let cases: &[(&str, &str)] = &[
        ("image/jpeg", "jpeg jpg jpe jps"),
        ("image/png", "png apng"),
        ("image/gif", "gif"),
        ("image/webp", "webp"),
        ("image/svg+xml", "svg"),
        ("image/tiff", "tiff tif"),
        ("image/x-bmp", "bmp"),
        ("image/x-xcf", "xcf"),
        ("image/vnd.djvu", "djvu djv"),
        ("application/pdf", "pdf"),
        ("application/ogg", "ogx ogg ogm ogv oga spx opus"),
        ("audio/mpeg", "mpga mpa mp2 mp3"),
        ("audio/midi", "mid midi kar"),
        ("audio/wav", "wav"),
        ("audio/flac", "flac"),
        ("audio/webm", "webm"),
        ("video/webm", "webm"),
        ("video/x-matroska", "mkv mka"),
        ("video/mp4", "mp4 m4a m4p m4b m4r m4v"),
        ("video/mpeg", "mpg mpeg mpe"),
        ("video/quicktime", "qt mov"),
        ("application/sla", "stl"),
        ("application/zip", "zip jar xpi sxc stc sxd std sxi sti sxm stm sxw stw"),
        ("application/msword", "doc dot"),
        ("application/vnd.ms-excel", "xls xlt xla"),
        ("application/vnd.ms-powerpoint", "ppt pot pps ppa"),
        ("application/json", "json"),
        ("text/plain", "txt"),
        ("text/csv", "csv"),
        ("application/xml", "xml xsl xsd kml"),
    ];
    let all: Vec<&str> = cases.iter().flat_map(|(_, e)| e.split(' ')).collect();
    for (mime, extensions) in cases {
        let own: Vec<&str> = extensions.split(' ').collect();
        assert_eq!(guess_extension(mime), Some(own[0]), "{mime}");
        for extension in &all {
            assert_eq!(matches(mime, extension), own.contains(extension), "{mime} as .{extension}");
        }
        assert!(matches(mime, &own[0].to_uppercase()));
        assert!(!matches(mime, "foo"), "{mime} as .foo");
    }
}

#[test]
fn a_type_without_extensions_takes_those_that_nothing_has() {
    assert!(!matches("application/gzip", "jpg"));
    assert!(!matches("application/x-sh", "txt"));
    assert!(matches("application/gzip", "gz"));
    assert_eq!(guess_extension("application/gzip"), None);
    assert_eq!(guess_extension("no/such"), None);
}

#[test]
fn unknown_content_has_no_extension_that_would_be_recognised() {
    for extension in
        ["gif", "JPG", "png", "bmp", "tif", "ogg", "opus", "pdf", "webm", "webp", "mp3", "svg", "stl"]
    {
        assert!(!matches(UNKNOWN, extension), "{extension}");
        assert_eq!(logical_type(UNKNOWN, extension), UNKNOWN, "{extension}");
    }
    for (extension, told) in
        [("wav", "audio/wav"), ("flac", "audio/flac"), ("mp4", "video/mp4"), ("foo", UNKNOWN)]
    {
        assert!(matches(UNKNOWN, extension), "{extension}");
        assert_eq!(logical_type(UNKNOWN, extension), told, "{extension}");
    }
}

#[test]
fn the_extension_tells_which_document_a_container_is() {
    let word = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
    assert_eq!(logical_type(OPC, "docx"), word);
    assert_eq!(logical_type(OPC, "DOCX"), word);
    assert_eq!(logical_type(OPC, "odt"), "application/zip");
    assert_eq!(logical_type(OPC, "png"), "application/zip");
    assert_eq!(logical_type(ODF, "odt"), "application/vnd.oasis.opendocument.text");
    assert_eq!(logical_type(ODF, "docx"), "application/zip");
    assert_eq!(logical_type("application/zip", "docx"), "application/zip");
}

#[test]
fn plain_text_is_the_text_that_its_extension_says() {
    assert_eq!(logical_type("text/plain", "csv"), "text/csv");
    assert_eq!(logical_type("text/plain", "json"), "application/json");
    assert_eq!(logical_type("text/plain", "tsv"), "text/tab-separated-values");
    assert_eq!(logical_type("text/plain", "png"), "text/plain");
    assert_eq!(logical_type("text/plain", "js"), "text/plain");
    assert_eq!(logical_type("text/plain", "foo"), "text/plain");
}

#[test]
fn other_names_lead_to_ours() {
    let cases: &[(&str, &str)] = &[
        ("application/octet-stream", UNKNOWN),
        ("application/x-empty", UNKNOWN),
        ("image/x-ms-bmp", "image/x-bmp"),
        ("image/bmp", "image/x-bmp"),
        ("audio/x-wav", "audio/wav"),
        ("audio/wave", "audio/wav"),
        ("audio/ogg", "application/ogg"),
        ("video/ogg", "application/ogg"),
        ("application/x-ogg", "application/ogg"),
        ("application/xhtml+xml", "text/html"),
        ("text/xml", "application/xml"),
        ("image/svg", "image/svg+xml"),
        ("application/svg+xml", "image/svg+xml"),
        ("text/javascript", "application/javascript"),
        ("image/x.djvu", "image/vnd.djvu"),
        ("image/x-djvu", "image/vnd.djvu"),
        ("audio/mid", "audio/midi"),
        ("image/pjpeg", "image/jpeg"),
        ("image/x-png", "image/png"),
        ("application/x-zip", "application/zip"),
        ("audio/mp3", "audio/mpeg"),
        ("image/png", "image/png"),
    ];
    for (alias, name) in cases {
        assert_eq!(canonical(alias), *name, "{alias}");
        assert_eq!(canonical(name), *name, "{name} is an alias itself");
    }
}

#[test]
fn the_stash_calls_mp3_by_its_other_name() {
    assert_eq!(stash_type("audio/mpeg"), "audio/mp3");
    assert_eq!(stash_type("image/png"), "image/png");
}

#[test]
fn classes() {
    let cases = [
        ("image/jpeg", Bitmap),
        ("image/svg+xml", Drawing),
        ("image/vnd.djvu", Office),
        ("application/pdf", Office),
        ("audio/mp3", Audio),
        ("audio/webm", Audio),
        ("video/webm", Video),
        ("application/ogg", Multimedia),
        ("application/sla", ThreeD),
        ("application/zip", Archive),
        ("text/whatever", Text),
        ("no/such", MediaType::Unknown),
    ];
    for (mime, expected) in cases {
        assert_eq!(class(mime), expected, "{mime}");
    }
}
