//! The pages, one per file.

#[cfg(feature = "ssr")]
pub mod error;
pub mod room;
#[cfg(feature = "ssr")]
pub mod settings;
#[cfg(feature = "ssr")]
pub mod sign_in;
