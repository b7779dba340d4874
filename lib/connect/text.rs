//! Text fields of a kubeconfig.

/// Returns a field if it is there and not empty: for client-go an empty field is the same as a missing one.
pub(crate) fn non_empty(text: Option<&str>) -> Option<&str> {
    text.filter(|text| !text.is_empty())
}
