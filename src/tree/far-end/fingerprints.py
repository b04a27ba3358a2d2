"""A tree that is compared with another by fingerprints, without being listed. Sent behind `pack.py`.

All fingerprints depend on the key of this run. A folder's mark is the first 16 bytes of SHA-256(key, path with a / at the end). An
entry's id is the first 8 bytes of SHA-256(mark of its folder, kind, what is compared, name), made when it is asked for.
A folder's fingerprint says the same of all that lies in it at once, which costs a fifth: the first 16 bytes of SHA-256(mark,
SHA-256 of the names, SHA-256 of the numbers). Names: for each entry its kind, its name, a NUL, and a symlink's target and a NUL.
Numbers: for each file its size and, where times are compared, its seconds, in 8 bytes each.
"""

# All that lies in a folder is of one group, by the first 7 bits of its mark. Groups are the bits of a number.
GROUPS = 128
ALL_GROUPS = (1 << GROUPS) - 1
LARGE = 1 << 128


class Inside:
    """A folder whose entries are hashed as they come."""

    __slots__ = "prefix number mark names numbers".split()

    def __init__(self, prefix, number, mark):
        self.prefix = prefix
        self.number = number
        self.mark = mark
        self.names = sha256()
        self.numbers = sha256()


class Fingerprints(Counts):
    """A sink of the walk. Keeps of the entries what is hashed of them, in runs: files that stand side by side, or one other entry."""

    def __init__(self, key, with_times=True):
        Counts.__init__(self)
        self.key = key
        self.with_times = with_times
        # Of a folder that something lies in: path with a / at the end, group.
        self.prefixes = []
        self.groups = bytearray()
        # Of each group the sum of its folders' fingerprints.
        self.sums = [0] * GROUPS
        # Of a run: its folder, how many files it has or 0, where its names end. A file has 16 bytes of numbers, any other entry 8.
        self.names = bytearray()
        self.numbers = bytearray()
        self.folders = array.array("I")
        self.files_in = array.array("I")
        self.ends = array.array("I")
        # Folders on the way to the latest entry. In the order of paths those that it does not lie in have been told whole.
        self.open = []
        self.inside(b"")
        # Ids of the entries in some groups, in order, and how many they are with the sums of their first and second 8 bytes.
        self.identified = 0
        self.ids = array.array("Q")
        self.totals = 0, 0, 0
        self.all = None

    def mark(self, prefix):
        return sha256(self.key + prefix).digest()[:16]

    def inside(self, prefix):
        while self.open and not prefix.startswith(self.open[-1].prefix):
            self.close()
        if not self.open or self.open[-1].prefix != prefix:
            mark = self.mark(prefix)
            self.open.append(Inside(prefix, len(self.prefixes), mark))
            self.prefixes.append(prefix)
            self.groups.append(mark[0] >> 1)
        return self.open[-1]

    def close(self):
        one = self.open.pop()
        digest = sha256(one.mark + one.names.digest() + one.numbers.digest()).digest()
        self.sums[one.mark[0] >> 1] += int.from_bytes(digest[:16], "big")

    def keep(self, inside, count, names, numbers):
        inside.names.update(names)
        self.names += names
        self.numbers += numbers
        self.folders.append(inside.number)
        self.files_in.append(count)
        self.ends.append(len(self.names))

    def files(self, prefix, names, sizes, times):
        Counts.files(self, prefix, names, sizes, times)
        count = len(names)
        both = sizes + times
        both[::2] = sizes
        both[1::2] = times
        numbers = struct.pack(">%dq" % (2 * count), *both)
        inside = self.inside(prefix)
        inside.numbers.update(numbers if self.with_times else struct.pack(">%dq" % count, *sizes))
        self.keep(inside, count, b"f" + b"\0f".join(names) + b"\0", numbers)

    def entry(self, prefix, kind, name, size, seconds, target):
        Counts.entry(self, prefix, kind, name, size, seconds, target)
        names = kind + name + b"\0" + (b"" if target is None else target + b"\0")
        self.keep(self.inside(prefix), 0, names, struct.pack(">q", seconds))

    def count(self):
        """How many entries have been told."""
        return sum(self.counts[kind] for kind in ("files", "folders", "symlinks", "specials"))

    def finish(self):
        """To be called when all entries are there."""
        while self.open:
            self.close()

    def sum(self, groups):
        """Of the fingerprints of these groups' folders."""
        return sum(part for group, part in enumerate(self.sums) if groups >> group & 1) % LARGE

    def runs(self, groups):
        """Folder, how many files or 0, names and numbers of each run in these groups."""
        first = at = 0
        for folder, count, end in zip(self.folders, self.files_in, self.ends):
            last = at + (16 * count or 8)
            if groups >> self.groups[folder] & 1:
                yield folder, count, bytes(self.names[first:end]), bytes(self.numbers[at:last])
            first = end
            at = last

    def identify(self, groups):
        if groups == self.identified:
            return
        self.identified = groups
        self.ids = array.array("Q")
        second = 0
        digests = []
        marked = None
        length = 16 if self.with_times else 8
        for folder, count, names, numbers in self.runs(groups):
            if folder != marked:
                marked = folder
                mark = self.mark(self.prefixes[folder])
            if count:
                head = mark + b"f"
                compared = [numbers[at : at + length] for at in range(0, len(numbers), 16)]
                digests += [sha256(head + one + name).digest() for one, name in zip(compared, split_names(names))]
            else:
                kind, name, target = split_entry(names)
                head = mark + kind if target is None else mark + kind + u32(len(target)) + target
                digests.append(sha256(head + name).digest())
            if len(digests) > 2000:
                second += self.take(digests)
                digests = []
        second += self.take(digests)
        self.totals = len(self.ids), sum(self.ids) % WORD, second % WORD

    def take(self, digests):
        words = array.array("Q", b"".join(digests))
        if sys.byteorder == "little":
            words.byteswap()
        self.ids += words[0::4]
        return sum(words[1::4])

    def entries(self, wanted):
        """A tree of some of those that have ids, by their numbers among these, ascending."""
        tree = Tree()
        numbers = iter(wanted)
        number = next(numbers, None)
        first = 0
        for run in self.runs(self.identified):
            last = first + (run[1] or 1)
            rows = []
            while number is not None and number < last:
                rows.append(number - first)
                number = next(numbers, None)
            if rows:
                self.tell(tree, run, rows)
            first = last
        tree.settle()
        return tree

    def unpacked(self):
        """A tree of all of them, with their ids."""
        if self.all is None:
            self.all = Tree()
            for run in self.runs(ALL_GROUPS):
                self.tell(self.all, run, range(run[1]))
            self.all.settle()
            self.all.key = self.key
            self.all.contents = None
        self.identify(ALL_GROUPS)
        self.all.ids = self.ids
        return self.all

    def tell(self, tree, run, rows):
        """Tells a tree some files of a run, or the other entry that it is."""
        folder, count, names, numbers = run
        if count:
            names = split_names(names)
            both = struct.unpack(">%dq" % (2 * count), numbers)
            columns = [names[at] for at in rows], [both[2 * at] for at in rows], [both[2 * at + 1] for at in rows]
            tree.files(self.prefixes[folder], *columns)
        else:
            kind, name, target = split_entry(names)
            tree.entry(self.prefixes[folder], kind, name, 0, struct.unpack(">q", numbers)[0], target)


def split_names(names):
    return names[1:-1].split(b"\0f")


def split_entry(names):
    """Kind, name and target."""
    name, target = names[1:].split(b"\0", 1)
    return names[:1], name, target[:-1] if names[:1] == b"l" else None
