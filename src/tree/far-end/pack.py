"""A tree in little memory: arrays and bytes, no object an entry. Sent behind `walk.py`, whose walk it takes in.

Also its entries as they travel and as the index keeps them. A body of entries is front-coded: for each the letter of its
kind, how many bytes of the path before it stay, how many follow, these; a file's size; the seconds as the difference to
those before; a symlink's target behind its length. Numbers are LEB128, differences zigzag.
"""

import array
import itertools
import json
import struct
import sys
import zlib

# OpenSSL's, which is hashlib's, takes 4 MB of memory and is no faster on texts as short as ours.
for module in "_sha256", "_sha2", "hashlib":
    try:
        sha256 = __import__(module).sha256
        break
    except ImportError:
        pass

# The index begins with this line.
MAGIC = b"pimesh-index 1\n"
# Entries in a body of the index and of the listing.
BLOCK = 2048
WORD = 1 << 64
u32 = struct.Struct(">I").pack


class Tree:
    """Entries in the order of paths."""

    def __init__(self):
        self.kinds = bytearray()
        # Names, a symlink's target behind its own, and where each ends.
        self.text = bytearray()
        self.ends = array.array("I")
        # Which of the prefixes an entry has. One stands there once more where the walk came back to it.
        self.up = array.array("I")
        self.prefixes = []
        # Bytes of a file, length of a symlink's target, else 0.
        self.sizes = array.array("Q")
        self.times = array.array("q")
        # Of the latest entries, which `settle` packs: many at once cost less.
        self.new_texts, self.new_up, self.new_sizes, self.new_times = [], [], [], []

    def files(self, prefix, names, sizes, times):
        self.kinds += b"f" * len(names)
        self.new_texts += names
        self.new_up += [self.folder(prefix)] * len(names)
        self.new_sizes += sizes
        self.new_times += times
        if len(self.new_texts) > 2000:
            self.settle()

    def entry(self, prefix, kind, name, _size, seconds, target):
        self.kinds += kind
        self.new_texts.append(name + (target or b""))
        self.new_up.append(self.folder(prefix))
        self.new_sizes.append(len(target or b""))
        self.new_times.append(seconds)

    def folder(self, prefix):
        if not self.prefixes or self.prefixes[-1] is not prefix:
            self.prefixes.append(prefix)
        return len(self.prefixes) - 1

    def settle(self):
        """To be called once more when all entries are there."""
        if not self.new_texts:
            return
        lengths = list(map(len, self.new_texts))
        lengths[0] += len(self.text)
        self.ends.fromlist(list(itertools.accumulate(lengths)))
        self.text += b"".join(self.new_texts)
        self.up.fromlist(self.new_up)
        self.sizes.fromlist(self.new_sizes)
        # Signed numbers go into an array ten times as slowly as unsigned ones.
        self.times.frombytes(struct.pack("%dq" % len(self.new_times), *self.new_times))
        for latest in self.new_texts, self.new_up, self.new_sizes, self.new_times:
            latest.clear()

    def name(self, number):
        start = self.ends[number - 1] if number else 0
        end = self.ends[number]
        return bytes(self.text[start : end - self.sizes[number] if self.kinds[number] == LINK else end])

    def target(self, number):
        end = self.ends[number]
        return bytes(self.text[end - self.sizes[number] : end])

    def path(self, number):
        return self.prefixes[self.up[number]] + self.name(number)

    def find(self, path):
        """Number of the first entry that is not before the path."""
        low = 0
        high = len(self.kinds)
        while low < high:
            middle = (low + high) // 2
            if self.path(middle) < path:
                low = middle + 1
            else:
                high = middle
        return low


def shared(one, other):
    """How many bytes two texts have in common at their start."""
    length = min(len(one), len(other))
    one = one[:length]
    other = other[:length]
    if one == other:
        return length
    differing = int.from_bytes(one, "big") ^ int.from_bytes(other, "big")
    return length - (differing.bit_length() + 7) // 8


def put(out, number):
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)


def encode(tree, numbers):
    """The body of these entries, ascending."""
    out = bytearray()
    last = b""
    clock = 0
    for number in numbers:
        kind = tree.kinds[number]
        path = tree.path(number)
        same = shared(last, path)
        out.append(kind)
        put(out, same)
        put(out, len(path) - same)
        out += path[same:]
        last = path
        if kind == FILE:
            put(out, tree.sizes[number])
        step = tree.times[number] - clock
        clock += step
        put(out, step * 2 if step >= 0 else -step * 2 - 1)
        if kind == LINK:
            target = tree.target(number)
            put(out, len(target))
            out += target
    return bytes(out)


def rules_mark(rules):
    """Names a set of rules."""
    text = json.dumps(rules, sort_keys=True, separators=(",", ":"))
    return sha256(text.encode("ascii")).hexdigest()
