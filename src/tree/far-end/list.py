"""Lists or counts a tree on a node: fed to `python3 -`, standard library only, Python 3.5 or newer.

One argument, a JSON text in ASCII: `action` (list or count) and the rules of what does not count, as latin1 strings,
one character a byte. The working folder is the tree.

Listing: records `KIND SIZE MTIME[ REASON]/PATH[\\1TARGET]\\0` in the byte order of the whole path. Counting: one line,
`files bytes folders symlinks specials in-flight unreadable newest`.
"""

import errno
import json
import os
import re
import stat
import sys

FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
GONE = (errno.ENOENT, errno.ENOTDIR)


class Rules:
    def __init__(self, given):
        def texts(key):
            return [text.encode("latin-1") for text in given[key]]

        self.outside = set(texts("outside"))
        self.root = set(texts("rootArtefacts"))
        self.root_prefixes = tuple(texts("rootArtefactPrefixes"))
        self.flight_suffixes = tuple(texts("inFlightSuffixes"))
        self.flight_prefixes = tuple(texts("inFlightPrefixes"))
        self.never_suffixes = tuple(texts("neverSuffixes"))
        self.names = set(texts("names"))
        self.globs = [glob(name) for name in texts("names") if b"*" in name or b"?" in name]
        self.rooted = {}
        for components in given["rooted"]:
            parts = [part.encode("latin-1") for part in components]
            rule = ([glob(part) for part in parts], parts[-1] == b"*")
            self.rooted.setdefault(len(parts), []).append(rule)

    def verdict(self, path, name, depth, is_folder):
        """counts, never or in-flight, by the name; the parents have been let through."""
        if path in self.outside or self.ignored(path, name, depth, is_folder):
            return "never"
        if depth == 1 and (name in self.root or name.startswith(self.root_prefixes)):
            return "never"
        if name.startswith(self.flight_prefixes):
            return "never" if is_folder else "in-flight"
        if is_folder:
            return "counts"
        lower = name.lower()
        if lower.endswith(self.flight_suffixes):
            return "in-flight"
        return "never" if lower.endswith(self.never_suffixes) else "counts"

    def ignored(self, path, name, depth, is_folder):
        if name in self.names or any(one.match(name) for one in self.globs):
            return True
        for globs, only_files in self.rooted.get(depth, ()):
            parts = path.split(b"/")
            if all(one.match(part) for one, part in zip(globs, parts)) and not (only_files and is_folder):
                return True
        return False


def glob(pattern):
    """`*` is any run, `?` one byte, everything else itself."""
    special = {b"*": b".*", b"?": b"."}
    parts = [special.get(pattern[i : i + 1], re.escape(pattern[i : i + 1])) for i in range(len(pattern))]
    return re.compile(b"".join(parts) + b"\\Z", re.DOTALL)


class Folder:
    """An open folder: its handle, so that paths may be longer than the system takes, and what is left of its names."""

    def __init__(self, parent, name, prefix, depth):
        self.handle = os.open(name, FLAGS, dir_fd=parent)
        try:
            # A folder that may be read but not entered tells names and nothing about them.
            if not os.access(".", os.X_OK, dir_fd=self.handle):
                raise PermissionError(errno.EACCES, "may not be entered")
            self.names = [os.fsencode(found) for found in os.listdir(self.handle)]
        except Exception:
            os.close(self.handle)
            raise
        self.prefix = prefix
        self.depth = depth
        self.opened = {}
        self.stats = {}

    def look(self):
        """Looks at every name; gives the steps to take, in reverse: NAME for an entry, NAME/ for what it holds."""
        keys = []
        for name in self.names:
            try:
                found = os.stat(name, dir_fd=self.handle, follow_symlinks=False)
            except OSError as error:
                if error.errno in GONE:
                    continue
                found = error
            self.stats[name] = found
            keys.append(name)
            if not isinstance(found, OSError) and stat.S_ISDIR(found.st_mode):
                keys.append(name + b"/")
        keys.sort(reverse=True)
        self.keys = keys
        self.names = None

    def close(self):
        os.close(self.handle)


