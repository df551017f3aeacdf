//! The pages that a query is about.

use commonhold_core::title::{FileTitle, Title, ns};
use commonhold_core::{Message, Redirect, Refusal};
use commonhold_repo::PageRow;

use crate::context::Context;
use crate::failure::Failure;
use crate::output::{List, Map, Version};

/// Special pages that exist.
const SPECIAL_PAGES: &[&str] =
    &["FilePath", "Redirect", "Upload", "UploadStash", "Version", "UserLogin", "UserLogout"];

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

/// What a query is about, as it was asked for.
pub(crate) struct Source {
    /// Titles of pages.
    pub(crate) titles: Option<Vec<String>>,
    /// Ids of pages.
    pub(crate) pageids: Option<Vec<String>>,
    /// Ids of revisions.
    pub(crate) revids: Option<Vec<String>>,
}

impl Source {
    /// Whether any pages were asked for.
    pub(crate) fn is_given(&self) -> bool {
        self.titles.is_some() || self.pageids.is_some() || self.revids.is_some()
    }
}

/// The pages of a query.
#[derive(Debug, Default)]
pub(crate) struct PageSet {
    /// The pages.
    pub(crate) pages: Vec<Page>,
    /// The revisions, where pages were asked for by those.
    pub(crate) revisions: Option<Vec<i64>>,
    normalized: Vec<(String, String)>,
    redirects: Vec<(Title, Redirect)>,
    unknown_revisions: Vec<i64>,
}

impl PageSet {
    /// Finds the pages that are asked for.
    pub(crate) async fn load(cx: &mut Context, source: Source, follow: bool) -> Result<(), Failure> {
        let set = match source {
            Source { titles: Some(titles), pageids: None, revids: None } => {
                Self::of_titles(cx, &titles, follow).await?
            }
            Source { titles: None, pageids: Some(ids), revids: None } => {
                Self::of_ids(cx, &ids, follow).await?
            }
            Source { titles: None, pageids: None, revids: Some(ids) } => {
                Self::of_revisions(cx, &ids, follow).await?
            }
            Source { titles: None, pageids: None, revids: None } => Self::default(),
            _ => return Err(Refusal::new("multisource", Message::new("apierror-multisource")).into()),
        };
        cx.query.pages = set;
        Ok(())
    }

    /// The pages that a generator has listed.
    pub(crate) async fn load_titles(
        cx: &mut Context,
        titles: Vec<Title>,
        follow: bool,
    ) -> Result<(), Failure> {
        let mut set = Self::default();
        set.find(cx, titles, -1, follow).await?;
        cx.query.pages = set;
        Ok(())
    }

    async fn of_titles(cx: &Context, titles: &[String], follow: bool) -> Result<Self, Failure> {
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
        set.find(cx, wanted, next_id, follow).await?;
        Ok(set)
    }

    /// Adds pages by their titles; those that don't exist get numbers from `next_id` downwards.
    async fn find(
        &mut self,
        cx: &Context,
        wanted: Vec<Title>,
        mut next_id: i64,
        follow: bool,
    ) -> Result<(), Failure> {
        for (title, row) in self.resolve(cx, wanted, follow).await? {
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

    /// The pages of these titles; where redirects are to be followed, those to which they lead, each once.
    async fn resolve(
        &mut self,
        cx: &Context,
        wanted: Vec<Title>,
        follow: bool,
    ) -> Result<Vec<(Title, Option<PageRow>)>, Failure> {
        let mut seen: Vec<Title> = wanted.clone();
        let (mut found, mut next) = (Vec::new(), wanted);
        while !next.is_empty() {
            let rows = cx.repo.pages_by_title(&next).await?;
            for title in std::mem::take(&mut next) {
                let row = rows.iter().find(|row| row.ns == title.ns() && row.dbkey == title.dbkey());
                let Some(redirect) = row.and_then(|row| row.redirect.clone()).filter(|_| follow) else {
                    found.push((title, row.cloned()));
                    continue;
                };
                // Who goes in a circle gets nowhere.
                if !seen.contains(&redirect.target) {
                    seen.push(redirect.target.clone());
                    next.push(redirect.target.clone());
                }
                self.redirects.push((title, redirect));
            }
        }
        Ok(found)
    }

    async fn of_revisions(cx: &Context, ids: &[String], follow: bool) -> Result<Self, Failure> {
        let numbers = numbers(ids, "revids")?;
        let rows = cx.repo.revisions(&numbers).await?;
        let mut set = Self::default();
        let known = |id: &i64| rows.iter().any(|row| row.id == *id);
        set.unknown_revisions.extend(numbers.iter().filter(|id| !known(id)));
        let mut pages: Vec<i64> = rows.iter().map(|row| row.page_id).collect();
        pages.sort_unstable();
        pages.dedup();
        let pages = cx.repo.pages_by_id(&pages).await?;
        let titles = pages.iter().map(|page| Title::from_db(page.ns, page.dbkey.as_str())).collect();
        set.find(cx, titles, -1, follow).await?;
        set.revisions = Some(rows.iter().map(|row| row.id).collect());
        Ok(set)
    }

    async fn of_ids(cx: &Context, ids: &[String], follow: bool) -> Result<Self, Failure> {
        let numbers = numbers(ids, "pageids")?;
        let rows = cx.repo.pages_by_id(&numbers).await?;
        let mut set = Self::default();
        let redirects: Vec<Title> = rows
            .iter()
            .filter(|row| follow && row.redirect.is_some())
            .map(|row| Title::from_db(row.ns, row.dbkey.as_str()))
            .collect();
        let followed = !redirects.is_empty();
        if followed {
            set.find(cx, redirects, -1 - numbers.len() as i64, follow).await?;
        }
        for (at, id) in numbers.into_iter().enumerate() {
            let mut fields = Map::new().with("pageid", id);
            if let Some(row) = rows.iter().find(|row| row.id == id) {
                if (followed && row.redirect.is_some()) || set.pages.iter().any(|page| page.id == id) {
                    continue;
                }
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
        if !self.redirects.is_empty() {
            let hop = |(from, redirect): &(Title, Redirect)| {
                let mut hop = Map::new();
                hop.set("from", from.prefixed_text()).set("to", redirect.target.prefixed_text());
                if let Some(fragment) = &redirect.fragment {
                    hop.set("tofragment", fragment.clone());
                }
                hop
            };
            query.set("redirects", List::of("r", self.redirects.iter().map(hop)));
        }
        if !self.unknown_revisions.is_empty() {
            let mut unknown = Map::new();
            for id in &self.unknown_revisions {
                unknown.set(id.to_string(), Map::new().with("revid", *id).with("missing", true));
            }
            query.set("badrevids", unknown.tagged("rev"));
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

/// Numbers out of a list, each once.
fn numbers(texts: &[String], name: &'static str) -> Result<Vec<i64>, Refusal> {
    let mut numbers = Vec::new();
    for text in texts {
        let number: i64 = text.parse().map_err(|_| {
            let message = Message::new("paramvalidator-badinteger").with(name).with(text.as_str());
            Refusal::new("badinteger", message)
        })?;
        if !numbers.contains(&number) {
            numbers.push(number);
        }
    }
    Ok(numbers)
}

fn head(title: &Title) -> Map {
    Map::new().with("ns", i64::from(title.ns())).with("title", title.prefixed_text())
}
