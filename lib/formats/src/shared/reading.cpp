#include "shared/reading.h"

#include <fmt/format.h>

#include <algorithm>

#include "ds/base/charset.h"
#include "ds/base/text.h"
#include "ds/base/walk.h"
#include "ds/media/archive.h"
#include "ds/media/image_header.h"
#include "shared/pictures/parallel_headers.h"
#include "shared/pictures/raw_frame.h"
#include "shared/rest.h"
#include "shared/text/label_text.h"

namespace ds::detail {
namespace fs = std::filesystem;

Reading::Reading(std::string format, const fs::path& root, const ReadOptions& options)
    : options_(options),
      finder_(root, options.images),
      root_(fs::is_directory(root) ? root : root.parent_path()),
      normal_root_(root_.lexically_normal().string()),
      is_folder_(fs::is_directory(root)),
      labels_are_raw_(options.labels_frame == "raw"),
      headers_(options.headers) {
  if (headers_ == nullptr) {
    own_headers_ = std::make_unique<ParallelHeaders>(options.threads);
    headers_ = own_headers_.get();
  }
  if (normal_root_.ends_with('/')) normal_root_.pop_back();
  result_.format = std::move(format);
  if (options.labels_frame != "displayed" && options.labels_frame != "raw")
    throw_unknown_name("labels frame", options.labels_frame, {"displayed", "raw"});
}

void Reading::issue(Severity severity, std::string code, Location location, std::string message) {
  result_.issues.push_back({std::move(code), severity, std::move(location), std::move(message)});
  if (!loses_objects(result_.issues.back())) return;
  ++left_out_;
  if (about_) incomplete_.insert(*about_);
}

void Reading::uses(const fs::path& file) {
  used_.insert(file.lexically_normal().string());
}

void Reading::own_labels(std::size_t image, const fs::path& label_file) {
  uses(label_file);
  owners_[label_file.native()].push_back(image);
}

void Reading::table_breaks_off(const Location& place, std::string message) {
  issue(Severity::error, "BAD_FILE", place, std::move(message));
  auto file = relative_text(place.path);
  for (std::size_t i = 0; i < image_count(); ++i) {
    const auto& annotations = image(i).annotations;
    if (std::any_of(annotations.begin(), annotations.end(),
                    [&](const Annotation& a) { return a.provenance.file == file; }))
      mark_incomplete(i);
  }
}

void Reading::numbers_are(Numbers numbers, std::string advice) {
  numbers_ = numbers;
  if (!advice.empty()) numbers_advice_ = std::move(advice);
}

// The last first: the places of the others stay.
void Reading::leave_out_what_is_far() {
  const auto& far = plausibility_.far();
  for (auto it = far.rbegin(); it != far.rend(); ++it) {
    auto& annotations = image(it->image).annotations;
    annotations.erase(annotations.begin() + static_cast<std::ptrdiff_t>(it->annotation));
  }
  for (const auto& one : far) {
    About about(*this, one.image);
    issue(Severity::error, "BAD_NUMBER", one.place, one.message + "; left out");
  }
}

void Reading::settle_incomplete() {
  for (const auto& issue : result_.issues) {
    if (!loses_objects(issue)) continue;
    if (auto owners = owners_.find(issue.location.path.native()); owners != owners_.end())
      incomplete_.insert(owners->second.begin(), owners->second.end());
  }
  for (auto index : incomplete_)
    if (image(index).state != ImageState::rejected) image(index).state = ImageState::review;
  result_.incomplete.assign(incomplete_.begin(), incomplete_.end());
}

namespace {
constexpr std::size_t kNotesOfKind = 3;
}

void Reading::note_one_of(const std::string& kind, std::string text) {
  if (++notes_of_kind_[kind] <= kNotesOfKind) note(std::move(text));
}

std::vector<std::string> Reading::lines_of(const fs::path& label_file) {
  try {
    return read_lines(label_file);
  } catch (const FormatError& error) {
    issue(Severity::error, "BAD_FILE", error.location(), error.reason() + "; the file is left out");
    return {};
  }
}

void Reading::report_missing(const FoundImage& found, const std::string& given, const Location& place,
                             const std::string& message) {
  if (found.several.empty()) {
    any_missing_ = true;
    auto text = message.empty() ? fmt::format("'{}' is not there", given) : message;
    return issue(Severity::error, "MISSING_IMAGE", place, text);
  }
  constexpr std::size_t kShown = 5;
  std::vector<std::string> files;
  for (const auto& file : found.several)
    if (files.size() < kShown) files.push_back(file.string());
  if (found.several.size() > kShown) files.push_back(fmt::format("{} more", found.several.size() - kShown));
  why_missing_ = "one of several: " + join(files, ", ");
  issue(Severity::error, "AMBIGUOUS_IMAGE", place,
        fmt::format("'{}' may be any of {}; say with --images which", given, join(files, ", ")));
}

int Reading::class_of(const std::string& name) {
  if (auto found = classes().find(name)) return *found;
  return classes().add({.name = name});
}

namespace {

std::string size_text(int width, int height) {
  return fmt::format("{}x{}", width, height);
}

}  // namespace

void Reading::prepare(const std::vector<fs::path>& files) {
  prepared_ = true;
  if (!options_.wanted) return headers_->prepare(files);
  std::vector<fs::path> wanted;
  for (const auto& file : files)
    if (options_.wanted(name_of(file))) wanted.push_back(file);
  headers_->prepare(wanted);
}

std::optional<ImageHeader> Reading::header_of(const fs::path& file, const std::string& name,
                                              const std::optional<Declared>& declared,
                                              const Location& place) {
  bool stated = declared && declared->width > 0 && declared->height > 0;
  if (file.empty() || (stated && options_.wanted && !options_.wanted(name))) return std::nullopt;
  if (!prepared_)
    prepare(is_folder_ ? files_below(root_, [](const fs::path& each) { return has_image_suffix(each); })
                       : std::vector<fs::path>{});
  try {
    return headers_->header_of(file);
  } catch (const Error& error) {
    issue(Severity::error, "BROKEN_IMAGE", place, error.what());
  }
  return std::nullopt;
}

bool Reading::take_header(Image& image, const ImageHeader& header, const std::optional<Declared>& declared,
                          const Location& place) {
  image.width = header.width();
  image.height = header.height();
  image.raw_width = header.raw_width;
  image.raw_height = header.raw_height;
  image.orientation = header.orientation;
  bool turn = labels_are_raw_ && header.orientation != 1;
  bool stated = declared && declared->width > 0 && declared->height > 0;
  if (!stated || (declared->width == image.width && declared->height == image.height)) return turn;
  bool raw = declared->width == image.raw_width && declared->height == image.raw_height;
  if (raw && !turn) {
    issue(Severity::warning, "EXIF_FRAME_MISMATCH", place,
          fmt::format(
              "{} is declared as {}, which is the stored picture; shown it is {} (EXIF orientation {}): "
              "read with --labels-frame raw if the boxes were drawn on the stored picture",
              image.name, size_text(declared->width, declared->height), size_text(image.width, image.height),
              image.orientation));
  } else if (!raw) {
    issue(Severity::warning, "SIZE_MISMATCH", place,
          fmt::format("{} is declared as {}, the picture is {}", image.name,
                      size_text(declared->width, declared->height), size_text(image.width, image.height)));
  }
  return turn;
}

std::optional<std::size_t> Reading::add_image(const fs::path& file, const std::string& name,
                                              const std::optional<Declared>& declared,
                                              const Location& place) {
  if (!file.empty()) uses(file);
  auto issues_before = result_.issues.size();
  auto header = header_of(file, name, declared, place);
  bool broken = !header && result_.issues.size() > issues_before;
  auto why = broken ? "broken: " + result_.issues.back().message : std::move(why_missing_);
  why_missing_.clear();
  auto index = add(header, broken ? fs::path() : file, name, declared, place);
  if (index && (broken || file.empty()))
    result_.without_bytes[*index] = why.empty() ? fmt::format("missing (looked {})", finder_.where()) : why;
  return index;
}

std::optional<std::size_t> Reading::add_embedded_image(std::function<std::string()> bytes,
                                                       const std::string& name,
                                                       const std::optional<Declared>& declared,
                                                       const Location& place) {
  std::optional<ImageHeader> header;
  try {
    header = read_image_header(bytes(), name);
  } catch (const DataError& error) {
    issue(Severity::error, "BROKEN_IMAGE", place, error.what());
  }
  auto index = add(header, {}, name, declared, place);
  if (index && !header) result_.without_bytes[*index] = "broken: " + result_.issues.back().message;
  if (index && header) {
    image(*index).origin = place.to_string();
    result_.embedded.emplace(*index, std::move(bytes));
  }
  return index;
}

std::optional<std::size_t> Reading::add(const std::optional<ImageHeader>& header, const fs::path& used,
                                        const std::string& name, const std::optional<Declared>& declared,
                                        const Location& place) {
  if (!used.empty() && !is_utf8(name)) {
    issue(Severity::error, "BAD_NAME", {.path = used},
          "the file's name is not UTF-8; the image is left out: rename it");
    return std::nullopt;
  }
  Image image{.name = name};
  bool turn = false;
  if (header) {
    turn = take_header(image, *header, declared, place);
  } else if (declared && declared->width > 0 && declared->height > 0) {
    image.width = image.raw_width = declared->width;
    image.height = image.raw_height = declared->height;
  } else {
    return std::nullopt;  // no size from anywhere
  }
  image.origin = used.string();
  auto [known, is_new] = by_name_.emplace(image.name, image_count());
  if (!is_new) {
    // The conventional folder was all that told them apart.
    image.name = used.empty() ? fmt::format("{}#{}", name, image_count())
                              : fs::relative(used, root_).lexically_normal().generic_string();
    if (!by_name_.emplace(image.name, image_count()).second)
      image.name = fmt::format("{}#{}", image.name, image_count());
  }
  result_.dataset.images.push_back(std::move(image));
  result_.files.push_back(used);
  turn_.push_back(turn);
  return image_count() - 1;
}

const std::string& Reading::relative_text(const fs::path& label_file) {
  if (last_label_text_.empty() || label_file.native() != last_label_file_.native()) {
    last_label_file_ = label_file;
    last_label_text_ = printable(label_file.lexically_proximate(root_).generic_string());
  }
  return last_label_text_;
}

Reading::Declared Reading::frame_of(std::size_t index) const {
  const auto& image = result_.dataset.images[index];
  if (labels_are_raw_) return {image.raw_width, image.raw_height};
  return {image.width, image.height};
}

void Reading::add_annotation(std::size_t image_index, Annotation annotation, const Location& place,
                             const std::string& original_id) {
  auto& image = this->image(image_index);
  if (turn_[image_index])
    annotation.shape =
        raw_to_displayed(annotation.shape, image.raw_width, image.raw_height, image.orientation);
  auto box = annotation.box();
  auto text = [](const Box& b) {
    return fmt::format("[{}, {}, {}, {}]", shortest(b.x0), shortest(b.y0), shortest(b.x1), shortest(b.y1));
  };
  const auto& name = classes()[annotation.class_idx].name;
  if (auto* plain = std::get_if<Box>(&annotation.shape); plain && (box.x1 < box.x0 || box.y1 < box.y0)) {
    *plain = {std::min(box.x0, box.x1), std::min(box.y0, box.y1), std::max(box.x0, box.x1),
              std::max(box.y0, box.y1)};
    issue(Severity::warning, "INVERTED_BOX", place,
          fmt::format("{} box {} of {} has its corners exchanged; read as {}", name, text(box), image.name,
                      text(*plain)));
    box = *plain;
  }
  if (box.width() <= 0 || box.height() <= 0) {
    annotation.ignore = true;
    issue(Severity::warning, "ZERO_SIZE_BOX", place,
          fmt::format("{} box {} of {} has no {}", name, text(box), image.name,
                      box.width() <= 0 ? "width" : "height"));
  }
  // The displayed size, whatever frame the rows are being scaled by.
  int width = image.orientation >= 5 ? image.raw_height : image.raw_width;
  int height = image.orientation >= 5 ? image.raw_width : image.raw_height;
  double slack = 5e-7 * std::max(width, height) + 1e-9;
  bool far = plausibility_.see(numbers_, box, width, height, image_index, image.annotations.size(), place);
  bool outside = box.x0 < -slack || box.y0 < -slack || box.x1 > width + slack || box.y1 > height + slack;
  if (outside && !far) {
    issue(Severity::warning, "BOX_OUTSIDE_IMAGE", place,
          fmt::format("{} box {} reaches outside {} ({}x{})", name, text(box), image.name, width, height));
  }
  annotation.source = Source::import;
  annotation.provenance.file = relative_text(place.path);
  annotation.provenance.place = place.line ? std::to_string(*place.line) : place.pointer;
  annotation.provenance.original_id = original_id;
  // Grows by a quarter, not by half: many images are held at once, and an annotation is large.
  auto& all = image.annotations;
  if (all.size() == all.capacity()) all.reserve(all.size() + std::max<std::size_t>(2, all.size() / 4));
  all.push_back(std::move(annotation));
}

namespace {

// `a/images/b.jpg` -> `a/b.jpg`, for the first such folder.
std::string without_conventional_folder(std::string name) {
  for (std::size_t start = 0, end; (end = name.find('/', start)) != std::string::npos; start = end + 1) {
    auto part = std::string_view(name).substr(start, end - start);
    if (part != "images" && part != "JPEGImages") continue;
    return name.erase(start, end - start + 1);
  }
  return name;
}

}  // namespace

std::string Reading::name_of(const fs::path& file) const {
  // Nearly always the root stands in front as it is; fs::path takes microseconds for that.
  const auto& text = file.native();
  bool below = !normal_root_.empty() && text.size() > normal_root_.size() + 1 &&
               text.starts_with(normal_root_) && text[normal_root_.size()] == '/';
  if (below && text.find("/.") == std::string::npos && text.find("//") == std::string::npos)
    return without_conventional_folder(text.substr(normal_root_.size() + 1));
  auto relative = file.lexically_normal().lexically_proximate(root_.lexically_normal());
  if (relative.empty() || *relative.begin() == ".." || relative.is_absolute())
    return file.filename().string();
  return without_conventional_folder(relative.generic_string());
}

ReadResult Reading::finish() {
  for (const auto& [kind, count] : notes_of_kind_)
    if (count > kNotesOfKind) note(fmt::format("{} more {}", count - kNotesOfKind, kind));
  for (auto& text : finder_.notes()) note(std::move(text));
  if (any_missing_) note("images that are not there were looked for " + finder_.where());
  plausibility_.require(numbers_advice_);
  leave_out_what_is_far();
  settle_incomplete();
  if (is_folder_)
    for (auto& rest : issues_of_rest(root_, used_)) result_.issues.push_back(std::move(rest));
  for (auto& image : result_.dataset.images) image.annotations.shrink_to_fit();
  return std::move(result_);
}

std::optional<Split> split_of_word(const std::string& word) {
  auto lower = to_lower(word);
  while (!lower.empty() && std::isdigit(static_cast<unsigned char>(lower.back()))) lower.pop_back();
  if (lower.ends_with('_') || lower.ends_with('-')) lower.pop_back();
  if (lower == "train" || lower == "training") return Split::train;
  if (lower == "val" || lower == "valid" || lower == "validation") return Split::val;
  if (lower == "test" || lower == "testing") return Split::test;
  return std::nullopt;
}

std::optional<Split> split_in_name(const std::string& name) {
  std::string words = name;
  std::replace_if(
      words.begin(), words.end(), [](char c) { return c == '-' || c == '_' || c == '.'; }, ' ');
  for (const auto& word : split_words(words)) {
    if (auto split = split_of_word(word)) return split;
    if (word == "none") return Split::none;
  }
  return std::nullopt;
}

std::optional<Split> split_of_folder(const fs::path& file, const fs::path& root) {
  auto relative = file.lexically_normal().lexically_proximate(root.lexically_normal());
  std::optional<Split> split;
  for (const auto& part : relative.parent_path())
    if (auto found = split_of_word(part.string())) split = found;
  return split;
}

std::vector<fs::path> files_below(const fs::path& root, const std::function<bool(const fs::path&)>& wanted,
                                  int max_depth) {
  if (fs::is_regular_file(root)) return wanted(root) ? std::vector{root} : std::vector<fs::path>();
  return walk_files(root, {.follow_links = true,
                           .hidden = false,
                           .max_depth = max_depth,
                           .errors = WalkErrors::denied_skipped,
                           .order = WalkOrder::natural,
                           .wanted = [&](const fs::path& file) {
                             return wanted(file) && !is_clutter(file.lexically_relative(root));
                           }});
}

}  // namespace ds::detail
