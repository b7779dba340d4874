complete -c mc-format -s o -l output -d 'The output format: table, wide, json, yaml, kyaml, name, csv, tsv, ndjson, go-template=TEMPLATE, go-template-file=FILE, jsonpath=TEMPLATE, jsonpath-as-json=TEMPLATE, jsonpath-file=FILE, custom-columns=HEADING:PATH,…, custom-columns-file=FILE, csv=HEADING:PATH,… or tsv=…' -r -f -a "csv\t''
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
complete -c mc-format -l template -d 'The template or its file, if --output does not have it: -o jsonpath --template=\'{.kind}\'' -r
complete -c mc-format -l allow-missing-template-keys -d 'With false, a field that an object lacks is an error in a template' -r
complete -c mc-format -l no-headers -d 'Do not print headings' -r
complete -c mc-format -l show-kind -d 'Print the kind before each name: pod/web' -r
complete -c mc-format -l output-list -d 'Print json, yaml and kyaml as one plain List that kubectl and jq can read, each item annotated with its cluster' -r
complete -c mc-format -l escape-formulas -d 'Put \' before cells of csv and tsv that a spreadsheet would take for a formula (=, +, -, @)' -r
complete -c mc-format -l stream -d 'Print rows as they arrive, instead of sorting them at the end' -r
complete -c mc-format -l fail-on -d 'Exit with 3 if this many clusters did not answer: any, all or a percentage' -r
complete -c mc-format -s v -l verbose -d 'Report every cluster that did not answer, with the reason and what to try' -r
complete -c mc-format -s h -l help -d 'Print help'
