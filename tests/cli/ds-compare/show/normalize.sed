s/([0-9]\.[0-9]{2})[0-9]+/\1/g
s/^latency .*/latency    (differs from run to run)/
s/^memory .*/memory     (differs from run to run)/
s/^Latencies: .*/Latencies: (machine, threads, date)/
s/^---------  -+$/---------  -----/
