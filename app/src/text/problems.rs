use client::FailureReason;
#[cfg(feature = "ssr")]
use leptos_i18n::td_string;
use protocol::{NameProblem, RefusalCode, limits};

use super::words::{Words, number};
#[cfg(feature = "ssr")]
use crate::{i18n::Locale, preferences::Language};

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
            FailureReason::Told(words) => words,
            FailureReason::Crowded => self.crowded(),
            FailureReason::TooLarge => self.too_large(),
            FailureReason::Lost => self.lost(),
            FailureReason::Gone => self.gone(),
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

#[cfg(feature = "ssr")]
impl From<Language> for Locale {
    fn from(language: Language) -> Self {
        match language {
            Language::English => Self::en,
            Language::Portuguese => Self::pt_BR,
            Language::Spanish => Self::es,
        }
    }
}

/// Why a name is not valid for a person.
#[cfg(feature = "ssr")]
pub fn user_name_problem(problem: NameProblem, locale: Locale) -> String {
    match problem {
        NameProblem::Missing => td_string!(locale, pages.name_missing).to_owned(),
        NameProblem::TooLong => td_string!(locale, pages.name_too_long, longest = limits::USER_NAME).to_string(),
        NameProblem::Unshowable => td_string!(locale, pages.name_unshowable).to_owned(),
    }
}
