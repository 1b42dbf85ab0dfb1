"""Every example in the documents and in docstrings runs, and prints what it says it prints."""

import doctest
import importlib
import io
import os
import pathlib
import re
import tempfile
import unittest
from contextlib import redirect_stdout
from typing import Any

import wrt
import wrt._async
import wrt._errors
import wrt._linker
import wrt._profile
import wrt._values

ROOT = pathlib.Path(__file__).resolve().parents[3]
# Documents with blocks of Python; those that are about other packages as well run only where these are installed.
DOCUMENTS = ["bindings/python/README.md", "docs/guide-python.md", "docs/coming-from.md"]
OTHERS = {"wasmtime": "wasmtime", "wasm3": "pywasm3", "wasmer": "wasmer"}


def blocks(text: str) -> list[tuple[int, str]]:
    """Blocks of Python with the line on which they begin."""
    found = re.finditer(r"^```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return [(text.count("\n", 0, block.start()) + 2, block.group(1)) for block in found]


def missing(code: str) -> str | None:
    """The package that a block imports and that is not there."""
    for module, package in OTHERS.items():
        if re.search(rf"^\s*(import|from) {module}\b", code, re.MULTILINE):
            try:
                importlib.import_module(module)
            except ImportError:
                return package
    return None


def promised(code: str) -> list[str]:
    """What the comments behind calls of print say: `print(x)  # text`."""
    return re.findall(r"^\s*print\(.*\)  # (.+)$", code, re.MULTILINE)


class Examples(unittest.TestCase):
    def run_document(self, name: str) -> None:
        before = os.getcwd()
        os.chdir(ROOT)
        self.addCleanup(os.chdir, before)
        names: dict[str, Any] = {"__name__": "__main__"}
        ran = 0
        for line, code in blocks((ROOT / name).read_text()):
            if package := missing(code):
                print(f"skipped {name}:{line}: {package} is not installed")
                continue
            # A document is read from the front: its blocks are one program.
            out = io.StringIO()
            with self.subTest(f"{name}:{line}"), redirect_stdout(out):
                exec(compile("\n" * (line - 1) + code, str(ROOT / name), "exec"), names)
                ran += 1
            for text in promised(code):
                self.assertIn(text, out.getvalue(), f"{name}:{line}")
        self.assertGreater(ran, 0)

    def test_readme(self) -> None:
        self.run_document("bindings/python/README.md")

    def test_guide(self) -> None:
        self.run_document("docs/guide-python.md")

    def test_coming_from(self) -> None:
        self.run_document("docs/coming-from.md")

    def test_the_guide_begins_with_five_lines(self) -> None:
        _, code = blocks((ROOT / "docs/guide-python.md").read_text())[0]
        self.assertEqual(len(code.splitlines()), 5)

    def test_docstrings(self) -> None:
        everything = {name: getattr(wrt, name) for name in wrt.__all__}
        ran = 0
        for module in [wrt._errors, wrt._values, wrt._linker, wrt._profile, wrt._async]:
            result = doctest.testmod(module, extraglobs=everything)
            self.assertEqual(result.failed, 0)
            ran += result.attempted
        self.assertGreater(ran, 5)

    def test_everything_public_has_a_docstring(self) -> None:
        for name in wrt.__all__:
            thing = getattr(wrt, name)
            if name.startswith("_") or name == "PENDING":
                continue
            self.assertTrue(thing.__doc__, name)
            for method, value in vars(thing).items() if isinstance(thing, type) else ():
                if not method.startswith("_") and (callable(value) or type(value).__name__ == "getset_descriptor"):
                    self.assertTrue(value.__doc__, f"{name}.{method}")


class Plots(unittest.TestCase):
    def test_without_matplotlib_it_is_said_how_to_get_it(self) -> None:
        plot = importlib.import_module("wrt.plot")
        module = wrt.Module(wrt.wat('(module (memory (export "memory") 1 4) (func $f (export "f") (loop br 0)))'))
        instance = wrt.Instance(module)
        try:
            import matplotlib
        except ImportError:
            with self.assertRaisesRegex(ImportError, "pip install matplotlib"):
                plot.memory(instance)
            return
        matplotlib.use("Agg")
        with tempfile.TemporaryDirectory() as directory:
            for k, axes in enumerate([plot.memory(instance), plot.fuel(self.profile())]):
                path = pathlib.Path(directory) / f"{k}.png"
                axes.figure.savefig(path)
                self.assertGreater(path.stat().st_size, 1000)
                self.assertTrue(axes.get_title())

    def profile(self) -> wrt.Profile:
        fac = wrt.Module((ROOT / "examples/guests/wasm/fac.wasm").read_bytes())
        return wrt.Instance(fac).profile("fac", 20, every=10)


if __name__ == "__main__":
    unittest.main()
