//! The parameters of every request.

use std::future::ready;

use crate::module::{Kind, Module, Needs};
use crate::params::{Bound, boolean, choice, integer, params, submodules, text, user};

pub(crate) const MODULE: Module = Module {
    name: "main",
    kind: Kind::Main,
    prefix: "",
    summary: "The parameters that every request takes.",
    generator: false,
    params: Params::SPECS,
    needs: Needs::NOTHING,
    examples: &[],
    run: |_, _| Box::pin(ready(Ok(()))),
};

/// Languages that texts exist in.
pub(crate) const LANGUAGES: &[&str] = &["en"];

params! {
    /// What to do.
    action: String = submodules(Kind::Action).default("help");
    /// The form of the answer.
    format: String = submodules(Kind::Format).default("jsonfm");
    /// Refuse while replicas lag by more than this many seconds. There is no lag here.
    maxlag: Option<i64> = integer(None, Bound::Open);
    /// Seconds for which shared caches may keep the answer.
    smaxage: i64 = integer(Some(0), Bound::Open).default("0");
    /// Seconds for which the client may keep the answer.
    maxage: i64 = integer(Some(0), Bound::Open).default("0");
    /// Refuse unless the caller is logged in (`user`), is not (`anon`), or has the right `bot`.
    r#assert: Option<String> = choice(&["anon", "bot", "user"]);
    /// Refuse unless the caller is this user.
    assertuser: Option<String> = user();
    /// Given back in the answer.
    requestid: Option<String> = text();
    /// Name the host that answers, where hosts are shown.
    servedby: bool = boolean();
    /// Put the current time into the answer.
    curtimestamp: bool = boolean();
    /// Put the languages of texts and errors into the answer.
    responselanginfo: bool = boolean();
    /// For requests of another site's script: its origin, or `*` to be treated as logged out. It has to be in the
    /// query string.
    origin: Option<String> = text();
    /// Language of texts.
    uselang: String = text().default("user");
    /// Variant of the language; there are none.
    variant: Option<String> = text();
    /// Form of errors and warnings.
    errorformat: String = choice(&["bc", "html", "none", "plaintext", "raw", "wikitext"]).default("bc");
    /// Language of errors.
    errorlang: String = text().default("uselang");
    /// Take texts of errors from the wiki; there are none.
    errorsuselocal: bool = boolean();
}
