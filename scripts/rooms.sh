#!/usr/bin/env bash
# Shows the plan of the house: modules from the top floor down with what each includes, and inside each module its rooms (the
# folders of src/) with theirs. Read from the #include lines; exits 1 at a circle, an arrow upwards, or a folder that is a flat list.
#   scripts/rooms.sh           the modules
#   scripts/rooms.sh MODULE    the rooms of one module, with how many files each has
#   scripts/rooms.sh --check   nothing but what is wrong (a test runs this)
set -euo pipefail
cd "$(dirname "$0")/.."
most_files=30 # of code in one folder

# FROM TO, a line for every include of one module in another; lib/CMakeLists.txt has the modules in their order.
modules() { sed -n '/ITEMS/,/)/p' lib/CMakeLists.txt | tr ' )' '\n\n' | grep -E '^[a-z_]+$' | grep -v foreach; }
# Plugins are programs of their own: they may use modules above the one that opens them.
module_arrows() {
  grep -rnoE --include='*.h' --include='*.cpp' '#include "ds/[a-z_]+/' lib | grep -v '/plugins/' |
    sed -E 's#^lib/([a-z_]+)/.*"ds/([a-z_]+)/#\1 \2#' | awk '$1 != $2' | sort -u
}
# A room is the first folder below src/; a file that stands beside the rooms is a room of its own.
room_arrows() { # MODULE
  (cd "lib/$1/src" && { grep -rnoE --include='*.h' --include='*.cpp' '#include "[a-z_0-9/]+\.h"' . || true; } | { grep -v '"ds/' || true; } |
    sed -E 's#^\./([^:]*):[0-9]+:\#include "(.*)"#\1 \2#' | awk '
      function room(path) { sub(/\/.*/, "/", path); sub(/\.(h|cpp)$/, "", path); return path }
      { from = room($1); to = room($2) } from != to { print from, to }' | sort -u)
}
circle() { { tsort 2>&1 >/dev/null || true; } | sed -n 's/^tsort: -: input contains a loop:/a circle:/p; s/^tsort: \([^-].*\)/  \1/p'; }

case ${1:-} in
'')
  arrows=$(module_arrows)
  modules | tac | while read -r module; do
    echo "$module -> $(awk -v m="$module" '$1 == m { print $2 }' <<<"$arrows" | paste -sd' ')"
  done
  ;;
--check)
  bad=0
  order=$(modules)
  upwards=$(module_arrows | awk 'NR == FNR { floor[$1] = NR; next } !($2 in floor) || floor[$1] <= floor[$2]' <(echo "$order") -)
  if [[ -n $upwards ]]; then
    echo "arrows upwards in the order of lib/CMakeLists.txt:" && sed 's/^/  /; s/ \([a-z_]*\)$/ -> \1/' <<<"$upwards"
    bad=1
  fi
  for module in $order; do
    found=$(room_arrows "$module" | circle)
    if [[ -n $found ]]; then echo "lib/$module/src: $found" && bad=1; fi
  done
  flat=$(find lib tools tests -type f | grep -E '\.(cpp|h)$' | xargs -n1 dirname | sort | uniq -c | awk -v most="$most_files" '$1 > most')
  if [[ -n $flat ]]; then echo "folders that have become a flat list of more than $most_files files:" && echo "$flat" && bad=1; fi
  ((bad == 0)) && echo "$(wc -w <<<"$order") modules, no circle, no arrow upwards, no flat list"
  exit "$bad"
  ;;
*)
  arrows=$(room_arrows "$1")
  (cd "lib/$1/src" && find . -type f | sed -E 's#^\./##; s#/.*#/#; s#\.(h|cpp)$##' | sort | uniq -c) |
    while read -r count room; do
      echo "$room ($count) -> $(awk -v r="$room" '$1 == r { print $2 }' <<<"$arrows" | paste -sd' ')"
    done
  ;;
esac
