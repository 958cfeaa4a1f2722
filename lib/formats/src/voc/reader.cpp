// Pascal VOC XML, also as labelImg, CVAT and Roboflow write it.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "ds/base/text.h"
#include "ds/base/walk.h"
#include "ds/formats/voc/options.h"
#include "ds/media/image_header.h"
#include "shared/source_peek.h"
#include "shared/text/label_text.h"
#include "voc/file.h"
#include "voc/format.h"
#include "voc/masks.h"
#include "voc/writer.h"

namespace ds::detail {
namespace fs = std::filesystem;

namespace {

constexpr const char* kObjectMasks = "SegmentationObject";

bool has_xml_suffix(const fs::path& file) {
  return to_lower(file.extension().string()) == ".xml";
}

bool is_png(const fs::path& file) {
  return to_lower(file.extension().string()) == ".png";
}

/// Reads all XML files before any image is added: how coordinates count is one decision for the whole
/// dataset, and the classes' order must not hang on the order of files. Lists below ImageSets/Main give the
/// splits; lists of a single class stand there too, often under a split's name, and are told by their flags.
/// An image with an XML file was looked at, one without is kept as unlabelled. Masks are paired with the
/// objects of their image last; without XML (CVAT's "Segmentation mask") each is an object.
class VocDataset {
 public:
  VocDataset(Reading& reading, const fs::path& path) : reading_(reading), path_(path) {}

  void read() {
    find_roots();
    for (const auto& file : files_below(path_, has_xml_suffix)) {
      if (fs::is_directory(path_) && below_image_sets(file)) continue;
      reading_.uses(file);
      if (auto voc = read_voc_file(reading_, file)) files_.push_back(std::move(*voc));
    }
    by_ds_ =
        std::any_of(files_.begin(), files_.end(), [](const VocFile& voc) { return !voc.policy.empty(); });
    declare_classes();
    auto policy = choose_voc_policy(files_, reading_.own<VocReading>().coords);
    reading_.issue(policy.severity, "VOC_COORDS", {.path = path_},
                   fmt::format("coordinates read as '{}': {}", policy.name, policy.evidence));
    for (const auto& root : roots_) read_lists(root);
    for (const auto& file : files_) add_file(file, policy.name);
    for (const auto& root : roots_) add_listed_without_xml(root);
    add_images_without_xml();
    for (const auto& root : roots_) add_masks_without_picture(root);
    masks_->finish();
  }

 private:
  // VOC2007 and VOC2012 side by side are two roots; XML beside images has none.
  void find_roots() {
    if (!fs::is_directory(path_)) return;
    auto consider = [&](const fs::path& folder) {
      for (auto* part : {"ImageSets/Main", "Annotations", kObjectMasks})
        if (fs::is_directory(folder / part)) return roots_.push_back(folder);
    };
    consider(path_);
    for (const auto& folder : walk_folders(path_, {.follow_links = true,
                                                  .max_depth = 2,
                                                  .errors = WalkErrors::denied_skipped,
                                                  .order = WalkOrder::path}))
      consider(folder);
    std::sort(roots_.begin(), roots_.end());
  }

  static bool below_image_sets(const fs::path& file) {
    return std::find(file.begin(), file.end(), fs::path("ImageSets")) != file.end();
  }

  // The label map's order, then what is used without standing there, by name.
  void declare_classes() {
    std::set<std::string> used;
    for (const auto& file : files_)
      for (const auto& object : file.objects) used.insert(object.name);
    for (const auto& root : roots_) {
      if (!fs::is_regular_file(root / "labelmap.txt")) continue;
      for (const auto& line : read_lines(root / "labelmap.txt")) {
        auto name = std::string(trim(line.substr(0, line.find(':'))));
        bool filler = (name == "background" || name == "ignored") && !used.contains(name);
        if (name.empty() || name.starts_with('#') || filler) continue;
        reading_.class_of(name);
      }
    }
    for (const auto& name : used) reading_.class_of(name);
    masks_.emplace(reading_, roots_, used);
  }

