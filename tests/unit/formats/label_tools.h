#pragma once

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <string>
#include <vector>

#include "ds/base/files.h"
#include "ds/formats/annotation_format.h"
#include "ds/media/synthetic_scene.h"

/// Fixtures for the formats of labelling tools.
namespace ds::testing {

/// A folder with one picture of 64x48 as a.jpg, and whatever else is put there.
class LabelFolder {
 public:
  LabelFolder() {
    write_scene_images({.images = 1, .width = 64, .height = 48}, folder_.path());
    std::filesystem::rename(path("scene_0000.jpg"), path("a.jpg"));
  }
  std::filesystem::path path(const std::string& name = {}) const {
    return name.empty() ? folder_.path() : folder_.path() / name;
  }
  void write(const std::string& name, const std::string& text) { write_file_atomically(path(name), text); }
  void image(const std::string& name) {
    make_folders(path(name).parent_path());
    std::filesystem::copy_file(path("a.jpg"), path(name));
  }
  void remove(const std::string& name) { std::filesystem::remove(path(name)); }
  /// Issues as texts, with paths relative to the folder.
  std::vector<std::string> issues(const ReadResult& result) const {
    std::vector<std::string> all;
    for (const auto& issue : result.issues) {
      auto text = issue.to_string();
      for (std::size_t at; (at = text.find(path().string() + "/")) != std::string::npos;)
        text.erase(at, path().string().size() + 1);
      all.push_back(text);
    }
    return all;
  }

 private:
  TemporaryFolder folder_;
};

/// Every kind of shape, mark, tag, attribute and state, on pictures of 96x64 that are really there.
struct EveryKind {
  TemporaryFolder folder;
  Dataset dataset;
  std::vector<std::filesystem::path> files;
  std::filesystem::path out() const { return folder.path() / "out"; }

