# Run by ctest, see CMakeLists.txt. Any failing step fails the test.
function(run)
  execute_process(COMMAND ${ARGV} COMMAND_ECHO STDOUT COMMAND_ERROR_IS_FATAL ANY)
endfunction()

file(REMOVE_RECURSE ${WORK_DIR})
run(${CMAKE_COMMAND} --install ${BUILD_DIR} --prefix ${WORK_DIR}/installed)
# A package that only works where it was first put is broken.
file(RENAME ${WORK_DIR}/installed ${WORK_DIR}/moved)
file(GLOB_RECURSE package_files ${WORK_DIR}/moved/*.cmake)
if(NOT package_files)
  message(FATAL_ERROR "the installation has no CMake package")
endif()
foreach(package_file ${package_files})
  file(READ ${package_file} text)
  foreach(path ${PROJECT_ROOT} ${BUILD_DIR} ${WORK_DIR}/installed)
    string(FIND "${text}" "${path}/" found)
    if(NOT found EQUAL -1)
      message(FATAL_ERROR "${package_file} names ${path}")
    endif()
  endforeach()
endforeach()

set(flags "")
if(SANITIZE)
  set(flags "-fsanitize=${SANITIZE} -fno-sanitize-recover=all")
endif()
run(${CMAKE_COMMAND} -S ${SOURCE_DIR} -B ${WORK_DIR}/build -G ${GENERATOR}
    -D CMAKE_BUILD_TYPE=${BUILD_TYPE} -D CMAKE_PREFIX_PATH=${WORK_DIR}/moved
    "-D CMAKE_CXX_FLAGS=${flags}" -D EXPECTED_VERSION=${VERSION}
    -D EXAMPLE=${PROJECT_ROOT}/examples/height_prior.cc)
run(${CMAKE_COMMAND} --build ${WORK_DIR}/build)
run(${WORK_DIR}/build/consumer)
run(${WORK_DIR}/build/height_prior)

# The Python module, where the build has one; tried where Python has NumPy.
file(GLOB python_dirs ${WORK_DIR}/moved/lib*/python3*/site-packages)
list(LENGTH python_dirs count)
if(NOT count EQUAL HAS_PYTHON)
  message(FATAL_ERROR "the Python module is in ${count} folders (${python_dirs})")
endif()
if(PYTHON)
  run(${CMAKE_COMMAND} -E env PYTHONPATH=${python_dirs}
      ${PYTHON} -B ${CMAKE_CURRENT_LIST_DIR}/python_test.py ${python_dirs})
endif()
