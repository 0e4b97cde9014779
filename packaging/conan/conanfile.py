"""Conan 2 recipe of ceres_align.

    conan create packaging/conan --build=missing

The sources are those of this checkout.
"""

import os
import re

from conan import ConanFile
from conan.errors import ConanInvalidConfiguration
from conan.tools.build import check_min_cppstd
from conan.tools.cmake import CMake, CMakeDeps, CMakeToolchain, cmake_layout
from conan.tools.files import copy, load

required_conan_version = ">=2.0"


class CeresAlignConan(ConanFile):
    name = "ceres_align"
    description = "Camera pose from a triangle mesh and silhouette masks"
    license = "Apache-2.0"
    topics = ("computer-vision", "pose-estimation", "silhouette", "ceres-solver")
    package_type = "static-library"
    settings = "os", "arch", "compiler", "build_type"
    options = {
        "fPIC": [True, False],
        "tools": [True, False],
        "cuda": [True, False],
        # Of the Python that `python3` is: the module goes to lib/python3.x/site-packages.
        "python": [True, False],
    }
    # Of OpenCV only what is linked, and what JPEG and TIFF need.
    default_options = {
        "fPIC": True,
        "tools": True,
        "cuda": False,
        "python": False,
        "ceres-solver/*:use_glog": True,
        **{f"opencv/*:{module}": False
           for module in ("calib3d", "dnn", "features2d", "flann", "gapi", "highgui", "ml",
                          "objdetect", "photo", "stitching", "video", "videoio")},
        "opencv/*:imgproc": True,
        "opencv/*:imgcodecs": True,
        "opencv/*:with_jpeg2000": False,
        "opencv/*:with_openexr": False,
        "opencv/*:with_webp": False,
    }

    @property
    def _root(self):
        return os.path.join(self.recipe_folder, os.pardir, os.pardir)

    def set_version(self):
        text = load(self, os.path.join(self._root, "CMakeLists.txt"))
        self.version = re.search(r"project\(ceres_align VERSION ([0-9.]+)", text).group(1)

    def export_sources(self):
        for pattern in ("CMakeLists.txt", "LICENSE", "cmake/*", "cuda/*", "data/*", "packaging/*",
                        "python/*", "src/*", "third_party/*", "tools/*"):
            copy(self, pattern, self._root, self.export_sources_folder,
                 excludes=("*__pycache__*", "packaging/conan/*", "packaging/vcpkg/*"))

    def layout(self):
        cmake_layout(self)

    def requirements(self):
        # In public headers.
        for reference in ("eigen/3.4.0", "ceres-solver/[>=2.1 <3]", "glog/0.6.0"):
            self.requires(reference, transitive_headers=True, transitive_libs=True)
        self.requires("opencv/[>=4.5 <5]", transitive_headers=True, transitive_libs=True)
        for reference in ("gflags/2.2.2", "onetbb/[>=2021]", "nlohmann_json/[>=3.10 <4]",
                          "libpng/[>=1.6 <2]", "openexr/[>=3.1 <4]", "zlib/[>=1.2.11 <2]", "giflib/[>=5.2 <7]",
                          "assimp/[>=5.2 <7]", "yaml-cpp/[>=0.7 <1]", "urdfdom/[>=3 <4]"):
            self.requires(reference)
        if self.options.python:
            self.requires("pybind11/[>=2.10]")

    def validate(self):
        check_min_cppstd(self, 17)
        if self.settings.os != "Linux":
            raise ConanInvalidConfiguration("ceres_align has been built on Linux only")
        if not self.dependencies["ceres-solver"].options.get_safe("use_glog", True):
            raise ConanInvalidConfiguration("ceres-solver must be built with use_glog=True: its "
                                            "own small glog and the real one have the same names")

    def generate(self):
        toolchain = CMakeToolchain(self)
        toolchain.cache_variables["CERES_ALIGN_CONFIG_PACKAGES"] = True
        toolchain.cache_variables["CERES_ALIGN_BUILD_TOOLS"] = bool(self.options.tools)
        toolchain.cache_variables["CERES_ALIGN_CUDA"] = "ON" if self.options.cuda else "OFF"
        toolchain.cache_variables["CERES_ALIGN_BUILD_PYTHON"] = (
            "ON" if self.options.python else "OFF")
        for part in ("TESTS", "BENCHMARKS", "EXAMPLES"):
            toolchain.cache_variables[f"CERES_ALIGN_BUILD_{part}"] = False
        toolchain.generate()
        CMakeDeps(self).generate()

    def build(self):
        cmake = CMake(self)
        cmake.configure()
        cmake.build()

    def package(self):
        copy(self, "LICENSE", self.source_folder, os.path.join(self.package_folder, "licenses"))
        CMake(self).install()

    def package_info(self):
        # find_package(ceres_align) finds the package's own CMake files, with a target per part.
        self.cpp_info.set_property("cmake_find_mode", "none")
        self.cpp_info.builddirs = [os.path.join("lib", "cmake", "ceres_align")]
