# What the tests of the examples share; sourced with the folder of the tools as $1. The tools are found by PATH alone,
# as the examples promise. Sets $examples and $work, a folder with a blank in its name that goes when the test ends.
bin=$(realpath "$1")
examples=$(realpath "$(dirname "${BASH_SOURCE[0]}")/../../examples")
scratch=$(mktemp -d)
work="$scratch/my work"
mkdir "$work"
cd "$work"
export PATH=$bin:$PATH DS_USER=ada NO_COLOR=1
unset DS_PROJECT
# A test that starts more than files says here how it ends.
clean_up() { :; }
trap 'clean_up >/dev/null 2>&1 || true; rm -rf "$scratch"' EXIT

fail() {
  printf 'FAILED: %s\n' "$*" >&2
  tail -n 40 "$work"/said "$work"/complaints >&2 2>/dev/null || true
  exit 1
}
expect() { # WHAT SEEN EXPECTED
  [[ $2 == "$3" ]] || fail "$1: '$2', expected '$3'"
  echo "ok: $1: $2"
}
# Runs an example, with its output in said and complaints; the exit code must be as expected.
run() { # EXPECTED-CODE COMMAND...
  local expected=$1 code=0
  shift
  "$@" >said 2>complaints || code=$?
  expect "exit of ${1#"$examples/"}" "$code" "$expected"
}
says() { # FILE PATTERN
  grep -qE -- "$2" "$1" || fail "$1 does not say '$2'"
}
# The first value of a key in a JSON text.
value() { sed -nE "0,/\"$1\":/s/.*\"$1\": *\"?([^\",}]*).*/\1/p"; }
