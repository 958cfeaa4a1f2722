#include "ds/cli/tool.h"
#include "verbs.h"

int main(int argc, char** argv) {
  ds::Tool tool("ds-train", "train detectors, resume them, watch them", R"(
      Trains one or several detectors from one dataset version and registers the best weights of each as
      a model of the project. Runs can be stopped or killed at any point and continued to the same
      result.)");
  ds::train_tool::add_run(tool);
  ds::train_tool::add_submit(tool);
  ds::train_tool::add_list(tool);
  ds::train_tool::add_rm(tool);
  ds::train_tool::add_show(tool);
  ds::train_tool::add_watch(tool);
  ds::train_tool::add_stop(tool);
  ds::train_tool::add_archs(tool);
  ds::train_tool::add_weights(tool);
  return tool.run(argc, argv);
}
