//! What a credential plugin answers: it is read or refused, and what is said of it shows none of it.

use kubectl_mc::connect::plugin::{Version, exec_credential};

/// Stands where a secret may stand in the corpus.
const SECRET: &str = "hunter2";

/// An answer as it is.
pub fn check(data: &[u8]) {
    for version in [Version::V1, Version::V1Beta1] {
        if let Err(said) = exec_credential::read(data, version) {
            assert!(!said.contains(SECRET), "{said}");
        }
    }
}
