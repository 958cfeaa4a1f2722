#include "ds/http/server.h"

#include <fmt/format.h>

#include <future>
#include <thread>

#include "ds/base/error.h"
#include "ds/base/files.h"
#include "ds/base/process.h"
#include "ds/http/client.h"
#include "ds/http/tokens.h"
#include "raw_client.h"

#include <catch2/catch.hpp>

using namespace ds;
using namespace ds::http;

namespace {

Response echo(const Request& request) {
  return Response::text(request.method + " " + request.path + " " + request.body);
}

FetchOptions post(std::string body) {
  FetchOptions options;
  options.method = "POST";
  options.body = std::move(body);
  return options;
}

/// A request that is inside its handler until `answer` is called.
struct Gate {
  std::promise<Reply> arrived;
  std::future<Reply> arrival = arrived.get_future();
  AsyncHandler handler() {
    return [this](const Request&, Reply reply) { arrived.set_value(std::move(reply)); };
  }
};

}  // namespace

TEST_CASE("requests are routed by method and pattern") {
  Server server({});
  server.route("POST", "/echo", echo);
  server.route("GET", "/models/{name}/v/{version}", [](const Request& request) {
    return Response::text(request.parameters.at("name") + "@" + request.parameters.at("version"));
  });
  server.route("GET", "/files/{rest...}",
               [](const Request& request) { return Response::text(request.parameters.at("rest")); });
  server.start();
  REQUIRE(server.port() > 0);
  REQUIRE(server.url() == fmt::format("http://127.0.0.1:{}", server.port()));

  auto answer = fetch(server.url() + "/echo", post("hello"));
  REQUIRE(answer.status == 200);
  REQUIRE(answer.body == "POST /echo hello");
  REQUIRE(answer.content_type == "text/plain; charset=utf-8");
  REQUIRE(answer.headers.find("Server") == "ds");
  REQUIRE(fetch(server.url() + "/models/a%20b/v/3?x=1").body == "a b@3");
  REQUIRE(fetch(server.url() + "/files/a/b.css").body == "a/b.css");

  auto missing = fetch(server.url() + "/nothing");
  REQUIRE(missing.status == 404);
  REQUIRE(missing.body == "{\"error\":\"no such path: /nothing\"}\n");
  auto wrong = fetch(server.url() + "/echo");
  REQUIRE(wrong.status == 405);
  REQUIRE(wrong.body == "{\"error\":\"GET is not possible on /echo\"}\n");
  REQUIRE(wrong.headers.find("Allow") == "POST");
}

TEST_CASE("what a handler throws becomes a status") {
  Server server({});
  server.route("GET", "/usage", [](const Request&) -> Response { throw UsageError("bad flag", "try x"); });
  server.route("GET", "/data", [](const Request&) -> Response { throw DataError("broken image"); });
  server.route("GET", "/busy", [](const Request&) -> Response { throw Busy("later"); });
  server.route("GET", "/bug", [](const Request&) -> Response { throw std::runtime_error("oops"); });
  server.route_async("GET", "/dropped", [](const Request&, const Reply&) {});
  server.start();
  auto usage = fetch(server.url() + "/usage");
  REQUIRE(usage.status == 400);
  REQUIRE(usage.body == "{\"error\":\"bad flag (try x)\"}\n");
  REQUIRE(fetch(server.url() + "/data").status == 422);
  auto busy = fetch(server.url() + "/busy");
  REQUIRE(busy.status == 503);
  REQUIRE(busy.headers.find("Retry-After") == "1");
  REQUIRE(fetch(server.url() + "/bug").status == 500);
  auto dropped = fetch(server.url() + "/dropped");
  REQUIRE(dropped.status == 500);
  REQUIRE(dropped.body == "{\"error\":\"the request was dropped\"}\n");
}

