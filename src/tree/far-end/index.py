"""Makes the index of a tree. One file with `walk.py` and `pack.py` before it, on the node, where the script `index` runs it.

Arguments: the file of rules, the folder of the index, what the summary is known by, the interval in seconds, the UUID of
the disk, the tree as the laptop calls it. The working folder is the tree. Leaves index.new and index-summary.new there,
whole and on the medium; the script gives them their names. Exit code 3: something plays, so it has given up.
"""

import gc
import os
import time
from bisect import bisect_right
from glob import iglob

# A file is of the first class that it is smaller than; the last has no bound.
CLASSES = [1, 4 << 10, 64 << 10, 1 << 20, 16 << 20, 256 << 20, 4 << 30]
PLACES = 10
GIVEN_UP = 3
# As Syncthing names the copy that lost: <base>.sync-conflict-YYYYMMDD-HHMMSS-<7 characters>.<ext>
CONFLICT_SIGN = b".sync-conflict-"
CONFLICT = re.compile(br"\.sync-conflict-[0-9]{8}-[0-9]{6}-[A-Z2-7]{7}(?:\.|\Z)")


class Index(Tree, Counts):
    """A tree that also knows what lies in each of its first folders, and how large its files are."""

    def __init__(self):
        Tree.__init__(self)
        Counts.__init__(self)
        self.newest_file = None
        self.conflicts = 0
        self.tops = {}
        self.classes = [[0, 0] for _ in range(len(CLASSES) + 1)]

    def files(self, prefix, names, sizes, times):
        Tree.files(self, prefix, names, sizes, times)
        before = self.counts["newest"]
        Counts.files(self, prefix, names, sizes, times)
        newest = self.counts["newest"]
        if newest != before:
            self.newest_file = prefix + names[times.index(newest)]
        if CONFLICT_SIGN in b"\0".join(names):
            self.conflicts += sum(1 for name in names if CONFLICT.search(name))
        top = self.tops.setdefault(prefix.split(b"/")[0], [0, 0])
        top[0] += len(names)
        top[1] += sum(sizes)
        for size in sizes:
            held = self.classes[bisect_right(CLASSES, size)]
            held[0] += 1
            held[1] += size

    def entry(self, prefix, kind, name, size, seconds, target):
        if kind == b"d" and not prefix:
            self.tops.setdefault(name, [0, 0])
        Tree.entry(self, prefix, kind, name, size, seconds, target)
        Counts.entry(self, prefix, kind, name, size, seconds, target)


def plays():
    """Some sound device is at work: all that can be told of a player from outside, whichever it is."""
    for path in iglob(os.environ.get("PIMESH_ROOT", "") + "/proc/asound/card*/pcm*p/sub*/status"):
        try:
            with open(path, "rb") as file:
                if b"state: RUNNING" in file.read(4096):
                    return True
        except OSError:
            pass
    return False


class Patience:
    """Gives up as soon as something plays; looks every few seconds."""

    def __init__(self):
        self.looked = time.monotonic()

    def __call__(self):
        now = time.monotonic()
        if now - self.looked > 5:
            self.looked = now
            if plays():
                sys.exit(GIVEN_UP)


def write_new(folder, name, mode, group, write):
    """A new file in an open folder: all of it is on the medium at the end."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
    with open(name, "wb", opener=lambda path, _: os.open(path, flags, 0o600, dir_fd=folder)) as file:
        write(file.write)
        file.flush()
        os.fchown(file.fileno(), -1, group)
        os.fchmod(file.fileno(), mode)
        os.fsync(file.fileno())


def write_index(write, header, tree, tick):
    mark = sha256()

    def put_out(part):
        mark.update(part)
        write(part)

    put_out(MAGIC + compact(header) + b"\n")
    end = len(tree.kinds)
    for first in range(0, end, BLOCK):
        body = zlib.compress(encode(tree, range(first, min(first + BLOCK, end))))
        put_out(u32(len(body)) + body)
        tick()
    put_out(u32(0))
    write(mark.digest())


def compact(value):
    return json.dumps(value, separators=(",", ":")).encode("ascii")


def summary_text(head, tree):
    """JSON whose first line is what `pimesh status` reads; names in it are latin1, a character a byte."""
    details = {
        "newestFile": None if tree.newest_file is None else tree.newest_file.decode("latin-1"),
        "unreadablePlaces": [[path.decode("latin-1"), reason] for path, reason in tree.unreadables[:PLACES]],
        "topFolders": [
            {"name": name.decode("latin-1"), "files": held[0], "bytes": held[1]}
            for name, held in sorted(tree.tops.items())
        ],
        "sizes": [
            {"below": bound, "files": held[0], "bytes": held[1]} for bound, held in zip(CLASSES + [None], tree.classes)
        ],
    }
    return compact(head)[:-1] + b",\n" + compact(details)[1:] + b"\n"


def main():
    gc.disable()
    rules_path, place, known_by, interval = sys.argv[1:5]
    uuid, name = [os.fsencode(word).decode("utf-8", "surrogateescape") for word in sys.argv[5:7]]
    with open(rules_path, "rb") as file:
        rules = json.loads(file.read().decode("ascii"))
    folder = os.open(place, os.O_RDONLY | os.O_DIRECTORY)
    # Names of folders that are closed to others stand in it: for those who own the tree.
    group = os.stat(".").st_gid
    many_handles()
    tick = Patience()
    started = time.time()
    began = time.monotonic()
    tree = Index()
    walk(Rules(rules), tree, tick)
    tree.settle()
    made = {"tree": name, "uuid": uuid, "rules": rules_mark(rules), "seconds": round(time.monotonic() - began, 3)}
    header = {
        "v": 1,
        "started": int(started),
        "counts": tree.counts,
        "unreadable": [[path.decode("latin-1"), reason] for path, reason in tree.unreadables],
    }
    header.update(made)
    head = {"schemaVersion": 2, "id": known_by, "at": int(started), "interval": int(interval)}
    head.update(made)
    head.update(tree.counts)
    head["unreadable"] = len(tree.unreadables)
    head["conflicts"] = tree.conflicts
    try:
        write_new(folder, "index.new", 0o640, group, lambda write: write_index(write, header, tree, tick))
        write_new(folder, "index-summary.new", 0o644, -1, lambda write: write(summary_text(head, tree)))
    except OSError as error:
        sys.exit("cannot write the index: %s" % error.strerror)


main()
