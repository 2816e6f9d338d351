//! Who said what in one room and who heard it: each member must hear each message once, all in the same order.

use anyhow::{bail, ensure};

use crate::stamp::Stamp;

/// The account of one room.
#[derive(Debug)]
pub struct Ledger {
    /// Messages sent and acknowledged, by sender.
    sent: Vec<u32>,
    acknowledged: Vec<u32>,
    members: Vec<Member>,
}

#[derive(Clone, Debug)]
struct Member {
    /// Messages heard, by sender.
    heard: Vec<u32>,
    /// A digest of the order in which they came.
    order: u64,
}

impl Ledger {
    /// A room where nothing was said. The first `senders` of its `members` speak.
    pub fn new(members: usize, senders: usize) -> Self {
        let member = Member { heard: vec![0; senders], order: 0 };
        Self { sent: vec![0; senders], acknowledged: vec![0; senders], members: vec![member; members] }
    }

    /// The number of the message that `sender` sends now.
    pub fn send(&mut self, sender: u16) -> u32 {
        let sent = &mut self.sent[usize::from(sender)];
        *sent += 1;
        *sent - 1
    }

    /// The server has acknowledged one of the sender's messages.
    pub fn acknowledge(&mut self, sender: u16) {
        self.acknowledged[usize::from(sender)] += 1;
    }

    /// A member has heard a message. Fails unless it is the next one of its sender: none missing, none twice.
    pub fn hear(&mut self, member: usize, stamp: Stamp) -> anyhow::Result<()> {
        let Stamp { sender, count, .. } = stamp;
        let member = &mut self.members[member];
        let Some(heard) = member.heard.get_mut(usize::from(sender)) else { bail!("a message of nobody: {stamp:?}") };
        ensure!(
            *heard == count,
            "message {count} of sender {sender} came where {heard} was due: lost, twice or out of order"
        );
        *heard += 1;
        // FNV-1a, a word at a time.
        member.order = (member.order ^ (u64::from(sender) << 32 | u64::from(count))).wrapping_mul(0x0100_0000_01b3);
        Ok(())
    }

    /// Whether everything that was sent is acknowledged and was heard by all.
    pub fn is_settled(&self) -> bool {
        self.acknowledged == self.sent && self.members.iter().all(|member| member.heard == self.sent)
    }

    /// Fails unless the room is settled and all members saw one order.
    pub fn check(&self) -> anyhow::Result<()> {
        let sum = |counts: &[u32]| counts.iter().map(|count| u64::from(*count)).sum::<u64>();
        let (sent, acknowledged) = (sum(&self.sent), sum(&self.acknowledged));
        ensure!(acknowledged == sent, "of {sent} messages {acknowledged} are acknowledged");
        for (number, member) in self.members.iter().enumerate() {
            let heard = sum(&member.heard);
            ensure!(member.heard == self.sent, "member {number} got {heard} of {sent} messages");
            ensure!(member.order == self.members[0].order, "members 0 and {number} saw different orders");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stamp(sender: u16, count: u32) -> Stamp {
        Stamp { sender, count, at: 0 }
    }

    /// Two senders say one thing each; what each of the two members hears is given.
    fn room(heard: [&[Stamp]; 2]) -> anyhow::Result<Ledger> {
        let mut ledger = Ledger::new(2, 2);
        for sender in 0..2 {
            assert_eq!(ledger.send(sender), 0);
            ledger.acknowledge(sender);
        }
        for (member, stamps) in heard.into_iter().enumerate() {
            stamps.iter().try_for_each(|stamp| ledger.hear(member, *stamp))?;
        }
        Ok(ledger)
    }

    #[test]
    fn everybody_hears_everything_in_one_order() {
        let both = [stamp(1, 0), stamp(0, 0)];
        let ledger = room([&both, &both]).unwrap();
        assert!(ledger.is_settled());
        ledger.check().unwrap();
    }

    #[test]
    fn a_message_that_is_lost_or_comes_twice_is_noticed() {
        let both = [stamp(0, 0), stamp(1, 0)];
        let lost = room([&both, &both[..1]]).unwrap();
        assert!(!lost.is_settled());
        assert!(lost.check().unwrap_err().to_string().contains("member 1 got 1 of 2"));
        for wrong in [stamp(0, 0), stamp(0, 2), stamp(2, 0)] {
            assert!(room([&[stamp(0, 0), wrong], &[]]).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn two_orders_are_noticed() {
        let ledger = room([&[stamp(0, 0), stamp(1, 0)], &[stamp(1, 0), stamp(0, 0)]]).unwrap();
        assert!(ledger.check().unwrap_err().to_string().contains("different orders"));
    }

    #[test]
    fn a_message_without_acknowledgement_is_noticed() {
        let mut ledger = Ledger::new(1, 1);
        let count = ledger.send(0);
        ledger.hear(0, stamp(0, count)).unwrap();
        assert!(!ledger.is_settled());
        assert!(ledger.check().is_err());
    }
}
