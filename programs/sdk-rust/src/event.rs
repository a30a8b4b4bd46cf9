// SPDX-License-Identifier: MIT
//! The event on a chain that caused this run.

use crate::host;

/// A log, and where and when it was emitted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    pub chain_id: u64,
    /// Block that holds the log.
    pub block_number: u64,
    /// That block's time, in Unix seconds.
    pub block_timestamp: u64,
    /// Height of the cloud's own block in which this run happens.
    pub height: u64,
    pub cloud_id: [u8; 32],
    /// keccak256 of the module that runs.
    pub program_id: [u8; 32],
    /// The contract that emitted the log: for a request, the gateway.
    pub emitter: [u8; 20],
    /// The contract that asked: for a request, the requester.
    pub caller: [u8; 20],
    pub topics: Vec<[u8; 32]>,
    pub data: Vec<u8>,
}

/// The event that caused this run.
pub fn current() -> Event {
    let bytes =
        host::filled(|buf, capacity| unsafe { host::event_context(buf, capacity) }).expect("every run has an event");
    let mut rest = Reader(&bytes);
    let mut event = Event {
        chain_id: u64::from_le_bytes(rest.take()),
        block_number: u64::from_le_bytes(rest.take()),
        block_timestamp: u64::from_le_bytes(rest.take()),
        height: u64::from_le_bytes(rest.take()),
        cloud_id: rest.take(),
        program_id: rest.take(),
        emitter: rest.take(),
        caller: rest.take(),
        topics: Vec::new(),
        data: Vec::new(),
    };
    for _ in 0..u32::from_le_bytes(rest.take()) {
        event.topics.push(rest.take());
    }
    let length = u32::from_le_bytes(rest.take()) as usize;
    event.data.extend_from_slice(&rest.0[..length]);
    event
}

struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn take<const N: usize>(&mut self) -> [u8; N] {
        let (head, tail) = self.0.split_at(N);
        self.0 = tail;
        head.try_into().expect("as long as asked for")
    }
}
