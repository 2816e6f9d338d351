//! The defences that `script/chaos --prove` takes out, one in each run, to see that the fault suite notices. Only a build with
//! the feature `undefended` can do that; in a release all of them stand, and nothing of the switch is left.

/// What stands between a fault and the people. With the feature, `SALA_WITHOUT` names the one that is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Defence {
    /// `chain`: an event is known by its name and the name before it, not by its number alone, and a history that steps back
    /// is another history.
    Chain,
    /// `silence`: heads are compared every few seconds, and when signals may have been missed.
    Silence,
    /// `ids`: the same author and id again get the first answer.
    Ids,
    /// `rotation`: clients are asked to change sockets before the platform cuts them.
    Rotation,
}

#[cfg(not(feature = "undefended"))]
pub const fn stands(_: Defence) -> bool {
    true
}

#[cfg(feature = "undefended")]
pub fn stands(defence: Defence) -> bool {
    static MISSING: std::sync::LazyLock<Option<Defence>> = std::sync::LazyLock::new(|| {
        let name = std::env::var("SALA_WITHOUT").ok()?;
        tracing::warn!("built to be broken: {name} is missing");
        Some(match name.as_str() {
            "chain" => Defence::Chain,
            "silence" => Defence::Silence,
            "ids" => Defence::Ids,
            "rotation" => Defence::Rotation,
            other => panic!("SALA_WITHOUT={other} is no defence: chain, silence, ids or rotation"),
        })
    });
    *MISSING != Some(defence)
}

/// Whether two names are of one event.
pub fn same(name: &str, other: &str) -> bool {
    name == other || !stands(Defence::Chain)
}
