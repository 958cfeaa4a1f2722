#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <pugixml.hpp>

#include "ds/base/files.h"
#include "ds/base/text.h"
#include "labelme/parts.h"
#include "shared/pictures/mask_pixels.h"
#include "shared/text/label_json.h"
#include "shared/text/xml_file.h"

namespace ds::detail {
namespace fs = std::filesystem;

namespace {

std::string text_in(pugi::xml_node node, const char* tag) {
  return std::string(trim(node.child_value(tag)));
}

struct XmlObject {
  std::string id;
  std::vector<std::string> related;  // ids of its parts and of what it is a part of
  std::string name;
  Location place;
  Annotation annotation;
};

/// Reads MIT's files in two passes: the names first, so that the classes' order does not hang on the order of
/// files, then images and objects. Pictures and masks lie in trees that mirror Annotations/ (Images/,
/// Masks/). An object that was deleted in the tool still stands in the file and is left out; a mask that
/// cannot be read leaves its box. Wholes and their parts become one group.
class XmlFiles {
 public:
  XmlFiles(Reading& reading, const fs::path& root, std::set<std::string>& used)
      : reading_(reading), root_(fs::is_directory(root) ? root : root.parent_path()), used_(used) {}

  void read(const std::vector<fs::path>& files) {
    // Classes by name, whatever the order of the files.
    std::set<std::string> names;
    for (const auto& file : files) {
      XmlFile xml(file);
      for (auto object : xml.root("annotation").children("object"))
        if (text_in(object, "deleted") != "1" && !text_in(object, "name").empty())
          names.insert(text_in(object, "name"));
    }
    for (const auto& name : names) reading_.class_of(name);
    for (const auto& file : files) read_file_of(file);
    if (deleted_ > 0) reading_.note(fmt::format("{} objects are marked as deleted and left out", deleted_));
  }

 private:
  void issue(Severity severity, const std::string& code, pugi::xml_node node, const std::string& message) {
    reading_.issue(severity, code, xml_->place_of(node), message);
  }

  void read_file_of(const fs::path& file) {
    file_ = file;
    reading_.uses(file);
    const auto& xml = xml_.emplace(file);
    if (!xml.error().empty()) {
      reading_.issue(Severity::error, "BAD_FILE", xml.error_place(),
                     fmt::format("not valid XML: {}; the file is left out", xml.error()));
      return;
    }
    auto root = xml.root("annotation");
    auto index = add_image(root);
    if (!index) return;
    reading_.image(*index).state = ImageState::done;
    reading_.own_labels(*index, file);
    reading_.image(*index).split = split_of_folder(file, root_).value_or(Split::none);
    std::vector<XmlObject> objects;
    for (auto object : root.children("object"))
      if (auto found = read_object(object, *index)) objects.push_back(std::move(*found));
    group(objects);
    for (auto& object : objects) {
      object.annotation.class_idx = reading_.class_of(object.name);
      reading_.add_annotation(*index, std::move(object.annotation), object.place, object.id);
    }
  }

  std::optional<std::size_t> add_image(pugi::xml_node root) {
    auto given = text_in(root, "filename");
    folder_ = with_slashes(text_in(root, "folder"));
    auto size = root.child("imagesize");
    auto side = [&](const char* tag) {
      auto number = parse_double(text_in(size, tag));
      return number && *number > 0 && *number < 1e6 ? static_cast<int>(*number) : 0;
    };
    Reading::Declared declared{side("ncols"), side("nrows")};
    auto here = file_.parent_path();
    std::vector<fs::path> folders = {root_ / "Images" / folder_, root_ / "Images", here};
    // Annotations/a/b.xml belongs to Images/a/b.jpg, wherever the two folders are.
    auto mirrored = here.generic_string();
    if (auto at = mirrored.rfind("Annotations"); at != std::string::npos)
      folders.insert(folders.begin(), fs::path(mirrored.replace(at, 11, "Images")));
    auto found = reading_.find_image(
        {.given = given, .stem = file_.stem().string(), .folders = folders, .labels = file_});
    const auto& file = found.file;
    if (found.by_stem && !file.empty())
      issue(
          Severity::warning, "WRONG_FILENAME", root.child("filename"),
          fmt::format("<filename> is '{}', which is not there; {} is used", given, file.filename().string()));
    if (file.empty())
      reading_.report_missing(found, given, xml_->place_of(root.child("filename")));
    else
      used_.insert(file.lexically_normal().string());
    auto name = file.empty() ? (fs::path(folder_) / fs::path(with_slashes(given)).filename()).generic_string()
                             : reading_.name_of(file);
    if (name.starts_with("Images/")) name = name.substr(7);
    return reading_.add_image(file, name, declared, xml_->place_of(size));
  }

  std::optional<XmlObject> read_object(pugi::xml_node object, std::size_t index) {
    if (text_in(object, "deleted") == "1") {
      ++deleted_;
      return std::nullopt;
    }
    XmlObject found{
        .id = text_in(object, "id"), .name = text_in(object, "name"), .place = xml_->place_of(object)};
    if (found.name.empty()) {
      issue(Severity::error, "BAD_ROW", object, "an object without <name>; left out");
      return std::nullopt;
    }
    auto shape = object.child("segm") ? read_mask(object, index) : read_polygon(object);
    if (!shape) return std::nullopt;
    auto& annotation = found.annotation;
    annotation.shape = std::move(*shape);
    auto occluded = text_in(object, "occluded");
    if (occluded == "yes" || occluded == "no") annotation.occluded = occluded == "yes" ? 1 : 0;
    for (const auto& part : split(text_in(object, "attributes"), ',')) {
      auto at = part.find('=');
      auto key = std::string(trim(part.substr(0, at)));
      if (!key.empty())
        annotation.attributes[key] =
            at == std::string::npos ? "true" : std::string(trim(std::string_view(part).substr(at + 1)));
    }
    auto user = text_in(object.child(object.child("segm") ? "segm" : "polygon"), "username");
    if (!user.empty()) annotation.attributes["username"] = user;
    for (const auto* tag : {"hasparts", "ispartof"})
      for (const auto& id : split(text_in(object.child("parts"), tag), ','))
        if (!trim(id).empty()) found.related.emplace_back(trim(id));
    return found;
  }

