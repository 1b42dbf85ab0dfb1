#!/bin/sh
# Prints the linker's version script of the shared library:
#
#   version-script.sh ABI EXPORTS
#
# EXPORTS has the names that the object defines, one in each line. wrt-ABI.symbols says which version each has:
# lines of a name and a version, such as `wrt_call WRT_1`. A version that first stands in a later line inherits from
# the one before it. A name that is not in the list yet gets the last version, and tools/abi/check.sh complains of it.
set -eu
abi=$1 exports=$2
list=$(dirname "$0")/wrt-$abi.symbols
[ -e "$list" ] || {
    echo "version-script.sh: there is no $list: make it by tools/abi/check.sh --write" >&2
    exit 1
}
awk -v "abi=$abi" '
    FNR == NR { if ($0 !~ /^#/ && NF == 2) { version[$1] = $2; if (!($2 in seen)) { seen[$2] = 1; order[++n] = $2 } } next }
    { name[++m] = $1 }
    END {
        if (n == 0) order[++n] = "WRT_" abi
        for (i = 1; i <= n; i++) {
            printf "%s {\n    global:\n", order[i]
            for (j = 1; j <= m; j++) {
                v = (name[j] in version) ? version[name[j]] : order[n]
                if (v == order[i]) printf "        %s;\n", name[j]
            }
            if (i == 1) print "    local: *;"
            printf "}%s;\n", i == 1 ? "" : " " order[i - 1]
        }
    }' "$list" "$exports"
