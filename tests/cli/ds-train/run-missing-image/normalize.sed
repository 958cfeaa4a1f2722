s/[0-9]+ image files are missing, the first is .*/N image files are missing, the first is NAME/
s#media/../[0-9a-f]+#media/xx/SHA256#
s/image .* are gone/image NAME are gone/
s/no [0-9a-f]{64}/no SHA256/
