//! Rights, the groups that give them, and the grants that limit a bot password to some of them.
//!
//! Names and defaults are MediaWiki 1.39's. What an operator changes about them is in [`SiteGroups`].

/// Something that a caller may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "each is the right of the same name on the wire")]
pub enum Right {
    Apihighlimits,
    Applychangetags,
    Autoconfirmed,
    Autopatrol,
    Bigdelete,
    Block,
    Blockemail,
    Bot,
    Browsearchive,
    Changetags,
    Createaccount,
    Createpage,
    Createtalk,
    Delete,
    DeleteRedirect,
    Deletechangetags,
    Deletedhistory,
    Deletedtext,
    Deletelogentry,
    Deleterevision,
    Edit,
    Editcontentmodel,
    Editinterface,
    Editmyoptions,
    Editmyprivateinfo,
    Editmyusercss,
    Editmyuserjs,
    Editmyuserjson,
    Editmyuserjsredirect,
    Editmywatchlist,
    Editprotected,
    Editsemiprotected,
    Editsitecss,
    Editsitejs,
    Editsitejson,
    Editusercss,
    Edituserjs,
    Edituserjson,
    Hideuser,
    Import,
    Importupload,
    IpblockExempt,
    Managechangetags,
    Markbotedits,
    Mergehistory,
    Minoredit,
    Move,
    MoveCategorypages,
    MoveRootuserpages,
    MoveSubpages,
    Movefile,
    Nominornewtalk,
    Noratelimit,
    Patrol,
    Patrolmarks,
    Protect,
    Purge,
    Read,
    Reupload,
    ReuploadOwn,
    ReuploadShared,
    Rollback,
    Sendemail,
    Suppressionlog,
    Suppressredirect,
    Suppressrevision,
    Unblockself,
    Undelete,
    Unwatchedpages,
    Upload,
    UploadByUrl,
    Userrights,
    Viewmyprivateinfo,
    Viewmywatchlist,
    Viewsuppressed,
    Writeapi,
}

impl Right {
    /// All rights, in order of their names.
    pub const ALL: [Right; 76] = [
        Right::Apihighlimits,
        Right::Applychangetags,
        Right::Autoconfirmed,
        Right::Autopatrol,
        Right::Bigdelete,
        Right::Block,
        Right::Blockemail,
        Right::Bot,
        Right::Browsearchive,
        Right::Changetags,
        Right::Createaccount,
        Right::Createpage,
        Right::Createtalk,
        Right::Delete,
        Right::DeleteRedirect,
        Right::Deletechangetags,
        Right::Deletedhistory,
        Right::Deletedtext,
        Right::Deletelogentry,
        Right::Deleterevision,
        Right::Edit,
        Right::Editcontentmodel,
        Right::Editinterface,
        Right::Editmyoptions,
        Right::Editmyprivateinfo,
        Right::Editmyusercss,
        Right::Editmyuserjs,
        Right::Editmyuserjson,
        Right::Editmyuserjsredirect,
        Right::Editmywatchlist,
        Right::Editprotected,
        Right::Editsemiprotected,
        Right::Editsitecss,
        Right::Editsitejs,
        Right::Editsitejson,
        Right::Editusercss,
        Right::Edituserjs,
        Right::Edituserjson,
        Right::Hideuser,
        Right::Import,
        Right::Importupload,
        Right::IpblockExempt,
        Right::Managechangetags,
        Right::Markbotedits,
        Right::Mergehistory,
        Right::Minoredit,
        Right::Move,
        Right::MoveCategorypages,
        Right::MoveRootuserpages,
        Right::MoveSubpages,
        Right::Movefile,
        Right::Nominornewtalk,
        Right::Noratelimit,
        Right::Patrol,
        Right::Patrolmarks,
        Right::Protect,
        Right::Purge,
        Right::Read,
        Right::Reupload,
        Right::ReuploadOwn,
        Right::ReuploadShared,
        Right::Rollback,
        Right::Sendemail,
        Right::Suppressionlog,
        Right::Suppressredirect,
        Right::Suppressrevision,
        Right::Unblockself,
        Right::Undelete,
        Right::Unwatchedpages,
        Right::Upload,
        Right::UploadByUrl,
        Right::Userrights,
        Right::Viewmyprivateinfo,
        Right::Viewmywatchlist,
        Right::Viewsuppressed,
        Right::Writeapi,
    ];

