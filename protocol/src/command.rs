use crate::{Error, check_emoji, check_text};

/// What a person asks for in a room, to be stored as an [`Event`](crate::Event).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Sends a message.
    Send {
        /// The text of the message.
        text: String,
        /// The message that it replies to.
        reply_to: Option<MessageRef>,
    },
    /// Replaces the text of a message of the person's own.
    Edit {
        /// The message.
        target: MessageRef,
        /// The new text.
        text: String,
    },
    /// Deletes a message of the person's own, for good.
    Delete {
        /// The message.
        target: MessageRef,
    },
    /// Adds the person's reaction to a message, or removes it.
    React {
        /// The message.
        target: MessageRef,
        /// The emoji; see [`check_emoji`].
        emoji: String,
        /// True to add the reaction, false to remove it.
        on: bool,
    },
}

/// Refers to a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageRef {
    /// The `seq` of the message.
    pub seq: u64,
    /// The `uid` of the message. After a loss of history another event can have the same `seq`, but not the same `uid`.
    /// Without it, `seq` alone decides.
    pub uid: Option<String>,
}

impl From<u64> for MessageRef {
    fn from(seq: u64) -> Self {
        Self { seq, uid: None }
    }
}

impl Command {
    /// Sends a message that replies to none.
    pub fn send(text: impl Into<String>) -> Self {
        Self::Send { text: text.into(), reply_to: None }
    }

    /// The `type` of the frame that carries the command, which is also the `re` of its refusal.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Send { .. } => "send",
            Self::Edit { .. } => "edit",
            Self::Delete { .. } => "delete",
            Self::React { .. } => "react",
        }
    }

    /// The text that the person wrote, if the command has one.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Send { text, .. } | Self::Edit { text, .. } => Some(text),
            Self::Delete { .. } | Self::React { .. } => None,
        }
    }

    /// The message that the command changes. `None` for [`Command::Send`], which changes none.
    #[must_use]
    pub const fn target(&self) -> Option<&MessageRef> {
        match self {
            Self::Send { .. } => None,
            Self::Edit { target, .. } | Self::Delete { target } | Self::React { target, .. } => Some(target),
        }
    }

    /// The message that the command refers to: its target, or what it replies to.
    #[must_use]
    pub const fn reference(&self) -> Option<&MessageRef> {
        match self {
            Self::Send { reply_to, .. } => reply_to.as_ref(),
            Self::Edit { target, .. } | Self::Delete { target } | Self::React { target, .. } => Some(target),
        }
    }

    /// The same as [`Self::reference`], to be changed.
    pub const fn reference_mut(&mut self) -> Option<&mut MessageRef> {
        match self {
            Self::Send { reply_to, .. } => reply_to.as_mut(),
            Self::Edit { target, .. } | Self::Delete { target } | Self::React { target, .. } => Some(target),
        }
    }

    /// Checks the text or the emoji.
    ///
    /// # Errors
    /// `text_empty`, `text_too_long`, or `bad_frame` for something that is no emoji.
    pub fn check(&self) -> Result<(), Error> {
        match self {
            Self::Send { text, .. } | Self::Edit { text, .. } => check_text(text),
            Self::Delete { .. } => Ok(()),
            Self::React { emoji, .. } => check_emoji(emoji),
        }
    }
}
