#!/bin/sh
# Fetches the JavaScript API tests of the WebAssembly project, which Debian's source package of Node carries
# (web-platform-tests, wasm/jsapi), and lays them out below target/jsapi. Prints the directory; says why where it cannot.
set -eu

package=nodejs
version=20.19.2+dfsg-1+deb13u2
archive=nodejs_20.19.2+dfsg.orig.tar.xz
sum=5e5559381ad031d245a8efa403458abbb73755f74c3e6380f185a4dd342b7949
inside=node-v20.19.2/test/fixtures/wpt/wasm/jsapi

root=$(cd "$(dirname "$0")/../.." && pwd)
dir=$root/target/jsapi
if [ -f "$dir/tests/wasm/jsapi/interface.any.js" ]; then
    echo "$dir/tests"
    exit 0
fi
command -v apt-get >/dev/null || { echo "apt-get is not here, which fetches them" >&2; exit 1; }
mkdir -p "$dir/parts" "$dir/lists/partial"
cat > "$dir/parts/sources.sources" <<'SOURCES'
Types: deb-src
URIs: http://deb.debian.org/debian
Suites: trixie
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
SOURCES
# Lists of its own, so that the system's stay as they are.
apt() {
    apt-get -qq -o Dir::Etc::SourceList=/dev/null -o "Dir::Etc::SourceParts=$dir/parts" \
        -o "Dir::State::Lists=$dir/lists" -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= "$@" >&2
}
cd "$dir"
[ -f "$archive" ] || { apt update && apt source --download-only "$package=$version"; } ||
    { echo "Debian's source package $package $version cannot be fetched" >&2; exit 1; }
echo "$sum  $archive" | sha256sum --check --quiet >&2 || { echo "$archive is not the one that was expected" >&2; exit 1; }
rm -rf unpacked tests
mkdir -p unpacked tests/wasm
tar -xJf "$archive" -C unpacked "$inside"
mv "unpacked/$inside" tests/wasm/jsapi
rm -rf unpacked lists ./*.tar.xz ./*.dsc
echo "$dir/tests"
