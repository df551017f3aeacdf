//! Asking another wiki's API, and reading what it answers.

use std::collections::HashMap;
use std::sync::Arc;

use commonhold_core::title::{FileTitle, ns};
use commonhold_core::{MediaType, Sha1, Timestamp};
use reqwest::Client;
use reqwest::header::{ACCEPT_ENCODING, CONTENT_ENCODING, HeaderValue};
use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Deserializer};
use tokio::sync::OnceCell;
use url::{Url, form_urlencoded};

use super::{SharedCopy, SharedFile, SharedScaling, SharedThumb};
use crate::worker::Pool;
use crate::{Error, Result, Settings, fetch};

/// Bytes of the largest answer that is read.
const MAX_ANSWER_BYTES: usize = 512 * 1024;
/// Titles that MediaWiki takes at a time from anybody.
const MAX_TITLES: usize = 50;
/// Bytes of titles, as they stand in the address, so that no server finds that too long.
const MAX_TITLE_BYTES: usize = 4096;
/// Densities of screens for which thumbnails are offered.
const DENSITIES: [&str; 2] = ["1.5", "2"];
/// Bytes of the longest text that is kept: addresses are the longest.
const MAX_TEXT_BYTES: usize = 2048;

/// Why the other wiki has not answered a question. Nothing of what it said stands in here.
#[derive(Debug, thiserror::Error)]
pub(super) enum NoAnswer {
    #[error("it takes too long")]
    TimedOut,
    #[error("it can't be asked: {0:?}")]
    Transport(reqwest::Error),
    #[error("it answers with status {0}")]
    Status(u16),
    #[error("its answer is coded, which nobody asked for")]
    Encoded,
    #[error("its answer is too long")]
    TooLong,
    #[error("its answer is none of MediaWiki's API")]
    Unreadable,
    #[error("its API answers with an error")]
    Refused,
    #[error("there is no client: {0}")]
    NoClient(#[from] Error),
}

impl From<reqwest::Error> for NoAnswer {
    fn from(error: reqwest::Error) -> Self {
        // The address is in the configuration already.
        Self::Transport(error.without_url())
    }
}

/// Another wiki's API.
pub(super) struct Wiki {
    api: Url,
    user_agent: String,
    threads: Arc<Pool>,
    /// Made when it is first needed, since that reads certificates.
    client: OnceCell<Client>,
}

/// The answer, as far as it matters.
#[derive(Deserialize)]
struct Answer {
    error: Option<IgnoredAny>,
    query: Option<Query>,
}

#[derive(Deserialize)]
struct Query {
    #[serde(default)]
    pages: Vec<Page>,
    #[serde(default)]
    allimages: Vec<Image>,
}

#[derive(Deserialize)]
struct Page {
    ns: Option<i32>,
    title: Option<String>,
    #[serde(default)]
    imageinfo: Vec<Info>,
}

#[derive(Deserialize)]
struct Image {
    name: String,
    timestamp: Option<String>,
    user: Option<String>,
}

#[derive(Deserialize)]
struct Info {
    timestamp: Option<String>,
    user: Option<String>,
    url: Option<String>,
    descriptionurl: Option<String>,
    size: Option<u64>,
    width: Option<u32>,
    height: Option<u32>,
    sha1: Option<String>,
    mime: Option<String>,
    mediatype: Option<String>,
    #[serde(flatten)]
    thumb: Thumb,
}

/// What is told of a thumbnail. Whatever is odd about it isn't told: the file is there all the same.
#[derive(Deserialize)]
struct Thumb {
    #[serde(rename = "thumburl", default, deserialize_with = "readable")]
    url: Option<String>,
    #[serde(rename = "thumbwidth", default, deserialize_with = "readable")]
    width: Option<u32>,
    #[serde(rename = "thumbheight", default, deserialize_with = "readable")]
    height: Option<u32>,
    #[serde(rename = "thumbmime", default, deserialize_with = "readable")]
    mime: Option<String>,
    #[serde(rename = "responsiveUrls", default, deserialize_with = "readable")]
    denser: Option<HashMap<String, String>>,
    #[serde(rename = "thumberror", default, deserialize_with = "readable")]
    error: Option<String>,
}

/// A value if it is of its type.
fn readable<'de, T: DeserializeOwned, D: Deserializer<'de>>(sent: D) -> Result<Option<T>, D::Error> {
    Ok(serde_json::from_value(serde_json::Value::deserialize(sent)?).ok())
}

/// Names in portions, each of which makes one question.
pub(super) fn batches(names: &[FileTitle]) -> Vec<&[FileTitle]> {
    let (mut batches, mut from, mut bytes) = (Vec::new(), 0, 0);
    for (at, name) in names.iter().enumerate() {
        let more: usize = form_urlencoded::byte_serialize(name.dbkey().as_bytes()).map(str::len).sum();
        if at > from && (at - from == MAX_TITLES || bytes + more > MAX_TITLE_BYTES) {
            batches.push(&names[from..at]);
            (from, bytes) = (at, 0);
        }
        bytes += more;
    }
    batches.push(&names[from..]);
    batches
}

impl Wiki {
    /// The wiki with this api.php.
    pub(super) fn new(api: &str, settings: &Settings, threads: Arc<Pool>) -> Result<Self> {
        let unusable = |error: url::ParseError| Error::Resource {
            what: "shared repository",
            source: std::io::Error::other(error),
        };
        let api = Url::parse(api).map_err(unusable)?;
        let user_agent = fetch::user_agent(settings);
        Ok(Self { api, user_agent, threads, client: OnceCell::new() })
    }

