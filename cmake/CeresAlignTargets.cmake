# -ffp-contract=off: the same bits whatever instruction set a build or a user's flag allows.
set(CERES_ALIGN_CXX_FLAGS -Wall -Wextra -ffp-contract=off -fno-math-errno)
if(CERES_ALIGN_WARNINGS_AS_ERRORS)
  list(APPEND CERES_ALIGN_CXX_FLAGS -Werror)
endif()
# CUDA files have flags of their own (CeresAlignCuda.cmake).
set(CERES_ALIGN_CXX_FLAGS "$<$<COMPILE_LANGUAGE:CXX>:${CERES_ALIGN_CXX_FLAGS}>")

# Sanitizers go to all of the build: one program must not mix code with and without them. GCC's
# maybe-uninitialized is wrong about instrumented Eigen code. A null pointer's use ends in ASan's
# report anyway, and testing every pointer for it is a seventh of the compile time.
set(CERES_ALIGN_SANITIZE "" CACHE STRING "Sanitizers, for example address,undefined; empty: none")
if(CERES_ALIGN_SANITIZE)
  add_compile_options("$<$<COMPILE_LANGUAGE:CXX>:-fsanitize=${CERES_ALIGN_SANITIZE};\
-fno-sanitize=null;-fno-sanitize-recover=all;-fno-omit-frame-pointer;-O1;-Wno-maybe-uninitialized>")
  add_link_options(-fsanitize=${CERES_ALIGN_SANITIZE})
  # Under ASan Eigen would pad its allocations by itself; the Ceres of the system does not, and
  # matrices pass between the two.
  add_compile_definitions(EIGEN_MALLOC_ALREADY_ALIGNED=1)
endif()

configure_file(${CMAKE_CURRENT_LIST_DIR}/version.h.in
               ${PROJECT_BINARY_DIR}/include/ceres_align/version.h @ONLY)

# One library per folder: ceres_align_library(NAME SOURCES … PUBLIC … PRIVATE …) makes
# ceres_align::NAME and adds it to the exported set. No SOURCES: a header-only target.
function(ceres_align_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
  set(target ceres_align_${name})
  if(ARG_SOURCES)
    add_library(${target} STATIC ${ARG_SOURCES})
    set(scope PUBLIC)
    target_compile_options(${target} PRIVATE ${CERES_ALIGN_CXX_FLAGS})
    target_link_libraries(${target} PRIVATE ${ARG_PRIVATE})
  else()
    add_library(${target} INTERFACE)
    set(scope INTERFACE)
  endif()
  add_library(ceres_align::${name} ALIAS ${target})
  set_target_properties(${target} PROPERTIES EXPORT_NAME ${name})
  target_compile_features(${target} ${scope} cxx_std_17)
  target_include_directories(${target} ${scope}
    "$<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/src>"
    "$<BUILD_INTERFACE:${PROJECT_BINARY_DIR}/include>"
    "$<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>")
  target_link_libraries(${target} ${scope} ${ARG_PUBLIC})
  set_property(GLOBAL APPEND PROPERTY CERES_ALIGN_LIBRARIES ${target})
endfunction()

# A program of tools/, test/ or examples/; links the libraries named after it.
function(ceres_align_program name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_compile_options(${name} PRIVATE ${CERES_ALIGN_CXX_FLAGS})
  target_link_libraries(${name} PRIVATE ${ARG_LINK})
endfunction()
