#include "ds/train/environment.h"

#include <malloc.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "ds/base/files.h"

namespace ds {
namespace {

constexpr const char* kDone = "DS_TRAIN_LIBRARIES_SET";

bool has_avx512() {
#if defined(__x86_64__)
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
         __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl");
#else
  return false;
#endif
}

/// As this process was started: zero-separated words.
std::vector<std::string> own_arguments() {
  std::vector<std::string> arguments;
  std::string text = read_file("/proc/self/cmdline");
  for (std::size_t begin = 0; begin < text.size();) {
    auto end = text.find('\0', begin);
    if (end == std::string::npos) end = text.size();
    arguments.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return arguments;
}

void keep_freed_memory() {
  mallopt(M_MMAP_THRESHOLD, 1 << 30);
  mallopt(M_TRIM_THRESHOLD, 2'000'000'000);
  mallopt(M_ARENA_MAX, 1);
}

}  // namespace

void use_fast_libraries() {
  if (std::getenv(kDone) != nullptr) {
    unsetenv(kDone);
    keep_freed_memory();
    return;
  }
  constexpr int kKeep = 0;  // what the user has set stays
  if (has_avx512()) setenv("OPENBLAS_CORETYPE", "SkylakeX", kKeep);
  setenv("OPENBLAS_NUM_THREADS", "1", kKeep);
  setenv("OMP_WAIT_POLICY", "PASSIVE", kKeep);
  setenv("CUBLAS_WORKSPACE_CONFIG", ":4096:8", kKeep);  // the same sums in every run on a GPU
  // What torch's sockets say while a rank waits for the others; what goes wrong comes as an exception.
  setenv("GLOG_minloglevel", "3", kKeep);
  setenv("TORCH_CPP_LOG_LEVEL", "FATAL", kKeep);
  setenv(kDone, "1", 1);
  auto arguments = own_arguments();
  std::vector<char*> pointers;
  for (auto& argument : arguments) pointers.push_back(argument.data());
  pointers.push_back(nullptr);
  execv(std::filesystem::read_symlink("/proc/self/exe").c_str(), pointers.data());
  unsetenv(kDone);  // it could not start again: slower, but the same work
  keep_freed_memory();
}

}  // namespace ds
