#include "engines/plugin.h"

#include <dlfcn.h>

#include <cstdlib>

#include "ds/base/error.h"
#include "ds/base/process.h"
#include "ds/base/text.h"

namespace ds {

std::filesystem::path find_engine_plugin(const std::string& name) {
  std::vector<std::filesystem::path> folders;
  if (const char* list = std::getenv("DS_ENGINE_PATH"))
    for (const auto& folder : split(list, ':'))
      if (!folder.empty()) folders.emplace_back(folder);
  folders.push_back(executable_folder().parent_path() / "lib" / "ds");
  std::vector<std::string> tried;
  for (const auto& folder : folders) {
    auto file = folder / ("libds_engine_" + name + ".so");
    if (std::filesystem::exists(file)) return file;
    tried.push_back(file.string());
  }
  throw Error("engine " + name + " is not installed; looked for " + join(tried, ", "),
              "Set DS_ENGINE_PATH to the folder of the plugin, or install it.");
}

namespace detail {

std::unique_ptr<Engine> make_plugin_engine(const std::string& name, const EngineRequest& request) {
  auto path = find_engine_plugin(name);
  // Never closed: torch does not survive being unloaded. dlopen itself counts the second and later calls.
  void* handle = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) throw Error("cannot load engine " + name + ": " + dlerror());
  auto abi = reinterpret_cast<DsEngineAbi>(dlsym(handle, "ds_engine_abi"));
  auto make = reinterpret_cast<DsMakeEngine>(dlsym(handle, "ds_make_engine"));
  if (abi == nullptr || make == nullptr) throw Error(path.string() + " is not an engine plugin");
  if (abi() != kEnginePluginAbi)
    throw Error(path.string() + " has interface " + std::to_string(abi()) + ", this program needs " +
                std::to_string(kEnginePluginAbi));
  return std::unique_ptr<Engine>(make(request));
}

}  // namespace detail

}  // namespace ds
