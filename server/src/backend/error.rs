/// The result of a backend's work.
pub type Result<T> = std::result::Result<T, Error>;

/// Why a backend could not do what it was asked.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    /// The store or relay cannot be reached, or did not answer in time. What was asked may or may not have been done.
    #[error("the backend is unavailable: {0}")]
    Unavailable(String),
    /// What the store holds is not what was put there.
    #[error("the backend holds something unreadable: {0}")]
    Corrupt(String),
}
