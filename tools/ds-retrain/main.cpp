#include "ds/cli/tool.h"
#include "verbs.h"

int main(int argc, char** argv) {
  ds::Tool tool("ds-retrain", "turn what production sees into better models", R"(
      Collects captured requests, waits for their labels, trains a challenger, measures it against the
      champion on the same frozen test set, promotes it when the gate says so, watches it, and rolls
      back by itself. `ds-retrain run` from cron is all it takes; it never waits for people.)");
  ds::retrain_tool::add_init(tool);
  ds::retrain_tool::add_collect(tool);
  ds::retrain_tool::add_status(tool);
  ds::retrain_tool::add_tick(tool);
  ds::retrain_tool::add_run(tool);
  ds::retrain_tool::add_explain(tool);
  ds::retrain_tool::add_promote(tool);
  ds::retrain_tool::add_rollback(tool);
  ds::retrain_tool::add_resume(tool);
  ds::retrain_tool::add_log(tool);
  ds::retrain_tool::add_schedule(tool);
  ds::retrain_tool::add_forget(tool);
  return tool.run(argc, argv);
}
