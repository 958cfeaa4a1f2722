# Sourced by cases: `before=$(state p)`, and after the command `unchanged p`.
state() {
  { sqlite3 "$1/index.sqlite" .dump; find "$1/media" -type f | sort; cat "$1/project.yaml"; } | sha256sum
}
unchanged() {
  if [[ $(state "$1") == "$before" ]]; then echo "project unchanged"; else echo "PROJECT CHANGED"; fi
}
