# Debian's split packages (libopencv-core-dev, …) bring headers and libraries but no
# OpenCVConfig.cmake, which lies in libopencv-dev with its hundreds of dependencies.
#   find_package(OpenCVSplit COMPONENTS core imgproc …) makes OpenCVSplit::core, ::imgproc, …
# With CERES_ALIGN_CONFIG_PACKAGES they are those of OpenCVConfig.cmake.
include(FindPackageHandleStandardArgs)
if(CERES_ALIGN_CONFIG_PACKAGES)
  find_package(OpenCV CONFIG QUIET)
  foreach(module ${OpenCVSplit_FIND_COMPONENTS})
    if(TARGET opencv_${module})
      set(OpenCVSplit_${module}_FOUND TRUE)
      if(NOT TARGET OpenCVSplit::${module})
        add_library(OpenCVSplit::${module} INTERFACE IMPORTED)
        set_target_properties(OpenCVSplit::${module} PROPERTIES
          INTERFACE_LINK_LIBRARIES opencv_${module})
      endif()
    endif()
  endforeach()
  find_package_handle_standard_args(OpenCVSplit
    REQUIRED_VARS OpenCV_DIR VERSION_VAR OpenCV_VERSION HANDLE_COMPONENTS)
  return()
endif()
find_path(OpenCVSplit_INCLUDE_DIR opencv2/core.hpp PATH_SUFFIXES opencv4)
mark_as_advanced(OpenCVSplit_INCLUDE_DIR)
foreach(module ${OpenCVSplit_FIND_COMPONENTS})
  find_library(OpenCVSplit_${module}_LIBRARY opencv_${module})
  mark_as_advanced(OpenCVSplit_${module}_LIBRARY)
  if(OpenCVSplit_${module}_LIBRARY
     AND EXISTS ${OpenCVSplit_INCLUDE_DIR}/opencv2/${module}.hpp)
    set(OpenCVSplit_${module}_FOUND TRUE)
  endif()
endforeach()
find_package_handle_standard_args(OpenCVSplit
  REQUIRED_VARS OpenCVSplit_INCLUDE_DIR HANDLE_COMPONENTS)
foreach(module ${OpenCVSplit_FIND_COMPONENTS})
  if(OpenCVSplit_${module}_FOUND AND NOT TARGET OpenCVSplit::${module})
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
