# Benchmarks: tables for docs/benchmarks.md.
if(CERES_ALIGN_BUILD_BENCHMARKS)
  ceres_align_program(bench_align
    SOURCES bench_align.cc cli/choice_flag.cc cli/noise_flags.cc
    LINK ceres_align_cli ceres_align::align ceres_align::synth ceres_align::io gflags)
  ceres_align_program(bench_unknowns SOURCES bench_unknowns.cc
    LINK ceres_align::align ceres_align::synth ceres_align::io gflags)
  ceres_align_program(bench_hand_eye SOURCES bench_hand_eye.cc
    LINK ceres_align::hand_eye ceres_align::synth ceres_align::io gflags)
  ceres_align_program(bench_objects SOURCES bench_objects.cc
    LINK ceres_align::objects ceres_align::synth gflags)
  ceres_align_program(bench_track SOURCES bench_track.cc
    LINK ceres_align::track ceres_align::synth ceres_align::io gflags)
  ceres_align_program(bench_modes SOURCES bench_modes.cc
    LINK ceres_align::align ceres_align::synth ceres_align::io gflags)
  ceres_align_program(bench_verdict SOURCES bench_verdict.cc bench_verdict_kinds.cc
    LINK ceres_align::align ceres_align::synth ceres_align::io gflags)
  ceres_align_program(bench_real SOURCES bench_real.cc bench_real_cases.cc
    LINK ceres_align::align ceres_align::io gflags nlohmann_json::nlohmann_json)
  target_compile_definitions(bench_real PRIVATE
    CERES_ALIGN_SHARED_DATA="${PROJECT_SOURCE_DIR}/../shared/data")
  find_package(benchmark QUIET)
  if(benchmark_FOUND)
    ceres_align_program(bench_render SOURCES bench_render.cc
      LINK ceres_align::render ceres_align::synth OpenCVSplit::imgproc benchmark::benchmark)
    ceres_align_program(bench_mesh_io SOURCES bench_mesh_io.cc
      LINK ceres_align::io benchmark::benchmark)
  else()
    message(STATUS "ceres_align: no bench_render and bench_mesh_io (Google Benchmark was not found)")
  endif()
  if(CERES_ALIGN_WITH_CUDA)
    ceres_align_program(bench_gpu SOURCES bench_gpu.cc bench_gpu_floor.cu
      LINK ceres_align::align ceres_align::backends ceres_align::cuda ceres_align::synth gflags)
    target_compile_options(bench_gpu PRIVATE
      "$<$<COMPILE_LANGUAGE:CUDA>:${CERES_ALIGN_CUDA_FLAGS}>")
  endif()
endif()
