#include "codecs/codecs.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include "ds/base/error.h"
#include "ds/base/process.h"

namespace ds::detail {
namespace {

template <typename Codecs>
const Codecs& open_plugin(const std::string& file, const char* symbol) {
  auto path = (executable_folder() / ".." / "lib" / "ds" / file).lexically_normal();
  void* plugin = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (plugin == nullptr) {
    throw Error(fmt::format("cannot load {}: {}", path.string(), ::dlerror()),
                "it belongs in lib/ds beside the bin folder of the tools; install ds again");
  }
  auto* get = reinterpret_cast<const Codecs* (*)()>(::dlsym(plugin, symbol));
  if (get == nullptr) throw Error(fmt::format("{} has no symbol {}", path.string(), symbol));
  return *get();
}

}  // namespace

const ImageCodecs& image_codecs() {
  static const ImageCodecs& codecs = open_plugin<ImageCodecs>("libds_image_codecs.so", "ds_image_codecs");
  return codecs;
}

const VideoCodecs& video_codecs() {
  static const VideoCodecs& codecs = open_plugin<VideoCodecs>("libds_video_codecs.so", "ds_video_codecs");
  return codecs;
}

}  // namespace ds::detail
