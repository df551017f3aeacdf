//! Thumbnails at their addresses: below `/images/thumb/`, from `thumb.php`, and of stashed files.

use std::borrow::Cow;
use std::net::IpAddr;
use std::ops::Range;

use axum::body::{Body, Bytes};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, Response, StatusCode, header};
use commonhold_core::FileKey;
use commonhold_core::thumb::{Bounds, NameError, Options, Picture, Rendition, SizesMode, Thumb};
use commonhold_core::title::{FileTitle, Title, ns};
use commonhold_core::user::Caller;
use commonhold_repo::{
    Named, Pictured, RenderFailure, Repository, Result, THUMBNAIL_GENERATION, ThumbnailBody, ThumbnailFailure,
};
use commonhold_web::thumbnail_error;

use crate::accept;
use crate::answer;
use crate::fields::Fields;
use crate::files::{self, Audience};
use crate::paths::{self, MAX_NAME, Placed};
use crate::ranges;

/// Redirects from one file's thumbnails to another's may be kept for so many seconds.
const REDIRECTED_SECONDS: i64 = 12 * 3600;
/// Who is told that there is too much to do may ask again after so many seconds.
const BUSY_SECONDS: i64 = 5;

/// Why there is no thumbnail at an address.
struct Refused {
    status: StatusCode,
    reason: Cow<'static, str>,
    retry_after: Option<i64>,
}

fn refused(status: StatusCode, reason: impl Into<Cow<'static, str>>) -> Refused {
    Refused { status, reason: reason.into(), retry_after: None }
}

/// A request for a thumbnail.
pub(crate) struct Asking<'a> {
    pub(crate) repo: &'a Repository,
    pub(crate) head: &'a Parts,
    /// Whose request it is.
    pub(crate) address: IpAddr,
}

/// The thumbnail at a path below `/images/thumb/`.
pub(crate) async fn at_path(asking: &Asking<'_>, path: &str) -> Result<Response<Body>> {
    let bad = || refused(StatusCode::BAD_REQUEST, "This is not the address of a thumbnail.");
    let Some(segments) = paths::segments(path) else { return Ok(bad().page()) };
    // What is in a stash is its owner's alone.
    if segments.first().is_some_and(|first| first == "temp") {
        return Ok(missing("").page());
    }
    let Some(Placed { named, name, is_in_place, rest: [thumb_name] }) = paths::placed(&segments) else {
        return Ok(bad().page());
    };
    if !is_in_place {
        return Ok(missing(name).page());
    }
    let Some(file) = asking.repo.pictured(&named).await? else { return Ok(missing(name).page()) };
    let Some(picture) = &file.picture else { return Ok(unrendered().page()) };
    if file.name != name {
        return Ok(match picture.described(name, thumb_name) {
            Ok(thumb) => kept_a_while(asking.repo, to_target(asking.repo, &file, picture, &thumb)),
            Err(error) => misnamed(error, thumb_name).page(),
        });
    }
    let thumb = match picture.named(name, thumb_name) {
        Ok(thumb) => thumb,
        Err(error) => return Ok(misnamed(error, thumb_name).page()),
    };
    asking.answer(&file, picture, thumb, &Place::of(&named), Audience::Public).await
}

/// Leads to the thumbnail of the file that a name redirects to.
fn to_target(repo: &Repository, file: &Pictured, picture: &Picture, thumb: &Thumb) -> Response<Body> {
    let target = FileTitle::from_db(file.name.as_str());
    let url = if thumb.is_original {
        repo.urls().file(&target)
    } else {
        repo.urls().thumb(&target, &thumb.file_name(picture, target.dbkey()))
    };
    answer::redirect(StatusCode::FOUND, &url)
}

/// Lets caches keep an answer, as MediaWiki does.
fn kept_a_while(repo: &Repository, mut response: Response<Body>) -> Response<Body> {
    let expires = commonhold_core::Timestamp::from_unix(repo.now().unix() + REDIRECTED_SECONDS);
    response.headers_mut().remove(header::CACHE_CONTROL);
    files::set(response.headers_mut(), header::EXPIRES, &expires.http_date());
    response
}

/// What a query of `thumb.php` asks for.
#[derive(Debug, PartialEq)]
struct Wanted {
    /// The file; `None` if it names none.
    named: Option<Named>,
    /// Pixels; `None` if they are no number.
    width: Option<i64>,
    options: Options,
}

