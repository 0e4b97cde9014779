# An overlay port: the sources are those of the checkout that it lies in.
get_filename_component(SOURCE_PATH "${CMAKE_CURRENT_LIST_DIR}/../../../.." ABSOLUTE)
vcpkg_check_linkage(ONLY_STATIC_LIBRARY)

vcpkg_check_features(OUT_FEATURE_OPTIONS FEATURE_OPTIONS
  FEATURES
    cuda    CERES_ALIGN_CUDA
    python  CERES_ALIGN_BUILD_PYTHON
    tools   CERES_ALIGN_BUILD_TOOLS
)
if("cuda" IN_LIST FEATURES)
  vcpkg_find_cuda(OUT_CUDA_TOOLKIT_ROOT cuda_toolkit_root)
  list(APPEND FEATURE_OPTIONS "-DCMAKE_CUDA_COMPILER=${NVCC}"
       "-DCUDAToolkit_ROOT=${cuda_toolkit_root}")
endif()
if("python" IN_LIST FEATURES)
  list(APPEND FEATURE_OPTIONS
       "-DPython3_EXECUTABLE=${CURRENT_INSTALLED_DIR}/tools/python3/python3")
endif()

vcpkg_cmake_configure(
  SOURCE_PATH "${SOURCE_PATH}"
  OPTIONS
    ${FEATURE_OPTIONS}
    -DCERES_ALIGN_CONFIG_PACKAGES=ON
    -DCERES_ALIGN_BUILD_TESTS=OFF
    -DCERES_ALIGN_BUILD_BENCHMARKS=OFF
    -DCERES_ALIGN_BUILD_EXAMPLES=OFF
    # Put there at once, the programs know where the demo's mesh is.
    -DCERES_ALIGN_INSTALL_BINDIR=tools/${PORT}
  OPTIONS_DEBUG
    -DCERES_ALIGN_BUILD_TOOLS=OFF
)
vcpkg_cmake_install()
vcpkg_cmake_config_fixup(PACKAGE_NAME ceres_align CONFIG_PATH lib/cmake/ceres_align)

file(REMOVE_RECURSE "${CURRENT_PACKAGES_DIR}/debug/include" "${CURRENT_PACKAGES_DIR}/debug/share")

file(INSTALL "${CMAKE_CURRENT_LIST_DIR}/usage" DESTINATION "${CURRENT_PACKAGES_DIR}/share/${PORT}")
vcpkg_install_copyright(FILE_LIST "${SOURCE_PATH}/LICENSE" "${SOURCE_PATH}/third_party/three/LICENSE")
