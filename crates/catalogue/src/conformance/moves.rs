//! Pages and files that get another title.

use commonhold_core::title::Title;
use commonhold_core::{Data, Redirect};

use super::{NOW, Result, act, upload};
use crate::ops::moves::{self, Move};
use crate::ops::revisions::{self, History};
use crate::ops::{changes, deletion, files, logs, pages};
use crate::{Db, Tx};

pub(super) async fn run(make: &(dyn Fn() -> Db + Send + Sync)) -> Result<()> {
    a_file_moves_with_all_it_has(make()).await?;
    a_move_may_go_over_a_redirect(make()).await?;
    nothing_need_stay_behind(make()).await
}

fn rename(tx: &mut dyn Tx, from: &str, to: &str, leave_redirect: bool) -> Result<()> {
    let Some(page) = pages::by_title(tx, 6, from)? else { panic!("no page {from}") };
    let wanted = Move {
        page,
        to: Title::from_db(6, to),
        act: act("why", NOW + 100),
        summary: "moved".to_owned(),
        redirect_reason: "made room".to_owned(),
        leave_redirect,
    };
    moves::make(tx, &wanted)
}

async fn a_file_moves_with_all_it_has(db: Db) -> Result<()> {
    db.write(|tx| {
        for number in 1..4 {
            files::publish(tx, &upload("A!a.png", number, NOW))?;
        }
        files::publish(tx, &upload("Other.png", 9, NOW))?;
        let before = files::old_versions(tx, "A!a.png", None, None, 10)?;
        let page = pages::by_title(tx, 6, "A!a.png")?;
        rename(tx, "A!a.png", "B.png", true)?;

        assert_eq!(files::current(tx, "A!a.png")?, None);
        assert_eq!(files::current(tx, "B.png")?.map(|v| v.hashes), Some(super::content(3)));
        let after = files::old_versions(tx, "B.png", None, None, 10)?;
        assert_eq!(after.len(), 2);
        for (before, after) in before.iter().zip(&after) {
            let old = before.archive_name.as_deref().unwrap_or_default();
            assert_eq!(after.archive_name, Some(old.replace("A!a.png", "B.png")));
            assert_eq!((after.version_id, after.timestamp), (before.version_id, before.timestamp));
            assert_eq!(files::archived(tx, old)?, None);
        }
        let (Some(old), Some(new)) = (page, pages::by_title(tx, 6, "B.png")?) else { panic!("no page") };
        assert_eq!(new.id, old.id);
        let history = revisions::list(tx, &History { page_id: new.id, limit: 9, ..History::default() })?;
        assert_eq!((history.len(), history[0].comment.as_str(), history[0].minor), (4, "moved", true));
        assert_eq!(history[0].content, "The page");
        let Some(left) = pages::by_title(tx, 6, "A!a.png")? else { panic!("no redirect") };
        assert_eq!(left.redirect, Some(Redirect::to(Title::from_db(6, "B.png"))));
        assert!(left.is_new && left.id != new.id);
        let log = logs::of_title(tx, 6, "A!a.png", 1)?;
        assert_eq!((log[0].log_type.as_str(), log[0].action.as_str()), ("move", "move"));
        assert_eq!((log[0].page_id, log[0].current_page_id), (new.id, left.id));
        assert_eq!(log[0].params.get("target_title"), Some(&Data::Str("File:B.png".to_owned())));
        assert_eq!(log[0].params.get("suppressredirect"), Some(&Data::Bool(false)));
        let wanted = changes::RecentChanges { limit: 1, ..changes::RecentChanges::default() };
        let change = changes::list(tx, &wanted)?;
        assert_eq!((change[0].page_id, change[0].revision_id), (new.id, new.latest_revision));
        assert!(files::current(tx, "Other.png")?.is_some());
        let found = files::current(tx, "B.png")?;
        assert_eq!(files::behind(tx, "A!a.png")?, found, "the redirect leads to the file");
        assert_eq!(files::behind(tx, "B.png")?, found);
        assert_eq!(files::behind(tx, "C.png")?, None);
        Ok(())
    })
    .await
}

async fn a_move_may_go_over_a_redirect(db: Db) -> Result<()> {
    db.write(|tx| {
        files::publish(tx, &upload("A.png", 1, NOW))?;
        rename(tx, "A.png", "B.png", true)?;
        rename(tx, "B.png", "A.png", true)?;
        assert!(files::current(tx, "A.png")?.is_some());
        let redirect = pages::by_title(tx, 6, "B.png")?.and_then(|page| page.redirect);
        assert_eq!(redirect, Some(Redirect::to(Title::from_db(6, "A.png"))));
        let said = |log: Vec<logs::LogRow>| -> Vec<(String, String)> {
            log.into_iter().map(|row| (row.action, row.comment)).collect()
        };
        let log = said(logs::of_title(tx, 6, "A.png", 1)?);
        assert_eq!(log, [("delete_redir".to_owned(), "made room".to_owned())]);
        let log = said(logs::of_title(tx, 6, "B.png", 1)?);
        assert_eq!(log, [("move_redir".to_owned(), "why".to_owned())]);
        Ok(())
    })
    .await
}

async fn nothing_need_stay_behind(db: Db) -> Result<()> {
    db.write(|tx| {
        files::publish(tx, &upload("A.png", 1, NOW))?;
        rename(tx, "A.png", "B.png", false)?;
        assert_eq!(pages::by_title(tx, 6, "A.png")?, None);
        // The name is free again, and nothing was deleted.
        files::publish(tx, &upload("A.png", 2, NOW))?;
        assert_eq!(deletion::list(tx, &deletion::DeletedFiles { limit: 9, ..Default::default() })?, []);
        Ok(())
    })
    .await
}
