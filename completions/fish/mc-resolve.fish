complete -c mc-resolve -l kubeconfig -d 'The kubeconfig to use, in place of $KUBECONFIG and ~/.kube/config' -r -F
complete -c mc-resolve -s o -l output -d 'The output format: table, wide, json, yaml, name, csv, tsv or ndjson' -r -f -a "table\t''
wide\t''
json\t''
yaml\t''
name\t''
csv\t''
tsv\t''
ndjson\t''"
complete -c mc-resolve -l no-headers -d 'Leave out the headings' -r
complete -c mc-resolve -l show-kind -d 'Lead each name with its kind: pod/web' -r
complete -c mc-resolve -s v -l verbose -d 'Say on standard error which way was chosen for each cluster, and why' -r
complete -c mc-resolve -s h -l help -d 'Print help (see more with \'--help\')'
