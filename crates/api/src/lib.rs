//! The Action API: the engine that carries a request from its parameters to its printed answer, and the modules.
//!
//! A request goes through [`Api::handle`] (`engine.rs`, read it first): fields and file parts are read (`request.rs`,
//! `form.rs`, `body.rs`), the module's declared parameters validated (`params.rs`), tokens and rights checked, the
//! module run (`modules/`), errors and warnings put into the wanted shape (`problem.rs`), and the result printed
//! (`output.rs`). `module.rs` says how to add a module.

mod body;
mod context;
mod cors;
mod digest;
mod engine;
mod failure;
mod form;
mod html;
mod message;
mod module;
mod modules;
mod output;
mod params;
mod problem;
mod request;
mod response;

pub use body::BodyStream;
pub use engine::{Api, Incoming, session_cookie};
#[doc(hidden)]
pub use form::read_form;
pub use message::text as message_text;
pub use response::{Headers, Response};
