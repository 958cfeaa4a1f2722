#!/usr/bin/env bash
# Predicts on a machine without network, from a bundle that pack.sh made. Nothing is installed, nothing is fetched.
#   predict.sh BUNDLE.tar.gz SRC OUT.json
#     SRC   pictures, folders, archives or videos (one argument)
#     OUT   what was found; the variable FORMAT says how: json (the default), coco, csv, overlay (a folder)
# The bundle is unpacked beside itself, once: its checksum is compared, and the model measured on the test pictures that
# came along, which should give the AP that it has at home. Later calls go straight to predicting.
set -euo pipefail
if (($# != 3)); then
  echo "usage: predict.sh BUNDLE.tar.gz SRC OUT.json" >&2
  exit 2
fi
bundle=$(realpath "$1")
source=$2 output=$3
folder=${bundle%.tar.gz}

# The bundle's tools with the bundle's libraries; the machine's own programs keep theirs.
tool() { LD_LIBRARY_PATH=$folder/lib "$folder/bin/$1" "${@:2}"; }

if [[ ! -e $folder/unpacked ]]; then
  (cd "$(dirname "$bundle")" && sha256sum --check --quiet "$(basename "$bundle").sha256" >&2)
  tar -C "$(dirname "$bundle")" -xzf "$bundle"
  # Its measured numbers stay in the bundle: check/results.json.
  tool ds-compare eval "$folder/model" --data "$folder/truth" -o "$folder/check" --format csv --quiet |
    awk -F, 'NR == 2 { printf "the model has AP %.3f on the test pictures that came along\n", $3 }'
  touch "$folder/unpacked" # last: an unpacking that was cut short begins again
fi

tool ds-deploy predict "$folder/model" "$source" -o "$output" --format "${FORMAT:-json}"
