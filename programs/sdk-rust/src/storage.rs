// SPDX-License-Identifier: MIT
//! The program's storage: bytes under keys, kept from run to run, seen by no other program.
//!
//! Keys are 1 to 256 bytes, values 0 to 65,536; breaking a limit ends the run. Writes take effect only if the run succeeds.

use crate::host;

/// The value at `key`, if there is one.
pub fn get(key: &[u8]) -> Option<Vec<u8>> {
    host::filled(|buf, capacity| unsafe { host::storage_get(key.as_ptr(), key.len() as u32, buf, capacity) })
}

/// Stores `value` at `key`, in the place of what was there.
pub fn set(key: &[u8], value: &[u8]) {
    unsafe { host::storage_set(key.as_ptr(), key.len() as u32, value.as_ptr(), value.len() as u32) }
}

/// Removes what is at `key`; true when there was something.
pub fn delete(key: &[u8]) -> bool {
    unsafe { host::storage_delete(key.as_ptr(), key.len() as u32) == 1 }
}

/// All entries whose key begins with `prefix`, in order of their keys. `.rev()` goes from the last to the first.
pub fn scan_prefix(prefix: &[u8]) -> Scan {
    let mut end = prefix.to_vec();
    while end.last() == Some(&0xff) {
        end.pop();
    }
    if let Some(last) = end.last_mut() {
        *last += 1;
    }
    scan(prefix, &end)
}

/// All entries with `from` ≤ key < `to`, in order of their keys, compared as bytes. An empty `to` sets no upper end.
pub fn scan(from: &[u8], to: &[u8]) -> Scan {
    Scan { from: from.to_vec(), to: to.to_vec(), finished: false }
}

/// An iterator over keys and values. Entries may be written while it goes on.
pub struct Scan {
    from: Vec<u8>,
    to: Vec<u8>,
    finished: bool,
}

type Entry = (Vec<u8>, Vec<u8>);

impl Scan {
    fn step(&mut self, order: u32) -> Option<Entry> {
        if self.finished {
            return None;
        }
        let entry = host::filled(|buf, capacity| unsafe {
            host::storage_scan(
                self.from.as_ptr(),
                self.from.len() as u32,
                self.to.as_ptr(),
                self.to.len() as u32,
                order,
                buf,
                capacity,
            )
        });
        self.finished = entry.is_none();
        let mut entry = entry?;
        let mut key = entry.split_off(4);
        let length = u32::from_le_bytes([entry[0], entry[1], entry[2], entry[3]]) as usize;
        let value = key.split_off(length);
        Some((key, value))
    }
}

impl Iterator for Scan {
    type Item = Entry;

    fn next(&mut self) -> Option<Entry> {
        let entry = self.step(0)?;
        self.from.clear();
        self.from.extend_from_slice(&entry.0);
        self.from.push(0);
        Some(entry)
    }
}

impl DoubleEndedIterator for Scan {
    fn next_back(&mut self) -> Option<Entry> {
        let entry = self.step(1)?;
        self.to.clear();
        self.to.extend_from_slice(&entry.0);
        Some(entry)
    }
}
