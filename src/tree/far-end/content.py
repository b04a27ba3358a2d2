"""Tells the contents of files apart without sending them. Sent between `fingerprints.py` and `serve.py` when contents are asked for.

Only files that hold something and that are not left out have a content; each has two numbers of 64 bits, made with the
key of this run: its stamp (what it is called, its size, its time, on which disk) and its content (what it is called, its size, the
SHA-256 of what it holds). Questions: N leaves out by ids, M sums of stamps of ranges, C hashes a range and sums up, D
the single numbers of a range that has been hashed, I some of its files. B tells how many bytes have been read so far.
"""

import array
import errno
import os
import struct
import time

# The walk leaves the working folder. O_PATH: which may be one that cannot be read.
HOME = os.open(".", os.O_PATH | os.O_DIRECTORY)
PORTION = 1 << 18
# A pipe that has taken a file's place must not be waited for.
READING = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK
# Linux refuses paths of 4096 bytes and more.
LONG = 4000


class Contents:
    def __init__(self, tree):
        # The fast one: OpenSSL's has the processor's own instructions.
        import hashlib

        self.sha256 = hashlib.sha256
        self.tree = tree
        # A copy of a disk is another one (statvfs(3)); Python 3.7 and newer tell.
        self.disk = b"%x" % getattr(os.fstatvfs(HOME), "f_fsid", 0)
        self.left_out = set()
        self.found = array.array("Q", bytes(8 * len(tree.kinds)))
        # Number of a file → why it could not be read.
        self.failed = {}
        self.read = 0
        self.told = time.monotonic()

    def files(self, part):
        kinds, sizes, out = self.tree.kinds, self.tree.sizes, self.left_out
        files = [n for n in part if kinds[n] == FILE and sizes[n]]
        if not out:
            return files
        return [n for n in files if self.tree.ids[n] not in out]

    def number(self, mark, number, more):
        tree = self.tree
        path = tree.path(number)
        record = b"f" + u32(len(path)) + path + struct.pack(">Q", tree.sizes[number])
        return int.from_bytes(sha256(tree.key + mark + record + more).digest()[:8], "big")

    def stamp(self, number):
        return self.number(b"t", number, struct.pack(">q", self.tree.times[number]) + self.disk)

    def hash(self, number):
        try:
            found = self.digest(self.tree.path(number), self.tree.sizes[number])
        except OSError as error:
            self.failed[number] = errno.errorcode.get(error.errno, "error")
            return 0
        if not found:
            self.failed[number] = "it changed while it was read"
            return 0
        self.found[number] = self.number(b"c", number, found)
        return self.found[number]

    def digest(self, path, size):
        """Nothing where another number of bytes is there than was."""
        handle = opened(path)
        try:
            found = self.sha256()
            length = 0
            while length <= size:
                part = os.read(handle, PORTION)
                if not part:
                    break
                found.update(part)
                length += len(part)
                self.read += len(part)
                if time.monotonic() - self.told > 2:
                    self.told = time.monotonic()
                    send(b"B", struct.pack(">Q", self.read))
            # Others need the memory more than a file that has been read once.
            os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
        finally:
            os.close(handle)
        return found.digest() if length == size else None


def opened(path):
    folder = HOME
    try:
        while len(path) > LONG:
            cut = path.rindex(b"/", 0, LONG)
            inner = os.open(path[:cut], FLAGS, dir_fd=folder)
            if folder != HOME:
                os.close(folder)
            folder = inner
            path = path[cut + 1 :]
        return os.open(path, READING, dir_fd=folder)
    finally:
        if folder != HOME:
            os.close(folder)


def content(contents, letter, body):
    tree = contents.tree
    if letter == b"N":
        contents.left_out = set(struct.unpack(">%dQ" % (len(body) // 8), body))
        return b""
    if letter == b"M":
        parts = map(contents.files, ranges(tree, body))
        return b"".join([summed(map(contents.stamp, files), files) for files in parts])
    if letter == b"I":
        length = int.from_bytes(body[:4], "big")
        files = contents.files(next(ranges(tree, body[4 + 4 * length :])))
        wanted = struct.unpack(">%dI" % length, body[4 : 4 + 4 * length])
        return encode(tree, [files[at] for at in wanted])
    files = contents.files(next(ranges(tree, body)))
    if letter == b"C":
        total = summed(map(contents.hash, files), files)
        size = sum(tree.sizes[number] for number in files)
        return total + struct.pack(">IQ", sum(number in contents.failed for number in files), size)
    numbers = [contents.found[number] for number in files]
    failed = [
        u32(at) + bytes((len(contents.failed[number]),)) + contents.failed[number].encode("ascii")
        for at, number in enumerate(files)
        if number in contents.failed
    ]
    return u32(len(files)) + struct.pack(">%dQ" % len(files), *numbers) + b"".join(failed)


def summed(numbers, files):
    return struct.pack(">IQ", len(files), sum(numbers) % WORD)
