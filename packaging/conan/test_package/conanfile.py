"""Builds a program of a user's against the package, and runs it and the installed demo."""

import os

from conan import ConanFile
from conan.tools.build import can_run
from conan.tools.cmake import CMake, CMakeDeps, CMakeToolchain, cmake_layout


class CeresAlignTest(ConanFile):
    settings = "os", "arch", "compiler", "build_type"

    def requirements(self):
        self.requires(self.tested_reference_str)

    def layout(self):
        cmake_layout(self)

    def generate(self):
        toolchain = CMakeToolchain(self)
        toolchain.user_presets_path = False  # they would lie in the sources
        toolchain.generate()
        CMakeDeps(self).generate()

    def build(self):
        cmake = CMake(self)
        cmake.configure()
        cmake.build()

    def test(self):
        if not can_run(self):
            return
        self.run(os.path.join(self.cpp.build.bindir, "example"), env="conanrun")
        package = self.dependencies[self.tested_reference_str]
        if package.options.tools:
            program = os.path.join(package.package_folder, "bin", "ceres_align")
            self.run(f'"{program}" --outputs json --out_dir "{self.build_folder}/demo"',
                     env="conanrun")
