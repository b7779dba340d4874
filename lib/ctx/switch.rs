//! Switches the current context, as `kubectl config use-context` does.

use crate::error_text::io_text;
use crate::exit::Fatal;
use crate::kubeconfig::Kubeconfig;
use crate::setup::edit;
use crate::userfile::{self, KubectlLock};
use serde_yaml::Value;
use std::path::Path;

const KEY: &str = "current-context";

/// Makes a context the current one, in the file where the current context is set, else in the first file that exists.
/// Everything else in the file stays as it is, comments included, if it is written in lines of YAML; otherwise it is
/// written anew, as kubectl does.
///
/// # Errors
/// There is no file, it is locked by kubectl, or it cannot be read or written.
pub fn switch_to(context: &str, kubeconfig: &Kubeconfig) -> Result<(), Fatal> {
    if kubeconfig.current_context() == Some(context) {
        return Ok(());
    }
    let mut files = kubeconfig.files().iter();
    let file = kubeconfig.current_context_file().or_else(|| {
        let first = files.find(|file| file.exists());
        first.map(AsRef::as_ref)
    });
    let Some(file) = file else {
        return Err(Fatal::failed(format!(
            "there is no kubeconfig in which {context:?} could be made the current context"
        )));
    };
    change(file, context).map_err(|problem| {
        Fatal::failed(format!(
            "cannot switch to context {context:?} in {}: {problem}",
            file.display()
        ))
    })
}

fn change(file: &Path, context: &str) -> Result<(), String> {
    let _lock = KubectlLock::take(file)?;
    let text = std::fs::read_to_string(file).map_err(|error| io_text(&error))?;
    let changed = changed(&text, context)?;
    userfile::replace(file, &changed, false).map_err(|error| io_text(&error))
}

fn changed(text: &str, context: &str) -> Result<String, String> {
    if let Ok(changed) = edit::set(text, &[KEY], context) {
        return Ok(changed);
    }
    let mut document: Value = serde_yaml::from_str(text).map_err(|error| error.to_string())?;
    let Some(entries) = document.as_mapping_mut() else {
        return Err("it is not a mapping".into());
    };
    entries.insert(KEY.into(), context.into());
    userfile::written_anew(text, &document)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::changed;

    #[test]
    fn current_context_is_replaced_and_all_else_stays() {
        let text = "# mine\napiVersion: v1\ncurrent-context: old # for now\nusers: []\n";
        assert_eq!(changed(text, "new").unwrap(), text.replace("old", "new"));
        assert_eq!(
            changed("apiVersion: v1\n# end\n", "a@b").unwrap(),
            "apiVersion: v1\ncurrent-context: a@b\n# end\n"
        );
        assert_eq!(
            changed("{\"users\": [],\n \"current-context\": \"old\"}", "new").unwrap(),
            "{\n  \"users\": [],\n  \"current-context\": \"new\"\n}"
        );
    }
}
