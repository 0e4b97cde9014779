ceres_align_program(make_mesh
  SOURCES make_mesh.cc
  LINK ceres_align_cli ceres_align::synth ceres_align::io gflags)
ceres_align_program(make_masks
  SOURCES make_masks.cc cli/mask_cameras.cc cli/noise_flags.cc
  LINK ceres_align_cli ceres_align::synth ceres_align::io gflags)
ceres_align_program(make_robot_scene
  SOURCES make_robot_scene.cc cli/noise_flags.cc
  LINK ceres_align_cli ceres_align::synth ceres_align::io gflags)