  // ImageSets/Main/<split>.txt; <class>_<split>.txt with `id -1|0|1` lines are no splits,
  // whatever they are called. Masks without XML have ImageSets/Segmentation alone.
  void read_lists(const fs::path& root) {
    auto folder = root / "ImageSets" / "Main";
    if (!fs::is_directory(folder)) folder = root / "ImageSets" / "Segmentation";
    if (!fs::is_directory(folder)) return;
    for (const auto& file : files_below(
             folder, [](const fs::path& f) { return f.extension() == ".txt"; }, 0)) {
      auto split = split_of_word(file.stem().string());
      bool whole = file.stem() == "trainval" || file.stem() == "all" || file.stem() == "default";
      if (!split && !whole) continue;
      std::int64_t number = 0;
      for (const auto& line : read_lines(file)) {
        ++number;
        auto words = split_words(line);
        if (words.empty() || words[0].starts_with('#')) continue;
        bool flagged = words.size() == 2 && (words[1] == "-1" || words[1] == "0" || words[1] == "1");
        // Unless the image is called "x 1".
        flagged = flagged && !fs::exists(root / "Annotations" / (line + ".xml")) &&
                  with_image_suffix(root / "JPEGImages" / line).empty();
        if (flagged) break;  // a class called "train": a list of that class, not of a split
        auto id = (root / line).lexically_normal().string();
        listed_.emplace(id, Location{.path = file, .line = number});
        if (!split) continue;
        auto [known, is_new] = split_.emplace(id, *split);
        if (!is_new && known->second != *split)
          reading_.issue(Severity::error, "SPLIT_OVERLAP", {.path = file, .line = number},
                         fmt::format("{} is in {} and {}; {} counts", line, to_string(known->second),
                                     to_string(*split), to_string(known->second)));
      }
    }
  }

  // The id of an XML file or image is its path below Annotations/ or JPEGImages/, without the extension.
  std::string id_of(const fs::path& file) const {
    for (const auto& root : roots_) {
      for (auto* part : {"Annotations", "JPEGImages", "images"}) {
        auto relative = file.lexically_relative(root / part);
        if (!relative.empty() && *relative.begin() != "..") {
          relative.replace_extension();
          return (root / relative).lexically_normal().string();
        }
      }
    }
    return fs::path(file).replace_extension().lexically_normal().string();
  }

  std::vector<fs::path> image_folders(const fs::path& xml) const {
    auto folder = xml.parent_path();
    std::vector<fs::path> folders;
    for (const auto& root : roots_) {
      auto relative = folder.lexically_relative(root / "Annotations");
      if (relative.empty() || *relative.begin() == "..") continue;
      for (auto* part : {"JPEGImages", "images", "Images", "."})
        folders.push_back((root / part / relative).lexically_normal());
    }
    folders.insert(folders.end(), {folder, folder / "images", (folder / ".." / "images").lexically_normal(),
                                   (folder / ".." / "JPEGImages").lexically_normal()});
    return folders;
  }

  fs::path with_image_suffix(const fs::path& stem) {
    static constexpr const char* kSuffixes[] = {".jpg", ".jpeg", ".png",  ".JPG",  ".JPEG", ".PNG",
                                                ".bmp", ".tif",  ".tiff", ".webp", ".gif"};
    for (auto* suffix : kSuffixes)
      if (fs::is_regular_file(stem.string() + suffix)) return stem.string() + suffix;
    return {};
  }

  FoundImage find_image(const VocFile& voc) {
    auto name = fs::path(with_slashes(voc.filename)).filename();
    auto found = reading_.find_image({.given = name.string(),
                                      .stem = voc.file.stem().string(),
                                      .folders = image_folders(voc.file),
                                      .labels = voc.file});
    // Leaving the extension out is common and no mistake.
    bool another = name.stem() != voc.file.stem() || name.has_extension();
    if (found.by_stem && !found.file.empty() && another)
      reading_.issue(Severity::warning, "WRONG_FILENAME", {.path = voc.file},
                     fmt::format("<filename> is '{}', which is not there; {} is used", voc.filename,
                                 found.file.filename().string()));
    return found;
  }

  std::optional<Split> split_for(const std::string& id, const fs::path& file) const {
    if (auto known = split_.find(id); known != split_.end()) return known->second;
    if (by_ds_ && listed_.contains(id)) return std::nullopt;  // whose lists name every split
    return split_of_folder(file, path_);
  }

  void add_file(const VocFile& voc, const std::string& policy) {
    auto found = find_image(voc);
    const auto& file = found.file;
    Location place{.path = voc.file, .line = voc.size_line};
    auto id = id_of(voc.file);
    done_.insert(id);
    auto name = file.empty() ? (voc.filename.empty() ? voc.file.stem().string()
                                                     : fs::path(voc.filename).filename().string())
                             : reading_.name_of(file);
    if (file.empty()) reading_.report_missing(found, voc.filename, {.path = voc.file});
    auto index = reading_.add_image(file, name, voc.size, place);
    if (!index) return reading_.count_without_image(voc.objects.size());
    used_.insert(file.lexically_normal().string());
    reading_.image(*index).split = split_for(id, voc.file).value_or(Split::none);
    reading_.image(*index).state = ImageState::done;
    reading_.own_labels(*index, voc.file);
    add_objects(voc, policy, id, *index);
  }

