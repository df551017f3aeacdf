//! Parameters: declared once per module, and from that declaration validated, described (`action=paraminfo`) and
//! documented (`action=help`).

mod read;
mod spec;

pub(crate) use read::{
    FromValue, ITEMS, ITEMS_HIGH, Uploaded, VALUES, VALUES_HIGH, Value, Values, prepare, read,
    read_with_prefix,
};
pub(crate) use spec::{
    Bound, Kind, Spec, boolean, choice, integer, limit, limit_if_given, namespace, submodules, tags, target,
    text, timestamp, token, upload, user, watchlist, watchlist_expiry,
};

/// Declares a module's parameters: a struct with a typed field for each, its table of [`Spec`]s, and how the fields
/// are filled. The doc comments are the parameters' documentation.
///
/// ```text
/// params! {
///     /// Name that the file gets.
///     filename: Option<String> = text();
///     /// Go on in spite of warnings.
///     ignorewarnings: bool = boolean();
/// }
/// ```
macro_rules! params {
    ($($(#[doc = $doc:literal])+ $field:ident : $type:ty = $spec:expr;)*) => {
        /// The module's parameters.
        #[allow(
            dead_code,
            clippy::allow_attributes,
            reason = "a field declares its parameter, to be validated and described, even where the module ignores it"
        )]
        pub(crate) struct Params {
            $($(#[doc = $doc])+ pub(crate) $field: $type,)*
        }

        impl Params {
            /// The declaration.
            pub(crate) const SPECS: &'static [$crate::params::Spec] =
                &[$($spec.declared(stringify!($field), concat!($($doc),+)),)*];

            /// Takes the fields out of validated values.
            #[allow(unused_variables, unused_mut, clippy::allow_attributes, reason = "a module may have no parameters")]
            pub(crate) fn bind(mut values: $crate::params::Values) -> Self {
                Self {
                    $($field: $crate::params::FromValue::from_value(
                        values.take($spec.declared(stringify!($field), "").name)),)*
                }
            }
        }
    };
}
pub(crate) use params;
