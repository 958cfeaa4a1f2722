#include <algorithm>
#include <exception>

#include "ds/base/error.h"
#include "ds/base/files.h"
#include "ds/base/mapped_file.h"
#include "ds/base/parallel.h"
#include "ds/base/text.h"
#include "ds/cocofile/coco_file.h"
#include "fields.h"

namespace ds {

namespace {

using detail::IdIndex;
using detail::JsonCursor;
using detail::required;
using detail::Segmentation;

/// The detections of a part of a file, their places counted from its first.
struct ReadPart {
  std::vector<DetectedBox> boxes;
  std::vector<Segmentation> segmentations;  // as boxes, or empty
  std::vector<char> without_box;            // as boxes, or empty
  LeftOutDetections left_out;
  std::size_t begin = 0, stop = 0;  // in the text
  JsonCursor::ListPart read;
  std::exception_ptr failure;
};

/// A result file, read in parts side by side: load() cuts it, read_part() may run for every part at once, and
/// finish() puts the parts together. Where a part begins is guessed (a `{` behind `},`); the part before tells
/// whether the guess was right, and goes on reading where it was not. So the result, and every error with the
/// element's place in the whole file, is that of one reader from front to back, whatever the number of parts.
/// A part's failure is kept until the parts before it are joined: it may be the fault of a wrong guess.
class DetectionFile {
 public:
  DetectionFile(std::filesystem::path path, const CocoReadOptions& options)
      : path_(std::move(path)), options_(options) {}

  void load(std::size_t parts) {
    detail::require_file(path_);
    file_ = MappedFile(path_);
    text_ = file_.bytes();
    JsonCursor json(text_, path_);
    if (json.peek() != '[') json.fail("expected a list of detections");
    const auto first = json.open_list();
    if (!first) return;
    std::size_t begin = *first;
    for (std::size_t k = 1; k <= parts; ++k) {
      const auto stop = k == parts ? text_.size() : std::max(begin, guess_start(text_.size() / parts * k));
      if (stop == begin) continue;
      auto& part = parts_.emplace_back();
      part.begin = begin;
      part.stop = stop;
      begin = stop;
    }
  }

  std::size_t part_count() const { return parts_.size(); }

  void read_part(std::size_t k, const TruthTable& truth) {
    auto& part = parts_[k];
    try {
      read_from(part, part.begin, 0, truth);
    } catch (...) {
      part.failure = std::current_exception();
    }
    file_.give_back(part.begin, part.stop);
  }

  /// Puts the parts together.
  CocoDetections finish(const TruthTable& truth) {
    join_parts(truth);
    file_ = MappedFile();
    CocoDetections result;
    result.table.name = path_.stem().string();
    if (!parts_.empty()) {
      auto& all = parts_.front();
      result.table.boxes = std::move(all.boxes);
      result.left_out = std::move(all.left_out);
      if (options_.with_masks) make_masks(truth, all, result);
    }
    say_left_out(result);
    return result;
  }

 private:
  /// The first `{` behind `},` at or after `from`; the end of the text when there is none.
  std::size_t guess_start(std::size_t from) const {
    for (auto at = text_.find('{', from); at != text_.npos; at = text_.find('{', at + 1)) {
      const auto comma = text_.find_last_not_of(" \t\r\n", at - 1);
      if (comma == text_.npos || comma == 0 || text_[comma] != ',') continue;
      const auto brace = text_.find_last_not_of(" \t\r\n", comma - 1);
      if (brace != text_.npos && text_[brace] == '}') return at;
    }
    return text_.size();
  }

  void read_from(ReadPart& part, std::size_t begin, std::int64_t first_index, const TruthTable& truth) {
    JsonCursor json(text_, path_);
    detail::ImageIndex images(truth.images);
    IdIndex classes(truth.classes);
    auto visit = [&] { read_detection(json, part, images, classes); };
    constexpr std::size_t kBytes = 80;  // a detection takes 90 to 130
    part.boxes.reserve(part.boxes.size() + (part.stop - std::min(begin, part.stop)) / kBytes);
    part.read = json.read_part(begin, first_index, part.stop, visit);
    if (!part.read.ended && part.stop == text_.size())  // says that the text ends too early
      json.read_part(part.read.at, part.read.next_index, text_.size() + 1, visit);
  }

