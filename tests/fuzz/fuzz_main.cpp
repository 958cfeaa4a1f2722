#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "ds/base/error.h"
#include "fuzz_target.h"

namespace ds::fuzz {

std::string chosen_subject = DS_FUZZ_SUBJECT;

const std::string& subject() {
  return chosen_subject;
}

}  // namespace ds::fuzz

// With DS_FUZZ_SEEDS=FOLDER in the environment the seeds are written there, and nothing else is done.
extern "C" int LLVMFuzzerInitialize(int*, char***) {
  const char* folder = std::getenv("DS_FUZZ_SEEDS");
  if (folder == nullptr) return 0;
  std::filesystem::create_directories(folder);
  int number = 0;
  for (const auto& seed : ds::fuzz::seeds()) {
    std::ofstream out(std::filesystem::path(folder) / ("seed" + std::to_string(number++)), std::ios::binary);
    out << seed;
  }
  std::exit(0);
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  try {
    ds::fuzz::take({reinterpret_cast<const char*>(bytes), size});
  } catch (const ds::Error&) {
    // A refusal is an answer.
  }
  return 0;
}
