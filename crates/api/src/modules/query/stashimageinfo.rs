//! `prop=stashimageinfo`.

use commonhold_core::{Message, Param, Refusal};

use crate::context::Context;
use crate::failure::Failure;
use crate::module::{Kind, Module, Needs};
use crate::modules::fileinfo::{self, Asked, Subject, Wanted};
use crate::modules::query::list;
use crate::params::{Bound, choice, integer, params, text};

pub(crate) const MODULE: Module = Module {
    name: "stashimageinfo",
    kind: Kind::Prop,
    prefix: "sii",
    summary: "Says what is known of the caller's stashed files.",
    generator: false,
    params: Params::SPECS,
    needs: Needs::READ,
    examples: &[("action=query&prop=stashimageinfo&siifilekey=124sd34rsdf567", "Describe a stashed file.")],
    run: |cx, values| Box::pin(run(cx, Params::bind(values))),
};

params! {
    /// Keys of the files.
    filekey: Option<Vec<String>> = text().multi();
    /// Same as `filekey`.
    sessionkey: Option<Vec<String>> = text().multi().deprecated();
    /// What to say of each file.
    prop: Vec<String> = choice(&[
        "badfile", "bitdepth", "canonicaltitle", "commonmetadata", "dimensions", "extmetadata", "metadata", "mime",
        "sha1", "size", "thumbmime", "timestamp", "url",
    ]).multi().all().default("timestamp|url");
    /// Width of a thumbnail whose address is wanted.
    urlwidth: i64 = integer(None, Bound::Open).default("-1");
    /// Its largest height.
    urlheight: i64 = integer(None, Bound::Open).default("-1");
    /// What else the thumbnail is to be like, as it stands at the beginning of thumbnails' names: `page2-120px`.
    urlparam: String = text().default("");
}

async fn run(cx: &mut Context, params: Params) -> Result<(), Failure> {
    cx.personal = true;
    if cx.session.caller.is_anonymous() {
        return Err(Refusal::new("notloggedin", Message::new("apierror-mustbeloggedin-uploadstash")).into());
    }
    let keys = match (params.filekey, params.sessionkey) {
        (Some(_), Some(_)) => {
            let names = vec!["siifilekey".to_owned(), "siisessionkey".to_owned()];
            let message = Message::new("apierror-invalidparammix").with(Param::List(names)).with(2);
            return Err(Refusal::of(message).into());
        }
        (Some(keys), None) | (None, Some(keys)) => keys,
        (None, None) => {
            let names = vec!["siifilekey".to_owned(), "siisessionkey".to_owned()];
            let message = Message::new("apierror-missingparam-one-of").with(Param::List(names)).with(2);
            return Err(Refusal::new("missingparam", message).into());
        }
    };
    let props: Vec<&str> = params.prop.iter().map(String::as_str).collect();
    let asked = Asked::new(params.urlwidth, params.urlheight, &params.urlparam);
    let mut entries = Vec::new();
    for key in keys {
        let file = cx.repo.stashed(&cx.session.caller, &key).await?;
        let subject = Subject::Stashed(&file);
        let scaling = match &asked {
            Some(asked) => {
                let picture = cx.repo.picture(subject.info());
                Some(asked.scaling(cx, &subject.title(), picture.as_ref(), false)?)
            }
            None => None,
        };
        let wanted = Wanted { props: &props, scaling: scaling.as_ref(), ..Wanted::default() };
        entries.push(fileinfo::entry(&cx.repo, &subject, &wanted));
    }
    cx.query.result.set("stashimageinfo", list("sii", entries));
    Ok(())
}
