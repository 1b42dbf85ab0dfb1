#!/bin/sh
# Writes signals.csv: forty ticks of ten milliseconds in which something follows its target with a lag, is
# pushed aside by a disturbance, and is sent to a second target. With --check, fails when the file is stale.
set -eu
cd "$(dirname "$0")"
rows() {
    awk 'BEGIN {
        print "time,target,measured"
        measured = 0
        for (i = 0; i < 40; i++) {
            target = i < 4 ? 0 : (i < 28 ? 5 : -1.5)
            printf "%.2f,%.1f,%.3f\n", i / 100, target, measured
            measured += (target - measured) * 0.45
            if (i == 18) measured -= 6.6
        }
    }'
}
if [ "${1:-}" = --check ]; then
    rows | cmp -s - signals.csv || { echo "examples/app/signals.csv is stale; run examples/app/signals.sh" >&2; exit 1; }
else
    rows >signals.csv
fi
