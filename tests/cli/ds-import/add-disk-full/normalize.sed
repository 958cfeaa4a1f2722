s#media/../[0-9a-f]+#media/xx/SHA256#
