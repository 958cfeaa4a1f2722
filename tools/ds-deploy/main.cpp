#include "ds/cli/tool.h"
#include "verbs.h"

int main(int argc, char** argv) {
  ds::Tool tool("ds-deploy", "models at work: predictions, servers, promotions", R"(
      Runs a model over images, archives and videos, serves it over HTTP, keeps named deployments
      running in the background, and changes their model by compare-and-swap with a way back.)");
  ds::deploy_tool::add_predict(tool);
  ds::deploy_tool::add_serve(tool);
  ds::deploy_tool::add_create(tool);
  ds::deploy_tool::add_list(tool);
  ds::deploy_tool::add_status(tool);
  ds::deploy_tool::add_call(tool);
  ds::deploy_tool::add_start(tool);
  ds::deploy_tool::add_stop(tool);
  ds::deploy_tool::add_set(tool);
  ds::deploy_tool::add_promote(tool);
  ds::deploy_tool::add_rollback(tool);
  ds::deploy_tool::add_tokens(tool);
  ds::deploy_tool::add_logs(tool);
  ds::deploy_tool::add_destroy(tool);
  return tool.run(argc, argv);
}
