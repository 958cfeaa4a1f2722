#include <iostream>
#include <iterator>
#include <map>
#include <opencv2/core.hpp>
#include <set>
#include <sstream>

#include "ds/base/error.h"
#include "ds/base/files.h"
#include "ds/formats/annotation_format.h"
#include "ds/media/image_io.h"
#include "fuzz_target.h"
#include "read_only_seeds.h"

// One format's reader, over a dataset that its writer made (or that was made by hand where there is none): the first byte of an input chooses one of the
// dataset's label files, the rest becomes that file's content.
namespace ds::fuzz {
namespace {

namespace fs = std::filesystem;

constexpr int kWidth = 40;
constexpr int kHeight = 24;

Dataset sample(bool plain, bool video) {
  Dataset dataset;
  dataset.classes.add({.name = "car"});
  dataset.classes.add({.name = "red bus"});
  for (int i = 0; i < 3; ++i) {
    Image image{
        .name = video ? "film/frame_00000" + std::to_string(i) + ".png" : "a" + std::to_string(i) + ".png",
        .width = kWidth,
        .height = kHeight,
        .raw_width = kWidth,
        .raw_height = kHeight,
        .split = i < 2 || video ? Split::train : Split::val,
        .state = ImageState::done};
    Annotation box{.class_idx = i % 2, .shape = Box{1.5, 2, 20.25, 10}};
    if (video) {
      box.track_id = 1;
      image.group = "film";
      image.time_s = i * 0.5;
    }
    image.annotations.push_back(box);
    if (!plain && i == 0) {
      image.annotations.push_back({.class_idx = 1,
                                   .shape = Polygon{{{{3, 3}, {30, 4}, {20, 20}}}},
                                   .attributes = {{"color", "red"}}});
      image.annotations.push_back(
          {.class_idx = 0, .shape = RotatedBox{20, 12, 10, 6, 30}, .difficult = true});
    }
    if (i == 2 && !video) image.annotations.clear();  // a negative
    dataset.images.push_back(image);
  }
  return dataset;
}

// A dataset on disk, and the files of it that hold labels.
class Written {
 public:
  Written() {
    auto picture = encode_png(cv::Mat(kHeight, kWidth, CV_8UC3, cv::Scalar(10, 200, 90)));
    if (annotation_formats().at(subject()).value.write)
      write(picture);
    else
      write_by_hand(picture);
    for (const auto& entry : fs::recursive_directory_iterator(folder_))
      if (entry.is_regular_file() && entry.path().extension() != ".png")
        texts_[entry.path()] = read_file(entry.path());
  }

  const fs::path& folder() const { return folder_; }
  const std::map<fs::path, std::string>& texts() const { return texts_; }

 private:
  void write(const std::string& picture) {
    std::string refusals;
    for (auto [plain, video] : {std::pair{false, false}, {true, false}, {true, true}}) {
      auto folder = scratch_.path() / (video ? "video" : plain ? "plain" : "rich");
      try {
        write_dataset_with(sample(plain, video), [&](std::size_t) { return picture; }, folder, subject(),
                           {.allow_loss = {"all"}, .with_images = true});
        folder_ = folder;
        break;
      } catch (const Error& error) {
        refusals += error.what() + std::string("\n");
      }
    }
    if (folder_.empty()) throw std::runtime_error(refusals);
  }

  void write_by_hand(const std::string& picture) {
    auto seed = read_only_seed(subject(), kWidth, kHeight);
    if (seed.texts.empty()) throw std::runtime_error("read_only_seeds.h has nothing in format " + subject());
    folder_ = scratch_.path() / "by-hand";
    for (const auto& [path, text] : seed.texts) write_file_atomically(folder_ / path, text);
    for (const auto& path : seed.pictures) write_file_atomically(folder_ / path, picture);
  }

  TemporaryFolder scratch_;
  fs::path folder_;
  std::map<fs::path, std::string> texts_;
};

const Written& written() {
  static const Written all;
  return all;
}

void put(const fs::path& file, std::string_view bytes) {
  std::FILE* out = std::fopen(file.c_str(), "wb");
  if (out == nullptr) return;
  std::fwrite(bytes.data(), 1, bytes.size(), out);
  std::fclose(out);
}

}  // namespace

void take(std::string_view bytes) {
  if (bytes.empty()) return;
  const auto& texts = written().texts();
  auto place = static_cast<unsigned char>(bytes[0]) % texts.size();
  auto changed = std::next(texts.begin(), static_cast<std::ptrdiff_t>(place));
  put(changed->first, bytes.substr(1));
  std::exception_ptr failure;
  try {
    auto result = read_dataset(written().folder(), subject(), {.threads = 1});
    for (const auto& [index, embedded] : result.embedded) embedded();
    summarize(result.dataset);
  } catch (...) {
    failure = std::current_exception();
  }
  put(changed->first, changed->second);
  if (failure) std::rethrow_exception(failure);
}

std::vector<std::string> seeds() {
  std::istringstream listed(DS_FUZZ_FORMATS);
  std::set<std::string> names{std::istream_iterator<std::string>(listed), {}};
  for (const auto& name : annotation_formats().names())
    if (!names.contains(name)) throw std::runtime_error("tests/fuzz/CMakeLists.txt does not list " + name);
  if (!annotation_formats().contains(subject())) {
    std::cout << "SKIPPED: there is no format " << subject() << '\n';
    std::exit(0);
  }
  std::vector<std::string> all;
  for (const auto& [path, text] : written().texts()) all.push_back(static_cast<char>(all.size()) + text);
  return all;
}

}  // namespace ds::fuzz
