# Everything comes from Debian 12's packages; tools/install_deps.sh names them.
# GLOBAL: who links a static library from another folder links what it links.
set(CMAKE_FIND_PACKAGE_TARGETS_GLOBAL ON)
option(CERES_ALIGN_CONFIG_PACKAGES
       "OpenCV, assimp, yaml-cpp and urdfdom by their own CMake files, as vcpkg and Conan have them"
       OFF)
# Without a number here: 5 does not call itself compatible with 3.
find_package(Eigen3 REQUIRED NO_MODULE)
if(Eigen3_VERSION VERSION_LESS 3.3)
  message(FATAL_ERROR "Eigen ${Eigen3_VERSION} is too old: 3.3 is needed")
endif()
find_package(Ceres 2.1 REQUIRED)
find_package(gflags REQUIRED)
if(NOT TARGET gflags)
  add_library(gflags INTERFACE IMPORTED)
  set_target_properties(gflags PROPERTIES INTERFACE_LINK_LIBRARIES gflags::gflags)
endif()
find_package(glog REQUIRED)
find_package(TBB REQUIRED)
find_package(nlohmann_json 3 REQUIRED)
find_package(PNG REQUIRED)
find_package(ZLIB REQUIRED)
find_package(GIF REQUIRED)
find_package(OpenEXR 3 REQUIRED)
find_package(OpenCVSplit REQUIRED COMPONENTS core imgproc imgcodecs)
find_package(RobotFormats REQUIRED COMPONENTS urdfdom assimp yaml_cpp)
unset(CMAKE_FIND_PACKAGE_TARGETS_GLOBAL)
