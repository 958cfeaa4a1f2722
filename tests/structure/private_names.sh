#!/usr/bin/env bash
# What a private header declares is in ds::detail (or deeper): only public headers add names to ds.
#   private_names.sh SOURCE ...
set -euo pipefail
cd "$1"
bad=$(find lib/*/src -name '*.h' -exec grep -LE '^namespace ds::detail' {} + || true)
also=$(find lib/*/src -name '*.h' -exec grep -nE '^namespace ds \{' {} + || true)
# Forward declarations of public types stand in `namespace ds {` of a few lines.
if [[ -n $bad ]]; then
  echo "private headers without namespace ds::detail:"
  echo "$bad"
  exit 1
fi
echo "private headers keep to ds::detail"
