complete -c mc-merge -l expect -d 'Clusters that must not be missing: Cluster records or names, read at the end of the input; one of which nothing came counts as failed' -r -F
complete -c mc-merge -l stream -d 'Print rows as they come, in place of sorting them when all are there' -r
complete -c mc-merge -s o -l output -d 'The output format: table, wide, json, yaml, kyaml, name, csv, tsv, ndjson, go-template=TEMPLATE, go-template-file=FILE, jsonpath=TEMPLATE, jsonpath-as-json=TEMPLATE, jsonpath-file=FILE, custom-columns=HEADING:PATH,…, custom-columns-file=FILE, csv=HEADING:PATH,… or tsv=…' -r -f -a "csv\t''
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
complete -c mc-merge -l no-headers -d 'Leave out the headings' -r
complete -c mc-merge -l show-kind -d 'Lead each name with its kind: pod/web' -r
complete -c mc-merge -l output-list -d 'Make json, yaml and kyaml one plain List that kubectl and jq can read, each item annotated with its cluster' -r
complete -c mc-merge -l escape-formulas -d 'Put \' in front of cells of csv and tsv that a spreadsheet would take for a formula (=, +, -, @)' -r
complete -c mc-merge -l fail-on -d 'Exit with 3 when this many of the clusters did not answer: any, all or a percentage' -r
complete -c mc-merge -s v -l verbose -d 'Name every cluster that did not answer, with the reason and what to try' -r
complete -c mc-merge -s h -l help -d 'Print help'
