//! Random waits, so that many clients do not all come back at once.

use std::hash::{BuildHasher, RandomState};

/// Returns a random number from 0 to 1. The standard library keeps its own randomness for hash maps; this needs no better.
#[expect(
    clippy::cast_precision_loss,
    reason = "a wait need not be exact to the last of 53 bits"
)]
pub(crate) fn random_fraction() -> f64 {
    let bits = RandomState::new().hash_one(()) >> 11;
    bits as f64 / (1_u64 << 53) as f64
}
