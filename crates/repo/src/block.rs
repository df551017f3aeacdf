//! Blocking users and addresses.

use commonhold_catalogue::ops::blocks::{self, NewBlock};
use commonhold_catalogue::ops::changes;
use commonhold_catalogue::ops::logs::NewLog;
use commonhold_catalogue::ops::{accounts, pages};
use commonhold_catalogue::{Read, Tx};
use commonhold_core::block::{Block, BlockedAction, Limits, MAX_PAGES, Scope, Target};
use commonhold_core::right::Right;
use commonhold_core::title::{Title, ns};
use commonhold_core::user::Caller;
use commonhold_core::{Data, Expiry, Message, Refusal, Timestamp};

use crate::authorise::Authority;
use crate::{Error, Repository, Result, authorise, summary};

/// How long an address stays blocked that a blocked user came from, in seconds.
const AUTOBLOCK_SECONDS: i64 = 86_400;
/// Who blocks from the command line.
const OPERATOR: &str = "Commonhold";

/// A block that is asked for.
#[derive(Clone, Debug)]
pub struct BlockRequest {
    /// Whom to block.
    pub target: BlockTarget,
    /// When it ends, as it was sent.
    pub expiry: String,
    /// Why.
    pub reason: String,
    /// What it forbids.
    pub scope: Scope,
    /// What it is limited to, for a partial one; its pages are told by their titles.
    pub partial: Option<PartialScope>,
    /// Whether it may take the place of another one.
    pub reblock: bool,
    /// Tags that it is marked with in the log.
    pub tags: Vec<String>,
}

/// What a partial block is limited to, as it is asked for.
#[derive(Clone, Debug, Default)]
pub struct PartialScope {
    /// Titles of pages, which have to exist.
    pub pages: Vec<Title>,
    /// Namespaces.
    pub namespaces: Vec<i32>,
    /// Actions.
    pub actions: Vec<BlockedAction>,
}

/// Whom a block is about.
#[derive(Clone, Debug)]
pub enum BlockTarget {
    /// A name, an address or a network.
    Named(String),
    /// An account, by its number.
    UserId(i64),
    /// Whoever this block is for.
    Block(i64),
}

/// Who makes or ends a block.
#[derive(Clone, Debug)]
struct By {
    id: i64,
    name: String,
    caller: Option<Caller>,
    /// What it is marked with in the log.
    tags: Vec<String>,
}

impl By {
    fn caller(caller: &Caller, tags: Vec<String>) -> Self {
        Self { id: caller.id, name: caller.name.clone(), caller: Some(caller.clone()), tags }
    }

    fn operator() -> Self {
        Self { id: 0, name: OPERATOR.to_owned(), caller: None, tags: Vec::new() }
    }
}

/// A target that was looked up.
struct Found {
    target: Target,
    user_id: i64,
}

/// The block that a caller is under, if he is under any; one for the whole site before a partial one, and one of his
/// own before one of his address.
pub(crate) fn on_caller(read: &mut dyn Read, caller: &Caller, now: Timestamp) -> Result<Option<Block>> {
    let mut all: Vec<Block> = blocks::of_user(read, caller.id, now)?.into_iter().collect();
    if let Some(address) = caller.address.filter(|_| !caller.can(Right::IpblockExempt)) {
        let spared = |block: &Block| block.scope.anon_only && !caller.is_anonymous();
        all.extend(blocks::of_address(read, address, now)?.into_iter().filter(|block| !spared(block)));
    }
    let strongest = all.iter().position(|block| block.scope.partial.is_none()).unwrap_or_default();
    Ok((strongest < all.len()).then(|| all.swap_remove(strongest)))
}

impl Repository {
    /// The block that a caller is under.
    pub async fn block_of(&self, caller: &Caller) -> Result<Option<Block>> {
        let (caller, now) = (caller.clone(), self.now());
        self.db.read(move |read| on_caller(read, &caller, now)).await
    }

