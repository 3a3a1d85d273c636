/// A shell whose command line can be completed, and the text that makes it do so. The text holds no command and no option: it asks
/// the program at every press of the key, so that what is offered is always what this very program takes.
enum Shell: String, CaseIterable {
    case bash, zsh, fish

    var script: String {
        switch self {
        case .bash: Self.bashScript
        case .zsh: Self.zshScript
        case .fish: Self.fishScript
        }
    }
}

extension Shell {
    private static let bashScript = #"""
        # bash completion for filterscope: asks the program itself what may be typed next.
        _filterscope() {
            local line=${COMP_LINE:0:COMP_POINT} word gap rest i candidate
            local -a words=() answer=()
            rest=$line
            # bash cuts words at = and :, too; here they are put together again.
            for ((i = 0; i <= COMP_CWORD; i++)); do
                word=${COMP_WORDS[i]}
                if [[ -z $word ]]; then
                    gap=${rest:-${line: -1}}
                    [[ $gap == [[:space:]]* || $line == *[[:space:]] ]] || gap=
                else
                    gap=${rest%%"$word"*}
                    [[ $rest == *"$word"* ]] || { word=${rest#"${rest%%[![:space:]]*}"}; gap=${rest%"$word"}; }
                    rest=${rest#*"$word"}
                fi
                if [[ -z $gap ]] && ((i > 0)); then words[-1]+=$word; else words+=("$word"); fi
            done
            local whole=${words[-1]} current=$word
            [[ $current == [=:] ]] && current=
            local left=${whole%"$current"}
            COMPREPLY=()
            mapfile -t answer < <("$1" complete -- "${words[@]:1}" 2>/dev/null)
            for candidate in "${answer[@]:1}"; do
                candidate=${candidate%%$'\t'*}
                COMPREPLY+=("${candidate#"$left"}")
                [[ $candidate == *[:/] ]] && compopt -o nospace 2>/dev/null
            done
            case ${answer[0]} in
                files) i=-f ;;
                directories) i=-d ;;
                *) return 0 ;;
            esac
            mapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(compgen "$i" -- "$current")
            compopt -o filenames 2>/dev/null
            return 0
        }
        complete -F _filterscope filterscope

        """#

    private static let zshScript = #"""
        #compdef filterscope
        # zsh completion for filterscope: asks the program itself what may be typed next.
        _filterscope() {
            local -a answer words_so_far plain open
            local line word
            words_so_far=("${(@Q)words[2,CURRENT-1]}")
            answer=("${(@f)$("${(Q)words[1]}" complete -- "${words_so_far[@]}" "${(Q)PREFIX}" 2>/dev/null)}")
            for line in "${(@)answer[2,-1]}"; do
                word=${line%%$'\t'*}
                line=${line#*$'\t'}
                line=${word//:/\\:}${line:+:$line}
                # More is to follow after a colon.
                if [[ $word == *[:/] ]]; then open+=("$line"); else plain+=("$line"); fi
            done
            local found=1
            (( $#plain )) && _describe -t values value plain && found=0
            (( $#open )) && _describe -t values value open -S '' && found=0
            if [[ $answer[1] == (files|directories) ]]; then
                compset -P '--*='
                if [[ $answer[1] == files ]]; then
                    compset -P '[a-z0-9-]##:'
                    _files && found=0
                else
                    _files -/ && found=0
                fi
            fi
            return found
        }
        if [[ $funcstack[1] == _filterscope ]]; then
            _filterscope "$@"
        else
            compdef _filterscope filterscope
        fi

        """#

    private static let fishScript = #"""
        # fish completion for filterscope: asks the program itself what may be typed next.
        function __filterscope_complete
            set -l words (commandline -opc)
            set -l current (commandline -ct)
            set -l program $words[1]
            set -e words[1]
            set -l answer ($program complete -- $words "$current" 2>/dev/null)
            set -l paths $answer[1]
            set -e answer[1]
            for line in $answer
                echo $line
            end
            # What stands before a path in the same word: --run= or a data set's name.
            set -l before (string match -r '^--[^=]*=|^[a-z0-9-]+:' -- "$current")
            set -l path (string replace -- "$before" '' "$current")
            switch "$paths"
                case files
                    __fish_complete_path "$path" | string replace -r '^' -- "$before"
                case directories
                    __fish_complete_directories "$path" '' | string replace -r '^' -- "$before"
            end
        end
        complete -c filterscope -f -a '(__filterscope_complete)'

        """#
}
