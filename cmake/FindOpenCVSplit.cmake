# Debian's split packages (libopencv-core-dev, …) bring headers and libraries but no
# OpenCVConfig.cmake, which lies in libopencv-dev with its hundreds of dependencies.
# Makes OpenCVSplit::core, ::imgproc, ::imgcodecs and ::calib3d.
find_path(OpenCVSplit_INCLUDE_DIR opencv2/core.hpp PATH_SUFFIXES opencv4)
set(_opencv_vars OpenCVSplit_INCLUDE_DIR)
foreach(module core imgproc imgcodecs calib3d)
  find_library(OpenCVSplit_${module}_LIBRARY opencv_${module})
  list(APPEND _opencv_vars OpenCVSplit_${module}_LIBRARY)
endforeach()
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(OpenCVSplit REQUIRED_VARS ${_opencv_vars})
foreach(module core imgproc imgcodecs calib3d)
  if(OpenCVSplit_FOUND AND NOT TARGET OpenCVSplit::${module})
    add_library(OpenCVSplit::${module} UNKNOWN IMPORTED)
    set_target_properties(OpenCVSplit::${module} PROPERTIES
      IMPORTED_LOCATION ${OpenCVSplit_${module}_LIBRARY}
      INTERFACE_SYSTEM_INCLUDE_DIRECTORIES ${OpenCVSplit_INCLUDE_DIR}
      INTERFACE_INCLUDE_DIRECTORIES ${OpenCVSplit_INCLUDE_DIR})
    if(NOT module STREQUAL core)
      set_property(TARGET OpenCVSplit::${module} APPEND PROPERTY
        INTERFACE_LINK_LIBRARIES OpenCVSplit::core)
    endif()
  endif()
endforeach()
mark_as_advanced(${_opencv_vars})
