#!/usr/bin/env bash
# docs/CLI.md is what the tools say of themselves. Rewrite it with scripts/update_docs.sh.
#   cli_reference.sh SOURCE BIN TOOL...
set -euo pipefail
source_folder=$1
bin=$2
shift 2
if ! diff -u "$source_folder/docs/CLI.md" <("$source_folder/scripts/update_docs.sh" --print "$bin"); then
  echo "docs/CLI.md is not what --help says: run scripts/update_docs.sh"
  exit 1
fi
echo "docs/CLI.md is current"
