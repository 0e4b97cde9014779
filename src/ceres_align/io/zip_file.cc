#include "ceres_align/io/zip_file.h"

#include <zlib.h>

#include <algorithm>
#include <limits>

#include "ceres_align/io/text.h"

namespace ceres_align::io_internal {
namespace {

constexpr uint32_t kDirectoryEnd = 0x06054B50, kDirectoryEnd64 = 0x06064B50,
                   kLocator64 = 0x07064B50, kDirectoryEntry = 0x02014B50, kLocalEntry = 0x04034B50;
constexpr uint32_t kIn64 = 0xFFFFFFFF;  // the number stands in a ZIP64 field

// Numbers at places that are checked.
class ZipReader {
 public:
  ZipReader(const std::string& bytes, const std::string& name) : bytes_(bytes), name_(name) {}

  std::vector<ZipEntry> Read() {
    uint64_t at = 0, count = 0;
    FindDirectory(&at, &count);
    std::vector<ZipEntry> entries;
    uint64_t all = 0;
    for (uint64_t i = 0; i < count; ++i) {
      entries.push_back(ReadEntry(&at));
      all += std::min(entries.back().bytes, kMostZipBytes);
      if (all > kMostZipBytes) Fail(name_, ": the ZIP file holds more than 1 GB");
    }
    return entries;
  }

 private:
  [[noreturn]] void FailDamaged(const char* what) const {
    Fail(name_, ": the ZIP file is damaged or ends early: ", what);
  }
  uint64_t Number(uint64_t at, int size, const char* what) const {
    if (at > bytes_.size() || bytes_.size() - at < static_cast<uint64_t>(size)) FailDamaged(what);
    uint64_t value = 0;
    for (int i = size - 1; i >= 0; --i) {
      value = value << 8 | static_cast<unsigned char>(bytes_[at + i]);
    }
    return value;
  }

  void FindDirectory(uint64_t* at, uint64_t* count) const {
    const size_t end = bytes_.rfind("PK\x05\x06");
    if (end == std::string::npos) FailDamaged("it has no directory");
    const char* const what = "its directory's end";
    *count = Number(end + 10, 2, what);
    *at = Number(end + 16, 4, what);
    uint64_t size = Number(end + 12, 4, what), of_disk = Number(end + 8, 2, what);
    uint64_t last = end;                        // what stands behind the directory
    uint64_t disks = Number(end + 4, 4, what);  // 0: there is one
    if (end + 22 + Number(end + 20, 2, what) != bytes_.size()) FailDamaged(what);
    if (end >= 20 && Number(end - 20, 4, what) == kLocator64) {
      last = Number(end - 12, 8, what);
      if (Number(last, 4, what) != kDirectoryEnd64) FailDamaged(what);
      disks = Number(last + 16, 8, what);
      of_disk = Number(last + 24, 8, what);
      *count = Number(last + 32, 8, what);
      size = Number(last + 40, 8, what);
      *at = Number(last + 48, 8, what);
    }
    if (disks != 0 || of_disk != *count || *at > last || size != last - *at) FailDamaged(what);
    constexpr uint64_t kLeastEntry = 46;
    if (*count > bytes_.size() / kLeastEntry) FailDamaged("its number of files");
  }

  ZipEntry ReadEntry(uint64_t* at) const {
    const char* const what = "its directory";
    if (Number(*at, 4, what) != kDirectoryEntry) FailDamaged(what);
    ZipEntry entry;
    const uint64_t flags = Number(*at + 8, 2, what), method = Number(*at + 10, 2, what);
    entry.crc = static_cast<uint32_t>(Number(*at + 16, 4, what));
    uint64_t begin = Number(*at + 42, 4, what);
    entry.packed_bytes = Number(*at + 20, 4, what);
    entry.bytes = Number(*at + 24, 4, what);
    const uint64_t name = Number(*at + 28, 2, what), extra = Number(*at + 30, 2, what),
                   comment = Number(*at + 32, 2, what);
    Number(*at + 45 + name + extra, 1, what);
    entry.name = bytes_.substr(*at + 46, name);
    ReadExtra64(*at + 46 + name, extra, &entry, &begin);
    *at += 46 + name + extra + comment;
    const std::string place = name_ + ": " + Quoted(entry.name) + " in the ZIP file";
    if ((flags & 1) != 0) Fail(place, " is encrypted");
    if (method != 0 && method != 8) Fail(place, " is compressed by method ", method, ", not read");
    entry.deflated = method == 8;
    FindData(begin, &entry);
    return entry;
  }

