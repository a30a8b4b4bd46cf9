// SPDX-License-Identifier: MIT
//! Keccak-256 as Ethereum has it: Keccak[c = 512] with the padding 0x01, and not the 0x06 of SHA-3 (FIPS 202).

/// Bytes that are absorbed at a time: 1,600 bits less the capacity of 512.
const RATE: usize = 136;

/// ι, one a round (FIPS 202, section 3.2.5).
const ROUND_CONSTANTS: [u64; 24] = [
    0x0000000000000001,
    0x0000000000008082,
    0x800000000000808a,
    0x8000000080008000,
    0x000000000000808b,
    0x0000000080000001,
    0x8000000080008081,
    0x8000000000008009,
    0x000000000000008a,
    0x0000000000000088,
    0x0000000080008009,
    0x000000008000000a,
    0x000000008000808b,
    0x800000000000008b,
    0x8000000000008089,
    0x8000000000008003,
    0x8000000000008002,
    0x8000000000000080,
    0x000000000000800a,
    0x800000008000000a,
    0x8000000080008081,
    0x8000000000008080,
    0x0000000080000001,
    0x8000000080008008,
];

fn permute(a: &mut [u64; 25]) {
    for constant in ROUND_CONSTANTS {
        // θ
        let mut c = [0; 5];
        for x in 0..5 {
            c[x] = a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20];
        }
        for x in 0..5 {
            let d = c[(x + 4) % 5] ^ c[(x + 1) % 5].rotate_left(1);
            for y in 0..5 {
                a[x + 5 * y] ^= d;
            }
        }
        // ρ and π: along the one path that goes through all lanes but the first
        let (mut x, mut y, mut lane) = (1, 0, a[1]);
        for t in 0..24 {
            let (next_x, next_y) = (y, (2 * x + 3 * y) % 5);
            let moved = lane.rotate_left((t + 1) * (t + 2) / 2 % 64);
            lane = std::mem::replace(&mut a[next_x + 5 * next_y], moved);
            x = next_x;
            y = next_y;
        }
        // χ
        for row in a.chunks_exact_mut(5) {
            let old = [row[0], row[1], row[2], row[3], row[4]];
            for x in 0..5 {
                row[x] = old[x] ^ (!old[(x + 1) % 5] & old[(x + 2) % 5]);
            }
        }
        a[0] ^= constant;
    }
}

fn absorb(state: &mut [u64; 25], block: &[u8]) {
    for (lane, bytes) in state.iter_mut().zip(block.chunks_exact(8)) {
        *lane ^= u64::from_le_bytes(bytes.try_into().expect("eight bytes"));
    }
    permute(state);
}

pub fn keccak256(message: &[u8]) -> [u8; 32] {
    let mut state = [0; 25];
    let blocks = message.chunks_exact(RATE);
    let rest = blocks.remainder();
    for block in blocks {
        absorb(&mut state, block);
    }
    let mut last = [0; RATE];
    last[..rest.len()].copy_from_slice(rest);
    last[rest.len()] = 0x01;
    last[RATE - 1] |= 0x80;
    absorb(&mut state, &last);
    let mut hash = [0; 32];
    for (bytes, lane) in hash.chunks_exact_mut(8).zip(state) {
        bytes.copy_from_slice(&lane.to_le_bytes());
    }
    hash
}
