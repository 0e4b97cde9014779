#include "ceres_align/render/cluster_sides.h"

#include <cmath>
#include <cstring>

#include "ceres_align/render/for_each_cpu.h"

#ifdef CA_HAS_CPU_VERSIONS
#include <immintrin.h>
#endif

namespace ceres_align {
namespace {

CA_ANY_CPU
void FindSides(const PlaneArrays& planes, const FloatView& v, float tolerance, FaceBits* positive,
               FaceBits* unsure) {
  for (int i = 0; i < planes.n; ++i) {
    const float d = PlaneValue(planes.x[i], planes.y[i], planes.z[i], planes.offset[i], v);
    positive->word[i / 64] |= static_cast<uint64_t>(d > 0) << (i % 64);
    unsure->word[i / 64] |= static_cast<uint64_t>(std::abs(d) < tolerance) << (i % 64);
  }
}

CA_ANY_CPU
EdgeBits FindChanges(const ClusterEdge* edges, int n, const FaceBits& positive) {
  EdgeBits bits{0, 0};
  for (int e = 0; e < n; ++e) {
    const uint64_t along = positive.Get(edges[e].along()), back = positive.Get(edges[e].back());
    bits.changed |= (along ^ back) << e;
    bits.along |= along << e;
  }
  return bits;
}

#ifdef CA_HAS_CPU_VERSIONS

// PlaneValue's order of operations; eight planes at a time.
CA_CPU_WITH("avx2")
void FindSides(const PlaneArrays& planes, const FloatView& v, float tolerance, FaceBits* positive,
               FaceBits* unsure) {
  const __m256 vx = _mm256_set1_ps(v.x), vy = _mm256_set1_ps(v.y), vz = _mm256_set1_ps(v.z);
  const __m256 limit = _mm256_set1_ps(tolerance), minus = _mm256_set1_ps(-0.0f);
  const __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
  for (int i = 0; i < planes.n; i += 8) {
    const __m256i is_plane = _mm256_cmpgt_epi32(_mm256_set1_epi32(planes.n - i), lane);
    const __m256 x = _mm256_mul_ps(_mm256_maskload_ps(planes.x + i, is_plane), vx);
    const __m256 y = _mm256_mul_ps(_mm256_maskload_ps(planes.y + i, is_plane), vy);
    const __m256 z = _mm256_mul_ps(_mm256_maskload_ps(planes.z + i, is_plane), vz);
    const __m256 offset = _mm256_maskload_ps(planes.offset + i, is_plane);
    const __m256 d = _mm256_add_ps(_mm256_add_ps(_mm256_add_ps(x, y), z), offset);
    const __m256 above = _mm256_cmp_ps(d, _mm256_setzero_ps(), _CMP_GT_OQ);
    const __m256 near = _mm256_cmp_ps(_mm256_andnot_ps(minus, d), limit, _CMP_LT_OQ);
    const __m256 near_plane = _mm256_and_ps(near, _mm256_castsi256_ps(is_plane));
    positive->word[i / 64] |= static_cast<uint64_t>(_mm256_movemask_ps(above)) << (i % 64);
    unsure->word[i / 64] |= static_cast<uint64_t>(_mm256_movemask_ps(near_plane)) << (i % 64);
  }
}

// The bits of 16 faces, 16 bits each, as 0 or not 0. `table` has all bits of the cluster, twice.
CA_CPU_WITH("avx2") inline __m256i BitsOf(__m256i face, __m256i table) {
  const __m256i bit_of_byte = _mm256_set1_epi64x(static_cast<int64_t>(0x8040201008040201u));
  const __m256i none = _mm256_set1_epi16(static_cast<int16_t>(0xFF00));  // looked up as 0
  const __m256i byte =
      _mm256_shuffle_epi8(table, _mm256_or_si256(_mm256_srli_epi16(face, 3), none));
  const __m256i bit = _mm256_shuffle_epi8(
      bit_of_byte, _mm256_or_si256(_mm256_and_si256(face, _mm256_set1_epi16(7)), none));
  return _mm256_cmpeq_epi16(_mm256_and_si256(byte, bit), bit);
}

CA_CPU_WITH("avx2")
EdgeBits FindChanges(const ClusterEdge* edges, int n, const FaceBits& positive) {
  constexpr int kEdges = 64;
  ClusterEdge padded[kEdges];
  if (n < kEdges) {  // no edge has the same face twice here, so these do not change
    std::memset(padded, 0, sizeof(padded));
    std::memcpy(padded, edges, n * sizeof(ClusterEdge));
    edges = padded;
  }
  const __m256i table = _mm256_broadcastsi128_si256(_mm_set_epi64x(
      static_cast<int64_t>(positive.word[1]), static_cast<int64_t>(positive.word[0])));
  const __m256i low = _mm256_set1_epi16(127);
  EdgeBits bits{0, 0};
  for (int e = 0; e < kEdges; e += 32) {
    __m256i along[2], back[2];
    for (int k = 0; k < 2; ++k) {
      const __m256i edge = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(edges + e + 16 * k));
      along[k] = BitsOf(_mm256_and_si256(edge, low), table);
      back[k] = BitsOf(_mm256_and_si256(_mm256_srli_epi16(edge, 7), low), table);
    }
    // Packing takes halves of 128 bits in turn; 0xD8 puts them in order.
    const __m256i changed =
        _mm256_permute4x64_epi64(_mm256_packs_epi16(_mm256_xor_si256(along[0], back[0]),
                                                    _mm256_xor_si256(along[1], back[1])),
                                 0xD8);
    const __m256i up = _mm256_permute4x64_epi64(_mm256_packs_epi16(along[0], along[1]), 0xD8);
    bits.changed |= static_cast<uint64_t>(static_cast<uint32_t>(_mm256_movemask_epi8(changed)))
                    << e;
    bits.along |= static_cast<uint64_t>(static_cast<uint32_t>(_mm256_movemask_epi8(up))) << e;
  }
  return bits;
}

#endif  // CA_HAS_CPU_VERSIONS

}  // namespace

void SidesOfPlanes(const PlaneArrays& planes, const FloatView& v, float tolerance,
                   FaceBits* positive, FaceBits* unsure) {
  *positive = *unsure = FaceBits{};
  FindSides(planes, v, tolerance, positive, unsure);
}

EdgeBits ChangedEdges(const ClusterEdge* edges, int n, const FaceBits& positive) {
  return FindChanges(edges, n, positive);
}

}  // namespace ceres_align