  void add_objects(const VocFile& voc, const std::string& policy, const std::string& id, std::size_t index) {
    auto instances = masks_->instances_of(id, index);
    std::vector<VocTarget> targets;
    for (const auto& object : voc.objects)
      targets.push_back({object.number, object.name, voc_box(object, policy)});
    auto of_target = pair_instances(instances, targets, voc.object_count);
    for (std::size_t i = 0; i < targets.size(); ++i) {
      const auto& object = voc.objects[i];
      Location place{.path = voc.file, .line = object.line};
      auto annotation = object.annotation;
      annotation.class_idx = *reading_.classes().find(object.name);
      if (of_target[i]) {
        const auto& instance = instances[*of_target[i]];
        annotation.shape = instance.mask;
        compare_with_mask(targets[i].box, instance, place);
      } else {
        annotation.shape = voc_shape(object, policy);
        compare_with_box(annotation.shape, targets[i].box, place);
      }
      reading_.add_annotation(index, std::move(annotation), place);
    }
    masks_->add_others(std::move(instances), targets, of_target, voc.object_count, index);
  }

  void compare_with_mask(const Box& box, const VocInstance& instance, const Location& place) {
    double apart = distance_to_mask(box, instance);
    if (apart < 1) return;
    auto text = [](const Box& b) {
      return fmt::format("[{}, {}, {}, {}]", shortest(b.x0), shortest(b.y0), shortest(b.x1), shortest(b.y1));
    };
    reading_.issue(
        Severity::warning, "BOX_MASK_MISMATCH", place,
        fmt::format("the <bndbox> {} and the mask's {} (x0 y0 x1 y1) differ by {} pixels; the mask "
                    "is used",
                    text(box), text(instance.bounds), shortest(apart)));
  }

  void compare_with_box(const Shape& shape, const Box& box, const Location& place) {
    auto around = bounding_box(shape);
    double apart = std::max({std::abs(around.x0 - box.x0), std::abs(around.y0 - box.y0),
                             std::abs(around.x1 - box.x1), std::abs(around.y1 - box.y1)});
    if (std::holds_alternative<Box>(shape) || apart < 1) return;
    reading_.issue(Severity::warning, "BOX_MASK_MISMATCH", place,
                   fmt::format("the <bndbox> and the <polygon> differ by {} pixels; the outline is used",
                               shortest(apart)));
  }

  void add_listed_without_xml(const fs::path& root) {
    for (const auto& [id, place] : listed_) {
      if (done_.contains(id) || !id.starts_with(root.lexically_normal().string())) continue;
      auto relative = fs::path(id).lexically_relative(root.lexically_normal());
      auto file = find_picture(root, relative);
      if (file.empty() && fs::is_regular_file(mask_of(root, relative))) continue;
      done_.insert(id);
      if (file.empty()) {
        reading_.issue(Severity::error, "MISSING_IMAGE", place,
                       fmt::format("'{}' has neither an image nor an XML file", relative.string()));
        continue;
      }
      add_unlabelled(file, id);
    }
  }

  static fs::path mask_of(const fs::path& root, const fs::path& relative) {
    return root / kObjectMasks / (relative.string() + ".png");
  }

  fs::path find_picture(const fs::path& root, const fs::path& relative) {
    std::vector<fs::path> folders = {root / "JPEGImages", root, root / "images"};
    if (const auto& given = reading_.options().images; !given.empty()) folders.insert(folders.begin(), given);
    for (const auto& folder : folders)
      if (auto file = with_image_suffix(folder / relative); !file.empty()) return file;
    return {};
  }

  void add_images_without_xml() {
    if (!fs::is_directory(path_)) return;
    for (const auto& file : files_below(path_, [](const fs::path& f) { return has_image_suffix(f); })) {
      bool mask = std::any_of(file.begin(), file.end(), [](const fs::path& part) {
        return part == "SegmentationClass" || part == kObjectMasks;
      });
      if (!mask && !used_.contains(file.lexically_normal().string())) add_unlabelled(file, id_of(file));
    }
  }

