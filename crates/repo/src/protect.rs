//! `action=protect`: who may change, move, replace or make a page.

use commonhold_catalogue::ops::changes;
use commonhold_catalogue::ops::logs::NewLog;
use commonhold_catalogue::ops::pages::{self, NewRevision, PageRow};
use commonhold_catalogue::ops::protections::{self, TitleProtection};
use commonhold_catalogue::{Read, Tx};
use commonhold_core::protection::{Level, Restriction, TYPES};
use commonhold_core::right::Right;
use commonhold_core::title::{Title, ns};
use commonhold_core::user::Caller;
use commonhold_core::{Data, Expiry, Message, Refusal, Timestamp};

use crate::authorise::{Action, Authority};
use crate::watchlist::{Preference, Watching};
use crate::{Error, Repository, Result, summary};

/// A protection that is asked for.
#[derive(Clone, Debug)]
pub struct ProtectRequest {
    /// Who asks.
    pub caller: Caller,
    /// The page or title.
    pub title: Title,
    /// What is protected by which level, as it was sent: `edit=sysop`, `move=all`. What isn't named is open to all.
    pub protections: Vec<String>,
    /// When each ends, as it was sent; one for all, or one for each.
    pub expiry: Vec<String>,
    /// Why.
    pub reason: String,
    /// Tags that it is marked with.
    pub tags: Vec<String>,
    /// Whether the caller watches the title afterwards.
    pub watching: Watching,
}

/// One protection as it was carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Protected {
    /// What is protected.
    pub kind: String,
    /// By which level; absent where it is open to all.
    pub level: Option<Level>,
    /// When it ends.
    pub expiry: Expiry,
}

impl Repository {
    /// Protects a page or title in just the ways that are asked for. Refused: a missing right, what can't be
    /// protected of it, an unknown level, an expiry that is none or has passed.
    pub async fn protect(&self, request: ProtectRequest) -> Result<Vec<Protected>> {
        let now = self.now();
        self.db.write(move |tx| carry_out(tx, &request, now)).await
    }

    /// What protects titles: for each, in order, what restricts its page, or who may make it.
    pub async fn protections_of(&self, titles: &[Title]) -> Result<Vec<Vec<Restriction>>> {
        let (titles, now) = (titles.to_vec(), self.now());
        let look = move |read: &mut dyn Read| {
            titles.iter().map(|title| of_title(read, title, now)).collect::<Result<Vec<_>>>()
        };
        self.db.read(look).await
    }

    /// Forgets protections that are over.
    pub async fn sweep_protections(&self) -> Result<()> {
        let now = self.now();
        self.db.write(move |tx| protections::delete_expired(tx, now).map_err(Error::from)).await.map(drop)
    }
}

fn of_title(read: &mut dyn Read, title: &Title, now: Timestamp) -> Result<Vec<Restriction>> {
    if let Some(page) = pages::by_title(read, title.ns(), title.dbkey())? {
        return Ok(protections::of_page(read, page.id, now)?);
    }
    let found = protections::of_title(read, title.ns(), title.dbkey(), now)?;
    let restriction =
        |p: TitleProtection| Restriction { kind: "create".to_owned(), level: p.level, expiry: p.expiry };
    Ok(found.map(restriction).into_iter().collect())
}

fn carry_out(tx: &mut dyn Tx, request: &ProtectRequest, now: Timestamp) -> Result<Vec<Protected>> {
    let title = &request.title;
    pages::lock(tx, title.ns(), title.dbkey())?;
    let page = pages::by_title(tx, title.ns(), title.dbkey())?;
    let authority = Authority::of(tx, &request.caller, now)?;
    if let Some(refusal) = authority.page(tx, title, Action::Protect)? {
        return Err(refusal.into());
    }
    if let Some(refusal) = authority.tag(tx, &request.tags)? {
        return Err(refusal.into());
    }
    let asked = read_protections(request, page.is_some(), now)?;
    let mut wanted: Vec<Restriction> = Vec::new();
    for Protected { kind, level, expiry } in &asked {
        wanted.retain(|earlier| earlier.kind != *kind);
        wanted.extend(level.map(|level| Restriction { kind: kind.clone(), level, expiry: *expiry }));
    }
    wanted.sort_by(|a, b| a.kind.cmp(&b.kind));
    request.watching.after_change(tx, &request.caller, title, Preference::Watch, now)?;
    let before = of_title(tx, title, now)?;
    if before == wanted {
        return Ok(asked);
    }
    let action = match (before.is_empty(), wanted.is_empty()) {
        (_, true) => "unprotect",
        (true, false) => "protect",
        (false, false) => "modify",
    };
    let reason = summary::comment(&request.reason);
    let (page_id, revision_id) = if let Some(page) = &page {
        protections::set_page(tx, page.id, &wanted)?;
        (page.id, note_in_history(tx, page, request, &wanted, now)?)
    } else {
        let new = wanted.first().map(|only| TitleProtection {
            level: only.level,
            expiry: only.expiry,
            user_name: request.caller.name.clone(),
            reason: reason.clone(),
        });
        protections::set_title(tx, title.ns(), title.dbkey(), new.as_ref())?;
        (0, 0)
    };
    let entry = NewLog {
        log_type: "protect",
        action,
        now,
        user_id: request.caller.id,
        user_name: &request.caller.name,
        ns: title.ns(),
        dbkey: title.dbkey(),
        page_id,
        comment: &reason,
        params: log_params(&wanted),
    };
    let bot = request.caller.can(Right::Bot);
    changes::logged_with_tags(tx, &entry, bot, revision_id, &request.tags)?;
    Ok(asked)
}

