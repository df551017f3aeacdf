//! Whether a caller may do something to a page: the one place where that is decided.
//!
//! The order of the checks is MediaWiki's, since the first refusal is the one that clients see: the right, then what
//! protects the page, then a block. All of it looks at the catalogue through a [`Read`], so that it can be asked again
//! in the transaction that makes the change.

use commonhold_catalogue::Read;
use commonhold_catalogue::ops::protections::{self, TitleProtection};
use commonhold_catalogue::ops::{files, pages, tags};
use commonhold_core::block::{Block, BlockedAction};
use commonhold_core::protection::Level;
use commonhold_core::right::Right;
use commonhold_core::tag::check_usable;
use commonhold_core::title::{FileTitle, Title, ns};
use commonhold_core::user::Caller;
use commonhold_core::{Message, Refusal, Timestamp};

use crate::shared::Elsewhere;
use crate::{Error, Repository, Result, block};

/// Something that is done to a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// Makes the page.
    Create,
    /// Changes its text, or anything of it.
    Edit,
    /// Gives the file a version.
    Upload,
    /// Deletes it, or a version of the file.
    Delete,
    /// Restores what was deleted of it.
    Undelete,
    /// Gives it another title.
    Move,
    /// Says who may do any of this.
    Protect,
    /// Whatever else takes a right.
    Other(Right),
}

impl Action {
    /// The right that it takes.
    fn right(self, title: &Title) -> Right {
        match self {
            Self::Create if title.ns() > 0 && title.ns() % 2 == 1 => Right::Createtalk,
            Self::Create => Right::Createpage,
            Self::Edit => Right::Edit,
            Self::Upload => Right::Upload,
            Self::Delete => Right::Delete,
            Self::Undelete => Right::Undelete,
            Self::Move => Right::Move,
            Self::Protect => Right::Protect,
            Self::Other(right) => right,
        }
    }

    /// By the name that clients test for: that of an action, or of a right.
    fn named(name: &str) -> Option<Self> {
        match name {
            "create" => Some(Self::Create),
            "delete" => Some(Self::Delete),
            "edit" => Some(Self::Edit),
            "move" => Some(Self::Move),
            "undelete" => Some(Self::Undelete),
            "upload" => Some(Self::Upload),
            "protect" => Some(Self::Protect),
            right => Right::parse(right).map(Self::Other),
        }
    }

    /// What restrictions of pages call it, where they concern it.
    fn restricted_as(self) -> Option<&'static str> {
        match self {
            Self::Create | Self::Undelete | Self::Other(_) => None,
            Self::Move => Some("move"),
            Self::Edit | Self::Delete | Self::Protect => Some("edit"),
            Self::Upload => Some("upload"),
        }
    }

    /// What blocks call it, where they can be limited to it.
    fn blocked_as(self) -> Option<BlockedAction> {
        match self {
            Self::Create => Some(BlockedAction::Create),
            Self::Edit | Self::Delete | Self::Undelete | Self::Protect | Self::Other(_) => None,
            Self::Upload => Some(BlockedAction::Upload),
            Self::Move => Some(BlockedAction::Move),
        }
    }
}

/// A caller, with what stands in his way on all pages.
pub(crate) struct Authority<'a> {
    caller: &'a Caller,
    block: Option<Block>,
    now: Timestamp,
}

impl<'a> Authority<'a> {
    /// A caller's.
    pub(crate) fn of(read: &mut dyn Read, caller: &'a Caller, now: Timestamp) -> Result<Self> {
        Ok(Self { caller, block: block::on_caller(read, caller, now)?, now })
    }

    /// Why the caller may not do something to a page; `None` if he may.
    pub(crate) fn page(&self, read: &mut dyn Read, title: &Title, action: Action) -> Result<Option<Refusal>> {
        if action == Action::Move && title.ns() == ns::FILE && !self.caller.can(Right::Movefile) {
            let message = Message::new("movenotallowedfile");
            return Ok(Some(Refusal::new("cantmovefile", message)));
        }
        let right = action.right(title);
        if !self.caller.can(right) {
            return Ok(Some(missing_right(self.caller, action, right)));
        }
        // Pages that make up the interface.
        let changes = matches!(action, Action::Create | Action::Edit | Action::Move);
        if changes && title.ns() == ns::MEDIAWIKI && !self.caller.can(Right::Editinterface) {
            let message = Message::new("protectedinterface");
            return Ok(Some(Refusal::new("protectednamespace-interface", message)));
        }
        let id = page_id(read, title)?;
        if let Some(refusal) = self.protection(read, title, id, action)? {
            return Ok(Some(refusal));
        }
        let Some(block) = &self.block else { return Ok(None) };
        let forbidden = block.forbids(self.caller, title, id, action.blocked_as());
        Ok(forbidden.then(|| block.refusal(self.now)))
    }