  void read_detection(JsonCursor& json, ReadPart& part, detail::ImageIndex& images, IdIndex& classes) {
    std::optional<detail::ImageRef> image_ref;
    std::optional<std::int64_t> class_id;
    std::optional<double> score;
    std::optional<std::array<double, 4>> box;
    Segmentation segmentation;
    json.each_member([&](std::string_view key) {
      if (key == "image_id")
        image_ref = detail::read_image_ref(json);
      else if (key == "category_id")
        class_id = json.integer();
      else if (key == "score")
        score = json.number();
      else if (key == "bbox")
        box = detail::read_coco_box(json);
      else if (options_.with_masks && key == "segmentation")
        segmentation = detail::read_segmentation(json);
      else
        json.skip();
    });
    const auto image = required(image_ref, "image_id", json);
    const auto category = required(class_id, "category_id", json);
    if (options_.with_masks && segmentation.index() == 0)
      json.fail("no 'segmentation'; masks were asked for");
    if (!options_.with_masks) required(box, "bbox", json);
    const auto xywh = box.value_or(std::array<double, 4>{});
    const DetectedBox read{xywh[0],
                           xywh[1],
                           xywh[2],
                           xywh[3],
                           required(score, "score", json),
                           images.find(image),
                           classes.find(category)};
    if (read.image_idx < 0) json.fail(fmt::format("image {} is not in the ground truth", image.shown()));
    if (read.class_idx < 0) {
      auto& left_out = part.left_out;
      left_out.places.push_back(static_cast<std::int64_t>(part.boxes.size() + left_out.boxes.size()));
      left_out.class_ids.push_back(category);
      left_out.boxes.push_back(read);
      return;
    }
    part.boxes.push_back(read);
    if (!options_.with_masks) return;
    part.segmentations.push_back(std::move(segmentation));
    part.without_box.push_back(!box);
  }

  /// All into the first part.
  void join_parts(const TruthTable& truth) {
    if (parts_.empty()) return;
    auto& all = parts_.front();
    if (all.failure) std::rethrow_exception(all.failure);
    std::size_t count = 0;
    for (const auto& part : parts_) count += part.boxes.size();
    all.boxes.reserve(count);
    for (std::size_t k = 1; k < parts_.size() && !all.read.ended; ++k) {
      auto& part = parts_[k];
      if (part.begin == all.read.at && !part.failure) {
        append(all, part);
      } else if (part.stop > all.read.at) {
        // A guess that was wrong, or an error, which is to name the element's place in the whole file.
        all.stop = part.stop;
        read_from(all, all.read.at, all.read.next_index, truth);
      }
    }
    parts_.resize(1);
  }

  static void append(ReadPart& all, ReadPart& part) {
    auto move_behind = [](auto& to, auto& from) {
      to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
      from = {};
    };
    const auto before = all.read.next_index;
    move_behind(all.boxes, part.boxes);
    move_behind(all.segmentations, part.segmentations);
    move_behind(all.without_box, part.without_box);
    for (auto& place : part.left_out.places) place += before;
    move_behind(all.left_out.boxes, part.left_out.boxes);
    move_behind(all.left_out.class_ids, part.left_out.class_ids);
    move_behind(all.left_out.places, part.left_out.places);
    all.read = part.read;
    all.read.next_index += before;
  }

  [[noreturn]] void fail_at(std::size_t i, const char* member, const std::string& message) const {
    Location where{path_};
    where.pointer = fmt::format("/{}{}", i, member);
    throw FormatError(where, message);
  }

  void make_masks(const TruthTable& truth, ReadPart& raw, CocoDetections& result) const {
    auto& table = result.table;
    table.masks.resize(table.boxes.size());
    for_each_index(table.boxes.size(), options_.threads, [&](std::size_t i) {
      auto& box = table.boxes[i];
      try {
        table.masks[i] = detail::mask_on(std::move(raw.segmentations[i]),
                                         truth.images[static_cast<std::size_t>(box.image_idx)]);
      } catch (const DataError& e) {
        fail_at(static_cast<std::size_t>(result.left_out.place_in_file(i)), "/segmentation", e.what());
      }
      if (!raw.without_box[i]) return;
      const auto bounds = table.masks[i].bounds();
      box.x = bounds.x0;
      box.y = bounds.y0;
      box.w = bounds.width();
      box.h = bounds.height();
    });
  }

