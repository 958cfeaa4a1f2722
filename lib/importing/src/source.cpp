#include "source.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <opencv2/core/mat.hpp>
#include <optional>

#include "ds/base/atomic_files.h"
#include "ds/base/charset.h"
#include "ds/base/error.h"
#include "ds/base/hash.h"
#include "ds/base/stop.h"
#include "ds/base/text.h"
#include "ds/base/walk.h"
#include "ds/importing/source_dataset.h"
#include "ds/media/archive.h"
#include "ds/media/image_header.h"
#include "ds/media/image_io.h"
#include "file_facts.h"

namespace ds::detail {
namespace fs = std::filesystem;

namespace {

// Something worth one line, however many files it is true of.
struct Oddity {
  std::size_t count = 0;
  std::string first;
  void add(const std::string& shown) {
    if (count++ == 0) first = shown;
  }
};

/// Reads one thing that the user named (picture, video, archive, folder, label file) into candidates, whatever
/// it is made of. A file named by itself that gives nothing is an error; one in a folder of others is skipped
/// with its reason. Frames and members of archives lie in a scratch folder that lives as long as the content,
/// and are named as the user knows them (`archive.zip!a/b.jpg`). Pictures of other shards are only counted.
class SourceReader {
 public:
  SourceReader(const fs::path& given, const AddOptions& options, FactsLog& log, Progress& progress)
      : options_(options), progress_(progress), facts_(log, options.threads, progress) {
    source_.given = given;
  }

  SourceContent read() {
    const auto& given = source_.given;
    if (!is_utf8(given.filename().string()))
      throw DataError(printable(given.string()) + ": its name is not UTF-8", "rename it");
    if (!fs::exists(given))
      throw UsageError(fmt::format("there is nothing at {}", given.string()), "check the path");
    if (fs::is_directory(given)) {
      read_folder(given, "");
    } else if (has_archive_suffix(given)) {
      source_.scratch = std::make_unique<TemporaryFolder>();
      auto folder = source_.scratch->path() / "archive";
      unpack(given, folder);
      read_folder(folder, given.filename().string() + "!");
    } else if (has_video_suffix(given)) {
      read_video(given, given.filename().string());
    } else if (has_image_suffix(given)) {
      add_picture(given, {.name = given.filename().string()}, given.string());
    } else if (options_.labels != "ignore" && (options_.format != "auto" || detect_format(given))) {
      read_labels(given, "");
    } else {
      refuse(given);
    }
    require_something();
    note_oddities();
    for (auto& candidate : source_.candidates) candidate.image.origin = printable(candidate.image.origin);
    return std::move(source_);
  }

 private:
  void skip(const std::string& file, const std::string& reason) { source_.skipped.push_back({file, reason}); }

  // A file named on the command line that gives nothing is an error; in a folder of others it is skipped.
  void require_something() {
    if (!source_.candidates.empty() || source_.left_to_others > 0) return;
    bool missing = std::any_of(source_.issues.begin(), source_.issues.end(),
                               [](const Issue& issue) { return issue.code == "MISSING_IMAGE"; });
    auto advice = missing ? "say with --images where the images are" : "";
    if (source_.skipped.size() == 1)
      throw DataError(fmt::format("{}; nothing was added", source_.skipped[0].reason), advice);
    throw DataError(
        fmt::format("{}: no image in it can be used{}", source_.given.string(),
                    source_.skipped.empty() ? "" : fmt::format("; first: {}", source_.skipped[0].reason)),
        advice);
  }

  [[noreturn]] static void refuse(const fs::path& given) {
    auto faults = find_label_faults(given);
    if (!faults.empty()) throw DataError(faults.front().to_string());
    throw DataError(
        fmt::format("{}: not an image, a video, an archive, a folder or a label file", given.string()));
  }

