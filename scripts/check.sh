#!/usr/bin/env bash
# What must pass before a change is handed in: format, tidy on changed files, tests.
#   scripts/check.sh [REVISION]    REVISION: what counts as changed is all since it
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/format.sh --check
scripts/tidy.sh "$@"
scripts/test.sh
