"""Walks a tree on a node: what of it counts, in the byte order of the whole path. Standard library only, Python >= 3.5.

The first part of several programs. The working folder is the tree; it is another one afterwards. `walk` tells a sink:

  files(prefix, names, sizes, times)  regular files that stand side by side; lists, of bytes and whole seconds
  entry(prefix, kind, name, size, seconds, target)
                                      a folder (b"d"), symlink (b"l") or special (b"s")
  in_flight(path)                     a regular file that an engine is still receiving
  unreadable(path, error)             a place that could not be read, with its OSError

where `prefix` is the path of the folder that they lie in with a / at the end, empty for the tree itself; one object as long as a folder is told of.
"""

import bisect
import errno
import os
import re

FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
GONE = errno.ENOENT, errno.ENOTDIR
FILE, FOLDER, LINK, FLIGHT, FAILED = b"fdliu"
# By the type bits of a mode; no type has all of them.
KINDS = b"ssssdsssfslssssu"
# In a stat: mode, size, and seconds, floored.
MODE, SIZE, SECONDS = 0, 6, 8
COUNTERS = {b"d": "folders", b"l": "symlinks", b"s": "specials"}
FAILED_STAT = 0xF000, 0, 0, 0, 0, 0, 0, 0, 0


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
        # For `all_count`: a text for each rule that no name lacks which the rule means. Some rules mean one depth.
        pieces = [b"\0" + prefix for prefix in self.flight_prefixes] + [piece(name) for name in self.names]
        depths = {1: [b"\0" + prefix for prefix in self.root_prefixes] + [piece(name) for name in self.root]}
        for path in self.outside:
            depths.setdefault(path.count(b"/") + 1, []).append(piece(path.split(b"/")[-1]))
        for components in given["rooted"]:
            parts = [part.encode("latin-1") for part in components]
            rule = [glob(part) for part in parts], parts[-1] == b"*"
            self.rooted.setdefault(len(parts), []).append(rule)
            depths.setdefault(len(parts), []).append(piece(parts[-1]))
        self.telling = any_of(pieces)
        self.telling_at = {depth: any_of(pieces + more) for depth, more in depths.items()}
        self.endings = any_of([suffix + b"\0" for suffix in self.flight_suffixes + self.never_suffixes])

    def all_count(self, names, depth):
        """Is told of most folders at once, which spares asking for each name. False says nothing."""
        text = b"\0" + b"\0".join(names) + b"\0"
        return not (self.telling_at.get(depth, self.telling)(text) or self.endings(text.lower()))

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


def any_of(texts):
    return re.compile(b"|".join(map(re.escape, texts)) or b"(?!)").search


def piece(pattern):
    """Its longest literal text, where NULs stand for both ends of the name."""
    return max(re.split(b"[*?]", b"\0" + pattern + b"\0"), key=len)


