#!/usr/bin/env bash
# clang-tidy over the C++ files changed since a revision (default: main's merge base, else everything changed in HEAD).
#   scripts/tidy.sh [REVISION]
set -euo pipefail
cd "$(dirname "$0")/.."
base=${1:-$(git merge-base HEAD origin/main 2>/dev/null || git rev-parse HEAD~1 2>/dev/null || git rev-list --max-parents=0 HEAD)}
[[ -f build/dev/compile_commands.json ]] || cmake --preset dev >/dev/null
mapfile -t files < <({ git diff --name-only --diff-filter=d "$base"; git ls-files --others --exclude-standard; } |
  grep -E '^(lib|tools)/.*\.cpp$' | sort -u)
if ((${#files[@]} == 0)); then
  echo "tidy: no C++ file changed since $base"
  exit 0
fi
printf '%s\n' "${files[@]}" | xargs -P "$(nproc)" -n 1 clang-tidy --quiet -p build/dev 2> >(grep -v 'warnings generated' >&2)
echo "tidy: ${#files[@]} files are clean"
