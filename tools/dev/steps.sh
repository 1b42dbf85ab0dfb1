# Runs steps one after the other, in lanes that run side by side, each step with a log of its own, and sums them up.
# Sourced by `dev`.
#
# A step that exits with 3 is skipped; the last line of its log says why. A step that does a part of
# its work says on a line of its own what it skipped; the summary repeats it.

# Names of the steps to run; none for all.
only=()
# Where each lane notes its steps' rows, and what the steps came to.
rows=target/log/rows
results=target/log/results

# lane NAME FUNCTION: runs the steps of a function beside those of other lanes. `lanes` waits.
lane() {
    mkdir -p "$rows"
    (
        lane=$1
        "$2"
    ) &
}
lanes() {
    wait
}

# step NAME COMMAND...: runs the command; 0 passes, 3 is a skip, anything else fails.
step() {
    local name=$1 log=target/log/$1.log start=$SECONDS code=0 result busy TIMEFORMAT='%U %S'
    shift
    [ ${#only[@]} -eq 0 ] || [[ " ${only[*]} " == *" $name "* ]] || return 0
    # Not as the left side of ||, where the shell would not stop at a failure inside the step.
    set +e
    { time logged "$log" "$@"; } 2>"$rows/time.$name"
    code=$?
    set -e
    # Of the processor, in seconds.
    busy=$(awk '{ printf "%d", $1 + $2 }' "$rows/time.$name")
    rm "$rows/time.$name"
    case $code in
        0) result=passed ;;
        3) result=skipped ;;
        *) result=failed ;;
    esac
    printf '%-14s %-8s %5d s %5d s   %s\n' "$name" "$result" $((SECONDS - start)) "$busy" "$(closing "$log")" >>"$rows/$lane"
    # Read by `./dev evidence requirements`.
    echo "$name $result" >>"$results"
    # At once, so that lanes do not mix their lines.
    local end=
    [ "$result" != failed ] || end=$(printf '\n---- the end of %s (exit %s)\n%s\n----' "$log" "$code" "$(tail -n 40 "$log")")
    printf '%-14s %-8s %5d s%s\n' "$name" "$result" $((SECONDS - start)) "$end"
}

# logged LOG COMMAND...: runs the command, with all that it says in the log, until a part of it fails.
logged() {
    local log=$1
    shift
    (
        set -e
        "$@"
    ) >"$log" 2>&1 </dev/null
}

# closing LOG: what sums a step up, where it says so: the sum over cargo's test binaries, or its last count.
closing() {
    awk '/^test result:/ { passed += $4; failed += $6; ignored += $8; cargo = 1 }
        !/^test result:/ && /[0-9]+ passed.*[0-9]+ failed/ || /skipped, because/ { last = substr($0, 1, 90) }
        END { if (cargo) print passed " passed, " failed " failed, " ignored " ignored"; else print last }' "$1"
}

# came_to RESULT: how many steps did.
came_to() {
    grep -c " $1$" "$results" || true
}

# summary: the table, what was skipped, and the closing line; fails if a step did.
summary() {
    echo
    printf '%-14s %-8s %7s %7s\n' step result time processor
    cat "$rows"/*
    local said
    said=$(grep -hoE '[^ ].*skipped, because .*' target/log/missing target/log/*.log 2>/dev/null | cut -c 1-160 | sort -u || true)
    [ -z "$said" ] || printf '\n%s\n' "$said"
    echo
    echo "$(came_to passed) passed, $(came_to failed) failed, $(came_to skipped) skipped"
    [ "$(came_to failed)" -eq 0 ]
}