impl Wanted {
    fn read(fields: &Fields) -> Self {
        let is_set = |name: &str| fields.get(name).is_some_and(|value| !matches!(value, "" | "0"));
        let name = fields.get("f").unwrap_or_default();
        let named = if is_set("temp") {
            None
        } else if is_set("archived") {
            let is_name = name.contains('!') && name.len() <= MAX_NAME;
            is_name.then(|| Named::Archived(name.replace(' ', "_")))
        } else {
            let title = Title::make(ns::FILE, name).ok();
            title.and_then(|title| FileTitle::from_title(&title)).map(Named::Current)
        };
        let number = |text: &str| text.trim().parse::<i64>().ok();
        let width = fields.any_of(&["w", "width"]);
        let width = width.and_then(|text| number(text.trim().trim_end_matches("px")));
        let page = fields.any_of(&["p", "page"]).and_then(number);
        let seek = fields.any_of(&["seek", "thumbtime"]).and_then(|text| text.parse::<f64>().ok());
        let options = Options {
            low_quality: fields.get("quality") == Some("low"),
            page: page.map(|page| u32::try_from(page.max(1)).unwrap_or(u32::MAX)),
            lossless: matches!(fields.get("lossy"), Some("lossless" | "0" | "false")),
            seek: seek.filter(|seconds| seconds.is_finite() && *seconds >= 0.0),
            ..Options::default()
        };
        let options = match fields.get("lang") {
            Some(code) => options.with_language(code),
            None => options,
        };
        Self { named, width, options }
    }
}

/// `thumb.php`.
pub(crate) async fn script(asking: &Asking<'_>) -> Result<Response<Body>> {
    let fields = Fields::of(&asking.head.uri);
    let absent = || missing(fields.get("f").unwrap_or_default()).page();
    let Wanted { named, width, options } = Wanted::read(&fields);
    let Some(named) = named else { return Ok(absent()) };
    let Some(file) = asking.repo.pictured(&named).await? else { return Ok(absent()) };
    let Some(picture) = &file.picture else { return Ok(unrendered().page()) };
    let thumb = width.and_then(|width| picture.scale(Bounds { width, height: None }, &options));
    let Some(thumb) = thumb else { return Ok(impossible().page()) };
    if matches!(&named, Named::Current(name) if name.dbkey() != file.name) {
        return Ok(to_target(asking.repo, &file, picture, &thumb));
    }
    asking.answer(&file, picture, thumb, &Place::Script, Audience::Public).await
}

/// The thumbnail of a stashed file, for its owner.
pub(crate) async fn stashed(
    asking: &Asking<'_>,
    caller: &Caller,
    key: &str,
    thumb_name: &str,
) -> Result<Response<Body>> {
    let Some(key) = FileKey::parse(key) else { return Ok(missing(key).page()) };
    let file = asking.repo.stashed_picture(caller, &key).await?;
    let Some(picture) = &file.picture else { return Ok(unrendered().page()) };
    let thumb = match picture.named(key.as_str(), thumb_name) {
        Ok(thumb) => thumb,
        Err(error) => return Ok(misnamed(error, thumb_name).page()),
    };
    asking.answer(&file, picture, thumb, &Place::Stash(key), Audience::Owner).await
}

/// Where a thumbnail was asked for, which decides where another size of it is.
enum Place {
    Current,
    Archived(String),
    Stash(FileKey),
    /// An address that stands for every size.
    Script,
}

/// What is given where a thumbnail was asked for.
enum AtStep {
    /// This one.
    This(Thumb),
    /// None; but this answer.
    Instead(Response<Body>),
}

impl Place {
    fn of(named: &Named) -> Self {
        match named {
            Named::Current(_) => Self::Current,
            Named::Archived(archive_name) => Self::Archived(archive_name.clone()),
        }
    }
}

