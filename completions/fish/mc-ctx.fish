# fish completion of mc-ctx, which kubectl_complete-mc gives the choices for.
function __mc_ctx_choices
    set -l words (commandline -opc)
    set -l last (commandline -ct)
    set -l lines (kubectl_complete-mc --tool=mc-ctx $words[2..-1] "$last" 2>/dev/null)
    set -l directive 0
    if string match -qr '^:\d+$' -- "$lines[-1]"
        set directive (string sub -s 2 -- $lines[-1])
        set -e lines[-1]
    end
    if test (count $lines) -eq 0
        # 4: no file names.
        if test (math "bitand($directive, 4)") -eq 0
            set -l flag (string match -r -- '^-.*?=' "$last")
            __fish_complete_path (string replace -r -- '^-.*?=' '' "$last") | string replace -r -- '^' "$flag"
        end
        return
    end
    # The choices are for what comes after --flag=.
    set -l flag (string match -r -- '^-.*?=' "$last")
    for line in $lines
        echo -- "$flag$line"
    end
    # 2: the word may go on. fish puts a blank after a choice that is alone, unless it ends in an = sign.
    if test (count $lines) -eq 1; and test (math "bitand($directive, 2)") -ne 0
        set -l word (string split -f1 \t -- $lines[1])
        string match -q '*=' -- $word; or echo -- "$flag$word,"
    end
end
complete -c mc-ctx -e
complete -c mc-ctx -k -f -a '(__mc_ctx_choices)'
