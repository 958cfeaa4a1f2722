#include "ds/dataset/annotation.h"

#include "ds/base/error.h"

namespace ds {

std::string to_string(Source source) {
  static constexpr const char* kNames[] = {"manual", "automatic", "import", "capture"};
  return kNames[static_cast<int>(source)];
}

Source source_from_string(const std::string& text) {
  for (auto source : {Source::manual, Source::automatic, Source::import, Source::capture})
    if (to_string(source) == text) return source;
  throw_unknown_name("annotation source", text, {"manual", "automatic", "import", "capture"});
}

}  // namespace ds