def walk(rules, sink):
    try:
        root = Folder(None, b".", b"", 0)
    except OSError as error:
        sink.unreadable(b"", error)
        return
    root.look()
    stack = [root]
    while stack:
        folder = stack[-1]
        if not folder.keys:
            stack.pop().close()
            continue
        key = folder.keys.pop()
        if key.endswith(b"/"):
            inner = folder.opened.pop(key, None)
            if inner is not None:
                inner.look()
                stack.append(inner)
            continue
        found = folder.stats.pop(key)
        path = folder.prefix + key
        failed = isinstance(found, OSError)
        is_folder = not failed and stat.S_ISDIR(found.st_mode)
        verdict = rules.verdict(path, key, folder.depth + 1, is_folder)
        if verdict == "never":
            continue
        if failed:
            sink.unreadable(path, found)
        elif verdict == "in-flight":
            sink.in_flight(path, found)
        elif is_folder:
            try:
                inner = Folder(folder.handle, key, path + b"/", folder.depth + 1)
            except OSError as error:
                if error.errno not in GONE:
                    sink.unreadable(path, error)
                continue
            folder.opened[key + b"/"] = inner
            sink.entry(b"d", path, found, None)
        elif stat.S_ISLNK(found.st_mode):
            try:
                target = os.readlink(key, dir_fd=folder.handle)
            except OSError as error:
                # EINVAL: it is no symlink any more.
                if error.errno not in GONE and error.errno != errno.EINVAL:
                    sink.unreadable(path, error)
                continue
            sink.entry(b"l", path, found, target)
        else:
            sink.entry(b"f" if stat.S_ISREG(found.st_mode) else b"s", path, found, None)


class Listing:
    def __init__(self, out):
        self.out = out
        self.records = []

    def put(self, kind, size, seconds, path, reason=b"", target=None):
        tail = b"" if target is None else b"\1" + target
        record = kind + (" %d %d" % (size, seconds)).encode("ascii") + reason + b"/" + path + tail + b"\0"
        self.records.append(record)
        if len(self.records) >= 1024:
            self.flush()

    def entry(self, kind, path, found, target):
        size = found.st_size if target is None else len(target)
        self.put(kind, size, found.st_mtime_ns // 1000000000, path, b"", target)

    def in_flight(self, path, found):
        if stat.S_ISREG(found.st_mode):
            self.put(b"i", 0, 0, path)

    def unreadable(self, path, error):
        reason = errno.errorcode.get(error.errno, "error")
        self.put(b"u", 0, 0, path, b" " + reason.encode("ascii"))

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

    def entry(self, kind, _path, found, _target):
        self.counts[kind] += 1
        if kind == b"f":
            self.bytes += found.st_size
            seconds = found.st_mtime_ns // 1000000000
            if self.newest is None or seconds > self.newest:
                self.newest = seconds

    def in_flight(self, _path, found):
        self.flights += 1 if stat.S_ISREG(found.st_mode) else 0

    def unreadable(self, _path, _error):
        self.unread += 1

    def flush(self):
        counts = [self.counts[b"f"], self.bytes, self.counts[b"d"], self.counts[b"l"], self.counts[b"s"]]
        counts += [self.flights, self.unread, "-" if self.newest is None else self.newest]
        self.out.write(" ".join(str(count) for count in counts).encode("ascii"))


def main():
    given = json.loads(sys.argv[1])
    try:
        # One handle for each folder on the way down: very deep trees need more than the usual 1024.
        import resource

        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    except (ImportError, ValueError, OSError):
        pass
    sink = (Listing if given["action"] == "list" else Counting)(sys.stdout.buffer)
    walk(Rules(given["rules"]), sink)
    sink.flush()
    sys.stdout.buffer.flush()


main()
