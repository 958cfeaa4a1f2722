s/[0-9a-f]{64}/SHA256/g
s#media/[0-9a-f]{2}/#media/xx/#g
