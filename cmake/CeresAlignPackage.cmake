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
# What is loaded late (CeresAlignLate.cmake): assimp for COLLADA, which robots' meshes are, imgcodecs
# for the first JPEG, BMP or TIFF. Debian's packages have the libraries' version in their names.
foreach(library RobotFormats_assimp OpenCVSplit_imgcodecs)
  ceres_align_soname("${${library}_LIBRARY}" soname)
  string(REGEX REPLACE "_" "-" soname "${soname}")
  string(REGEX REPLACE "\\.so\\.([0-9]+)$" "\\1" ${library}_package "${soname}")
endforeach()
set(_late ${RobotFormats_assimp_package})
set(_recommended ${OpenCVSplit_imgcodecs_package})
# Headers are for who builds on it.
set(_suggested "libceres-dev, libeigen3-dev, ffmpeg")

# Two packages: the Python module in one of its own.
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_COMPONENTS_GROUPING IGNORE)
set(CPACK_COMPONENTS_ALL Unspecified)
set(CPACK_DEBIAN_UNSPECIFIED_PACKAGE_NAME ceres-align)
set(CPACK_DEBIAN_UNSPECIFIED_PACKAGE_DEPENDS "${_late}")
set(CPACK_DEBIAN_UNSPECIFIED_PACKAGE_RECOMMENDS "${_recommended}")
set(CPACK_DEBIAN_UNSPECIFIED_PACKAGE_SUGGESTS "${_suggested}")
set(CPACK_COMPONENT_UNSPECIFIED_DESCRIPTION "${PROJECT_DESCRIPTION}")
if(CERES_ALIGN_WITH_PYTHON)
  math(EXPR _next "${Python3_VERSION_MINOR} + 1")
  list(APPEND CPACK_COMPONENTS_ALL python)
  list(JOIN _late ", " _late)
  set(CPACK_DEBIAN_PYTHON_PACKAGE_NAME python3-ceres-align)
  set(CPACK_DEBIAN_PYTHON_PACKAGE_SECTION python)
  set(CPACK_DEBIAN_PYTHON_PACKAGE_DEPENDS
    "python3 (>= 3.${Python3_VERSION_MINOR}~), python3 (<< 3.${_next}), python3-numpy")
  if(_late)
    string(APPEND CPACK_DEBIAN_PYTHON_PACKAGE_DEPENDS ", ${_late}")
  endif()
  set(CPACK_DEBIAN_PYTHON_PACKAGE_RECOMMENDS "${_recommended}")
  set(CPACK_DEBIAN_PYTHON_PACKAGE_SUGGESTS "")
  set(CPACK_COMPONENT_PYTHON_DESCRIPTION "${PROJECT_DESCRIPTION}: Python module")
endif()
include(CPack)
