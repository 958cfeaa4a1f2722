#include "ds/cli/tool.h"
#include "verbs.h"

int main(int argc, char** argv) {
  ds::Tool tool("ds-deploy", "models at work: predictions, servers, promotions",
                "Runs a model over images, archives and videos, serves it over HTTP, keeps named deployments "
                "running in\n"
                "the background, and changes their model by compare-and-swap with a way back.");
  ds::deploying::add_predict(tool);
  ds::deploying::add_serve(tool);
  ds::deploying::add_create(tool);
  ds::deploying::add_list(tool);
  ds::deploying::add_status(tool);
  ds::deploying::add_call(tool);
  ds::deploying::add_start(tool);
  ds::deploying::add_stop(tool);
  ds::deploying::add_promote(tool);
  ds::deploying::add_rollback(tool);
  ds::deploying::add_tokens(tool);
  ds::deploying::add_logs(tool);
  ds::deploying::add_destroy(tool);
  return tool.run(argc, argv);
}
