/// Shell text that starts a program so that it outlives the connection, and that ends it again. It runs in `sh` on the machine itself,
/// which needs a Linux /proc and util-linux's setsid, and answers in lines that begin with a mark of their own, since login scripts
/// may write anything.
///
/// The program's directory there holds `process` (its number and when it began, so that a number that was given anew is not taken for
/// it), `log`, and `keys` while it runs.
package struct DetachedProgram: Sendable {
    /// From the user's home unless it begins with a slash.
    package var directory: String
    package var program: String
    package var arguments: [String]
    /// Files to put into `keys` there.
    package var keys: [KeyText] = []
    /// Text in a new line of its log by which it is known to be well.
    package var signOfLife: String
    /// Seconds to wait for that.
    package var patience: Int

    package static let mark = "@filterscope"

    package init(
        directory: String, program: String = "", arguments: [String] = [], keys: [KeyText] = [], signOfLife: String = "", patience: Int
    ) {
        self.directory = directory
        self.program = program
        self.arguments = arguments
        self.keys = keys
        self.signOfLife = signOfLife
        self.patience = patience
    }

    /// Parts that both have in common.
    private var head: String {
        """
        set -u
        mask=$(umask)
        umask 077
        directory=\(shellWord(directory))
        case $directory in /*) ;; *) directory=$HOME/$directory ;; esac
        answer() { printf '\\n\(Self.mark) %s %s\\n' "$1" "$2"; exit 0; }
        printf '\\n\(Self.mark) reached\\n'
        # When a process began, and in which boot of the machine; nothing where it has ended.
        begun() {
            line=$(sed 's/.*) //' "/proc/$1/stat" 2>/dev/null) || return 0
            case $line in Z*|X*|'') return 0 ;; esac
            printf '%s:%s' "$(cat /proc/sys/kernel/random/boot_id)" "$(printf '%s' "$line" | cut -d ' ' -f 20)"
        }
        lives() {
            process= since=
            read -r process since 2>/dev/null <"$directory/process" || return 1
            case $process in ''|*[!0-9]*) return 1 ;; esac
            [ -n "$since" ] && [ "$(begun "$process")" = "$since" ]
        }
        clear() { rm -rf "$directory/keys" "$directory/process"; }

        """
    }

    /// Answers with `running`, `up`, `waiting` or `failed`, and a text.
    package var startText: String {
        var text = head
        text += """
            mkdir -p "$directory" 2>/dev/null && [ -w "$directory" ] || answer failed "the directory $directory cannot be made or written"
            if lives; then answer running "process $process"; fi
            clear
            program=\(shellWord(program))
            case $program in "~/"*) program=$HOME/${program#??} ;; esac
            command -v "$program" >/dev/null 2>&1 || answer failed "no program $program"
            said=$("$program" --version </dev/null 2>&1) || answer failed "$program does not start: $(printf '%s' "$said" | head -n 1)"
            command -v setsid >/dev/null 2>&1 || answer failed "no setsid (util-linux)"

            """
        if !keys.isEmpty { text += "mkdir \"$directory/keys\" || answer failed \"$directory/keys cannot be made\"\n" }
        for key in keys {
            text += """
                printf '%s' \(shellWord(key.text)) >"$directory/keys/\(key.name)" && chmod \(key.mode) "$directory/keys/\(key.name)" \
                || answer failed "$directory/keys/\(key.name) cannot be written"

                """
        }
        let words = arguments.map { $0 == Self.keysPlaceholder ? "\"$directory/keys\"" : shellWord($0) }.joined(separator: " ")
        text += """
            from=$(($(cat "$directory/log" 2>/dev/null | wc -l) + 1))
            (umask "$mask"; exec setsid nohup "$program" \(words)) </dev/null >>"$directory/log" 2>&1 &
            process=$!
            printf '%s %s\\n' "$process" "$(begun "$process")" >"$directory/process.new" && mv "$directory/process.new" "$directory/process" \
            || { kill "$process"; answer failed "$directory/process cannot be written"; }
            # A line with a reason says more than one that says that it goes on.
            last() {
                tail -n "+$from" "$directory/log" | grep -F ' reason=' | tail -n 1 | grep . || tail -n "+$from" "$directory/log" | grep -v '^nohup: ' | tail -n 1
            }
            tries=\(patience * 5)
            while [ "$tries" -gt 0 ]; do
                if ! lives; then
                    words=$(tail -n 1 "$directory/log")
                    clear
                    answer failed "it ended at once: $words"
                fi
                found=$(tail -n "+$from" "$directory/log" | grep -F -m 1 -e \(shellWord(signOfLife))) && answer up "process $process @ $found"
                tries=$((tries - 1))
                sleep 0.2
            done
            answer waiting "process $process @ $(last)"

            """
        return text
    }

    /// Stands for the directory of keys there, which only its shell knows.
    package static let keysPlaceholder = "\u{0}keys"

    /// Answers with `ended`, `killed`, `lingers` or `absent`, and a text.
    /// - Parameter kill: whether one that does not end in time is killed; otherwise it is left, and said to linger.
    package func endText(kill: Bool) -> String {
        head + """
            if ! lives; then clear; answer absent "it has ended already"; fi
            kill -TERM "$process" 2>/dev/null
            tries=\(patience * 5)
            while [ "$tries" -gt 0 ]; do
                if ! lives; then clear; answer ended "process $process"; fi
                tries=$((tries - 1))
                sleep 0.2
            done
            \(kill ? "kill -KILL \"$process\" 2>/dev/null; clear; answer killed \"process $process\"" : "answer lingers \"process $process\"")

            """
    }
}