  // The picture of a mask may lie elsewhere, where --images says, or be missing: then the mask knows its size.
  void add_masks_without_picture(const fs::path& root) {
    if (!fs::is_directory(root / kObjectMasks)) return;
    for (const auto& mask : files_below(root / kObjectMasks, is_png)) {
      auto relative = mask.lexically_relative(root / kObjectMasks).replace_extension();
      auto id = (root / relative).lexically_normal().string();
      if (done_.contains(id)) continue;
      if (auto file = find_picture(root, relative); !file.empty())
        add_unlabelled(file, id);
      else
        add_missing(mask, relative, id);
    }
  }

  void add_missing(const fs::path& mask, const fs::path& relative, const std::string& id) {
    reading_.issue(Severity::error, "MISSING_IMAGE", {.path = mask},
                   fmt::format("'{}' has no picture; say with --images where the pictures are",
                               relative.generic_string()));
    std::optional<Reading::Declared> declared;
    try {
      auto header = read_image_header(mask);
      declared = {header.raw_width, header.raw_height};
    } catch (const DataError& error) {
      reading_.issue(Severity::error, "BAD_SEGMENTATION", {.path = mask}, error.what());
      return;
    }
    auto index = reading_.add_image({}, relative.generic_string() + ".png", declared, {.path = mask});
    if (index) add_masks(*index, id, mask);
  }

  void add_unlabelled(const fs::path& file, const std::string& id) {
    auto index = reading_.add_image(file, reading_.name_of(file), std::nullopt, {.path = file});
    used_.insert(file.lexically_normal().string());
    if (index) add_masks(*index, id, file);
  }

  void add_masks(std::size_t index, const std::string& id, const fs::path& file) {
    Reading::About about(reading_, index);
    done_.insert(id);
    reading_.image(index).split = split_for(id, file).value_or(Split::none);
    masks_->add_others(masks_->instances_of(id, index), {}, {}, 0, index);
    if (!reading_.image(index).annotations.empty()) reading_.image(index).state = ImageState::done;
  }

  Reading& reading_;
  fs::path path_;
  std::vector<fs::path> roots_;
  std::vector<VocFile> files_;
  std::optional<VocMasks> masks_;
  bool by_ds_ = false;
  std::map<std::string, Split> split_;      // by id
  std::map<std::string, Location> listed_;  // by id
  std::set<std::string> done_;              // ids
  std::set<std::string> used_;              // image files
};

// Several files are looked at: the first may be another format's, or broken.
std::optional<fs::path> first_voc_file(const SourcePeek& source) {
  for (const auto& file : source.few(".xml"))
    if (looks_like_voc(file)) return file;
  return std::nullopt;
}

std::optional<fs::path> first_object_mask(const SourcePeek& source) {
  if (!source.is_folder()) return std::nullopt;
  for (const auto& file : source.files(".png"))
    if (file.parent_path().filename() == kObjectMasks) return file;
  return std::nullopt;
}

std::optional<std::string> detect_voc(const SourcePeek& source) {
  if (auto file = first_voc_file(source))
    return fmt::format("{} is an <annotation> with <bndbox> or <size>", source.shown(*file));
  if (auto file = first_object_mask(source))
    return fmt::format("{} says which pixels are which object", source.shown(*file));
  return std::nullopt;
}

ReadResult read_voc(const fs::path& path, const ReadOptions& options) {
  Reading reading("voc", path, options);
  SourcePeek source(path);
  if (!first_voc_file(source) && !first_object_mask(source))
    throw DataError(fmt::format("{}: no Pascal VOC annotation (.xml with <annotation>) and no {}/*.png",
                                path.string(), kObjectMasks));
  VocDataset(reading, path).read();
  return reading.finish();
}

}  // namespace

AnnotationFormat voc_format() {
  return {.detect = detect_voc,
          .read = read_voc,
          .write = write_voc,
          // Masks alone say less than anything that somebody made of them.
          .yields_to = [](const std::string&, const SourcePeek& source) { return !first_voc_file(source); },
          .names = voc_names(),
          .needs_labels = true,
          .read_options = {format_choice(
              "voc-coords", &VocReading::coords, kVocReadCoords,
              "Pascal VOC numbers: 1-based inclusive, 0-based, or all minus 1; auto decides and says why")},
          .write_options = {format_choice("voc-coords", &VocWriting::coords, kVocWriteCoords,
                                          "how Pascal VOC numbers are written")}};
}

}  // namespace ds::detail
