# Libraries that only some files need (assimp: COLLADA; OpenCV's imgcodecs: JPEG) bring many others
# and cost every start of a program some ms. A shared one is loaded when the first such file comes
# (base/late_library.h), a static one is linked.
option(CERES_ALIGN_LATE_LIBRARIES "Load assimp and imgcodecs when a file needs them" ON)

# The name by which the dynamic linker knows the library; empty where it is none that is shared.
function(ceres_align_soname file result)
  set(${result} "" PARENT_SCOPE)
  if(NOT CERES_ALIGN_LATE_LIBRARIES OR NOT CMAKE_READELF OR NOT EXISTS "${file}")
    return()
  endif()
  execute_process(COMMAND ${CMAKE_READELF} -d ${file} OUTPUT_VARIABLE text ERROR_QUIET)
  if(text MATCHES "\\(SONAME\\)[^[]*\\[([^]]+)\\]")
    set(${result} ${CMAKE_MATCH_1} PARENT_SCOPE)
  endif()
endfunction()

# ceres_align_late_library(TARGET IMPORTED FILE DEFINITION): TARGET is compiled with the headers of
# the imported target, whose library is FILE; loads it under the name in the macro DEFINITION, or
# is linked to it where that is not defined.
function(ceres_align_late_library target imported file definition)
  ceres_align_soname("${file}" soname)
  if(soname)
    target_include_directories(${target} SYSTEM PRIVATE
      $<TARGET_PROPERTY:${imported},INTERFACE_INCLUDE_DIRECTORIES>)
    target_compile_definitions(${target} PRIVATE ${definition}="${soname}")
  else()
    target_link_libraries(${target} PRIVATE ${imported})
  endif()
endfunction()
