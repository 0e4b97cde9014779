#include "ceres_align/scene/occluders.h"

#include <map>

#include "ceres_align/base/error.h"
#include "ceres_align/render/resident.h"
#include "ceres_align/scene/scene_checks.h"

namespace ceres_align {

Scene HideBehindOccluders(const Scene& scene, Rasterizer* rasterizer) {
  CHECK(rasterizer != nullptr);
  CheckScene(scene);
  Scene result = scene;
  result.occluders.clear();
  std::map<int, ResidentMesh> meshes;
  for (const Occluder& occluder : scene.occluders) {
    if (meshes.count(occluder.mesh_index) > 0) continue;
    meshes.emplace(occluder.mesh_index,
                   ResidentMesh(rasterizer,
                                std::make_shared<ContourMesh>(*scene.meshes[occluder.mesh_index])));
  }
  for (View& view : result.views) {
    std::vector<RasterJob> jobs;
    for (const Occluder& occluder : scene.occluders) {
      RasterJob job;
      job.mesh = meshes.at(occluder.mesh_index).id();
      job.camera = view.camera;
      job.cam_from_object = view.cam_from_rig * occluder.rig_from_occluder;
      jobs.push_back(job);
    }
    std::vector<ImageF> images;
    rasterizer->CoverageBatch(jobs, &images);
    for (const ImageF& image : images) {
      if (view.weight.empty()) view.weight = ImageF(view.mask.width, view.mask.height, 1.0f);
      for (size_t i = 0; i < image.pixels.size(); ++i) {
        if (image.pixels[i] > 0) view.weight.pixels[i] = 0;
      }
    }
  }
  return result;
}

}  // namespace ceres_align
