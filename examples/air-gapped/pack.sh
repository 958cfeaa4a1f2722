#!/usr/bin/env bash
# Packs everything that prediction needs into one file, for a machine without network: tools, libraries, a model, and
# the labelled test pictures, so that the other machine can prove that it finds the same.
#   pack.sh PROJECT MODEL BUNDLE.tar.gz
#     MODEL   id of a model of the project: the folder models/MODEL (`ds-train list` shows the ids)
# The tools are those in PATH, from an installed prefix: `cmake --install build/release --prefix /opt/ds`.
# Needed there: the same kind of processor, a glibc that is as new as here, bash, tar, sha256sum. Nothing is installed.
set -euo pipefail
if (($# != 3)); then
  echo "usage: pack.sh PROJECT MODEL BUNDLE.tar.gz" >&2
  exit 2
fi
project=$1 model=$2 output=$3
here=$(dirname "$(realpath "$0")")
prefix=$(realpath "$(dirname "$(command -v ds-deploy)")/..")

# Under one folder whose name is the bundle's, so that two bundles can lie side by side.
name=$(basename "$output" .tar.gz)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
bundle=$work/$name
mkdir -p "$bundle"/{bin,lib,share}

cp "$prefix"/bin/ds-{import,label,train,compare,deploy,retrain} "$bundle/bin"
cp -r "$prefix/lib/ds" "$bundle/lib" # plugins: codecs, and the engine that runs the network
cp -r "$prefix/share/ds" "$bundle/share"
# The shared libraries, but for the C library's: those belong to the machine's kernel and loader.
ldd "$bundle"/bin/* "$bundle"/lib/ds/*.so | awk '$2 == "=>" && $3 ~ /^\// { print $3 }' | sort -u |
  grep -vE '/(libc|libm|libdl|libpthread|librt|libresolv|libutil)\.so' | xargs cp -L -t "$bundle/lib"

cp -r "$project/models/$model" "$bundle/model" # complete: the card and the weights it names
ds-import export "$bundle/truth" --project "$project" --format coco --with-images --where 'status=done and split=test'
cp "$here/predict.sh" "$bundle"

# Beside the bundle, so that a damaged stick is noticed there.
mkdir -p "$(dirname "$output")"
tar -C "$work" -cf - "$name" | gzip -1 >"$output"
(cd "$(dirname "$output")" && sha256sum "$(basename "$output")" >"$(basename "$output").sha256")
echo "packed $output, $(du -h "$output" | cut -f1); take $(basename "$output").sha256 and predict.sh along"
