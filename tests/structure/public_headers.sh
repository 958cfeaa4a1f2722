#!/usr/bin/env bash
# Public headers hide the third-party libraries: none but nn's includes torch, none OpenCV, CLI11, spdlog, yaml-cpp or the
# full json header.
#   module_order.sh SOURCE ...
set -euo pipefail
cd "$1"
if grep -rnE '#include [<"](opencv2/|CLI/|spdlog/|yaml-cpp/|nlohmann/json\.hpp|sqlite3|boost/|curl/|archive)' lib/*/include; then
  echo "hide this library behind the module: forward-declare, or include it in src/"
  exit 1
fi
if grep -rnE '#include [<"](torch/|ATen/|c10/)' lib/*/include | grep -v '^lib/nn/'; then
  echo "only nn may have torch in its public headers"
  exit 1
fi
if grep -rnE '#include "ds/' lib/*/include lib/*/src | grep -E 'tools/'; then
  echo "lib never includes tools"
  exit 1
fi
echo "public headers are clean"
