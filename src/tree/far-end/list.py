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


class Counting(Counts):
    def __init__(self, out):
        Counts.__init__(self)
        self.out = out

    def flush(self):
        told = [self.counts[key] for key in ("files", "bytes", "folders", "symlinks", "specials", "inFlight")]
        newest = self.counts["newest"]
        told += [len(self.unreadables), "-" if newest is None else newest]
        self.out.write(" ".join(str(one) for one in told).encode("ascii"))


def main():
    given = json.loads(sys.argv[1])
    many_handles()
    out = sys.stdout.buffer
    sink = Listing(out, given["namesWith"].encode("latin-1")) if given["action"] == "list" else Counting(out)
    walk(Rules(given["rules"]), sink)
    sink.flush()
    out.flush()


main()