    /// Whether a caller may block anyone at all.
    pub fn may_block(&self, caller: &Caller) -> Result<(), Refusal> {
        if caller.can(Right::Block) { Ok(()) } else { Err(authorise::permission_denied(Right::Block)) }
    }

    /// Blocks a user or addresses. Refused: a missing right, an unknown user, a network that is too large, an expiry
    /// that is none or has passed, a target that is blocked (with `reblock`: blocked in just this way).
    pub async fn block(&self, caller: &Caller, request: BlockRequest) -> Result<Block> {
        self.may_block(caller)?;
        if request.scope.no_email && !caller.can(Right::Blockemail) {
            return Err(Refusal::of(Message::new("apierror-cantblock-email")).into());
        }
        self.make_block(By::caller(caller, request.tags.clone()), request).await
    }

    /// Blocks a user or addresses, on behalf of the operator.
    pub async fn block_as_operator(&self, request: BlockRequest) -> Result<Block> {
        self.make_block(By::operator(), request).await
    }

    async fn make_block(&self, by: By, request: BlockRequest) -> Result<Block> {
        let now = self.now();
        self.db.write(move |tx| place(tx, &by, &request, now)).await
    }

    /// Ends a block and gives it as it was. Refused: a missing right, tags that may not be given, a target that isn't
    /// blocked.
    pub async fn unblock(
        &self,
        caller: &Caller,
        target: BlockTarget,
        reason: &str,
        tags: Vec<String>,
    ) -> Result<Block> {
        if !caller.can(Right::Block) {
            let message = Message::new("apierror-permissiondenied-unblock");
            return Err(Refusal::new("permissiondenied", message).into());
        }
        self.end_block(By::caller(caller, tags), target, reason).await
    }

    /// Ends a block, on behalf of the operator.
    pub async fn unblock_as_operator(&self, target: BlockTarget, reason: &str) -> Result<Block> {
        self.end_block(By::operator(), target, reason).await
    }

    async fn end_block(&self, by: By, target: BlockTarget, reason: &str) -> Result<Block> {
        let (now, reason) = (self.now(), summary::comment(reason));
        self.db
            .write(move |tx| {
                judge_tags(tx, &by, now)?;
                let found = match &target {
                    BlockTarget::Block(id) => blocks::by_id(tx, *id, now)?,
                    other => {
                        let text = look_up(tx, other)?.target.text();
                        blocks::of_target(tx, &text, now)?
                    }
                };
                let Some(block) = found else {
                    return Err(Refusal::new("cantunblock", Message::new("ipb_cant_unblock")).into());
                };
                judge_blocker(tx, &by, block.user_id, now, true)?;
                blocks::delete(tx, block.id)?;
                let params = Data::map([]);
                log(tx, &by, "unblock", &block.target, &reason, params, now)?;
                Ok::<_, Error>(block)
            })
            .await
    }

    /// Forgets blocks that are over.
    pub async fn sweep_blocks(&self) -> Result<()> {
        let now = self.now();
        self.db.write(move |tx| blocks::delete_expired(tx, now).map_err(Error::from)).await.map(drop)
    }

    /// Blocks the address that a blocked user comes from, where his block says so.
    pub(crate) async fn spread(&self, caller: &Caller, block: &Block) -> Result<()> {
        let Some(address) = caller.address.filter(|_| block.user_id != 0 && block.scope.autoblock) else {
            return Ok(());
        };
        let now = self.now();
        let end = now + AUTOBLOCK_SECONDS;
        // It doesn't outlive the block that it follows from.
        let end = block.expiry.moment().map_or(end, |expiry| expiry.min(end));
        let new = NewBlock {
            target: Target::Address(address),
            user_id: 0,
            by_id: block.by_id,
            by_name: block.by_name.clone(),
            reason: block.reason.clone(),
            now,
            expiry: Expiry::At(end),
            parent: Some(block.id),
            scope: Scope { autoblock: false, anon_only: false, ..block.scope.clone() },
        };
        let spread = move |tx: &mut dyn Tx| {
            // It may have been lifted a moment ago.
            if let Some(parent) = new.parent
                && blocks::by_id(tx, parent, now)?.is_some()
            {
                blocks::insert(tx, &new)?;
            }
            Ok::<_, Error>(())
        };
        self.db.write(spread).await
    }
}

