//! What every engine has to do, as a suite that can be run on any.
