//! The name of kubectl's template, and how deep templates nest.

/// kubectl's name for its template.
pub(super) const NAME: &str = "output";

/// The maximum depth of bodies and calls while a template runs. Go allows a hundred thousand calls, on a stack that
/// grows.
pub(super) const MAX_DEPTH: usize = 250;

/// The maximum depth of bodies and parentheses in a template's text.
pub(super) const MAX_NESTED: usize = 100;
