#include "cvat/file.h"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>

#include "cvat/shape.h"
#include "ds/base/text.h"

namespace ds::detail {
namespace fs = std::filesystem;

namespace {

std::string text_in(pugi::xml_node node) {
  return std::string(trim(node.child_value()));
}

std::optional<Reading::Declared> size_of(pugi::xml_node node) {
  auto width = parse_int(text_in(node.child("width")));
  auto height = parse_int(text_in(node.child("height")));
  if (!width || !height || *width <= 0 || *height <= 0 || *width > 1'000'000 || *height > 1'000'000)
    return std::nullopt;
  return Reading::Declared{static_cast<int>(*width), static_cast<int>(*height)};
}

CvatTask task_of(pugi::xml_node node, pugi::xml_node meta) {
  CvatTask task{.id = text_in(node.child("id")),
                .name = text_in(node.child("name")),
                .subset = text_in(node.child("subset")),
                .source = text_in(node.child("source"))};
  if (task.source.empty()) task.source = text_in(meta.child("source"));
  task.is_video = text_in(node.child("mode")) == "interpolation";
  task.start = parse_int(text_in(node.child("start_frame")));
  task.stop = parse_int(text_in(node.child("stop_frame")));
  auto filter = text_in(node.child("frame_filter"));
  if (auto at = filter.find("step="); at != std::string::npos)
    task.step = std::max<std::int64_t>(1, parse_int(trim(filter.substr(at + 5))).value_or(1));
  auto size = parse_int(text_in(node.child("size")));
  if (!task.stop && size && *size > 0 && *size < 10'000'000)
    task.stop = task.start.value_or(0) + (*size - 1) * task.step;
  task.size = size_of(node.child("original_size"));
  if (!task.size) task.size = size_of(meta.child("original_size"));
  return task;
}

ClassInfo* find_label(std::vector<ClassInfo>& labels, const std::string& name) {
  auto found = std::find_if(labels.begin(), labels.end(), [&](const auto& l) { return l.name == name; });
  return found == labels.end() ? nullptr : &*found;
}

// The drawing of a skeleton joins its circles by lines.
void read_joints(const std::string& svg, ClassInfo& info) {
  pugi::xml_document drawing;
  if (!drawing.load_string(("<svg>" + svg + "</svg>").c_str())) return;
  std::map<std::string, int> points;  // by the drawing's node id
  for (auto circle : drawing.child("svg").children("circle")) {
    auto name = std::string(circle.attribute("data-label-name").value());
    auto at = std::find(info.key_points.begin(), info.key_points.end(), name);
    if (at != info.key_points.end())
      points[circle.attribute("data-node-id").value()] = static_cast<int>(at - info.key_points.begin());
  }
  for (auto line : drawing.child("svg").children("line")) {
    auto from = points.find(line.attribute("data-node-from").value());
    auto to = points.find(line.attribute("data-node-to").value());
    if (from != points.end() && to != points.end()) info.skeleton.emplace_back(from->second, to->second);
  }
}

void read_labels(pugi::xml_node labels, std::vector<ClassInfo>& known) {
  for (auto label : labels.children("label")) {
    auto name = text_in(label.child("name"));
    if (name.empty() || label.child("parent") || find_label(known, name)) continue;
    known.push_back({.name = name, .color = text_in(label.child("color"))});
  }
  for (auto label : labels.children("label")) {
    auto* parent = find_label(known, text_in(label.child("parent")));
    auto name = text_in(label.child("name"));
    if (parent == nullptr || name.empty()) continue;
    auto& points = parent->key_points;
    if (std::find(points.begin(), points.end(), name) == points.end()) points.push_back(name);
  }
  for (auto label : labels.children("label")) {
    auto* info = find_label(known, text_in(label.child("name")));
    if (info && !label.child("parent") && info->skeleton.empty())
      read_joints(label.child("svg").child_value(), *info);
  }
}

// Labels of shapes that <meta> does not name, and key points of skeletons that it does not list.
void read_used_labels(pugi::xml_node node, const std::string& label, std::vector<ClassInfo>& known) {
  auto name = label.empty() ? kCvatNoLabel : label;
  auto* info = find_label(known, name);
  if (info == nullptr) info = &known.emplace_back(ClassInfo{.name = name});
  for (auto child : node.children("points")) {
    std::string point = child.attribute("label").value();
    if (std::string(node.name()) != "skeleton" || point.empty()) continue;
    auto& points = info->key_points;
    if (std::find(points.begin(), points.end(), point) == points.end()) points.push_back(point);
  }
}

}  // namespace

const CvatTask* CvatMeta::task(const std::string& id) const {
  for (const auto& task : tasks)
    if (!id.empty() && task.id == id) return &task;
  return tasks.size() == 1 ? &tasks.front() : nullptr;
}

CvatMeta read_cvat_meta(pugi::xml_node annotations) {
  CvatMeta result;
  auto meta = annotations.child("meta");
  result.by_ds = text_in(meta.child("dumper")) == "ds";
  for (const auto& word : split_words(text_in(meta.child("reviewed_frames"))))
    if (auto frame = parse_int(word)) result.reviewed_frames.push_back(*frame);
  for (auto* kind : {"task", "job", "project"}) {
    auto node = meta.child(kind);
    if (!node) continue;
    read_labels(node.child("labels"), result.labels);
    if (std::string(kind) != "project") {
      result.tasks.push_back(task_of(node, meta));
    } else {
      for (auto task : node.child("tasks").children("task")) result.tasks.push_back(task_of(task, meta));
    }
  }
  result.declared = result.labels.size();
  for (auto entry : annotations.children()) {
    bool is_track = std::string(entry.name()) == "track";
    for (auto shape : entry.children()) {
      bool is_tag = std::string(shape.name()) == "tag";
      if (is_tag || is_cvat_shape(shape.name()))
        read_used_labels(shape, (is_track ? entry : shape).attribute("label").value(), result.labels);
    }
  }
  return result;
}

void add_cvat_labels(pugi::xml_node parent, const ClassList& classes,
                     const std::map<int, std::map<std::string, std::vector<std::string>>>& attributes) {
  auto add = [](pugi::xml_node node, const char* tag, const std::string& text) {
    node.append_child(tag).append_child(pugi::node_pcdata).set_value(text.c_str());
  };
  auto labels = parent.append_child("labels");
  for (int i = 0; i < classes.size(); ++i) {
    const auto& info = classes[i];
    if (info.name == kCvatNoLabel) continue;
    auto label = labels.append_child("label");
    add(label, "name", info.name);
    add(label, "color", info.color);
    add(label, "type", info.key_points.empty() ? "any" : "skeleton");
    auto list = label.append_child("attributes");
    if (auto found = attributes.find(i); found != attributes.end()) {
      for (const auto& [name, values] : found->second) {
        bool flags = std::all_of(values.begin(), values.end(),
                                 [](const auto& value) { return value == "true" || value == "false"; });
        auto attribute = list.append_child("attribute");
        add(attribute, "name", name);
        add(attribute, "mutable", "True");
        add(attribute, "input_type", flags ? "checkbox" : "text");
        add(attribute, "default_value", flags ? "false" : "");
        add(attribute, "values", flags ? "false" : "");
      }
    }
    if (info.key_points.empty()) continue;
    std::ostringstream svg;
    for (auto [from, to] : info.skeleton)
      svg << fmt::format(R"(<line data-type="edge" data-node-from="{}" data-node-to="{}"/>)", from + 1,
                         to + 1);
    pugi::xml_document drawing;
    for (std::size_t k = 0; k < info.key_points.size(); ++k) {
      auto circle = drawing.append_child("circle");
      circle.append_attribute("data-type").set_value("element node");
      circle.append_attribute("data-node-id").set_value(static_cast<unsigned>(k + 1));
      circle.append_attribute("data-label-name").set_value(info.key_points[k].c_str());
    }
    drawing.save(svg, "", pugi::format_raw | pugi::format_no_declaration);
    add(label, "svg", svg.str());
    for (const auto& point : info.key_points) {
      auto sub = labels.append_child("label");
      add(sub, "name", point);
      add(sub, "type", "points");
      sub.append_child("attributes");
      add(sub, "parent", info.name);
    }
  }
}

bool is_plain_name(const std::string& text) {
  return !text.empty() && text != "." && text != ".." && text.find_first_of("/\\") == std::string::npos;
}

std::optional<std::int64_t> cvat_frame_number(const std::string& name) {
  auto stem = fs::path(name).stem().string();
  constexpr std::size_t kPrefix = 6;  // "frame_"
  if (!stem.starts_with("frame_") || stem.size() < kPrefix + 6 || stem.size() > kPrefix + 15)
    return std::nullopt;
  auto digits = stem.substr(kPrefix);
  if (!std::all_of(digits.begin(), digits.end(), [](char c) { return c >= '0' && c <= '9'; }))
    return std::nullopt;
  return parse_int(digits);
}

}  // namespace ds::detail
