s/(out of memory at batch 64 and 640x640).*/\1/
