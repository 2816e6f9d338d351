//! Checks the deliveries of one room: each member receives each message once, and all receive them in the same order.

use anyhow::{bail, ensure};

use crate::latency_tag::LatencyTag;

/// What was sent and received in one room.
#[derive(Debug)]
pub struct DeliveryChecker {
    /// Messages sent, by sender.
    sent: Vec<u32>,
    /// Messages acknowledged, by sender.
    acknowledged: Vec<u32>,
    members: Vec<Receipts>,
}

/// What one member received.
#[derive(Clone, Debug)]
struct Receipts {
    /// Messages received, by sender.
    received: Vec<u32>,
    /// A digest of the order in which they arrived.
    order: u64,
}

impl DeliveryChecker {
    /// An empty room. The first `senders` of its `members` send.
    pub fn new(members: usize, senders: usize) -> Self {
        let receipts = Receipts { received: vec![0; senders], order: 0 };
        Self { sent: vec![0; senders], acknowledged: vec![0; senders], members: vec![receipts; members] }
    }

    /// Counts a message that is being sent, and returns how many its sender sent before.
    pub fn record_send(&mut self, sender: u16) -> u32 {
        let sent = &mut self.sent[usize::from(sender)];
        *sent += 1;
        *sent - 1
    }

    /// Counts an acknowledgement.
    pub fn record_acknowledgement(&mut self, sender: u16) {
        self.acknowledged[usize::from(sender)] += 1;
    }

    /// Counts a delivery. Fails unless it is the sender's next message: none is missing, none comes twice.
    pub fn record_delivery(&mut self, member: usize, tag: LatencyTag) -> anyhow::Result<()> {
        let LatencyTag { sender, index, .. } = tag;
        let receipts = &mut self.members[member];
        let Some(next) = receipts.received.get_mut(usize::from(sender)) else { bail!("unknown sender: {tag:?}") };
        ensure!(*next == index, "member {member} received message {index} of sender {sender} instead of {next}");
        *next += 1;
        // FNV-1a, one word at a time.
        receipts.order = (receipts.order ^ (u64::from(sender) << 32 | u64::from(index))).wrapping_mul(0x0100_0000_01b3);
        Ok(())
    }

    /// Whether everything sent is acknowledged and was received by all.
    pub fn is_complete(&self) -> bool {
        self.acknowledged == self.sent && self.members.iter().all(|member| member.received == self.sent)
    }

    /// Fails unless everything is complete and all members saw one order.
    pub fn check(&self) -> anyhow::Result<()> {
        let sum = |counts: &[u32]| counts.iter().map(|count| u64::from(*count)).sum::<u64>();
        let (sent, acknowledged) = (sum(&self.sent), sum(&self.acknowledged));
        ensure!(acknowledged == sent, "{acknowledged} of {sent} messages are acknowledged");
        for (index, member) in self.members.iter().enumerate() {
            let received = sum(&member.received);
            ensure!(member.received == self.sent, "member {index} received {received} of {sent} messages");
            ensure!(member.order == self.members[0].order, "members 0 and {index} saw different orders");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tag(sender: u16, index: u32) -> LatencyTag {
        LatencyTag { sender, index, sent_at: 0 }
    }

    /// Two senders send one message each; `received` says what each of the two members receives.
    fn room(received: [&[LatencyTag]; 2]) -> anyhow::Result<DeliveryChecker> {
        let mut checker = DeliveryChecker::new(2, 2);
        for sender in 0..2 {
            assert_eq!(checker.record_send(sender), 0);
            checker.record_acknowledgement(sender);
        }
        for (member, tags) in received.into_iter().enumerate() {
            tags.iter().try_for_each(|tag| checker.record_delivery(member, *tag))?;
        }
        Ok(checker)
    }

    #[test]
    fn accepts_everything_once_in_one_order() {
        let both = [tag(1, 0), tag(0, 0)];
        let checker = room([&both, &both]).unwrap();
        assert!(checker.is_complete());
        checker.check().unwrap();
    }

    #[test]
    fn rejects_a_message_that_is_lost_or_comes_twice() {
        let both = [tag(0, 0), tag(1, 0)];
        let lost = room([&both, &both[..1]]).unwrap();
        assert!(!lost.is_complete());
        assert!(lost.check().unwrap_err().to_string().contains("member 1 received 1 of 2"));
        for wrong in [tag(0, 0), tag(0, 2), tag(2, 0)] {
            assert!(room([&[tag(0, 0), wrong], &[]]).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn rejects_two_orders() {
        let checker = room([&[tag(0, 0), tag(1, 0)], &[tag(1, 0), tag(0, 0)]]).unwrap();
        assert!(checker.check().unwrap_err().to_string().contains("different orders"));
    }

    #[test]
    fn rejects_a_message_without_acknowledgement() {
        let mut checker = DeliveryChecker::new(1, 1);
        let index = checker.record_send(0);
        checker.record_delivery(0, tag(0, index)).unwrap();
        assert!(!checker.is_complete());
        assert!(checker.check().is_err());
    }
}
