// MOTS: masks with tracks, a 16-bit PNG for each frame (instances/), or run lengths in a table for each
// sequence (instances_txt/, gt/gt.txt).
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "ds/base/error.h"
#include "ds/base/files.h"
#include "ds/base/stop.h"
#include "ds/base/text.h"
#include "ds/media/image_header.h"
#include "mots/format.h"
#include "mots/objects.h"
#include "shared/pictures/label_picture.h"
#include "shared/source_peek.h"
#include "shared/text/label_text.h"

namespace ds::detail {
namespace fs = std::filesystem;

namespace {

constexpr const char* kMaskFolder = "instances";
constexpr const char* kTableFolder = "instances_txt";
constexpr std::size_t kTableColumns = 6;  // frame, id, class, height, width, run lengths

// The folder of masks that a file lies in, not above the dataset; empty: none.
fs::path mask_folder(const fs::path& file, const fs::path& root) {
  for (auto folder = file.parent_path(); folder.has_filename(); folder = folder.parent_path()) {
    if (folder.filename() == kMaskFolder) return folder;
    if (folder == root) break;
  }
  return {};
}

bool is_mask(const SourcePeek& source, const fs::path& file) {
  return to_lower(file.extension().string()) == ".png" && !mask_folder(file, source.path()).empty();
}

bool is_table(const fs::path& file) {
  bool gt = file.filename() == "gt.txt" && file.parent_path().filename() == "gt";
  return to_lower(file.extension().string()) == ".txt" &&
         (gt || file.parent_path().filename() == kTableFolder);
}

// In the header of a PNG: bits of a channel, and whether it is grey.
bool is_deep_grey(const std::string& head) {
  return head.size() > 26 && head.starts_with("\x89PNG") && head[24] == 16 && head[25] == 0;
}

bool begins_with_mots_row(const std::string& head) {
  auto words = split_words(head.substr(0, head.find('\n')));
  return words.size() == kTableColumns && std::all_of(words.begin(), words.begin() + kTableColumns - 1,
                                                      [](const auto& word) { return parse_int(word); });
}

/// Reads the PNG masks, else the tables: a dataset with both says the same twice. Every frame of a sequence was
/// looked at, also one without objects.
class MotsReader {
 public:
  MotsReader(Reading& reading, const fs::path& path) : reading_(reading), path_(path), source_(path) {}

  /// False when there is neither a mask nor a table.
  bool read() {
    bool any = false;
    for (const auto& file : source_.files(".png")) {
      if (!is_mask(source_, file) || !is_deep_grey(source_.head(file))) continue;
      any = true;
      throw_if_stopped();
      read_mask(file);
    }
    if (!any)
      for (const auto& file : source_.files(".txt")) {
        if (!is_table(file)) continue;
        any = true;
        read_table(file);
      }
    if (any) add_rest();
    if (missing_ > 0)
      reading_.issue(Severity::error, "MISSING_IMAGE", {.path = path_},
                     fmt::format("{} {} no picture (first: {}); say with --images where the pictures are",
                                 counted(missing_, "frame"), missing_ == 1 ? "has" : "have", first_missing_));
    return any;
  }

 private:
  using Rows = std::map<std::int64_t, std::vector<std::pair<std::vector<std::string>, Location>>>;

  void missing(const std::string& frame) {
    if (missing_++ == 0) first_missing_ = frame;
  }

  // labels.txt stands beside the masks, or above their sequences.
  const MotsClasses& classes_of(const fs::path& folder) {
    auto known = classes_.find(folder);
    if (known != classes_.end()) return known->second;
    std::vector<std::string> labels;
    if (auto file = folder / "labels.txt"; fs::is_regular_file(file)) {
      reading_.uses(file);
      for (const auto& line : read_lines(file))
        if (auto name = std::string(trim(line)); !name.empty()) labels.push_back(name);
    }
    auto& classes = classes_.emplace(folder, MotsClasses(std::move(labels))).first->second;
    for (const auto& name : classes.names()) reading_.class_of(name);
    return classes;
  }

  // Folders that hold the frames beside a folder of masks or tables, as the benchmarks and CVAT lay them out.
  static std::vector<fs::path> frame_folders(const fs::path& base) {
    std::vector<fs::path> folders;
    for (auto* name : {"images", "image_02", "training/image_02", "img1"}) folders.push_back(base / name);
    return folders;
  }

