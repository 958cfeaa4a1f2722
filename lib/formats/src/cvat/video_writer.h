#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <pugixml.hpp>
#include <string>
#include <vector>

#include "cvat/elements.h"
#include "ds/formats/annotation_format.h"

namespace ds::detail {

/// "CVAT for video": a dataset whose images are the frames of one video, as tracks. An object without a track, or
/// whose track already has a shape in that frame, gets a track of its own. Images keep their names where those
/// number the frames in their order, else they become frame_NUMBER. What is lost so is counted when the tracks
/// are collected. The frames need not begin at 0 nor be neighbours: the step is the largest that hits them all,
/// and a track that pauses is said to be outside in between.
class CvatVideo {
 public:
  /// @param dataset of at least one image; it must outlive this
  CvatVideo(const Dataset& dataset, LossReport& losses);
  /// Where an image belongs in the dataset.
  std::string image_path(std::size_t index) const;
  /// The file.
  std::string text();

 private:
  // One object through the video.
  struct Track {
    std::int64_t id = 0;
    int class_idx = 0;
    std::optional<std::int64_t> group;
    std::map<std::int64_t, const Annotation*> shapes;  // by frame
  };
  void collect_tracks();
  void add_track(pugi::xml_node root, const Track& track);
  void add_shape(pugi::xml_node track, const Annotation& annotation, std::int64_t frame, bool outside);
  void add_meta(pugi::xml_node meta);

  const Dataset& dataset_;
  LossReport& losses_;
  std::vector<std::int64_t> frames_;  // beside the images
  std::int64_t step_ = 1;
  bool numbered_ = true;
  std::vector<Track> tracks_;
  CvatAttributes attributes_;
};

}  // namespace ds::detail