fn place(tx: &mut dyn Tx, by: &By, request: &BlockRequest, now: Timestamp) -> Result<Block> {
    judge_tags(tx, by, now)?;
    let found = look_up(tx, &request.target)?;
    judge_blocker(tx, by, found.user_id, now, false)?;
    let expiry = Expiry::parse(&request.expiry, now)
        .ok_or_else(|| Refusal::new("invalidexpiry", Message::new("ipb_expiry_invalid")))?;
    if expiry.is_over(now) {
        return Err(Refusal::of(Message::new("ipb_expiry_old")).into());
    }
    let partial = request.partial.as_ref().map(|partial| limits(tx, partial)).transpose()?;
    let text = found.target.text();
    let new = NewBlock {
        target: found.target,
        user_id: found.user_id,
        by_id: by.id,
        by_name: by.name.clone(),
        reason: summary::comment(&request.reason),
        now,
        expiry,
        parent: None,
        scope: Scope { partial, ..request.scope.clone() },
    };
    let before = blocks::of_target(tx, &text, now)?;
    let action = if before.is_some() { "reblock" } else { "block" };
    let id = if let Some(before) = before {
        let same = before.scope == new.scope && before.expiry == new.expiry && before.reason == new.reason;
        if !request.reblock || same {
            return Err(already_blocked(&text).into());
        }
        blocks::replace(tx, before.id, &new)?;
        before.id
    } else {
        blocks::insert(tx, &new)?.ok_or_else(|| already_blocked(&text))?
    };
    let params = log_params(request, &new);
    log(tx, by, action, &text, &new.reason, params, now)?;
    blocks::by_id(tx, id, now)?.ok_or(Error::Gone)
}

fn already_blocked(target: &str) -> Refusal {
    Refusal::new("alreadyblocked", Message::new("ipb_already_blocked").with(target))
}

/// Finds whom a block is about; users have to exist.
fn look_up(read: &mut dyn Read, target: &BlockTarget) -> Result<Found> {
    let target = match target {
        BlockTarget::Named(text) => Target::parse(text)?,
        BlockTarget::UserId(id) => {
            let user = accounts::user_by_id(read, *id)?;
            let refusal = || Refusal::new("nosuchuserid", Message::new("apierror-nosuchuserid").with(*id));
            Target::User(user.ok_or_else(refusal)?.name)
        }
        BlockTarget::Block(_) => {
            return Err(Refusal::new("cantunblock", Message::new("ipb_cant_unblock")).into());
        }
    };
    let user_id = match &target {
        Target::User(name) => {
            let user = accounts::user_by_name(read, name)?;
            let refusal = || Refusal::new("nosuchuser", Message::new("nosuchusershort").with(name.as_str()));
            user.ok_or_else(refusal)?.id
        }
        Target::Address(_) | Target::Network { .. } => 0,
    };
    Ok(Found { target, user_id })
}

/// Who is blocked himself blocks nobody else, and frees himself only with the right to.
fn judge_blocker(
    read: &mut dyn Read,
    by: &By,
    user_id: i64,
    now: Timestamp,
    lifts: bool,
) -> Result<(), Error> {
    let Some(caller) = &by.caller else { return Ok(()) };
    let blocked = on_caller(read, caller, now)?.is_some_and(|block| block.scope.partial.is_none());
    if !blocked {
        return Ok(());
    }
    if user_id != caller.id {
        return Err(Refusal::of(Message::new("ipbblocked")).into());
    }
    if lifts && !caller.can(Right::Unblockself) {
        return Err(Refusal::of(Message::new("ipbnounblockself")).into());
    }
    Ok(())
}

