#include "ds/retrain/lookalikes.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <opencv2/core.hpp>
#include <optional>

#include "ds/base/error.h"
#include "ds/base/files.h"
#include "ds/base/log.h"
#include "ds/media/image_io.h"
#include "ds/media/perceptual_hash.h"
#include "ds/project/project.h"

namespace ds {
namespace {

int distance(const Look& a, const Look& b) {
  return std::max(hamming_distance(a.difference, b.difference), hamming_distance(a.perceptual, b.perceptual));
}

}  // namespace

Look look_of(std::string_view bytes, const std::string& name) {
  auto picture = decode_image(bytes, name);
  return {difference_hash(picture), perceptual_hash(picture)};
}

bool look_alike(const Look& a, const Look& b) {
  return distance(a, b) <= kLookalikeBits;
}

Lookalikes::Lookalikes(Project& project, std::filesystem::path cache_file)
    : cache_file_(std::move(cache_file)) {
  load_cache();
  project.images().for_each(
      Filter::parse("split=test or origin~\"capture:*\""), WithAnnotations::no, [&](const Image& image) {
        try {
          known_.push_back({image, cached_look(project, image)});
        } catch (const DataError& error) {
          log::warning(fmt::format("not compared for near-duplicates: {}", error.what()));
        }
      });
}

void Lookalikes::load_cache() {
  std::ifstream file(cache_file_);
  for (std::string text; std::getline(file, text);) {
    auto line = nlohmann::json::parse(text, nullptr, false);
    if (!line.is_object() || !line.contains("sha256")) continue;
    cache_[line["sha256"].get<std::string>()] = {line.value("difference", std::uint64_t{0}),
                                                 line.value("perceptual", std::uint64_t{0})};
  }
}

Look Lookalikes::cached_look(Project& project, const Image& image) {
  if (auto found = cache_.find(image.sha256); found != cache_.end()) return found->second;
  auto look = look_of(read_file(project.media().path_of(image.sha256)), image.name);
  remember(image.sha256, look);
  return look;
}

void Lookalikes::remember(const std::string& sha256, const Look& look) {
  if (!cache_.emplace(sha256, look).second) return;
  make_folders(cache_file_.parent_path());
  append_line(cache_file_,
              nlohmann::ordered_json{
                  {"sha256", sha256}, {"difference", look.difference}, {"perceptual", look.perceptual}}
                  .dump());
}

const Image* Lookalikes::find(const Look& look) const {
  const Known* nearest = nullptr;
  for (const auto& each : known_)
    if (look_alike(each.look, look) &&
        (nearest == nullptr || distance(each.look, look) < distance(nearest->look, look)))
      nearest = &each;
  return nearest == nullptr ? nullptr : &nearest->image;
}

void Lookalikes::add(const Image& image, const Look& look) {
  remember(image.sha256, look);
  known_.push_back({image, look});
}

}  // namespace ds
