//! `action=query`: a set of pages, and modules that say or list something.

pub(crate) mod allimages;
pub(crate) mod allpages;
pub(crate) mod duplicatefiles;
pub(crate) mod filearchive;
pub(crate) mod filerepoinfo;
pub(crate) mod imageinfo;
pub(crate) mod info;
pub(crate) mod logevents;
pub(crate) mod mystashedfiles;
mod pageset;
pub(crate) mod recentchanges;
pub(crate) mod revisions;
pub(crate) mod siteinfo;
pub(crate) mod stashimageinfo;
pub(crate) mod tags;
pub(crate) mod tokens;
pub(crate) mod userinfo;
pub(crate) mod users;
pub(crate) mod watchlistraw;

use commonhold_core::Message;
use commonhold_core::title::Title;

use crate::context::Context;
use crate::engine::check_rights;
use crate::failure::Failure;
use crate::module::{self, Kind, Module, Needs};
use crate::output::{List, Map};
use crate::params::{self, boolean, params, submodules, text};

pub(crate) use pageset::{Page, PageSet, Source};

pub(crate) const MODULE: Module = Module {
    name: "query",
    kind: Kind::Action,
    prefix: "",
    summary: "Says what is known of pages, lists things, and says what is known of the wiki and the caller.",
    generator: false,
    params: Params::SPECS,
    needs: Needs::NOTHING,
    examples: &[
        (
            "action=query&titles=File:Example.jpg&prop=imageinfo&iiprop=url|size",
            "Address and size of a file.",
        ),
        ("action=query&list=allimages&aisort=timestamp&aidir=descending", "The newest files."),
    ],
    run: |cx, values| Box::pin(run(cx, Params::bind(values))),
};

params! {
    /// What to say of each page.
    prop: Vec<String> = submodules(Kind::Prop).multi();
    /// What to list.
    list: Vec<String> = submodules(Kind::List).multi();
    /// What to say of the wiki and the caller.
    meta: Vec<String> = submodules(Kind::Meta).multi();
    /// List pages by this module, and say the properties of those. Its parameters have a `g` before their names.
    generator: Option<String> = submodules(Kind::Generator);
    /// List the ids of all pages.
    indexpageids: bool = boolean();
    /// Say addresses of pages on other wikis; none are known.
    iwurl: bool = boolean();
    /// Where to go on; from an earlier answer.
    r#continue: Option<String> = text();
    /// Give what continues in the form of old versions.
    rawcontinue: bool = boolean();
    /// Titles of pages.
    titles: Option<Vec<String>> = text().multi();
    /// Ids of pages.
    pageids: Option<Vec<String>> = text().multi();
    /// Ids of revisions; the query is about their pages.
    revids: Option<Vec<String>> = text().multi();
    /// Follow redirects.
    redirects: bool = boolean();
    /// Convert titles to other variants of the language; there are none.
    converttitles: bool = boolean();
}

/// What the modules of a query share.
#[derive(Default)]
pub(crate) struct QueryState {
    /// The object `query` of the answer.
    pub(crate) result: Map,
    /// The pages.
    pub(crate) pages: PageSet,
    continues: Vec<(&'static Module, String, String)>,
    /// Where the pages go while a generator is at work.
    generating: Option<Vec<Title>>,
}

/// Stands before the names of a generator's parameters.
const GENERATOR_MARK: &str = "g";

impl Context {
    /// Notes that the module at work has more to say, and with which of its parameters to ask for it.
    pub(crate) fn go_on(&mut self, param: &str, value: impl Into<String>) {
        let module = self.module;
        let mark = if self.query.generating.is_some() { GENERATOR_MARK } else { "" };
        self.query.continues.push((module, format!("{mark}{}{param}", module.prefix), value.into()));
    }

