//! Impersonation flags, which override a context's own impersonation.

use crate::kubeconfig::Access;
use std::collections::BTreeMap;

/// The user to impersonate on every cluster (`--as` and its kind). What is not given, or empty, stays as the context
/// has it.
#[derive(Clone, Debug, Default)]
pub struct ActAs {
    /// `--as`
    pub user: Option<String>,
    /// `--as-group`
    pub groups: Vec<String>,
    /// `--as-uid`
    pub uid: Option<String>,
    /// `--as-user-extra`
    pub extra: BTreeMap<String, Vec<String>>,
}

impl ActAs {
    /// Overrides the impersonation of a context as client-go does: field by field, and a list as a whole.
    pub fn put_into(&self, access: &mut Access) {
        let given = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
        let user = &mut access.user;
        if let Some(name) = given(&self.user) {
            user.impersonate = Some(name);
        }
        if let Some(uid) = given(&self.uid) {
            user.impersonate_uid = Some(uid);
        }
        if !self.groups.is_empty() {
            user.impersonate_groups = Some(self.groups.clone());
        }
        if !self.extra.is_empty() {
            let extra = self.extra.clone().into_iter().collect();
            user.impersonate_user_extra = Some(extra);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::kubeconfig::Kubeconfig;

    #[test]
    fn flags_override_the_kubeconfig() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("config");
        let text = "clusters: [{name: a, cluster: {server: 'https://a'}}]\n\
                    contexts: [{name: a, context: {cluster: a, user: u}}]\n\
                    users: [{name: u, user: {token: t, as: bob, as-groups: [g, h], as-uid: '1'}}]\n";
        std::fs::write(&file, text).unwrap();
        let mut access = Kubeconfig::load(Some(&file)).unwrap().access("a").unwrap();
        ActAs::default().put_into(&mut access);
        assert_eq!(access.user.impersonate.as_deref(), Some("bob"));
        let act_as = ActAs {
            user: Some("alice".into()),
            groups: vec!["i".into()],
            uid: Some(String::new()),
            ..ActAs::default()
        };
        act_as.put_into(&mut access);
        assert_eq!(access.user.impersonate.as_deref(), Some("alice"));
        assert_eq!(access.user.impersonate_groups, Some(vec!["i".to_owned()]));
        assert_eq!(access.user.impersonate_uid.as_deref(), Some("1"));
        assert_eq!(access.user.impersonate_user_extra, None);
    }
}
