use bytes::Bytes;
use futures_util::{FutureExt, stream};
use proptest::prelude::*;

use super::*;

const MULTIPART: &str = "multipart/form-data; boundary=B";

/// A field with all of its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Whole {
    Text(String, Vec<u8>),
    File(String, Vec<u8>),
}

fn text(name: &str, value: &str) -> Whole {
    Whole::Text(name.into(), value.into())
}

fn file(name: &str, data: &str) -> Whole {
    Whole::File(name.into(), data.into())
}

fn reader(content_type: &str, frames: Vec<Bytes>) -> Option<FormReader<impl Frames>> {
    FormReader::new(content_type.as_bytes(), stream::iter(frames.into_iter().map(Ok::<_, std::io::Error>)))
}

/// Everything that comes; nothing waits, as all frames are there.
fn collect(mut form: FormReader<impl Frames>) -> Result<Vec<Whole>, FormError> {
    let all = async {
        let mut parts = Vec::new();
        while let Some(part) = form.next().await? {
            parts.push(match part {
                Part::Text { name, value } => Whole::Text(name, value),
                Part::File { name } => {
                    let mut data = Vec::new();
                    while let Some(bytes) = form.chunk().await? {
                        assert!(!bytes.is_empty(), "an empty chunk says nothing");
                        data.extend_from_slice(&bytes);
                    }
                    Whole::File(name, data)
                }
            });
        }
        Ok(parts)
    };
    all.now_or_never().expect("nothing waits")
}

fn read_as(content_type: &str, body: &str) -> Vec<Whole> {
    let frames = vec![Bytes::copy_from_slice(body.as_bytes())];
    collect(reader(content_type, frames).expect("a form")).unwrap()
}

fn read(body: &str) -> Vec<Whole> {
    read_as(MULTIPART, body)
}

/// A part with this head, in a body of its own.
fn one(head: &str) -> Vec<Whole> {
    read(&format!("--B\r\n{head}\r\n\r\n1\r\n--B--\r\n"))
}

#[test]
fn texts_and_files() {
    let body = "--B\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--B\r\nContent-Disposition: form-data; \
                name=\"file\"; filename=\"x.png\"\r\nContent-Type: image/png\r\n\r\nda\r\nta\r\n--B--\r\n";
    assert_eq!(read(body), [text("a", "1"), file("file", "da\r\nta")]);
}

#[test]
fn bare_line_feeds() {
    let head = "Content-Type: text/plain\nMIME-Version: 1.0\nContent-disposition: form-data; name=\"a\"\n\n";
    assert_eq!(read(&format!("--B\n{head}1\n--B\n{head}2\n\n--B--")), [text("a", "1"), text("a", "2\n")]);
}

#[test]
fn a_return_before_the_delimiter_belongs_to_it_but_not_to_a_file_among_bare_line_feeds() {
    let part =
        |name: &str| format!("--B\nContent-Disposition: form-data; name=\"{name}\"; filename=\"x\"\n\n1\r\n");
    let body = part("chunk") + &part("file") + "--B--\n";
    assert_eq!(read(&body), [file("chunk", "1"), file("file", "1\r")]);
    let one_return = "--B\r\nContent-Disposition: form-data; name=file; filename=x\r\n\r\n1\r\r\n--B--";
    assert_eq!(read(one_return), [file("file", "1\r")]);
}

#[test]
fn headers_glued_to_the_name() {
    let glued = "Content-Disposition: form-data; name=\"t\"Content-Type: text/plain; charset=UTF-8";
    assert_eq!(one(glued), [text("t", "1")]);
    let glued =
        "Content-Disposition: form-data; name=\"chunk\"; filename=\"x y.jpg\"Content-Type: image/jpeg";
    assert_eq!(one(glued), [file("chunk", "1")]);
}

