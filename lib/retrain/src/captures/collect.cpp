#include "ds/retrain/collect.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "ds/base/error.h"
#include "ds/base/files.h"
#include "ds/base/hash.h"
#include "ds/base/log.h"
#include "ds/base/walk.h"
#include "ds/curation/look_alike_finder.h"
#include "ds/media/image_header.h"
#include "ds/project/project.h"

namespace ds {
namespace fs = std::filesystem;

namespace {

/// What the server wrote beside the picture: CaptureRecord::detections.
struct WhatWasSaid {
  std::string group;
  std::vector<Annotation> proposals;
};

WhatWasSaid parse_detections(const CaptureRecord& capture, const ClassList& classes, double min_score) {
  auto json = nlohmann::json::parse(capture.detections);
  WhatWasSaid said;
  said.group = json.value("group", "");
  for (const auto& each : json.at("detections")) {
    double score = each.at("score").get<double>();
    auto class_idx = classes.find(each.at("class").get<std::string>());
    if (score < min_score || !class_idx) continue;
    const auto& box = each.at("box");
    Annotation proposal;
    proposal.class_idx = *class_idx;
    proposal.shape = Box{box.at(0).get<double>(), box.at(1).get<double>(), box.at(2).get<double>(),
                         box.at(3).get<double>()};
    if (!is_proper(proposal.box())) continue;
    proposal.score = score;
    proposal.source = Source::capture;
    proposal.model_id = capture.model_id;
    proposal.proposal = true;
    said.proposals.push_back(proposal);
  }
  return said;
}

/// Captures never go to the frozen test set: train or val, in the project's proportion.
Split training_split(const ProjectSettings& settings, const std::string& group) {
  double both = settings.split_train + settings.split_val;
  double val_share = both > 0 ? settings.split_val / both : 0;
  return keyed_unit(settings.split_key, "capture\n" + group) < val_share ? Split::val : Split::train;
}

/// `20261122-093005-abcdef012345.jpg`: sorts by time.
std::string image_name(const CaptureRecord& capture, const fs::path& picture) {
  std::string time;
  for (char c : capture.captured_at.substr(0, 19))
    if (c >= '0' && c <= '9')
      time += c;
    else if (c == 'T')
      time += '-';
  return fmt::format("captures/{}/{}-{}{}", capture.deployment, time, capture.sha256.substr(0, 12),
                     picture.extension().string());
}

std::vector<fs::path> sidecars(const fs::path& folder) {
  if (!fs::exists(folder)) return {};
  return walk_files(folder, {.order = WalkOrder::path,
                             .wanted = [](const fs::path& file) { return file.extension() == ".json"; }});
}

std::set<std::string> collected(Project& project, const std::string& deployment) {
  std::set<std::string> done;
  for (const auto& capture : project.captures().list(deployment, true)) done.insert(capture.sha256);
  return done;
}

/// Takes captures one by one, each in steps that can be run again: its record first, then its image, then the
/// link between them. A crash in between leaves a capture whose hash is not recorded with an image, or an image
/// with these bytes, and the next run goes on from there without adding twice. A broken capture is set aside
/// and stops none of the others.
class Collector {
 public:
  Collector(Project& project, const CollectOptions& options)
      : project_(project), options_(options), classes_(project.classes().list()) {}

  CollectReport run(const fs::path& folder) {
    auto done = collected(project_, options_.deployment);
    for (const auto& sidecar : sidecars(folder)) {
      if (done.contains(sidecar.stem().string())) continue;
      ++report_.captures;
      try {
        take(sidecar);
      } catch (const DataError& error) {
        set_aside(sidecar, error.what());
      } catch (const nlohmann::json::exception& error) {
        set_aside(sidecar, sidecar.string() + ": " + error.what());
      }
    }
    if (look_alikes_) look_alikes_->save();
    return report_;
  }

 private:
  static fs::path picture_of(const fs::path& sidecar) {
    for (const auto& entry : fs::directory_iterator(sidecar.parent_path()))
      if (entry.path().stem() == sidecar.stem() && has_image_suffix(entry.path())) return entry.path();
    throw DataError(fmt::format("{}: its picture is not beside it", sidecar.string()));
  }

