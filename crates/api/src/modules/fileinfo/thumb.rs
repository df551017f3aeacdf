//! Thumbnails in descriptions of files: what was asked for, and where it is.

use commonhold_core::thumb::{Bounds, Options, Picture, Thumb};
use commonhold_core::title::FileTitle;
use commonhold_core::{MediaInfo, Message, Refusal};
use commonhold_repo::Repository;

use super::Subject;
use crate::context::Context;
use crate::output::Map;

/// Transforms of one answer; those that are left come with its continuation.
pub(crate) const MAX_TRANSFORMS: usize = 50;
/// The width of what has none of its own, where only a height is asked for.
const ANY_WIDTH: i64 = 300;
/// Icons are squares of so many pixels.
const ICON_PIXELS: i64 = 120;

/// What a request asks of its thumbnails: `urlwidth`, `urlheight` and `urlparam`.
pub(crate) struct Asked {
    width: Option<i64>,
    height: Option<i64>,
    param: String,
}

/// What that comes to for one file and its older versions.
pub(crate) struct Scaling {
    bounds: Option<Bounds>,
    options: Options,
}

impl Asked {
    /// From the parameters, of which -1 stands for no number.
    pub(crate) fn new(width: i64, height: i64, param: &str) -> Self {
        let given = |number: i64| (number != -1).then_some(number);
        Self { width: given(width), height: given(height), param: param.to_owned() }
    }

    /// Whether thumbnails are wanted at all.
    fn is_something(&self) -> bool {
        self.width.is_some() || self.height.is_some() || !self.param.is_empty()
    }

    /// What it comes to for a file; `None` if no thumbnail is wanted. Warns of what can't be heeded.
    ///
    /// `any_width` says that addresses of all widths are wanted, for which no width has to be named.
    pub(crate) fn scaling(
        &self,
        cx: &mut Context,
        name: &FileTitle,
        info: &MediaInfo,
        any_width: bool,
    ) -> Result<Option<Scaling>, Refusal> {
        if !self.is_something() {
            return Ok(None);
        }
        let (module, prefix) = (cx.module, cx.module.prefix);
        let full_width = if info.width > 0 { i64::from(info.width) } else { ANY_WIDTH };
        let mut width = self.width.or(self.height.map(|_| full_width));
        let mut options = Options::default();
        let picture = cx.repo.picture(info);
        if !self.param.is_empty() {
            let Some(picture) = &picture else {
                let message = Message::new("apiwarn-nothumb-noimagehandler").with(name.dbkey());
                cx.warn_at(module, "nothumb-noimagehandler", message);
                return Ok(Some(Scaling { bounds: None, options }));
            };
            match picture.format.parse(&self.param) {
                None => {
                    let message = Message::new("apiwarn-badurlparam").with(prefix).with(name.dbkey());
                    cx.warn_at(module, "badurlparam", message);
                }
                Some(read) => {
                    if let Some(invalid) = read.width.filter(|width| *width <= 0) {
                        let message = Message::new("apierror-invalidurlparam");
                        let message = message.with(prefix).with("width").with(invalid.to_string());
                        return Err(Refusal::of(message));
                    }
                    if let (Some(read), Some(width)) =
                        (read.width, width.filter(|width| Some(*width) != read.width))
                    {
                        let message = Message::new("apiwarn-urlparamwidth");
                        let message = message.with(prefix).with(read.to_string()).with(width);
                        cx.warn_at(module, "urlparamwidth", message);
                    }
                    let middle = read.options.middle.then_some(i64::from(picture.width));
                    width = width.or(read.width).or(middle);
                    options = read.options;
                }
            }
        }
        let bounds = width.map(|width| Bounds { width, height: self.height });
        if let Some(picture) = &picture {
            let fits = bounds.map_or(any_width, |bounds| picture.scale(bounds, &options).is_some());
            if !fits {
                return Err(Refusal::of(Message::new("apierror-urlparamnormal").with(name.dbkey())));
            }
        }
        Ok(Some(Scaling { bounds, options }))
    }
}