    /// What protects a page from what the caller would do; `None` if nothing does.
    fn protection(
        &self,
        read: &mut dyn Read,
        title: &Title,
        page_id: Option<i64>,
        action: Action,
    ) -> Result<Option<Refusal>> {
        let spared = |level: Level| self.caller.can(level.right());
        if action == Action::Create {
            let found = protections::of_title(read, title.ns(), title.dbkey(), self.now)?;
            let refusal = |protection: TitleProtection| {
                let message =
                    Message::new("titleprotected").with(protection.user_name).with(protection.reason);
                Refusal::new("protectedtitle", message)
            };
            return Ok(found.filter(|protection| !spared(protection.level)).map(refusal));
        }
        let (Some(kind), Some(id)) = (action.restricted_as(), page_id) else { return Ok(None) };
        let all = protections::of_page(read, id, self.now)?;
        let found = all.iter().find(|restriction| restriction.kind == kind && !spared(restriction.level));
        Ok(found.map(|restriction| match action {
            Action::Delete => Refusal::new("cantedit", Message::new("deleteprotected")),
            Action::Protect => Refusal::new("cantedit", Message::new("protect-cantedit")),
            _ => restriction.refusal(),
        }))
    }

    /// Why the caller may not publish a version of a file; `None` if he may. These are the checks that stashing skips.
    pub(crate) fn publish(
        &self,
        read: &mut dyn Read,
        name: &FileTitle,
        elsewhere: &Elsewhere,
    ) -> Result<Option<Refusal>> {
        let title = name.title();
        let exists = page_id(read, &title)?.is_some();
        let actions = [Action::Edit, Action::Upload].into_iter().chain((!exists).then_some(Action::Create));
        for action in actions {
            if let Some(refusal) = self.page(read, &title, action)? {
                return Ok(Some(refusal));
            }
        }
        if let Some(refusal) = self.overwrite(read, name)? {
            return Ok(Some(refusal));
        }
        self.shadow(read, name, elsewhere)
    }

    /// Why the caller may not publish a file that would hide one of the shared repository; `None` if he may, or if it is
    /// hidden already.
    fn shadow(
        &self,
        read: &mut dyn Read,
        name: &FileTitle,
        elsewhere: &Elsewhere,
    ) -> Result<Option<Refusal>> {
        let allowed = !elsewhere.has_name || self.caller.can(Right::ReuploadShared);
        if allowed || files::current(read, name.dbkey())?.is_some() {
            return Ok(None);
        }
        Ok(Some(Refusal::of(Message::new("fileexists-shared-forbidden").with(name.text()))))
    }

    /// Why the caller may not go back to an old version of a file; `None` if he may.
    pub(crate) fn revert(&self, read: &mut dyn Read, name: &FileTitle) -> Result<Option<Refusal>> {
        let title = name.title();
        for action in [Action::Edit, Action::Upload] {
            if let Some(refusal) = self.page(read, &title, action)? {
                return Ok(Some(refusal));
            }
        }
        Ok(self.overwrite(read, name)?.map(|_| permission_denied(Right::Reupload)))
    }

    /// Why the caller may not move a page to a title; `None` if he may.
    pub(crate) fn rename(&self, read: &mut dyn Read, from: &Title, to: &Title) -> Result<Option<Refusal>> {
        for (title, action) in
            [(from, Action::Move), (from, Action::Edit), (to, Action::Move), (to, Action::Edit)]
        {
            if let Some(refusal) = self.page(read, title, action)? {
                return Ok(Some(refusal));
            }
        }
        self.protection(read, to, None, Action::Create)
    }

    /// Why the caller may not mark a change with these tags; `None` if he may, or if there are none.
    pub(crate) fn tag(&self, read: &mut dyn Read, wanted: &[String]) -> Result<Option<Refusal>> {
        if wanted.is_empty() {
            return Ok(None);
        }
        if !self.caller.can(Right::Applychangetags) {
            return Ok(Some(Refusal::of(Message::new("tags-apply-no-permission"))));
        }
        if self.is_blocked_everywhere() {
            let message = Message::new("tags-apply-blocked").with(self.caller.name.as_str());
            return Ok(Some(Refusal::of(message)));
        }
        Ok(check_usable(&tags::active(read)?, wanted).err())
    }

    /// Whether a block keeps the caller from changing anything on the site.
    pub(crate) fn is_blocked_everywhere(&self) -> bool {
        self.block.as_ref().is_some_and(|block| block.scope.partial.is_none())
    }

