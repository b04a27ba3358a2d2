"""Reads an index as if its entries were walked. Sent behind `walk.py` and `pack.py`.

An index: the line MAGIC; a line of JSON in ASCII; blocks, each the length in 4 bytes of a body of at most BLOCK entries
packed by zlib; the length 0; the SHA-256 of all that.
"""

import json
import struct
import zlib


class Replay:
    """Takes entries in the order of paths and tells them to a sink as the walk would."""

    def __init__(self, sink):
        self.sink = sink
        self.prefix = b""
        # Those that have been told, with the prefix of what they hold.
        self.folders = {b"": b""}
        # Files of one folder that have not been told yet.
        self.rows = []

    def take(self, kind, path, size, seconds, target):
        slash = path.rfind(b"/") + 1
        prefix = self.folders[path[:slash]]
        if kind != FILE or prefix is not self.prefix or len(self.rows) > 1000:
            self.flush()
        self.prefix = prefix
        if kind == FILE:
            self.rows.append((path[slash:], size, seconds))
            return
        self.sink.entry(prefix, bytes((kind,)), path[slash:], 0, seconds, target)
        if kind == FOLDER:
            inner = path + b"/"
            self.folders[inner] = inner

    def flush(self):
        if self.rows:
            names, sizes, times = zip(*self.rows)
            self.sink.files(self.prefix, list(names), list(sizes), list(times))
            self.rows = []


def decode(body):
    """Gives (kind, path, size, seconds, target) of each entry."""
    at = 0
    path = b""
    seconds = 0

    def number():
        nonlocal at
        byte = body[at]
        at += 1
        value = byte & 127
        shift = 7
        while byte > 127:
            byte = body[at]
            at += 1
            value |= (byte & 127) << shift
            shift += 7
        return value

    def text(length):
        nonlocal at
        at += length
        return body[at - length : at]

    while at < len(body):
        kind = body[at]
        at += 1
        path = path[: number()] + text(number())
        size = number() if kind == FILE else 0
        step = number()
        seconds += -(step + 1 >> 1) if step & 1 else step >> 1
        yield kind, path, size, seconds, text(number()) if kind == LINK else None


def read_index(path, rules, sink, tick):
    """Tells an index's entries to a sink and gives its header. Fails in any way where it is not whole or not for these."""
    mark = sha256()
    with open(path, "rb") as file:

        def read(length):
            part = file.read(length)
            mark.update(part)
            if len(part) < length:
                raise ValueError("it is cut off")
            return part

        if read(len(MAGIC)) != MAGIC:
            raise ValueError("it is none, or of another version")
        line = file.readline(1 << 24)
        mark.update(line)
        header = json.loads(line.decode("ascii"))
        if header["rules"] != rules_mark(rules):
            raise ValueError("it was made by other rules")
        replay = Replay(sink)
        while True:
            length = struct.unpack(">I", read(4))[0]
            if length == 0:
                break
            for entry in decode(zlib.decompress(read(min(length, 1 << 24)))):
                replay.take(*entry)
            tick()
        replay.flush()
        if file.read(33) != mark.digest():
            raise ValueError("it is damaged")
    return header
