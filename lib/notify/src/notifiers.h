#pragma once

#include "ds/notify/notify.h"

namespace ds::detail {

Notifier command_notifier();
Notifier webhook_notifier();
Notifier mail_notifier();

/// The parameter, or `otherwise`.
std::string parameter_or(const NotificationSettings& settings, const std::string& name,
                         const std::string& otherwise);
/// Throws UsageError when a parameter is not one of `known`.
void check_parameters(const NotificationSettings& settings, const std::vector<std::string>& known);

}  // namespace ds::detail
