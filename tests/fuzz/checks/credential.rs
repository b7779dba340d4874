//! The output of a credential plugin: it is read or refused, and no error quotes it.

use kubectl_mc::connect::plugin::{ExecVersion, exec_credential};

/// Stands where a secret may stand in the corpus.
const SECRET: &str = "hunter2";

/// An answer as it is.
pub fn check(data: &[u8]) {
    for version in [ExecVersion::V1, ExecVersion::V1Beta1] {
        if let Err(said) = exec_credential::read(data, version) {
            assert!(!said.contains(SECRET), "{said}");
        }
    }
}
