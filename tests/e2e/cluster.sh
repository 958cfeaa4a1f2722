# What the tests of `ds-train submit` share; sourced with $bin and $work set. Makes a tiny project and trains a
# network of 64 x 64 pixels in it: seconds, and long enough to be killed in the middle.
export PATH=$bin:$PATH DS_PROJECT=$work/p DS_USER=ada NO_COLOR=1 OMP_NUM_THREADS=1

skip() { # WHY
  echo "SKIPPED: $*"
  rm -rf "${work%/*}"
  exit 0
}
skip_without() { # PROGRAM...
  local program
  for program in "$@"; do
    command -v "$program" >/dev/null || skip "$program is not installed (scripts/setup.sh)"
  done
}
fail() {
  printf 'FAILED: %s\n' "$*" >&2
  ds-train list >&2 || true
  tail -n 30 "$DS_PROJECT"/jobs/*.log "$work"/log/* >&2 2>/dev/null || true
  exit 1
}
expect() { # WHAT SEEN EXPECTED
  [[ $2 == "$3" ]] || fail "$1: '$2', expected '$3'"
  echo "ok: $1: $2"
}
# The first value of a key in a JSON text.
value() { sed -nE "0,\\|\"$1\":|s|.*\"$1\": *\"?([^\",}]*).*|\1|p"; }
run_value() { ds-train show "$1" --json | value "$2"; }
# As often as five times a second, for two minutes at most.
wait_until() { # WHAT COMMAND...
  local what=$1
  shift
  for _ in $(seq 600); do
    "$@" >/dev/null 2>&1 && return
    sleep 0.2
  done
  fail "$what: not within two minutes"
}
make_project() {
  ds-import sample "$work/shapes" --images 20 --size 96x96 --classes 2 --no-video --seed 5 -q >/dev/null
  ds-import init "$DS_PROJECT" --classes disc,square -q >/dev/null
  ds-import add "$work/shapes" -q >/dev/null
  snapshot=$(ds-import snapshot create --json | value id)
}
tiny=(--arch yolox-nano --input-size 64 --batch 4 --eval-every 1)
# Sets $job and $run.
submit() { # ENGINE OPTIONS... -- RUN OPTIONS...
  local engine=$1 answer
  shift
  answer=$(ds-train submit --engine "$engine" --cpus-per-task 1 --json "$@" --snapshot "$snapshot" "${tiny[@]}") ||
    fail "submit: exit $?"
  job=$(value job <<<"$answer")
  run=$(tr -d '\n ' <<<"$answer" | sed -E 's/.*"runs":\["([^"]*)".*/\1/')
}
has_checkpoint() { [[ -e $DS_PROJECT/runs/$1/last.ckpt ]]; }
# The metrics of every epoch, and the weights bit for bit.
expect_same_training() { # RUN RUN
  local one two
  one=$(run_value "$1" model)
  two=$(run_value "$2" model)
  [[ $one == m-* && $two == m-* && $one != "$two" ]] || fail "models: '$one' and '$two'"
  expect "test AP of $2" "$(run_value "$2" test/AP)" "$(run_value "$1" test/AP)"
  cmp "$DS_PROJECT/models/$one/weights.safetensors" "$DS_PROJECT/models/$two/weights.safetensors" ||
    fail "the weights of $2 are not those of $1"
  echo "ok: the weights of $2 are those of $1, bit for bit"
}