#[test]
fn dispositions_as_clients_write_them() {
    assert_eq!(one("content-disposition: FORM-DATA; NAME=a; b=c"), [text("a", "1")]);
    assert_eq!(one("Content-Disposition : form-data ; name = \"a\""), [text("a", "1")]);
    assert_eq!(one("Content-Disposition: form-data;\r\n name=a"), [text("a", "1")]);
    assert_eq!(one("Content-Disposition: form-data;\r\nname=a"), [text("a", "1")]);
    assert_eq!(one("Content-Disposition: form-data; name='a'"), [text("a", "1")]);
    assert_eq!(
        one(r#"Content-Disposition: form-data; name="a;b=c"; filename="d;name=e""#),
        [file("a;b=c", "1")]
    );
    assert_eq!(one(r#"Content-Disposition: form-data; name="a\\b\"c\d""#), [text(r#"a\b"c\d"#, "1")]);
    assert_eq!(one("Content-Disposition: form-data; name=\"a"), [text("a", "1")]);
    assert_eq!(one("Content-Disposition: form-data; name=file; filename=\"\""), [file("file", "1")]);
    assert_eq!(
        one("Content-Disposition: form-data; name=file; filename*=utf-8''%C3%A9"),
        [file("file", "1")]
    );
    let with_more = "Content-Transfer-Encoding: binary\r\nContent-Disposition: form-data; name=a\r\n\
                     Content-Type: multipart/form-data; charset=utf-8\r\nContent-Length: 7";
    assert_eq!(one(with_more), [text("a", "1")]);
}

#[test]
fn parts_without_a_name_are_nothing() {
    assert_eq!(one("Content-Type: text/plain"), []);
    assert_eq!(one("Content-Disposition: form-data"), []);
    assert_eq!(one("Content-Disposition: form-data; name=\"\""), []);
    let body = "--B\r\n\r\n1\r\n--B\r\nContent-Disposition: form-data; name=a\r\n\r\n2\r\n--B--";
    assert_eq!(read(body), [text("a", "2")]);
}

#[test]
fn the_end_of_the_body_ends_a_text_but_not_a_file() {
    let head = "--B\r\nContent-Disposition: form-data; name=a\r\n\r\n1";
    for end in [
        "",
        "\r\n",
        "\r\n--",
        "\r\n--B",
        "\r\n--B--",
        "\r\n--B\r\nContent-Disposition: form-data; name=\"--\r\n",
    ] {
        assert_eq!(read(&format!("{head}{end}")), [text("a", "1")], "{end:?}");
    }
    let cut = "--B\r\nContent-Disposition: form-data; name=file; filename=x\r\n\r\n1\r\n--";
    let read = collect(reader(MULTIPART, vec![Bytes::from(cut)]).unwrap());
    assert!(matches!(read, Err(FormError::Incomplete)));
}

#[test]
fn around_the_parts() {
    let part = "--B\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n";
    assert_eq!(read(&format!("before\r\n{part}--B--\r\nafter\r\n{part}")), [text("a", "1")]);
    assert_eq!(
        read(&format!("{part}--B \t\r\nContent-Disposition: form-data; name=b\r\n\r\n2\r\n--B--")).len(),
        2
    );
    // A line that only begins like a delimiter ends the data all the same, but begins nothing.
    assert_eq!(read(&format!("{part}--Bx\r\nmore\r\n{part}--B--")), [text("a", "1"), text("a", "1")]);
    assert_eq!(read(&format!("{part}--Bx\r\n{part}--B--")), [text("a", "1"), text("a", "1")]);
    assert_eq!(read(""), []);
    assert_eq!(read("--B--"), []);
}

#[test]
fn boundaries() {
    let body = |boundary: &str| {
        format!("--{boundary}\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n--{boundary}--")
    };
    for (parameters, boundary) in [
        ("; boundary=B", "B"),
        ("; boundary=\"=B==\"", "=B=="),
        ("; boundary=----NEXT PART----; charset=utf-8", "----NEXT PART----"),
        (";BOUNDARY=B , x=y", "B"),
        (", boundary=B", "B"),
        (" ; charset=utf-8; Boundary = \"B", "B"),
    ] {
        let read = read_as(&format!("Multipart/Form-Data{parameters}"), &body(boundary));
        assert_eq!(read, [text("a", "1")], "{parameters}");
    }
    for not_a_form in [
        "multipart/form-data",
        "multipart/form-data; boundary",
        "multipart/form-data; boundary=",
        "multipart/form-data; boundary=\"\"",
        "multipart/mixed; boundary=B",
        "application/json",
        "",
    ] {
        assert!(reader(not_a_form, Vec::new()).is_none(), "{not_a_form}");
    }
}

#[test]
fn urlencoded() {
    let read = |body| read_as("Application/X-WWW-form-urlencoded; charset=UTF-8", body);
    assert_eq!(
        read("a=1&b&c=%zz+%20x&&=5&g;h=3&a=9&x%5B%5D=4&%C3%A9=%ff"),
        [
            text("a", "1"),
            text("b", ""),
            text("c", "%zz  x"),
            text("g;h", "3"),
            text("a", "9"),
            text("x[]", "4"),
            Whole::Text("é".into(), vec![0xff]),
        ]
    );
    assert_eq!(read(""), []);
}

#[test]
fn names_are_those_of_php() {
    for (raw, name) in [
        (" a", Some("a")),
        ("a.b c", Some("a_b_c")),
        ("a[x", Some("a_x")),
        ("a.b[x.y]", Some("a_b[x.y]")),
        ("a.b[c.d", Some("a_b_c_d")),
        ("a]b", Some("a]b")),
        ("a\0b", Some("a")),
        ("[x]", None),
        ("  ", None),
        ("", None),
    ] {
        assert_eq!(head::field_name(raw.as_bytes()).as_deref(), name, "{raw:?}");
    }
}

#[test]
fn a_file_that_nobody_reads_is_skipped() {
    let body = "--B\r\nContent-Disposition: form-data; name=file; filename=x\r\n\r\nlong\r\n--B\r\n\
                Content-Disposition: form-data; name=a\r\n\r\n1\r\n--B--";
    let mut form = reader(MULTIPART, vec![Bytes::from(body)]).unwrap();
    let mut next = || form.next().now_or_never().unwrap().unwrap();
    assert_eq!(next(), Some(Part::File { name: "file".into() }));
    assert_eq!(next(), Some(Part::Text { name: "a".into(), value: b"1".to_vec() }));
    assert_eq!(next(), None);
    assert_eq!(form.chunk().now_or_never().unwrap().unwrap(), None);
}

#[test]
fn long_frames_are_not_copied() {
    let data = Bytes::from(vec![7; 1 << 16]);
    let head = Bytes::from("--B\r\nContent-Disposition: form-data; name=file; filename=x\r\n\r\n");
    let mut form = reader(MULTIPART, vec![head, data.clone(), Bytes::from("\r\n--B--")]).unwrap();
    form.next().now_or_never().unwrap().unwrap();
    let chunk = form.chunk().now_or_never().unwrap().unwrap().unwrap();
    assert_eq!(chunk.as_ptr(), data.as_ptr());
    assert_eq!(chunk.len(), data.len());
}

#[test]
fn too_much() {
    let limits = Limits { fields: 3, text_bytes: 20, head_bytes: 60 };
    let read = |content_type: &str, body: String| {
        collect(reader(content_type, vec![Bytes::from(body)]).unwrap().limited(limits))
    };
    let part = |value: &str| format!("--B\r\nContent-Disposition: form-data; name=a\r\n\r\n{value}\r\n");
    assert_eq!(read(MULTIPART, part("1").repeat(3)).unwrap().len(), 3);
    assert_eq!(read(MULTIPART, part(&"1".repeat(19))).unwrap().len(), 1);
    let pairs = "application/x-www-form-urlencoded";
    for (content_type, body) in [
        (MULTIPART, part("1").repeat(4)),
        (MULTIPART, part(&"1".repeat(20))),
        (MULTIPART, part(&"1".repeat(15)).repeat(2)),
        (MULTIPART, format!("--B\r\n{}", "x".repeat(100))),
        (MULTIPART, format!("--B\r\n{}", "x\r\n".repeat(100))),
        (MULTIPART, format!("--B{}", "x".repeat(100))),
        (pairs, "a&b&c&d".into()),
        (pairs, format!("a={}", "x".repeat(20))),
        (pairs, "abcdefgh=x&abcdefgh=y&abcdefgh=z".into()),
    ] {
        assert!(matches!(read(content_type, body.clone()), Err(FormError::TooMuch(_))), "{body}");
    }
    // What is not kept may be long.
    let long = format!("{}\n{}", "x".repeat(1000), part("1"));
    assert_eq!(read(MULTIPART, long).unwrap().len(), 1);
}

#[test]
fn a_broken_body_is_an_error() {
    let frames = [Ok(Bytes::from("a=1&b")), Err(std::io::Error::other("gone"))];
    let mut form = FormReader::new(b"application/x-www-form-urlencoded", stream::iter(frames)).unwrap();
    assert!(form.next().now_or_never().unwrap().unwrap().is_some());
    assert!(matches!(form.next().now_or_never().unwrap(), Err(FormError::Body(_))));
}

/// A body cut into frames.
fn cut(body: &[u8], places: &[usize]) -> Vec<Bytes> {
    let mut places: Vec<usize> = places.iter().map(|at| at % (body.len() + 1)).collect();
    places.sort_unstable();
    let mut frames = Vec::new();
    let mut from = 0;
    for at in places.into_iter().chain([body.len()]) {
        frames.push(Bytes::copy_from_slice(&body[from..at]));
        from = at;
    }
    frames
}

/// Bytes in which beginnings of delimiters are frequent.
fn tricky(longest: usize) -> impl Strategy<Value = Vec<u8>> {
    let pieces =
        [&b"\r"[..], b"\n", b"\r\n--", b"\n--", b"\r\n--boundar", b"\n--bound", b"-", b"a", b"\0\xff"];
    prop::collection::vec(prop::sample::select(pieces.to_vec()), 0..longest)
        .prop_map(|pieces| pieces.concat())
}

fn whole() -> impl Strategy<Value = Whole> {
    ("[a-z_é日]{1,9}", tricky(12), any::<bool>()).prop_map(|(name, data, is_file)| {
        if is_file { Whole::File(name, data) } else { Whole::Text(name, data) }
    })
}

fn written(parts: &[Whole]) -> Vec<u8> {
    let mut body = Vec::new();
    for part in parts {
        let (name, more, data) = match part {
            Whole::Text(name, data) => (name, "", data),
            Whole::File(name, data) => (name, "; filename=\"x\"\r\nContent-Type: image/png", data),
        };
        let head = format!("--boundary\r\nContent-Disposition: form-data; name=\"{name}\"{more}\r\n\r\n");
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(data);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(b"--boundary--\r\n");
    body
}

proptest! {
    #[test]
    fn what_is_written_is_read_however_it_is_cut(
        parts in prop::collection::vec(whole(), 0..5),
        places in prop::collection::vec(any::<usize>(), 0..12),
    ) {
        let form = reader("multipart/form-data; boundary=boundary", cut(&written(&parts), &places)).unwrap();
        prop_assert_eq!(collect(form).unwrap(), parts);
    }

    #[test]
    fn frames_do_not_matter(
        pieces in prop::collection::vec(prop_oneof![
            Just(b"\n--boundary".to_vec()),
            Just(b"\r\n--boundary\r\n".to_vec()),
            Just(b"--boundary--".to_vec()),
            Just(b"Content-Disposition: form-data; name=file; filename=\"x\"\r\n\r\n".to_vec()),
            Just(b"Content-Disposition: form-data; name=a\n\n".to_vec()),
            tricky(4),
        ], 0..9),
        places in prop::collection::vec(any::<usize>(), 0..30),
        pairs in any::<bool>(),
    ) {
        let body = pieces.concat();
        let content_type =
            if pairs { "application/x-www-form-urlencoded" } else { "multipart/form-data; boundary=boundary" };
        let whole = collect(reader(content_type, vec![Bytes::from(body.clone())]).unwrap());
        let cut = collect(reader(content_type, cut(&body, &places)).unwrap());
        prop_assert_eq!(whole.map_err(|e| e.to_string()), cut.map_err(|e| e.to_string()));
    }

    #[test]
    fn nothing_panics(
        content_type in prop::collection::vec(any::<u8>(), 0..30),
        head in "[ -~\r\n]{0,60}",
        body in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        let content_type = [b"multipart/form-data; boundary=", &content_type[..]].concat();
        let body = [b"--", &content_type[30..], b"\r\n", head.as_bytes(), b"\r\n\r\n", &body].concat();
        let frames = stream::iter([Ok::<_, std::io::Error>(Bytes::from(body))]);
        if let Some(form) = FormReader::new(&content_type, frames) {
            let _ = collect(form);
        }
    }
}
