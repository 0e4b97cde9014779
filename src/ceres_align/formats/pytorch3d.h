// PyTorch3D's R and T of several cameras in text files, as scripts print them.
#pragma once

#include <filesystem>
#include <vector>

#include "ceres_align/formats/formats.h"

namespace ceres_align {

/// A text file of entries "NAME = value" (or ':', or nothing between; values may go on over lines;
/// '#' begins a comment), or a folder with NAME.txt, .csv or .npy each. Values are numbers in any
/// brackets, also pasted tensor([[…]], device='cuda:0') and array([…]). With n a camera's number:
///   R_n, T_n or R_col_n, T_col_n   its pose (n may be left out for camera 0)
///   R_rel_n, T_rel_n               its pose relative to camera 0
///   K_n (9 or 4 numbers, px, first pixel's centre at 0.5), image_size_n (height, width), name_n;
///   K and image_size alone are for all cameras
///   rig_convention                 how all R and T are read: the words of --rig_convention
/// The form must be given, in the file or by the option; none is guessed. Camera 0 is the reference
/// if it has no pose of its own. Without any K the set has poses alone. Throws InputError naming
/// file, line, entry and value.
CameraSet ReadPytorch3d(const std::filesystem::path& path, const CameraReadOptions& options);
/// One text file with PyTorch3D's own R and T (pytorch3d_row). Throws InputError for lenses.
std::vector<ExportedFile> WritePytorch3d(const CameraSet& set);

}  // namespace ceres_align