class Folder:
    """A folder that has been looked through: its handle, so that paths may be longer than the system takes, and what is
    left of its names. The stops on the way are in reverse: NAME for what is no file, NAME/ for what that holds."""

    __slots__ = "handle prefix depth names kinds sizes times errors stops opened done".split()

    def __init__(self, rules, parent, name, prefix, depth):
        self.handle = os.open(name, FLAGS, dir_fd=parent)
        self.prefix = prefix
        self.depth = depth
        self.opened = {}
        self.errors = {}
        # How many names have been told.
        self.done = 0
        try:
            # Not allowed where a folder may be read but not entered: that tells names, and nothing about them.
            os.fchdir(self.handle)
            self.names = names = os.listdir(b".")
            names.sort()
            self.look(names)
        except BaseException:
            os.close(self.handle)
            raise
        if self.errors or not rules.all_count(names, depth + 1):
            self.sift(rules)
        self.stops = []
        if self.kinds.count(b"f") < len(self.kinds):
            rest = [(name, kind) for name, kind in zip(self.names, self.kinds) if kind != FILE]
            self.stops += [name for name, _ in rest]
            self.stops += [name + b"/" for name, kind in rest if kind == FOLDER]
            self.stops.sort(reverse=True)

    def look(self, names):
        self.kinds = bytearray()
        self.sizes = []
        self.times = []
        # In portions, for the memory's sake.
        for start in range(0, len(names), 256):
            portion = names[start : start + 256]
            try:
                found = list(map(os.lstat, portion))
            except OSError:
                found = [self.look_at(name) for name in portion]
            self.kinds += bytes([KINDS[one[MODE] >> 12] for one in found])
            self.sizes += [one[SIZE] for one in found]
            self.times += [one[SECONDS] for one in found]

    def look_at(self, name):
        try:
            return os.stat(name, dir_fd=self.handle, follow_symlinks=False)
        except OSError as error:
            self.errors[name] = error
            return FAILED_STAT

    def sift(self, rules):
        """Drops what never counts and what is gone, and marks what is in flight."""
        rows = []
        for name, kind, size, seconds in zip(self.names, self.kinds, self.sizes, self.times):
            if kind == FAILED and self.errors[name].errno in GONE:
                continue
            verdict = rules.verdict(self.prefix + name, name, self.depth + 1, kind == FOLDER)
            if verdict == "in-flight" and kind != FAILED:
                verdict = "counts" if kind == FILE else "never"
                kind = FLIGHT
            if verdict != "never":
                rows.append((name, kind, size, seconds))
        self.names = [row[0] for row in rows]
        self.kinds = bytearray([row[1] for row in rows])
        self.sizes = [row[2] for row in rows]
        self.times = [row[3] for row in rows]

    def files(self, sink, end):
        """Tells the files up to a stop."""
        start = self.done
        if start < end:
            names, sizes, times = self.names, self.sizes, self.times
            if end - start < len(names):
                names, sizes, times = names[start:end], sizes[start:end], times[start:end]
            sink.files(self.prefix, names, sizes, times)
        self.done = end

    def tell(self, rules, sink, at):
        """Tells what is no file."""
        name = self.names[at]
        kind = self.kinds[at]
        path = self.prefix + name
        target = None
        try:
            if kind == FAILED:
                raise self.errors[name]
            if kind == FLIGHT:
                sink.in_flight(path)
                return
            if kind == FOLDER:
                self.opened[name + b"/"] = Folder(rules, self.handle, name, path + b"/", self.depth + 1)
            if kind == LINK:
                target = os.readlink(name, dir_fd=self.handle)
        except OSError as error:
            # EINVAL: it is no symlink any more.
            if error.errno not in GONE and not (kind == LINK and error.errno == errno.EINVAL):
                sink.unreadable(path, error)
            return
        sink.entry(self.prefix, bytes((kind,)), name, self.sizes[at], self.times[at], target)


class Counts:
    """A sink that counts, in the words of the index and of the summary of a tree."""

    def __init__(self):
        self.counts = dict.fromkeys(("files", "bytes", "folders", "symlinks", "specials", "inFlight"), 0)
        self.counts["newest"] = None
        # Pairs of path and reason.
        self.unreadables = []

    def files(self, _prefix, names, sizes, times):
        counts = self.counts
        counts["files"] += len(names)
        counts["bytes"] += sum(sizes)
        newest = max(times)
        if counts["newest"] is None or newest > counts["newest"]:
            counts["newest"] = newest

    def entry(self, _prefix, kind, _name, _size, _seconds, _target):
        self.counts[COUNTERS[kind]] += 1

    def in_flight(self, _path):
        self.counts["inFlight"] += 1

    def unreadable(self, path, error):
        self.unreadables.append((path, errno.errorcode.get(error.errno, "error")))


def walk(rules, sink, tick=None):
    """`tick` is called once a folder."""
    try:
        root = Folder(rules, None, b".", b"", 0)
    except OSError as error:
        sink.unreadable(b"", error)
        return
    stack = [root]
    while stack:
        folder = stack[-1]
        if not folder.stops:
            folder.files(sink, len(folder.names))
            os.close(stack.pop().handle)
            continue
        stop = folder.stops.pop()
        at = bisect.bisect_left(folder.names, stop)
        folder.files(sink, at)
        if not stop.endswith(b"/"):
            folder.tell(rules, sink, at)
            folder.done = at + 1
        elif stop in folder.opened:
            if tick:
                tick()
            stack.append(folder.opened.pop(stop))


def many_handles():
    """One handle for each folder on the way down: very deep trees need more than the usual 1024."""
    try:
        import resource

        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    except (ImportError, ValueError, OSError):
        pass
