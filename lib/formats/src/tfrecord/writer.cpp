// Writes TFRecord files of tf.train.Example, one a split, and the label map. Ids begin at 1:
// 0 is the background.
#include "tfrecord/writer.h"

#include <fmt/format.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/text_format.h>

#include <charconv>
#include <map>
#include <nlohmann/json.hpp>
#include <ostream>

#include "ds/base/hash.h"
#include "ds/base/text.h"
#include "ds/media/image_header.h"
#include "ds/tfrecord/records.h"
#include "shared/losses.h"
#include "shared/pictures/mask_pixels.h"
#include "tfrecord/tf_example.pb.h"

namespace ds::detail {

namespace {

using nlohmann::json;

// The number that the reader takes the float32 for.
double as_read(double value) {
  char text[32];
  auto end = std::to_chars(text, text + sizeof text, static_cast<float>(value)).ptr;
  return parse_double({text, static_cast<std::size_t>(end - text)}).value_or(value);
}

class ExampleBuilder {
 public:
  void bytes(const std::string& name, std::string value) {
    list(name).mutable_bytes_list()->add_value(std::move(value));
  }
  void integer(const std::string& name, std::int64_t value) {
    list(name).mutable_int64_list()->add_value(value);
  }
  void number(const std::string& name, double value) {
    list(name).mutable_float_list()->add_value(static_cast<float>(value));
  }
  std::string serialized() const {
    std::string data;
    {
      google::protobuf::io::StringOutputStream stream(&data);
      google::protobuf::io::CodedOutputStream coded(&stream);
      coded.SetSerializationDeterministic(true);  // maps have no order of their own
      example_.SerializeToCodedStream(&coded);
    }
    return data;
  }