    const NAMES: [&str; 76] = [
        "apihighlimits",
        "applychangetags",
        "autoconfirmed",
        "autopatrol",
        "bigdelete",
        "block",
        "blockemail",
        "bot",
        "browsearchive",
        "changetags",
        "createaccount",
        "createpage",
        "createtalk",
        "delete",
        "delete-redirect",
        "deletechangetags",
        "deletedhistory",
        "deletedtext",
        "deletelogentry",
        "deleterevision",
        "edit",
        "editcontentmodel",
        "editinterface",
        "editmyoptions",
        "editmyprivateinfo",
        "editmyusercss",
        "editmyuserjs",
        "editmyuserjson",
        "editmyuserjsredirect",
        "editmywatchlist",
        "editprotected",
        "editsemiprotected",
        "editsitecss",
        "editsitejs",
        "editsitejson",
        "editusercss",
        "edituserjs",
        "edituserjson",
        "hideuser",
        "import",
        "importupload",
        "ipblock-exempt",
        "managechangetags",
        "markbotedits",
        "mergehistory",
        "minoredit",
        "move",
        "move-categorypages",
        "move-rootuserpages",
        "move-subpages",
        "movefile",
        "nominornewtalk",
        "noratelimit",
        "patrol",
        "patrolmarks",
        "protect",
        "purge",
        "read",
        "reupload",
        "reupload-own",
        "reupload-shared",
        "rollback",
        "sendemail",
        "suppressionlog",
        "suppressredirect",
        "suppressrevision",
        "unblockself",
        "undelete",
        "unwatchedpages",
        "upload",
        "upload_by_url",
        "userrights",
        "viewmyprivateinfo",
        "viewmywatchlist",
        "viewsuppressed",
        "writeapi",
    ];

    /// The name on the wire.
    pub fn as_str(self) -> &'static str {
        Self::NAMES[self as usize]
    }

    /// The right of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::NAMES.iter().position(|n| *n == name).map(|i| Self::ALL[i])
    }
}

/// A set of rights.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RightSet(u128);

impl RightSet {
    /// Whether the right is in the set.
    pub fn contains(self, right: Right) -> bool {
        self.0 >> (right as u32) & 1 == 1
    }

    /// The rights in both sets.
    pub fn intersection(self, other: RightSet) -> Self {
        Self(self.0 & other.0)
    }

    /// The rights, in order of their names.
    pub fn iter(self) -> impl Iterator<Item = Right> {
        Right::ALL.into_iter().filter(move |right| self.contains(*right))
    }
}

impl FromIterator<Right> for RightSet {
    fn from_iter<I: IntoIterator<Item = Right>>(rights: I) -> Self {
        Self(rights.into_iter().fold(0, |set, right| set | 1 << (right as u32)))
    }
}

/// A group and what its members may do.
#[derive(Clone, Copy, Debug)]
pub struct Group {
    /// The name on the wire.
    pub name: &'static str,
    /// Whether one is in it without being put in it.
    pub implicit: bool,
    /// What it gives.
    pub rights: &'static [Right],
}

/// What a bot password may be limited to.
#[derive(Clone, Copy, Debug)]
pub struct Grant {
    /// The name on the wire.
    pub name: &'static str,
    /// What it lets through of the user's rights.
    pub rights: &'static [Right],
}

use Right::{
    Apihighlimits, Applychangetags, Autoconfirmed, Autopatrol, Bigdelete, Block, Blockemail, Bot,
    Browsearchive, Changetags, Createaccount, Createpage, Createtalk, Delete, DeleteRedirect,
    Deletechangetags, Deletedhistory, Deletedtext, Deletelogentry, Deleterevision, Edit, Editcontentmodel,
    Editinterface, Editmyoptions, Editmyprivateinfo, Editmyusercss, Editmyuserjs, Editmyuserjson,
    Editmyuserjsredirect, Editmywatchlist, Editprotected, Editsemiprotected, Editsitecss, Editsitejs,
    Editsitejson, Editusercss, Edituserjs, Edituserjson, Hideuser, Import, Importupload, IpblockExempt,
    Managechangetags, Markbotedits, Mergehistory, Minoredit, Move, MoveCategorypages, MoveRootuserpages,
    MoveSubpages, Movefile, Nominornewtalk, Noratelimit, Patrol, Patrolmarks, Protect, Purge, Read, Reupload,
    ReuploadOwn, ReuploadShared, Rollback, Sendemail, Suppressionlog, Suppressredirect, Suppressrevision,
    Unblockself, Undelete, Unwatchedpages, Upload, UploadByUrl, Userrights, Viewmyprivateinfo,
    Viewmywatchlist, Viewsuppressed, Writeapi,
};

