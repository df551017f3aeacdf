//! `meta=siteinfo`.

use commonhold_core::GENERATOR;
use commonhold_core::right::{GROUPS, Right, SiteGroups};
use commonhold_core::title::{ALIASES, NAMESPACES, ns};
use commonhold_repo::Repository;

use crate::context::Context;
use crate::failure::Failure;
use crate::module::{Kind, Module, Needs};
use crate::modules::main::LANGUAGES;
use crate::output::{List, Map, Value};
use crate::params::{choice, params};

pub(crate) const MODULE: Module = Module {
    name: "siteinfo",
    kind: Kind::Meta,
    prefix: "si",
    summary: "Says what clients need to know of the wiki.",
    generator: false,
    params: Params::SPECS,
    needs: Needs::READ,
    examples: &[("action=query&meta=siteinfo&siprop=general|fileextensions", "What may be uploaded?")],
    run: |cx, values| Box::pin(run(cx, Params::bind(values))),
};

params! {
    /// What to say.
    prop: Vec<String> = choice(&[
        "dbrepllag", "extensions", "fileextensions", "general", "interwikimap", "languages", "magicwords",
        "namespacealiases", "namespaces", "protocols", "restrictions", "rightsinfo", "skins", "specialpagealiases",
        "statistics", "uploaddialog", "usergroups",
    ]).multi().all().default("general");
}

/// Characters of titles, as PHP's regular expressions write them.
const LEGAL_TITLE_CHARS: &str = r#" %!"$&'()*,\-.\/0-9:;=?@A-Z\\^_`a-z~\x80-\xFF+"#;
const THUMB_LIMITS: [i64; 6] = [120, 150, 180, 200, 250, 300];
const IMAGE_LIMITS: [(i64, i64); 6] =
    [(320, 240), (640, 480), (800, 600), (1024, 768), (1280, 1024), (2560, 2048)];
/// Magic words that clients look for, with the spellings in which pages may have them.
const MAGIC_WORDS: &[(&str, &[&str])] = &[
    ("redirect", &["#REDIRECT"]),
    ("pagename", &["PAGENAME"]),
    ("fullpagename", &["FULLPAGENAME"]),
    ("namespace", &["NAMESPACE"]),
    ("img_thumbnail", &["thumb", "thumbnail"]),
    ("defaultsort", &["DEFAULTSORT:", "DEFAULTSORTKEY:", "DEFAULTCATEGORYSORT:"]),
    ("noindex", &["__NOINDEX__"]),
    ("notoc", &["__NOTOC__"]),
];
/// Special pages, with the names by which they are called.
const SPECIAL_PAGES: &[(&str, &[&str])] = &[
    ("Upload", &["Upload"]),
    ("UploadStash", &["UploadStash"]),
    ("Userlogin", &["UserLogin", "Login"]),
    ("Userlogout", &["UserLogout", "Logout"]),
    ("Version", &["Version"]),
];
/// Beginnings of external links.
const PROTOCOLS: &[&str] = &["ftp://", "ftps://", "http://", "https://", "mailto:", "//"];

