#pragma once

#include "ds/detect/engine.h"

namespace ds::detail {

/// Changes with every change of the types that cross the plugin's border.
constexpr int kEnginePluginAbi = 2;

/// Loads libds_engine_<name>.so once per process and asks it for an engine.
std::unique_ptr<Engine> make_plugin_engine(const std::string& name, const EngineRequest& request);

}  // namespace ds::detail

/// What a plugin exports.
extern "C" {
using DsEngineAbi = int (*)();
using DsMakeEngine = ds::Engine* (*)(const ds::EngineRequest&);
}
