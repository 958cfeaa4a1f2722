#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <functional>

#include "ds/base/error.h"
#include "engines/engines.h"
#include "script.h"

namespace ds::detail {
namespace {

/// So that a pod's host name, `<job>-<index>`, stays within 63 letters, with a number for
/// each of several jobs.
constexpr std::size_t kLongestName = 50;

/// Also of a Service, whose name begins with a letter.
bool is_dns_label(const std::string& text) {
  auto small = [](char c) { return c >= 'a' && c <= 'z'; };
  auto plain = [&](char c) { return small(c) || (c >= '0' && c <= '9'); };
  return !text.empty() && small(text.front()) && plain(text.back()) &&
         std::all_of(text.begin(), text.end(), [&](char c) { return plain(c) || c == '-'; });
}

/// Block YAML in which every text is quoted: "29500", "no" and "1e3" stay texts.
class Manifest {
 public:
  void document(const std::string& api, const std::string& kind, const std::function<void()>& content) {
    if (documents_++ > 0) out_ << YAML::BeginDoc;
    out_ << YAML::BeginMap;
    text("apiVersion", api);
    text("kind", kind);
    content();
    out_ << YAML::EndMap;
  }
  void map(const std::string& key, const std::function<void()>& content) {
    out_ << YAML::Key << key << YAML::Value << YAML::BeginMap;
    content();
    out_ << YAML::EndMap;
  }
  void list(const std::string& key, const std::function<void()>& content) {
    out_ << YAML::Key << key << YAML::Value << YAML::BeginSeq;
    content();
    out_ << YAML::EndSeq;
  }
  /// An element of a list.
  void item(const std::function<void()>& content) {
    out_ << YAML::BeginMap;
    content();
    out_ << YAML::EndMap;
  }
  void text(const std::string& key, const std::string& value) {
    out_ << YAML::Key << key << YAML::Value << YAML::DoubleQuoted << value;
  }
  void texts(const std::string& key, const std::vector<std::string>& values) {
    list(key, [&] {
      for (const auto& value : values) out_ << YAML::DoubleQuoted << value;
    });
  }
  void number(const std::string& key, long value) { out_ << YAML::Key << key << YAML::Value << value; }
  void numbers(const std::string& key, const std::vector<int>& values) {
    out_ << YAML::Key << key << YAML::Value << YAML::Flow << values;
  }
  void yes(const std::string& key) { out_ << YAML::Key << key << YAML::Value << true; }
  std::string result() const { return std::string(out_.c_str()) + "\n"; }

 private:
  YAML::Emitter out_;
  int documents_ = 0;
};

/// `batch/v1` Jobs and the Services under whose names their processes find each other.
///
/// A Job for each item, and a Service where it has several processes, all with the label ds-job, by which they are
/// watched and deleted together. A Job is indexed: every rank is a pod of its own whose index is the rank, and
/// rank 0 is found under `<job>-0.<job>`. The image holds the tools, the claim holds the project, mounted under the
/// folder that it has here, so that the command needs no change. Nothing is set that the cluster decides better
/// (priority, nodes, tolerations).
class KubernetesEngine : public JobEngine {
 public:
  std::string extension() const override { return ".yaml"; }

  void check(const JobSpec& spec) const override {
    refuse_unused(spec, "kubernetes", {"hosts", "extra"});
    if (spec.image.empty()) throw UsageError("--image is missing: the container image that holds the tools");
    if (spec.claim.empty())
      throw UsageError("--claim is missing: the volume claim that holds the project",
                       "it must be ReadWriteMany when there is more than one node");
    if (!is_dns_label(spec.name) || spec.name.size() > kLongestName)
      throw UsageError(
          fmt::format("--job-name: '{}' cannot be the name of a Kubernetes job", spec.name),
          fmt::format(
              "at most {} small letters, digits and '-', beginning with a letter and not ending with '-'",
              kLongestName));
  }

