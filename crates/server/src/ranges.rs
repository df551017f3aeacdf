//! Ranges of files and thumbnails, as RFC 9110 has them: one at a time, of GET only.

use std::ops::Range;

use axum::body::Body;
use axum::http::request::Parts;
use axum::http::{Method, Response, StatusCode, header};
use headers::{ETag, HeaderMapExt, IfRange, LastModified};
use http_range_header::StartPosition;

use crate::files;

/// The bytes that an answer is to have, of so many. Its head is completed: status, length, and range. `None` if it is
/// whole without any: the range lies outside.
///
/// The head has to say already which version of the bytes it is about, since a range may be wanted of one only.
pub(crate) fn part(request: &Parts, response: &mut Response<Body>, size: u64) -> Option<Range<u64>> {
    let (etag, modified) =
        (response.headers().typed_get::<ETag>(), response.headers().typed_get::<LastModified>());
    let is_same = |condition: IfRange| !condition.is_modified(etag.as_ref(), modified.as_ref());
    let headers = &request.headers;
    let asked = headers.get(header::RANGE).and_then(|value| value.to_str().ok());
    let asked =
        asked.filter(|_| request.method == Method::GET && headers.typed_get::<IfRange>().is_none_or(is_same));
    let range = match asked.map_or(Wanted::Whole, |text| wanted(text, size)) {
        Wanted::Whole => {
            files::set(response.headers_mut(), header::ACCEPT_RANGES, "bytes");
            0..size
        }
        Wanted::Part(range) => {
            *response.status_mut() = StatusCode::PARTIAL_CONTENT;
            let value = format!("bytes {}-{}/{size}", range.start, range.end - 1);
            files::set(response.headers_mut(), header::CONTENT_RANGE, &value);
            range
        }
        Wanted::Nothing => {
            *response.status_mut() = StatusCode::RANGE_NOT_SATISFIABLE;
            files::set(response.headers_mut(), header::CONTENT_RANGE, &format!("bytes */{size}"));
            return None;
        }
    };
    files::set(response.headers_mut(), header::CONTENT_LENGTH, &(range.end - range.start).to_string());
    Some(range)
}

/// What a `Range` field comes to.
#[derive(Debug, PartialEq, Eq)]
enum Wanted {
    /// It isn't understood, or asks for several ranges.
    Whole,
    /// One range that lies in the file.
    Part(Range<u64>),
    /// Nothing that lies in the file.
    Nothing,
}

fn wanted(text: &str, size: u64) -> Wanted {
    let Ok(parsed) = http_range_header::parse_range_header(text) else { return Wanted::Whole };
    match parsed.ranges.as_slice() {
        [range] => {
            // The last thousand bytes of a shorter file are all of them.
            if matches!(range.start, StartPosition::FromLast(bytes) if bytes > size && size > 0) {
                return Wanted::Part(0..size);
            }
        }
        _ => return Wanted::Whole,
    }
    match parsed.validate(size) {
        Ok(ranges) => ranges.first().map_or(Wanted::Whole, |r| Wanted::Part(*r.start()..r.end() + 1)),
        Err(_) => Wanted::Nothing,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_of_the_file_or_nothing() {
        assert_eq!(wanted("bytes=0-0", 10), Wanted::Part(0..1));
        assert_eq!(wanted("bytes=5-", 10), Wanted::Part(5..10));
        assert_eq!(wanted("bytes=-3", 10), Wanted::Part(7..10));
        assert_eq!(wanted("bytes=0-99", 10), Wanted::Part(0..10));
        assert_eq!(wanted("bytes=-99", 10), Wanted::Part(0..10));
        assert_eq!(wanted("bytes=10-", 10), Wanted::Nothing);
        for odd in ["lines=1-2", "bytes=x", "", "bytes=1-2,4-5"] {
            assert_eq!(wanted(odd, 10), Wanted::Whole, "{odd}");
        }
    }

    #[test]
    fn parts_are_of_get_only_and_of_the_version_that_is_meant() {
        let status = |method: Method, condition: &str| {
            let request = axum::http::Request::builder().method(method).header(header::RANGE, "bytes=2-4");
            let request = request.header(header::IF_RANGE, condition).body(()).unwrap();
            let mut response = Response::builder().header(header::ETAG, "\"a\"").body(Body::empty()).unwrap();
            let range = part(&request.into_parts().0, &mut response, 10);
            let length = response.headers()[header::CONTENT_LENGTH].to_str().unwrap().to_owned();
            (response.status().as_u16(), range, length)
        };
        assert_eq!(status(Method::GET, "\"a\""), (206, Some(2..5), "3".to_owned()));
        assert_eq!(status(Method::GET, "\"b\""), (200, Some(0..10), "10".to_owned()));
        // What can't be compared byte by byte isn't the same.
        assert_eq!(status(Method::GET, "W/\"a\""), (200, Some(0..10), "10".to_owned()));
        assert_eq!(status(Method::HEAD, "\"a\""), (200, Some(0..10), "10".to_owned()));
    }
}
