complete -c mc-enrich -l kubeconfig -d 'The kubeconfig to use instead of $KUBECONFIG and ~/.kube/config' -r -F
complete -c mc-enrich -l context -d 'The hub\'s kubeconfig context [default: in a pod its service account, else the current context]' -r
complete -c mc-enrich -s o -l output -d 'How --dry-run prints' -r -f -a "yaml\t'A YAML document each'
json\t'A JSON object a line'"
complete -c mc-enrich -l address -d 'Where /metrics, /healthz and /readyz are served; off for nowhere' -r
complete -c mc-enrich -l resync -d 'Look at every profile again after this time' -r
complete -c mc-enrich -l lease-name -d 'The Lease that the replicas share' -r
complete -c mc-enrich -l lease-namespace -d 'Its namespace [default: the service account\'s, else the context\'s, else default]' -r
complete -c mc-enrich -l lease-duration -d 'For how long a silent leader is waited for, in whole seconds' -r
complete -c mc-enrich -l once -d 'Write what has to be written once, and end; no lease is needed'
complete -c mc-enrich -l dry-run -d 'Print what would be applied, and end; nothing is written'
complete -c mc-enrich -l no-lease -d 'Write without a lease: only where no other replica runs'
complete -c mc-enrich -s h -l help -d 'Print help (see more with \'--help\')'