impl Asking<'_> {
    async fn answer(
        &self,
        file: &Pictured,
        picture: &Picture,
        thumb: Thumb,
        place: &Place,
        audience: Audience,
    ) -> Result<Response<Body>> {
        if ![Method::GET, Method::HEAD].contains(&self.head.method) {
            return Ok(answer::only_reading());
        }
        let thumb = match self.at_step(file, picture, thumb, place) {
            AtStep::This(thumb) => thumb,
            AtStep::Instead(response) => return Ok(response),
        };
        if thumb.is_original {
            let reason = "The file has this size itself. Its own address gives it.";
            return Ok(refused(StatusCode::BAD_REQUEST, reason).page());
        }
        let rendition = accept::first_named(&self.head.headers, self.forms(picture, &thumb));
        let mut given = self.give(file, picture, &thumb, place, audience, rendition).await?;
        if rendition.is_some() && given.is_err() {
            // The plain one takes less time.
            given = self.give(file, picture, &thumb, place, audience, None).await?;
        }
        Ok(given.unwrap_or_else(|failure| failed(&failure).page()))
    }

    /// The answer with a thumbnail in one of its forms.
    async fn give(
        &self,
        file: &Pictured,
        picture: &Picture,
        thumb: &Thumb,
        place: &Place,
        audience: Audience,
        rendition: Option<Rendition>,
    ) -> Result<std::result::Result<Response<Body>, ThumbnailFailure>> {
        let mut response = Response::new(Body::empty());
        let headers = response.headers_mut();
        let mime = rendition.map_or(picture.format.image(&thumb.options).mime(), Rendition::mime);
        let version = thumb.version(picture, rendition);
        let tag = format!("\"{}-{THUMBNAIL_GENERATION}-{version}\"", file.sha1);
        files::describe(headers, mime, file.modified, &tag, audience);
        let kind = match place {
            _ if files::wants_download(&self.head.uri) => Some("attachment"),
            // Other addresses end in a name.
            Place::Script => Some("inline"),
            Place::Current | Place::Archived(_) | Place::Stash(_) => None,
        };
        if let Some(kind) = kind {
            files::dispose(headers, kind, &thumb.saved_name(picture, &file.name));
        }
        if audience == Audience::Public && self.head.headers.contains_key(header::ORIGIN) {
            files::allow_scripts(headers);
        }
        if !self.forms(picture, thumb).is_empty() {
            headers.append(header::VARY, HeaderValue::from_static("Accept"));
        }
        if files::is_unchanged(&self.head.headers, &tag, file.modified) {
            *response.status_mut() = StatusCode::NOT_MODIFIED;
            return Ok(Ok(response));
        }
        let made = self.repo.thumbnail(file, picture, thumb, rendition, Some(self.address)).await?;
        let thumbnail = match made {
            Ok(thumbnail) => thumbnail,
            Err(failure) => return Ok(Err(failure)),
        };
        let Some(range) = ranges::part(self.head, &mut response, thumbnail.size) else {
            return Ok(Ok(response));
        };
        if self.head.method == Method::GET {
            *response.body_mut() = match &thumbnail.body {
                ThumbnailBody::Memory(bytes) => Body::from(piece(bytes, &range)),
                ThumbnailBody::File(kept) => Body::from_stream(self.repo.kept_bytes(kept, range)),
            };
        }
        Ok(Ok(response))
    }

    /// The other forms that the site has of a thumbnail.
    fn forms(&self, picture: &Picture, thumb: &Thumb) -> &[Rendition] {
        let forms = self.repo.settings().thumbnails.renditions.as_slice();
        if picture.has_renditions(thumb) { forms } else { &[] }
    }

    /// The thumbnail that the site gives for this one, or what to answer instead.
    fn at_step(&self, file: &Pictured, picture: &Picture, thumb: Thumb, place: &Place) -> AtStep {
        let sizes = &self.repo.settings().thumbnails.sizes;
        let Some(given) = picture.at_step(&thumb, sizes) else { return AtStep::Instead(impossible().page()) };
        if given.pixel_width == thumb.pixel_width {
            return AtStep::This(thumb);
        }
        if sizes.mode == SizesMode::Refuse {
            let steps: Vec<String> = sizes.steps().iter().map(u64::to_string).collect();
            let reason = format!("Thumbnails have one of these widths here: {}.", steps.join(", "));
            return AtStep::Instead(refused(StatusCode::TOO_MANY_REQUESTS, reason).page());
        }
        let urls = self.repo.urls();
        let title = FileTitle::from_db(file.name.as_str());
        let thumb_name = given.file_name(picture, &file.name);
        let url = match place {
            Place::Script => return AtStep::This(given),
            Place::Current if given.is_original => urls.file(&title),
            Place::Archived(archive_name) if given.is_original => urls.archive(&title, archive_name),
            Place::Stash(key) if given.is_original => urls.stashed(key),
            Place::Current => urls.thumb(&title, &thumb_name),
            Place::Archived(archive_name) => urls.archive_thumb(&title, archive_name, &thumb_name),
            Place::Stash(key) => urls.stashed_thumb(key, &thumb_name),
        };
        AtStep::Instead(answer::redirect(StatusCode::FOUND, &url))
    }
}

/// Some of the bytes, of which no copy is made.
fn piece(bytes: &Bytes, range: &Range<u64>) -> Bytes {
    let at = |offset: u64| usize::try_from(offset).unwrap_or(usize::MAX).min(bytes.len());
    bytes.slice(at(range.start)..at(range.end))
}