  void unpack(const fs::path& archive, const fs::path& folder) {
    // Deeper nesting is no accident of packing, and each level may multiply.
    constexpr int kLevels = 4;
    auto content = extract_archive(archive, folder, {.nested = options_.recursive ? kLevels : 0});
    make_folders(folder);  // of an archive that holds nothing too
    source_.notes.insert(source_.notes.end(), content.notes.begin(), content.notes.end());
  }

  void note_oddities() {
    auto note = [&](const Oddity& oddity, const std::string& what) {
      if (oddity.count == 0) return;
      auto more = oddity.count > 1 ? fmt::format(" (and {} more such)", oddity.count - 1) : "";
      source_.notes.push_back(fmt::format("{}: {}{}", oddity.first, what, more));
    };
    note(wrong_suffix_, fmt::format("a {}, whatever its name says", wrong_suffix_format_));
    note(several_, "holds several pictures; the first was taken");
  }

  void look_for_oddities(const ImageHeader& header, const fs::path& file, const std::string& shown) {
    if (!suffix_fits(file, header.format)) {
      if (wrong_suffix_.count == 0) wrong_suffix_format_ = to_string(header.format);
      wrong_suffix_.add(shown);
    }
    if (header.more_pictures) several_.add(shown);
  }

  void read_folder(const fs::path& folder, const std::string& origin) {
    if (options_.labels != "ignore" && (options_.format != "auto" || detect_format(folder)))
      return read_labels(folder, origin);
    if (options_.labels == "require") {
      auto faults = find_label_faults(folder);
      auto why = faults.empty() ? fmt::format("(known: {})", join(annotation_formats().names(), ", "))
                                : fmt::format("({})", faults.front().to_string());
      throw DataError(fmt::format("{}: no annotation format is recognised {}", source_.given.string(), why),
                      "leave out --labels require, or name the format with --format");
    }
    read_files(folder, origin, "");
  }

  // Pictures and videos; names get `prefix` in front.
  void read_files(const fs::path& folder, const std::string& origin, const std::string& prefix) {
    auto files = files_of(folder);
    std::vector<fs::path> pictures;
    for (const auto& file : files)
      if (has_image_suffix(file) &&
          options_.shard.takes(prefix + file.lexically_relative(folder).generic_string()))
        pictures.push_back(file);
    facts_.prepare(pictures);
    progress_.begin("read", static_cast<std::int64_t>(files.size()));
    for (const auto& file : files) {
      throw_if_stopped();
      auto inside = file.lexically_relative(folder).generic_string();
      auto name = prefix + inside;
      auto shown = printable(origin.empty() ? file.string() : origin + inside);
      if (!is_utf8(inside))
        skip(shown, shown + ": its name is not UTF-8; rename it");
      else if (has_image_suffix(file))
        add_picture(file, {.name = name}, shown);
      else if (has_video_suffix(file))
        try_video(file, name, shown);
      else if (has_archive_suffix(file))
        read_nested(file, name, shown);
      else
        skip_other(folder, file, shown);
      progress_.advance();
    }
    progress_.end();
  }

  void try_video(const fs::path& file, const std::string& name, const std::string& shown) {
    auto before = source_.candidates.size();
    try {
      read_video(file, name);
    } catch (const DataError& error) {
      progress_.end();
      source_.candidates.resize(before);
      skip(shown, error.what());
    }
  }

  // What is no picture may be labels that no format knows, and then its fault is what a person needs.
  void skip_other(const fs::path& folder, const fs::path& file, const std::string& shown) {
    if (!faults_) {
      faults_.emplace();
      for (auto& fault : find_label_faults(folder))
        faults_->emplace(fault.place.path.string(), std::move(fault));
    }
    auto fault = faults_->find(file.string());
    if (fault == faults_->end()) return skip(shown, shown + ": not an image, a video or an archive");
    source_.labels_seen = true;
    auto place = fault->second.place;
    place.path = shown;
    skip(shown, fmt::format("{}: {}", place.to_string(), fault->second.message));
  }

