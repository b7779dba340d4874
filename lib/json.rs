//! JSON text that is read without copying it: as tokens, as the members of an object, and as a tree.

mod scan;
mod tokens;
mod tree;

pub(crate) use scan::{
    Members, Unusual, has_control, plain_string, quote_or_backslash, string_end, value_end,
};
pub(crate) use tokens::{Bracket, Token, Tokens, text_of, unquote};
pub(crate) use tree::NodeType;
pub use tree::{Elements, Tree, TreeNode};
