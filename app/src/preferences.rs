//! What a reader has chosen for themselves: a language and a theme.

/// A language that Sala speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// English, which is also for whoever reads none of the others.
    English,
    /// Portuguese as in Brazil.
    Portuguese,
    /// Spanish.
    Spanish,
}

impl Language {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::English, Self::Portuguese, Self::Spanish];

    /// Its tag (BCP 47).
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Portuguese => "pt-BR",
            Self::Spanish => "es",
        }
    }

    /// What it calls itself.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::Portuguese => "Português (Brasil)",
            Self::Spanish => "Español",
        }
    }

    /// The one with this very tag.
    #[must_use]
    pub fn tagged(tag: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|language| language.tag() == tag)
    }

    /// The one for somebody who reads what a tag names, which may be of another region.
    #[must_use]
    pub fn understood(tag: &str) -> Option<Self> {
        let base = |tag: &str| tag.split('-').next().unwrap_or_default().to_ascii_lowercase();
        Self::ALL.into_iter().find(|language| base(language.tag()) == base(tag))
    }
}

/// Light or dark.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// As the reader's system is.
    #[default]
    System,
    /// Always light.
    Light,
    /// Always dark.
    Dark,
}

impl Theme {
    /// What it is called in cookies, forms and style sheets; `None` where there is nothing to say.
    #[must_use]
    pub const fn name(self) -> Option<&'static str> {
        match self {
            Self::System => None,
            Self::Light => Some("light"),
            Self::Dark => Some("dark"),
        }
    }

    /// The one with this name; any other name is the system's.
    #[must_use]
    pub fn named(name: &str) -> Self {
        [Self::Light, Self::Dark].into_iter().find(|theme| theme.name() == Some(name)).unwrap_or_default()
    }
}

/// How a page is to be shown to its reader.
#[derive(Clone, Copy, Debug)]
pub struct Preferences {
    /// The language that the reader chose; without one the browser's is.
    pub chosen: Option<Language>,
    /// The language of the page.
    pub language: Language,
    /// Its theme.
    pub theme: Theme,
}
