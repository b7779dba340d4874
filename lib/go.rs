//! Go's semantics, said once: text and floats as Go writes them, its `fmt` verbs, its values, its templates.

pub(crate) mod float;
mod json;
mod printf;
pub(crate) mod template;
pub(crate) mod text;
mod value;
