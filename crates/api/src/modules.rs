//! The modules, each in its file.

pub(crate) mod block;
pub(crate) mod checktoken;
pub(crate) mod clientlogin;
pub(crate) mod delete;
pub(crate) mod edit;
pub(crate) mod fileinfo;
pub(crate) mod filerevert;
pub(crate) mod format;
pub(crate) mod help;
pub(crate) mod login;
pub(crate) mod logout;
pub(crate) mod main;
pub(crate) mod managetags;
pub(crate) mod paraminfo;
pub(crate) mod protect;
pub(crate) mod query;
pub(crate) mod rename;
mod target;
pub(crate) mod unblock;
pub(crate) mod undelete;
pub(crate) mod upload;
pub(crate) mod watch;
mod watching;
