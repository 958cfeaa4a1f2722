#!/usr/bin/env bash
# clang-tidy over the C++ files changed since a revision (default: main's merge base, else everything changed in HEAD).
#   scripts/tidy.sh [REVISION]
#   scripts/tidy.sh --all         every file of lib and tools: half an hour on two cores
set -euo pipefail
cd "$(dirname "$0")/.."
base=${1:-$(git merge-base HEAD origin/main 2>/dev/null || git rev-parse HEAD~1 2>/dev/null || git rev-list --max-parents=0 HEAD)}
# Without precompiled headers, which are the compiler's own; headers that protoc writes must be there.
mkdir -p build
{ cmake --preset tidy && ninja -C build/tidy $(ninja -C build/tidy -t targets all | sed -n 's/\(.*\.pb\.h\): .*/\1/p'); } >build/tidy.log
if [[ $base == --all ]]; then
  mapfile -t files < <(git ls-files --cached --others --exclude-standard 'lib/*.cpp' 'tools/*.cpp')
else
  mapfile -t files < <({ git diff --name-only --diff-filter=d "$base"; git ls-files --others --exclude-standard; } |
    grep -E '^(lib|tools)/.*\.cpp$' | sort -u)
fi
if ((${#files[@]} == 0)); then
  echo "tidy: no C++ file changed since $base"
  exit 0
fi
printf '%s\n' "${files[@]}" | xargs -P "$(nproc)" -n 1 clang-tidy --quiet -p build/tidy 2> >(grep -v 'warnings generated' >&2)
echo "tidy: ${#files[@]} files are clean"
