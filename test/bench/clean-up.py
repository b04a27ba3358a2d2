"""Undoes what the bench has set up, once the bench is gone, however it went.

Lines of JSON on stdin: [NUMBER, WORD...] is a command for the end, [NUMBER] takes it back. At the end of stdin what is left
runs, the last one first. It is started in a session of its own, so that no Ctrl-C reaches it.
"""

import json
import subprocess
import sys

steps = {}
for line in sys.stdin:
    number, *command = json.loads(line)
    if command:
        steps[number] = command
    else:
        steps.pop(number, None)
for number in sorted(steps, reverse=True):
    subprocess.call(steps[number], stdin=subprocess.DEVNULL)
