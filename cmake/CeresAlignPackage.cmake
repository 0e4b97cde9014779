# Manual pages, bash completion, and `cpack -G DEB` in the build folder. Included after tools/.
set(_programs ceres_align align_scenes hand_eye make_masks make_mesh make_robot_scene make_scene
    render_scene)
set(_pages "")
foreach(program ${_programs})
  if(NOT TARGET ${program})
    continue()
  endif()
  get_target_property(name ${program} OUTPUT_NAME)
  if(NOT name)
    set(name ${program})
  endif()
  set(page ${PROJECT_BINARY_DIR}/man/${name}.1)
  add_custom_command(OUTPUT ${page}
    COMMAND ${CMAKE_COMMAND} -E make_directory ${PROJECT_BINARY_DIR}/man
    COMMAND ${PROJECT_SOURCE_DIR}/packaging/man_page.sh $<TARGET_FILE:${program}> > ${page}
    DEPENDS ${program} ${PROJECT_SOURCE_DIR}/packaging/man_page.sh VERBATIM)
  list(APPEND _pages ${page})
  # bash looks for a file of the command's name.
  install(FILES ${PROJECT_SOURCE_DIR}/packaging/completion/ceres_align RENAME ${name}
          DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
endforeach()
add_custom_target(ceres_align_man ALL DEPENDS ${_pages})
install(FILES ${_pages} DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME ceres-align)
set(CPACK_PACKAGE_CONTACT "the ceres_align developers <ceres-align@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "${PROJECT_DESCRIPTION}")
set(CPACK_RESOURCE_FILE_LICENSE ${PROJECT_SOURCE_DIR}/LICENSE)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
# Loaded where the first JPEG, BMP or TIFF comes (raster_opencv.cc); headers for who builds on it.
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "libopencv-imgcodecs406")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "libceres-dev, libeigen3-dev, ffmpeg")
include(CPack)
