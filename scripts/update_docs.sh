#!/usr/bin/env bash
# Writes docs/CLI.md from the definitions that --help uses.
#   scripts/update_docs.sh                 from build/dev/bin
#   scripts/update_docs.sh --print BIN     to standard output, from another build
set -euo pipefail
cd "$(dirname "$0")/.."
print_reference() {
  echo "# Command line reference"
  echo
  echo "Made by scripts/update_docs.sh from the same definitions as \`--help\`; do not edit."
  for tool in ds-import ds-label ds-train ds-compare ds-deploy ds-retrain; do
    if [[ -x $1/$tool ]]; then
      echo
      "$1/$tool" --generate markdown
    fi
  done
}
if [[ ${1:-} == --print ]]; then
  print_reference "$2"
else
  print_reference build/dev/bin >docs/CLI.md.new
  mv docs/CLI.md.new docs/CLI.md
fi
