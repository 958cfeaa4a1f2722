s/[0-9]{4,5}\b/PORT/g
