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
    pub fn outbound_call(chain_id: u64, target: *const u8, gas_limit: u32, data: *const u8, data_len: u32) -> i32;
    pub fn randomness(buf: *mut u8);
}

#[link(wasm_import_module = "wasi_snapshot_preview1")]
extern "C" {
    fn fd_read(descriptor: u32, vectors: *const Vector, count: u32, size: *mut u32) -> u32;
}

/// WASI's `iovec`.
#[repr(C)]
struct Vector {
    buffer: *mut u8,
    size: u32,
}

/// The descriptor of the private input.
pub const PRIVATE_INPUT: u32 = 3;

/// Reads from a descriptor. The standard library would take it only as one that this crate may close.
///
/// Panics when the host has no such descriptor. Returns how many bytes there were, 0 at the end.
pub fn read(descriptor: u32, buffer: &mut [u8]) -> usize {
    let vector = Vector { buffer: buffer.as_mut_ptr(), size: buffer.len() as u32 };
    let mut size = 0;
    let failure = unsafe { fd_read(descriptor, &vector, 1, &mut size) };
    assert_eq!(failure, 0, "descriptor {descriptor} cannot be read");
    size as usize
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
