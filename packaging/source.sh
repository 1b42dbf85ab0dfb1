#!/bin/sh
# Makes the source package that the recipes of this folder build: what the library needs of the repository and of
# crates.io, so that a build asks the network for nothing.
#
#   packaging/source.sh OUT            OUT/wrt-VERSION-source.tar.gz, of one folder wrt-VERSION
#   packaging/source.sh --folder OUT   the folder's content in OUT instead
#
# The same sources make the same bytes. The workspace is cut down to the two crates of the library, without what only
# tests use; Cargo.lock is what is left of the repository's.
set -eu
folder=
[ "${1-}" != --folder ] || { folder=yes && shift; }
[ $# -eq 1 ] || {
    echo "usage: packaging/source.sh [--folder] OUT" >&2
    exit 2
}
mkdir -p "$1"
out=$(cd "$1" && pwd)
cd "$(dirname "$0")/.."
version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
name=wrt-$version
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
here=$work/$name
mkdir -p "$here/tools" "$here/.cargo"

cp -R include cmake LICENSE-MIT LICENSE-APACHE Cargo.lock "$here"
cp -R tools/lib.sh tools/abi "$here/tools"
cp .cargo/config.toml "$here/.cargo"
for crate in wrt-core wrt-capi; do
    mkdir "$here/$crate"
    (cd "$crate" && find . -path ./tests -prune -o -path ./target -prune -o -type f -print) | while read -r file; do
        mkdir -p "$here/$crate/$(dirname "$file")"
        cp "$crate/$file" "$here/$crate/$file"
    done
    # What tests alone depend on.
    awk '/^\[/ { skip = $0 == "[dev-dependencies]" } !skip' "$crate/Cargo.toml" >"$here/$crate/Cargo.toml"
done
awk '/^members = / { print "members = [\"wrt-core\", \"wrt-capi\"]"; next } /^exclude = / { next }
    /^wrt-(host|platform|wasi) = / { next }
    # A profile of a crate that is not here would be warned of.
    /^\[/ { skip = $0 ~ /package\.wrt-(host|wasi)\]|package\.wrtd\]/ } !skip' Cargo.toml >"$here/Cargo.toml"
(
    cd "$here"
    # Takes what nobody needs out of the lock file, and changes nothing else in it.
    cargo metadata --quiet --offline --format-version 1 >/dev/null 2>&1 || cargo metadata --quiet --format-version 1 >/dev/null
    cargo vendor --quiet --locked vendor >/dev/null
    cat >>.cargo/config.toml <<END

# Crates are taken from the folder, not from the network.
[source.crates-io]
replace-with = "vendor"
[source.vendor]
directory = "vendor"
END
)
if [ -n "$folder" ]; then
    cp -R "$here/." "$out"
    echo "$out"
else
    # Owners, times, order and the packer's own header would differ.
    (cd "$work" && tar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner --mode=go=rX,u+rw -cf - "$name") |
        gzip -n -9 >"$out/$name-source.tar.gz"
    echo "$out/$name-source.tar.gz"
fi
