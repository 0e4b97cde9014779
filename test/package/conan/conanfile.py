"""Debian's libraries as Conan packages: their names and targets are ConanCenter's, the files are
those of the system. Made for one of them by conan create --name NAME --version VERSION.
"""

from conan import ConanFile

# CMake's package, its target, what is linked, folders of headers.
LIBRARIES = {
    "assimp": ("assimp", "assimp::assimp", ["assimp"], []),
    "ceres-solver": ("Ceres", "Ceres::ceres", ["ceres"], []),
    "eigen": ("Eigen3", "Eigen3::Eigen", [], ["/usr/include/eigen3"]),
    "gflags": ("gflags", "gflags::gflags", ["gflags"], []),
    "giflib": ("GIF", "GIF::GIF", ["gif"], []),
    "glog": ("glog", "glog::glog", ["glog"], []),
    "libpng": ("PNG", "PNG::PNG", ["png"], []),
    "nlohmann_json": ("nlohmann_json", "nlohmann_json::nlohmann_json", [], []),
    "onetbb": ("TBB", "TBB::tbb", ["tbb"], []),
    "opencv": ("OpenCV", None, [], []),
    "openexr": ("OpenEXR", "OpenEXR::OpenEXR", ["OpenEXR-3_1", "Imath-3_1"],
                ["/usr/include/OpenEXR", "/usr/include/Imath"]),
    "urdfdom": ("urdfdom", "urdfdom::urdfdom", ["urdfdom_model", "tinyxml", "console_bridge"], []),
    "yaml-cpp": ("yaml-cpp", "yaml-cpp::yaml-cpp", ["yaml-cpp"], []),
    "zlib": ("ZLIB", "ZLIB::ZLIB", ["z"], []),
}
# Options that the recipe of ceres_align sets.
OPTIONS = {
    "ceres-solver": ["use_glog"],
    "opencv": ["calib3d", "dnn", "features2d", "flann", "gapi", "highgui", "imgcodecs", "imgproc",
               "ml", "objdetect", "photo", "stitching", "video", "videoio", "with_jpeg2000",
               "with_openexr", "with_webp"],
}


class SystemLibrary(ConanFile):
    package_type = "shared-library"

    def init(self):
        names = OPTIONS.get(self.name, [])
        self.options.update({name: [True, False] for name in names},
                            {name: True for name in names})

    def _set(self, info, target, libs, folders):
        if target:
            info.set_property("cmake_target_name", target)
        # As flags: a bare "gflags" would be taken for the target of that name.
        info.system_libs = [f"-l{lib}" for lib in libs]
        info.includedirs = folders
        info.libdirs = info.bindirs = []

    def package_info(self):
        package, target, libs, folders = LIBRARIES[self.name]
        self.cpp_info.set_property("cmake_file_name", package)
        if package in ("GIF", "PNG", "ZLIB"):
            self.cpp_info.set_property("cmake_find_mode", "both")
        if self.name != "opencv":
            self._set(self.cpp_info, target, libs, folders)
            return
        for part in ("core", "imgproc", "imgcodecs"):
            component = self.cpp_info.components[f"opencv_{part}"]
            self._set(component, f"opencv_{part}", [f"opencv_{part}"], ["/usr/include/opencv4"])
            component.requires = [] if part == "core" else ["opencv_core"]