  std::string script(const JobSpec& spec) const override {
    Manifest manifest;
    for (std::size_t i = 0; i < spec.items.size(); ++i) {
      auto name = spec.items.size() == 1 ? spec.name : fmt::format("{}-{}", spec.name, i + 1);
      if (spec.world_size() > 1) write_service(manifest, spec, name);
      write_job(manifest, spec, name, spec.items[i]);
    }
    return comment_lines(spec) + manifest.result();
  }

  bool writes_log() const override { return false; }
  std::string program(const JobSpec&) const override { return "kubectl"; }
  std::vector<std::string> submit_command(const JobSpec&, const std::filesystem::path& file) const override {
    return {"kubectl", "create", "-f", file.string()};
  }
  std::string job_id(const JobSpec& spec, const std::string&) const override { return spec.name; }
  std::vector<std::string> watch_command(const JobSpec& spec, const std::string&) const override {
    return kubectl(spec, {"get", "jobs,pods", "--selector", "ds-job=" + spec.name});
  }
  std::vector<std::string> cancel_command(const JobSpec& spec, const std::string&) const override {
    return kubectl(spec, {"delete", "jobs,services", "--selector", "ds-job=" + spec.name});
  }

 private:
  static std::vector<std::string> kubectl(const JobSpec& spec, const std::vector<std::string>& words) {
    std::vector<std::string> all = {"kubectl"};
    if (!spec.name_space.empty()) all.insert(all.end(), {"--namespace", spec.name_space});
    all.insert(all.end(), words.begin(), words.end());
    return all;
  }

  static void write_metadata(Manifest& m, const JobSpec& spec, const std::string& name, bool queued) {
    m.map("metadata", [&] {
      m.text("name", name);
      if (!spec.name_space.empty()) m.text("namespace", spec.name_space);
      m.map("labels", [&] {
        m.text("app.kubernetes.io/name", "ds-train");
        m.text("ds-job", spec.name);
        if (queued && !spec.partition.empty()) m.text("kueue.x-k8s.io/queue-name", spec.partition);
      });
    });
  }

  /// Without an address of its own: it only gives the pods names.
  static void write_service(Manifest& m, const JobSpec& spec, const std::string& name) {
    m.document("v1", "Service", [&] {
      write_metadata(m, spec, name, false);
      m.map("spec", [&] {
        m.text("clusterIP", "None");
        m.yes("publishNotReadyAddresses");
        m.map("selector", [&] { m.text("job-name", name); });
        m.list("ports", [&] {
          m.item([&] {
            m.text("name", "rendezvous");
            m.number("port", kPort);
          });
        });
      });
    });
  }

  static void write_job(Manifest& m, const JobSpec& spec, const std::string& name, const std::string& item) {
    m.document("batch/v1", "Job", [&] {
      write_metadata(m, spec, name, true);
      m.map("spec", [&] {
        m.text("completionMode", "Indexed");
        m.number("completions", spec.world_size());
        m.number("parallelism", spec.world_size());
        // Each process that ends counts, also those that end because another one was lost.
        m.number("backoffLimit", static_cast<long>(spec.max_requeues) * spec.world_size());
        if (spec.time_s > 0) m.number("activeDeadlineSeconds", static_cast<long>(spec.time_s));
        write_failure_policy(m);
        m.map("template", [&] {
          m.map("metadata", [&] { m.map("labels", [&] { m.text("ds-job", spec.name); }); });
          m.map("spec", [&] { write_pod(m, spec, name, item); });
        });
      });
    });
  }

  /// A pod that the cluster takes away does not count; 75, a kill and SIGTERM count as one more start; with
  /// any other code another start would end the same way.
  static void write_failure_policy(Manifest& m) {
    m.map("podFailurePolicy", [&] {
      m.list("rules", [&] {
        m.item([&] {
          m.text("action", "Ignore");
          m.list("onPodConditions", [&] { m.item([&] { m.text("type", "DisruptionTarget"); }); });
        });
        m.item([&] {
          m.text("action", "FailJob");
          m.map("onExitCodes", [&] {
            m.text("containerName", kContainer);
            m.text("operator", "NotIn");
            m.numbers("values", {75, 137, 143});
          });
        });
      });
    });
  }

