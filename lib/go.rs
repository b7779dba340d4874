//! Go's semantics, as far as kubectl's output shows them: text and floats, values and the verbs of `fmt`, templates.

mod float;
pub(crate) mod json;
mod printf;
pub(crate) mod template;
pub(crate) mod text;
pub(crate) mod value;