fn missing(name: &str) -> Refused {
    if name.is_empty() {
        return refused(StatusCode::NOT_FOUND, "There is no such thumbnail.");
    }
    refused(StatusCode::NOT_FOUND, format!("There is no \"{name}\"."))
}

fn misnamed(error: NameError, thumb_name: &str) -> Refused {
    match error {
        NameError::NotCanonical => missing(thumb_name),
        NameError::Impossible => impossible(),
    }
}

fn impossible() -> Refused {
    refused(StatusCode::BAD_REQUEST, "The file can't have such a thumbnail.")
}

fn unrendered() -> Refused {
    refused(StatusCode::BAD_REQUEST, "Files of this type have no thumbnails.")
}

fn failed(failure: &ThumbnailFailure) -> Refused {
    let busy = |status, reason, wait| Refused { retry_after: Some(wait), ..refused(status, reason) };
    match failure {
        ThumbnailFailure::Failed(RenderFailure::Busy) => {
            let reason = "Too many thumbnails are being made at present.";
            busy(StatusCode::SERVICE_UNAVAILABLE, reason, BUSY_SECONDS)
        }
        ThumbnailFailure::TooMany { wait } => {
            let reason = "You have had many thumbnails made of sizes that are not usual. Wait a while.";
            busy(StatusCode::TOO_MANY_REQUESTS, reason, *wait)
        }
        ThumbnailFailure::TooOften => {
            let reason = "This thumbnail could not be made several times. It is not tried again for a while.";
            refused(StatusCode::TOO_MANY_REQUESTS, reason)
        }
        ThumbnailFailure::Failed(failure) if failure.is_permanent() => {
            refused(StatusCode::BAD_REQUEST, "The file is too large, or of a kind that has no thumbnails.")
        }
        ThumbnailFailure::Failed(_) => refused(
            StatusCode::INTERNAL_SERVER_ERROR,
            "The thumbnail can't be made. The file may be damaged.",
        ),
        ThumbnailFailure::Gone => missing(""),
        ThumbnailFailure::Fault => {
            refused(StatusCode::INTERNAL_SERVER_ERROR, "Something went wrong on the server. Try again later.")
        }
    }
}

impl Refused {
    /// A page that says so.
    fn page(&self) -> Response<Body> {
        let mut response = answer::html(self.status, thumbnail_error(&self.reason));
        if let Some(seconds) = self.retry_after {
            files::set(response.headers_mut(), header::RETRY_AFTER, &seconds.to_string());
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(query: &str) -> Wanted {
        Wanted::read(&Fields::of(&format!("/w/thumb.php?{query}").parse().unwrap()))
    }

    #[test]
    fn a_query_names_a_file() {
        let current = |name: &str| Some(Named::Current(FileTitle::from_db(name)));
        assert_eq!(read("f=a%20b.png&w=9").named, current("A_b.png"));
        assert_eq!(read("f=A.png&archived=0").named, current("A.png"));
        let archived = Some(Named::Archived("20260102030405!A_b.png".to_owned()));
        assert_eq!(read("f=20260102030405!A%20b.png&archived=1").named, archived);
        let long = format!("f=2!{}&archived=1", "x".repeat(MAX_NAME));
        for query in ["", "f=", "f=A%7Cb.png", "f=A.png&archived=1", "f=A.png&temp=1", long.as_str()] {
            assert_eq!(read(query).named, None, "{query}");
        }
    }

    #[test]
    fn a_width_is_a_number_perhaps_of_pixels() {
        for (query, width) in
            [("w=120", 120), ("width=120px", 120), ("w=9&width=%2050%20px", 50), ("w=-3", -3)]
        {
            assert_eq!(read(query).width, Some(width), "{query}");
        }
        for query in ["", "w=", "w=px", "w=1e3", "w=1.5", "w=99999999999999999999"] {
            assert_eq!(read(query).width, None, "{query}");
        }
    }

    #[test]
    fn odd_options_are_left_out_or_brought_into_range() {
        assert_eq!(read("w=1&p=x&seek=-1&quality=high&lossy=1").options, Options::default());
        assert_eq!(read("seek=NaN").options.seek.or(read("seek=inf").options.seek), None);
        assert_eq!(
            (read("page=-7").options.page, read("p=99999999999").options.page),
            (Some(1), Some(u32::MAX))
        );
        let all = read("page=2&quality=low&lossy=false&thumbtime=1.5&lang=de").options;
        assert_eq!((all.page, all.low_quality, all.lossless, all.seek), (Some(2), true, true, Some(1.5)));
        assert_eq!(all.language.as_deref(), Some("de"));
    }
}