/// All groups.
pub const GROUPS: [Group; 8] = [
    Group {
        name: "*",
        implicit: true,
        rights: &[
            Createaccount,
            Createpage,
            Createtalk,
            Edit,
            Editmyoptions,
            Editmyprivateinfo,
            Editmywatchlist,
            Read,
            Viewmyprivateinfo,
            Viewmywatchlist,
            Writeapi,
        ],
    },
    Group {
        name: "user",
        implicit: true,
        rights: &[
            Applychangetags,
            Changetags,
            Createpage,
            Createtalk,
            Edit,
            Editcontentmodel,
            Editmyusercss,
            Editmyuserjs,
            Editmyuserjson,
            Editmyuserjsredirect,
            Minoredit,
            Move,
            MoveCategorypages,
            MoveRootuserpages,
            MoveSubpages,
            Movefile,
            Purge,
            Read,
            Reupload,
            ReuploadShared,
            Sendemail,
            Upload,
            Writeapi,
        ],
    },
    Group { name: "autoconfirmed", implicit: true, rights: &[Autoconfirmed, Editsemiprotected] },
    Group {
        name: "bot",
        implicit: false,
        rights: &[
            Apihighlimits,
            Autoconfirmed,
            Autopatrol,
            Bot,
            Editsemiprotected,
            Nominornewtalk,
            Suppressredirect,
            Writeapi,
        ],
    },
    Group {
        name: "sysop",
        implicit: false,
        rights: &[
            Apihighlimits,
            Autoconfirmed,
            Autopatrol,
            Bigdelete,
            Block,
            Blockemail,
            Browsearchive,
            Createaccount,
            Delete,
            Deletechangetags,
            Deletedhistory,
            Deletedtext,
            Editinterface,
            Editprotected,
            Editsemiprotected,
            Editsitejson,
            Edituserjson,
            Import,
            Importupload,
            IpblockExempt,
            Managechangetags,
            Markbotedits,
            Mergehistory,
            Move,
            MoveCategorypages,
            MoveRootuserpages,
            MoveSubpages,
            Movefile,
            Noratelimit,
            Patrol,
            Protect,
            Reupload,
            ReuploadShared,
            Rollback,
            Suppressredirect,
            Unblockself,
            Undelete,
            Unwatchedpages,
            Upload,
        ],
    },
    Group {
        name: "interface-admin",
        implicit: false,
        rights: &[
            Editinterface,
            Editsitecss,
            Editsitejs,
            Editsitejson,
            Editusercss,
            Edituserjs,
            Edituserjson,
        ],
    },
    Group { name: "bureaucrat", implicit: false, rights: &[Noratelimit, Userrights] },
    Group {
        name: "suppress",
        implicit: false,
        rights: &[Deletelogentry, Deleterevision, Hideuser, Suppressionlog, Suppressrevision, Viewsuppressed],
    },
];

/// All grants.
pub const GRANTS: [Grant; 26] = [
    Grant {
        name: "basic",
        rights: &[
            Autoconfirmed,
            Autopatrol,
            Editsemiprotected,
            IpblockExempt,
            Nominornewtalk,
            Patrolmarks,
            Purge,
            Read,
            Writeapi,
            Unwatchedpages,
        ],
    },
    Grant { name: "highvolume", rights: &[Bot, Apihighlimits, Noratelimit, Markbotedits] },
    Grant { name: "import", rights: &[Import, Importupload] },
    Grant { name: "editpage", rights: &[Edit, Minoredit, Applychangetags, Changetags, Editcontentmodel] },
    Grant {
        name: "editprotected",
        rights: &[Edit, Minoredit, Applychangetags, Changetags, Editcontentmodel, Editprotected],
    },
    Grant {
        name: "editmycssjs",
        rights: &[
            Edit,
            Minoredit,
            Applychangetags,
            Changetags,
            Editcontentmodel,
            Editmyusercss,
            Editmyuserjson,
            Editmyuserjs,
        ],
    },
    Grant { name: "editmyoptions", rights: &[Editmyoptions, Editmyuserjson] },
    Grant {
        name: "editinterface",
        rights: &[
            Edit,
            Minoredit,
            Applychangetags,
            Changetags,
            Editcontentmodel,
            Editinterface,
            Edituserjson,
            Editsitejson,
        ],
    },
    Grant {
        name: "editsiteconfig",
        rights: &[
            Edit,
            Minoredit,
            Applychangetags,
            Changetags,
            Editcontentmodel,
            Editinterface,
            Edituserjson,
            Editsitejson,
            Editusercss,
            Edituserjs,
            Editsitecss,
            Editsitejs,
        ],
    },
    Grant {
        name: "createeditmovepage",
        rights: &[
            Edit,
            Minoredit,
            Applychangetags,
            Changetags,
            Editcontentmodel,
            Createpage,
            Createtalk,
            DeleteRedirect,
            Move,
            MoveRootuserpages,
            MoveSubpages,
            MoveCategorypages,
            Suppressredirect,
        ],
    },
    Grant { name: "uploadfile", rights: &[Upload, ReuploadOwn] },
    Grant {
        name: "uploadeditmovefile",
        rights: &[Upload, ReuploadOwn, Reupload, ReuploadShared, UploadByUrl, Movefile, Suppressredirect],
    },
    Grant { name: "patrol", rights: &[Patrol] },
    Grant { name: "rollback", rights: &[Rollback] },
    Grant { name: "blockusers", rights: &[Block, Blockemail] },
    Grant { name: "viewdeleted", rights: &[Browsearchive, Deletedhistory, Deletedtext] },
    Grant { name: "viewrestrictedlogs", rights: &[Suppressionlog] },
    Grant {
        name: "delete",
        rights: &[
            Edit,
            Minoredit,
            Applychangetags,
            Changetags,
            Editcontentmodel,
            Browsearchive,
            Deletedhistory,
            Deletedtext,
            Delete,
            Bigdelete,
            Deletelogentry,
            Deleterevision,
            Undelete,
        ],
    },
    Grant { name: "oversight", rights: &[Suppressrevision, Viewsuppressed] },
    Grant {
        name: "protect",
        rights: &[Edit, Minoredit, Applychangetags, Changetags, Editcontentmodel, Editprotected, Protect],
    },
    Grant { name: "viewmywatchlist", rights: &[Viewmywatchlist] },
    Grant { name: "editmywatchlist", rights: &[Editmywatchlist] },
    Grant { name: "sendemail", rights: &[Sendemail] },
    Grant { name: "createaccount", rights: &[Createaccount] },
    Grant { name: "privateinfo", rights: &[Viewmyprivateinfo] },
    Grant { name: "mergehistory", rights: &[Mergehistory] },
];

