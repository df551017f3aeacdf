//! The pages that a query is about.

use commonhold_core::title::{FileTitle, Title, ns};
use commonhold_core::{Message, Refusal};
use commonhold_repo::PageRow;

use crate::context::Context;
use crate::failure::Failure;
use crate::output::{List, Map, Version};

/// Special pages that exist.
const SPECIAL_PAGES: &[&str] = &["Upload", "UploadStash", "Version", "UserLogin", "UserLogout"];

/// A page of the set, with what the modules say of it.
#[derive(Debug)]
pub(crate) struct Page {
    /// Its id, or a negative number in its stead.
    pub(crate) id: i64,
    /// Its title, unless that can't be one or the page was asked for by an unknown id.
    pub(crate) title: Option<Title>,
    /// The page, if it exists.
    pub(crate) row: Option<PageRow>,
    /// What is said of it.
    pub(crate) fields: Map,
}

impl Page {
    /// The file that the page describes; whether there is one is another question.
    pub(crate) fn file(&self) -> Option<FileTitle> {
        self.title.as_ref().and_then(FileTitle::from_title)
    }

    /// Whether modules may say something of it: it is no special page.
    pub(crate) fn is_real(&self) -> bool {
        self.title.as_ref().is_some_and(|t| !t.is_virtual())
    }
}

/// The pages of a query.
#[derive(Debug, Default)]
pub(crate) struct PageSet {
    /// The pages.
    pub(crate) pages: Vec<Page>,
    normalized: Vec<(String, String)>,
}

impl PageSet {
    /// Finds the pages of titles or ids.
    pub(crate) async fn load(
        cx: &mut Context,
        titles: Option<Vec<String>>,
        ids: Option<Vec<String>>,
    ) -> Result<(), Failure> {
        let set = match (titles, ids) {
            (Some(_), Some(_)) => {
                return Err(Refusal::new("multisource", Message::new("apierror-multisource")).into());
            }
            (Some(titles), None) => Self::of_titles(cx, &titles).await?,
            (None, Some(ids)) => Self::of_ids(cx, &ids).await?,
            (None, None) => Self::default(),
        };
        cx.query.pages = set;
        Ok(())
    }

    /// The pages that a generator has listed.
    pub(crate) async fn load_titles(cx: &mut Context, titles: Vec<Title>) -> Result<(), Failure> {
        let mut set = Self::default();
        set.find(cx, titles, -1).await?;
        cx.query.pages = set;
        Ok(())
    }

    async fn of_titles(cx: &Context, titles: &[String]) -> Result<Self, Failure> {
        let mut set = Self::default();
        let mut next_id = -1;
        let mut wanted: Vec<Title> = Vec::new();
        for text in titles {
            match Title::parse(text) {
                Err(error) => {
                    let reason = crate::message::text(&error.message());
                    let fields = Map::new()
                        .with("title", text.clone())
                        .with("invalidreason", reason)
                        .with("invalid", true);
                    set.pages.push(Page { id: next_id, title: None, row: None, fields });
                    next_id -= 1;
                }
                Ok(title) => {
                    let canonical = title.prefixed_text();
                    if canonical != *text {
                        set.normalized.push((text.clone(), canonical));
                    }
                    if title.is_virtual() {
                        let mut fields = head(&title);
                        fields.set("special", true);
                        let known =
                            SPECIAL_PAGES.iter().any(|name| title.dbkey().split('/').next() == Some(name));
                        if title.ns() == ns::SPECIAL && !known {
                            fields.set("missing", true);
                        }
                        set.pages.push(Page { id: next_id, title: Some(title), row: None, fields });
                        next_id -= 1;
                    } else if !wanted.contains(&title) {
                        wanted.push(title);
                    }
                }
            }
        }
        set.find(cx, wanted, next_id).await?;
        Ok(set)
    }

    /// Adds pages by their titles; those that don't exist get numbers from `next_id` downwards.
    async fn find(&mut self, cx: &Context, wanted: Vec<Title>, mut next_id: i64) -> Result<(), Failure> {
        let rows = cx.repo.pages_by_title(&wanted).await?;
        for title in wanted {
            let row = rows.iter().find(|row| row.ns == title.ns() && row.dbkey == title.dbkey()).cloned();
            let mut fields = Map::new();
            let id = if let Some(row) = &row {
                fields.set("pageid", row.id);
                row.id
            } else {
                next_id -= 1;
                next_id + 1
            };
            fields.extend(head(&title));
            if row.is_none() {
                fields.set("missing", true);
            }
            self.pages.push(Page { id, title: Some(title), row, fields });
        }
        Ok(())
    }

    async fn of_ids(cx: &Context, ids: &[String]) -> Result<Self, Failure> {
        let mut numbers = Vec::new();
        for text in ids {
            let number: i64 = text.parse().map_err(|_| {
                Refusal::new(
                    "badinteger",
                    Message::new("paramvalidator-badinteger").with("pageids").with(text.as_str()),
                )
            })?;
            if !numbers.contains(&number) {
                numbers.push(number);
            }
        }
        let rows = cx.repo.pages_by_id(&numbers).await?;
        let mut set = Self::default();
        for (at, id) in numbers.into_iter().enumerate() {
            let mut fields = Map::new().with("pageid", id);
            if let Some(row) = rows.iter().find(|row| row.id == id) {
                let title = Title::from_db(row.ns, &row.dbkey);
                fields.extend(head(&title));
                set.pages.push(Page { id, title: Some(title), row: Some(row.clone()), fields });
            } else {
                fields.set("missing", true);
                set.pages.push(Page { id: -1 - at as i64, title: None, row: None, fields });
            }
        }
        Ok(set)
    }

    /// Puts the set into the answer.
    pub(crate) fn put(mut self, query: &mut Map, index_ids: bool, version: Version) {
        if !self.normalized.is_empty() {
            let mut normalized = List::new("n");
            for (from, to) in self.normalized {
                let mut entry = Map::new();
                if version == Version::V2 {
                    entry.set("fromencoded", false);
                }
                entry.set("from", from).set("to", to);
                normalized.push(entry);
            }
            query.set("normalized", normalized);
        }
        if self.pages.is_empty() {
            return;
        }
        self.pages.sort_by_key(|page| page.id);
        if index_ids {
            query.set("pageids", List::of("id", self.pages.iter().map(|page| page.id.to_string())));
        }
        let mut pages = Map::keyed_list("page");
        for page in self.pages {
            pages.set(page.id.to_string(), page.fields);
        }
        query.set("pages", pages);
    }
}

fn head(title: &Title) -> Map {
    Map::new().with("ns", i64::from(title.ns())).with("title", title.prefixed_text())
}
