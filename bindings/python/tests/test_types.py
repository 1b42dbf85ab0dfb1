"""The stubs say what the package has, and package, examples and tests hold to their types. API-3."""

import importlib.util
import os
import pathlib
import subprocess
import sys
import unittest

import wrt

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[2]


@unittest.skipUnless(importlib.util.find_spec("mypy"), "mypy is not installed (pip install mypy)")
class Types(unittest.TestCase):
    def run_module(self, *command: str) -> None:
        # Where the package is found that is tested, which need not be installed.
        path = str(pathlib.Path(wrt.__file__).resolve().parent.parent)
        if not (pathlib.Path(path) / "wrt" / "_wrt.abi3.so").exists():
            path = str(pathlib.Path(wrt._wrt.__file__ or "").parent.parent)
        environment = os.environ | {"MYPYPATH": path} if "site-packages" not in path else dict(os.environ)
        run = subprocess.run([sys.executable, "-m", *command], cwd=ROOT, env=environment, capture_output=True, text=True)
        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)
        self.assertRegex(run.stdout, "Success: no issues found in [1-9]")

    def test_stubs_are_what_is_there(self) -> None:
        self.run_module("mypy.stubtest", "wrt", "--allowlist", str(HERE / "stubtest.allow"))

    def test_the_package_is_strictly_typed(self) -> None:
        self.run_module("mypy", "--strict", "-p", "wrt", "--cache-dir", "target/mypy")

    def test_examples_and_tests_are_strictly_typed(self) -> None:
        files = [*HERE.glob("*.py"), ROOT / "bindings/python/bench.py", ROOT / "examples/app/python/main.py",
                 ROOT / "tests/faces/face.py"]
        self.run_module("mypy", "--strict", "--cache-dir", "target/mypy", *map(str, files))


if __name__ == "__main__":
    unittest.main()
