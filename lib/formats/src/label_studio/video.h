#pragma once

#include <cstdint>
#include <vector>

#include "label_studio/results.h"

/// Regions that move through a video: rectangles at key frames, in a straight line between them.
namespace ds::detail {

struct StudioVideo {
  struct Key {
    std::int64_t frame = 0;  // from 0
    bool stays = true;       // until the next key frame, or the end; else it is gone after this frame
    StudioRectangle rectangle;
  };
  struct Track {
    std::int64_t number = 0;  // from 1
    std::string id;
    std::string pointer;
    std::vector<std::string> labels;
    std::vector<Key> keys;  // by frame
  };
  std::int64_t frames = 0;
  std::vector<Track> tracks;
};

/// Bad key frames are reported and passed over.
StudioVideo read_studio_video(const nlohmann::json& results, const std::string& pointer,
                              const StudioReport& report);
/// What is on one frame of width x height pixels, each with its track's number.
std::vector<StudioResults::Object> objects_at(const StudioVideo& video, std::int64_t frame, int width,
                                              int height);

}  // namespace ds::detail