async fn run(cx: &mut Context, params: Params) -> Result<(), Failure> {
    let repo = cx.repo.clone();
    for prop in &params.prop {
        let value: Value = match prop.as_str() {
            "general" => general(&repo).into(),
            "namespaces" => namespaces().into(),
            "namespacealiases" => {
                let alias = |(id, alias): &(i32, &'static str)| {
                    let mut entry = Map::new().with("id", i64::from(*id));
                    entry.set_content("alias", *alias);
                    entry
                };
                List::of("ns", ALIASES.iter().rev().map(alias)).into()
            }
            "fileextensions" => {
                let extension = |ext: &String| Map::new().with("ext", ext.clone());
                List::of("fe", repo.settings().uploads.extensions.iter().map(extension)).into()
            }
            "statistics" => statistics(&repo).await?.into(),
            "usergroups" => usergroups(repo.groups()).into(),
            "rightsinfo" => Map::new().with("url", "").with("text", "").into(),
            "restrictions" => restrictions().into(),
            "dbrepllag" => List::of("db", [Map::new().with("host", "").with("lag", -1i64)]).into(),
            "specialpagealiases" => {
                let page = |(name, aliases): &(&'static str, &'static [&'static str])| {
                    Map::new()
                        .with("realname", *name)
                        .with("aliases", List::of("alias", aliases.iter().copied()))
                };
                List::of("specialpage", SPECIAL_PAGES.iter().map(page)).into()
            }
            "magicwords" => {
                let word = |(name, aliases): &(&'static str, &'static [&'static str])| {
                    let mut word = Map::new().with("name", *name);
                    word.set("aliases", List::of("alias", aliases.iter().copied()));
                    word.set("case-sensitive", *name != "redirect");
                    word
                };
                List::of("magicword", MAGIC_WORDS.iter().map(word)).into()
            }
            "languages" => {
                let language = |code: &&'static str| {
                    let mut entry = Map::new().with("code", *code).with("bcp47", *code);
                    entry.set_content("name", "English");
                    entry
                };
                List::of("lang", LANGUAGES.iter().map(language)).into()
            }
            "protocols" => List::of("p", PROTOCOLS.iter().copied()).into(),
            "uploaddialog" => upload_dialog().into(),
            "interwikimap" => List::new("iw").into(),
            "extensions" => List::new("ext").into(),
            "skins" => List::new("skin").into(),
            _ => continue,
        };
        cx.query.result.set(prop.clone(), value);
    }
    Ok(())
}

fn general(repo: &Repository) -> Map {
    let (site, uploads, urls) = (&repo.settings().site, &repo.settings().uploads, repo.urls());
    let mut general = Map::new();
    general
        .set("mainpage", "Main Page")
        .set("base", urls.page("Main_Page"))
        .set("sitename", site.name.clone());
    general.set("mainpageisdomainroot", false).set("generator", GENERATOR);
    // Clients look here for names only.
    general
        .set("phpversion", "8.2.0")
        .set("phpsapi", "commonhold")
        .set("dbtype", "sqlite")
        .set("dbversion", "3");
    general.set("imagewhitelistenabled", false).set("langconversion", true).set("linkconversion", true);
    general.set("titleconversion", true).set("linkprefixcharset", "").set("linkprefix", "");
    general.set("linktrail", "/^([a-z]+)(.*)$/sD").set("legaltitlechars", LEGAL_TITLE_CHARS);
    general.set("invalidusernamechars", "@:>").set("allunicodefixes", false).set("fixarabicunicode", true);
    general.set("fixmalayalamunicode", true).set("case", "first-letter").set("lang", site.language.clone());
    general.set("fallback", List::new("lang")).set("rtl", false).set("fallback8bitEncoding", "windows-1252");
    general.set("readonly", site.read_only.is_some());
    if let Some(reason) = &site.read_only {
        general.set("readonlyreason", reason.clone());
    }
    general.set("writeapi", true).set("maxarticlesize", 2_097_152i64);
    general.set("timezone", "UTC").set("timeoffset", 0i64);
    general
        .set("articlepath", urls.article_path().to_owned())
        .set("scriptpath", urls.script_path().to_owned());
    general.set("script", urls.script()).set("variantarticlepath", Value::RealBool(false));
    general.set("server", urls.server.clone());
    let host = urls.server.split_once("://").map_or(urls.server.as_str(), |(_, host)| host);
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    general.set("servername", name.to_owned()).set("wikiid", "commonhold").set("time", repo.now().iso());
    general.set("misermode", false).set("uploadsenabled", uploads.enabled);
    general
        .set("maxuploadsize", uploads.max_bytes as i64)
        .set("minuploadchunksize", uploads.min_chunk_bytes as i64);
    general.set("galleryoptions", gallery());
    general.set("thumblimits", List::of("limit", THUMB_LIMITS).indexed_in_v2());
    let limit = |(width, height): (i64, i64)| Map::new().with("width", width).with("height", height);
    general.set("imagelimits", List::of("limit", IMAGE_LIMITS.map(limit)).indexed_in_v2());
    general.set("favicon", format!("{}/favicon.ico", urls.server)).set("centralidlookupprovider", "local");
    general.set("allcentralidlookupproviders", List::of("provider", ["local"]));
    general.set("interwikimagic", true).set("magiclinks", Map::new()).set("categorycollation", "uppercase");
    general.set("nofollowlinks", true).set("nofollownsexceptions", List::new("ns"));
    general
        .set("nofollowdomainexceptions", List::of("domain", ["mediawiki.org"]))
        .set("externallinktarget", false);
    general
}

fn gallery() -> Map {
    let mut gallery = Map::new();
    gallery.set("imagesPerRow", 0i64).set("imageWidth", 120i64).set("imageHeight", 120i64);
    gallery
        .set("captionLength", true)
        .set("showBytes", true)
        .set("showDimensions", true)
        .set("mode", "traditional");
    gallery
}

fn namespaces() -> Map {
    let mut all = Map::new().tagged("ns");
    for namespace in &NAMESPACES {
        let id = i64::from(namespace.id);
        let mut entry = Map::new().with("id", id).with("case", "first-letter");
        entry.set_content("name", namespace.name);
        entry.set("subpages", namespace.subpages);
        if namespace.id != ns::MAIN {
            entry.set("canonical", namespace.name);
        }
        entry.set("content", namespace.id == ns::MAIN).set("nonincludable", false);
        all.set(id.to_string(), entry);
    }
    all
}

async fn statistics(repo: &Repository) -> Result<Map, Failure> {
    let numbers = repo.statistics().await?;
    let mut statistics = Map::new();
    statistics.set("pages", numbers.pages).set("articles", 0i64).set("edits", numbers.edits);
    statistics.set("images", numbers.images).set("users", numbers.users).set("activeusers", numbers.users);
    statistics.set("admins", numbers.admins).set("jobs", 0i64);
    Ok(statistics)
}

fn usergroups(site: &SiteGroups) -> List {
    let group = |group: &commonhold_core::right::Group| {
        let rights = List::of("permission", site.rights([group.name]).iter().map(Right::as_str));
        Map::new().with("name", group.name).with("rights", rights)
    };
    List::of("group", GROUPS.iter().map(group))
}

fn restrictions() -> Map {
    let list = |tag, items: &[&'static str]| List::of(tag, items.iter().copied());
    Map::new()
        .with("types", list("type", &["create", "edit", "move", "upload"]))
        .with("levels", list("level", &["", "autoconfirmed", "sysop"]))
        .with("cascadinglevels", list("level", &["sysop"]))
        .with("semiprotectedlevels", list("level", &["autoconfirmed"]))
}

fn upload_dialog() -> Map {
    let fields = Map::new().with("description", true).with("date", false).with("categories", false);
    let licences = Map::new().with("local", "generic-local").with("foreign", "generic-foreign");
    let comment = Map::new().with("local", "").with("foreign", "");
    let mut format = Map::new();
    format.set("filepage", "$DESCRIPTION").set("description", "$TEXT").set("ownwork", "").set("license", "");
    format.set("uncategorized", "");
    Map::new()
        .with("fields", fields)
        .with("licensemessages", licences)
        .with("comment", comment)
        .with("format", format)
}
