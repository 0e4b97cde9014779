# The programs of tools/gpu_check.sh, without what they do not need.
add_library(ceres_align_testing STATIC test/testing.cc)
target_include_directories(ceres_align_testing PUBLIC ${PROJECT_SOURCE_DIR}/test)
target_link_libraries(ceres_align_testing PUBLIC ceres_align::render ceres_align::synth)
ceres_align_program(batch_parity_test SOURCES test/batch_parity_test.cc
  LINK ceres_align::batch ceres_align_testing GTest::gtest GTest::gtest_main)
ceres_align_program(cuda_rasterizer_test SOURCES test/cuda/cuda_rasterizer_test.cc
  LINK ceres_align::cuda ceres_align_testing GTest::gtest GTest::gtest_main)
ceres_align_program(bench_gpu SOURCES tools/bench_gpu.cc tools/bench_gpu_floor.cu
  LINK ceres_align::align ceres_align::backends ceres_align::cuda ceres_align::synth gflags)
target_compile_options(bench_gpu PRIVATE "$<$<COMPILE_LANGUAGE:CUDA>:${CERES_ALIGN_CUDA_FLAGS}>")
