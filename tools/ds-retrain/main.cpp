#include "ds/cli/tool.h"
#include "verbs.h"

int main(int argc, char** argv) {
  ds::Tool tool("ds-retrain", "turn what production sees into better models",
                "Collects captured requests, waits for their labels, trains a challenger, measures it "
                "against the champion\n"
                "on the same frozen test set, promotes it when the gate says so, watches it, and rolls back "
                "by itself.\n"
                "`ds-retrain run` from cron is all it takes; it never waits for people.");
  ds::retrain::add_init(tool);
  ds::retrain::add_collect(tool);
  ds::retrain::add_status(tool);
  ds::retrain::add_tick(tool);
  ds::retrain::add_run(tool);
  ds::retrain::add_explain(tool);
  ds::retrain::add_promote(tool);
  ds::retrain::add_rollback(tool);
  ds::retrain::add_resume(tool);
  ds::retrain::add_log(tool);
  ds::retrain::add_schedule(tool);
  ds::retrain::add_forget(tool);
  return tool.run(argc, argv);
}