  static void write_pod(Manifest& m, const JobSpec& spec, const std::string& name, const std::string& item) {
    m.text("restartPolicy", "Never");
    m.number("terminationGracePeriodSeconds", 120);
    if (spec.world_size() > 1) m.text("subdomain", name);
    m.list("containers", [&] {
      m.item([&] {
        m.text("name", kContainer);
        m.text("image", spec.image);
        auto command = spec.command;
        command.push_back(item);
        // $(NAME) would be replaced there.
        for (auto& word : command) word = doubled_dollars(word);
        m.texts("command", command);
        m.text("workingDir", spec.folder.string());
        write_environment(m, spec, name);
        write_resources(m, spec);
        m.list("volumeMounts", [&] {
          m.item([&] {
            m.text("name", "project");
            m.text("mountPath", spec.folder.string());
          });
          if (spec.gpus_per_task > 0)
            m.item([&] {
              m.text("name", "shm");
              m.text("mountPath", "/dev/shm");
            });
        });
      });
    });
    m.list("volumes", [&] {
      m.item([&] {
        m.text("name", "project");
        m.map("persistentVolumeClaim", [&] { m.text("claimName", spec.claim); });
      });
      // NCCL needs more of it than the 64 MB that a container gets.
      if (spec.gpus_per_task > 0)
        m.item([&] {
          m.text("name", "shm");
          m.map("emptyDir", [&] { m.text("medium", "Memory"); });
        });
    });
  }

  static void write_environment(Manifest& m, const JobSpec& spec, const std::string& name) {
    auto variables = spec.variables();
    if (variables.empty() && spec.world_size() == 1) return;
    m.list("env", [&] {
      auto variable = [&](const std::string& key, const std::string& value) {
        m.item([&] {
          m.text("name", key);
          m.text("value", doubled_dollars(value));
        });
      };
      for (const auto& [key, value] : variables) variable(key, value);
      if (spec.world_size() == 1) return;
      m.item([&] {
        m.text("name", "RANK");
        m.map("valueFrom", [&] {
          m.map("fieldRef", [&] {
            m.text("fieldPath", "metadata.annotations['batch.kubernetes.io/job-completion-index']");
          });
        });
      });
      variable("LOCAL_RANK", "0");
      variable("WORLD_SIZE", std::to_string(spec.world_size()));
      variable("MASTER_ADDR", fmt::format("{0}-0.{0}", name));
      variable("MASTER_PORT", std::to_string(kPort));
    });
  }

  static void write_resources(Manifest& m, const JobSpec& spec) {
    auto amounts = [&](bool limits) {
      m.text("cpu", std::to_string(spec.cpus_per_task));
      if (!spec.memory.empty()) m.text("memory", spec.memory + "i");
      if (limits && spec.gpus_per_task > 0) m.text("nvidia.com/gpu", std::to_string(spec.gpus_per_task));
    };
    m.map("resources", [&] {
      m.map("requests", [&] { amounts(false); });
      m.map("limits", [&] { amounts(true); });
    });
  }

  static std::string doubled_dollars(const std::string& text) {
    std::string doubled;
    for (std::size_t i = 0; i < text.size(); ++i) {
      doubled += text[i];
      if (text[i] == '$' && i + 1 < text.size() && (text[i + 1] == '(' || text[i + 1] == '$')) doubled += '$';
    }
    return doubled;
  }

  static constexpr const char* kContainer = "train";
  static constexpr int kPort = 29500;
};

}  // namespace

std::unique_ptr<JobEngine> make_kubernetes_engine() {
  return std::make_unique<KubernetesEngine>();
}

}  // namespace ds::detail
