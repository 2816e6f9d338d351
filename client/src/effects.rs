use protocol::ClientFrame;

use crate::{Context, Effect, StateChange};

/// The close code that the client sends.
const NORMAL: u16 = 1000;

/// The context of the input that is being handled, and its effects so far.
pub(crate) struct Effects {
    pub(crate) now: u64,
    pub(crate) random: f64,
    /// The largest frame that the server accepts, in bytes.
    pub(crate) frame_limit: usize,
    /// The socket to send on.
    pub(crate) socket: u32,
    effects: Vec<Effect>,
    /// Sorted and without duplicates.
    changes: Vec<StateChange>,
}

impl Effects {
    pub(crate) fn new(context: Context, frame_limit: usize, socket: u32) -> Self {
        let (now, random) = (context.now, context.random);
        Self { now, random, frame_limit, socket, effects: Vec::new(), changes: Vec::new() }
    }

    pub(crate) fn transmit(&mut self, frame: &ClientFrame) {
        self.transmit_text(frame.encode());
    }

    pub(crate) fn transmit_text(&mut self, text: String) {
        self.push(Effect::Transmit { socket: self.socket, text });
    }

    /// Closes a socket.
    pub(crate) fn close(&mut self, socket: u32) {
        self.push(Effect::Close { socket, code: NORMAL });
    }

    pub(crate) fn push(&mut self, effect: Effect) {
        self.effects.push(effect);
    }

    pub(crate) fn changed(&mut self, change: StateChange) {
        if let Err(place) = self.changes.binary_search(&change) {
            self.changes.insert(place, change);
        }
    }

    /// Returns the effects, followed by the changes.
    pub(crate) fn into_vec(self) -> Vec<Effect> {
        let mut effects = self.effects;
        effects.extend(self.changes.into_iter().map(Effect::Changed));
        effects
    }

    /// When to repeat a request that was refused temporarily without a delay: in one to two seconds.
    pub(crate) fn retry_time(&self) -> u64 {
        self.now.saturating_add(1_000).saturating_add((self.random * 1_000.0) as u64)
    }
}
