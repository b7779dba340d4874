//! Go's semantics, said once: text and floats as Go writes them, its values and its `fmt` verbs, its templates.

mod float;
pub(crate) mod json;
mod printf;
pub(crate) mod template;
pub(crate) mod text;
pub(crate) mod value;