  std::optional<Shape> read_polygon(pugi::xml_node object) {
    Ring ring;
    for (auto point : object.child("polygon").children("pt")) {
      auto x = parse_double(text_in(point, "x"));
      auto y = parse_double(text_in(point, "y"));
      if (!x || !y) {
        issue(Severity::error, "BAD_NUMBER", point,
              fmt::format("a point of {} is '{}', '{}', not two finite numbers; left out",
                          text_in(object, "name"), text_in(point, "x"), text_in(point, "y")));
        return std::nullopt;
      }
      ring.push_back({*x, *y});
    }
    bool is_box = text_in(object, "type") == "bounding_box";
    if (ring.size() < (is_box ? 2u : 3u)) {
      issue(Severity::error, "BAD_ROW", object,
            fmt::format("{} has {} points, which is no outline; left out", text_in(object, "name"),
                        ring.size()));
      return std::nullopt;
    }
    if (is_box) return box_around(ring);
    return Polygon{{std::move(ring)}};
  }

  // The mask is a picture as large as the image, in Masks/<folder>; the box around it stands in the XML.
  std::optional<Shape> read_mask(pugi::xml_node object, std::size_t index) {
    const auto& image = reading_.image(index);
    auto frame = reading_.frame_of(index);
    auto segm = object.child("segm");
    auto given = text_in(segm, "mask");
    std::vector<fs::path> folders = {root_ / "Masks" / folder_, root_ / "Masks"};
    auto mirrored = file_.parent_path().generic_string();
    if (auto at = mirrored.rfind("Annotations"); at != std::string::npos)
      folders.insert(folders.begin(), fs::path(mirrored.replace(at, 11, "Masks")));
    std::string why = fmt::format("the mask '{}' is not there", given);
    for (const auto& folder : folders) {
      if (given.empty() || !fs::is_regular_file(folder / given)) continue;
      try {
        auto picture = mask_of_picture(read_file(folder / given), (folder / given).string());
        if (picture.width != frame.width || picture.height != frame.height)
          issue(Severity::warning, "SIZE_MISMATCH", segm,
                fmt::format("the mask {} is {}x{}, {} is {}x{}", given, picture.width, picture.height,
                            image.name, frame.width, frame.height));
        return placed(picture, 0, 0, frame.width, frame.height);
      } catch (const DataError& error) {
        why = error.what();
      }
      break;
    }
    auto box = segm.child("box");
    std::array<double, 4> numbers{};
    static constexpr const char* kTags[] = {"xmin", "ymin", "xmax", "ymax"};
    for (std::size_t i = 0; i < 4; ++i) {
      auto number = parse_double(text_in(box, kTags[i]));
      if (!number) {
        issue(Severity::error, "BAD_SEGMENTATION", segm, why + "; left out");
        return std::nullopt;
      }
      numbers[i] = *number;
    }
    issue(Severity::error, "BAD_SEGMENTATION", segm, why + "; the box is used");
    return Box{numbers[0], numbers[1], numbers[2], numbers[3]};
  }

  // Whole and parts are one group, numbered from 1.
  static void group(std::vector<XmlObject>& objects) {
    std::vector<std::size_t> leader(objects.size());
    std::iota(leader.begin(), leader.end(), 0);
    auto find = [&](std::size_t i) {
      while (leader[i] != i) i = leader[i];
      return i;
    };
    for (std::size_t i = 0; i < objects.size(); ++i) {
      for (std::size_t k = 0; k < objects.size(); ++k) {
        const auto& related = objects[i].related;
        if (objects[k].id.empty() ||
            std::find(related.begin(), related.end(), objects[k].id) == related.end())
          continue;
        leader[std::max(find(i), find(k))] = std::min(find(i), find(k));
      }
    }
    std::map<std::size_t, std::int64_t> numbers;
    for (std::size_t i = 0; i < objects.size(); ++i) {
      auto size = std::count_if(leader.begin(), leader.end(), [&](std::size_t& at) {
        return find(static_cast<std::size_t>(&at - leader.data())) == find(i);
      });
      if (size < 2) continue;
      auto [number, is_new] = numbers.emplace(find(i), static_cast<std::int64_t>(numbers.size()) + 1);
      objects[i].annotation.group_id = number->second;
    }
  }

  Reading& reading_;
  fs::path root_;
  std::set<std::string>& used_;
  fs::path file_;
  std::optional<XmlFile> xml_;  // the one being read
  std::string folder_;
  std::size_t deleted_ = 0;
};

}  // namespace

bool is_labelme_xml(const std::string& head) {
  if (head.find("<annotation") == std::string::npos) return false;
  for (const auto* sign : {"<pt>", "<segm>", "<imagesize>", "LabelMe Webtool"})
    if (head.find(sign) != std::string::npos) return true;
  return false;
}

void read_labelme_xml(Reading& reading, const fs::path& root, const std::vector<fs::path>& files,
                      std::set<std::string>& used) {
  XmlFiles(reading, root, used).read(files);
}

}  // namespace ds::detail
