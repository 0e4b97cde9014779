# Included after the library's folders: ceres_align::ceres_align, the exported package, the data.
include(CMakePackageConfigHelpers)
get_property(_libraries GLOBAL PROPERTY CERES_ALIGN_LIBRARIES)
# ceres_align::ceres_align: all of the library in one name.
add_library(ceres_align_all INTERFACE)
add_library(ceres_align::ceres_align ALIAS ceres_align_all)
set_target_properties(ceres_align_all PROPERTIES EXPORT_NAME ceres_align)
target_link_libraries(ceres_align_all INTERFACE ${_libraries})

set(_package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/ceres_align)
install(TARGETS ${_libraries} ceres_align_all EXPORT ceres_align_targets)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/src/ceres_align ${PROJECT_BINARY_DIR}/include/ceres_align
        DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
        FILES_MATCHING PATTERN "*.h" PATTERN "report_html/page" EXCLUDE)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/data/ DESTINATION ${CMAKE_INSTALL_DATADIR}/ceres_align)
install(EXPORT ceres_align_targets FILE ceres_alignTargets.cmake NAMESPACE ceres_align::
        DESTINATION ${_package_dir})
configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/ceres_alignConfig.cmake.in
  ${PROJECT_BINARY_DIR}/ceres_alignConfig.cmake INSTALL_DESTINATION ${_package_dir})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/ceres_alignConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/ceres_alignConfig.cmake
              ${PROJECT_BINARY_DIR}/ceres_alignConfigVersion.cmake
              ${CMAKE_CURRENT_LIST_DIR}/FindOpenCVSplit.cmake
              ${CMAKE_CURRENT_LIST_DIR}/FindRobotFormats.cmake
        DESTINATION ${_package_dir})

# vcpkg wants programs elsewhere than in bin, but sets CMAKE_INSTALL_BINDIR itself.
set(CERES_ALIGN_INSTALL_BINDIR "${CMAKE_INSTALL_BINDIR}" CACHE STRING
  "Where the programs are installed, below the prefix")
# The programs that an installation has; called after tools/.
function(ceres_align_install_programs)
  foreach(program ceres_align align_scenes hand_eye make_masks make_mesh make_robot_scene make_scene render_scene)
    if(TARGET ${program})
      install(TARGETS ${program} RUNTIME DESTINATION ${CERES_ALIGN_INSTALL_BINDIR})
    endif()
  endforeach()
endfunction()
