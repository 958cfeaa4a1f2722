#!/usr/bin/env bash
# What a module, a plugin or a tool declares in CMake is what its files include, and docs/ARCHITECTURE.md's table says the same:
# USES are the modules that its public headers include, USES_PRIVATE those that only its sources do.
#   declared_uses.sh SOURCE BIN TOOL...
set -euo pipefail
source_folder=$1
declared=$(dirname "$2")/declared.txt
cd "$source_folder"
bad=0
say() { echo "$*" && bad=1; }

# The modules that files include, without the module itself.
included() { # MODULE FILE...
  local module=$1
  shift
  (($# == 0)) && return
  { grep -hoE '#include "ds/[a-z_]+/' "$@" || true; } | sed -E 's#.*"ds/([a-z_]+)/#\1#' | sort -u | { grep -vx "$module" || true; }
}
words() { tr ' ' '\n' <<<"$1" | sed '/^$/d' | sort -u; }
compare() { # WHO WHAT DECLARED INCLUDED
  local missing extra
  missing=$(comm -13 <(echo "$3") <(echo "$4") | paste -sd' ')
  extra=$(comm -23 <(echo "$3") <(echo "$4") | paste -sd' ')
  [[ -z $missing ]] || say "$1: includes ${missing// /, }, but does not say so in $2"
  [[ -z $extra ]] || say "$1: says ${extra// /, } in $2, but includes nothing of it"
}

while IFS=';' read -r kind name folder uses more; do
  case $kind in
    module)
      mapfile -t public < <(find "$folder/include" -name '*.h')
      mapfile -t private < <(find "$folder/src" -name '*.h' -o -name '*.cpp')
      outside=$(included "$name" "${public[@]}")
      compare "lib/$name" USES "$(words "$uses")" "$outside"
      compare "lib/$name" USES_PRIVATE "$(words "$more")" \
        "$(comm -23 <(included "$name" "${private[@]}") <(echo "$outside"))"
      # The row of the table: | name | uses [private uses and libraries] | sentence |, `base` understood.
      row=$(grep -E "^\| $name \|" docs/ARCHITECTURE.md) || { say "docs/ARCHITECTURE.md: no row for $name"; continue; }
      cell=$(cut -d'|' -f3 <<<"$row" | tr -d '*')
      known=$(cut -d';' -f1,2 "$declared" | sed -n 's/^module;//p' | sort -u)
      listed() { tr ', ' '\n\n' <<<"$1" | sort -u | comm -12 - <(echo "$known") | { grep -vx base || true; }; }
      compare "docs/ARCHITECTURE.md, row $name" "its uses" "$(listed "${cell%%[*}")" "$(words "$uses" | grep -vx base || true)"
      brackets=$([[ $cell == *'['* ]] && echo "${cell#*[}" || true)
      compare "docs/ARCHITECTURE.md, row $name" "its brackets" "$(listed "${brackets%]*}")" "$(words "$more" | grep -vx base || true)"
      ;;
    tool | plugin)
      mapfile -t sources < <(cd "$folder" && xargs -r realpath --relative-to="$source_folder" <<<"$more")
      mapfile -t headers < <(find "$folder" -maxdepth 1 -name '*.h')
      compare "$name" USES "$(words "$uses")" "$(included cli "${sources[@]}" "${headers[@]}")"
      ;;
  esac
done <"$declared"
((bad == 0)) && echo "$(wc -l <"$declared") targets declare what they include"
exit "$bad"
