//! What a reader has chosen: a language and a theme.

pub use crate::text::Language;

impl Language {
    /// The language with exactly this tag.
    #[must_use]
    pub fn from_tag(tag: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|language| language.tag() == tag)
    }

    /// The language for a reader of `tag`: of the same region if there is one, otherwise of another region.
    #[must_use]
    pub fn closest_to(tag: &str) -> Option<Self> {
        let base = |tag: &str| tag.split('-').next().unwrap_or_default().to_ascii_lowercase();
        let same_tag = Self::ALL.into_iter().find(|language| language.tag().eq_ignore_ascii_case(tag));
        same_tag.or_else(|| Self::ALL.into_iter().find(|language| base(language.tag()) == base(tag)))
    }
}

/// Light or dark.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// The system's.
    #[default]
    System,
    /// Always light.
    Light,
    /// Always dark.
    Dark,
}

impl Theme {
    /// The theme's name in cookies, forms and style sheets; `None` for the system's.
    #[must_use]
    pub const fn name(self) -> Option<&'static str> {
        match self {
            Self::System => None,
            Self::Light => Some("light"),
            Self::Dark => Some("dark"),
        }
    }

    /// The theme with this name, or the system's.
    #[must_use]
    pub fn from_name(name: &str) -> Self {
        [Self::Light, Self::Dark].into_iter().find(|theme| theme.name() == Some(name)).unwrap_or_default()
    }
}

/// The preferences that apply to a page.
#[derive(Clone, Copy, Debug)]
pub struct Preferences {
    /// The language that the reader chose. Without one, `language` comes from `Accept-Language`.
    pub chosen: Option<Language>,
    /// The language of the page.
    pub language: Language,
    /// The theme of the page.
    pub theme: Theme,
}
