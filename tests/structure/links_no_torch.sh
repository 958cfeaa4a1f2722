#!/usr/bin/env bash
# Only ds-train links torch: a forced link costs every start of a tool 0.4 CPU seconds and 160 MB.
#   links_no_torch.sh SOURCE BIN TOOL...
set -euo pipefail
bin=$2
shift 2
for tool in "$@"; do
  [[ $tool == ds-train ]] && continue
  libraries=$(ldd "$bin/$tool")
  if grep -E 'libtorch|libc10' <<<"$libraries"; then
    echo "$tool links torch: use ds::detect, which loads the engine when a model needs it"
    exit 1
  fi
done
echo "no torch in: $*"