TEST_CASE("a connection carries several requests, and HEAD answers without a body") {
  Server server({});
  server.route("GET", "/a", [](const Request&) { return Response::text("12345"); });
  server.start();
  RawClient client(server.port());
  client.send("GET /a HTTP/1.1\r\nHost: x\r\n\r\n");
  REQUIRE(client.read_until("12345").starts_with("HTTP/1.1 200 OK\r\n"));
  client.send("HEAD /a HTTP/1.1\r\nHost: x\r\n\r\n");
  auto head = client.read_until("\r\n\r\n");
  REQUIRE(head.find("Content-Length: 5\r\n") != std::string::npos);
  // Two pipelined requests, the second ends the connection: nothing of HEAD's body may stand before them.
  client.send("GET /a HTTP/1.1\r\nHost: x\r\n\r\nGET /a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  auto rest = client.read_to_end();
  REQUIRE(rest.starts_with("HTTP/1.1 200 OK\r\n"));
  REQUIRE(rest.ends_with("12345"));
  REQUIRE(rest.find("12345") != rest.rfind("12345"));
}

TEST_CASE("an answer may come from another thread, and only the first counts") {
  Server server({});
  Gate gate;
  server.route_async("GET", "/slow", gate.handler());
  server.start();
  auto answer = std::async(std::launch::async, [&] { return fetch(server.url() + "/slow"); });
  auto reply = gate.arrival.get();
  reply(Response::text("first"));
  reply(Response::text("second"));
  REQUIRE(answer.get().body == "first");
}

TEST_CASE("draining answers what is in flight and refuses what is new") {
  Server server({});
  Gate gate;
  server.route_async("GET", "/slow", gate.handler());
  server.start();
  int port = server.port();
  RawClient idle(port);
  auto answer = std::async(std::launch::async, [&] { return fetch(server.url() + "/slow"); });
  auto reply = gate.arrival.get();
  auto drained = std::async(std::launch::async, [&] { return server.drain(10); });
  REQUIRE(idle.read_to_end().empty());  // the idle connection is closed, so draining has begun
  bool refused = false;
  for (int i = 0; i < 500 && !refused; ++i) {
    refused = !RawClient(port).connected();
    if (!refused) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  REQUIRE(refused);
  reply(Response::text("done"));
  REQUIRE(answer.get().body == "done");
  REQUIRE(drained.get());
}

TEST_CASE("draining gives up on what does not end") {
  Server server({});
  Gate gate;
  server.route_async("GET", "/slow", gate.handler());
  server.start();
  auto answer = std::async(std::launch::async, [&] { return fetch(server.url() + "/slow"); });
  auto reply = gate.arrival.get();
  REQUIRE_FALSE(server.drain(0.1));
  REQUIRE_THROWS_AS(answer.get(), Busy);
  reply(Response::text("too late"));
}

TEST_CASE("a port that is taken is named") {
  Server first({});
  first.start();
  ServerOptions options;
  options.port = first.port();
  Server second(options);
  REQUIRE_THROWS_AS(second.start(), Busy);
  REQUIRE_THROWS_WITH(second.start(), fmt::format("port {0} is in use (127.0.0.1:{0})", first.port()));
}

TEST_CASE("bad options are refused before anything opens") {
  ServerOptions options;
  options.port = 70000;
  REQUIRE_THROWS_WITH(Server(options), "port 70000: expected 0 to 65535");
  options = {};
  options.tls_cert = "cert.pem";
  REQUIRE_THROWS_WITH(Server(options), "TLS needs both a certificate and a key");
  options.tls_key = "key.pem";
  REQUIRE_THROWS_WITH(Server(options), "cannot use certificate cert.pem: no such file");
  options = {};
  options.host = "not an address";
  Server server(options);
  REQUIRE_THROWS_WITH(server.start(),
                      "host 'not an address': expected an address such as 127.0.0.1, 0.0.0.0 or ::1");
}

TEST_CASE("tokens open routes by scope, and the file is read again") {
  TemporaryFolder folder;
  auto camera = make_token("camera", {"detect"});
  auto admin = make_token("admin", {"*"});
  ServerOptions options;
  options.token_file = folder.path() / "tokens";
  write_file_atomically(options.token_file, camera.line + "\n" + admin.line + "\n");
  Server server(options);
  server.route(
      "POST", "/detect", [](const Request& request) { return Response::text(request.token_name); }, "detect");
  server.route("POST", "/swap", echo, "admin");
  server.route("GET", "/live", echo);
  server.start();
  auto with = [&](const std::string& path, const std::string& token) {
    FetchOptions fetch_options = post("x");
    fetch_options.token = token;
    return fetch(server.url() + path, fetch_options);
  };
  REQUIRE(fetch(server.url() + "/live").status == 200);
  auto none = fetch(server.url() + "/detect", post("x"));
  REQUIRE(none.status == 401);
  REQUIRE(none.body == "{\"error\":\"a token is needed: Authorization: Bearer <token>\"}\n");
  REQUIRE(none.headers.find("WWW-Authenticate") == "Bearer");
  REQUIRE(with("/detect", "ds_wrong").body == "{\"error\":\"unknown token\"}\n");
  REQUIRE(with("/detect", camera.secret).body == "camera");
  auto forbidden = with("/swap", camera.secret);
  REQUIRE(forbidden.status == 403);
  REQUIRE(forbidden.body == "{\"error\":\"token camera lacks the scope admin\"}\n");
  REQUIRE(with("/swap", admin.secret).status == 200);

  write_file_atomically(options.token_file, admin.line + "\n");
  server.reload_tokens();
  REQUIRE(with("/detect", camera.secret).status == 401);
  write_file_atomically(options.token_file, "broken\n");
  server.reload_tokens();
  REQUIRE(with("/detect", admin.secret).status == 200);
}

TEST_CASE("TLS serves and the client checks the certificate") {
  TemporaryFolder folder;
  ServerOptions options;
  options.tls_cert = folder.path() / "cert.pem";
  options.tls_key = folder.path() / "key.pem";
  SpawnOptions quiet;
  quiet.stderr_file = folder.path() / "log";
  REQUIRE(
      run_and_wait({"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
                    "-nodes", "-keyout", options.tls_key.string(), "-out", options.tls_cert.string(), "-days",
                    "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"},
                   quiet) == 0);
  Server server(options);
  server.route("POST", "/echo", echo);
  server.start();
  auto url = fmt::format("https://127.0.0.1:{}/echo", server.port());
  auto trusted = post(std::string(300000, 'x'));
  trusted.ca_file = options.tls_cert;
  REQUIRE(fetch(url, trusted).body.size() == std::string("POST /echo ").size() + 300000);
  REQUIRE_THROWS_AS(fetch(url, post("x")), Busy);  // an unknown authority
  REQUIRE_THROWS_AS(fetch(fmt::format("http://127.0.0.1:{}/echo", server.port()), post("x")), Busy);
}

TEST_CASE("the client says what is wrong with an address") {
  REQUIRE_THROWS_WITH(fetch("ftp://x/"), "'ftp://x/': expected http(s)://host[:port]/path");
  int port = 0;
  {
    Server server({});
    server.start();
    port = server.port();
  }
  REQUIRE_THROWS_WITH(fetch(fmt::format("http://127.0.0.1:{}/", port)),
                      fmt::format("cannot reach http://127.0.0.1:{}/: Connection refused", port));
}

TEST_CASE("what was answered is reported to the observer") {
  Server server({});
  server.route("POST", "/echo/{x}", echo);
  std::mutex mutex;
  std::vector<Served> seen;
  server.on_served([&](const Served& served) {
    std::lock_guard guard(mutex);
    seen.push_back(served);
  });
  server.start();
  fetch(server.url() + "/echo/1?a=b", post("abc"));
  fetch(server.url() + "/none");
  server.drain(5);
  REQUIRE(seen.size() == 2);
  REQUIRE(seen[0].route == "/echo/{x}");
  REQUIRE(seen[0].target == "/echo/1?a=b");
  REQUIRE(seen[0].status == 200);
  REQUIRE(seen[0].request_bytes == 3);
  REQUIRE(seen[0].response_bytes == std::string("POST /echo/1 abc").size());
  REQUIRE(seen[0].peer == "127.0.0.1");
  REQUIRE(seen[1].route.empty());
  REQUIRE(seen[1].status == 404);
}
