//! Locking a mutex, even after a panic.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks a mutex. One that was poisoned is locked too: every value behind a mutex here is valid after each statement.
pub(crate) fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
