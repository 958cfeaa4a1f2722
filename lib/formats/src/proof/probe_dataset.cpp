#include "ds/formats/probe_dataset.h"

#include <algorithm>
#include <set>

namespace ds {

namespace {

std::vector<Annotation> every_shape(int width, int height) {
  double w = width;
  double h = height;
  auto rows = static_cast<std::uint32_t>(height);
  // Three columns from the third, three pixels each from the fourth row.
  std::vector<std::uint32_t> runs = {2 * rows + 3, 3, rows - 3, 3, rows - 3, 3};
  std::uint32_t used = 0;
  for (auto run : runs) used += run;
  runs.push_back(rows * static_cast<std::uint32_t>(width) - used);
  return {{.class_idx = 0, .shape = Box{0, 0, w, h}},
          {.class_idx = 1, .shape = Box{w - 1, h - 1, w, h}},
          {.class_idx = 2, .shape = Box{10.25, 3.5, 20.75, 30.125}},
          {.class_idx = 0, .shape = RotatedBox{20, 20, 16, 8, 30}},
          {.class_idx = 1, .shape = Polygon{{{{5, 5}, {25.5, 7}, {15, 20.25}}}}},
          {.class_idx = 1, .shape = Polygon{{{{1, 1}, {9, 1}, {9, 9}}, {{20, 20}, {30, 20}, {30, 31}}}}},
          {.class_idx = 2, .shape = RunLengthMask{height, width, runs}},
          {.class_idx = 2, .shape = KeyPoints{{{12, 13}, {0, 0}, {20, 25}}, {2, 0, 1}, {10, 10, 24, 30}}},
          {.class_idx = 2, .shape = Polyline{{{4, 35}, {20, 37.5}, {35, 33}}}},
          {.class_idx = 1, .shape = Ellipse{20, 20, 12, 6, 15}}};
}

std::vector<Annotation> every_mark(int width) {
  auto box = [](double x) { return Box{x, 10, x + 3, 18}; };
  return {{.class_idx = 0, .shape = box(1), .crowd = true},
          {.class_idx = 1, .shape = box(5), .difficult = true},
          {.class_idx = 2, .shape = box(9), .ignore = true},
          {.class_idx = 0, .shape = box(13), .truncated = 0.25, .occluded = 2.0},
          {.class_idx = 1, .shape = box(17), .truncated = 1.0, .occluded = 1.0},
          {.class_idx = 2, .shape = box(21), .score = 0.625},
          {.class_idx = 0, .shape = box(25), .track_id = 12, .group_id = 3, .z = 2},
          {.class_idx = 1,
           .shape = box(29),
           .attributes = {{"colour", "dark red"}, {"plate", "007"}, {"checked", "true"}}},
          {.class_idx = 2, .shape = Box{-6, 30, 12, 62}},
          {.class_idx = 0, .shape = Box{width + 9.0, 5, width + 19.0, 9}},
          {.class_idx = 0, .shape = Box{20, 30, 20, 35}}};
}

// Kinds of shape that a dataset of nothing else keeps: YOLO holds one kind at a time.
std::set<std::string> kept_alone(const AnnotationFormat& format) {
  std::set<std::string> kept;
  for (const auto& annotation : every_shape(64, 48)) {
    Dataset dataset;
    for (const auto* name : {"a", "b", "c"}) dataset.classes.add({.name = name});
    Image image{.name = "a.jpg", .width = 64, .height = 48, .raw_width = 64, .raw_height = 48};
    image.state = ImageState::done;
    image.annotations = {annotation};
    dataset.images.push_back(std::move(image));
    auto kind = kind_name(annotation.shape);
    if (!format.write(dataset, {.allow_loss = {"all"}}).losses.kinds.contains(kind)) kept.insert(kind);
  }
  return kept;
}

}  // namespace

Dataset dataset_with_everything(int width, int height) {
  Dataset dataset;
  dataset.classes.add({.name = "traffic light", .supercategory = "outdoor"});
  dataset.classes.add({.name = "rotes Dreieck ▲"});
  dataset.classes.add(
      {.name = "person", .key_points = {"nose", "left eye", "right eye"}, .skeleton = {{0, 1}, {0, 2}}});
  dataset.classes.add({.name = "never used"});
  const char* names[] = {"plain.jpg",      "a folder/x 1.jpg", "b/x 1.jpg",  "grün/ключ.jpg",
                         "c/negative.jpg", "unlabelled.jpg",   "tagged.jpg", "000012.jpg"};
  const Split splits[] = {Split::train, Split::val,  Split::train, Split::test,
                          Split::train, Split::test, Split::val,   Split::none};
  for (std::size_t i = 0; i < std::size(names); ++i) {
    Image image{.name = names[i], .width = width, .height = height, .raw_width = width, .raw_height = height};
    image.split = splits[i];
    image.state = ImageState::done;
    image.annotations = {{.class_idx = static_cast<int>(i % 3), .shape = Box{2, 3, 10, 20}}};
    dataset.images.push_back(std::move(image));
  }
  auto& images = dataset.images;
  images[0].annotations = every_shape(width, height);
  images[1].annotations = every_mark(width);
  images[4].annotations.clear();
  images[5].annotations.clear();
  images[5].state = ImageState::unlabelled;
  images[6].tags = {{0, true}, {2, false}};
  images[6].attributes = {{"date_captured", "2024-02-29"}, {"weather", "light rain"}};
  return dataset;
}

std::vector<std::string> cannot_hold(const AnnotationFormat& format) {
  std::vector<std::string> kinds;
  if (!format.write) return kinds;
  auto written = format.write(dataset_with_everything(64, 48), {.allow_loss = {"all"}});
  auto alone = kept_alone(format);
  for (const auto& [kind, loss] : written.losses.kinds)
    if (!alone.contains(kind)) kinds.push_back(kind);
  return kinds;
}

}  // namespace ds
