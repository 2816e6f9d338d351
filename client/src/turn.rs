use protocol::ClientFrame;

use crate::{Change, Context, Effect};

/// The code of our own closes.
const NORMAL: u16 = 1000;

/// One input while it is worked out: when it came, and what it leads to so far.
pub(crate) struct Turn {
    pub(crate) now: u64,
    pub(crate) random: f64,
    /// The largest frame that the server accepts, in bytes.
    pub(crate) frame_limit: usize,
    /// The socket on which something is said.
    pub(crate) socket: u32,
    effects: Vec<Effect>,
    /// In their order, each once.
    changes: Vec<Change>,
}

impl Turn {
    pub(crate) fn new(moment: Context, frame_limit: usize, socket: u32) -> Self {
        let (now, random) = (moment.now, moment.random);
        Self { now, random, frame_limit, socket, effects: Vec::new(), changes: Vec::new() }
    }

    pub(crate) fn transmit(&mut self, frame: &ClientFrame) {
        self.transmit_text(frame.encode());
    }

    pub(crate) fn transmit_text(&mut self, text: String) {
        self.effect(Effect::Transmit { socket: self.socket, text });
    }

    /// Lets go of a socket.
    pub(crate) fn close(&mut self, socket: u32) {
        self.effect(Effect::Close { socket, code: NORMAL });
    }

    pub(crate) fn effect(&mut self, effect: Effect) {
        self.effects.push(effect);
    }

    pub(crate) fn changed(&mut self, change: Change) {
        if let Err(place) = self.changes.binary_search(&change) {
            self.changes.insert(place, change);
        }
    }

    /// What is to be done first, then what is to be drawn.
    pub(crate) fn into_effects(self) -> Vec<Effect> {
        let mut effects = self.effects;
        effects.extend(self.changes.into_iter().map(Effect::Changed));
        effects
    }

    /// A wait of a second and a bit, for requests that are refused for now with no word about when.
    pub(crate) fn soon(&self) -> u64 {
        self.now.saturating_add(1_000).saturating_add((self.random * 1_000.0) as u64)
    }
}
