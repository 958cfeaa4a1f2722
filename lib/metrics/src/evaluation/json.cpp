#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "ds/base/error.h"
#include "ds/metrics/evaluation.h"

namespace ds {

namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kFormatName = "ds-evaluation";

Json number(const std::optional<double>& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json to_json(const CocoNumbers& numbers) {
  Json json = Json::object();
  for (int n = 0; n < kCocoNumberCount; ++n) json[coco_number_names()[n]] = numbers.values[n];
  return json;
}

/// The counts, and what follows from them for readers that do not want to divide.
Json to_json(const DetectionCounts& c) {
  return {{"tp", c.tp},
          {"fp", c.fp},
          {"fn", c.fn},
          {"precision", number(c.precision())},
          {"recall", number(c.recall())},
          {"f1", number(c.f1())},
          {"accuracy", number(c.accuracy())},
          {"error_rate", number(c.error_rate())},
          {"fp_share", number(c.fp_share())},
          {"fn_share", number(c.fn_share())}};
}

Json model_json(const EvaluatedModel& m) {
  return {{"id", m.id},
          {"name", m.name},
          {"architecture", m.architecture},
          {"parameters", m.parameters},
          {"file_bytes", m.file_bytes}};
}

Json data_json(const EvaluatedData& d) {
  return {
      {"name", d.name},     {"snapshot", d.snapshot}, {"split", d.split},     {"fingerprint", d.fingerprint},
      {"images", d.images}, {"groups", d.groups},     {"objects", d.objects}, {"detections", d.detections}};
}

Json inference_json(const InferenceSettings& s) {
  return {{"engine", s.engine},
          {"input_width", s.input_width},
          {"input_height", s.input_height},
          {"score_threshold", s.score_threshold},
          {"nms_iou", s.nms_iou},
          {"max_per_image", s.max_per_image},
          {"threads", s.threads}};
}

Json machine_json(const EvaluatedMachine& m) {
  if (m == EvaluatedMachine{}) return nullptr;
  return {{"cpu", m.cpu}, {"processors", m.processors}, {"threads", m.threads}};
}

Json latency_json(const std::optional<Latency>& l) {
  if (!l) return nullptr;
  return {{"images", l->images},
          {"p50_ms", l->p50_ms},
          {"p95_ms", l->p95_ms},
          {"mean_ms", l->mean_ms},
          {"peak_memory_bytes", l->peak_memory_bytes},
          {"model_memory_bytes", l->model_memory_bytes},
          {"together", l->together}};
}

Json operating_json(const Evaluation& e) {
  Json json = {{"threshold", e.operating.threshold}, {"chosen_on_this_set", e.operating.chosen_on_this_set}};
  json.update(to_json(e.operating.all));
  json["rmse"] = number(e.edges.rmse);
  json["rmse_px"] = number(e.edges.rmse_px);
  json["pairs"] = e.edges.pairs;
  for (std::size_t s = 0; s < e.operating.sizes.size(); ++s)
    json["sizes"][area_ranges()[s + 1].name] = to_json(e.operating.sizes[s]);
  return json;
}

Json classes_json(const Evaluation& e) {
  Json classes = Json::array();
  for (std::size_t c = 0; c < e.class_names.size(); ++c) {
    const auto& one = e.precision.classes[c];
    classes.push_back({{"name", e.class_names[c]},
                       {"objects", one.objects},
                       {"coco", to_json(one.numbers)},
                       {"operating", to_json(e.operating.classes[c])},
                       {"precision50", one.precision50}});
  }
  return classes;
}

/// Reading: every failure names the member.
class Reader {
 public:
  Reader(const Json& json, std::string file, std::string pointer)
      : json_(json), file_(std::move(file)), pointer_(std::move(pointer)) {}

  [[noreturn]] void fail(const std::string& message) const {
    Location where{file_};
    where.pointer = pointer_;
    throw FormatError(where, message);
  }
  Reader at(const std::string& key) const {
    if (!json_.is_object() || !json_.contains(key)) fail(fmt::format("no '{}'", key));
    return {json_.at(key), file_, pointer_ + "/" + key};
  }
  /// Members that came later than the format.
  bool has(const std::string& key) const { return json_.is_object() && json_.contains(key); }
  Reader at(std::size_t i) const { return {json_.at(i), file_, fmt::format("{}/{}", pointer_, i)}; }
  std::size_t size() const {
    if (!json_.is_array()) fail("expected a list");
    return json_.size();
  }
  bool is_null() const { return json_.is_null(); }
  template <typename T>
  T as() const {
    try {
      return json_.get<T>();
    } catch (const nlohmann::json::exception&) {
      fail(fmt::format("found {}, expected another type", json_.type_name()));
    }
  }
  template <typename T>
  void into(const std::string& key, T& field) const {
    field = at(key).as<T>();
  }
  template <typename T>
  void into(const std::string& key, std::optional<T>& field) const {
    const auto value = at(key);
    field = value.is_null() ? std::nullopt : std::optional(value.as<T>());
  }

 private:
  const Json& json_;
  std::string file_;
  std::string pointer_;
};

CocoNumbers read_numbers(const Reader& r) {
  CocoNumbers numbers;
  for (int n = 0; n < kCocoNumberCount; ++n) r.into(coco_number_names()[n], numbers.values[n]);
  return numbers;
}

DetectionCounts read_counts(const Reader& r) {
  return {r.at("tp").as<std::int64_t>(), r.at("fp").as<std::int64_t>(), r.at("fn").as<std::int64_t>()};
}

void read_facts(const Reader& r, Evaluation& e) {
  const auto m = r.at("model");
  m.into("id", e.model.id);
  m.into("name", e.model.name);
  m.into("architecture", e.model.architecture);
  m.into("parameters", e.model.parameters);
  m.into("file_bytes", e.model.file_bytes);
  const auto d = r.at("data");
  d.into("name", e.data.name);
  d.into("snapshot", e.data.snapshot);
  d.into("split", e.data.split);
  d.into("fingerprint", e.data.fingerprint);
  d.into("images", e.data.images);
  d.into("groups", e.data.groups);
  d.into("objects", e.data.objects);
  d.into("detections", e.data.detections);
  const auto s = r.at("inference");
  s.into("engine", e.inference.engine);
  s.into("input_width", e.inference.input_width);
  s.into("input_height", e.inference.input_height);
  s.into("score_threshold", e.inference.score_threshold);
  s.into("nms_iou", e.inference.nms_iou);
  s.into("max_per_image", e.inference.max_per_image);
  s.into("threads", e.inference.threads);
  if (r.has("machine") && !r.at("machine").is_null()) {
    const auto machine = r.at("machine");
    machine.into("cpu", e.machine.cpu);
    machine.into("processors", e.machine.processors);
    machine.into("threads", e.machine.threads);
  }
  if (const auto l = r.at("latency"); !l.is_null()) {
    e.latency.emplace();
    l.into("images", e.latency->images);
    l.into("p50_ms", e.latency->p50_ms);
    l.into("p95_ms", e.latency->p95_ms);
    l.into("mean_ms", e.latency->mean_ms);
    l.into("peak_memory_bytes", e.latency->peak_memory_bytes);
    if (l.has("model_memory_bytes")) l.into("model_memory_bytes", e.latency->model_memory_bytes);
    if (l.has("together")) l.into("together", e.latency->together);
  }
}

void read_operating(const Reader& r, Evaluation& e) {
  r.into("threshold", e.operating.threshold);
  r.into("chosen_on_this_set", e.operating.chosen_on_this_set);
  e.operating.all = read_counts(r);
  for (int a = 1; a < kAreaCount; ++a)
    e.operating.sizes.push_back(read_counts(r.at("sizes").at(area_ranges()[a].name)));
  r.into("rmse", e.edges.rmse);
  r.into("rmse_px", e.edges.rmse_px);
  r.into("pairs", e.edges.pairs);
}

void read_classes(const Reader& r, Evaluation& e) {
  for (std::size_t c = 0; c < r.size(); ++c) {
    const auto one = r.at(c);
    e.class_names.push_back(one.at("name").as<std::string>());
    e.operating.classes.push_back(read_counts(one.at("operating")));
    ClassAveragePrecision ap;
    one.into("objects", ap.objects);
    ap.numbers = read_numbers(one.at("coco"));
    one.into("precision50", ap.precision50);
    e.precision.classes.push_back(ap);
  }
}

void read_intervals(const Reader& r, Evaluation& e) {
  r.into("resamples", e.resamples);
  for (int n = 0; n < kBootstrapNumberCount; ++n) {
    const auto one = r.at(coco_number_names()[n]);
    if (one.is_null()) continue;
    const auto ends = one.as<std::array<double, 2>>();
    e.intervals[n] = Interval{ends[0], ends[1]};
  }
}

}  // namespace

nlohmann::ordered_json to_json(const Evaluation& e) {
  Json intervals = {{"resamples", e.resamples}};
  for (int n = 0; n < kBootstrapNumberCount; ++n)
    intervals[coco_number_names()[n]] =
        e.intervals[n] ? Json::array({e.intervals[n]->low, e.intervals[n]->high}) : Json(nullptr);
  return {{"format", kFormatName},
          {"version", Evaluation::kVersion},
          {"created_at", e.created_at},
          {"tool_version", e.tool_version},
          {"model", model_json(e.model)},
          {"data", data_json(e.data)},
          {"inference", inference_json(e.inference)},
          {"machine", machine_json(e.machine)},
          {"latency", latency_json(e.latency)},
          {"coco", to_json(e.precision.numbers)},
          {"intervals_95", intervals},
          {"operating", operating_json(e)},
          {"classes", classes_json(e)},
          {"curves", {{"precision50", e.precision.precision50}, {"precision", e.precision.precision}}},
          {"confusion", {{"classes", e.confusion.class_count}, {"cells", e.confusion.cells}}},
          {"warnings", e.warnings}};
}

Evaluation evaluation_from_json(const std::string& text, const std::string& file) {
  Json json;
  try {
    json = Json::parse(text);
  } catch (const nlohmann::json::parse_error& error) {
    Location where{file};
    where.offset = static_cast<std::int64_t>(error.byte);
    throw FormatError(where, "broken JSON");
  } catch (const nlohmann::json::out_of_range&) {
    throw FormatError({file}, "a number in it is larger than a double can hold");
  }
  const Reader r(json, file, "");
  if (r.at("format").as<std::string>() != kFormatName) r.fail(fmt::format("'format' is not {}", kFormatName));
  if (const auto version = r.at("version").as<int>(); version > Evaluation::kVersion)
    throw FormatError(
        {file},
        fmt::format("version {} of the format; this ds reads up to {}", version, Evaluation::kVersion),
        "use a newer ds, or evaluate again with this one");
  Evaluation e;
  r.into("created_at", e.created_at);
  r.into("tool_version", e.tool_version);
  read_facts(r, e);
  e.precision.numbers = read_numbers(r.at("coco"));
  read_intervals(r.at("intervals_95"), e);
  read_operating(r.at("operating"), e);
  read_classes(r.at("classes"), e);
  r.at("curves").into("precision50", e.precision.precision50);
  r.at("curves").into("precision", e.precision.precision);
  r.at("confusion").into("classes", e.confusion.class_count);
  r.at("confusion").into("cells", e.confusion.cells);
  const auto side = e.confusion.class_count + 1;
  if (!e.confusion.cells.empty() && e.confusion.cells.size() != side * side)
    r.at("confusion")
        .fail(fmt::format("{} cells for {} classes", e.confusion.cells.size(), e.confusion.class_count));
  r.into("warnings", e.warnings);
  return e;
}

}  // namespace ds
