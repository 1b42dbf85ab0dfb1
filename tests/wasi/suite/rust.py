"""Finds, or makes, a Rust standard library for wasm32-wasip1."""


class Absent(Exception):
    """There is none; the text says what it would take."""


def command(target):
    """How a Rust source is compiled for wasm32-wasip1."""
    raise Absent("no Rust standard library for wasm32-wasip1 is here")