    /// Takes the pages of a list, if it is at work as a generator; the list then says nothing else.
    pub(crate) fn list_pages(&mut self, titles: &[Title]) -> bool {
        let Some(pages) = &mut self.query.generating else { return false };
        pages.extend_from_slice(titles);
        true
    }
}

/// What the parameter `continue` says of the queries before: `-||done|done`.
struct Before {
    pages_done: bool,
    modules_done: Vec<String>,
}

impl Before {
    fn read(text: Option<&str>) -> Self {
        let (first, second) = text.and_then(|t| t.split_once("||")).unwrap_or_default();
        let modules_done = second.split('|').filter(|m| !m.is_empty()).map(str::to_owned).collect();
        Self { pages_done: first == "-", modules_done }
    }
}

async fn run(cx: &mut Context, params: Params) -> Result<(), Failure> {
    let before = Before::read(params.r#continue.as_deref());
    let named = |kind: Kind, names: &[String]| -> Vec<&'static Module> {
        names.iter().filter_map(|name| module::named(kind, name)).collect()
    };
    let mut all = named(Kind::Prop, &params.prop);
    all.extend(named(Kind::List, &params.list));
    all.extend(named(Kind::Meta, &params.meta));
    for module in &all {
        check_rights(cx, module.needs)?;
    }
    let source = Source { titles: params.titles, pageids: params.pageids, revids: params.revids };
    let wants_pages = source.is_given();
    if wants_pages {
        check_rights(cx, Needs::READ)?;
    }
    let generator = params.generator.as_deref().and_then(|name| module::named(Kind::Generator, name));
    match generator {
        Some(module) => {
            check_rights(cx, module.needs)?;
            if module.kind == Kind::Prop {
                PageSet::load(cx, source, params.redirects).await?;
            }
            let titles = generate(cx, module, !before.pages_done).await?;
            PageSet::load_titles(cx, titles, params.redirects).await?;
        }
        None => PageSet::load(cx, source, params.redirects).await?,
    }
    let of_generator = std::mem::take(&mut cx.query.continues);

    for module in &all {
        let done = before.modules_done.iter().any(|m| m == module.name);
        let of_pages = module.kind == Kind::Prop;
        if done || (of_pages && before.pages_done) {
            // What was answered before isn't said again, but its parameters are known.
            params::read(cx, module)?;
            continue;
        }
        let outer = std::mem::replace(&mut cx.module, module);
        let values = params::read(cx, module)?;
        (module.run)(cx, values).await?;
        cx.module = outer;
    }

    let mut query = Map::new();
    if !before.pages_done {
        let pages = std::mem::take(&mut cx.query.pages);
        pages.put(&mut query, params.indexpageids, cx.output.version);
    }
    query.extend(std::mem::take(&mut cx.query.result));
    put_continue(cx, of_generator, &all, &before, params.rawcontinue);
    if !query.is_empty() {
        cx.result.set("query", query);
    }
    Ok(())
}

/// The pages that a module lists; none if they were said before, and only its parameters are to be known.
async fn generate(cx: &mut Context, module: &'static Module, wanted: bool) -> Result<Vec<Title>, Failure> {
    let prefix = format!("{GENERATOR_MARK}{}", module.prefix);
    let outer = std::mem::replace(&mut cx.module, module);
    let values = params::read_with_prefix(cx, module, &prefix)?;
    cx.query.generating = Some(Vec::new());
    if wanted {
        (module.run)(cx, values).await?;
    }
    cx.module = outer;
    Ok(cx.query.generating.take().unwrap_or_default())
}

type Continues = Vec<(&'static Module, String, String)>;

/// Says how to go on: first with what is left to be said of these pages, then with the generator's next ones.
fn put_continue(
    cx: &mut Context,
    of_generator: Continues,
    all: &[&'static Module],
    before: &Before,
    raw: bool,
) {
    let mut continues = std::mem::take(&mut cx.query.continues);
    let more_of_pages = continues.iter().any(|(module, ..)| module.kind == Kind::Prop);
    if raw {
        continues.extend(of_generator);
        let mut by_module = Map::new();
        for (module, param, value) in continues {
            by_module.map_at(module.name).set(param, value);
        }
        if !by_module.is_empty() {
            cx.result.set("query-continue", by_module);
        }
        return;
    }
    if !more_of_pages {
        cx.result.set("batchcomplete", true);
    }
    let goes_on = |module: &Module| continues.iter().any(|(m, ..)| m.path() == module.path());
    let pages = match (more_of_pages, of_generator.first()) {
        (true, _) if !before.pages_done => "",
        (false, Some((_, param, _))) => param.as_str(),
        _ => "-",
    };
    // What was listed isn't listed again; the next pages have all properties to be said of them.
    let done = all.iter().filter(|m| !goes_on(m) && (more_of_pages || m.kind != Kind::Prop)).map(|m| m.name);
    let done: Vec<&str> = done.collect();
    let mut map = Map::new();
    for (_, param, value) in continues.iter().chain(of_generator.iter().filter(|_| !more_of_pages)) {
        map.set(param.clone(), value.clone());
    }
    if map.is_empty() {
        return;
    }
    map.set("continue", format!("{pages}||{}", done.join("|")));
    cx.result.set("continue", map);
}

/// The error for a value to continue from that no answer has given.
pub(crate) fn bad_continue() -> commonhold_core::Refusal {
    commonhold_core::Refusal::of(Message::new("apierror-badcontinue"))
}

/// A list of items with one tag.
pub(crate) fn list(tag: &'static str, items: impl IntoIterator<Item = Map>) -> List {
    List::of(tag, items)
}
