#!/usr/bin/env bash
# What a user installs: the release preset, built, installed into a prefix, and the quickstart run from there with nothing else.
#   scripts/install_check.sh [PREFIX]    default: build/prefix, emptied first
set -euo pipefail
cd "$(dirname "$0")/.."
prefix=$(realpath -m "${1:-build/prefix}")
scripts/build.sh release
rm -rf "$prefix"
cmake --install build/release --prefix "$prefix" --strip >build/install.log
for tool in ds-import ds-label ds-train ds-compare ds-deploy ds-retrain; do
  "$prefix/bin/$tool" --version >/dev/null
  [[ -s $prefix/share/man/man1/$tool.1 && -s $prefix/share/bash-completion/completions/$tool ]]
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# The sources are not in reach: a resource that is not installed would be missed.
cp examples/quickstart.sh "$work"
(cd "$work" && PATH=$prefix/bin:/usr/bin:/bin IMAGES=40 EPOCHS=2 INPUT_SIZE=96 ./quickstart.sh)
echo "install: $prefix holds $(find "$prefix" -type f | wc -l) files, and the quickstart ran from there"
