# What tools/gpu_check.sh needs from .deps/ (tools/gpu_pack_deps.sh), with the names that the
# packages' own CMake files would give it.
set(_packed ${CERES_ALIGN_PACKED_DEPS})
if(NOT EXISTS ${_packed}/include/ceres/ceres.h)
  message(FATAL_ERROR "no packed dependencies in ${_packed}: run tools/gpu_pack_deps.sh on a "
                      "Debian machine and bring the folder here")
endif()
find_package(Threads REQUIRED)
function(_ceres_align_packed name file)
  file(GLOB library ${_packed}/lib/${file}*)
  add_library(${name} UNKNOWN IMPORTED GLOBAL)
  set_target_properties(${name} PROPERTIES IMPORTED_LOCATION ${library}
    INTERFACE_INCLUDE_DIRECTORIES ${_packed}/include INTERFACE_LINK_LIBRARIES "${ARGN}")
endfunction()
add_library(Eigen3::Eigen INTERFACE IMPORTED GLOBAL)
set_target_properties(Eigen3::Eigen PROPERTIES INTERFACE_INCLUDE_DIRECTORIES ${_packed}/include)
_ceres_align_packed(gflags libgflags.so)
_ceres_align_packed(glog::glog libglog.so gflags)
_ceres_align_packed(TBB::tbb libtbb.so Threads::Threads)
_ceres_align_packed(Ceres::ceres libceres.so glog::glog Eigen3::Eigen)
_ceres_align_packed(GTest::gtest libgtest.a Threads::Threads)
_ceres_align_packed(GTest::gtest_main libgtest_main.a GTest::gtest)
