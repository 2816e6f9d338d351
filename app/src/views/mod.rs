//! Views that the page and the lazily loaded chunks both render. They know neither of the two.

mod formatted_text;
mod reactions;

pub use self::{
    formatted_text::FormattedText,
    reactions::{Reactions, reactor_names},
};
