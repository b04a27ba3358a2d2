"""Lists or counts a tree on a node: sent behind `walk.py` to `python3 -`.

One argument, a JSON text in ASCII: `action` (list or count), `namesWith` (of a listing: regular files alone whose name
has it; empty for everything) and the rules of what does not count, as latin1 strings, one character a byte. The working
folder is the tree.

Listing: records `KIND SIZE MTIME[ REASON]/PATH[\\1TARGET]\\0` in the byte order of the whole path. Counting: one line,
`files bytes folders symlinks specials in-flight unreadable newest`.
"""

import errno
import json
import sys


class Listing:
    def __init__(self, out, names_with):
        self.out = out
        self.names_with = names_with
        self.records = []

    def put(self, record):
        self.records.append(record)
        if len(self.records) >= 1024:
            self.flush()

    def files(self, prefix, names, sizes, times):
        rows = zip(names, sizes, times)
        if self.names_with:
            rows = [row for row in rows if self.names_with in row[0]]
        for name, size, seconds in rows:
            self.put(b"f %d %d/%b%b\0" % (size, seconds, prefix, name))

    def entry(self, prefix, kind, name, size, seconds, target):
        if self.names_with:
            return
        head = b"%b %d %d/%b%b" % (kind, size if target is None else len(target), seconds, prefix, name)
        self.put(head + (b"" if target is None else b"\1" + target) + b"\0")

    def in_flight(self, path):
        self.put(b"i 0 0/" + path + b"\0")

    def unreadable(self, path, error):
        reason = errno.errorcode.get(error.errno, "error")
        self.put(b"u 0 0 " + reason.encode("ascii") + b"/" + path + b"\0")

    def flush(self):
        self.out.write(b"".join(self.records))
        self.records = []


class Counting:
    def __init__(self, out):
        self.out = out
        self.bytes = 0
        self.counts = {b"f": 0, b"d": 0, b"l": 0, b"s": 0}
        self.flights = 0
        self.unread = 0
        self.newest = None

    def files(self, _folder, names, sizes, times):
        if names:
            self.counts[b"f"] += len(names)
            self.bytes += sum(sizes)
            newest = max(times)
            if self.newest is None or newest > self.newest:
                self.newest = newest

    def entry(self, _folder, kind, _name, _size, _seconds, _target):
        self.counts[kind] += 1

    def in_flight(self, _path):
        self.flights += 1

    def unreadable(self, _path, _error):
        self.unread += 1

    def flush(self):
        counts = [self.counts[b"f"], self.bytes, self.counts[b"d"], self.counts[b"l"], self.counts[b"s"]]
        counts += [self.flights, self.unread, "-" if self.newest is None else self.newest]
        self.out.write(" ".join(str(count) for count in counts).encode("ascii"))


def main():
    given = json.loads(sys.argv[1])
    many_handles()
    out = sys.stdout.buffer
    sink = Listing(out, given["namesWith"].encode("latin-1")) if given["action"] == "list" else Counting(out)
    walk(Rules(given["rules"]), sink)
    sink.flush()
    out.flush()


main()
