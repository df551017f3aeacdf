//! Stable addresses: `Special:FilePath` and `Special:Redirect/file` lead to a file or a thumbnail by the file's name.

use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};
use commonhold_core::thumb::{Bounds, Options};
use commonhold_core::title::{FileTitle, Title};
use commonhold_repo::{Named, Pictured, Repository, Result, SharedScaling, SharedThumb};

use crate::fields::Fields;
use crate::{answer, pages};

/// Such an address.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ByName {
    name: String,
    width: Option<i64>,
    height: Option<i64>,
    status: StatusCode,
}

impl ByName {
    /// Reads the title of a special page; `None` for any other one.
    pub(crate) fn read(title: &Title, fields: &Fields) -> Option<Self> {
        let number =
            |name: &str| fields.get(name).and_then(|text| text.parse::<i64>().ok()).filter(|n| *n > 0);
        let (page, rest) = title.dbkey().split_once('/').unwrap_or((title.dbkey(), ""));
        let (name, is_path) = if page.eq_ignore_ascii_case("FilePath") {
            (if rest.is_empty() { fields.get("file")? } else { rest }, true)
        } else {
            (rest.strip_prefix("file/").filter(|_| page == "Redirect")?, false)
        };
        let (width, height) = (number("width"), number("height"));
        // MediaWiki's statuses. Nobody keeps either of them, as the file may move.
        let for_now = is_path || (width.is_some() && height.is_some());
        let status = if for_now { StatusCode::FOUND } else { StatusCode::MOVED_PERMANENTLY };
        // A height alone says nothing.
        Some(Self { name: name.to_owned(), width, height: height.filter(|_| width.is_some()), status })
    }
}

/// Leads to a file or its thumbnail, be it that of one to which a page of the name redirects or of the shared
/// repository's.
pub(crate) async fn lead(repo: &Repository, wanted: &ByName) -> Result<Response<Body>> {
    let Ok(name) = FileTitle::parse(&wanted.name) else { return Ok(pages::not_found(repo)) };
    let url = match repo.pictured(&Named::Current(name.clone())).await? {
        Some(file) => Some(here(repo, wanted, &file)),
        None => there(repo, wanted, name).await,
    };
    let Some(url) = url else { return Ok(pages::not_found(repo)) };
    let mut response = answer::redirect(wanted.status, &url);
    let cache = HeaderValue::from_static("private, must-revalidate, max-age=0");
    response.headers_mut().insert(header::CACHE_CONTROL, cache);
    Ok(response)
}

/// Where a file of ours is, or its thumbnail.
fn here(repo: &Repository, wanted: &ByName, file: &Pictured) -> String {
    let (urls, title) = (repo.urls(), FileTitle::from_db(file.name.as_str()));
    match (wanted.width, &file.picture) {
        (None, _) => urls.file(&title),
        (Some(_), None) => urls.icon(&title.extension()),
        (Some(width), Some(picture)) => {
            let thumb = picture.scale(Bounds { width, height: wanted.height }, &Options::default());
            let sizes = &repo.settings().thumbnails.sizes;
            let thumb = thumb.and_then(|thumb| picture.at_step(&thumb, sizes));
            match thumb.filter(|thumb| !thumb.is_original) {
                Some(thumb) => urls.thumb(&title, &thumb.file_name(picture, title.dbkey())),
                None => urls.file(&title),
            }
        }
    }
}

/// The same of a file that only the shared repository has: where that says it is. The file itself if it tells of no
/// thumbnail.
async fn there(repo: &Repository, wanted: &ByName, name: FileTitle) -> Option<String> {
    let names = [name];
    if wanted.width.is_some() {
        let scaling = SharedScaling { width: wanted.width, height: wanted.height, param: String::new() };
        let scaled = repo.shared_files_scaled(&names, &scaling).await.into_values().next();
        if let Some(SharedThumb::At { url, .. }) = scaled.and_then(|file| file.thumb) {
            return Some(url);
        }
    }
    repo.shared_files(&names).await.into_values().next()?.url
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(title: &str, query: &str) -> Option<(String, Option<i64>, Option<i64>, u16)> {
        let title = Title::parse(title).unwrap();
        let wanted = ByName::read(&title, &Fields::of(&format!("/?{query}").parse().unwrap()))?;
        Some((wanted.name, wanted.width, wanted.height, wanted.status.as_u16()))
    }

    #[test]
    fn an_address_names_a_file_and_perhaps_a_size() {
        let file = |width, height, status| Some(("A_b.png".to_owned(), width, height, status));
        assert_eq!(read("Special:FilePath/A b.png", ""), file(None, None, 302));
        assert_eq!(read("Special:filepath", "file=A_b.png&width=9"), file(Some(9), None, 302));
        assert_eq!(read("Special:FilePath", ""), None);
        assert_eq!(read("Special:Redirect/file/A_b.png", ""), file(None, None, 301));
        assert_eq!(read("Special:Redirect/file/A_b.png", "width=9"), file(Some(9), None, 301));
        assert_eq!(read("Special:Redirect/file/A_b.png", "width=9&height=8"), file(Some(9), Some(8), 302));
        assert_eq!(read("Special:Redirect/page/1", ""), None);
        assert_eq!(read("Special:Upload", "file=A_b.png"), None);
    }

    #[test]
    fn what_is_no_size_is_left_out() {
        for query in ["height=9", "width=0", "width=-5", "width=x", "width=99999999999999999999", "width="] {
            assert_eq!(
                read("Special:FilePath/A.png", query),
                Some(("A.png".to_owned(), None, None, 302)),
                "{query}"
            );
        }
    }
}
