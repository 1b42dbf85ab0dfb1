#!/usr/bin/env python3
"""Parses the recipe with BitBake's own parser and runs its tasks.

    bake.py RECIPE SOURCES BUILD [NAME=VALUE...]

SOURCES is where the source package lies; NAME=VALUE is what local.conf would say.

BitBake's library comes with the package bitbake-setup of PyPI. The classes that the recipe inherits are stand-ins for
those of OpenEmbedded-Core (the folder `classes`), and the tools are this machine's: so it is shown that the recipe parses,
unpacks, configures, compiles and installs by its own functions, and not that it does so for another machine, in a sysroot,
under BitBake's scheduler, or with the real classes.
"""

import logging
import os
import pathlib
import sys
import types

# The package leaves out the hash server's client, which nothing here asks.
for absent in ["hashserv", "hashserv.client"]:
    sys.modules.setdefault(absent, types.ModuleType(absent))
sys.modules["hashserv"].client = sys.modules["hashserv.client"]

import bb
import bb.build
import bb.cookerdata
import bb.data
import bb.event
import bb.fetch2
import bb.parse
import bb.siggen

TASKS = ["do_unpack", "do_license", "do_configure", "do_compile", "do_install"]


def configuration(classes, sources, build, local):
    """What bitbake.conf and local.conf would say."""
    d = bb.data.init()
    d.setVar("__bbclasstype", "global")
    for name, value in {
        "TOPDIR": build,
        "TMPDIR": build,
        "DL_DIR": f"{build}/downloads",
        "PERSISTENT_DIR": f"{build}/persistent",
        "BBPATH": f"{classes.parent}",
        "SOURCES": sources,
        "BB_NO_NETWORK": "1",
        "BB_SIGNATURE_HANDLER": "noop",
        "BBINCLUDED": "",
        "OVERRIDES": "class-target:linux",
        "BB_NUMBER_THREADS": "1",
        "PATH": os.environ["PATH"],
        "HOME": os.environ["HOME"],
    }.items():
        d.setVar(name, str(value))
    for name in ["PATH", "HOME", "RUSTUP_HOME", "CARGO_BUILD_JOBS"]:
        if name in os.environ:
            d.setVar(name, os.environ[name])
            d.setVarFlag(name, "export", "1")
    for assignment in local:
        d.setVar(*assignment.split("=", 1))
    # rustup looks for its toolchains there.
    d.setVar("RUSTUP_HOME", os.environ.get("RUSTUP_HOME", os.path.expanduser("~/.rustup")))
    d.setVarFlag("RUSTUP_HOME", "export", "1")
    bb.parse.siggen = bb.siggen.init(d)
    bb.parse.BBHandler.inherit("base", "bake.py", 1, d)
    return d


def main():
    """The command line."""
    recipe, sources, build = (pathlib.Path(word).resolve() for word in sys.argv[1:4])
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(message)s")
    classes = pathlib.Path(__file__).resolve().parent / "classes"
    d = configuration(classes, sources, build, sys.argv[4:])
    variants = bb.parse.handle(str(recipe), d)
    print(f"parsed: {', '.join(repr(name or 'target') for name in variants)}")
    d = variants[""]
    for name in ["SUMMARY", "LICENSE", "LIC_FILES_CHKSUM", "SRC_URI"]:
        if not d.getVar(name):
            sys.exit(f"bake.py: {recipe.name} has no {name}")
    print(f"{d.getVar('PN')} {d.getVar('PV')}: {d.getVar('EXTRA_OECMAKE')}")
    os.makedirs(d.getVar("T"), exist_ok=True)
    for task in TASKS:
        print(f"-- {task}", flush=True)
        bb.build.exec_func(task, d)
    print(d.getVar("D"))


if __name__ == "__main__":
    main()
