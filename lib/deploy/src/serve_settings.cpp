#include "ds/deploy/serve_settings.h"

#include <fmt/format.h>

#include <algorithm>

#include "ds/base/error.h"
#include "ds/base/text.h"
#include "ds/config/option_set.h"
#include "ds/config/yaml.h"

namespace ds {

void ServeSettings::bind(OptionSet& options) {
  options.group("Serving")
      .add("host", host, "address to listen on; 0.0.0.0: every network this machine is in", "ADDRESS")
      .add("port", port, "port to listen on; 0: any free one")
      .within(0, 65535)
      .add("workers", workers,
           "pictures are detected by this many workers, each with its own copy of the model")
      .within(1, 1024)
      .add("queue", queue, "pictures that may wait; more are answered 429")
      .at_least(1)
      .add("batch", batch, "pictures a worker takes at once when several wait")
      .at_least(1)
      .add("connections", connections, "open connections; more are answered 503")
      .at_least(1)
      .duration("deadline", deadline_s, "time for one request, from its first byte to the last of its answer")
      .duration("drain", drain_s, "how long requests in flight may take after a stop")
      .add("max-body", max_body_mb, "largest body of a request", "MB")
      .within(1e-6, 1e6)
      .add("max-megapixels", max_megapixels, "largest picture, looked at before it is decoded", "MP")
      .within(1e-6, 1e5)
      .add("token-file", token_file, "ask for bearer tokens; SIGHUP reads the file again")
      .add("tls-cert", tls_cert, "certificate chain (PEM): serve https")
      .add("tls-key", tls_key, "the certificate's key (PEM)")
      .add("capture", capture,
           "keep requests for labelling: off, or uniform=P,interest,margin=X,rare=A|B,holdout=X,max-count=N,"
           "max-bytes=N,max-age=T",
           "POLICY")
      .add("engine", engine, "what runs the network; default: chosen by the weight file", "NAME")
      .add("device", device, "cpu, or what the engine knows", "NAME")
      .add("arch", arch, "architecture of a bare weight file", "NAME");
}

std::string ServeSettings::to_yaml() const {
  auto kept = *this;
  for (auto* path : {&kept.token_file, &kept.tls_cert, &kept.tls_key})
    if (!path->empty()) *path = std::filesystem::absolute(*path);
  OptionSet options;
  kept.bind(options);
  return options.dump_yaml();
}

ServeSettings ServeSettings::from_yaml(const std::string& text, const std::string& name) {
  ServeSettings settings;
  OptionSet options;
  settings.bind(options);
  options.read_yaml_text(text, name);
  return settings;
}

std::vector<SettingChange> ServeSettings::take(const OptionSet& given) {
  OptionSet own;
  bind(own);
  std::vector<SettingChange> changes;
  for (auto& option : std::vector<Option>(own.options())) {
    const auto& said = given.options();
    auto found =
        std::find_if(said.begin(), said.end(), [&](const auto& each) { return each.name == option.name; });
    if (found == said.end() || found->source == ValueSource::built_in) continue;
    const auto before = join(option.values(), ",");
    option.assign(found->values());
    if (auto after = join(option.values(), ","); after != before)
      changes.push_back({option.name, before, after});
  }
  return changes;
}

ServeOptions ServeSettings::to_options(int threads) const {
  auto from_one = [](const char* what, double value) {
    if (value < 1) throw UsageError(fmt::format("--{} {}: expected at least 1", what, shortest(value)));
  };
  if (port < 0 || port > 65535) throw UsageError(fmt::format("--port {}: expected 0 to 65535", port));
  from_one("queue", queue);
  from_one("batch", batch);
  if (max_body_mb <= 0)
    throw UsageError(fmt::format("--max-body {}: expected more than 0", shortest(max_body_mb)));
  if (max_megapixels <= 0)
    throw UsageError(fmt::format("--max-megapixels {}: expected more than 0", shortest(max_megapixels)));
  ServeOptions options;
  options.http.host = host;
  options.http.port = port;
  options.http.max_connections = connections;
  options.http.deadline_s = deadline_s;
  options.http.max_body_bytes = static_cast<std::size_t>(max_body_mb * 1e6);
  options.http.token_file = token_file;
  options.http.tls_cert = tls_cert;
  options.http.tls_key = tls_key;
  options.workers = workers;
  options.max_queue = static_cast<std::size_t>(queue);
  options.max_batch = static_cast<std::size_t>(batch);
  options.max_pixels = static_cast<std::int64_t>(max_megapixels * 1e6);
  options.drain_s = drain_s;
  options.capture = parse_capture_policy(capture);
  options.detector.engine = engine;
  options.detector.device = device;
  options.detector.architecture = arch;
  options.detector.threads = threads;
  return options;
}

void ServeSettings::require_deployable() const {
  auto options = to_options(0);
  options.folder = "unused";  // a deployment has one: capturing is possible
  options.validate();
  if (tls_cert.empty() != tls_key.empty())
    throw UsageError(fmt::format("--{} is given without --{}", tls_cert.empty() ? "tls-key" : "tls-cert",
                                 tls_cert.empty() ? "tls-cert" : "tls-key"),
                     "TLS needs both a certificate and its key");
  auto require_file = [](const char* option, const std::filesystem::path& file, const char* advice) {
    if (!file.empty() && !std::filesystem::is_regular_file(file))
      throw UsageError(fmt::format("--{}: there is no file {}", option, file.string()), advice);
  };
  require_file("tls-cert", tls_cert, "check the path");
  require_file("tls-key", tls_key, "check the path");
  require_file("token-file", token_file, "check the path; `ds-deploy tokens add FILE NAME` makes one");
}

}  // namespace ds
