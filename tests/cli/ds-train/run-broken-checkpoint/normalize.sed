s#/net/[^:]*: the data ends at [0-9]+, but the file holds [0-9]+ bytes#/TENSOR: the data ends at N, but the file holds N bytes#
s#/(ema|optimizer)/[^:]*: the data ends at [0-9]+, but the file holds [0-9]+ bytes#/TENSOR: the data ends at N, but the file holds N bytes#
