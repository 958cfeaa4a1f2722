#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "data/label_check.h"
#include "data/shared.h"
#include "ds/base/error.h"
#include "ds/base/log.h"
#include "ds/base/text.h"
#include "ds/curation/hash_index.h"
#include "ds/curation/image_looks.h"
#include "ds/project/project.h"
#include "ds/train/data_check.h"

namespace ds {
namespace {

using detail::kMostNames;

/// An image of which the project knows how it looks.
struct KnownLook {
  const char* split;
  const TrainImage* image;
  ImageLook look;
};

std::vector<KnownLook> known_looks(Project& project, const TrainData& data) {
  LookCache cache(project.folder() / "cache" / "looks.tsv");
  std::vector<KnownLook> known;
  if (cache.size() == 0) return known;
  auto add = [&](const char* split, const std::vector<TrainImage>& images) {
    for (const auto& image : images)
      if (auto look = cache.look(image.sha256)) known.push_back({split, &image, *look});
  };
  add("train", data.train);
  add("val", data.val);
  add("test", data.test);
  return known;
}

}  // namespace

std::vector<DataFinding> find_look_alikes_between_splits(Project& project, const TrainData& data) {
  auto known = known_looks(project, data);
  std::vector<std::uint64_t> hashes;
  for (const auto& each : known) hashes.push_back(each.look.perceptual);
  HashIndex index(hashes, kLookAlikeDistance);
  std::map<std::pair<std::string, std::string>, std::vector<std::string>> alike;
  for (std::size_t i = 0; i < known.size(); ++i) {
    std::optional<std::size_t> earlier;  // the first that gives this image away
    index.for_each_near(i, [&](std::size_t other, int) {
      const auto& a = known[i];
      const auto& b = known[other];
      // Those with the same bytes are a finding of their own.
      if (other < i && a.split != b.split && a.image->sha256 != b.image->sha256 &&
          look_alike(a.look, b.look, kLookAlikeDistance))
        earlier = std::min(other, earlier.value_or(other));
    });
    if (earlier) alike[{known[*earlier].split, known[i].split}].push_back(known[i].image->name);
  }
  std::vector<DataFinding> findings;
  for (auto& [splits, images] : alike) {
    auto message = fmt::format("{} of the {} split {} images in {}, the first is {}",
                               counted(images.size(), "image", "images"), splits.second,
                               images.size() == 1 ? "looks like" : "look like", splits.first, images.front());
    images.resize(std::min(images.size(), kMostNames));
    findings.push_back({"look-alikes", false, message,
                        "scores on that split are better than the model: ds-import leaks shows the pairs and "
                        "--fix moves them",
                        images});
  }
  return findings;
}

std::vector<DataFinding> require_usable(Project& project, const TrainData& data, const InputSize& input,
                                        bool strict) {
  auto findings = check_data(data, input);
  for (const auto& finding : findings)
    if (finding.fatal) throw DataError(finding.message, finding.advice);
  for (auto& finding : find_look_alikes_between_splits(project, data)) findings.push_back(std::move(finding));
  for (const auto& finding : findings) log::warning(fmt::format("{}; {}", finding.message, finding.advice));
  if (strict && !findings.empty())
    throw DataError(fmt::format("--strict-data: {} ({} in all)", findings.front().message,
                                counted(findings.size(), "finding", "findings")),
                    findings.front().advice);
  return findings;
}

}  // namespace ds
