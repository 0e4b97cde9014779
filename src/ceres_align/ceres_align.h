// All that a program needs to align meshes to masks, in one header: scenes and their files, the
// alignment, its judgement, reports, maps, cameras of other tools, many scenes, sequences. Left
// out: cv::Mat (io/cv_mat.h), robots (robot/, hand_eye/), synthetic scenes (synth/), and the cost
// functions for problems of one's own (cost/).
#pragma once

#include "ceres_align/align/align_scene.h"
#include "ceres_align/align/align_unknowns.h"
#include "ceres_align/align/aligner.h"
#include "ceres_align/backends/backends.h"
#include "ceres_align/base/error.h"
#include "ceres_align/formats/formats.h"
#include "ceres_align/formats/gltf_scene.h"
#include "ceres_align/io/conventions.h"
#include "ceres_align/io/mask_io.h"
#include "ceres_align/io/matrix_text.h"
#include "ceres_align/io/mesh_io.h"
#include "ceres_align/io/scene_io.h"
#include "ceres_align/maps/camera_maps.h"
#include "ceres_align/objects/align_objects.h"
#include "ceres_align/report/animation.h"
#include "ceres_align/report/result_json.h"
#include "ceres_align/report/text_report.h"
#include "ceres_align/report_html/html_report.h"
#include "ceres_align/scenes/run_scenes.h"
#include "ceres_align/surface/surface_map.h"
#include "ceres_align/track/tracker.h"
#include "ceres_align/version.h"
