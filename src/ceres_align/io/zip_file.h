// ZIP files, read by zlib: 3MF's. assimp ends the program where one of the files inside that it
// needs is damaged. Internal to io/.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace ceres_align::io_internal {

struct ZipEntry {
  std::string name;
  uint64_t data_begin = 0;  ///< in the ZIP file
  uint64_t packed_bytes = 0, bytes = 0;
  uint32_t crc = 0;
  bool deflated = false;
};

/// The files inside, from the directory at the ZIP file's end (ZIP64 too). Every range lies in
/// `bytes`. Throws InputError, which `name` begins: damage, encryption, other compression than
/// deflate, more than kMostZipBytes in all.
std::vector<ZipEntry> ZipEntries(const std::string& bytes, const std::string& name);

constexpr uint64_t kMostZipBytes = uint64_t{1} << 30;

/// One of them, unpacked. Throws InputError where its size or checksum is another.
std::string Unzipped(const std::string& bytes, const ZipEntry& entry, const std::string& name);

/// A plain ZIP file of files by name, not compressed. CHECKs that it is below 4 GB.
std::string Zipped(const std::map<std::string, std::string>& files);

}  // namespace ceres_align::io_internal
