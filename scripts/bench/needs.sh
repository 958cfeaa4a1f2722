# Sourced by the benchmarks: what one needs is checked before it works for minutes, and what did not run is said with its reason.
# Each benchmark lists its packages (of Debian 12) behind "Needs:" in its header.

# need COMMAND=PACKAGE...: ends with exit 2 and names all that is missing.
need() {
  local pair missing=()
  for pair; do
    command -v "${pair%%=*}" >/dev/null || missing+=("${pair%%=*} (package ${pair#*=})")
  done
  ((${#missing[@]} == 0)) && return
  printf '%s needs %s\n' "$(basename "$0")" "$(join_with ', ' "${missing[@]}")" >&2
  exit 2
}

# missing_modules PYTHON MODULE=PACKAGE...: prints those that PYTHON cannot import; nothing when all are there.
missing_modules() {
  local python=$1 pair missing=()
  shift
  for pair; do
    "$python" -c "import ${pair%%=*}" >/dev/null 2>&1 || missing+=("${pair%%=*} (package ${pair#*=})")
  done
  ((${#missing[@]} == 0)) || join_with ', ' "${missing[@]}"
}

# skipped WHAT WHY: one line on stderr.
skipped() { echo "SKIPPED: $1: $2" >&2; }

# why_of FILE: the last line that a program wrote to its stderr.
why_of() {
  local line
  line=$(grep -v '^[[:space:]]*$' "$1" 2>/dev/null | tail -n 1 || true)
  echo "${line:-it said nothing}"
}

join_with() { # SEPARATOR ITEM...
  local separator=$1 text=$2 item
  shift 2
  for item; do text+=$separator$item; done
  printf '%s' "$text"
}
