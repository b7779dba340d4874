//! From an output format to the records that a verb has to write for it.

use super::flags::OutputName;
use crate::exec::want::Want;

/// Returns the kind of records that a format needs.
pub fn want(output: Option<&OutputName>) -> Want {
    match output {
        Some(OutputName::Wide) => Want::WideRows,
        Some(OutputName::Plain(output)) if output.needs_objects() => Want::Objects,
        _ => Want::Rows,
    }
}
