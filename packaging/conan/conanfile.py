"""The recipe of wrt for Conan 2.

    conan create packaging/conan                            the static library
    conan create packaging/conan -o "wrt/*:shared=True"     the shared one

It takes its sources from the repository that it lies in, with what they need of crates.io, when it is exported; what is
built from then on asks the network for nothing. It needs cargo (Rust 1.95 or later) and GNU binutils, on Linux.
"""

import os
import re

from conan import ConanFile
from conan.errors import ConanInvalidConfiguration
from conan.tools.cmake import CMake, CMakeToolchain, cmake_layout
from conan.tools.files import copy, load


class WrtConan(ConanFile):
    name = "wrt"
    description = "WebAssembly in memory that the caller lends, with fuel that the caller grants"
    license = "MIT OR Apache-2.0"
    topics = ("webassembly", "wasm", "interpreter", "embedded", "no-std")
    package_type = "library"
    settings = "os", "arch", "compiler", "build_type"
    options = {
        "shared": [True, False],
        # Cargo's features of the library, with commas between them.
        "features": ["ANY"],
        # Cargo's name of the target, where it does not follow from os and arch.
        "cargo_target": [None, "ANY"],
    }
    default_options = {"shared": False, "features": "full", "cargo_target": None}

    def set_version(self):
        manifest = os.path.join(self.recipe_folder, "..", "..", "Cargo.toml")
        self.version = re.search(r'^version = "(.*)"', load(self, manifest), re.M).group(1)

    def export_sources(self):
        script = os.path.join(self.recipe_folder, "..", "source.sh")
        self.run(f'sh "{script}" --folder "{self.export_sources_folder}"')

    def configure(self):
        # Plain C on the outside; the headers of C++ are compiled by whoever includes them.
        self.settings.rm_safe("compiler.libcxx")
        self.settings.rm_safe("compiler.cppstd")

    def validate(self):
        if self.settings.os not in ("Linux", "baremetal"):
            raise ConanInvalidConfiguration(
                f"wrt is packaged for Linux and bare metal, not for {self.settings.os}: tools/lib.sh needs GNU binutils"
            )
        if self.settings.os == "baremetal" and self.options.shared:
            raise ConanInvalidConfiguration("bare metal has no shared libraries; take wrt/*:shared=False")

    def layout(self):
        cmake_layout(self)

    def generate(self):
        toolchain = CMakeToolchain(self)
        toolchain.cache_variables["WRT_STATIC"] = not self.options.shared
        toolchain.cache_variables["WRT_SHARED"] = bool(self.options.shared)
        toolchain.cache_variables["WRT_FEATURES"] = str(self.options.features)
        toolchain.cache_variables["WRT_SHIP"] = os.path.join(self.build_folder, "ship")
        if self.options.cargo_target:
            toolchain.cache_variables["WRT_CARGO_TARGET"] = str(self.options.cargo_target)
        toolchain.generate()

    def build(self):
        cmake = CMake(self)
        cmake.configure(build_script_folder="cmake")
        cmake.build()

    def package(self):
        CMake(self).install()
        copy(self, "LICENSE-*", self.source_folder, os.path.join(self.package_folder, "licenses"))

    def package_id(self):
        # The same library comes of every C compiler, in every build type.
        self.info.settings.rm_safe("compiler")
        self.info.settings.rm_safe("build_type")

    def package_info(self):
        self.cpp_info.libs = ["wrt"]
        self.cpp_info.set_property("pkg_config_name", "wrt")
        # The package's own files for find_package(wrt), with its components, instead of generated ones.
        self.cpp_info.set_property("cmake_find_mode", "none")
        self.cpp_info.builddirs = [os.path.join("lib", "cmake", "wrt")]
