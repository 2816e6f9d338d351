use client::FailureReason;
use protocol::{NameProblem, RefusalCode, limits};

#[cfg(feature = "ssr")]
use super::words::{Language, pages};
use super::words::{Words, number};

impl Words {
    /// Why a name is not valid for a room.
    pub fn room_name_problem(self, problem: NameProblem) -> String {
        match problem {
            NameProblem::Missing => self.room_missing().to_owned(),
            NameProblem::TooLong => self.room_too_long(&number(limits::ROOM_NAME as u64)),
            NameProblem::Unshowable => self.room_unshowable().to_owned(),
        }
    }

    /// Why a command or a join failed.
    pub fn failure_reason(self, reason: &FailureReason) -> String {
        let words = match reason {
            FailureReason::Refused(code) => return self.refusal(*code),
            FailureReason::Other(words) => words,
            FailureReason::OutboxFull => self.crowded(),
            FailureReason::TooLarge => self.too_large(),
            FailureReason::Lost => self.lost(),
            FailureReason::TargetGone => self.gone(),
        };
        words.to_owned()
    }

    /// Why the server refused something, in the reader's language; the text that crosses the socket is English.
    pub fn refusal(self, code: RefusalCode) -> String {
        let words = match code {
            RefusalCode::TextTooLong => return self.text_too_long(&number(limits::TEXT as u64)),
            RefusalCode::TextEmpty => self.text_empty(),
            RefusalCode::RateLimited => self.rate_limited(),
            RefusalCode::TooManyRooms => self.too_many_rooms(),
            RefusalCode::Unavailable | RefusalCode::NotJoined => self.unavailable(),
            RefusalCode::BadId => self.sent_before(),
            RefusalCode::Forbidden => self.forbidden(),
            RefusalCode::BadFrame | RefusalCode::BadRoom | RefusalCode::Unknown => self.refused(),
        };
        words.to_owned()
    }
}

/// Why a name is not valid for a person.
#[cfg(feature = "ssr")]
pub fn user_name_problem(problem: NameProblem, language: Language) -> String {
    match problem {
        NameProblem::Missing => pages::name_missing(language).to_owned(),
        NameProblem::TooLong => pages::name_too_long(language, &number(limits::USER_NAME as u64)),
        NameProblem::Unshowable => pages::name_unshowable(language).to_owned(),
    }
}