/// The groups that nobody has to be put in.
pub fn implicit_groups(registered: bool) -> &'static [&'static str] {
    if registered { &["*", "user", "autoconfirmed"] } else { &["*"] }
}

/// The groups as they are on one site: the rights of [`GROUPS`], and those that its operator gives out. Whatever needs
/// the rights of a group asks here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SiteGroups {
    upload_by_url: Vec<String>,
}

impl SiteGroups {
    /// The groups of a site; these of them have the right `upload_by_url`, which MediaWiki gives to nobody.
    pub fn new(upload_by_url: &[String]) -> Self {
        Self { upload_by_url: upload_by_url.to_vec() }
    }

    /// What membership in groups allows. Names that are no groups allow nothing.
    pub fn rights<'a>(&self, names: impl IntoIterator<Item = &'a str>) -> RightSet {
        let find = |name: &'a str| GROUPS.iter().find(|g| g.name == name);
        let of_group = |group: &'static Group| {
            let given = self.upload_by_url.iter().any(|name| name == group.name).then_some(UploadByUrl);
            group.rights.iter().copied().chain(given)
        };
        names.into_iter().filter_map(find).flat_map(of_group).collect()
    }
}

/// What grants let through.
pub fn grant_rights<S: AsRef<str>>(names: &[S]) -> RightSet {
    let find = |name: &S| GRANTS.iter().find(|g| g.name == name.as_ref());
    names.iter().filter_map(find).flat_map(|g| g.rights.iter().copied()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_rights_belong_together() {
        for right in Right::ALL {
            assert_eq!(Right::parse(right.as_str()), Some(right));
        }
        assert_eq!(Right::UploadByUrl.as_str(), "upload_by_url");
        assert_eq!(Right::ReuploadOwn.as_str(), "reupload-own");
        assert!(Right::NAMES.is_sorted());
    }

    #[test]
    fn a_bot_password_has_no_more_than_its_grants_and_its_user() {
        let user = SiteGroups::default().rights(["*", "user"]);
        let grants = grant_rights(&["basic", "uploadfile", "delete"]);
        let both = user.intersection(grants);
        assert!(both.contains(Right::Upload) && both.contains(Right::Edit));
        assert!(!both.contains(Right::Delete), "the user's groups don't give it");
        assert!(!both.contains(Right::Createpage), "no grant lets it through");
    }

    #[test]
    fn only_groups_that_the_operator_names_upload_by_url() {
        let can = |groups: &SiteGroups, name| groups.rights([name]).contains(Right::UploadByUrl);
        let nobody = SiteGroups::default();
        assert!(GROUPS.iter().all(|group| !can(&nobody, group.name)));
        let some = SiteGroups::new(&["sysop".to_owned(), "no such group".to_owned()]);
        assert!(can(&some, "sysop"));
        assert!(!can(&some, "user") && !can(&some, "no such group"));
    }
}
