#include <fmt/format.h>

#include <optional>

#include "common.h"
#include "ds/arch/architecture.h"
#include "ds/nn/networks.h"
#include "verbs.h"

namespace ds::train_tool {
namespace {

struct ArchsFlags {
  bool measure = false;
};

int archs(Context& context, const ArchsFlags& flags) {
  constexpr int kCocoClasses = 80;
  Table table;
  table.column("architecture").column("input");
  if (flags.measure) table.column("parameters", Table::Align::right).column("GFLOPs", Table::Align::right);
  table.column("summary");
  for (const auto& [name, summary, architecture] : architectures().entries()) {
    std::optional<NetworkCost> cost;
    if (flags.measure) cost = cost_of_network(name, kCocoClasses);
    const double gflops = cost ? static_cast<double>(cost->operations) / 1e9 : 0;
    if (context.shared.json) {
      nlohmann::ordered_json json = {{"arch", name},
                                     {"summary", summary},
                                     {"input_width", architecture.default_width},
                                     {"input_height", architecture.default_height}};
      if (cost) json["parameters"] = cost->parameters;
      if (cost) json["gflops"] = gflops;
      context.out.json_line(json);
      continue;
    }
    std::vector<std::string> cells = {
        name, fmt::format("{}x{}", architecture.default_width, architecture.default_height)};
    if (cost) {
      cells.push_back(std::to_string(cost->parameters));
      cells.push_back(fmt::format("{:.2f}", gflops));
    }
    cells.push_back(summary);
    table.row(std::move(cells));
  }
  if (!context.shared.json) context.out.text(table.to_text());
  return 0;
}

}  // namespace

void add_archs(Tool& tool) {
  auto& verb = tool.verb("archs", "the architectures that can be trained");
  verb.honours({Shared::json, Shared::dry_run});
  auto& flags = verb.keep<ArchsFlags>();
  verb.options().add("measure", flags.measure,
                     "also parameters and operations for 80 classes; takes seconds");
  verb.example("ds-train archs").example("ds-train archs --measure --json");
  verb.run([&flags](Context& context) { return archs(context, flags); });
}

}  // namespace ds::train_tool
