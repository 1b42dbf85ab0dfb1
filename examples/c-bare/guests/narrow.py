#!/usr/bin/env python3
"""Gives a module's only memory pages of one byte (proposal custom-page-sizes), as many as its data and stack take.

    narrow.py IN OUT

The linker knows pages of 64 KiB alone. How many bytes are in use, it says in the global __heap_base, which it is
asked to export; that export is dropped, so that the module tells of nothing that it had not told before.
"""
import sys


def leb(data, at, signed=False):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            break
    if signed and byte & 0x40:
        value -= 1 << shift
    return value, at


def uleb(value):
    out = bytearray()
    while True:
        byte = value & 0x7F
        value >>= 7
        out.append(byte | (0x80 if value else 0))
        if not value:
            return bytes(out)


def vector(body):
    """The count of a section's items, and where they begin."""
    return leb(body, 0)


def globals_of(body):
    """Values of the globals, which are all constants of 32 bits here."""
    count, at = vector(body)
    values = []
    for _ in range(count):
        assert body[at] == 0x7F and body[at + 2] == 0x41, "a global is no i32 constant"
        value, at = leb(body, at + 3, signed=True)
        assert body[at] == 0x0B
        values.append(value)
        at += 1
    return values


def exports_of(body):
    count, at = vector(body)
    out = []
    for _ in range(count):
        size, at = leb(body, at)
        name, at = body[at : at + size], at + size
        kind = body[at]
        index, at = leb(body, at + 1)
        out.append((bytes(name), kind, index))
    return out


def main():
    data = open(sys.argv[1], "rb").read()
    sections, at = [], 8
    while at < len(data):
        number = data[at]
        size, at = leb(data, at + 1)
        sections.append((number, data[at : at + size]))
        at += size
    find = lambda number: next(body for n, body in sections if n == number)
    exports = exports_of(find(7))
    base = next(index for name, kind, index in exports if name == b"__heap_base" and kind == 3)
    used = (globals_of(find(6))[base] + 15) & ~15
    kept = [e for e in exports if e[0] != b"__heap_base"]
    out = bytearray(data[:8])
    for number, body in sections:
        if number == 5:
            # One memory with a maximum (1) and a page size (8), whose logarithm comes last.
            body = b"\x01\x09" + uleb(used) * 2 + b"\x00"
        elif number == 7:
            body = uleb(len(kept)) + b"".join(uleb(len(n)) + n + bytes([k]) + uleb(i) for n, k, i in kept)
        elif number == 0:
            continue
        out += bytes([number]) + uleb(len(body)) + body
    open(sys.argv[2], "wb").write(out)


main()
