// SPDX-License-Identifier: MIT
//! The Solidity ABI for the static types that programs need most: a value is one word of 32 bytes, big-endian.

/// A word: `uint256`, or anything that fits into one.
pub type Word = [u8; 32];

/// The words that `bytes` consists of, or none when it is not a whole number of words.
pub fn words(bytes: &[u8]) -> Option<Vec<Word>> {
    if bytes.len() % 32 != 0 {
        return None;
    }
    Some(bytes.chunks_exact(32).map(|chunk| chunk.try_into().expect("a chunk of 32")).collect())
}

/// `abi.encode` of an unsigned integer of at most 128 bits.
pub fn encode_u128(value: u128) -> Word {
    let mut word = [0; 32];
    word[16..].copy_from_slice(&value.to_be_bytes());
    word
}

/// The unsigned integer in a word, unless it takes more than 128 bits.
pub fn decode_u128(word: &Word) -> Option<u128> {
    let (high, low) = word.split_at(16);
    if high.iter().any(|&byte| byte != 0) {
        return None;
    }
    Some(u128::from_be_bytes(low.try_into().expect("half a word")))
}

/// The unsigned integer in a word, unless it takes more than 64 bits.
pub fn decode_u64(word: &Word) -> Option<u64> {
    decode_u128(word)?.try_into().ok()
}

/// The `address` in a word, unless the word holds more.
pub fn decode_address(word: &Word) -> Option<[u8; 20]> {
    let (high, low) = word.split_at(12);
    if high.iter().any(|&byte| byte != 0) {
        return None;
    }
    low.try_into().ok()
}
