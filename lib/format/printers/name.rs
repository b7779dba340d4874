//! `type/name`, one a line and led by the cluster's name and a tab; clusters themselves by name alone.
//!
//! Where clusters' names are shown, nothing in a name begins another line.

use crate::format::escape;
use crate::format::options::Options;
use std::io::{self, Write};

/// Writes one line.
pub(crate) fn write(
    options: &Options,
    output: &mut dyn Write,
    cluster: &str,
    type_: &str,
    name: &str,
) -> io::Result<()> {
    let fit = |text| escape::line(text, options);
    if options.show_cluster_column {
        write!(output, "{}\t", fit(cluster))?;
    }
    writeln!(output, "{}/{}", fit(type_), fit(name))
}