  void read_nested(const fs::path& archive, const std::string& name, const std::string& shown) {
    if (!options_.recursive)
      return skip(shown, shown + ": an archive inside; add it by itself, or all with --recursive");
    if (!source_.scratch) source_.scratch = std::make_unique<TemporaryFolder>();
    auto folder = source_.scratch->path() / ("nested-" + std::to_string(++nested_));
    try {
      unpack(archive, folder);
    } catch (const DataError& error) {
      return skip(shown, error.what());
    }
    read_files(folder, shown + "!", without_archive_suffix(name) + "/");
  }

  static std::vector<fs::path> files_of(const fs::path& folder) {
    return walk_files(folder, {.follow_links = true,
                               .hidden = false,
                               .errors = WalkErrors::denied_skipped,
                               .order = WalkOrder::natural,
                               .wanted = [&](const fs::path& file) {
                                 return !is_clutter(file.lexically_relative(folder));
                               }});
  }

  void read_labels(const fs::path& path, const std::string& origin) {
    auto reading = options_.reading;
    reading.threads = options_.threads;
    reading.headers = &facts_;
    if (!options_.shard.is_all())
      reading.wanted = [&](const std::string& name) { return options_.shard.takes(name); };
    auto result = origin.empty() ? read_dataset(path, options_.format, reading)
                                 : read_members(path, origin, options_.format, reading);
    source_.labels_seen = true;
    source_.without_image = result.objects_without_image;
    source_.classes = result.dataset.classes;
    source_.notes = std::move(result.notes);
    source_.issues = std::move(result.issues);
    for (auto index : result.incomplete) source_.incomplete.insert(result.dataset.images[index].name);
    std::vector<fs::path> pictures;
    for (std::size_t i = 0; i < result.files.size(); ++i)
      if (!result.files[i].empty() && options_.shard.takes(result.dataset.images[i].name))
        pictures.push_back(result.files[i]);
    facts_.prepare(pictures);
    for (std::size_t i = 0; i < result.files.size(); ++i) {
      throw_if_stopped();
      auto& image = result.dataset.images[i];
      auto& file = result.files[i];
      if (is_of_others(image.name)) continue;
      if (auto inside = result.embedded.find(i); inside != result.embedded.end()) {
        add_embedded(std::move(inside->second), std::move(image));
        continue;
      }
      if (file.empty()) {
        source_.without_image += image.annotations.size();
        skip(image.name, fmt::format("{}: the image file is {}", image.name, result.without_bytes[i]));
        continue;
      }
      auto shown = origin.empty() ? file.string() : origin + file.lexically_relative(path).generic_string();
      image.origin = shown;
      add_picture(std::move(file), std::move(image), shown);
    }
    require_some_labels();
    if (options_.recursive && fs::is_directory(path)) read_archives_of(path, origin);
  }

  // Labels of which not one belongs to a picture are of other pictures, or in another place than it was said.
  void require_some_labels() const {
    if (source_.without_image == 0 || options_.keep_going || !options_.shard.is_all()) return;
    bool labelled =
        std::any_of(source_.candidates.begin(), source_.candidates.end(),
                    [](const Candidate& candidate) { return !candidate.image.annotations.empty(); });
    if (labelled || source_.candidates.empty()) return;
    throw DataError(
        fmt::format("{}: its {} on no image that is there", source_.given.string(),
                    counted(static_cast<std::int64_t>(source_.without_image), "object is", "objects are")),
        "say where the images are with --images, or take the images alone with --labels ignore; nothing "
        "was added");
  }

  // Archives beside a dataset hold no part of it: their pictures come in by themselves.
  void read_archives_of(const fs::path& folder, const std::string& origin) {
    for (auto issue = source_.issues.begin(); issue != source_.issues.end(); ++issue) {
      if (issue->code != "UNREAD_ARCHIVE") continue;
      auto files = issue->files;
      source_.issues.erase(issue);
      for (const auto& inside : files)
        read_nested(folder / inside, inside, origin.empty() ? (folder / inside).string() : origin + inside);
      return;
    }
  }

