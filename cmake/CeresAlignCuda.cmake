# CUDA is compiled wherever a working nvcc is found. Sets CERES_ALIGN_WITH_CUDA and, with it,
# enables the language for the architectures that this nvcc knows.
#
# --fmad=false, no fast-math: kernels compile the header that the CPU compiles, and must round as
# it does (there -ffp-contract=off). A fused a*b+c has other bits, and other signs near zero. The
# kernels' time goes to memory, not to the multiplications this leaves unfused.
set(CERES_ALIGN_CUDA_FLAGS --fmad=false -Werror=all-warnings
    -Xcompiler=-Wall,-Wextra,-ffp-contract=off)

set(CERES_ALIGN_WITH_CUDA OFF)
if(CERES_ALIGN_CUDA STREQUAL "OFF")
  message(STATUS "ceres_align: CPU-only build (CERES_ALIGN_CUDA=OFF)")
  return()
endif()

# check_language tries the compiler only where CMAKE_CUDA_COMPILER is not set yet.
include(CheckLanguage)
if(NOT CMAKE_CUDA_COMPILER AND NOT DEFINED ENV{CUDACXX} AND EXISTS /usr/local/cuda/bin/nvcc)
  set(ENV{CUDACXX} /usr/local/cuda/bin/nvcc)
endif()
check_language(CUDA)
if(NOT CMAKE_CUDA_COMPILER)
  if(CERES_ALIGN_CUDA STREQUAL "ON")
    message(FATAL_ERROR "CERES_ALIGN_CUDA=ON, but no working nvcc was found")
  endif()
  message(STATUS "ceres_align: CPU-only build (no working nvcc was found)")
  return()
endif()

# Machine code for each of these that nvcc knows; intermediate code, which newer GPUs compile
# when they load it, for 100 and for the last.
if(NOT DEFINED CMAKE_CUDA_ARCHITECTURES)
  execute_process(COMMAND ${CMAKE_CUDA_COMPILER} --list-gpu-arch OUTPUT_VARIABLE _known
                  OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
  string(REGEX MATCHALL "compute_[0-9]+" _known "${_known}")
  foreach(_arch 75 80 86 89 90 100 120)
    if(compute_${_arch} IN_LIST _known)
      list(APPEND CMAKE_CUDA_ARCHITECTURES ${_arch}-real)
      set(_newest ${_arch})
    endif()
  endforeach()
  if(NOT DEFINED _newest)
    message(FATAL_ERROR "ceres_align: ${CMAKE_CUDA_COMPILER} knows none of the architectures "
                        "75 to 120: set CMAKE_CUDA_ARCHITECTURES, or CERES_ALIGN_CUDA=OFF")
  endif()
  list(APPEND CMAKE_CUDA_ARCHITECTURES ${_newest}-virtual)
  if(100-real IN_LIST CMAKE_CUDA_ARCHITECTURES AND NOT _newest EQUAL 100)
    list(APPEND CMAKE_CUDA_ARCHITECTURES 100-virtual)
  endif()
endif()
enable_language(CUDA)
set(CMAKE_CUDA_STANDARD 17)
set(CMAKE_CUDA_STANDARD_REQUIRED ON)
find_package(CUDAToolkit REQUIRED)
set(CERES_ALIGN_WITH_CUDA ON)
message(STATUS "ceres_align: CUDA is compiled (${CMAKE_CUDA_COMPILER} "
               "${CMAKE_CUDA_COMPILER_VERSION}, architectures ${CMAKE_CUDA_ARCHITECTURES})")