  void read_mask(const fs::path& file) {
    auto folder = mask_folder(file, source_.path());
    auto relative = file.lexically_relative(folder).replace_extension();
    auto picture = reading_
                       .find_image({.given = {},
                                    .stem = relative.string(),
                                    .folders = frame_folders(folder.parent_path()),
                                    .labels = file})
                       .file;
    auto masks = masks_in(file);
    auto size = masks ? masks->second : std::nullopt;
    if (picture.empty()) missing(relative.generic_string());
    auto index = add_frame(picture, folder.parent_path() / (relative.string() + ".png"), size, file);
    if (!index) return;
    reading_.own_labels(*index, file);
    reading_.image(*index).state = ImageState::done;
    if (relative.has_parent_path()) reading_.image(*index).group = relative.parent_path().generic_string();
    if (!masks || !fits(*index, *size, {.path = file})) return;
    for (auto& [id, mask] : masks->first)
      classes_of(folder).add(reading_, *index, id, std::move(mask),
                             {.path = file, .pointer = fmt::format("id {}", id)});
  }

  using Masks = std::pair<std::map<std::uint32_t, RunLengthMask>, std::optional<Reading::Declared>>;

  std::optional<Masks> masks_in(const fs::path& file) {
    try {
      auto bytes = ds::read_file(file);
      read_image_header(bytes, "it");  // refuses what is too large
      auto picture = read_id_picture(bytes, "it");
      return Masks{masks_by_value(picture), Reading::Declared{picture.width, picture.height}};
    } catch (const DataError& error) {
      reading_.issue(Severity::error, "BAD_FILE", {.path = file},
                     fmt::format("{}; the masks are left out", error.what()));
      return std::nullopt;
    }
  }

  std::optional<std::size_t> add_frame(const fs::path& picture, const fs::path& otherwise,
                                       const std::optional<Reading::Declared>& size, const fs::path& labels) {
    auto index = reading_.add_image(picture, reading_.name_of(picture.empty() ? otherwise : picture), size,
                                    {.path = labels});
    if (!picture.empty()) used_.insert(picture.lexically_normal());
    if (!index) return std::nullopt;
    auto split = split_of_folder(labels, reading_.root());
    if (!split && !picture.empty()) split = split_of_folder(picture, reading_.root());
    reading_.image(*index).split = split.value_or(Split::none);
    return index;
  }

  // Masks are of the picture's own pixels.
  bool fits(std::size_t index, const Reading::Declared& size, const Location& place) {
    auto frame = reading_.frame_of(index);
    if (frame.width == size.width && frame.height == size.height) return true;
    reading_.issue(Severity::error, "BAD_SEGMENTATION", place,
                   fmt::format("the mask is {}x{}, its picture {}x{}; left out", size.width, size.height,
                               frame.width, frame.height));
    return false;
  }

  void read_table(const fs::path& file) {
    reading_.uses(file);
    Rows rows;
    bool frames_lost = false;  // of rows that do not say their frame
    std::int64_t number = 0;
    for (const auto& line : read_lines(file)) {
      Location place{.path = file, .line = ++number};
      auto words = split_words(line);
      if (words.empty()) continue;
      if (auto frame = parse_int(words[0]); frame && *frame >= 0) {
        rows[*frame].emplace_back(std::move(words), place);
        continue;
      }
      frames_lost = true;
      bad_row(words, place);
    }
    bool gt = file.parent_path().filename() == "gt";
    auto base = file.parent_path().parent_path();
    auto sequence = gt ? base.filename().string() : file.stem().string();
    auto pictures = pictures_of(base, gt ? fs::path() : fs::path(sequence));
    for (const auto& [frame, picture] : pictures) rows[frame];
    for (const auto& [frame, list] : rows) {
      auto found = pictures.find(frame);
      auto picture = found == pictures.end() ? fs::path() : found->second;
      auto index = read_frame(frame, list, picture, file, sequence);
      if (index && frames_lost) reading_.mark_incomplete(*index);
    }
  }

  void bad_row(const std::vector<std::string>& words, const Location& place) {
    reading_.issue(
        Severity::error, "BAD_ROW", place,
        fmt::format("found {} words, expected frame, id, class, height, width and run lengths; left out",
                    words.size()));
  }

  // By the number that each is called by.
  std::map<std::int64_t, fs::path> pictures_of(const fs::path& base, const fs::path& sequence) const {
    auto folders = frame_folders(base);
    if (const auto& given = reading_.options().images; !given.empty()) folders = {given};
    for (const auto& folder : folders) {
      std::map<std::int64_t, fs::path> pictures;
      if (!fs::is_directory(folder / sequence)) continue;
      for (const auto& file : files_below(
               folder / sequence, [](const fs::path& f) { return has_image_suffix(f); }, 0))
        if (auto number = parse_int(file.stem().string())) pictures.emplace(*number, file);
      if (!pictures.empty()) return pictures;
    }
    return {};
  }

