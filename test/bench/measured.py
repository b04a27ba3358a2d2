"""Runs a command and says what it cost: measured.py GROUP REPORT COMMAND...

GROUP: a control group to be in, or an empty text. REPORT: a file for one line of JSON: seconds of wall and of CPU, bytes of
the largest process (the command's, or of those that it waited for), the floor below which that cannot be told, exit code.
A child begins with its parent's memory, so the floor is this program's own: it imports as little as it can.
"""

import os
import signal
import sys
import time


def main(group, report, *command):
    if group:
        with open(group + "/cgroup.procs", "w") as members:
            members.write(str(os.getpid()))
    floor = own_peak()
    began = time.monotonic()
    child = os.posix_spawnp(command[0], command, os.environ)
    # Whoever ends us means the command, and still wants to know what it cost.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda which, _: os.kill(child, which))
    _, status, usage = os.wait4(child, 0)
    wall = time.monotonic() - began
    line = '{"wall": %.6f, "cpu": %.6f, "peak": %d, "floor": %d, "code": %d}\n' % (
        wall,
        usage.ru_utime + usage.ru_stime,
        usage.ru_maxrss * 1024,
        floor,
        os.WEXITSTATUS(status) if os.WIFEXITED(status) else 128 + os.WTERMSIG(status),
    )
    with open(report, "w") as out:
        out.write(line)


def own_peak():
    """Not by getrusage, which remembers the program that this one was started by."""
    with open("/proc/self/status") as status:
        for line in status:
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024


main(*sys.argv[1:])
