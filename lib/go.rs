//! What kubectl's output takes from Go: its text and floats, its values and the verbs of its `fmt`, its templates.

mod float;
pub(crate) mod json;
mod printf;
pub(crate) mod template;
pub(crate) mod text;
pub(crate) mod value;
