// Without libFuzzer: each input once.
//   fuzz_readers --reader=NAME (--corpus=FOLDER | FILE)…
#include <cstdio>
#include <cstring>
#include <fstream>
#include <sstream>

#include "fuzz.h"

namespace {

namespace fs = std::filesystem;

void Run(const ceres_align::fuzz::Target& target, const fs::path& file) {
  std::ostringstream bytes;
  bytes << std::ifstream(file, std::ios::binary).rdbuf();
  target.run(bytes.str());
}

}  // namespace

int main(int argc, char** argv) {
  const ceres_align::fuzz::Target* target = nullptr;
  int inputs = 0;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    if (argument.rfind("--reader=", 0) == 0) {
      for (const auto& one : ceres_align::fuzz::Targets()) {
        if (argument.substr(9) == one.name) target = &one;
      }
    } else if (argument[0] == '-' && argument.rfind("--corpus=", 0) != 0) {
      continue;  // libFuzzer's
    } else if (target == nullptr) {
      break;
    } else if (argument[0] != '-') {
      Run(*target, argument);
      ++inputs;
    } else {
      for (const auto& entry : fs::directory_iterator(argument.substr(9))) {
        Run(*target, entry.path());
        ++inputs;
      }
    }
  }
  if (target == nullptr || inputs == 0) {
    std::fprintf(stderr, "fuzz_readers: --reader=NAME and an input are needed\n");
    return 2;
  }
  std::printf("fuzz_readers: no libFuzzer (it needs clang): %d inputs of %s replayed, none made\n",
              inputs, target->name);
  return 0;
}
