//! Changes the user's YAML files and leaves every other byte as it is: comments, order, quotes, line ends.
//!
//! No YAML writer keeps these, so a file is edited line by line. The result is then parsed, and must differ from the
//! former content by the one change. If it does not, the file is in a form of YAML that cannot be edited here: that is
//! an error, and nothing is written.

mod entry;
mod key;
mod lines;

pub use entry::map;
pub use key::set;
