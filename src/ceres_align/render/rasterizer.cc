#include "ceres_align/render/rasterizer.h"

namespace ceres_align {

void Rasterizer::CoverageBatch(const std::vector<RasterJob>& jobs, std::vector<ImageF>* images) {
  images->resize(jobs.size());
  for (size_t i = 0; i < jobs.size(); ++i) {
    const Image<double> coverage = Coverage(jobs[i], nullptr);
    ImageF& image = (*images)[i];
    image.width = coverage.width;
    image.height = coverage.height;
    image.pixels.assign(coverage.pixels.begin(), coverage.pixels.end());
  }
}

}  // namespace ceres_align