/// Says where the thumbnail of a version is, and those for denser screens.
pub(super) fn put(
    map: &mut Map,
    repo: &Repository,
    subject: &Subject<'_>,
    scaling: &Scaling,
    wants_mime: bool,
) {
    let Some(picture) = repo.picture(subject.info()) else {
        map.set("thumburl", repo.urls().icon(&subject.title().extension()));
        map.set("thumbwidth", ICON_PIXELS).set("thumbheight", ICON_PIXELS);
        return;
    };
    let Some(thumb) = scaling.bounds.and_then(|bounds| scale(repo, &picture, bounds, &scaling.options))
    else {
        return;
    };
    if let Some(problem) = repo.thumbnail_problem(subject.blob(), &picture, &thumb) {
        map.set("thumberror", crate::message::text(&problem));
        return;
    }
    let url = address(repo, subject, &picture, &thumb);
    map.set("thumburl", url.clone());
    map.set("thumbwidth", thumb.width as i64).set("thumbheight", thumb.height as i64);
    if wants_mime {
        map.set("thumbmime", mime(subject, &picture, &thumb));
    }
    let mut denser = Map::new();
    for (density, halves) in [("1.5", 3), ("2", 4)] {
        let thumb = picture.denser(&thumb, halves).and_then(|thumb| picture.at_step(&thumb, sizes(repo)));
        let other = thumb.map(|thumb| address(repo, subject, &picture, &thumb));
        if let Some(other) = other.filter(|other| *other != url) {
            denser.set(density, other);
        }
    }
    if !denser.is_empty() {
        map.set("responsiveUrls", denser);
    }
}

/// The addresses of a version's thumbnails of all widths that are offered, by width.
pub(super) fn all_widths(repo: &Repository, subject: &Subject<'_>, scaling: Option<&Scaling>) -> Map {
    let mut all = Map::new();
    let Some(picture) = repo.picture(subject.info()) else { return all };
    let options = scaling.map(|scaling| scaling.options.clone()).unwrap_or_default();
    let own = u64::from(picture.width);
    let is_vector = picture.format.is_vector();
    let mut widths = sizes(repo).steps().to_vec();
    if !is_vector {
        // Nothing is enlarged, and the largest is the file's own.
        widths.retain(|width| *width < own);
        widths.push(own);
    }
    for width in widths {
        let bounds = Bounds { width: width as i64, height: None };
        let Some(thumb) = scale(repo, &picture, bounds, &options) else { continue };
        if repo.thumbnail_problem(subject.blob(), &picture, &thumb).is_some() {
            continue;
        }
        let entry = Map::new()
            .with("url", address(repo, subject, &picture, &thumb))
            .with("width", thumb.width as i64)
            .with("height", thumb.height as i64);
        all.set(width.to_string(), entry);
    }
    all
}

fn sizes(repo: &Repository) -> &commonhold_core::thumb::Sizes {
    &repo.settings().thumbnails.sizes
}

fn scale(repo: &Repository, picture: &Picture, bounds: Bounds, options: &Options) -> Option<Thumb> {
    let thumb = picture.scale(bounds, options)?;
    picture.at_step(&thumb, sizes(repo))
}

fn mime(subject: &Subject<'_>, picture: &Picture, thumb: &Thumb) -> String {
    if thumb.is_original {
        subject.info().mime.clone()
    } else {
        picture.format.image(&thumb.options).mime().to_owned()
    }
}

/// Where a thumbnail is; the file's own address if that is as good.
fn address(repo: &Repository, subject: &Subject<'_>, picture: &Picture, thumb: &Thumb) -> String {
    let urls = repo.urls();
    if thumb.is_original {
        return subject.url(urls);
    }
    match subject {
        Subject::Version { version, .. } => {
            let title = subject.title();
            let thumb_name = thumb.file_name(picture, title.dbkey());
            match &version.archive_name {
                Some(archive) => urls.archive_thumb(&title, archive, &thumb_name),
                None => urls.thumb(&title, &thumb_name),
            }
        }
        Subject::Stashed(file) => urls.stashed_thumb(&file.key, &thumb.file_name(picture, file.key.as_str())),
    }
}