  EveryKind() {
    dataset = write_scene_images({.images = 6, .width = 96, .height = 64}, folder.path() / "in");
    for (const auto& image : dataset.images) files.push_back(folder.path() / "in" / image.name);
    for (auto& image : dataset.images) image.annotations.clear();
    auto& shapes = dataset.images[0];
    shapes.split = Split::train;
    auto mask = decode_run_length("<37000n4", 10, 20);
    // The same pixels in a frame of 96x64: 20 columns of 10 rows become columns of 64.
    RunLengthMask wide{64, 96, {}};
    std::vector<bool> on(64 * 96);
    std::size_t at = 0;
    for (std::size_t run = 0; run < mask.counts.size(); ++run)
      for (std::uint32_t i = 0; i < mask.counts[run]; ++i, ++at)
        if (run % 2 == 1) on[at / 10 * 64 + at % 10] = true;
    bool value = false;
    std::uint32_t count = 0;
    for (bool pixel : on) {
      if (pixel != value) {
        wide.counts.push_back(count);
        count = 0;
        value = pixel;
      }
      ++count;
    }
    wide.counts.push_back(count);
    shapes.annotations = {
        {.class_idx = 0, .shape = Box{0, 0, 96, 64}},
        {.class_idx = 1, .shape = Box{1.0 / 3, 2.7182818284590451, 50.1, 60.000000000000007}},
        {.class_idx = 0, .shape = RotatedBox{40, 30, 20, 10, 30}},
        {.class_idx = 0, .shape = RotatedBox{40, 30, 10, 20, 200}},
        {.class_idx = 1, .shape = Polygon{{{{1, 1}, {9.5, 1}, {9.5, 7}}}}},
        {.class_idx = 1, .shape = Polygon{{{{1, 1}, {9.5, 1}, {9.5, 7}}, {{20, 20}, {30, 20}, {30, 30.25}}}}},
        {.class_idx = 2, .shape = wide},
        {.class_idx = 0, .shape = KeyPoints{{{7.5, 8}}, {2}, {7.5, 8, 7.5, 8}}, .ignore = true},
        {.class_idx = 0, .shape = KeyPoints{{{1, 2}, {3, 4}, {0, 0}}, {2, 1, 0}, {0, 0, 9, 9}}},
        {.class_idx = 2, .shape = Polyline{{{1, 2}, {3, 4.5}, {9, 1}}}},
        {.class_idx = 2, .shape = Ellipse{30, 30, 12, 12, 0}},
        {.class_idx = 2, .shape = Ellipse{40, 30, 12, 8, 25}}};
    auto& marks = dataset.images[1];
    marks.split = Split::val;
    marks.tags = {{0, true}, {2, true}};
    marks.attributes = {{"weather", "rain"}, {"n", "3"}, {"flags.night", "true"}};
    marks.annotations = {
        {.class_idx = 0, .shape = Box{1, 2, 3, 4}, .difficult = true, .truncated = 1.0, .occluded = 0.0},
        {.class_idx = 1, .shape = Box{1, 2, 30, 40}, .score = 0.25, .track_id = 7, .z = 3},
        {.class_idx = 1, .shape = Box{2, 2, 30, 40}, .truncated = 0.25, .group_id = 5},
        {.class_idx = 2, .shape = Polygon{{{{1, 1}, {9, 1}, {9, 7}}}}, .group_id = 5},
        {.class_idx = 2, .shape = Polygon{{{{2, 1}, {9, 1}, {9, 7}}}}, .group_id = 5},
        {.class_idx = 2,
         .shape = Box{5, 5, 9, 9},
         .attributes = {{"colour", "red"}, {"n", "3"}, {"text", "it says \"no\"\n<b>"}, {"yes", "true"}}},
        {.class_idx = 0, .shape = Box{1, 1, 9, 9}, .crowd = true},
        {.class_idx = 0, .shape = Box{1, 1, 8, 9}, .ignore = true}};
    dataset.images[2].state = ImageState::done;  // a negative
    dataset.images[3].state = ImageState::unlabelled;
    dataset.images[4].state = ImageState::rejected;
    dataset.images[4].annotations = {{.class_idx = 1, .shape = Box{3, 3, 6, 7}}};
    dataset.images[5].state = ImageState::review;
    dataset.images[5].split = Split::test;
    dataset.images[5].annotations = {{.class_idx = 2, .shape = Box{3, 3, 6, 8}}};
  }
};

/// All numbers of a shape, beginning with its kind.
inline std::vector<double> numbers_in(const Shape& shape) {
  std::vector<double> all = {static_cast<double>(shape.index())};
  auto add = [&](std::initializer_list<double> numbers) { all.insert(all.end(), numbers); };
  auto points = [&](const std::vector<Point>& list) {
    add({static_cast<double>(list.size())});
    for (const auto& p : list) add({p.x, p.y});
  };
  auto box = [&](const Box& b) { add({b.x0, b.y0, b.x1, b.y1}); };
  if (const auto* b = std::get_if<Box>(&shape)) box(*b);
  if (const auto* r = std::get_if<RotatedBox>(&shape)) add({r->cx, r->cy, r->width, r->height, r->angle_deg});
  if (const auto* p = std::get_if<Polygon>(&shape))
    for (const auto& ring : p->rings) points(ring);
  if (const auto* m = std::get_if<RunLengthMask>(&shape)) {
    add({static_cast<double>(m->height), static_cast<double>(m->width)});
    for (auto count : m->counts) add({static_cast<double>(count)});
  }
  if (const auto* k = std::get_if<KeyPoints>(&shape)) {
    points(k->points);
    box(k->box);
    for (int v : k->visibility) add({static_cast<double>(v)});
  }
  if (const auto* l = std::get_if<Polyline>(&shape)) points(l->points);
  if (const auto* e = std::get_if<Ellipse>(&shape)) add({e->cx, e->cy, e->rx, e->ry, e->angle_deg});
  return all;
}

/// The largest difference of a coordinate; infinite when the shapes are of different kinds or sizes.
inline double shape_difference(const Shape& a, const Shape& b) {
  auto p = numbers_in(a);
  auto q = numbers_in(b);
  if (p.size() != q.size() || p[0] != q[0]) return INFINITY;
  double largest = 0;
  for (std::size_t i = 0; i < p.size(); ++i) largest = std::max(largest, std::abs(p[i] - q[i]));
  return largest;
}

inline const Image* image_called(const Dataset& dataset, const std::string& ending) {
  for (const auto& image : dataset.images)
    if (image.name.ends_with(ending)) return &image;
  return nullptr;
}

/// What differs between an object and what was read back, its shape apart; empty when nothing does.
inline std::string difference_of_marks(const Annotation& a, const Annotation& b) {
  if (a.class_idx != b.class_idx) return "class";
  if (a.crowd != b.crowd) return "crowd";
  if (a.difficult != b.difficult) return "difficult";
  if (a.ignore != b.ignore) return "ignore";
  if (a.truncated != b.truncated) return "truncated";
  if (a.occluded != b.occluded) return "occluded";
  if (a.score != b.score) return "score";
  if (a.track_id != b.track_id) return "track";
  if (a.group_id != b.group_id) return "group";
  if (a.z != b.z) return "z";
  if (a.attributes != b.attributes) return "attributes";
  return {};
}

}  // namespace ds::testing
