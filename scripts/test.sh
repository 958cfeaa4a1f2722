#!/usr/bin/env bash
# Sets up, builds and runs every test.
#   scripts/test.sh [ctest options]    e.g. scripts/test.sh -L unit -R geometry
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/build.sh dev
# Two tests at a time; a training test owns both cores by its PROCESSORS property.
exec ctest --test-dir build/dev --output-on-failure --no-tests=error -j "$(nproc)" "$@"
