# Sourced by the cases: the project `demo` with six unlabelled pictures of 64 x 48 (scene_0000.jpg to scene_0005.jpg)
# and the classes disc, square, triangle.
ds-import sample shapes --images 6 --seed 1 --size 64x48 --no-video -q >/dev/null
ds-import init demo --classes disc,square,triangle -q >/dev/null
ds-import add shapes/images -p demo --labels ignore --split train -q >/dev/null 2>&1
cd demo || exit 1

. "$DS_SOURCE/tests/cli/ds-label/try.sh"
