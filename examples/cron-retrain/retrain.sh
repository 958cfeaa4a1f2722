#!/usr/bin/env bash
# One round of retraining, for cron or a systemd timer: captures come in, and where enough labels are new a challenger
# is trained, judged and promoted. Prints only what is news, so that cron mails only news; never waits for people.
#   retrain.sh PROJECT DEPLOYMENT
#     PROJECT      project folder
#     DEPLOYMENT   made by `ds-deploy create NAME --capture uniform=0.05`, with a policy made by `ds-retrain init NAME`
# Dials, as variables: THREADS (0: all processors).
# Exit code: 0 promoted, watching, nothing to do yet, or another round is still going on; 4 the challenger was rejected, or the champion came back;
# 5 not enough test images to tell; 75 somebody else moved production meanwhile; 1 the training failed.
set -euo pipefail
if (($# != 2)); then
  echo "usage: retrain.sh PROJECT DEPLOYMENT" >&2
  exit 2
fi
export DS_PROJECT=$1
deployment=$2

# A round may train for hours: what serves on this machine goes first.
code=0
nice -n 10 ds-retrain run --deployment "$deployment" --threads "${THREADS:-0}" --detailed-exitcode --quiet || code=$?

# What a reader of the mail has to do. The tool's own lines, above, say what happened and why.
say() { printf '%s: %s\n' "$deployment" "$*"; }
case $code in
  0) exit 0 ;;
  10) exit 0 ;; # the trigger is not met: no news
  11) exit 0 ;; # captures wait for labels: notifications.yaml tells people, once and not every 15 minutes
  12)
    say "the champion stays. ds-retrain explain --deployment $deployment says which term failed."
    exit 4
    ;;
  13)
    say "the champion is back. ds-retrain log --deployment $deployment has the whole story."
    exit 4
    ;;
  5)
    say "label more images of the split test: ds-label review next --where 'split=test'"
    exit 5
    ;;
  75) exit 75 ;; # the next round looks again
  *)
    say "exit $code; see $DS_PROJECT/retrain/$deployment/cycles/*/train.log" >&2
    exit "$code"
    ;;
esac
