#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "ds/serve/service.h"

namespace ds {

class OptionSet;

struct SettingChange {
  std::string name;  // of the option
  std::string from, to;
};

/// How a model is served, as a user says it: flags of `ds-deploy serve` and `create`, and the text kept with
/// a deployment. The help text of each field stands in bind.
struct ServeSettings {
  std::string host = "127.0.0.1";
  int port = 8080;
  int workers = 1;
  int queue = 64;
  int batch = 8;
  int connections = 256;
  double deadline_s = 30;
  double drain_s = 30;
  double max_body_mb = 32;
  double max_megapixels = 50;
  std::filesystem::path token_file = {};
  std::filesystem::path tls_cert = {};
  std::filesystem::path tls_key = {};
  std::string capture = "off";
  std::string engine = {};
  std::string device = "cpu";
  std::string arch = {};

  void bind(OptionSet& options);
  /// As YAML that from_yaml reads back, relative paths made absolute.
  std::string to_yaml() const;
  static ServeSettings from_yaml(const std::string& text, const std::string& name);
  /// Takes over what somebody has said in `given`, a set that `bind` has filled; what was left out stays as it is.
  std::vector<SettingChange> take(const OptionSet& given);
  /// Throws UsageError naming the field.
  ServeOptions to_options(int threads) const;
  /// Throws UsageError for settings that no deployment can be served with.
  void require_deployable() const;
};

}  // namespace ds