  std::optional<std::size_t> read_frame(std::int64_t frame, const Rows::mapped_type& rows,
                                        const fs::path& picture, const fs::path& table,
                                        const std::string& sequence) {
    std::optional<Reading::Declared> size;
    if (!rows.empty()) size = size_in(rows[0].first);
    if (picture.empty()) missing(fmt::format("frame {} of {}", frame, sequence));
    auto index =
        add_frame(picture, reading_.root() / sequence / fmt::format("{:06}.png", frame), size, table);
    if (!index) {
      reading_.count_without_image(rows.size());
      return std::nullopt;
    }
    Reading::About about(reading_, *index);
    reading_.image(*index).state = ImageState::done;
    reading_.image(*index).group = sequence;
    for (const auto& [words, place] : rows) read_row(*index, words, place);
    return index;
  }

  static std::optional<Reading::Declared> size_in(const std::vector<std::string>& words) {
    if (words.size() != kTableColumns) return std::nullopt;
    auto height = parse_int(words[3]);
    auto width = parse_int(words[4]);
    constexpr std::int64_t kMost = 1000000;
    if (!height || !width || *height < 1 || *width < 1 || *height > kMost || *width > kMost)
      return std::nullopt;
    return Reading::Declared{static_cast<int>(*width), static_cast<int>(*height)};
  }

  void read_row(std::size_t index, const std::vector<std::string>& words, const Location& place) {
    if (words.size() != kTableColumns) return bad_row(words, place);
    auto id = parse_int(words[1]);
    auto size = size_in(words);
    if (!id || !size) {
      reading_.issue(
          Severity::error, "BAD_NUMBER", place,
          fmt::format("id '{}' or size '{}x{}' is no whole number; left out", words[1], words[4], words[3]));
      return;
    }
    if (!fits(index, *size, place)) return;
    try {
      auto mask = decode_run_length(words[5], size->height, size->width);
      classes_of(place.path.parent_path()).add(reading_, index, *id, std::move(mask), place);
    } catch (const DataError& error) {
      reading_.issue(Severity::error, "BAD_SEGMENTATION", place, fmt::format("{}; left out", error.what()));
    }
  }

  // Pictures that neither a mask nor a table speaks of.
  void add_rest() {
    if (!fs::is_directory(path_)) return;
    for (const auto& file : files_below(path_, [](const fs::path& f) { return has_image_suffix(f); }))
      if (!is_mask(source_, file) && !used_.contains(file.lexically_normal()))
        if (auto index = reading_.add_image(file, reading_.name_of(file), std::nullopt, {.path = file}))
          reading_.image(*index).split = split_of_folder(file, reading_.root()).value_or(Split::none);
  }

  Reading& reading_;
  fs::path path_;
  SourcePeek source_;
  std::map<fs::path, MotsClasses> classes_;  // by folder of labels.txt
  std::set<fs::path> used_;
  std::size_t missing_ = 0;
  std::string first_missing_;
};

std::optional<std::string> detect_mots(const SourcePeek& source) {
  constexpr int kFew = 20;
  int looked_at = 0;
  for (const auto& file : source.files(".png")) {
    if (!is_mask(source, file)) continue;
    if (is_deep_grey(source.head(file)))
      return fmt::format("{} is a 16-bit picture of ids", source.shown(file));
    if (++looked_at == kFew) break;
  }
  for (const auto& file : source.files(".txt"))
    if (is_table(file) && begins_with_mots_row(source.head(file)))
      return fmt::format("{} has rows of frame, id, class, size and run lengths", source.shown(file));
  return std::nullopt;
}

ReadResult read_mots(const fs::path& path, const ReadOptions& options) {
  Reading reading("mots", path, options);
  if (!MotsReader(reading, path).read())
    throw DataError(fmt::format("{}: no MOTS dataset ({}/*.png, {}/*.txt or gt/gt.txt)", path.string(),
                                kMaskFolder, kTableFolder));
  return reading.finish();
}

}  // namespace

AnnotationFormat mots_format() {
  return {.detect = detect_mots,
          .read = read_mots,
          .write = nullptr,
          .yields_to = [](const std::string&, const SourcePeek&) { return true; }};
}

}  // namespace ds::detail
