#include "ds/base/files.h"
#include "ds/base/hash.h"
#include "ds/notify/notify.h"
#include "smtp_server.h"

#include <catch2/catch.hpp>

using namespace ds;

namespace {

NotificationSettings mail_to(const std::string& smtp) {
  return {"mail", "ada@example.org", {}, {{"smtp", smtp}, {"from", "ds@example.org"}, {"starttls", "no"}}};
}

const Event kDone{
    "2026-01-02T03:04:05.000Z", "all-runs-done", "3 of 3 candidates are done", {{"best", "m-1"}}};
const NotifyOptions kQuick{3, 5, 0.001};

}  // namespace

TEST_CASE("a mail arrives with its headers and text") {
  SmtpServer server;
  auto deliveries = send_notifications({mail_to(server.url())}, kDone, kQuick);
  REQUIRE(deliveries.size() == 1);
  REQUIRE(deliveries[0].error.empty());
  REQUIRE(deliveries[0].delivered);
  auto mails = server.mails();
  REQUIRE(mails.size() == 1);
  REQUIRE(mails[0].from.find("<ds@example.org>") != std::string::npos);
  REQUIRE(mails[0].to == "<ada@example.org>");
  const auto& text = mails[0].text;
  REQUIRE(text.find("Subject: [ds] 3 of 3 candidates are done\n") != std::string::npos);
  REQUIRE(text.find("Date: Fri, 02 Jan 2026 03:04:05 +0000\n") != std::string::npos);
  REQUIRE(text.find("To: ada@example.org\n") != std::string::npos);
  auto body = base64_encode(
      "3 of 3 candidates are done\r\n\r\nwhat: all-runs-done\r\nwhen: 2026-01-02T03:04:05.000Z\r\nbest: "
      "m-1\r\n");
  std::string joined = text.substr(text.find("\n\n") + 2);
  std::erase(joined, '\n');
  REQUIRE(joined == body);
}

TEST_CASE("line breaks and foreign letters cannot make headers") {
  SmtpServer server;
  auto event = kDone;
  event.message = "Größe\r\nBcc: eve@example.org";
  REQUIRE(send_notifications({mail_to(server.url())}, event, kQuick)[0].delivered);
  auto text = server.mails().at(0).text;
  REQUIRE(text.find("\nBcc:") == std::string::npos);
  REQUIRE(text.find("Subject: =?UTF-8?B?" + base64_encode("[ds] Größe  Bcc: eve@example.org") + "?=\n") !=
          std::string::npos);
}

TEST_CASE("a mail server that is busy is tried again, one that refuses is not") {
  SmtpServer busy({"450 later", "451 later"});
  auto tried = send_notifications({mail_to(busy.url())}, kDone, kQuick);
  REQUIRE(tried[0].delivered);
  REQUIRE(tried[0].attempts == 3);
  REQUIRE(busy.mails().size() == 1);

  SmtpServer refusing({"550 no such user", "550 no such user", "550 no such user"});
  auto refused = send_notifications({mail_to(refusing.url())}, kDone, kQuick);
  REQUIRE_FALSE(refused[0].delivered);
  REQUIRE(refused[0].attempts == 1);
  REQUIRE(refused[0].error == "RCPT failed: 550");
  REQUIRE(refusing.mails().empty());
}

TEST_CASE("TLS that is required is not gone without") {
  SmtpServer server;
  auto settings = mail_to(server.url());
  settings.parameters["starttls"] = "required";
  auto deliveries = send_notifications({settings}, kDone, kQuick);
  REQUIRE_FALSE(deliveries[0].delivered);
  REQUIRE(deliveries[0].attempts == 1);
  REQUIRE(deliveries[0].error == "STARTTLS not supported.");
  REQUIRE(server.mails().empty());
}

TEST_CASE("mail settings that cannot work say why") {
  auto check = [](NotificationSettings settings) { check_notifications({std::move(settings)}); };
  auto good = mail_to("smtp://localhost");
  REQUIRE_NOTHROW(check(good));
  auto settings = good;
  settings.target = "ada";
  REQUIRE_THROWS_WITH(check(settings), "mail to 'ada': expected name@host");
  settings = good;
  settings.parameters["from"] = "a@b\r\nX: y";
  REQUIRE_THROWS_WITH(check(settings), "mail to ada@example.org: from 'a@b\r\nX: y': expected name@host");
  settings = mail_to("localhost:25");
  REQUIRE_THROWS_WITH(
      check(settings),
      "mail to ada@example.org: smtp 'localhost:25': expected smtp://host[:port] or smtps://host[:port]");
  settings = good;
  settings.parameters["user"] = "ada";
  REQUIRE_THROWS_WITH(check(settings), "mail to ada@example.org: a user needs a password_file");
  settings = good;
  settings.parameters["starttls"] = "maybe";
  REQUIRE_THROWS_WITH(check(settings), "unknown starttls 'maybe'; known: try, required, no");
  settings = good;
  settings.parameters["sender"] = "x";
  REQUIRE_THROWS_WITH(check(settings),
                      "unknown mail parameter 'sender'; known: smtp, from, user, password_file, starttls");
}
