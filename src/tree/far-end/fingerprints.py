"""Fingerprints of a tree, by which two are compared without being listed. Sent behind `pack.py`.

All of them depend on the key of this run. A folder's mark is the first 16 bytes of SHA-256(key, path with a / at the end). An
entry's id is the first 8 bytes of SHA-256(mark of its folder, kind, what is compared, name), made when it is asked for.
A folder's fingerprint says the same of all that lies in it at once, which costs a fifth: the first 16 bytes of SHA-256(mark,
SHA-256 of the names, SHA-256 of the numbers). Names: for each entry its kind, its name, a NUL, and a symlink's target and a NUL.
Numbers: for each file its size and, where times are compared, its seconds, in 8 bytes each.
"""

GROUPS = 64
ALL_GROUPS = (1 << GROUPS) - 1
LARGE = 1 << 128


class Inside:
    """What lies in a folder, hashed as it comes."""

    __slots__ = "prefix mark names numbers".split()

    def __init__(self, prefix, mark):
        self.prefix = prefix
        self.mark = mark
        self.names = sha256()
        self.numbers = sha256()


class Fingerprints(Tree):
    def __init__(self, key, with_times=True):
        Tree.__init__(self)
        self.key = key
        self.with_times = with_times
        self.tail = struct.Struct(">Qq").pack if with_times else lambda size, _: struct.pack(">Q", size)
        # All that lies in a folder is of one of 64 groups, by the first 6 bits of its mark: that of each entry, and of each group
        # the sum of its folders' fingerprints.
        self.groups = bytearray()
        self.sums = [0] * GROUPS
        # Folders on the way to the latest entry. In the order of paths those that it does not lie in have been told whole.
        self.open = [Inside(b"", self.mark(b""))]
        # Ids of the entries in some groups, and how many they are with the sums of the first and of the second 8 bytes.
        self.ids = array.array("Q")
        self.identified = 0
        self.totals = 0, 0, 0
        self.marked = None, b""

    def mark(self, prefix):
        return sha256(self.key + prefix).digest()[:16]

    def inside(self, prefix):
        while not prefix.startswith(self.open[-1].prefix):
            self.close(self.open.pop())
        if self.open[-1].prefix != prefix:
            self.open.append(Inside(prefix, self.mark(prefix)))
        return self.open[-1]

    def close(self, one):
        digest = sha256(one.mark + one.names.digest() + one.numbers.digest()).digest()
        self.sums[one.mark[0] >> 2] += int.from_bytes(digest[:16], "big")

    def files(self, folder, names, sizes, times):
        Tree.files(self, folder, names, sizes, times)
        inside = self.inside(folder.prefix)
        inside.names.update(b"f" + b"\0f".join(names) + b"\0")
        numbers = sizes
        if self.with_times:
            numbers = sizes + times
            numbers[::2] = sizes
            numbers[1::2] = times
        inside.numbers.update(struct.pack(">%dq" % len(numbers), *numbers))
        self.groups += bytes((inside.mark[0] >> 2,)) * len(names)

    def entry(self, folder, kind, name, size, seconds, target):
        inside = self.inside(folder.prefix)
        inside.names.update(kind + name + b"\0" + (b"" if target is None else target + b"\0"))
        self.groups.append(inside.mark[0] >> 2)
        return Tree.entry(self, folder, kind, name, size, seconds, target)

    def finish(self):
        Tree.finish(self)
        while self.open:
            self.close(self.open.pop())

    def folders(self, groups):
        """The sum of the fingerprints of these groups' folders. Groups are the bits of a number."""
        return sum(part for group, part in enumerate(self.sums) if groups >> group & 1) % LARGE

    def members(self, groups):
        """Numbers of the entries in these groups."""
        chosen = bytes([groups >> group & 1 for group in range(GROUPS)] * (256 // GROUPS))
        return itertools.compress(itertools.count(), self.groups.translate(chosen))

    def identify(self, groups):
        """Makes the ids in these groups; all others are 0 then."""
        if groups == self.identified:
            return
        self.ids = array.array("Q", bytes(8 * len(self.kinds)))
        self.identified = groups
        count = first = second = 0
        numbers = self.members(groups)
        for part in iter(lambda: list(itertools.islice(numbers, 4096)), []):
            words = array.array("Q", b"".join(map(self.digest, part)))
            if sys.byteorder == "little":
                words.byteswap()
            for number, value in zip(part, words[0::4]):
                self.ids[number] = value
            count += len(part)
            first += sum(words[0::4])
            second += sum(words[1::4])
        self.totals = count, first % WORD, second % WORD

    def digest(self, number):
        folder = self.up[number]
        if folder != self.marked[0]:
            self.marked = folder, self.mark(self.prefix(folder))
        kind = self.kinds[number]
        head = self.marked[1] + bytes((kind,))
        if kind == FILE:
            head += self.tail(self.sizes[number], self.times[number])
        elif kind == LINK:
            target = self.target(number)
            head += u32(len(target)) + target
        return sha256(head + self.name(number)).digest()
