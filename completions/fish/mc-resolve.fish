complete -c mc-resolve -l kubeconfig -d 'The kubeconfig to use instead of $KUBECONFIG and ~/.kube/config' -r -F
complete -c mc-resolve -l providers -d 'The file of credential plugins by access provider (KEP-5339) [default: access.providers of the configuration, else ~/.kube/kubectl-mc-providers.json]' -r -F
complete -c mc-resolve -l accessible -d 'Leave out clusters that you have no access to, without reporting them [default: discovery.accessible, else false]' -r
complete -c mc-resolve -l cache-dir -d 'The cache folder; its subfolder kubectl-mc is used [default: ~/.kube/cache]' -r -F
complete -c mc-resolve -s o -l output -d 'The output format: table, wide, json, yaml, kyaml, name, csv, tsv, ndjson, go-template=TEMPLATE, go-template-file=FILE, jsonpath=TEMPLATE, jsonpath-as-json=TEMPLATE, jsonpath-file=FILE, custom-columns=HEADING:PATH,…, custom-columns-file=FILE, csv=HEADING:PATH,… or tsv=…' -r -f -a "csv\t''
custom-columns\t''
custom-columns-file\t''
go-template\t''
go-template-file\t''
json\t''
jsonpath\t''
jsonpath-as-json\t''
jsonpath-file\t''
kyaml\t''
name\t''
ndjson\t''
table\t''
template\t''
templatefile\t''
tsv\t''
wide\t''
yaml\t''"
complete -c mc-resolve -l no-headers -d 'Do not print headings' -r
complete -c mc-resolve -l show-kind -d 'Print the kind before each name: pod/web' -r
complete -c mc-resolve -l output-list -d 'Print json, yaml and kyaml as one plain List that kubectl and jq can read, each item annotated with its cluster' -r
complete -c mc-resolve -l escape-formulas -d 'Put \' before cells of csv and tsv that a spreadsheet would take for a formula (=, +, -, @)' -r
complete -c mc-resolve -s v -l verbose -d 'Report on standard error which access was chosen for each cluster, and why' -r
complete -c mc-resolve -s h -l help -d 'Print help (see more with \'--help\')'