  void say_left_out(CocoDetections& result) const {
    if (result.left_out.boxes.empty()) return;
    auto ids = result.left_out.class_ids;
    std::sort(ids.begin(), ids.end());
    ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
    std::vector<std::string> named;
    for (std::size_t i = 0; i < ids.size() && i < 5; ++i) named.push_back(std::to_string(ids[i]));
    if (ids.size() > 5) named.push_back("...");
    result.warnings.push_back(
        fmt::format("{}: {} detections of classes the ground truth lacks left out (ids {})", path_.string(),
                    result.left_out.boxes.size(), join(named, ", ")));
  }

  std::filesystem::path path_;
  const CocoReadOptions& options_;
  MappedFile file_;
  std::string_view text_;
  std::vector<ReadPart> parts_;
};

/// Small files are not worth a second thread.
std::size_t parts_for(const std::filesystem::path& path, int threads) {
  constexpr std::uintmax_t kSmallest = 1 << 16;
  std::error_code error;
  const auto bytes = std::filesystem::file_size(path, error);
  if (error || threads < 2) return 1;
  return std::clamp<std::size_t>(bytes / kSmallest, 1, 4 * static_cast<std::size_t>(threads));
}

}  // namespace

CocoDetections read_coco_detections(const std::filesystem::path& path, const TruthTable& truth,
                                    const CocoReadOptions& options) {
  DetectionFile file(path, options);
  file.load(parts_for(path, options.threads));
  for_each_index(file.part_count(), options.threads, [&](std::size_t k) { file.read_part(k, truth); });
  return file.finish(truth);
}

std::pair<CocoTruth, CocoDetections> read_coco_pair(const std::filesystem::path& truth,
                                                    const std::filesystem::path& detections,
                                                    const CocoReadOptions& options) {
  std::pair<CocoTruth, CocoDetections> both;
  DetectionFile file(detections, options);
  std::exception_ptr truth_failure, load_failure;
  auto keep = [](std::exception_ptr& failure, auto work) {
    try {
      work();
    } catch (...) {
      failure = std::current_exception();
    }
  };
  for_each_index(2, options.threads, [&](std::size_t i) {
    if (i == 0)
      keep(load_failure, [&] { file.load(parts_for(detections, options.threads)); });
    else
      keep(truth_failure, [&] { both.first = read_coco_truth(truth, options); });
  });
  // The truth is named first, whatever happened first.
  if (truth_failure) std::rethrow_exception(truth_failure);
  if (load_failure) std::rethrow_exception(load_failure);
  for_each_index(file.part_count(), options.threads,
                 [&](std::size_t k) { file.read_part(k, both.first.truth); });
  both.second = file.finish(both.first.truth);
  return both;
}

void write_coco_detections(const std::filesystem::path& path, const DetectionTable& table,
                           const TruthTable& truth) {
  AtomicFile file(path);
  fmt::memory_buffer buffer;
  auto out = std::back_inserter(buffer);
  fmt::format_to(out, "[");
  for (std::size_t i = 0; i < table.boxes.size(); ++i) {
    const auto& b = table.boxes[i];
    fmt::format_to(out, "{}\n{{\"image_id\":{},\"category_id\":{},\"bbox\":[{},{},{},{}],\"score\":{}}}",
                   i ? "," : "", truth.images.at(static_cast<std::size_t>(b.image_idx)).id,
                   truth.classes.at(static_cast<std::size_t>(b.class_idx)).id, shortest(b.x), shortest(b.y),
                   shortest(b.w), shortest(b.h), shortest(b.score));
    if (buffer.size() > (1u << 20)) {
      file.write({buffer.data(), buffer.size()});
      buffer.clear();
    }
  }
  fmt::format_to(out, "\n]\n");
  file.write({buffer.data(), buffer.size()});
  file.commit();
}

}  // namespace ds