/// A revision that changes nothing tells the page's history.
fn note_in_history(
    tx: &mut dyn Tx,
    page: &PageRow,
    request: &ProtectRequest,
    wanted: &[Restriction],
    now: Timestamp,
) -> Result<i64> {
    let content = pages::text(tx, page)?.unwrap_or_default();
    let described = described(wanted);
    let parts = [request.reason.trim(), described.as_str()];
    let comment = parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ");
    let revision = NewRevision {
        user_id: request.caller.id,
        user_name: &request.caller.name,
        comment: &summary::comment(&comment),
        content: &content,
        minor: true,
        now,
    };
    Ok(pages::revise(tx, page, &revision)?)
}

/// Reads what was sent for the protections, in MediaWiki's order of checks.
fn read_protections(
    request: &ProtectRequest,
    exists: bool,
    now: Timestamp,
) -> Result<Vec<Protected>, Refusal> {
    let (protections, expiry) = (&request.protections, &request.expiry);
    if expiry.len() != 1 && expiry.len() != protections.len() {
        let message = Message::new("apierror-toofewexpiries").with(expiry.len() as i64);
        return Err(Refusal::of(message.with(protections.len() as i64)));
    }
    let kinds = Restriction::kinds(request.title.ns() == ns::FILE, exists);
    let read = |(index, text): (usize, &String)| {
        let (kind, level) = text.split_once('=').unwrap_or((text, ""));
        if exists && kind == "create" {
            return Err(Refusal::of(Message::new("apierror-create-titleexists")));
        }
        if !exists && kind != "create" {
            return Err(Refusal::of(Message::new("apierror-missingtitle-createonly")));
        }
        if !kinds.contains(&kind) || !TYPES.contains(&kind) {
            return Err(Refusal::of(Message::new("apierror-protect-invalidaction").with(kind)));
        }
        let found = Level::parse(level);
        if found.is_none() && !matches!(level, "" | "all") {
            return Err(Refusal::of(Message::new("apierror-protect-invalidlevel").with(level)));
        }
        let end = expiry.get(index).or(expiry.first()).map_or("infinite", String::as_str);
        let expiry = Expiry::parse(end, now)
            .ok_or_else(|| Refusal::of(Message::new("apierror-invalidexpiry").with(end)))?;
        if expiry.is_over(now) {
            return Err(Refusal::of(Message::new("apierror-pastexpiry").with(end)));
        }
        Ok(Protected { kind: kind.to_owned(), level: found, expiry })
    };
    protections.iter().enumerate().map(read).collect()
}

/// `[edit=sysop] (infinite)`, for histories and the log.
fn described(wanted: &[Restriction]) -> String {
    let one = |r: &Restriction| format!("[{}={}] ({})", r.kind, r.level.as_str(), r.expiry.iso("infinite"));
    wanted.iter().map(one).collect::<Vec<_>>().join(" ")
}

fn log_params(wanted: &[Restriction]) -> Data {
    if wanted.is_empty() {
        return Data::map([]);
    }
    let detail = |r: &Restriction| {
        Data::map([
            ("type", r.kind.as_str().into()),
            ("level", r.level.as_str().into()),
            ("expiry", r.expiry.iso("infinite").into()),
            ("cascade", false.into()),
        ])
    };
    Data::map([
        ("description", described(wanted).into()),
        ("cascade", false.into()),
        ("details", Data::List(wanted.iter().map(detail).collect())),
    ])
}
