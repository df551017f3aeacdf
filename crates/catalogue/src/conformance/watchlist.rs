//! What users watch.

use commonhold_core::Expiry;
use commonhold_core::title::{Title, ns};

use super::{NOW, Result, act, revision};
use crate::ops::watchlist::{self, Watched};
use crate::ops::{Act, moves, pages};
use crate::{Db, DbError};

pub(super) async fn run(make: &(dyn Fn() -> Db + Send + Sync)) -> Result<()> {
    pages_are_watched_with_their_talk_pages(make()).await?;
    lists_go_on_where_they_were(make()).await?;
    watching_ends_by_itself(make()).await?;
    a_page_is_watched_under_its_new_title(make()).await
}

async fn pages_are_watched_with_their_talk_pages(db: Db) -> Result<()> {
    db.write(|tx| {
        watchlist::watch(tx, 7, (ns::FILE, "A.png"), None, NOW)?;
        watchlist::watch(tx, 7, (ns::FILE_TALK, "A.png"), None, NOW)?;
        for ns in [ns::FILE, ns::FILE_TALK] {
            assert!(watchlist::watched_until(tx, 7, ns, "A.png", NOW)?.is_some());
            assert!(watchlist::watched_until(tx, 8, ns, "A.png", NOW)?.is_none());
        }
        assert!(watchlist::watched_until(tx, 7, ns::MAIN, "A.png", NOW)?.is_none());
        watchlist::unwatch(tx, 7, ns::FILE_TALK, "A.png")?;
        watchlist::unwatch(tx, 7, ns::FILE, "A.png")?;
        assert!(watchlist::watched_until(tx, 7, ns::FILE, "A.png", NOW)?.is_none());
        Ok::<_, DbError>(())
    })
    .await
}

async fn lists_go_on_where_they_were(db: Db) -> Result<()> {
    db.write(|tx| {
        for (ns, name) in [(ns::FILE, "B.png"), (ns::FILE, "A.png"), (ns::MAIN, "Z")] {
            watchlist::watch(tx, 7, (ns, name), None, NOW)?;
        }
        watchlist::watch(tx, 8, (ns::FILE, "C.png"), None, NOW)?;
        let all = Watched { user_id: 7, limit: 10, ..Watched::default() };
        let title = |ns: i32, name: &str| (ns, name.to_owned());
        let expected = [
            title(ns::MAIN, "Z"),
            title(ns::TALK, "Z"),
            title(ns::FILE, "A.png"),
            title(ns::FILE, "B.png"),
            title(ns::FILE_TALK, "A.png"),
            title(ns::FILE_TALK, "B.png"),
        ];
        assert_eq!(watchlist::list(tx, &all, NOW)?, expected);
        let rest = Watched { continue_at: Some(title(ns::FILE, "B.png")), ..all.clone() };
        assert_eq!(watchlist::list(tx, &rest, NOW)?, expected[3..]);
        let files = Watched { namespaces: vec![ns::FILE], descending: true, limit: 1, ..all };
        assert_eq!(watchlist::list(tx, &files, NOW)?, expected[3..4]);
        Ok::<_, DbError>(())
    })
    .await
}

async fn watching_ends_by_itself(db: Db) -> Result<()> {
    db.write(|tx| {
        let (page, soon) = ((ns::FILE, "A.png"), Expiry::At(NOW + 60));
        watchlist::watch(tx, 7, page, Some(soon), NOW)?;
        // Nothing is said of the end: it stays what it was.
        watchlist::watch(tx, 7, page, None, NOW + 1)?;
        assert_eq!(watchlist::watched_until(tx, 7, ns::FILE_TALK, "A.png", NOW + 59)?, Some(soon));
        assert_eq!(watchlist::watched_until(tx, 7, ns::FILE, "A.png", NOW + 60)?, None);
        let listed = Watched { user_id: 7, limit: 10, ..Watched::default() };
        assert_eq!(watchlist::list(tx, &listed, NOW + 59)?.len(), 2);
        assert_eq!(watchlist::list(tx, &listed, NOW + 60)?, []);
        // Whoever begins anew when it is over watches for good.
        watchlist::watch(tx, 7, page, None, NOW + 60)?;
        assert_eq!(watchlist::watched_until(tx, 7, ns::FILE, "A.png", NOW + 90)?, Some(Expiry::Never));
        watchlist::watch(tx, 7, page, Some(soon), NOW)?;
        watchlist::watch(tx, 7, page, Some(Expiry::Never), NOW)?;
        assert_eq!(watchlist::watched_until(tx, 7, ns::FILE, "A.png", NOW)?, Some(Expiry::Never));
        watchlist::watch(tx, 8, page, Some(soon), NOW)?;
        assert_eq!(watchlist::delete_expired(tx, NOW + 59)?, 0);
        assert_eq!(watchlist::delete_expired(tx, NOW + 60)?, 2);
        Ok::<_, DbError>(())
    })
    .await
}

async fn a_page_is_watched_under_its_new_title(db: Db) -> Result<()> {
    db.write(|tx| {
        pages::create(tx, ns::FILE, "A.png", &revision("text", NOW))?;
        let Some(page) = pages::by_title(tx, ns::FILE, "A.png")? else { panic!("the page is gone") };
        let end = Expiry::At(NOW + 60);
        watchlist::watch(tx, 7, (ns::FILE, "A.png"), Some(end), NOW)?;
        let act = Act { user_id: 9, user_name: "Mover".to_owned(), ..act("", NOW) };
        let wanted = moves::Move {
            page,
            to: Title::from_db(ns::FILE, "B.png"),
            act,
            summary: "moved".to_owned(),
            redirect_reason: "room".to_owned(),
            leave_redirect: false,
        };
        moves::make(tx, &wanted)?;
        assert_eq!(watchlist::watched_until(tx, 7, ns::FILE, "B.png", NOW)?, Some(end));
        assert!(watchlist::watched_until(tx, 9, ns::FILE, "B.png", NOW)?.is_none());
        Ok::<_, DbError>(())
    })
    .await
}