    /// Why the caller may not replace the file of a name; `None` if he may, or if there is none.
    fn overwrite(&self, read: &mut dyn Read, name: &FileTitle) -> Result<Option<Refusal>> {
        let caller = self.caller;
        if caller.can(Right::Reupload) {
            return Ok(None);
        }
        let own =
            |version: &files::FileVersion| version.user_id == caller.id && caller.can(Right::ReuploadOwn);
        let current = files::current(read, name.dbkey())?;
        let refused = current.is_some_and(|version| !own(&version));
        Ok(refused.then(|| Refusal::of(Message::new("fileexists-forbidden").with(name.text()))))
    }
}

impl Repository {
    /// Steps 8 and 9 of an upload: the rights without which nothing is looked at, and a block of uploads.
    pub(crate) async fn may_upload(&self, caller: &Caller) -> Result<()> {
        self.may_send(caller, &[Right::Upload, Right::Edit]).await
    }

    /// The same for files that are on other servers.
    pub(crate) async fn may_upload_by_url(&self, caller: &Caller) -> Result<()> {
        self.may_send(caller, &[Right::UploadByUrl, Right::Upload, Right::Edit]).await
    }

    async fn may_send(&self, caller: &Caller, needed: &[Right]) -> Result<()> {
        upload_rights(caller, needed)?;
        let Some(block) = self.block_of(caller).await? else { return Ok(()) };
        if !block.forbids_everywhere(Some(BlockedAction::Upload)) {
            return Ok(());
        }
        self.spread(caller, &block).await?;
        Err(block.refusal(self.now()).into())
    }

    /// Why a caller may not do things to pages, by the names of the things: for each title, for each name, in order.
    /// `None` where he may.
    pub async fn test_actions(
        &self,
        caller: &Caller,
        titles: &[Title],
        names: &[String],
    ) -> Result<Vec<Vec<Option<Refusal>>>> {
        let (caller, titles, names, now) = (caller.clone(), titles.to_vec(), names.to_vec(), self.now());
        let look = move |read: &mut dyn Read| {
            let authority = Authority::of(read, &caller, now)?;
            let mut test = |title: &Title, name: &String| match Action::named(name) {
                Some(action) => authority.page(read, title, action),
                None => Ok(Some(Refusal::new("permissiondenied", Message::new("badaccess-group0")))),
            };
            let of_title =
                |title: &Title| names.iter().map(|name| test(title, name)).collect::<Result<Vec<_>>>();
            titles.iter().map(of_title).collect::<Result<Vec<_>>>()
        };
        self.db.read(look).await
    }

    /// Why a caller may not publish a version of a file; `None` if he may.
    pub(crate) async fn may_publish(&self, caller: &Caller, name: &FileTitle) -> Result<Option<Refusal>> {
        let elsewhere = self.elsewhere(caller, name, None).await;
        let (caller, name, now) = (caller.clone(), name.clone(), self.now());
        let look =
            move |read: &mut dyn Read| Authority::of(read, &caller, now)?.publish(read, &name, &elsewhere);
        self.db.read::<_, Error, _>(look).await
    }
}

fn page_id(read: &mut dyn Read, title: &Title) -> Result<Option<i64>> {
    let found = pages::by_titles(read, &[(title.ns(), title.dbkey().to_owned())])?;
    Ok(found.first().map(|page| page.id))
}

fn upload_rights(caller: &Caller, needed: &[Right]) -> Result<(), Refusal> {
    let Some(missing) = needed.iter().copied().find(|right| !caller.can(*right)) else { return Ok(()) };
    if caller.is_anonymous() {
        let action = Message::new(format!("action-{}", Right::Upload.as_str()));
        return Err(Refusal::of(Message::new("apierror-mustbeloggedin").with(action)));
    }
    Err(permission_denied(missing))
}

/// The refusal for a right that is missing.
pub(crate) fn permission_denied(right: Right) -> Refusal {
    let action = Message::new(format!("action-{}", right.as_str()));
    Refusal::new("permissiondenied", Message::new("apierror-permissiondenied").with(action))
}

fn missing_right(caller: &Caller, action: Action, right: Right) -> Refusal {
    match action {
        Action::Create if caller.is_anonymous() => {
            Refusal::new("cantcreate-anon", Message::new("nocreatetext"))
        }
        Action::Create => Refusal::new("cantcreate", Message::new("nocreate-loggedin")),
        Action::Move if caller.is_anonymous() => {
            Refusal::new("cantmove-anon", Message::new("movenologintext"))
        }
        Action::Move => Refusal::new("cantmove", Message::new("movenotallowed")),
        Action::Edit
        | Action::Upload
        | Action::Delete
        | Action::Undelete
        | Action::Protect
        | Action::Other(_) => permission_denied(right),
    }
}
