//! Sentences that only the server says.

use leptos_i18n::td_string;
use protocol::{NameProblem, limits};

use crate::{i18n::Locale, preferences::Language};

impl From<Language> for Locale {
    fn from(language: Language) -> Self {
        match language {
            Language::English => Self::en,
            Language::Portuguese => Self::pt_BR,
            Language::Spanish => Self::es,
        }
    }
}

/// What is wrong with the name of a person.
pub fn of_user(problem: NameProblem, locale: Locale) -> String {
    match problem {
        NameProblem::Missing => td_string!(locale, pages.name_missing).to_owned(),
        NameProblem::TooLong => td_string!(locale, pages.name_too_long, longest = limits::USER_NAME).to_string(),
        NameProblem::Unshowable => td_string!(locale, pages.name_unshowable).to_owned(),
    }
}
