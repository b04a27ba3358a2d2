"""Answers questions about a tree, so that trees are compared without being listed. Sent behind `walk.py`, `pack.py` and
`fingerprints.py`.

The working folder is the tree. Frames on stdin and stdout: length of the rest in 4 bytes, letter, payload. The first is
H, a JSON text: version, key, with times or not, rules, perhaps an index to read in place of the tree (`unpack.py`). P
tells how many entries have been seen, then U sums up. Questions: T what some groups hold, in all
and as a sketch, E entries of those groups by the start of their ids, W what all groups hold, R sums and A entries of ranges, S a
range in parts, L all entries, those of `content.py`, Q the end. X tells a failure, V the version where the hello has another.
"""

import gc
import os
import sys
import time

VERSION = 3
LONGEST = 1 << 24
# Payloads of these are a byte, 0 for plain or 1 for zlib, and the body.
PACKED = b"HUELRANMDI"
# An odd number near 2^64 over the golden ratio: the top 16 bits of its product with an id are the id's check.
CHECK = 0x9E3779B97F4A7C15
LANES = 2048


class Stop(Exception):
    pass


def send(letter, body):
    if letter in PACKED:
        body = b"\1" + zlib.compress(body) if len(body) > 64 else b"\0" + body
    put_frame(letter + body)


def put_frame(frame):
    if len(frame) > LONGEST:
        raise Stop("the answer is too long for a frame")
    sys.stdout.buffer.write(u32(len(frame)) + frame)
    sys.stdout.buffer.flush()


def receive():
    """Letter and body; nothing more to do at the end of the stream."""
    head = sys.stdin.buffer.read(4)
    if len(head) < 4:
        return b"Q", b""
    length = int.from_bytes(head, "big")
    if not 0 < length <= LONGEST:
        raise Stop("a frame of %d bytes" % length)
    frame = sys.stdin.buffer.read(length)
    if len(frame) < length:
        return b"Q", b""
    letter = frame[:1]
    if letter not in PACKED or len(frame) == 1:
        return letter, frame[1:]
    if frame[1] == 0:
        return letter, frame[2:]
    unpacker = zlib.decompressobj()
    body = unpacker.decompress(frame[2:], 4 * LONGEST)
    if not unpacker.eof:
        raise Stop("a frame that is cut off or too long when unpacked")
    return letter, body


def sketch(ids, cells):
    """Three tables of cells, in each of which an id's cell is told by other bits of it."""
    sums = array.array("Q", bytes(24 * cells))
    checks = array.array("H", bytes(6 * cells))
    counts = array.array("I", bytes(12 * cells))
    low32 = in_lanes(0xFFFFFFFF)
    low16 = in_lanes(0xFFFF)
    for start in range(0, len(ids), LANES):
        part = ids[start : start + LANES]
        # One number with 128 bits for each id: arithmetic on all of them at once.
        wide = array.array("Q", bytes(16 * len(part)))
        wide[::2] = part
        wide = int.from_bytes(wide.tobytes(), "little")
        part_checks = out_of_lanes(wide * CHECK >> 48 & low16, len(part))
        # The upper 32 bits of the id, of the id turned by 21 and of the id turned by 42.
        for table, bits in enumerate((wide >> 32, wide >> 11, wide << 10 | wide >> 54)):
            first = table * cells
            places = out_of_lanes((bits & low32) * cells >> 32 & low32, len(part))
            for place, value, check in zip(places, part, part_checks):
                place += first
                sums[place] ^= value
                checks[place] ^= check
                counts[place] += 1
    cell = struct.Struct(">QHB").pack
    return b"".join([cell(sums[at], checks[at], counts[at] & 255) for at in range(3 * cells)])


def in_lanes(value):
    return int.from_bytes(value.to_bytes(16, "little") * LANES, "little")


def out_of_lanes(wide, count):
    return array.array("Q", wide.to_bytes(16 * count, "little"))[::2]


def wanted(tree, body):
    """Those of the entries with ids whose ids begin with one of these 5 bytes each."""
    starts = {int.from_bytes(body[at : at + 5], "big") for at in range(0, len(body), 5)}
    return tree.entries([number for number, value in enumerate(tree.ids) if value >> 24 in starts])


def totals(tree, groups):
    tree.identify(groups)
    return struct.pack(">IQQ", *tree.totals) + tree.sum(groups).to_bytes(16, "big")


def ranges(tree, body):
    """The ranges between these pairs of bounds, as ranges of numbers."""
    at = 0

    def bound():
        nonlocal at
        length = int.from_bytes(body[at : at + 2], "big")
        at += 2
        if length == 0xFFFF:
            return len(tree.kinds)
        at += length
        if at > len(body):
            raise Stop("a bound is cut off")
        return tree.find(body[at - length : at])

    while at < len(body):
        first = bound()
        yield range(first, max(first, bound()))


