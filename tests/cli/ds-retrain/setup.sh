# Sourced by the cases: a project with a small labelled set and a deployment "cells" that is not running. The
# models are cards with a few bytes as weights: nothing here loads them.
model() { # NAME
  mkdir -p "$1"
  cat >"$1/model.yaml" <<CARD
format: 1
name: $1
architecture: yolox-nano
classes: [disc, square, triangle]
input: {width: 160, height: 160}
CARD
  echo "$1" >"$1/weights.safetensors"
}

# What a server writes for a request it kept.
capture() { # FILE HOLDOUT GROUP DETECTIONS
  local sha folder
  sha=$(sha256sum <"$1" | cut -d' ' -f1)
  folder=project/deployments/cells/captures/${sha:0:2}
  mkdir -p "$folder"
  cp "$1" "$folder/$sha.jpg"
  cat >"$folder/$sha.json" <<RECORD
{"sha256": "$sha", "deployment": "cells", "model": "m-x", "generation": 1, "lane": "uniform", "probability": 0.5,
 "reason": "", "holdout": $2, "captured_at": "2026-01-02T03:00:00.000Z",
 "detections": {"width": 320, "height": 240, "threshold": 0.25, "group": "$3", "detections": $4}}
RECORD
}

ds-import init project --name cells --classes disc,square,triangle -q >/dev/null
model old
model new
export DS_PROJECT=project
