#include "ds/curation/look_alike_finder.h"

#include <fmt/format.h>

#include "ds/base/log.h"
#include "ds/base/progress.h"
#include "ds/media/perceptual_hash.h"

namespace ds {

LookAlikeFinder::LookAlikeFinder(Project& project, const Filter& where, int distance)
    : looks_(project, 1), distance_(distance) {
  auto images = project.images().list(where);
  auto looks = looks_.of(images, no_progress());
  std::vector<std::string> messages;
  for (const auto& [name, reason] : looks_.unreadable())
    messages.push_back(fmt::format("not compared for near-duplicates: {}: {}", name, reason));
  log::warnings(messages);
  for (std::size_t i = 0; i < images.size(); ++i)
    if (looks[i]) known_.push_back({std::move(images[i]), *looks[i]});
}

const Image* LookAlikeFinder::nearest(const ImageLook& look) const {
  const Known* nearest = nullptr;
  auto bits = [&](const Known& known) { return hamming_distance(known.look.perceptual, look.perceptual); };
  for (const auto& each : known_)
    if (look_alike(each.look, look, distance_) && (nearest == nullptr || bits(each) < bits(*nearest)))
      nearest = &each;
  return nearest == nullptr ? nullptr : &nearest->image;
}

void LookAlikeFinder::add(const Image& image, const ImageLook& look) {
  looks_.remember(image.sha256, look);
  known_.push_back({image, look});
}

}  // namespace ds