/// Who marks what he does with tags has to be allowed to.
fn judge_tags(read: &mut dyn Read, by: &By, now: Timestamp) -> Result<()> {
    let Some(caller) = &by.caller else { return Ok(()) };
    match Authority::of(read, caller, now)?.tag(read, &by.tags)? {
        Some(refusal) => Err(refusal.into()),
        None => Ok(()),
    }
}

/// What a partial block is limited to, with pages by their numbers.
fn limits(read: &mut dyn Read, partial: &PartialScope) -> Result<Limits> {
    if partial.pages.len() > MAX_PAGES {
        let message = Message::new("paramvalidator-toomanyvalues").with("pagerestrictions");
        return Err(Refusal::new("toomanyvalues", message.with(MAX_PAGES as i64)).into());
    }
    let mut ids = Vec::new();
    for title in &partial.pages {
        let page = pages::by_titles(read, &[(title.ns(), title.dbkey().to_owned())])?.pop();
        let refusal = || {
            Refusal::new(
                "missingtitle",
                Message::new("paramvalidator-missingtitle").with(title.prefixed_text()),
            )
        };
        ids.push(page.ok_or_else(refusal)?.id);
    }
    Ok(Limits { pages: ids, namespaces: partial.namespaces.clone(), actions: partial.actions.clone() })
}

/// What the log's entry tells programs.
fn log_params(request: &BlockRequest, new: &NewBlock) -> Data {
    let (is_user, scope) = (matches!(new.target, Target::User(_)), &new.scope);
    let duration = if new.expiry == Expiry::Never { "infinity" } else { request.expiry.trim() };
    let flags = [
        ("anononly", !is_user && scope.anon_only),
        ("nocreate", scope.no_create),
        ("noautoblock", is_user && !scope.autoblock),
        ("noemail", scope.no_email),
        ("nousertalk", !scope.own_talk),
    ];
    let flags: Vec<&str> = flags.into_iter().filter(|(_, set)| *set).map(|(flag, _)| flag).collect();
    let mut params = vec![
        ("duration".to_owned(), duration.into()),
        ("flags".to_owned(), flags.into()),
        ("sitewide".to_owned(), scope.partial.is_none().into()),
    ];
    if let (Some(asked), Some(limits)) = (&request.partial, &scope.partial) {
        let mut restrictions = Vec::new();
        if !asked.pages.is_empty() {
            let page = |title: &Title| {
                Data::map([
                    ("page_ns", i64::from(title.ns()).into()),
                    ("page_title", title.prefixed_text().into()),
                ])
            };
            let pages = asked.pages.iter().map(page).collect();
            restrictions.push(("pages".to_owned(), Data::List(pages)));
        }
        if !limits.namespaces.is_empty() {
            let namespaces: Vec<i64> = limits.namespaces.iter().map(|ns| i64::from(*ns)).collect();
            restrictions.push(("namespaces".to_owned(), namespaces.into()));
        }
        if !limits.actions.is_empty() {
            let actions: Vec<&str> = limits.actions.iter().map(|action| action.as_str()).collect();
            restrictions.push(("actions".to_owned(), actions.into()));
        }
        params.push(("restrictions".to_owned(), Data::Map(restrictions)));
    }
    if let Expiry::At(end) = new.expiry {
        params.push(("expiry".to_owned(), end.iso().into()));
    }
    Data::Map(params)
}

fn log(
    tx: &mut dyn Tx,
    by: &By,
    action: &str,
    target: &str,
    reason: &str,
    params: Data,
    now: Timestamp,
) -> Result<()> {
    let new = NewLog {
        log_type: "block",
        action,
        now,
        user_id: by.id,
        user_name: &by.name,
        ns: ns::USER,
        dbkey: &target.replace(' ', "_"),
        page_id: 0,
        comment: reason,
        params,
    };
    changes::logged_with_tags(tx, &new, false, 0, &by.tags)?;
    Ok(())
}
