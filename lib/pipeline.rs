//! The wrapper's chain of processes.
