#!/usr/bin/env bash
# Rewrites the golden transcripts from what the tools print now; look at `git diff tests/cli` before you commit.
#   scripts/update_goldens.sh [tests/cli/<tool>[/<case>] ...]
set -euo pipefail
cd "$(dirname "$0")/.."
targets=("$@")
((${#targets[@]})) || targets=(tests/cli)
find "${targets[@]}" -name cmd -printf '%h\n' | sort | while read -r folder; do
  echo "$folder"
  tests/cli/run_case.sh build/dev/bin "$folder" --update
done
