#include "label_studio/video.h"

#include <fmt/format.h>

#include <algorithm>

#include "shared/text/label_json.h"

namespace ds::detail {
using nlohmann::json;

namespace {

std::optional<StudioVideo::Key> read_key(const json& entry) {
  auto frame = integer_of(member(entry, "frame"));
  auto x = number_of(member(entry, "x"));
  auto y = number_of(member(entry, "y"));
  auto width = number_of(member(entry, "width"));
  auto height = number_of(member(entry, "height"));
  if (!frame || *frame < 1 || !x || !y || !width || !height) return std::nullopt;
  return StudioVideo::Key{*frame - 1,
                          truth_of(member(entry, "enabled")).value_or(true),
                          {*x, *y, *width, *height, number_of(member(entry, "rotation")).value_or(0)}};
}

StudioRectangle between(const StudioVideo::Key& a, const StudioVideo::Key& b, std::int64_t frame) {
  double t = static_cast<double>(frame - a.frame) / static_cast<double>(b.frame - a.frame);
  auto mix = [&](double from, double to) { return from + (to - from) * t; };
  const auto& p = a.rectangle;
  const auto& q = b.rectangle;
  return {mix(p.x, q.x), mix(p.y, q.y), mix(p.width, q.width), mix(p.height, q.height),
          mix(p.rotation, q.rotation)};
}

std::optional<StudioRectangle> rectangle_at(const StudioVideo::Track& track, std::int64_t frame) {
  auto after = std::upper_bound(track.keys.begin(), track.keys.end(), frame,
                                [](std::int64_t f, const StudioVideo::Key& key) { return f < key.frame; });
  if (after == track.keys.begin()) return std::nullopt;
  const auto& key = *std::prev(after);
  if (key.frame == frame) return key.rectangle;
  if (!key.stays) return std::nullopt;
  return after == track.keys.end() ? key.rectangle : between(key, *after, frame);
}

}  // namespace

StudioVideo read_studio_video(const json& results, const std::string& pointer, const StudioReport& report) {
  StudioVideo video;
  for (std::size_t i = 0; i < results.size(); ++i) {
    const auto& value = member(results[i], "value");
    const auto& sequence = member(value, "sequence");
    auto place = fmt::format("{}/{}", pointer, i);
    if (!sequence.is_array()) {
      report(Severity::error, "VIDEO_REGION", place, "a result that is no region of a video; left out");
      continue;
    }
    StudioVideo::Track track{.number = static_cast<std::int64_t>(video.tracks.size()) + 1,
                             .id = text_of(member(results[i], "id")),
                             .pointer = place};
    for (const auto& label : list_in(value, "labels"))
      if (!text_of(label).empty()) track.labels.push_back(text_of(label));
    if (track.labels.empty()) {
      report(Severity::error, "BAD_ROW", place, "a region without a label; left out");
      continue;
    }
    for (std::size_t k = 0; k < sequence.size(); ++k) {
      if (auto key = read_key(sequence[k]))
        track.keys.push_back(*key);
      else
        report(Severity::error, "BAD_ROW", fmt::format("{}/value/sequence/{}", place, k),
               "a key frame needs a frame from 1, and finite x, y, width and height; left out");
    }
    std::sort(track.keys.begin(), track.keys.end(),
              [](const StudioVideo::Key& a, const StudioVideo::Key& b) { return a.frame < b.frame; });
    if (track.keys.empty()) continue;
    video.frames =
        std::max({video.frames, track.keys.back().frame + 1,
                  std::min<std::int64_t>(integer_of(member(value, "framesCount")).value_or(0), 10'000'000)});
    video.tracks.push_back(std::move(track));
  }
  return video;
}

std::vector<StudioResults::Object> objects_at(const StudioVideo& video, std::int64_t frame, int width,
                                              int height) {
  std::vector<StudioResults::Object> objects;
  for (const auto& track : video.tracks) {
    auto rectangle = rectangle_at(track, frame);
    if (!rectangle) continue;
    StudioResults::Object object{.labels = track.labels, .pointer = track.pointer, .id = track.id};
    object.annotation.shape = shape_of(*rectangle, width, height);
    object.annotation.track_id = track.number;
    objects.push_back(std::move(object));
  }
  return objects;
}

}  // namespace ds::detail