  bool is_of_others(const std::string& name) {
    bool others = !options_.shard.takes(name);
    source_.left_to_others += others;
    return others;
  }

  // Checks that the picture is whole, hashes its bytes, and fills its sizes.
  static ImageHeader measure(const std::string& bytes, const std::string& shown, Image& image) {
    auto header = read_image_header(bytes, shown);
    require_whole_image(bytes, header, shown);
    fill(image, {header, sha256_hex(bytes)});
    return header;
  }

  static void fill(Image& image, FileFacts facts) {
    image.width = facts.header.width();
    image.height = facts.header.height();
    image.raw_width = facts.header.raw_width;
    image.raw_height = facts.header.raw_height;
    image.orientation = facts.header.orientation;
    image.sha256 = std::move(facts.sha256);
  }

  void add_embedded(std::function<std::string()> bytes, Image image) {
    if (options_.link == "reference")
      throw UsageError(fmt::format("--link reference cannot be used with {}: its images are not files",
                                   source_.given.string()));
    auto name = image.name;
    try {
      auto header = measure(bytes(), name, image);
      source_.candidates.push_back({std::move(image), {}, std::move(bytes), extension_of(header.format)});
    } catch (const DataError& error) {
      skip(name, error.what());
    }
  }

  void add_picture(fs::path file, Image image, const std::string& shown) {
    if (image.origin.empty() && is_of_others(image.name)) return;
    try {
      auto facts = facts_.take(file, shown);
      look_for_oddities(facts.header, file, shown);
      fill(image, std::move(facts));
    } catch (const DataError& error) {
      skip(shown, error.what());
      return;
    }
    if (image.origin.empty()) image.origin = shown;
    source_.candidates.push_back({.image = std::move(image), .file = std::move(file)});
  }

  // Frames become JPEG files; all frames of a video are one group, so they never straddle splits.
  void read_video(const fs::path& file, const std::string& name) {
    if (is_of_others(name)) return;  // a video is one shard's as a whole
    if (!source_.scratch) source_.scratch = std::make_unique<TemporaryFolder>();
    auto stem = fs::path(name).replace_extension().generic_string();
    auto group = "video:" + sha256_hex_of_file(file).substr(0, 16);
    auto folder = source_.scratch->path() / ("frames-" + std::to_string(++videos_));
    make_folders(folder);
    progress_.begin(name, 0);
    AtomicFiles files;
    auto frames = for_each_frame(file, options_.frames, [&](const VideoFrame& frame) {
      throw_if_stopped();
      auto frame_file = folder / fmt::format("{:06}.jpg", frame.index);
      auto bytes = encode_jpeg(frame.image, 95);
      files.write(frame_file, bytes);
      Image image{.name = fmt::format("{}/frame_{:06}.jpg", stem, frame.index),
                  .width = frame.image.cols,
                  .height = frame.image.rows,
                  .raw_width = frame.image.cols,
                  .raw_height = frame.image.rows,
                  .sha256 = sha256_hex(bytes),
                  .group = group,
                  .origin = fmt::format("{}#{}", file.string(), frame.index),
                  .time_s = frame.time_s};
      source_.candidates.push_back({.image = std::move(image), .file = frame_file});
      progress_.advance();
      return true;
    });
    files.commit();
    progress_.end();
    source_.notes.push_back(fmt::format("{}: {}", name, frames.to_string()));
  }

  const AddOptions& options_;
  Progress& progress_;
  FileFactsSource facts_;
  SourceContent source_;
  std::optional<std::map<std::string, LabelFault>> faults_;  // of label files, by path; made when needed
  int videos_ = 0;
  int nested_ = 0;
  Oddity wrong_suffix_;
  Oddity several_;
  std::string wrong_suffix_format_;
};

}  // namespace

SourceContent read_source(const fs::path& given, const AddOptions& options, FactsLog& log,
                          Progress& progress) {
  return SourceReader(given, options, log, progress).read();
}

}  // namespace ds::detail
