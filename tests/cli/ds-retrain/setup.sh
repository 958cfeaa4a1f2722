# Sourced by the cases: a project with a small labelled set and two models, "old" and "new", for a deployment "cells"
# that is not running.
model() { # NAME BUNDLE
  cp -r "$DS_SOURCE/tests/data/models/$2" "$1"
  chmod -R u+w "$1"
  sed -i "s/^name: .*/name: $1/" "$1/model.yaml"
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
model old left-cat
model new right-dog
export DS_PROJECT=project
