#!/usr/bin/env bash
# Runs one golden transcript and compares what a user would have seen.
#   run_case.sh BIN_FOLDER CASE_FOLDER [--update]
# A case is a folder with
#   cmd      a bash script, run in an empty folder with the tools on PATH, $DS_SOURCE the checkout,
#            $DS_SHARED the shared data, the clock at DS_FAKE_NOW; a line "# needs: data/bccd" skips the case
#            where that part of the shared data is absent, "# needs-root" where we are not root
#   stdout, stderr, exit   what it must print, and its exit code (missing file: empty, 0)
#   normalize.sed          optional: applied to both streams, for numbers that differ from run to run
# Paths are written as $WORK, $DS_SOURCE and $DS_SHARED, process ids as "pid N".
set -uo pipefail
bin=$(realpath "$1")
case_folder=$(realpath "$2")
update=${3:-}
source_folder=$(realpath "$(dirname "${BASH_SOURCE[0]}")/../..")
shared=${DS_SHARED:-$(dirname "$source_folder")/shared}

while read -r need; do
  if [[ ! -e $shared/$need ]]; then
    echo "SKIPPED: $shared/$need is absent (set DS_SHARED to the folder that holds data/ and cases/)"
    exit 0
  fi
done < <(sed -n 's/^# needs: *//p' "$case_folder/cmd")
if grep -q '^# needs-root' "$case_folder/cmd" && ((EUID != 0)); then
  echo "SKIPPED: this case needs root"
  exit 0
fi

work=$(mktemp -d)
# A case may leave a server or a mount behind when it fails.
trap 'umount -q "$work"/* 2>/dev/null; rm -rf "$work" "$work.out" "$work.err"' EXIT
(
  cd "$work" || exit 1
  export PATH="$bin:$PATH" DS_SOURCE="$source_folder" DS_SHARED="$shared" DS_USER=ada NO_COLOR=1
  export DS_FAKE_NOW=${DS_FAKE_NOW:-2026-01-02T03:04:05.000Z} LC_ALL=C.UTF-8 HOME="$work"
  unset DS_PROJECT
  exec timeout 240 bash "$case_folder/cmd"
) </dev/null >"$work.out" 2>"$work.err"
code=$?

normalize() {
  sed -i -e "s#$work#\$WORK#g" -e "s#$source_folder#\$DS_SOURCE#g" -e "s#$shared#\$DS_SHARED#g" \
    -e 's#\bpid [0-9]\+#pid N#g' "$1"
  [[ -f $case_folder/normalize.sed ]] && sed -E -i -f "$case_folder/normalize.sed" "$1"
}
normalize "$work.out"
normalize "$work.err"

if [[ $update == --update ]]; then
  for stream in out err; do
    golden=$case_folder/std$stream
    if [[ -s $work.$stream ]]; then cp "$work.$stream" "$golden"; else rm -f "$golden"; fi
  done
  if ((code != 0)); then echo "$code" >"$case_folder/exit"; else rm -f "$case_folder/exit"; fi
  exit 0
fi

failed=0
expected_code=0
[[ -f $case_folder/exit ]] && expected_code=$(<"$case_folder/exit")
if [[ $code != "$expected_code" ]]; then
  echo "exit code: $code, expected $expected_code"
  failed=1
fi
for stream in out err; do
  golden=$case_folder/std$stream
  [[ -f $golden ]] || golden=/dev/null
  if ! diff -u --label "std$stream expected" --label "std$stream seen" "$golden" "$work.$stream"; then failed=1; fi
done
exit "$failed"
