#include "ds/importing/broken_pictures.h"

#include <mutex>
#include <opencv2/core/mat.hpp>
#include <optional>

#include "ds/base/error.h"
#include "ds/base/files.h"
#include "ds/base/parallel.h"
#include "ds/media/image_header.h"
#include "ds/media/image_io.h"

namespace ds {

namespace {

// What is wrong with a picture, without its name in front.
std::optional<std::string> fault_of(const std::string& bytes, const std::string& name, bool decode) {
  try {
    require_whole_image(bytes, read_image_header(bytes, name), name);
    if (decode) decode_image(bytes, name, {.strict = true});
  } catch (const DataError& error) {
    std::string text = error.what();
    return text.starts_with(name + ": ") ? text.substr(name.size() + 2) : text;
  }
  return std::nullopt;
}

}  // namespace

std::map<std::size_t, Issue> broken_pictures(const ReadResult& read, const PictureCheck& check,
                                             Progress& progress) {
  const auto& images = read.dataset.images;
  std::map<std::size_t, Issue> broken;
  std::mutex mutex;
  auto look_at = [&](std::size_t i, const std::string& bytes, const Location& place) {
    auto fault = fault_of(bytes, images[i].name, check.decode);
    if (!fault) return;
    std::lock_guard lock(mutex);
    broken.emplace(i, Issue{"BROKEN_IMAGE", Severity::error, place, *fault});
  };
  progress.begin(check.decode ? "decode" : "check", static_cast<std::int64_t>(images.size()));
  parallel_for(images.size(), check.threads, [&](std::size_t i) {
    if (!read.files[i].empty()) look_at(i, read_file(read.files[i]), {.path = read.files[i]});
    progress.advance();
  });
  // Readers' functions are not made for several threads.
  for (const auto& [i, bytes] : read.embedded)
    look_at(i, bytes(), {.path = images[i].origin.empty() ? images[i].name : images[i].origin});
  progress.end();
  return broken;
}

}  // namespace ds
