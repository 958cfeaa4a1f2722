# Sourced by cases: a project p with runs that nobody has trained, their files as ds-train leaves them.
#   make_run ID STATE ENDED   ENDED of 12 epochs have ended, every second one validated: loss 8 / epoch; AP 0.04
#                             an epoch for the first run, 0.03 for the second, 0.02 for the third; half for squares
ds-import init p --classes disc,square -q >/dev/null
runs_made=0
make_run() {
  local id=$1 state=$2 ended=$3 folder=p/runs/$1 finished='' metrics='{}'
  runs_made=$((runs_made + 1))
  [[ $state == running || $state == queued ]] || finished=2026-01-02T03:14:05.000Z
  [[ $state == done ]] && metrics='{"val/AP":0.48,"test/AP":0.45}'
  sqlite3 p/index.sqlite "INSERT INTO runs VALUES('$id', $runs_made, 'r-1', 'yolox-nano', 's-1',
    '$([[ $state == done ]] && echo m-1)', '2026-01-02T03:04:05.000Z', '$finished', '$state', '', '$metrics')"
  mkdir -p "$folder"
  printf 'arch: yolox-nano  # --arch\ninput_size: 64x64  # balanced.yaml:3\nepochs: 12\nrecipe: balanced\n' >"$folder/config.yaml"
  ((ended > 0)) || return 0
  awk -v ended="$ended" -v slope="0.0$((5 - runs_made))" 'BEGIN {
    for (e = 1; e <= ended; ++e) {
      ap = e % 2 == 0 ? sprintf("%.2f", slope * e) : "null"
      printf "{\"epoch\":%d,\"step\":%d,\"loss\":%.4f,\"parts\":{\"iou\":%.4f,\"class\":%.4f},", e, 10 * e, 8 / e, 5 / e, 3 / e
      printf "\"gradient_norm\":2.5,\"foreground\":20,\"learning_rate\":0.002,\"closing\":%s,", (e > 9 ? "true" : "false")
      printf "\"images_per_s\":30,\"elapsed_s\":%d,\"ap\":%s,\"ap50\":%s,", 10 * e, ap, ap == "null" ? "null" : "0.75"
      printf "\"class_ap\":{%s}}\n", ap == "null" ? "" : "\"disc\":" ap ",\"square\":" ap / 2
    }
  }' >"$folder/metrics.jsonl"
  # No process can have this pid.
  awk -v ended="$ended" -v id="$id" -v state="$state" -v slope="0.0$((5 - runs_made))" 'BEGIN {
    even = ended - ended % 2
    printf "{\"run\":\"%s\",\"state\":\"%s\",\"title\":\"yolox-nano 64x64\",\"message\":\"\",\"pid\":4194305,", id, state
    printf "\"epoch\":%d,\"epochs\":12,\"step\":%d,\"steps\":120,\"loss\":%.4f,", (ended < 12 ? ended + 1 : 12), 10 * ended, 8 / ended
    printf "\"learning_rate\":0.002,\"images_per_s\":30,\"ap\":%.2f,\"best_ap\":%.2f,", slope * even, slope * even
    printf "\"best_epoch\":%d,\"elapsed_s\":%d,\"eta_s\":%d,", even, 10 * ended, 10 * (12 - ended)
    printf "\"updated\":\"2026-01-02T03:04:05.000Z\"}\n"
  }' >"$folder/status.json"
}
# As the process that trains it does.
hold_run() {
  flock "p/runs/$1/lock" sleep 60 &
  holder=$!
  until ! flock -n "p/runs/$1/lock" true 2>/dev/null; do sleep 0.02; done
}
