#include <fmt/format.h>

#include <cmath>
#include <filesystem>

#include "common/project.h"
#include "ds/base/error.h"
#include "ds/base/process.h"
#include "ds/base/text.h"
#include "ds/submit/shell.h"
#include "session.h"
#include "verbs.h"

namespace ds::retrain_tool {
namespace {

struct ScheduleFlags {
  Target target;
  std::string emit = "cron";
  double every_s = 3600;
  std::string image = "ds:latest";
};

/// Cron's minutes and hours: whole hours up to a day, or a divisor of an hour.
std::string cron_fields(double every_s) {
  const bool can_be = every_s >= 60 && every_s <= 24 * 3600 && std::fmod(every_s, 60) == 0;
  const auto minutes = can_be ? static_cast<long>(every_s / 60) : 0;
  const auto hours = minutes / 60;
  if (can_be && minutes < 60 && 60 % minutes == 0) return fmt::format("*/{} * * * *", minutes);
  if (minutes == 60) return "7 * * * *";
  if (can_be && minutes % 60 == 0 && hours < 24 && 24 % hours == 0) return fmt::format("7 */{} * * *", hours);
  if (minutes == 24 * 60) return "7 3 * * *";
  throw UsageError(fmt::format("--every {} s is nothing that cron can say", every_s),
                   "take a divisor of an hour (5m, 15m, 30m) or of a day (1h, 2h, 6h, 1d)");
}

/// In a crontab a `%` ends the command, unless a backslash stands before it.
std::string for_cron(const std::string& command) {
  std::string escaped;
  for (char c : command) escaped += c == '%' ? std::string("\\%") : std::string(1, c);
  return escaped;
}

/// One word of systemd's ExecStart=, which is no shell: plain words stay, in others `%` and `$` are doubled
/// and the rest is quoted.
std::string systemd_word(const std::string& text) {
  if (shell_word(text) == text && text.find('%') == text.npos) return text;
  std::string quoted = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    if (c == '%' || c == '$') quoted += c;
    quoted += c;
  }
  return quoted + "\"";
}

std::string cron(const std::vector<std::string>& words, double every_s) {
  return fmt::format(
      "# Paste into `crontab -e`. Nothing is printed (and mailed) unless something changed.\n{} {}\n",
      cron_fields(every_s), for_cron(shell_words(words)));
}

std::string systemd(const std::vector<std::string>& words, const std::string& deployment, double every_s) {
  std::vector<std::string> quoted;
  for (const auto& word : words) quoted.push_back(systemd_word(word));
  return fmt::format(
      R"(# ~/.config/systemd/user/ds-retrain-{0}.service
[Unit]
Description=ds-retrain of {0}

[Service]
Type=oneshot
ExecStart={1}
# the gate said no, not enough data, busy: not failures of the service
SuccessExitStatus=4 5 75

# ~/.config/systemd/user/ds-retrain-{0}.timer
[Unit]
Description=ds-retrain of {0}

[Timer]
OnBootSec=5min
OnUnitInactiveSec={2:.0f}s

[Install]
WantedBy=timers.target

# then: systemctl --user daemon-reload && systemctl --user enable --now ds-retrain-{0}.timer
)",
      deployment, join(quoted, " "), every_s);
}

std::string kubernetes(const std::string& deployment, const ScheduleFlags& flags) {
  return fmt::format(
      R"(apiVersion: batch/v1
kind: CronJob
metadata:
  name: ds-retrain-{0}
spec:
  schedule: "{1}"
  concurrencyPolicy: Forbid
  jobTemplate:
    spec:
      backoffLimit: 0
      template:
        spec:
          restartPolicy: Never
          containers:
            - name: ds-retrain
              image: {2}
              command: [ds-retrain, run, --project, /project, --deployment, {0}]
              volumeMounts:
                - {{name: project, mountPath: /project}}
          volumes:
            - name: project
              persistentVolumeClaim: {{claimName: ds-project}}
)",
      deployment, cron_fields(flags.every_s), flags.image);
}

int run_schedule(Context& context, const ScheduleFlags& flags) {
  if (flags.every_s < 1)
    throw UsageError(fmt::format("--every {} s: expected at least a second", flags.every_s));
  auto project = tool::open_project(context);
  auto deployment = choose_deployment(project, flags.target);
  auto tool = (executable_folder() / "ds-retrain").string();
  auto folder = std::filesystem::absolute(project.folder()).string();
  const std::vector<std::string> command{tool,           "run",      "--project", folder,
                                         "--deployment", deployment, "--quiet"};
  context.out.text(flags.emit == "cron"      ? cron(command, flags.every_s)
                   : flags.emit == "systemd" ? systemd(command, deployment, flags.every_s)
                                             : kubernetes(deployment, flags));
  return 0;
}

}  // namespace

void add_schedule(Tool& tool) {
  auto& verb = tool.verb("schedule", "print what makes cron, systemd or Kubernetes call `ds-retrain run`");
  verb.honours({Shared::project, Shared::dry_run});
  auto& flags = verb.keep<ScheduleFlags>();
  flags.target.bind(verb.options());
  verb.example("(crontab -l; ds-retrain schedule --emit cron --every 15m) | crontab -");
  verb.options()
      .choice("emit", flags.emit, {"cron", "systemd", "kubernetes"}, "for which scheduler")
      .duration("every", flags.every_s, "how often")
      .add("image", flags.image, "container image that holds the tools (kubernetes)", "IMAGE");
  verb.run([&flags](Context& context) { return run_schedule(context, flags); });
}

}  // namespace ds::retrain_tool
