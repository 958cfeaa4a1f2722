#!/usr/bin/env bash
# What a sweep came to: all its models on the same test pictures, and each recipe's mean and scatter over its seeds.
#   collect.sh NAME [OUT]   where sweep.sh NAME was called, with the same RECIPES and SEEDS; OUT: folder, default NAME
# Writes OUT/table.csv, OUT/report.html (a page) and OUT/report.md (for a chat or a wiki).
# A model that is not known is one whose job is not done: `ds-train list` tells how far it is.
set -euo pipefail
if (($# < 1)); then
  echo "usage: collect.sh NAME [OUT]" >&2
  exit 2
fi
name=$1
out=${2:-$name}
read -ra recipes <<<"${RECIPES:-speed balanced}"
read -ra seeds <<<"${SEEDS:-1 2 3}"

models=()
for recipe in "${recipes[@]}"; do
  for seed in "${seeds[@]}"; do models+=("$name-$(basename "$recipe" .yaml)-$seed"); done
done
mkdir -p "$out"

# In one call, so that the models take turns and their latencies compare fairly. The dataset version is what is done
# now, or the one named in SNAPSHOT when something was labelled since.
options=(--split test)
if [[ -n ${SNAPSHOT:-} ]]; then options+=(--snapshot "$SNAPSHOT"); fi
ds-compare eval "${models[@]}" "${options[@]}" --quiet >/dev/null
ds-compare table "${options[@]}" --format csv >"$out/table.csv"
ds-compare report "${options[@]}" -o "$out/report.html" -o "$out/report.md"

# A recipe is better when the gap between means is wide beside the scatter; one lucky seed is no reason.
echo "recipe            seeds  mean AP  scatter"
awk -F, -v prefix="$name-" '
  index($2, prefix) == 1 {
    recipe = substr($2, length(prefix) + 1)
    sub(/-[0-9]+$/, "", recipe)
    ++n[recipe]; sum[recipe] += $3; squares[recipe] += $3 * $3
  }
  END {
    for (recipe in n) {
      mean = sum[recipe] / n[recipe]
      variance = n[recipe] > 1 ? (squares[recipe] - n[recipe] * mean * mean) / (n[recipe] - 1) : 0
      printf "%-16s  %5d  %7.3f  %7.3f\n", recipe, n[recipe], mean, sqrt(variance > 0 ? variance : 0)
    }
  }' "$out/table.csv" | sort -k3,3 -r
