//! Which types a client says that it knows.

use axum::http::HeaderMap;
use commonhold_core::thumb::Rendition;
use headers::HeaderMapExt;
use headers_accept::Accept;
use mediatype::{MediaTypeBuf, ReadParams, names};

/// The first of some forms that a client names as welcome. Wildcards don't count: clients send them that know nothing
/// but JPEG.
pub(crate) fn first_named(headers: &HeaderMap, forms: &[Rendition]) -> Option<Rendition> {
    if forms.is_empty() {
        return None;
    }
    let accept: Accept = headers.typed_get()?;
    let names = |form: Rendition| accept.media_types().any(|named| is_type(named, form) && is_welcome(named));
    forms.iter().copied().find(|form| names(*form))
}

fn is_type(named: &MediaTypeBuf, form: Rendition) -> bool {
    named.essence().to_string().eq_ignore_ascii_case(form.mime())
}

/// Whether a weight, if there is one, isn't nought.
fn is_welcome(named: &MediaTypeBuf) -> bool {
    let weight = named.get_param(names::Q);
    weight.is_none_or(|weight| weight.as_str().parse::<f32>().is_ok_and(|weight| weight > 0.0))
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderValue, header};

    use super::*;

    /// What is given to a client that sends these lines.
    fn given(lines: &[&str]) -> Option<Rendition> {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(header::ACCEPT, HeaderValue::from_bytes(line.as_bytes()).unwrap());
        }
        first_named(&headers, &[Rendition::Avif, Rendition::Webp])
    }

    #[test]
    fn a_form_has_to_be_named() {
        use Rendition::{Avif, Webp};
        assert_eq!(given(&["image/webp"]), Some(Webp));
        assert_eq!(given(&["IMAGE/WebP"]), Some(Webp));
        assert_eq!(given(&["image/png , image/webp;q=0.001"]), Some(Webp));
        assert_eq!(given(&["image/png", "image/webp"]), Some(Webp));
        assert_eq!(given(&["image/webp; v=\"a,b\" ; Q=0.5,*/*"]), Some(Webp));
        let browser = "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8";
        assert_eq!(given(&[browser]), Some(Avif));
        // Whoever runs the site says which is better.
        assert_eq!(given(&["image/webp,image/avif;q=0.1"]), Some(Avif));
        assert_eq!(given(&["image/webp,image/avif;q=0"]), Some(Webp));
    }

    #[test]
    fn who_names_none_is_given_none() {
        let others = ["", "*/*", "image/*", "image/*,*/*;q=0.8", "image/jpeg", "image/webpx", "text/webp"];
        let unwelcome = ["image/webp;q=0", "image/webp;q=0.000", "image/webp; Q=0.0", "image/webp;q=x"];
        let broken = ["webp", "image/webp;q", "image/ webp", "image/webp;;;=", ",", "\"image/webp"];
        for line in others.into_iter().chain(unwelcome).chain(broken) {
            assert_eq!(given(&[line]), None, "{line}");
        }
        assert_eq!(given(&[]), None);
        assert_eq!(given(&["image/webp\u{e9}"]), None);
    }

    #[test]
    fn nothing_is_given_where_there_is_nothing_to_give() {
        let headers = HeaderMap::from_iter([(header::ACCEPT, HeaderValue::from_static("image/webp"))]);
        assert_eq!(first_named(&headers, &[]), None);
        assert_eq!(first_named(&headers, &[Rendition::Avif]), None);
    }
}
