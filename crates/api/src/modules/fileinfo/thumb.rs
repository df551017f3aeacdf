//! Thumbnails in descriptions of files: what was asked for, and where it is.

use commonhold_core::thumb::{Bounds, Options, ParamString, Picture, Thumb};
use commonhold_core::title::FileTitle;
use commonhold_core::{Message, Refusal};
use commonhold_repo::{Repository, SharedFile, SharedScaling};

use super::Subject;
use crate::context::Context;
use crate::output::Map;

/// Transforms of one answer; those that are left come with its continuation.
pub(crate) const MAX_TRANSFORMS: usize = 50;
/// Bytes of the longest `urlparam` that can mean something.
const MAX_PARAM_BYTES: usize = 255;
/// What is asked for where any width will do: icons have but one.
const ANY_WIDTH: i64 = 300;
/// Icons are squares of so many pixels.
const ICON_PIXELS: i64 = 120;

/// What a request asks of its thumbnails: at least one of `urlwidth`, `urlheight` and `urlparam`.
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
    /// From the parameters, of which -1 stands for no number. `None` if no thumbnails are wanted.
    pub(crate) fn new(width: i64, height: i64, param: &str) -> Option<Self> {
        let given = |number: i64| (number != -1).then_some(number);
        let (width, height) = (given(width), given(height));
        let is_something = width.is_some() || height.is_some() || !param.is_empty();
        is_something.then(|| Self { width, height, param: param.to_owned() })
    }

    /// What `urlparam` says of this picture; `None` if nothing that makes sense.
    fn param(&self, picture: &Picture) -> Option<ParamString> {
        picture.format.parse(&self.param).filter(|_| self.param.len() <= MAX_PARAM_BYTES)
    }

    /// What it comes to for a file. Warns of what can't be heeded.
    ///
    /// `any_width` says that addresses of all widths are wanted, for which no width has to be named.
    pub(crate) fn scaling(
        &self,
        cx: &mut Context,
        name: &FileTitle,
        picture: Option<&Picture>,
        any_width: bool,
    ) -> Result<Scaling, Refusal> {
        let (module, prefix) = (cx.module, cx.module.prefix);
        let Some(picture) = picture else {
            if !self.param.is_empty() {
                let message = Message::new("apiwarn-nothumb-noimagehandler").with(name.dbkey());
                cx.warn_at(module, "nothumb-noimagehandler", message);
            }
            return Ok(Scaling { bounds: None, options: Options::default() });
        };
        let mut width = self.width.or(self.height.map(|_| i64::from(picture.width)));
        let mut options = Options::default();
        if !self.param.is_empty() {
            match self.param(picture) {
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
        let fits = bounds.map_or(any_width, |bounds| picture.scale(bounds, &options).is_some());
        if !fits {
            return Err(Refusal::of(Message::new("apierror-urlparamnormal").with(name.dbkey())));
        }
        Ok(Scaling { bounds, options })
    }

    /// What to ask the shared repository about a file that it has; `None` if nothing. Warns as well.
    pub(crate) fn scaling_there(
        &self,
        cx: &mut Context,
        name: &FileTitle,
        file: &SharedFile,
        any_width: bool,
    ) -> Result<Option<SharedScaling>, Refusal> {
        let picture = file.picture();
        let scaling = self.scaling(cx, name, picture.as_ref(), any_width)?;
        let (width, height) = (self.width, self.height);
        let Some(picture) = picture else {
            // An icon, unless that wiki can do more.
            let width = width.or(height.is_none().then_some(ANY_WIDTH));
            return Ok(Some(SharedScaling { width, height, param: String::new() }));
        };
        let heeded = self.param(&picture).map(|_| self.param.clone());
        let there = SharedScaling { width, height, param: heeded.unwrap_or_default() };
        Ok(scaling.bounds.map(|_| there))
    }
}

/// Says where the thumbnail of a version is, and those for denser screens.
pub(super) fn put(
    map: &mut Map,
    repo: &Repository,
    subject: &Subject<'_>,
    picture: Option<&Picture>,
    scaling: &Scaling,
    wants_mime: bool,
) {
    let Some(picture) = picture else {
        map.set("thumburl", repo.urls().icon(&subject.title().extension()));
        map.set("thumbwidth", ICON_PIXELS).set("thumbheight", ICON_PIXELS);
        return;
    };
    let Some(thumb) = scaling.bounds.and_then(|bounds| scale(repo, picture, bounds, &scaling.options)) else {
        return;
    };
    if let Some(problem) = repo.thumbnail_problem(subject.blob(), picture, &thumb) {
        map.set("thumberror", crate::message::text(&problem));
        return;
    }
    let url = address(repo, subject, picture, &thumb);
    map.set("thumburl", url.clone());
    map.set("thumbwidth", thumb.width as i64).set("thumbheight", thumb.height as i64);
    if wants_mime {
        map.set("thumbmime", mime(subject, picture, &thumb));
    }
    let mut denser = Map::new();
    for (density, halves) in [("1.5", 3), ("2", 4)] {
        let thumb = picture.denser(&thumb, halves).and_then(|thumb| picture.at_step(&thumb, sizes(repo)));
        let other = thumb.map(|thumb| address(repo, subject, picture, &thumb));
        if let Some(other) = other.filter(|other| *other != url) {
            denser.set(density, other);
        }
    }
    if !denser.is_empty() {
        map.set("responsiveUrls", denser);
    }
}

/// The addresses of a version's thumbnails of all widths that are offered, by width.
pub(super) fn all_widths(
    repo: &Repository,
    subject: &Subject<'_>,
    picture: Option<&Picture>,
    scaling: Option<&Scaling>,
) -> Map {
    let mut all = Map::new();
    let Some(picture) = picture else { return all };
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
        let Some(thumb) = scale(repo, picture, bounds, &options) else { continue };
        if repo.thumbnail_problem(subject.blob(), picture, &thumb).is_some() {
            continue;
        }
        let entry = Map::new()
            .with("url", address(repo, subject, picture, &thumb))
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
