"""Linker: names for what modules import, filled in once and used for several instances."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ._wrt import Func, Global, Instance, Memory, Module, Store, Table, Tag, Wasi

Item = Func | Memory | Table | Global | Tag | Callable[..., Any] | int | float


class Linker:
    """Names for what modules import. All that it instantiates lives in one store.

    >>> linker = Linker()
    >>> linker.define("env", "double", lambda n: 2 * n)
    >>> twice = wat('(module (func (export "run") (import "env" "double") (param i32) (result i32)))')
    >>> linker.define_instance("twice", linker.instantiate(Module(twice)))
    >>> user = wat('(module (func (export "go") (import "twice" "run") (param i32) (result i32)))')
    >>> linker.instantiate(Module(user)).exports.go(21)
    42
    """

    def __init__(self, *, store: Store | None = None) -> None:
        self.store = Store() if store is None else store
        """Where instances live."""
        self._spaces: dict[str, Any] = {}

    def define(self, module: str, name: str, item: Item) -> None:
        """Gives a name to a callable, or to something of the same store.

        Raises ValueError where an instance or WASI stands under the name of the module.
        """
        space = self._spaces.setdefault(module, {})
        if not isinstance(space, dict):
            raise ValueError(f"{module!r} is an instance or WASI; define {name!r} under another name")
        space[name] = item

    def define_instance(self, module: str, instance: Instance) -> None:
        """Gives a name to everything that an instance of the same store exports."""
        if instance.store is not self.store:
            raise ValueError("the instance belongs to another store; make it by Linker.instantiate or with store=linker.store")
        self._spaces[module] = instance

    def define_module(self, name: str, module: Module) -> Instance:
        """Instantiates a module, and gives its exports a name."""
        instance = self.instantiate(module)
        self.define_instance(name, instance)
        return instance

    def define_wasi(self, wasi: Wasi | None = None) -> Wasi:
        """Lets the next instance use WASI preview 1; gives the Wasi, one without any rights where none is named."""
        wasi = Wasi() if wasi is None else wasi
        self._spaces["wasi_snapshot_preview1"] = wasi
        self._spaces["wasi_unstable"] = wasi
        return wasi

    def instantiate(self, module: Module, *, fuel: int | None = None, max_depth: int | None = None,
                    start: bool = True) -> Instance:
        """Makes an instance; raises LinkError where something has no name, or another type. Parameters as of Instance."""
        return Instance(module, self._spaces, store=self.store, fuel=fuel, max_depth=max_depth, start=start)

    @property
    def names(self) -> Mapping[str, Any]:
        """What has a name, by the name of the module."""
        return dict(self._spaces)

    def __repr__(self) -> str:
        return f"<wrt.Linker: {', '.join(self._spaces) or 'nothing'}>"
