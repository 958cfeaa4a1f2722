#include "ds/labeling/queue.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "common/project.h"
#include "ds/base/text.h"
#include "ds/labeling/proposals.h"
#include "options.h"
#include "verbs.h"

namespace ds::label_tool {
namespace {

struct QueueFlags {
  std::string where = "status!=done and status!=rejected";
  std::string order = "name";
  int amount = 20;
};

}  // namespace

void add_queue(Tool& tool) {
  auto& verb = tool.verb("queue", "in which order images are worth looking at");
  verb.honours({Shared::project, Shared::json, Shared::seed, Shared::dry_run});
  auto& o = verb.keep<QueueFlags>();
  std::string orders = "Orders:";
  for (const auto& entry : queue_orders().entries())
    orders += fmt::format(" {} ({});", entry.name, entry.summary);
  orders.back() = '.';
  verb.describe(orders);
  verb.options()
      .add("where", o.where, "images to order", "FILTER")
      .choice("order", o.order, queue_orders().names(), "which first")
      .add("amount", o.amount, "how many; 0: all")
      .at_least(0);
  verb.example("ds-label queue --order diverse --amount 10");
  verb.run([&o](Context& context) {
    auto project = tool::open_project(context);
    QueueInput input{project, context.shared.seed, context.progress,
                     static_cast<std::size_t>(std::max(o.amount, 0))};
    Table table;
    table.column("image").column("state").column("proposals", Table::Align::right);
    table.column("priority", Table::Align::right);
    auto images = select_images(project, {{}, o.where}, WithAnnotations::yes, true);
    for (const auto& item : order_images(o.order, std::move(images), input)) {
      auto proposals = proposal_count(item.image);
      if (context.shared.json)
        context.out.json_line({{"image", item.image.name},
                               {"status", to_string(item.image.state)},
                               {"proposals", proposals},
                               {"priority", item.priority}});
      else
        table.row({item.image.name, to_string(item.image.state), std::to_string(proposals),
                   fmt::format("{:.4f}", item.priority)});
    }
    if (!context.shared.json) context.out.text(table.to_text());
    return 0;
  });
}

}  // namespace ds::label_tool
