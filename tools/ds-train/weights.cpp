#include <fmt/format.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "common.h"
#include "common/project.h"
#include "common/text.h"
#include "ds/arch/architecture.h"
#include "ds/base/error.h"
#include "ds/base/text.h"
#include "ds/detect/model_card.h"
#include "ds/train/register_weights.h"
#include "ds/weights/weight_file.h"
#include "verbs.h"

namespace ds::train_tool {
namespace {

std::string shape_text(const std::vector<std::int64_t>& shape) {
  std::vector<std::string> sides;
  for (auto side : shape) sides.push_back(std::to_string(side));
  return "[" + join(sides, ",") + "]";
}

struct InspectFlags {
  std::string file;
};

int inspect(Context& context, const InspectFlags& flags) {
  auto file = read_weight_file(flags.file);
  std::uint64_t bytes = 0;
  std::int64_t elements = 0;
  for (const auto& tensor : file.tensors) {
    bytes += tensor.bytes.size();
    elements += tensor.element_count();
  }
  if (context.shared.json) {
    nlohmann::ordered_json json = {{"file", flags.file}, {"tensors", nlohmann::ordered_json::array()}};
    for (const auto& tensor : file.tensors)
      json["tensors"].push_back({{"name", tensor.name},
                                 {"dtype", to_string(tensor.dtype)},
                                 {"shape", tensor.shape},
                                 {"bytes", tensor.bytes.size()}});
    json["metadata"] = nlohmann::ordered_json::object();
    for (const auto& [key, value] : file.metadata) json["metadata"][key] = value;
    json["elements"] = elements;
    json["bytes"] = bytes;
    context.out.json(json);
    return 0;
  }
  Table table;
  table.column("tensor").column("type").column("shape").column("bytes", Table::Align::right);
  for (const auto& tensor : file.tensors)
    table.row({tensor.name, to_string(tensor.dtype), shape_text(tensor.shape),
               std::to_string(tensor.bytes.size())});
  context.out.text(table.to_text());
  context.out.line(
      fmt::format("{} tensors, {} elements, {}", file.tensors.size(), elements, human_bytes(bytes)));
  for (const auto& [key, value] : file.metadata) context.out.line(fmt::format("{}: {}", key, value));
  return 0;
}

struct ConvertFlags {
  std::string from;
  std::string to;
};

int convert(Context& context, const ConvertFlags& flags) {
  if (std::filesystem::path(flags.to).extension() != ".safetensors")
    throw UsageError(fmt::format("{}: weights are written as .safetensors only", flags.to));
  auto file = read_weight_file(flags.from);
  if (!context.shared.dry_run) write_safetensors(flags.to, file);
  if (context.shared.json)
    context.out.json(
        {{"file", flags.to}, {"tensors", file.tensors.size()}, {"written", !context.shared.dry_run}});
  else
    context.out.line(fmt::format("{}: {} tensors{}", flags.to, file.tensors.size(),
                                 context.shared.dry_run ? " (not written)" : ""));
  return 0;
}

struct RegisterFlags {
  RegisterRequest request;
  std::string classes;
};

int register_model(Context& context, RegisterFlags flags) {
  auto project = tool::open_project(context);
  flags.request.classes =
      flags.classes.empty() ? project.classes().list().names() : read_class_names(flags.classes);
  if (context.shared.dry_run) {
    return tool::would(context, fmt::format("register {}", flags.request.weights),
                       {{"file", flags.request.weights}, {"arch", flags.request.arch}});
  }
  auto model = ds::register_weights(project, flags.request);
  if (context.shared.json)
    context.out.json({{"model", model.id}, {"name", model.name}, {"folder", model.folder.string()}});
  else
    context.out.line(fmt::format("registered {} as {}", model.id, model.name));
  return 0;
}

void add_register(Tool& tool) {
  auto& verb = tool.verb("weights register", "put a weight file into the project's model registry");
  verb.honours({Shared::project, Shared::json, Shared::dry_run});
  auto& flags = verb.keep<RegisterFlags>();
  verb.argument("file", flags.request.weights,
                ".safetensors or .pth under the architecture's official names");
  verb.options()
      .add("arch", flags.request.arch, "architecture of the weights", "NAME")
      .add("classes", flags.classes, "file with one class a line, in training order; default: the project's",
           "FILE")
      .add("input-size", flags.request.input_size, "416 or 416x320; default: the architecture's", "SIZE")
      .add("name", flags.request.name, "name of the model; default: the file's", "NAME");
  flags.request.arch = kDefaultArchitecture;
  verb.example("ds-train weights register yolox_nano_coco.safetensors --arch yolox-nano --classes coco.txt");
  verb.run([&flags](Context& context) { return register_model(context, flags); });
}

}  // namespace

void add_weights(Tool& tool) {
  auto& verb = tool.verb("weights inspect", "what a weight file holds; nothing in it is executed");
  verb.honours({Shared::json, Shared::dry_run});
  auto& flags = verb.keep<InspectFlags>();
  verb.argument("file", flags.file, ".safetensors, or .pth as torch.save writes it");
  verb.example("ds-train weights inspect yolox_nano.pth");
  verb.run([&flags](Context& context) { return inspect(context, flags); });

  auto& conversion = tool.verb("weights convert", "rewrite a .pth as .safetensors");
  conversion.honours({Shared::json, Shared::dry_run});
  auto& convert_flags = conversion.keep<ConvertFlags>();
  conversion.argument("from", convert_flags.from, "weight file to read");
  conversion.argument("to", convert_flags.to, ".safetensors file to write");
  conversion.example("ds-train weights convert yolox_nano.pth yolox_nano.safetensors");
  conversion.run([&convert_flags](Context& context) { return convert(context, convert_flags); });
  add_register(tool);
}

}  // namespace ds::train_tool
