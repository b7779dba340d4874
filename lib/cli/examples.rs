//! Examples that follow the help of the verbs, and the exit status where it has a meaning of its own.

/// get, of `kubectl mc` and of mc-exec.
pub const GET: &str = "Examples:
  # Pods of all clusters, in each context's namespace
  kubectl mc get pods
  # Deployments and services of the production clusters, in all namespaces
  kubectl mc get deployments,services -A --clusters='prod-*'
  # One object, wherever it is
  kubectl mc get deployment/web -n shop
  # By a label of the objects and a label of the clusters, as YAML
  kubectl mc get pods -l app=web --cluster-selector env=prod -o yaml
  # What changes, as it happens
  kubectl mc get events -A -w
  # As stages of a pipe
  mc-discover | mc-exec get nodes | mc-merge | mc-format";

/// version, of `kubectl mc` and of mc-exec.
pub const VERSION: &str = "Examples:
  # The version of every cluster's API server
  kubectl mc version
  # Without asking any cluster
  kubectl mc version --client
  # As a stage of a pipe
  mc-discover | mc-exec version";

/// clusters
pub const CLUSTERS: &str = "Examples:
  # The fleet, and how each cluster is reached
  kubectl mc clusters
  # Why each cluster is reached as it is
  kubectl mc clusters -v --clusters='prod-*'
  # By version, with a label as a column
  kubectl mc clusters --sort-by=version -L env
  # The names, for a script
  kubectl mc clusters --cluster-selector region=eu -o name";

/// setup, and mc-setup.
pub const SETUP: &str = "Examples:
  # Go through the fleet on a terminal
  kubectl mc setup
  # Print what would be run and changed
  kubectl mc setup --dry-run
  # Set up the clusters on AWS without questions
  kubectl mc setup --provider aws --yes

Without a terminal and without --yes, what needs a question is not done, and reported.

Settings: flags, KUBECTL_MC_* variables and ~/.kube/kubectl-mc-config.yaml; kubectl mc config explains them.

Exit status: 0 every cluster has access, 1 none has or the hub failed, 2 wrong command line, 3 some have no access.";

/// doctor, and mc-doctor.
pub const DOCTOR: &str = "Examples:
  # Everything
  kubectl mc doctor
  # Only what is wrong
  kubectl mc doctor --failed
  # The clusters that are broken, for a script
  kubectl mc doctor -o json | jq -r '.findings[] | select(.level==\"fail\") | .cluster'

Settings: flags, KUBECTL_MC_* variables and ~/.kube/kubectl-mc-config.yaml; kubectl mc config explains them.

Exit status: 0 nothing is broken, 1 something every cluster needs is broken, or every cluster is, 2 wrong command
line, 3 some clusters are broken, 130 interrupted.";

/// ctx, and mc-ctx.
pub const CTX: &str = "Examples:
  # Follow a row up with kubectl
  kubectl --context \"$(kubectl mc ctx prod-eu-1)\" describe pod web-0
  # Work on one cluster for a while
  kubectl mc ctx prod-eu-1 --use
  # Every cluster with its context
  kubectl mc ctx

Settings: flags, KUBECTL_MC_* variables and ~/.kube/kubectl-mc-config.yaml; kubectl mc config explains them.

Exit status: 0 there is a context, 1 there is none, or no such cluster, 2 wrong command line, 3 a part of the list is
missing.";

/// completion
pub const COMPLETION: &str = "Examples:
  # In ~/.bashrc
  source <(kubectl mc completion bash)
  # In ~/.zshrc, after compinit
  source <(kubectl mc completion zsh)
  # In ~/.config/fish/config.fish
  kubectl-mc completion fish | source";

/// shellenv
pub const SHELLENV: &str = "Examples:
  # In ~/.bashrc or ~/.zshrc
  eval \"$(kubectl mc shellenv)\"
  # In ~/.config/fish/config.fish
  kubectl mc shellenv fish | source";

/// man
pub const MAN: &str = "Examples:
  # For this user alone
  kubectl mc man ~/.local/share/man";
