# Runs steps one after the other, each with a log of its own, and sums them up. Sourced by `dev`.
#
# A step that exits with 3 is skipped; the last line of its log says why. A step that does a part of
# its work says on a line of its own what it skipped; the summary repeats it.

passed=0 failed=0 skipped=0
rows=()
# Names of the steps to run; none for all.
only=()

# step NAME COMMAND...: runs the command; 0 passes, 3 is a skip, anything else fails.
step() {
    local name=$1 log=target/log/$1.log start=$SECONDS code=0 result
    shift
    [ ${#only[@]} -eq 0 ] || [[ " ${only[*]} " == *" $name "* ]] || return 0
    printf '%-14s ' "$name"
    # Not as the left side of ||, where the shell would not stop at a failure inside the step.
    set +e
    (
        set -e
        "$@"
    ) >"$log" 2>&1 </dev/null
    code=$?
    set -e
    case $code in
        0) result=passed passed=$((passed + 1)) ;;
        3) result=skipped skipped=$((skipped + 1)) ;;
        *) result=failed failed=$((failed + 1)) ;;
    esac
    rows+=("$(printf '%-14s %-8s %5d s   %s' "$name" "$result" $((SECONDS - start)) "$(closing "$log")")")
    # Read by `./dev evidence requirements`.
    echo "$name $result" >>target/log/results
    printf '%-8s %5d s\n' "$result" $((SECONDS - start))
    if [ "$result" = failed ]; then
        echo "---- the end of $log (exit $code)"
        tail -n 40 "$log"
        echo "----"
    fi
}

# closing LOG: what sums a step up, where it says so: the sum over cargo's test binaries, or its last count.
closing() {
    awk '/^test result:/ { passed += $4; failed += $6; ignored += $8; cargo = 1 }
        !/^test result:/ && /[0-9]+ passed.*[0-9]+ failed/ || /skipped, because/ { last = substr($0, 1, 90) }
        END { if (cargo) print passed " passed, " failed " failed, " ignored " ignored"; else print last }' "$1"
}

# summary: the table, what was skipped, and the closing line; fails if a step did.
summary() {
    echo
    printf '%s\n' "${rows[@]}"
    local said
    said=$(grep -hoE '[^ ].*skipped, because .*' target/log/missing target/log/*.log 2>/dev/null | cut -c 1-160 | sort -u || true)
    [ -z "$said" ] || printf '\n%s\n' "$said"
    echo
    echo "$passed passed, $failed failed, $skipped skipped"
    [ "$failed" -eq 0 ]
}
