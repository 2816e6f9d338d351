//! Views that components and lazily loaded chunks both render. This module depends on neither.

mod formatted_text;
mod reactions;

pub use self::{
    formatted_text::FormattedText,
    reactions::{Reactions, reactor_names},
};
