#!/usr/bin/env python3
"""Runs a command and writes the peak of its whole process tree's memory (proportional set size, MB) to a file.

    peak_memory.py FILE COMMAND...

Shared pages count once, so that a trainer with worker processes and one with threads are measured alike.
"""
import os
import subprocess
import sys
import time


def children_of(pid):
    found = [pid]
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/children") as file:
            for child in file.read().split():
                found += children_of(int(child))
    return found


def megabytes(pid):
    with open(f"/proc/{pid}/smaps_rollup") as file:
        for line in file:
            if line.startswith("Pss:"):
                return int(line.split()[1]) / 1024
    return 0


def tree_megabytes(pid):
    total = 0
    try:
        for process in children_of(pid):
            try:
                total += megabytes(process)
            except OSError:
                pass  # it has just ended
    except OSError:
        pass
    return total


def main():
    peak = 0
    process = subprocess.Popen(sys.argv[2:])
    while process.poll() is None:
        peak = max(peak, tree_megabytes(process.pid))
        time.sleep(0.2)
    with open(sys.argv[1], "w") as file:
        file.write(f"{peak:.0f}\n")
    return process.returncode


if __name__ == "__main__":
    sys.exit(main())