    /// The files of these names that it has itself, by name, with such thumbnails if any are wanted.
    pub(super) async fn files(
        &self,
        names: &[FileTitle],
        scaling: Option<&SharedScaling>,
    ) -> Result<HashMap<String, SharedFile>, NoAnswer> {
        let titles: Vec<String> = names.iter().map(|name| format!("File:{}", name.dbkey())).collect();
        let mut params = vec![
            ("titles", titles.join("|")),
            ("prop", "imageinfo".to_owned()),
            // Without it, two wikis that share each other's files would ask each other for ever.
            ("iilocalonly", "1".to_owned()),
        ];
        let mut props = "timestamp|user|url|size|sha1|mime|mediatype".to_owned();
        if let Some(scaling) = scaling {
            props.push_str("|thumbmime");
            let sides = [("iiurlwidth", scaling.width), ("iiurlheight", scaling.height)];
            params.extend(sides.into_iter().filter_map(|(name, side)| Some((name, side?.to_string()))));
            if !scaling.param.is_empty() {
                params.push(("iiurlparam", scaling.param.clone()));
            }
        }
        params.push(("iiprop", props));
        let query = self.query(&params).await?;
        Ok(query.pages.into_iter().filter_map(|page| self.file(page)).collect())
    }

    /// The files with this content.
    pub(super) async fn copies(&self, sha1: Sha1) -> Result<Vec<SharedCopy>, NoAnswer> {
        let params = [
            ("list", "allimages".to_owned()),
            ("aisha1base36", sha1.base36()),
            ("aiprop", "timestamp|user".to_owned()),
            ("ailimit", "50".to_owned()),
        ];
        let query = self.query(&params).await?;
        let copy = |image: Image| {
            let name = FileTitle::parse(&format!("File:{}", image.name)).ok()?;
            let user = text(image.user).unwrap_or_default();
            Some(SharedCopy { name, timestamp: time(image.timestamp), user })
        };
        Ok(query.allimages.into_iter().filter_map(copy).collect())
    }

