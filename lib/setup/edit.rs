//! Changes the user's YAML files and leaves every other byte as it is: comments, order, quotes, line ends.
//!
//! No YAML writer keeps these, so a file is edited as lines. The result is read again and must hold what the file
//! held before and the one change, or nothing is changed: a form of YAML that this does not understand is refused
//! and never damaged.

mod entry;
mod key;
mod lines;

pub use entry::map;
pub use key::set;
