//! Headings and cells that no server sends.

/// The heading of the column that names a row's cluster.
pub(super) const CLUSTER: &str = "CLUSTER";

/// The heading that CLUSTER follows, and whose cells are prefixed with the kind.
pub(super) const NAME: &str = "NAME";

/// The heading of the column that names an object's namespace.
pub(super) const NAMESPACE: &str = "NAMESPACE";

/// The cell of a row without a column that other rows of its type have.
pub(super) const MISSING: &str = "<none>";
