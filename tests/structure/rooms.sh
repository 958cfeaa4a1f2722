#!/usr/bin/env bash
# The plan of the house has no circle, no arrow upwards and no folder that is a flat list; `scripts/rooms.sh` draws it.
#   rooms.sh SOURCE ...
exec "$1/scripts/rooms.sh" --check