  void take(const fs::path& sidecar) {
    auto capture = capture_from_json(read_file(sidecar), sidecar);
    auto picture = picture_of(sidecar);
    auto bytes = read_file(picture);
    if (sha256_hex(bytes) != capture.sha256)
      throw DataError(fmt::format("{}: its bytes are not those that were captured", picture.string()));
    project_.captures().add(capture);
    std::int64_t id = 0;
    if (auto known = project_.images().find_sha256(capture.sha256)) {
      ++report_.duplicates;
      id = known->id;
    } else {
      id = add(capture, picture, bytes);
    }
    project_.captures().set_image(capture.sha256, capture.deployment, id);
  }

  std::int64_t add(const CaptureRecord& capture, const fs::path& picture, const std::string& bytes) {
    auto header = read_image_header(bytes, picture.string());
    require_whole_image(bytes, header, picture.string());
    auto look = look_of(bytes, picture.string(), header.width(), header.height());
    auto said = parse_detections(capture, classes_, options_.proposal_min_score);

    Image image;
    image.name = image_name(capture, picture);
    image.width = header.width();
    image.height = header.height();
    image.raw_width = header.raw_width;
    image.raw_height = header.raw_height;
    image.orientation = header.orientation;
    image.sha256 = project_.media().put(bytes, picture.extension().string());
    place(image, capture, said, look);
    if (image.origin == capture_origin(options_.deployment)) {
      image.state = ImageState::review;
      image.annotations = said.proposals;
    }
    auto id = project_.images().add({image}).ids.at(0);
    ++report_.new_images;
    look_alikes().add(image, look);
    return id;
  }

  /// Group, split and origin: see collect_captures.
  void place(Image& image, const CaptureRecord& capture, const WhatWasSaid& said, const ImageLook& look) {
    const auto& name = options_.deployment;
    image.group = fmt::format("capture/{}/{}", name, said.group.empty() ? capture.sha256 : said.group);
    image.split = capture.holdout ? Split::test : training_split(project_.settings(), image.group);
    const auto* alike = look_alikes().nearest(look);
    auto mates = project_.images().list(Filter::parse(fmt::format("group=\"{}\"", image.group)),
                                        WithAnnotations::no, 1);
    const Image* bound_to = !mates.empty() ? &mates[0] : alike;
    if (bound_to != nullptr && bound_to->split != Split::none) {
      image.split = bound_to->split;
      if (mates.empty() && !bound_to->group.empty()) image.group = bound_to->group;
    }
    bool into_holdout = capture.holdout && image.split == Split::test &&
                        (bound_to == nullptr || bound_to->origin == capture_origin(name, "holdout"));
    bool near_test = image.split == Split::test && !into_holdout;
    if (into_holdout) ++report_.holdout;
    if (near_test) ++report_.near_test;
    image.origin = capture_origin(name, into_holdout ? "holdout" : near_test ? "near-test" : "");
  }

  /// Made when the first new capture is there: most runs of a cron job have none.
  LookAlikeFinder& look_alikes() {
    if (!look_alikes_) look_alikes_.emplace(project_, Filter::parse("split=test or origin~\"capture:*\""));
    return *look_alikes_;
  }

  void set_aside(const fs::path& sidecar, const std::string& why) {
    ++report_.broken;
    auto aside = sidecar.string() + ".broken";
    fs::rename(sidecar, aside);
    log::warning(fmt::format("a capture cannot be used: {} (set aside as {})", why, aside));
  }

  Project& project_;
  const CollectOptions& options_;
  ClassList classes_;
  std::optional<LookAlikeFinder> look_alikes_;
  CollectReport report_;
};

}  // namespace

std::string capture_origin(const std::string& deployment, const std::string& kind) {
  return "capture:" + deployment + (kind.empty() ? "" : ":" + kind);
}

CollectReport collect_captures(Project& project, const CollectOptions& options) {
  auto deployment = project.deployments().get(options.deployment);
  return Collector(project, options).run(deployment.folder / "captures");
}

std::size_t uncollected_captures(Project& project, const std::string& deployment) {
  auto done = collected(project, deployment);
  auto files = sidecars(project.deployments().get(deployment).folder / "captures");
  return static_cast<std::size_t>(std::count_if(files.begin(), files.end(), [&](const fs::path& file) {
    return !done.contains(file.stem().string());
  }));
}

}  // namespace ds
