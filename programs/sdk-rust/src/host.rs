// SPDX-License-Identifier: MIT
//! The raw imports. Every pointer is to readable or writable memory of the length beside it.

#[link(wasm_import_module = "nexus")]
extern "C" {
    pub fn storage_get(key: *const u8, key_len: u32, buf: *mut u8, capacity: u32) -> i32;
    pub fn storage_set(key: *const u8, key_len: u32, value: *const u8, value_len: u32);
    pub fn storage_delete(key: *const u8, key_len: u32) -> i32;
    pub fn storage_scan(
        from: *const u8,
        from_len: u32,
        to: *const u8,
        to_len: u32,
        order: u32,
        buf: *mut u8,
        capacity: u32,
    ) -> i32;
    pub fn event_context(buf: *mut u8, capacity: u32) -> i32;
    pub fn outbound_call(chain_id: u64, target: *const u8, gas_limit: u32, data: *const u8, data_len: u32);
    pub fn randomness(buf: *mut u8);
}

/// What a call gives that fills a buffer: it answers with the size of what it has, or a negative number for nothing, and
/// writes only when the buffer is large enough.
pub fn filled(call: impl Fn(*mut u8, u32) -> i32) -> Option<Vec<u8>> {
    let mut buffer = vec![0; 256];
    loop {
        let size = usize::try_from(call(buffer.as_mut_ptr(), buffer.len() as u32)).ok()?;
        let fits = size <= buffer.len();
        buffer.resize(size, 0);
        if fits {
            return Some(buffer);
        }
    }
}
