#!/usr/bin/env bash
# Installs what ds needs to build, test and run on Debian 12. Idempotent: a second run only checks.
#   scripts/setup.sh          compilers, libraries, test tools
#   scripts/setup.sh --check  exit 1 and name what is missing, install nothing
set -euo pipefail

packages=(
  # build
  g++ cmake ninja-build ccache git ca-certificates pkg-config
  # style checks (scripts/check.sh)
  clang-format clang-tidy
  # libraries
  libtorch-dev libgloo-dev libopenblas0-openmp libopencv-dev libcli11-dev libfmt-dev libspdlog-dev
  libyaml-cpp-dev nlohmann-json3-dev libsqlite3-dev libarchive-dev libcurl4-openssl-dev
  libboost-dev libssl-dev zlib1g-dev libpugixml-dev libsimdjson-dev libprotobuf-dev
  protobuf-compiler libcsv-dev libuchardet-dev libutf8proc-dev libjs-chart.js catch2
  libjpeg62-turbo-dev libpng-dev libtiff-dev libwebp-dev
  libavformat-dev libavcodec-dev libavutil-dev libswscale-dev
  # used by scripts and tests
  curl zip sqlite3
  # a test compares our SSDlite and Faster R-CNN with its own (skipped where it is not installed)
  python3-torchvision
  # schedulers that the tests of ds-train submit start themselves, with settings and ports of their own
  slurm-wlm munge openmpi-bin parallel
)

missing=()
for package in "${packages[@]}"; do
  status=$(dpkg-query -W -f '${Status}' "$package" 2>/dev/null || true)
  [[ $status == "install ok installed" ]] || missing+=("$package")
done

if ((${#missing[@]} == 0)); then
  echo "setup: all ${#packages[@]} packages are installed"
  exit 0
fi
if [[ ${1:-} == --check ]]; then
  echo "setup: missing: ${missing[*]} (run scripts/setup.sh)" >&2
  exit 1
fi

as_root=()
if ((EUID != 0)); then
  if ! command -v sudo >/dev/null; then
    echo "setup: run as root, or install sudo, to add: ${missing[*]}" >&2
    exit 1
  fi
  as_root=(sudo)
fi
echo "setup: installing ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
"${as_root[@]}" apt-get update -q
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
  apt-get install -q -y --no-install-recommends "${missing[@]}"
