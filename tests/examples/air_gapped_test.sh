#!/usr/bin/env bash
# examples/air-gapped: what pack.sh makes from an installed prefix predicts on its own, without network and without the
# prefix, and finds the same.
#   air_gapped_test.sh BIN_FOLDER   of a build, which is installed first, or of an installed prefix
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
if [[ -e $bin/../CMakeCache.txt ]]; then
  cmake --install "$bin/.." --prefix "$scratch/prefix" >said 2>complaints || fail "cmake --install"
  PATH=$scratch/prefix/bin:$PATH
fi

ds-import sample data --images 20 --size 96x96 --classes 2 --no-video --seed 5 -q >/dev/null
ds-import sample more --images 6 --size 96x96 --classes 2 --no-video --seed 6 -q >/dev/null
ds-import init p --classes disc,square -q >/dev/null
ds-import add data -p p -q >/dev/null
ds-train run -p p --arch yolox-nano --input-size 64 --batch 4 --epochs 2 --name first -q >/dev/null 2>&1
model=$(ds-train list -p p --json | value model)
for kind in json csv; do ds-deploy predict "p/models/$model" more -o "home.$kind" --format "$kind" -q >/dev/null; done

run 0 "$examples/air-gapped/pack.sh" p "$model" packed/bundle.tar.gz
rm -rf "$scratch/prefix" p data

# The other machine: another folder, an empty environment, no network.
mkdir there
mv packed/bundle.tar.gz packed/bundle.tar.gz.sha256 there
cp "$examples/air-gapped/predict.sh" there
there=(env -i PATH=/usr/bin:/bin HOME="$work")
without_network=()
if unshare -n true 2>/dev/null; then
  without_network=(unshare -n)
  expect "interfaces there" "$(unshare -n awk 'NR > 2 { print $1 }' /proc/net/dev)" "lo:"
fi
run 0 "${without_network[@]}" "${there[@]}" there/predict.sh there/bundle.tar.gz more found.json
says said '^the model has AP [01]\.[0-9]{3} on the test pictures that came along$'
cmp home.json found.json || fail "the bundle finds something else"
run 0 "${without_network[@]}" "${there[@]}" FORMAT=csv there/predict.sh there/bundle.tar.gz more found.csv
expect "measured again" "$(grep -c 'the model has AP' said || true)" 0
cmp home.csv found.csv || fail "the bundle writes another table"

# Every library but the C library's is the bundle's own.
outside=$(LD_LIBRARY_PATH=there/bundle/lib ldd there/bundle/bin/* there/bundle/lib/ds/*.so |
  awk '$2 == "=>" && $3 !~ "bundle/lib/" && $3 !~ "/lib(c|m|dl|pthread|rt|resolv|util)[.]so" { print $1, $3 }' |
  sort -u)
expect "libraries from outside" "$outside" ""

# A bundle that was damaged on the way is not unpacked.
rm -r there/bundle
printf 'x' | dd of=there/bundle.tar.gz bs=1 seek=1000 conv=notrunc status=none
run 1 "${there[@]}" there/predict.sh there/bundle.tar.gz more damaged.json
says complaints 'bundle\.tar\.gz'
[[ ! -e there/bundle && ! -e damaged.json ]] || fail "a damaged bundle was used"
if ((${#without_network[@]} == 0)); then echo "SKIPPED: taking the network away: unshare -n is not permitted here"; fi
echo "passed in $SECONDS s"
