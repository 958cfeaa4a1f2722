#!/usr/bin/env bash
# What a cold build costs, without ccache: CPU and wall seconds of the compiler per module, and wall minutes until the tools and
# then the tests are there. Run it on a quiet machine.
#   scripts/bench/build.sh [BUILD_FOLDER]    default: build/bench, emptied first
# Needs: what scripts/setup.sh installs (g++, cmake, ninja-build).
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/needs.sh"
need c++=g++ cmake=cmake ninja=ninja-build
cd "$(dirname "$0")/../.."
build=$(realpath -m "${1:-build/bench}")
times=$build.times
rm -rf "$build" "$times"
mkdir -p "$build"
launcher=$build/launcher.sh
cat >"$launcher" <<END
#!/bin/bash
# A compile as it was asked for, its wall and CPU seconds noted beside the object it makes.
TIMEFORMAT='%R %U %S'
for ((i = 1; i < \$#; ++i)); do [[ \${!i} == -o ]] && j=\$((i + 1)) && object=\${!j}; done
{ time "\$@" 2>&3; } 3>&2 2>"$build/\$\$.time"
code=\$?
echo "\$object \$(tail -n 1 "$build/\$\$.time")" >>"$times"
rm -f "$build/\$\$.time"
exit \$code
END
chmod +x "$launcher"
export CCACHE_DISABLE=1
cmake --preset dev -B "$build" -DCMAKE_CXX_COMPILER_LAUNCHER="$launcher" >"$build.log"
minutes() { awk -v s="$1" 'BEGIN { printf "%.1f min", s / 60 }'; }
echo "$(nproc) processors, load $(cut -d' ' -f1 /proc/loadavg) before, $(c++ --version | head -n 1)"
SECONDS=0
cmake --build "$build" --target tools >>"$build.log"
tools=$SECONDS
cmake --build "$build" >>"$build.log"
echo "tools: $(minutes "$tools") wall; tools and tests: $(minutes "$SECONDS") wall"
# lib/<module>/..., tools/<tool>/..., tests/<folder>/...: the second part names the row.
awk '{ split($1, part, "/"); name = part[1] "/" part[2]; if (part[1] == "tests") name = part[2] == "unit" ? "tests/" part[3] : "tests/" part[2]
       if ($1 ~ /^CMakeFiles|cmake_pch/) name = "precompiled"
       wall[name] += $2; cpu[name] += $3 + $4; files[name]++; all += $3 + $4; count++ }
     END { printf "%-26s %6s %8s %8s %6s\n", "module", "files", "CPU s", "wall s", "share"
           for (name in cpu) printf "%-26s %6d %8.1f %8.1f %5.1f%%\n", name, files[name], cpu[name], wall[name], 100 * cpu[name] / all | "sort -k3 -rn"
           close("sort -k3 -rn"); printf "%-26s %6d %8.1f\n", "together", count, all }' FS=' ' "$times" 2>/dev/null
