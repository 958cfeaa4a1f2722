#!/usr/bin/env bash
# A gate for pull requests: is the candidate as good as the champion, on this truth? Writes what CI systems show.
#   gate.sh TRUTH CHAMPION CANDIDATE [OUT]
#     TRUTH                 COCO ground truth, as `ds-import export truth.json --format coco` writes it
#     CHAMPION, CANDIDATE   COCO result files of any tool; `ds-compare eval MODEL --data DATA -o DIR` writes one, too
#     OUT                   folder for gate.xml (JUnit) and gate.md (for the pull request); default: gate
# In a project that has both models evaluated, leave TRUTH empty (""), and name models instead of files.
# Dials, as variables: RULES (AP>=baseline-0.02; several, separated by blanks), MIN_GROUPS (10: with fewer groups of
# images nothing is told), RESAMPLES (1000).
# Exit code, that of `ds-compare gate`: 0 shown to be as good, 4 shown to be worse, 5 this data cannot tell, 3 bad
# input.
set -euo pipefail
if (($# < 3)); then
  echo "usage: gate.sh TRUTH CHAMPION CANDIDATE [OUT]" >&2
  exit 2
fi
truth=$1 champion=$2 candidate=$3 out=${4:-gate}
mkdir -p "$out"

options=(--baseline "$champion" --candidate "$candidate" --resamples "${RESAMPLES:-1000}"
  --min-groups "${MIN_GROUPS:-10}" --junit "$out/gate.xml" --format markdown)
read -ra rules <<<"${RULES:-AP>=baseline-0.02}"
for rule in "${rules[@]}"; do options+=(--rule "$rule"); done
if [[ -n $truth ]]; then options+=(--truth "$truth"); fi

# The verdict is the exit code: kept, because the comment is wanted most when the answer is no.
code=0
verdict=$(ds-compare gate "${options[@]}") || code=$?
case $code in
  0 | 4 | 5) ;;
  *) exit "$code" ;; # bad input is no verdict, and its message is on stderr already
esac

# The verdict stands first, the numbers are folded away below it.
{
  printf '## Detection gate\n\n%s\n\n<details><summary>All numbers</summary>\n\n' "$verdict"
  if [[ -n $truth ]]; then
    ds-compare files "$truth" "$champion" "$candidate" --resamples "${RESAMPLES:-1000}" --per-class --format markdown
  else
    ds-compare table --per-class --format markdown
  fi
  printf '\n</details>\n'
} >"$out/gate.md"

# GitHub shows this file on the page of the run.
if [[ -n ${GITHUB_STEP_SUMMARY:-} ]]; then cat "$out/gate.md" >>"$GITHUB_STEP_SUMMARY"; fi
printf '%s\n' "$verdict"
exit "$code"
