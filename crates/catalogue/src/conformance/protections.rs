//! What protects pages, and titles without pages.

use commonhold_core::Expiry;
use commonhold_core::protection::{Level, Restriction};
use commonhold_core::title::{Title, ns};

use super::{NOW, Result, revision};
use crate::ops::protections::{self, TitleProtection};
use crate::ops::{Act, deletion, moves, pages};
use crate::{Db, DbError, Tx};

pub(super) async fn run(make: &(dyn Fn() -> Db + Send + Sync)) -> Result<()> {
    protections_come_back_until_they_end(make()).await?;
    titles_are_protected_until_they_have_a_page(make()).await?;
    protections_follow_the_page(make()).await
}

fn restriction(kind: &str, level: Level, expiry: Expiry) -> Restriction {
    Restriction { kind: kind.to_owned(), level, expiry }
}

fn title_protection() -> TitleProtection {
    TitleProtection {
        level: Level::Sysop,
        expiry: Expiry::Never,
        user_name: "Admin".to_owned(),
        reason: "Why".to_owned(),
    }
}

fn page(tx: &mut dyn Tx, dbkey: &str) -> Result<i64> {
    pages::create(tx, ns::FILE, dbkey, &revision("text", NOW))
}

fn act() -> Act {
    Act {
        user_id: 7,
        user_name: "Someone".to_owned(),
        bot: false,
        now: NOW + 1,
        comment: "Why".to_owned(),
        tags: Vec::new(),
    }
}

async fn protections_come_back_until_they_end(db: Db) -> Result<()> {
    db.write(|tx| {
        let (a, b) = (page(tx, "A.png")?, page(tx, "B.png")?);
        let edit = restriction("edit", Level::Autoconfirmed, Expiry::At(NOW + 10));
        let upload = restriction("upload", Level::Sysop, Expiry::Never);
        protections::set_page(tx, a, &[upload.clone(), edit.clone()])?;
        assert_eq!(protections::of_page(tx, a, NOW)?, [edit, upload.clone()]);
        assert_eq!(protections::of_page(tx, b, NOW)?, []);
        assert_eq!(protections::of_page(tx, a, NOW + 10)?, [upload]);
        assert_eq!(protections::delete_expired(tx, NOW + 10)?, 1);
        protections::set_page(tx, a, &[])?;
        assert_eq!(protections::of_page(tx, a, NOW)?, []);
        Ok::<_, DbError>(())
    })
    .await
}

async fn titles_are_protected_until_they_have_a_page(db: Db) -> Result<()> {
    db.write(|tx| {
        let wanted = title_protection();
        protections::set_title(tx, ns::FILE, "A.png", Some(&wanted))?;
        protections::set_title(tx, ns::FILE, "A.png", Some(&wanted))?;
        assert_eq!(protections::of_title(tx, ns::FILE, "A.png", NOW)?, Some(wanted.clone()));
        assert_eq!(protections::of_title(tx, ns::MAIN, "A.png", NOW)?, None);
        page(tx, "A.png")?;
        assert_eq!(protections::of_title(tx, ns::FILE, "A.png", NOW)?, None);
        let short = TitleProtection { expiry: Expiry::At(NOW + 5), ..wanted };
        protections::set_title(tx, ns::FILE, "B.png", Some(&short))?;
        assert_eq!(protections::of_title(tx, ns::FILE, "B.png", NOW + 5)?, None);
        assert_eq!(protections::delete_expired(tx, NOW + 5)?, 1);
        protections::set_title(tx, ns::FILE, "C.png", Some(&title_protection()))?;
        protections::set_title(tx, ns::FILE, "C.png", None)?;
        assert_eq!(protections::of_title(tx, ns::FILE, "C.png", NOW)?, None);
        Ok::<_, DbError>(())
    })
    .await
}

async fn protections_follow_the_page(db: Db) -> Result<()> {
    db.write(|tx| {
        let id = page(tx, "A.png")?;
        protections::set_page(tx, id, &[restriction("edit", Level::Sysop, Expiry::Never)])?;
        protections::set_title(tx, ns::FILE, "B.png", Some(&title_protection()))?;
        let found = pages::by_title(tx, ns::FILE, "A.png")?;
        let Some(page) = found else { panic!("the page is gone") };
        let to = Title::from_db(ns::FILE, "B.png");
        let wanted = moves::Move {
            page,
            to: to.clone(),
            act: act(),
            summary: "moved".to_owned(),
            redirect_reason: "room".to_owned(),
            leave_redirect: true,
        };
        moves::make(tx, &wanted)?;
        assert_eq!(protections::of_title(tx, ns::FILE, "B.png", NOW)?, None, "it has a page now");
        assert_eq!(protections::of_page(tx, id, NOW)?.len(), 1);
        deletion::delete(tx, &to, &act())?;
        assert_eq!(protections::of_page(tx, id, NOW)?, [], "a page that is restored is not protected");
        Ok::<_, DbError>(())
    })
    .await
}
