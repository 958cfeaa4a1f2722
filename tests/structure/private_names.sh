#!/usr/bin/env bash
# What a private header declares is in ds::detail (or deeper): only public headers add names to ds.
#   private_names.sh SOURCE ...
set -euo pipefail
cd "$1"
# A class's Impl is a member of the class, wherever that is.
bad=$(find lib/*/src -name '*.h' -exec grep -LE '^namespace ds(::[a-z]+)?::detail|::Impl \{' {} + || true)
if [[ -n $bad ]]; then
  echo "private headers without namespace ds::detail:"
  echo "$bad"
  exit 1
fi
echo "private headers keep to ds::detail"