 private:
  tf::Feature& list(const std::string& name) {
    return (*example_.mutable_features()->mutable_feature())[name];
  }
  tf::Example example_;
};

std::string attributes_text(const std::map<std::string, std::string>& attributes) {
  return json(attributes).dump(-1, ' ', false, json::error_handler_t::replace);
}

// Which lists a file needs: one for all of its pictures, so that they look alike.
struct Lists {
  bool truncated = false, occluded = false, score = false, track = false, attributes = false, mask = false;
  explicit Lists(const Dataset& dataset) {
    for (const auto& image : dataset.images) {
      for (const auto& a : image.annotations) {
        truncated = truncated || a.truncated;
        occluded = occluded || a.occluded;
        score = score || a.score;
        track = track || a.track_id;
        attributes = attributes || !a.attributes.empty();
        mask = mask || std::holds_alternative<RunLengthMask>(a.shape);
      }
    }
  }
};

void add_object(ExampleBuilder& example, const Annotation& a, const Image& image, const ClassList& classes,
                const Lists& lists) {
  auto box = a.box();
  example.number("image/object/bbox/xmin", box.x0 / image.width);
  example.number("image/object/bbox/ymin", box.y0 / image.height);
  example.number("image/object/bbox/xmax", box.x1 / image.width);
  example.number("image/object/bbox/ymax", box.y1 / image.height);
  example.integer("image/object/class/label", a.class_idx + 1);
  example.bytes("image/object/class/text", classes[a.class_idx].name);
  example.integer("image/object/difficult", a.difficult);
  example.integer("image/object/is_crowd", a.crowd);
  example.number("image/object/area", a.area.value_or(area_of(a.shape)));
  auto tri_state = [](const std::optional<double>& value) { return !value ? -1 : *value != 0 ? 1 : 0; };
  if (lists.truncated) example.integer("image/object/truncated", tri_state(a.truncated));
  if (lists.occluded) example.integer("image/object/occluded", tri_state(a.occluded));
  if (lists.score) example.number("image/object/class/confidence", a.score.value_or(-1));
  if (lists.track) example.integer("image/object/track/label", a.track_id.value_or(-1));
  if (lists.attributes)
    example.bytes("image/object/attributes", a.attributes.empty() ? "" : attributes_text(a.attributes));
  if (!lists.mask) return;
  std::string png;
  const auto* mask = std::get_if<RunLengthMask>(&a.shape);
  if (mask != nullptr && mask->area() > 0)
    png = picture_of_mask(*mask,
                          Box{0, 0, static_cast<double>(mask->width), static_cast<double>(mask->height)});
  example.bytes("image/object/mask", std::move(png));
}

std::string format_of(const std::string& bytes, const std::string& name) {
  if (bytes.empty()) return "";
  return to_string(read_image_header(bytes, name).format);
}

std::string example_of(const Dataset& dataset, const Image& image, const Lists& lists,
                       const std::string& bytes) {
  ExampleBuilder example;
  example.bytes("image/filename", image.name);
  example.bytes("image/source_id", image.name);
  example.integer("image/width", image.width);
  example.integer("image/height", image.height);
  example.bytes("image/encoded", bytes);
  example.bytes("image/format", format_of(bytes, image.name));
  example.bytes("image/key/sha256", bytes.empty() ? image.sha256 : sha256_hex(bytes));
  for (const auto& annotation : image.annotations)
    add_object(example, annotation, image, dataset.classes, lists);
  for (const auto& tag : image.tags) {
    example.bytes("image/class/text", dataset.classes[tag.class_idx].name);
    example.integer("image/class/label", tag.class_idx + 1);
    example.number("image/class/confidence", tag.present ? 1 : 0);
  }
  if (!image.attributes.empty()) example.bytes("image/attributes", attributes_text(image.attributes));
  if (image.annotations.empty() && image.state != ImageState::unlabelled)
    example.integer("image/reviewed", 1);
  return example.serialized();
}

std::string label_map(const ClassList& classes) {
  tf::LabelMap map;
  for (int i = 0; i < classes.size(); ++i) {
    auto* item = map.add_item();
    item->set_name(classes[i].name);
    item->set_id(i + 1);
  }
  google::protobuf::TextFormat::Printer printer;
  printer.SetUseUtf8StringEscaping(true);
  std::string text;
  printer.PrintToString(map, &text);
  return text;
}

void count_own_losses(const Dataset& dataset, LossReport& losses) {
  for (const auto& image : dataset.images) {
    for (const auto& a : image.annotations) {
      if (a.score && as_read(*a.score) != *a.score) losses.add("score", "rounded to 7 digits");
      if (a.score && *a.score < 0) losses.add("score", "rounded to 7 digits");
      if (a.track_id && *a.track_id < 0) losses.add("track", "lose it");
      const auto* mask = std::get_if<RunLengthMask>(&a.shape);
      if (mask != nullptr && mask->area() == 0) losses.add("mask", "become their bounding box");
    }
  }
}

}  // namespace

WrittenDataset write_tfrecord(const Dataset& dataset, const WriteOptions&) {
  WrittenDataset written;
  Lists lists(dataset);
  std::map<Split, std::vector<std::size_t>> by_split;
  for (std::size_t i = 0; i < dataset.images.size(); ++i) by_split[dataset.images[i].split].push_back(i);
  for (const auto& [split, images] : by_split) {
    written.streams[to_string(split) + ".tfrecord"] = [&dataset, lists, indexes = images](
                                                          std::ostream& out, const ImageBytes& bytes) {
      for (auto index : indexes)
        write_tf_record(out, example_of(dataset, dataset.images[index], lists, bytes(index)));
    };
  }
  written.texts["label_map.pbtxt"] = label_map(dataset.classes);
  FormatHolds holds{.shapes = {"box", "mask"},
                    .crowd = true,
                    .difficult = true,
                    .truncated = FormatHolds::yes_or_no,
                    .occluded = FormatHolds::yes_or_no,
                    .score = true,
                    .track = true,
                    .attributes = true,
                    .tags = true,
                    .absent_tags = true,
                    .image_attributes = true};
  count_losses(dataset, holds, written.losses);
  count_own_losses(dataset, written.losses);
  return written;
}

}  // namespace ds::detail