def held(tree, part):
    """How many entries a range has, and the sum of their ids."""
    return struct.pack(">IQ", len(part), sum(tree.ids[part.start : part.stop]) % WORD)


def split(tree, body):
    """A range in equal parts: their number, the bounds between them, as short as they can be, and what they hold."""
    whole = next(ranges(tree, body[1:]))
    start = whole.start
    bounds = []
    parts = []
    for number in range(1, body[0]):
        cut = whole.start + len(whole) * number // body[0]
        if cut > start:
            path = tree.path(cut)
            bound = path[: shared(tree.path(cut - 1), path) + 1]
            if len(bound) < 0xFFFF:
                bounds.append(struct.pack(">H", len(bound)) + bound)
                parts.append(held(tree, range(start, cut)))
                start = cut
    parts.append(held(tree, range(start, whole.stop)))
    return struct.pack(">H", len(parts)) + b"".join(bounds + parts)


def answer(tree, letter, body):
    if letter == b"T":
        cells = int.from_bytes(body[:4], "big")
        if not 0 < cells < (LONGEST - 64) // 33:
            raise Stop("a sketch of %d cells" % cells)
        groups = int.from_bytes(body[4:], "big")
        send(b"T", totals(tree, groups) + sketch(tree.ids, cells))
    elif letter == b"W":
        send(b"W", totals(tree, ALL_GROUPS))
    elif letter == b"E":
        found = wanted(tree, body)
        send(b"E", encode(found, range(len(found.kinds))))
    else:
        answer_of_all(tree.unpacked(), letter, body)


def answer_of_all(tree, letter, body):
    if letter == b"R":
        send(b"R", b"".join([held(tree, part) for part in ranges(tree, body)]))
    elif letter == b"A":
        send(b"A", encode(tree, itertools.chain.from_iterable(ranges(tree, body))))
    elif letter == b"S":
        send(b"S", split(tree, body))
    elif letter == b"L":
        end = len(tree.kinds)
        for first in range(0, end, BLOCK):
            send(b"L", encode(tree, range(first, min(first + BLOCK, end))))
        put_frame(b"L")
    elif letter in b"NMCDI":
        # In `content.py`, which is not always sent.
        tree.contents = tree.contents or Contents(tree)
        send(letter, content(tree.contents, letter, body))
    else:
        raise Stop("a question that is not known")


def take_in(hello):
    """The tree, and the summary of it."""
    tree = Fingerprints(bytes.fromhex(hello["key"]), hello["times"])
    began = told = time.monotonic()

    def tick():
        nonlocal told
        if time.monotonic() - told > 2:
            told = time.monotonic()
            send(b"P", u32(tree.count()))

    if "index" in hello:
        try:
            header = read_index(hello["index"].encode("utf-8"), hello["rules"], tree, tick)
            tree.finish()
            summary = {key: header[key] for key in ("counts", "unreadable")}
            summary["index"] = {key: header[key] for key in ("tree", "uuid", "seconds")}
            summary["index"]["at"] = header["started"]
        except BrokenPipeError:
            raise
        except Exception as error:
            raise Stop("index: %s" % error)
    else:
        many_handles()
        walk(Rules(hello["rules"]), tree, tick)
        tree.finish()
        unreadable = [[path.decode("latin-1"), reason] for path, reason in tree.unreadables]
        summary = {"counts": tree.counts, "unreadable": unreadable}
    summary["v"] = VERSION
    summary["python"] = sys.version.split()[0]
    summary["count"] = tree.count()
    summary["folders"] = "%032x" % tree.sum(ALL_GROUPS)
    summary["groups"] = "".join(["%04x" % (part & 0xFFFF) for part in tree.sums])
    summary["seconds"] = round(time.monotonic() - began, 3)
    return tree, summary


def serve():
    tree = None
    while True:
        letter, body = receive()
        if letter == b"Q":
            return
        if tree:
            answer(tree, letter, body)
            continue
        if letter != b"H":
            raise Stop("no hello")
        hello = json.loads(body.decode("ascii"))
        if hello["v"] != VERSION:
            send(b"V", b"%d" % VERSION)
            return
        tree, summary = take_in(hello)
        send(b"U", json.dumps(summary, separators=(",", ":")).encode("ascii"))


def main():
    # Nothing here goes round in circles, and looking for it takes time.
    gc.disable()
    try:
        serve()
    except BrokenPipeError:
        # Nobody listens; the interpreter would complain once more.
        os._exit(1)
    except Exception as error:
        text = str(error) if isinstance(error, Stop) else "%s: %s" % (type(error).__name__, error)
        send(b"X", text[:2000].encode("utf-8", "replace"))
        sys.exit(1)


main()
