//! The name of kubectl's template, and how deep templates nest.

/// kubectl's name for its template.
pub(super) const NAME: &str = "output";

/// How deep bodies and calls of templates nest while they run. Go allows a hundred thousand calls, on a stack that grows.
pub(super) const MAX_DEPTH: usize = 250;

/// How deep bodies and parentheses nest as they are written.
pub(super) const MAX_NESTED: usize = 100;
