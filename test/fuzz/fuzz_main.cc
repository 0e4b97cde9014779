// The entry points of libFuzzer, and its options with those of ours taken out:
//   --reader=NAME    which target (or the variable CERES_ALIGN_FUZZ_READER, which is set for
//                    libFuzzer's own child processes)
//   --corpus=FOLDER  its files are inputs to begin with; nothing is written there
#include <zlib.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "fuzz.h"

extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t max_size);

namespace {

using ceres_align::fuzz::Target;

const Target* target = nullptr;

const Target* FindTarget(const char* name) {
  for (const Target& one : ceres_align::fuzz::Targets()) {
    if (name != nullptr && std::strcmp(one.name, name) == 0) return &one;
  }
  std::fprintf(stderr, "fuzz_readers: --reader must be one of");
  for (const Target& one : ceres_align::fuzz::Targets()) std::fprintf(stderr, " %s", one.name);
  std::fprintf(stderr, "\n");
  std::exit(2);
}

std::string SeedInputs(const char* folder) {
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    files.push_back(entry.path().string());
  }
  std::sort(files.begin(), files.end());
  std::string all = "-seed_inputs=";
  for (const std::string& file : files) all += (file == files[0] ? "" : ",") + file;
  return all;
}

// No change of a PNG gets past its checksums: most get right ones.
void FixPngChecksums(uint8_t* data, size_t size) {
  const auto number = [&](size_t at) {
    return uint32_t{data[at]} << 24 | data[at + 1] << 16 | data[at + 2] << 8 | data[at + 3];
  };
  for (size_t at = 8; at + 12 <= size;) {
    const size_t length = number(at);
    if (length > size - at - 12) return;
    const uLong sum = crc32(0, data + at + 4, static_cast<uInt>(length + 4));
    for (int i = 0; i < 4; ++i) {
      data[at + 8 + length + i] = static_cast<uint8_t>(sum >> (24 - 8 * i));
    }
    at += 12 + length;
  }
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv) {
  static std::vector<char*> kept;
  static std::string seeds;
  for (int i = 0; i < *argc; ++i) {
    char* const argument = (*argv)[i];
    if (std::strncmp(argument, "--reader=", 9) == 0) {
      setenv("CERES_ALIGN_FUZZ_READER", argument + 9, 1);
    } else if (std::strncmp(argument, "--corpus=", 9) == 0) {
      seeds = SeedInputs(argument + 9);
      kept.push_back(seeds.data());
    } else {
      kept.push_back(argument);
    }
  }
  *argc = static_cast<int>(kept.size());
  kept.push_back(nullptr);
  *argv = kept.data();
  target = FindTarget(std::getenv("CERES_ALIGN_FUZZ_READER"));
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  target->run(std::string(reinterpret_cast<const char*>(data), size));
  return 0;
}

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size,
                                          unsigned int seed) {
  const size_t changed = LLVMFuzzerMutate(data, size, max_size);
  if (std::strcmp(target->name, "png") == 0 && seed % 8 != 0) FixPngChecksums(data, changed);
  return changed;
}
