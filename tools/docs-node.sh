#!/bin/sh
# Makes the reference of the Node package in target/doc/node with TypeDoc; a warning fails it. Installs TypeDoc and
# TypeScript below target/node-docs.
set -eu
cd "$(dirname "$0")/.."
command -v npm >/dev/null || { echo "skipped: there is no npm (Debian: npm)"; echo "0 passed, 0 failed, 1 skipped"; exit 0; }
tools=target/node-docs
mkdir -p "$tools"
if ! [ -d "$tools/node_modules/typedoc" ]; then
    echo '{ "private": true }' > "$tools/package.json"
    (cd "$tools" && npm install --no-audit --no-fund --loglevel=error typedoc@0.28 typescript@5.9 @types/node@20) || {
        echo "skipped: npm cannot install typedoc"
        echo "0 passed, 0 failed, 1 skipped"
        exit 0
    }
fi
cat > "$tools/tsconfig.json" <<'CONFIG'
{
  "compilerOptions": { "strict": true, "noEmit": true, "target": "es2022", "module": "nodenext", "types": ["node"] },
  "files": ["../../bindings/node/index.d.ts"]
}
CONFIG
rm -rf target/doc/node
if (cd "$tools" && node_modules/.bin/typedoc --treatWarningsAsErrors --tsconfig tsconfig.json --name wrt --readme none \
    --entryPoints ../../bindings/node/index.d.ts --disableSources --out ../doc/node); then
    echo "1 passed, 0 failed, 0 skipped"
else
    echo "0 passed, 1 failed, 0 skipped"
    exit 1
fi
