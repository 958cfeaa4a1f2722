#!/usr/bin/env bash
# How fast the project store is with 100,000 images and 860,000 boxes. Usage: scripts/bench/project.sh [build folder]
# Needs: nothing but a build.
set -euo pipefail
cd "$(dirname "$0")/../.."
exec "${1:-build/dev}/tests/test_project" "[.bench]"
