#!/bin/sh
# Builds a reference Collector once per manifest and prints the path of its binary.
# usage: build.sh [CACHE_DIR [MANIFEST]]      needs go; everything but the path goes to standard error
# The default manifest is the slim one beside this script; ../ocb.yaml has everything the configuration uses.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
manifest=${2:-$here/ocb-slim.yaml}
builder_version=v0.159.0
cache=${1:-${XDG_CACHE_HOME:-$HOME/.cache}/rcalab/reference-collector}

# The folder is named by what goes in, so a changed manifest never meets an old binary.
key=$( { cat "$manifest"; echo "$builder_version"; } | sha256sum | cut -c1-16)
name=$(sed -n 's/^  name: *//p' "$manifest" | head -n 1)
target="$cache/$key"
binary="$target/$name"

if [ -x "$binary" ]; then
    echo "$binary"
    exit 0
fi

command -v go >/dev/null 2>&1 || { echo "build.sh: go is not on the path" >&2; exit 1; }

# Built beside its final place and moved there in one step: an interrupted build leaves nothing that looks finished.
mkdir -p "$cache"
work=$(mktemp -d "$cache/$key.XXXXXX")
trap 'rm -rf "$work"' EXIT
GOBIN="$work" go install "go.opentelemetry.io/collector/cmd/builder@$builder_version" >&2
sed "s|^dist:|dist:\n  output_path: $work/build|" "$manifest" >"$work/ocb.yaml"
(cd "$work" && CGO_ENABLED=0 ./builder --config ocb.yaml) >&2

mkdir -p "$target"
mv -f "$work/build/$name" "$binary"
echo "$binary"