  // Sizes and the place of a file that are too large for 32 bits, or that a writer put there.
  void ReadExtra64(uint64_t at, uint64_t size, ZipEntry* entry, uint64_t* begin) const {
    const char* const what = "its directory";
    for (const uint64_t end = at + size; at + 4 <= end;) {
      const uint64_t id = Number(at, 2, what), length = Number(at + 2, 2, what);
      at += 4;
      if (id == 1) {
        uint64_t field = at;
        for (uint64_t* value : {&entry->bytes, &entry->packed_bytes, begin}) {
          if (*value != kIn64 || field + 8 > at + length) continue;
          *value = Number(field, 8, what);
          field += 8;
        }
      }
      at += length;
    }
  }

  void FindData(uint64_t begin, ZipEntry* entry) const {
    const char* const what = "the head of a file in it";
    if (Number(begin, 4, what) != kLocalEntry) FailDamaged(what);
    entry->data_begin = begin + 30 + Number(begin + 26, 2, what) + Number(begin + 28, 2, what);
    if (entry->data_begin > bytes_.size() ||
        entry->packed_bytes > bytes_.size() - entry->data_begin) {
      FailDamaged("a file in it");
    }
  }

  const std::string& bytes_;
  const std::string& name_;
};

// False if the data are no whole stream of that size.
bool Inflate(const std::string& bytes, const ZipEntry& entry, std::string* out) {
  z_stream stream = {};
  CHECK_EQ(inflateInit2(&stream, -MAX_WBITS), Z_OK);
  const auto* const data = reinterpret_cast<const unsigned char*>(bytes.data());
  stream.next_in = const_cast<unsigned char*>(data + entry.data_begin);
  stream.avail_in = static_cast<uInt>(entry.packed_bytes);
  int status = Z_OK;
  char block[65536];
  while (status == Z_OK && out->size() <= entry.bytes) {
    stream.next_out = reinterpret_cast<unsigned char*>(block);
    stream.avail_out = sizeof(block);
    status = inflate(&stream, Z_NO_FLUSH);
    out->append(block, sizeof(block) - stream.avail_out);
  }
  inflateEnd(&stream);
  return status == Z_STREAM_END && out->size() == entry.bytes;
}

void Append(uint64_t number, int size, std::string* out) {
  for (int i = 0; i < size; ++i) out->push_back(static_cast<char>(number >> (8 * i)));
}

uint32_t Checksum(const std::string& bytes) {
  const auto* const data = reinterpret_cast<const unsigned char*>(bytes.data());
  return static_cast<uint32_t>(crc32_z(0, data, bytes.size()));
}

// What the head of a file and its entry in the directory share: version to checksums, sizes.
void AppendShared(const std::string& name, const std::string& bytes, std::string* out) {
  Append(20, 2, out);  // version 2.0
  Append(0, 8, out);   // flags, stored as it is, no time and date
  Append(Checksum(bytes), 4, out);
  Append(bytes.size(), 4, out);
  Append(bytes.size(), 4, out);
  Append(name.size(), 2, out);
  Append(0, 2, out);  // no extra field
}

}  // namespace

std::string Zipped(const std::map<std::string, std::string>& files) {
  std::string out, directory;
  for (const auto& [name, bytes] : files) {
    Append(kDirectoryEntry, 4, &directory);
    Append(20, 2, &directory);  // made by version 2.0
    AppendShared(name, bytes, &directory);
    directory.append(10, '\0');  // no comment, one disk, no attributes
    Append(out.size(), 4, &directory);
    directory += name;
    Append(kLocalEntry, 4, &out);
    AppendShared(name, bytes, &out);
    out += name;
    out += bytes;
  }
  const uint64_t begin = out.size();
  CHECK_LT(begin + directory.size(), uint64_t{kIn64});
  out += directory;
  Append(kDirectoryEnd, 4, &out);
  Append(0, 4, &out);  // one disk
  Append(files.size(), 2, &out);
  Append(files.size(), 2, &out);
  Append(directory.size(), 4, &out);
  Append(begin, 4, &out);
  Append(0, 2, &out);  // no comment
  return out;
}

std::vector<ZipEntry> ZipEntries(const std::string& bytes, const std::string& name) {
  return ZipReader(bytes, name).Read();
}

std::string Unzipped(const std::string& bytes, const ZipEntry& entry, const std::string& name) {
  std::string out;
  bool whole = entry.packed_bytes <= std::numeric_limits<uInt>::max();
  if (whole && entry.deflated) {
    whole = Inflate(bytes, entry, &out);
  } else if (whole) {
    out = bytes.substr(entry.data_begin, entry.packed_bytes);
    whole = out.size() == entry.bytes;
  }
  if (!whole || Checksum(out) != entry.crc) {
    Fail(name, ": ", Quoted(entry.name), " in the ZIP file is damaged");
  }
  return out;
}

}  // namespace ceres_align::io_internal