    async fn client(&self) -> Result<&Client> {
        let make = || async {
            let (threads, user_agent) = (Arc::clone(&self.threads), self.user_agent.clone());
            self.threads.run(move || fetch::client_for_named(&threads, &user_agent)).await?
        };
        self.client.get_or_try_init(make).await
    }

    async fn query(&self, params: &[(&str, String)]) -> Result<Query, NoAnswer> {
        let mut url = self.api.clone();
        let common = [("action", "query"), ("format", "json"), ("formatversion", "2")];
        url.query_pairs_mut().extend_pairs(common).extend_pairs(params);
        let request = self.client().await?.get(url);
        let mut response =
            request.header(ACCEPT_ENCODING, HeaderValue::from_static("identity")).send().await?;
        if !response.status().is_success() {
            return Err(NoAnswer::Status(response.status().as_u16()));
        }
        let coded = |coding: &HeaderValue| !coding.as_bytes().eq_ignore_ascii_case(b"identity");
        if response.headers().get_all(CONTENT_ENCODING).iter().any(coded) {
            return Err(NoAnswer::Encoded);
        }
        let mut body = Vec::new();
        while let Some(piece) = response.chunk().await? {
            if body.len() + piece.len() > MAX_ANSWER_BYTES {
                return Err(NoAnswer::TooLong);
            }
            body.extend_from_slice(&piece);
        }
        let answer: Answer = serde_json::from_slice(&body).map_err(|_| NoAnswer::Unreadable)?;
        if answer.error.is_some() {
            return Err(NoAnswer::Refused);
        }
        answer.query.ok_or(NoAnswer::Unreadable)
    }

    /// The file that a page of the answer tells of, with its name.
    fn file(&self, page: Page) -> Option<(String, SharedFile)> {
        let title = page.title.filter(|_| page.ns == Some(ns::FILE))?;
        // The other wiki may call its namespace something else.
        let (_, name) = title.split_once(':')?;
        let name = FileTitle::parse(&format!("File:{name}")).ok()?;
        let info = page.imageinfo.into_iter().next()?;
        let file = SharedFile {
            timestamp: time(info.timestamp),
            user: text(info.user).unwrap_or_default(),
            url: self.address(info.url),
            description_url: self.address(info.descriptionurl),
            size: info.size.unwrap_or_default(),
            width: info.width.unwrap_or_default(),
            height: info.height.unwrap_or_default(),
            sha1: info.sha1.and_then(|sha1| Sha1::from_hex(&sha1)),
            mime: text(info.mime).unwrap_or_default(),
            media_type: MediaType::parse(&info.mediatype.unwrap_or_default()),
            thumb: self.thumb(info.thumb),
        };
        Some((name.dbkey().to_owned(), file))
    }

    /// The thumbnail, if enough is told of it.
    fn thumb(&self, told: Thumb) -> Option<SharedThumb> {
        if let Some(error) = text(told.error) {
            return Some(SharedThumb::Failed(error));
        }
        let (url, width, height) = (self.address(told.url)?, told.width?, told.height?);
        let mut denser = told.denser.unwrap_or_default();
        let denser = DENSITIES.into_iter().filter_map(|by| Some((by, self.address(denser.remove(by))?)));
        Some(SharedThumb::At { url, width, height, mime: text(told.mime), denser: denser.collect() })
    }

    /// An address on the web.
    fn address(&self, sent: Option<String>) -> Option<String> {
        let url = self.api.join(&text(sent)?).ok()?;
        matches!(url.scheme(), "http" | "https").then(|| url.into())
    }
}

/// A text of a sensible length.
fn text(sent: Option<String>) -> Option<String> {
    sent.filter(|text| text.len() <= MAX_TEXT_BYTES)
}

/// A time; long ago if none is told.
fn time(sent: Option<String>) -> Timestamp {
    // An empty text would be the current time.
    let epoch = Timestamp::from_unix(0);
    text(sent).and_then(|time| Timestamp::parse(&time, epoch)).unwrap_or(epoch)
}
