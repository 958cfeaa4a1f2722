#include "ds/train/architecture_info.h"

#include <fmt/format.h>

#include "common.h"
#include "verbs.h"

namespace ds::train_tool {
namespace {

struct ArchsFlags {
  bool measure = false;
};

int archs(Context& context, const ArchsFlags& flags) {
  auto all = list_architectures(flags.measure);
  if (context.shared.json) {
    for (const auto& info : all) {
      nlohmann::ordered_json json = {{"arch", info.name},
                                     {"summary", info.summary},
                                     {"input_width", info.input_width},
                                     {"input_height", info.input_height}};
      if (flags.measure) json["parameters"] = info.parameters;
      if (flags.measure) json["gflops"] = info.gflops;
      context.out.json_line(json);
    }
    return 0;
  }
  Table table;
  table.column("architecture").column("input");
  if (flags.measure) table.column("parameters", Table::Align::right).column("GFLOPs", Table::Align::right);
  table.column("summary");
  for (const auto& info : all) {
    std::vector<std::string> cells = {info.name, fmt::format("{}x{}", info.input_width, info.input_height)};
    if (flags.measure) {
      cells.push_back(std::to_string(info.parameters));
      cells.push_back(fmt::format("{:.2f}", info.gflops));
    }
    cells.push_back(info.summary);
    table.row(std::move(cells));
  }
  context.out.text(table.to_text());
  return 0;
}

}  // namespace

void add_archs(Tool& tool) {
  auto& verb = tool.verb("archs", "the architectures that can be trained");
  auto& flags = verb.keep<ArchsFlags>();
  verb.options().add("measure", flags.measure,
                     "also parameters and operations for 80 classes; takes seconds");
  verb.example("ds-train archs").example("ds-train archs --measure --json");
  verb.run([&flags](Context& context) { return archs(context, flags); });
}

}  // namespace ds::train_tool
