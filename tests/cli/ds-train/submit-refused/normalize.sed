s/s-[0-9a-f]{12}/s-ID/g
s#[^ "]*/bin/ds-train#DS_TRAIN#g
